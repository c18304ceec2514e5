"""The brief of a hand-off: what an AE must know before she meets somebody, on one screen. Reads only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Case, IntegerField, Q, When
from django.utils.functional import cached_property

from accounts.models import ContactPoint, Employment
from agreement.models import Criterion, CriterionRule
from leads.models import Answer, Engagement, HandOff, Lead, Note

if TYPE_CHECKING:
    from content.models import Asset, Topic

# What fits on one screen; the lead page has the rest.
GROUP_MAX = 12
ENGAGEMENTS_MAX = 60
READ_MAX = 6
NOTES_MAX = 3
PURSUITS_MAX = 5
# Whoever is not known in these roles is worth asking for.
ROLES_WANTED = (Employment.Role.DECISION_MAKER, Employment.Role.CHAMPION)


@dataclass
class Verdict:
    """One criterion, what is known about it, and whether sales wants a verdict on it."""

    criterion: Criterion
    answer: Answer | None = None
    evidence: str = ""
    is_asked: bool = False

    @property
    def is_known(self) -> bool:
        return self.answer is not None and self.answer.value != Answer.Value.UNKNOWN

    @property
    def is_open(self) -> bool:
        """Asked for by the agreement, and nobody has given a verdict yet."""
        return self.is_asked and self.answer is None


@dataclass
class Reading:
    """What she did with one piece of content: how often, when last."""

    kind: str
    label: str
    at: datetime
    asset: Asset | None
    topic: Topic | None
    source: str = ""
    times: int = 1

    @property
    def about(self) -> str:
        """What it was, where more is known than what she did."""
        return str(self.asset or self.topic or self.source)


@dataclass
class Brief:
    """Everything the page shows about one hand-off, in a fixed number of queries."""

    hand_off: HandOff
    lead: Lead
    at: datetime
    verdicts: list[Verdict] = field(default_factory=list)
    group: list[Employment] = field(default_factory=list)
    read: list[Reading] = field(default_factory=list)
    pursuits: list[Lead] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    contacts: list[ContactPoint] = field(default_factory=list)

    @cached_property
    def own(self) -> Employment | None:
        return next((job for job in self.group if job.person_id == self.lead.person_id), None)

    @property
    def is_over(self) -> bool:
        return self.hand_off.meeting_at is not None and self.hand_off.has_begun(self.at)

    @property
    def outcome_due(self) -> datetime | None:
        """Once she was met: for when the outcome was promised. Read with the hand-off, see `leads.inbox`."""
        return getattr(self.hand_off, "outcome_due", None) if self.hand_off.is_accepted else None

    @property
    def known(self) -> int:
        return sum(verdict.is_known for verdict in self.verdicts)

    @property
    def questions(self) -> list[Verdict]:
        """What is not known yet, as questions to ask her."""
        return [verdict for verdict in self.verdicts if not verdict.is_known and verdict.criterion.question]

    @property
    def to_judge(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.is_open]

    @property
    def roles_missing(self) -> list[str]:
        there = {job.role for job in self.group}
        return [str(role.label) for role in ROLES_WANTED if role not in there] if self.lead.account_id else []


def brief_of(hand_off: HandOff, *, at: datetime) -> Brief:
    """What is known about the person of this hand-off and her company; once it is over, what was known until then."""
    lead = hand_off.lead
    over_at = hand_off.over_at
    verdicts = verdicts_of(lead, until=over_at)
    return Brief(
        hand_off=hand_off,
        lead=lead,
        at=at,
        verdicts=verdicts,
        group=_group(lead),
        read=_read(lead),
        pursuits=list(
            Lead.objects.filter(person=lead.person_id, id__lt=lead.pk)
            .select_related("reason", "bdr", "ae")
            .order_by("-id")[:PURSUITS_MAX]
        ),
        notes=_notes(lead, verdicts, until=over_at),
        contacts=list(
            ContactPoint.objects.filter(
                person=lead.person_id, state__in=ContactPoint.USABLE, kind__in=["email", "phone", "mobile"]
            ).order_by("-is_primary", "kind", "pk")[:3]
        ),
    )


def verdicts_of(lead: Lead, *, until: datetime | None = None) -> list[Verdict]:
    """Every criterion in use with its newest answer, by default of all, and the words that go with it."""
    asked = set(
        CriterionRule.objects.filter(version=lead.agreement_id, asked_at_qualified=True).values_list(
            "criterion_id", flat=True
        )
    )
    newest: dict[int, Answer] = {}
    given = Answer.objects.filter(lead=lead, at__lte=until) if until else Answer.objects.filter(lead=lead)
    for answer in given.select_related("by").order_by("id"):
        newest[answer.criterion_id] = answer
    notes = Note.objects.filter(pk__in=[one.note_id for one in newest.values() if one.note_id], erased_at=None)
    words = dict(notes.values_list("pk", "text"))
    verdicts = []
    for criterion in Criterion.objects.filter(Q(retired_at=None) | Q(pk__in=newest)):
        found = newest.get(criterion.pk)
        evidence = words.get(found.note_id, "") if found and found.note_id else ""
        verdicts.append(Verdict(criterion, found, evidence, criterion.pk in asked))
    return verdicts


def _group(lead: Lead) -> list[Employment]:
    """Who decides with her: decision makers and champions first, then whoever has a role, she herself always."""
    mine = Q(person=lead.person_id)
    jobs = Employment.objects.filter(
        mine | Q(account=lead.account_id) if lead.account_id else mine,
        is_current=True,
        person__merged_into=None,
        person__erased_at=None,
    )
    order = Case(
        When(mine, then=0),
        *(When(role=role, then=place) for place, role in enumerate(Employment.Role.values, 1)),
        output_field=IntegerField(),
    )
    return list(jobs.select_related("person", "account").order_by(order, "pk")[:GROUP_MAX])


def _read(lead: Lead) -> list[Reading]:
    """One line a piece of content, the newest first; what was taken back is not there."""
    rows = list(
        Engagement.objects.filter(person=lead.person_id)
        .select_related("asset", "topic")
        .order_by("-at", "-id")[:ENGAGEMENTS_MAX]
    )
    taken_back = {row.reverses for row in rows if row.reverses}
    found: dict[tuple[str, int | None, str], Reading] = {}
    for row in rows:
        if row.pk in taken_back or row.reverses:
            continue
        key = (row.kind, row.asset_id, "" if row.asset_id else row.source)
        if key in found:
            found[key].times += 1
        else:
            found[key] = Reading(row.kind, row.get_kind_display(), row.at, row.asset, row.topic, row.source)
    return list(found.values())[:READ_MAX]


def _notes(lead: Lead, verdicts: list[Verdict], *, until: datetime | None) -> list[Note]:
    """The last things written down, without those that stand beside a verdict already."""
    beside = [verdict.answer.note_id for verdict in verdicts if verdict.answer and verdict.answer.note_id]
    notes = Note.objects.filter(lead=lead, erased_at=None).exclude(pk__in=beside).select_related("by")
    if until:
        notes = notes.filter(at__lte=until)
    return list(notes.order_by("-at", "-id")[:NOTES_MAX])
