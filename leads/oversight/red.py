"""What went wrong and is still open, what asks for a second look, what was given up early: one statement for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import called
from agreement.models import CadenceStep, Lane, Phase, SLAClause, StepKind
from agreement.models.version import ReasonRule
from leads.models import Activity, Clock, HandOff, Lead, Notice, Recycling, SecondLook, Step
from leads.oversight.days import Days
from team.prepared import Prepared
from team.templatetags.midfield import moment_words

FEW = 6
# What was given up early is counted so far: more says no more, and each of them is looked at to be counted.
EARLY_COUNTED = 20
HELD = (Phase.QUEUED, Phase.WORKING)

RED: dict[str, str | Promise] = {
    "waiting": gettext_lazy("A person waits for a call"),
    "first_touch": gettext_lazy("First touch missed"),
    "answer": gettext_lazy("Hand-off not answered"),
    "outcome": gettext_lazy("Outcome missing"),
    "rebook": gettext_lazy("No-show, not rebooked"),
    "leak": gettext_lazy("No next step"),
}
LOOK, EARLY = "look", "early"


@dataclass(frozen=True, slots=True)
class Named:
    """What a line says of a lead, and no more: there are dozens of them, and a row of each table would be made for
    every one."""

    pk: int
    public_id: UUID
    lane: str
    tier: str
    attempts: int
    person: str
    account: str
    bdr_id: int | None
    bdr: str
    ae: str
    reason: str

    @property
    def lane_words(self) -> str:
        return str(Lane(self.lane).label)


@dataclass
class Item:
    """One lead of a list, since when it stands there, and what else is known of it."""

    key: str
    lead: Named
    since: datetime
    # The second look, or who recycled it; 0 where nobody.
    ref: int = 0
    code: str = ""
    # What was done about it, as a sentence.
    done: str = ""

    @property
    def category(self) -> str:
        return str(ReasonRule.Category(self.code).label) if self.code else ""

    attempts_of: int = 0


@dataclass
class Found:
    """The first few of each kind, and how many there are."""

    few: dict[str, list[Item]] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)

    @property
    def red(self) -> list[tuple[str, str, list[Item], int]]:
        return [(key, str(title), self.few[key], self.totals[key]) for key, title in RED.items() if key in self.few]

    @property
    def red_total(self) -> int:
        return sum(self.totals.get(key, 0) for key in RED)


def red_leads(key: str, *, team_id: Any, at: Any) -> QuerySet[Lead]:
    """The open leads of one kind, each with the moment since when: `since`."""
    if key == "first_touch":
        missed = Lead.objects.filter(Q(pk__in=_pool_missed(team_id, at).values("pk")) | Q(pk__in=_missed(team_id, at)))
        return missed.annotate(since=F("due_at"))
    return _KINDS[key](team_id, at)


def _waiting(team: Any, at: Any) -> QuerySet[Lead]:
    waiting = Lead.objects.filter(team=team, phase=Phase.QUEUED, band=Lead.Band.WAITING)
    return waiting.annotate(since=F("due_at"))


def _pool_missed(team: Any, at: Any) -> QuerySet[Lead]:
    """Of the pool what its band says was missed, or will with the next tick."""
    missed = Q(band=Lead.Band.MISSED) | Q(band=Lead.Band.FIRST_TOUCH, due_at__lte=at)
    pool = Lead.objects.filter(missed, team=team, phase=Phase.QUEUED, first_touched_at=None)
    return pool.annotate(since=F("due_at"))


def _missed(team: Any, at: Any) -> QuerySet[Lead, Any]:
    return _work_missed(team, at).values("pk")


def _work_missed(team: Any, at: Any) -> QuerySet[Lead]:
    untouched = Lead.objects.filter(team=team, phase=Phase.WORKING, first_touched_at=None)
    return _late(untouched, SLAClause.Kind.FIRST_TOUCH, at=at)


def _unanswered(team: Any, at: Any) -> QuerySet[Lead]:
    sent = HandOff.objects.unanswered_since(at).filter(lead=OuterRef("pk"))
    handed = Lead.objects.filter(team=team, phase=Phase.HANDED_OFF).filter(Exists(sent))
    return handed.annotate(since=Subquery(sent.values("respond_by")[:1]))


def _without_outcome(team: Any, at: Any) -> QuerySet[Lead]:
    return _late(Lead.objects.filter(team=team, phase=Phase.ACCEPTED), SLAClause.Kind.OUTCOME, at=at)


def _not_rebooked(team: Any, at: Any) -> QuerySet[Lead]:
    rebook = Step.objects.open().filter(lead=OuterRef("pk"), kind=StepKind.REBOOK, due_at__lte=at).order_by("due_at")
    shown = Lead.objects.filter(team=team, phase=Phase.WORKING).filter(Exists(rebook))
    return shown.annotate(since=Subquery(rebook.values("due_at")[:1]))


def _leaking(team: Any, at: Any) -> QuerySet[Lead]:
    """Somebody's leads with nothing planned: of these nobody would ever be reminded."""
    worked = Lead.objects.filter(team=team, phase__in=[Phase.WORKING, Phase.ACCEPTED, Phase.QUALIFIED])
    # Looked up lead by lead: PostgreSQL would read every open step there is.
    steps = Step.objects.open().filter(lead=OuterRef("pk")).values("pk")[:1]
    return worked.annotate(since=F("due_at"), planned=Subquery(steps)).filter(planned=None)


