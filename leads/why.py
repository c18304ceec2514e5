"""What a row of any list says of a lead: who she is, what to do, and in one sentence why it is here.

`facts_of` reads what the sentences need for one page of leads, in two statements; the sentences themselves are pure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    CharField,
    Exists,
    FilteredRelation,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.fields.json import KT
from django.db.models.functions import JSONObject, Left
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts.models import ContactPoint, Person, Suppression, called
from agreement.models import Cadence, Lane, Phase, StepKind
from content.models import Asset, Topic
from leads.cadence import Attempt, attempts_of, first_attempt
from leads.came_back import HandedOff, Slept, Woke, came_back_words, woke_words
from leads.models import Engagement, HandOff, Lead, LeadEvent, Note, Recycling, Signal, Step
from leads.naming import name_of_person
from team.prepared import Prepared
from team.templatetags.midfield import day_words, span_words

NOTE_CHARS = 90
# So long a person's own act is told by the clock, later only by what it was.
FRESH = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one lead, as far as a row says it."""

    lead_id: int
    public_id: UUID
    version: int
    given: str
    family: str
    known_by: str
    zone: str
    company: str
    title: str
    phase: str
    lane: str
    tier: str
    origin: str
    source: str
    previous_id: int | None
    first_touched_at: datetime | None
    # Of this pursuit: what stood before she slept is another's.
    attempts: int
    # Up to three engagements: verb, what it was about, when.
    evidence: tuple[tuple[str, str, datetime | None], ...]
    cadence_id: int | None
    # What whoever takes it will have to do; of a lead that is worked, its steps say that.
    first: Attempt | None
    # Why it slept before, if it is back.
    slept: Slept | None
    handed: HandedOff | None
    note: str
    # What they wrote themselves, while a promise stands.
    wrote: str
    because: str
    # What brought her back, as the first event holds it, and the name of a colleague who did.
    began: dict[str, Any] | None
    whose: str = ""

    @property
    def name(self) -> str:
        """Her name, or else her best facts."""
        return called(self.given, self.family, self.known_by)

    @property
    def about(self) -> str:
        """Company before title, because the end is what is cut."""
        if not f"{self.given}{self.family}":
            return _("no name yet")
        return " · ".join(part for part in (self.company, self.title) if part)

    @property
    def is_untouched(self) -> bool:
        return self.first_touched_at is None

    @property
    def cadence_attempts(self) -> int:
        """How many attempts its cadence has; a cadence never changes, so that they are kept."""
        return len(attempts_of(self.cadence_id)) if self.cadence_id else 0


def address_of(name: str, key: UUID | int) -> str:
    """The address of a page of one lead or row; the resolver is asked once and not for every row."""
    return _pattern(name, _NOBODY if isinstance(key, UUID) else _NO_ROW) % key


@cache
def _pattern(name: str, nobody: UUID | int) -> str:
    return reverse(name, args=[nobody]).replace("%", "%%").replace(str(nobody), "%s")


_NOBODY = UUID(int=0)
_NO_ROW = 10**9


def facts_of(lead_ids: Collection[int]) -> dict[int, Facts]:
    """The facts of these leads by id, whoever asks: the caller has chosen what she may see."""
    if not lead_ids:
        return {}
    rows = _KNOWN.rows(leads=list(lead_ids))
    began = [row[_BEGAN] or {} for row in rows]
    titles = _titles([row[_EVIDENCE] for row in rows], people={one["whose"] for one in began if one.get("whose")})
    found = {}
    for row in rows:
        known: list[Any] = ["" if value is None and column in _WORDS else value for column, value in enumerate(row)]
        known[_EVIDENCE] = tuple(_evidence(row[_EVIDENCE], titles))
        known[_SLEPT] = Slept.of(row[_SLEPT])
        known[_HANDED] = HandedOff.of(row[_HANDED])
        if reached := row[_FIRST_ATTEMPT]:
            known[_CADENCE] = row[_CADENCE] or reached["cadence"]
            known[_FIRST_ATTEMPT] = _first(known[_CADENCE], reached)
        whose = (row[_BEGAN] or {}).get("whose") or 0
        known.append(titles.get(("person", whose), ""))
        found[row[0]] = Facts(*known)
    return found


