"""What goes on, and to whom, when somebody leaves or loses a role: the lines of its preview. Reads only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agreement.models import Phase
from leads.actions.changing import MoveRefused
from leads.actions.duties import duties_of
from leads.actions.leaving import SOLD, heirs_of
from leads.models import HandOff, Lead, Step
from leads.settings.kind import Touch
from leads.settings.words import leads_words, people_words
from team.models import Absence, CalendarFeed, Membership, Role, Team, Territory, User


def touches_of_leads(
    user: User, *, successor: User | None = None, ae_successor: User | None = None, keeps: Sequence[int], sells: bool
) -> list[Touch]:
    """Her leads by who gets them, her deals and her unanswered hand-offs. She stays in the teams of `keeps`, and what
    she sells stays hers while she `sells`."""
    try:
        heirs = heirs_of(user, successor=successor, keeps=keeps)
    except MoveRefused as refused:
        return [Touch(str(refused), warns=True)]
    phases: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    names: dict[tuple[str, int], str] = {}
    teams = Team.objects.in_bulk({lead.team_id for lead, heir in heirs if heir is None})
    for lead, heir in heirs:
        key = ("user", heir.pk) if heir else (("nobody" if _is_kept_nowhere(lead) else "pool"), lead.team_id)
        phases[key][lead.phase] += 1
        names[key] = str(heir or teams[lead.team_id])
    found = []
    for (where, pk), counts in phases.items():
        words = {"leads": leads_words(counts.total()), "name": names[where, pk]}
        said = ", ".join(f"{counts[phase]} {phase.label.lower()}" for phase in Phase if counts[phase])
        text = {
            "user": _("%(leads)s to %(name)s"),
            "pool": _("%(leads)s to the pool of %(name)s"),
            "nobody": ngettext(
                "%(leads)s stays in %(name)s without a rep", "%(leads)s stay in %(name)s without a rep", counts.total()
            ),
        }[where] % words
        found.append(Touch(text, said))
    promised = Step.objects.open().filter(assignee=user, promised=True, lead__in=[lead for lead, _heir in heirs])
    if count := promised.count():
        text = ngettext("%(count)d promised moment goes with them", "%(count)d promised moments go with them", count)
        found.append(Touch(text % {"count": count}, _("none of them moves")))
    return found + ([] if sells else _touches_of_sales(user, ae_successor))


def _is_kept_nowhere(lead: Lead) -> bool:
    return lead.phase not in (Phase.QUEUED, Phase.WORKING)


def _touches_of_sales(user: User, ae_successor: User | None) -> list[Touch]:
    found = []
    if count := Lead.objects.filter(ae=user, phase__in=SOLD).count():
        words = {"leads": leads_words(count), "name": ae_successor}
        text = _("%(leads)s that sales has to %(name)s") if ae_successor else _("%(leads)s of sales back to their reps")
        found.append(Touch(text % words))
    if count := HandOff.objects.unanswered().filter(ae=user).count():
        text = ngettext(
            "%(count)d unanswered hand-off back to its rep", "%(count)d unanswered hand-offs back to their reps", count
        )
        found.append(Touch(text % {"count": count}, _("counted against nobody")))
    return found


def touches_of_leaving(user: User, *, successor: User | None, ae_successor: User | None, at: datetime) -> list[Touch]:
    """Everything that somebody leaves behind."""
    found = touches_of_leads(user, successor=successor, ae_successor=ae_successor, keeps=(), sells=False)
    theirs = successor.teams_as(Role.BDR) if successor else []
    for one in Territory.objects.filter(bdr=user).select_related("team").order_by("position", "pk"):
        words = {"name": one.name, "to": successor if one.team_id in theirs else one.team}
        found.append(Touch(_("Territory %(name)s to %(to)s") % words))
    if count := User.objects.active().filter(backup=user).count():
        words = {"people": people_words(count), "to": ae_successor}
        if ae_successor:
            found.append(Touch(_("%(people)s backed up by %(to)s from now on") % words))
        else:
            found.append(Touch(_("%(people)s without a backup from now on") % words, warns=True))
    for absence in Absence.objects.filter(cover=user, ends_at__gt=at).select_related("user").order_by("starts_at"):
        heir = ae_successor if absence.user.has_role(Role.AE) else successor
        if heir is None or heir == absence.user:
            found.append(Touch(_("Nobody covers %(name)s any more") % {"name": absence.user}, warns=True))
        else:
            found.append(Touch(_("%(to)s covers %(name)s") % {"to": heir, "name": absence.user}))
    found += _without_manager(user)
    if CalendarFeed.objects.filter(user=user).exists():
        found.append(Touch(_("The address of their calendar is revoked")))
    found.append(Touch(_("They are signed out everywhere, at once")))
    return found


def touches_of_coming_back(user: User, *, at: datetime) -> list[Touch]:
    """What comes back to somebody who left, and what does not."""
    duties = duties_of(user, at=at)
    found = [Touch(_("They can sign in again"), _("with the password they had"))]
    if duties.backs_up:
        found.append(Touch(_("%(people)s backed up by them again") % {"people": people_words(len(duties.backs_up))}))
    for absence in duties.covers:
        found.append(Touch(_("They cover %(name)s again") % {"name": absence.user}))
    for one in duties.reserved_otherwise:
        text = _("Territory %(name)s stays with %(rep)s: it was given there since")
        found.append(Touch(text % {"name": one.name, "rep": one.bdr or one.team}))
    if duties.backed_up_otherwise:
        text = _("%(people)s backed up otherwise since: they stay so")
        found.append(Touch(text % {"people": people_words(len(duties.backed_up_otherwise))}))
    for absence in duties.covered_otherwise:
        words = {"cover": absence.cover or _("nobody"), "name": absence.user}
        found.append(Touch(_("%(name)s stays covered by %(cover)s: that was said since") % words))
    found.append(
        Touch(_("Leads that went to others stay with them"), _("their calendar gets a new address when they ask"))
    )
    return found


def _without_manager(user: User) -> list[Touch]:
    found = []
    others = Membership.objects.filter(role=Role.MANAGER, user__is_active=True).exclude(user=user)
    for team in Team.objects.filter(memberships__user=user, memberships__role=Role.MANAGER, retired_at=None):
        if not others.filter(team=team).exists():
            found.append(Touch(_("Nobody manages %(team)s any more") % {"team": team}, warns=True))
    return found