def _late(leads: QuerySet[Lead], kind: str, *, at: Any) -> QuerySet[Lead]:
    """Those whose last clock of this kind ran out: an earlier one belongs to an earlier promise."""
    last = Clock.objects.filter(lead=OuterRef("pk"), kind=kind).order_by("-id")
    clocked = leads.annotate(since=Subquery(last.values("due_at")[:1]), clock_is=Subquery(last.values("state")[:1]))
    return clocked.filter(since__lte=at, clock_is__in=[Clock.State.RUNNING, Clock.State.MISSED])


_KINDS: dict[str, Callable[[Any, Any], QuerySet[Lead]]] = {
    "waiting": _waiting,
    "answer": _unanswered,
    "outcome": _without_outcome,
    "rebook": _not_rebooked,
    "leak": _leaking,
}


def early_recyclings(*, since: Any) -> QuerySet[Recycling]:
    """Put to sleep without a conversation while attempts of the cadence were left."""
    steps = CadenceStep.objects.filter(cadence=OuterRef("lead__cadence")).order_by().values("cadence")
    talked = Activity.objects.filter(lead=OuterRef("lead"), is_conversation=True, reverses=None, at__lte=OuterRef("at"))
    lately = Recycling.objects.filter(at__gte=since, undone_at=None, by__isnull=False)
    lately = lately.annotate(attempts_of=Subquery(steps.annotate(n=Count("pk")).values("n")[:1]))
    return lately.filter(~Exists(talked), lead__attempts__lt=F("attempts_of"))


def found_in(team_id: int, days: Days) -> Found:
    """Everything of one team that stands in a list of the morning: two statements."""
    rows = _FOUND.rows(shape=(FEW,), team=team_id, at=days.at, since=days.month_ago)
    leads = _leads([row[1] for row in rows])
    found = Found()
    counted = set()
    for key, lead_id, since, of, ref, code, attempts_of in rows:
        kind, part = key.split(".") if "." in key else (key, key)
        item = Item(kind, leads[lead_id], since, ref or 0, code, attempts_of=attempts_of or 0)
        found.few.setdefault(kind, []).append(item)
        if (kind, part) not in counted:
            counted.add((kind, part))
            found.totals[kind] = found.totals.get(kind, 0) + of
    for kind, items in found.few.items():
        items.sort(key=lambda item: (item.since, item.lead.pk), reverse=kind == EARLY)
        del items[FEW:]
    return found


def tell_what_was_done(found: Found, *, reader: int, at: datetime) -> None:
    """Whom the system has told of each, and when, said to who reads it: one statement."""
    items = [item for key in RED for item in found.few.get(key, [])]
    told: dict[int, list[tuple[str, str, int, datetime]]] = {}
    leads = sorted({item.lead.pk for item in items})
    for lead_id, kind, name, user_id, told_at in _TOLD.rows(leads=leads) if leads else ():
        told.setdefault(lead_id, []).append((kind, name, user_id, told_at))
    for item in items:
        item.done = _done(
            item, [one for one in told.get(item.lead.pk, []) if one[3] >= item.since], reader=reader, at=at
        )