_COLUMNS = list(Facts.__dataclass_fields__)
_WORDS = frozenset(place for place, name in enumerate(_COLUMNS) if Facts.__dataclass_fields__[name].type == "str")
_EVIDENCE, _SLEPT, _HANDED, _CADENCE, _FIRST_ATTEMPT, _BEGAN = map(
    _COLUMNS.index, ("evidence", "slept", "handed", "cadence_id", "first", "began")
)


def _first(cadence_id: int | None, reached: dict[str, int | None]) -> Attempt:
    return first_attempt(
        cadence_id,
        kinds={kind for kind in ContactPoint.Kind if reached.get(f"has_{kind}")},
        suppressed={channel for channel in Suppression.Channel if reached.get(f"no_{channel}")},
    )


def _known(*, leads: list[int]) -> QuerySet[Any, Any]:
    """The columns in the order of `Facts`."""
    hand_offs = HandOff.objects.filter(lead=OuterRef("pk")).order_by("-id")
    handed = JSONObject(state="state", reason="reason__label", ae="ae__name", meeting="meeting_at")
    sleep = Recycling.objects.filter(lead=OuterRef("previous"), undone_at=None).order_by()
    slept = JSONObject(
        category="category", since="at", vendor="vendor", ends_on="contract_ends_on", precision="precision",
        missing="missing__label", satisfaction="satisfaction",
    )  # fmt: skip
    cadence = Cadence.objects.filter(lane=OuterRef("lane"), is_current=True)
    points = ContactPoint.objects.filter(person=OuterRef("person"), state__in=ContactPoint.USABLE).order_by()
    silent = Suppression.objects.filter(person=OuterRef("person")).order_by()
    ways: dict[str, QuerySet[Any]] = {f"has_{kind}": points.filter(kind=kind) for kind in ContactPoint.Kind}
    ways |= {f"no_{channel}": silent.filter(channel=channel) for channel in Suppression.Channel}
    # Each looked up a row, as below.
    found = {name: Subquery(rows.values("pk")[:1]) for name, rows in {"cadence": cadence, **ways}.items()}
    began = LeadEvent.objects.filter(lead=OuterRef("pk")).order_by("id")
    said = Note.objects.filter(lead=OuterRef("pk")).order_by("-at", "-id")
    # By its line of history: a note alone does not say whose words it holds.
    line = LeadEvent.objects.filter(lead=OuterRef("lead"), at=OuterRef("at"))
    # The subject of a letter of ours is no reason to call, whether it left or was taken back; and who wrote to us is no
    # machine that is out of office, or a server that sends something back.
    letters = line.filter(by=OuterRef("by"), verb="log", data__has_key="letter")
    replies = line.filter(by=None, verb="receive", data__kind="reply")
    theirs = said.filter(Exists(replies), by=None)
    notes = said.exclude(Exists(letters)).filter(Q(by__isnull=False) | Exists(replies))
    promised = Step.objects.open().filter(lead=OuterRef("pk"), promised=True)
    return (
        Lead.objects.filter(pk__in=leads)
        .annotate(job=FilteredRelation("person__employments", condition=Q(person__employments__is_current=True)))
        # With its LIMIT it is looked up a row; an EXISTS would be answered by reading every open step there is.
        .alias(promise=Subquery(promised.values("pk")[:1]))
        .values_list(
            "pk", "public_id", "version", "person__given_name", "person__family_name", "person__known_by",
            "person__time_zone", "account__name", "job__title", "phase", "lane", "tier", "origin", "source",
            "previous_id", "first_touched_at", "attempts", "evidence",
            "cadence_id",
            Case(When(phase=Phase.QUEUED, then=JSONObject(**found)), output_field=JSONField()),
            Case(
                When(previous__isnull=False, then=Subquery(sleep.values(was=slept)[:1])),
                output_field=JSONField(),
            ),
            Case(
                When(first_handed_off_at__isnull=False, then=Subquery(hand_offs.values(was=handed)[:1])),
                output_field=JSONField(),
            ),
            _while_promised(notes),
            _while_promised(theirs),
            _while_queued(began.values(code=KT("data__because"))[:1]),
            Case(
                When(previous__isnull=False, first_touched_at=None, then=Subquery(began.values("data")[:1])),
                output_field=JSONField(),
            ),
        )
    )  # fmt: skip


