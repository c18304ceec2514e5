"""Everything the page of one company says, for whoever holds a role: who is there, who works whom, what they did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import Any

from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Account, CustomField, Employment, Person, Standing
from agreement.models import Phase
from leads.actions.standing import may_say_standing
from leads.buying_group import missing_roles
from leads.models import Engagement, Lead, LeadEvent
from leads.models.lead import AE_PHASES
from leads.own_fields import told_fields
from leads.sentences import DEED_ICONS, deed_words
from team.models import SettingChange, User
from team.templatetags.midfield import clock_words

# A page names so many; beyond it leads to the search among them.
PEOPLE_MAX = 60
PURSUITS_MAX = 120
DEEDS_MAX = 30
CHANGES_MAX = 10


@dataclass(frozen=True, slots=True)
class PersonThere:
    person: Person
    title: str
    role: str
    is_known_part: bool
    # Where her open pursuit stands and with whom; empty without one.
    where: str
    whose: str
    # Her pursuit, where this user may open it.
    lead: Lead | None


@dataclass(frozen=True, slots=True)
class Pursuit:
    """One pursuit as everybody may see it: phase and owner. `lead` where this user may open it."""

    name: str
    where: str
    whose: str
    since: datetime | None
    team: str
    reason: str
    lead: Lead | None
    is_asleep: bool
    is_over: bool


@dataclass(frozen=True, slots=True)
class Deed:
    icon: str
    text: SafeString
    at: datetime
    clock: str


class AccountPage:
    """In a number of statements that neither people nor history change."""

    def __init__(self, account: Account, user: User, *, now: datetime) -> None:
        self.account, self.user, self.now = account, user, now
        self.may_say = may_say_standing(user)
        jobs = list(self._jobs())
        self.has_more_people = len(jobs) > PEOPLE_MAX
        self.jobs = jobs[:PEOPLE_MAX]
        self.leads = list(self._leads())
        self.since = self._since()
        self.open_by_person = {lead.person_id: lead for lead in self.leads if lead.is_open}

    @cached_property
    def people(self) -> list[PersonThere]:
        found = []
        for job in self.jobs:
            lead = self.open_by_person.get(job.person_id)
            found.append(
                PersonThere(
                    person=job.person,
                    title=job.title,
                    role=str(Employment.Role(job.role).label),
                    is_known_part=job.role != Employment.Role.UNKNOWN,
                    where=_where(lead) if lead else "",
                    whose=_whose(lead) if lead else "",
                    lead=lead if lead and _is_seen(lead) else None,
                )
            )
        return found

    @property
    def missing(self) -> list[str]:
        return missing_roles(job.role for job in self.jobs)

    @property
    def group_words(self) -> str:
        """How many of each part, in the order of what they decide."""
        counts = Counter(job.role for job in self.jobs)
        roles = [role for role in Employment.Role if counts[role]]
        return " · ".join(f"{counts[role]} {str(role.label).lower()}" for role in roles)

    @cached_property
    def pursuits(self) -> list[Pursuit]:
        return [self._pursuit(lead) for lead in self.leads]

    @property
    def worked(self) -> list[Pursuit]:
        return [one for one in self.pursuits if not one.is_over and not one.is_asleep]

    @property
    def asleep(self) -> list[Pursuit]:
        return [one for one in self.pursuits if one.is_asleep]

    @property
    def over(self) -> list[Pursuit]:
        return [one for one in self.pursuits if one.is_over]

    @cached_property
    def days(self) -> list[tuple[datetime, list[Deed]]]:
        """What people there did, newest first, by day."""
        people = Employment.objects.filter(account=self.account).values("person")
        # Told at the company where it happened, or before we knew where she works.
        rows = Engagement.objects.filter(
            Q(account=self.account) | Q(account=None), person__in=people, reverses=None, at__lte=self.now
        ).exclude(pk__in=Engagement.objects.filter(person__in=people, reverses__isnull=False).values("reverses"))
        rows = rows.select_related("person", "asset", "topic").order_by("-at", "-id")[: DEEDS_MAX + 1]
        deeds = [
            Deed(
                DEED_ICONS.get(row.kind, "visit"),
                deed_words(row, str(row.person)),
                row.at,
                clock_words(timezone.localtime(row.at)),
            )
            for row in rows
        ]
        self.has_more_deeds = len(deeds) > DEEDS_MAX
        by_day = groupby(deeds[:DEEDS_MAX], key=lambda deed: timezone.localtime(deed.at).date())
        return [(found[0].at, found) for _day, rows_of_day in by_day if (found := list(rows_of_day))]

    @cached_property
    def changes(self) -> list[tuple[str, datetime]]:
        """Who said what of the company, newest first."""
        rows = SettingChange.objects.filter(model=Account._meta.label, object_id=str(self.account.pk))
        rows = rows.select_related("by").order_by("-id")[:CHANGES_MAX]
        changed = list(rows)
        owners = User.objects.in_bulk(
            {pk for change in changed for pk in change.changes.get("owner", []) if isinstance(pk, int)}
        )
        return [(self._said(change, owners), change.at) for change in changed]

    @cached_property
    def own_fields(self) -> list[tuple[str, str]]:
        """The company's own fields that are filled: label and value."""
        return told_fields((CustomField.Entity.ACCOUNT, self.account.custom))

    @property
    def is_for_reps(self) -> bool:
        return self.account.standing == Standing.PROSPECT

    def _jobs(self) -> Any:
        known_first = Case(
            When(role=Employment.Role.DECISION_MAKER, then=Value(0)),
            When(role=Employment.Role.CHAMPION, then=Value(1)),
            When(role=Employment.Role.INFLUENCER, then=Value(2)),
            When(role=Employment.Role.DOER, then=Value(3)),
            default=Value(4),
        )
        current = Employment.objects.filter(
            account=self.account, is_current=True, person__merged_into=None, person__erased_at=None
        )
        return current.select_related("person").order_by(known_first, "person__family_name", "pk")[: PEOPLE_MAX + 1]

    def _leads(self) -> Any:
        """Every pursuit here, open ones first. Whose they are everybody may know; what is in them, who may see them."""
        seen = Lead.objects.visible_to(self.user).filter(pk=OuterRef("pk"))
        here = Q(account=self.account) | Q(person__in=[job.person_id for job in self.jobs])
        over_last = Case(When(phase=Phase.CLOSED, then=Value(1)), default=Value(0))
        leads = Lead.objects.filter(here).annotate(is_seen=Exists(seen))
        return leads.select_related("person", "team", "stage", "bdr", "ae", "reason").order_by(over_last, "-pk")[
            :PURSUITS_MAX
        ]

    def _since(self) -> dict[int, datetime]:
        """Since when each open pursuit is with whom it is with: the last event that named its rep, or its AE."""
        ours = {lead.pk: "ae" if lead.phase in AE_PHASES else "bdr" for lead in self.leads if lead.is_open}
        if not ours:
            return {}
        named = LeadEvent.objects.filter(
            Q(changes__has_key="bdr") | Q(changes__has_key="ae") | Q(changes__has_key="phase"), lead__in=ours
        ).order_by("id")
        found: dict[int, datetime] = {}
        for pk, at, changes in named.values_list("lead_id", "at", "changes"):
            if ours[pk] in changes or pk not in found or _came_free(changes):
                found[pk] = at
        return found

    def _pursuit(self, lead: Lead) -> Pursuit:
        return Pursuit(
            name=str(lead.person),
            where=_where(lead),
            whose=_whose(lead),
            since=lead.closed_at if not lead.is_open else self.since.get(lead.pk),
            team=lead.team.name,
            reason=lead.reason.label if lead.reason and _is_seen(lead) else "",
            lead=lead if _is_seen(lead) else None,
            is_asleep=lead.phase == Phase.NURTURE,
            is_over=not lead.is_open,
        )

    def _said(self, change: SettingChange, owners: dict[int, User]) -> str:
        who = _("You") if change.by_id == self.user.pk else change.by.name if change.by else _("Midfield")
        said = []
        if "standing" in change.changes:
            said.append(str(Standing(change.changes["standing"][1]).label).lower())
        if "owner" in change.changes:
            pk = change.changes["owner"][1]
            owner = owners.get(pk) if pk else None
            said.append(_("owner %(name)s") % {"name": owner.name} if owner else _("no owner"))
        return _("%(who)s said: %(what)s") % {"who": who, "what": ", ".join(said)}


def _came_free(changes: dict[str, Any]) -> bool:
    return "phase" in changes and changes["phase"][1] in (Phase.QUEUED, Phase.NURTURE)


def _is_seen(lead: Lead) -> bool:
    return bool(getattr(lead, "is_seen", False))


def _where(lead: Lead) -> str:
    """The stage, or how it ended."""
    if not lead.is_open:
        return _("Closed: %(how)s") % {"how": str(Lead.ClosedAs(lead.closed_as).label).lower()}
    return lead.stage.label if lead.stage else str(Phase(lead.phase).label)


def _whose(lead: Lead) -> str:
    """With whom it is, in words that need no more."""
    if not lead.is_open:
        return ""
    if lead.phase in AE_PHASES and lead.ae:
        return _("with %(name)s") % {"name": lead.ae.name}
    if lead.bdr:
        return _("with %(name)s") % {"name": lead.bdr.name}
    return _("in the pool of %(team)s") % {"team": lead.team.name}


def people_words(count: int) -> str:
    return ngettext("%(count)s person", "%(count)s people", count) % {"count": count}