def _done(item: Item, told: list[tuple[str, str, int, datetime]], *, reader: int, at: datetime) -> str:
    """The backup who got it says more than who was told that it was missed."""
    passed = next((one for one in told if one[0] == Notice.Kind.ESCALATED), None)
    first = passed or next(iter(told), None)
    if first is None:
        return ""
    kind, name, user_id, told_at = first
    words = {"name": name, "moment": moment_words(told_at, now=at)}
    if kind == Notice.Kind.ESCALATED:
        said = _("Passed on to you %(moment)s") if user_id == reader else _("Passed on to %(name)s %(moment)s")
    else:
        said = _("You were told %(moment)s") if user_id == reader else _("%(name)s was told %(moment)s")
    return said % words


def _leads(ids: list[int]) -> dict[int, Named]:
    found = {}
    for pk, key, lane, tier, tries, given, family, known_by, company, bdr_id, *names in (
        _LEADS.rows(leads=ids) if ids else ()
    ):
        person = called(given, family, known_by)
        bdr, ae, reason = (name or "" for name in names)
        found[pk] = Named(pk, key, lane, tier, tries, person, company or "", bdr_id, bdr, ae, reason)
    return found


_LEADS = Prepared(
    lambda leads: (
        Lead.objects.filter(pk__in=leads)
        .order_by()
        .values_list(
            "pk", "public_id", "lane", "tier", "attempts", "person__given_name", "person__family_name",
            "person__known_by", "account__name", "bdr", "bdr__name", "ae__name", "reason__label",
        )
    )
)  # fmt: skip
_TOLD = Prepared(
    lambda leads: (
        Notice.objects.filter(lead__in=leads, kind__in=[Notice.Kind.MISSED, Notice.Kind.ESCALATED])
        .order_by("at", "pk")
        .values_list("lead", "kind", "user__name", "user", "at")
    )
)


_NO_NUMBER: Any = Cast(Value(None), IntegerField())
_NO_WORD: Any = Cast(Value(""), CharField())


class _Number(Subquery):
    """How many rows."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def _few(
    key: str,
    rows: QuerySet[Any],
    *,
    few: int,
    latest: bool = False,
    lead: str = "pk",
    most: int | None = None,
    **more: Any,
) -> Any:
    """The first few of one kind, each with how many there are."""
    order = ["-since", "pk"] if latest else ["since", "pk"]
    if key == "leak":
        # There are none; that is seen by their keys alone, and not in the order of all that is open by its moments.
        order = ["pk"]
    first = rows.order_by(*order).values("pk")[:few]
    counted = rows.order_by(*order if most else ()).values("pk")[:most]
    kept = rows.filter(pk__in=first).annotate(of=_Number(counted))
    ref, code = more.get("ref", _NO_NUMBER), more.get("code", _NO_WORD)
    size = more.get("size", _NO_NUMBER)
    return kept.order_by().values_list(Cast(Value(key), CharField()), lead, "since", "of", ref, code, size)


def _all(few: int, *, team: Any, at: Any, since: Any) -> QuerySet[Any, Any]:
    looks = SecondLook.objects.filter(team=team, state=SecondLook.State.OPEN).annotate(since=F("due_at"))
    early = early_recyclings(since=since).filter(lead__team=team).annotate(since=F("at"))
    parts = [_few(key, build(team, at), few=few) for key, build in _KINDS.items()]
    parts += [
        _few("first_touch.pool", _pool_missed(team, at), few=few),
        _few("first_touch.work", _work_missed(team, at), few=few),
        _few(LOOK, looks, few=few, lead="lead_id", ref=Cast("pk", IntegerField())),
        _few(
            EARLY, early, few=few, latest=True, lead="lead_id", most=EARLY_COUNTED,
            ref=Cast("by_id", IntegerField()), code=Cast("category", CharField()),
            size=Cast("attempts_of", IntegerField()),
        ),
    ]  # fmt: skip
    first, *others = parts
    union: QuerySet[Any, Any] = first.union(*others, all=True)
    return union


_FOUND = Prepared(_all)