def _while_promised(notes: QuerySet[Note]) -> Case:
    """Asked only of leads that wait for something they were promised."""
    words = Subquery(notes.values(said=Left("text", NOTE_CHARS))[:1])
    return Case(When(promise__isnull=False, then=words), default=Value(""), output_field=CharField())


def _while_queued(words: QuerySet[Any, Any]) -> Case:
    """Asked only of leads that nobody works yet."""
    return Case(When(phase=Phase.QUEUED, then=Subquery(words)), default=Value(""), output_field=CharField())


_KNOWN = Prepared(_known)


def _titles(evidences: Iterable[list[Any]], *, people: Collection[int] = ()) -> dict[tuple[str, int], str]:
    """What the engagements were about and who these are, by ("asset", "topic" or "person", id), in one statement."""
    named = [one for evidence in evidences for one in evidence]
    assets = {one[1] for one in named if one[1]}
    topics = {one[2] for one in named if one[2] and not one[1]}
    if not assets and not topics and not people:
        return {}
    rows = _TITLES.rows(assets=sorted(assets), topics=sorted(topics), people=sorted(people))
    return {(kind, pk): title for kind, pk, title in rows}


def _named(*, assets: list[int], topics: list[int], people: list[int]) -> QuerySet[Any, Any]:
    of = CharField()
    titles = Asset.objects.filter(pk__in=assets).order_by().values_list(Value("asset", of), "pk", "title")
    labels = Topic.objects.filter(pk__in=topics).order_by().values_list(Value("topic", of), "pk", "label")
    names = Person.objects.filter(pk__in=people).order_by().values_list(Value("person", of), "pk", name_of_person())
    return titles.union(labels, names, all=True)


_TITLES = Prepared(_named)


def _evidence(evidence: list[Any], titles: dict[tuple[str, int], str]) -> Iterable[tuple[str, str, datetime | None]]:
    for kind, asset_id, topic_id, at in evidence:
        about = titles.get(("asset", asset_id)) or titles.get(("topic", topic_id)) or ""
        yield kind, about, parse_datetime(at) if at else None


def what(
    facts: Facts,
    *,
    now: datetime,
    kind: str = "",
    title: str = "",
    attempt: int | None = None,
    created_at: datetime | None = None,
) -> str:
    """What to do for this lead, by its next step; without one, its first touch."""
    if title:
        return title
    if not kind and facts.first:
        kind, title, attempt = facts.first.kind, facts.first.title, facts.first.number
        if title:
            return title
    kind = kind or StepKind.CALL
    if kind == StepKind.CALL_BACK and created_at:
        return _("Call back, promised %(day)s") % {"day": day_words(created_at, now=now, midline=True)}
    if kind in _FIRST and facts.is_untouched:
        return str(_FIRST[kind]())
    if attempt and facts.cadence_attempts >= attempt:
        return _("Attempt %(number)s of %(all)s: %(kind)s") % {
            "number": attempt,
            "all": facts.cadence_attempts,
            "kind": str(StepKind(kind).label).lower(),
        }
    return str(StepKind(kind).label)


# Called late, so that each reader hears it in her language.
_FIRST: dict[str, Callable[[], str]] = {
    StepKind.CALL: lambda: _("First call"),
    StepKind.EMAIL: lambda: _("First e-mail"),
    StepKind.CALL_EMAIL: lambda: _("First call and e-mail"),
    StepKind.SOCIAL: lambda: _("First social touch"),
}


def why(facts: Facts, *, now: datetime, kind: str = "", promised: bool = False, is_systems: bool = False) -> str:
    """Why this lead is in the list, in one sentence: the most particular reason there is.

    `is_systems`: its step was made because something happened, not because a cadence or a person planned it.
    """
    if kind == StepKind.DECIDE:
        return _decide(facts)
    if promised and (words := facts.wrote if kind == StepKind.REPLY else facts.note):
        return _("“%(note)s”") % {"note": " ".join(words.split())}
    if facts.handed and (is_systems or kind == StepKind.REBOOK) and (said := came_back_words(facts.handed, now=now)):
        return said
    if facts.previous_id and facts.is_untouched and facts.slept:
        return woke_words(facts.slept, facts.origin, now=now, woke=_woke(facts, now=now))
    return " · ".join(part for part in (facts.tier, _interest(facts, now=now)) if part)


def _decide(facts: Facts) -> str:
    count = facts.attempts
    if not count:
        return _("There is no way to reach them")
    words = (
        ngettext(
            "%(count)s attempt since they came back, and no conversation",
            "%(count)s attempts since they came back, and no conversation",
            count,
        )
        if facts.previous_id
        else ngettext("%(count)s attempt and no conversation", "%(count)s attempts and no conversation", count)
    )
    return words % {"count": count}


def why_held(until: datetime, *, now: datetime) -> str:
    """Why an attempt is not made before a colleague's meeting at the account is over."""
    day = day_words(until, now=now, midline=True)
    return _("Waits: a colleague meets somebody there %(day)s") % {"day": day}


def _interest(facts: Facts, *, now: datetime) -> str:
    done = [_did(kind, about, at, now=now) for kind, about, at in facts.evidence]
    if facts.lane == Lane.HAND_RAISER:
        return " · ".join([_("Hand-raiser"), *done[:2]]) if done else _("Hand-raiser: asked to be contacted")
    if done:
        return capfirst(", ".join(done))
    if facts.because == "works_account" and facts.company:
        return _("You work %(company)s already") % {"company": facts.company}
    if facts.because == "territory":
        return _("Your territory")
    if facts.because == "put_back":
        return _("Put back after a second look")
    if facts.origin == Lead.Origin.REP_SOURCED:
        return _("Found by one of us")
    if facts.source:
        return _("From %(source)s") % {"source": facts.source}
    return str(Lane(facts.lane).label)


def _did(kind: str, about: str, at: datetime | None, *, now: datetime) -> str:
    verb = _verb(kind, get_language())
    if about:
        return f"{verb}: {about}" if kind == Engagement.Kind.ASKED else f"{verb} {about}"
    if at and now - timedelta(minutes=1) < at <= now:
        return _("%(did)s just now") % {"did": verb}
    if at and now - FRESH < at <= now:
        return _("%(did)s %(span)s ago") % {"did": verb, "span": span_words(now - at)}
    return verb


@lru_cache(maxsize=256)
def _verb(kind: str, _language: str | None) -> str:
    return str(Engagement.Kind(kind).label) if kind in Engagement.Kind.values else kind


def _woke(facts: Facts, *, now: datetime) -> Woke | None:
    code = (facts.began or {}).get("woke", "")
    did = [_did(kind, about, at, now=now) for kind, about, at in facts.evidence[:1]]
    return Woke(code, facts.whose, "".join(did)) if code else None


def woke(began: dict[str, Any], evidence: list[Any], *, whose: str, now: datetime) -> Woke | None:
    """What brought her back, for the page of one lead."""
    if not (code := began.get("woke", "")):
        return None
    needs = evidence[:1] if code in (Signal.Kind.ENGAGED, Signal.Kind.COLLEAGUE) else []
    did = [_did(kind, about, at, now=now) for kind, about, at in _evidence(needs, _titles([needs]))]
    return Woke(code, whose, "".join(did))


def did_words(evidence: Sequence[list[Any] | None], *, now: datetime) -> list[str]:
    """Each of these engagements, as a lead keeps them, in a few words; empty where there is none."""
    titles = _titles([[one] for one in evidence if one])
    lines = (list(_evidence([one], titles)) if one else [] for one in evidence)
    return ["".join(_did(kind, about, at, now=now) for kind, about, at in line) for line in lines]
