"""The history of a person as sentences: what she did, what we did, what was decided, newest first.

Events, engagements and what rooms above tell are merged by moment and paged by key, so that five hundred entries cost
what ten do. History holds ids and codes; what they are called is asked for once (`leads.naming`), and words come from
notes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from agreement.models import Disposition
from leads.models import Engagement, Lead, LeadEvent, Note, SecondLook
from leads.naming import Names
from leads.sentences import DEED_ICONS, deed_words, say, want
from leads.telling import Teller, who_words
from team.addresses import read_moment, read_number
from team.prepared import Asked, in_one_trip
from team.prepared_objects import PreparedObjects, objects_of
from team.templatetags.midfield import clock_words

PAGE = 30
EVENTS, LOOKS, DEEDS, NOTES = 3, 2, 1, 0

SHOWS = {
    "all": gettext_lazy("All"),
    "conversations": gettext_lazy("Conversations"),
    "touches": gettext_lazy("Our touches"),
    "hers": gettext_lazy("What they did"),
    "moves": gettext_lazy("Moves"),
}
LOOKED_AT = (Lead.ClosedAs.DISQUALIFIED, Lead.ClosedAs.DO_NOT_CONTACT)
LOOK_WORDS = {
    SecondLook.State.APPROVED.value: gettext_lazy("%(who)s looked again and kept it closed"),
    SecondLook.State.PUT_BACK.value: gettext_lazy("%(who)s looked again and put it back"),
    SecondLook.State.EXPIRED.value: gettext_lazy("Nobody looked again in time: it stays closed"),
}
NO_MOVES = ("log", "plan", "answer", "engage", "receive")


@dataclass(frozen=True)
class Cursor:
    """The entry a page ends with; the next page begins after it."""

    at: datetime
    rank: int
    pk: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.rank}~{self.pk}"

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        """None for whatever is no cursor: a broken address shows the first page."""
        try:
            at, rank, pk = text.split("~")
        except ValueError:
            return None
        moment, place, key = read_moment(at), read_number(rank), read_number(pk)
        return None if moment is None or place is None or key is None else cls(moment, place, key)

    def before(self, rank: int, *, moment: str = "at") -> Q:
        """What stands after this entry among the rows of one source, which keep their moment there."""
        then = Q(**{moment: self.at})
        same = then & Q(id__lt=self.pk) if rank == self.rank else then if rank < self.rank else Q(pk=None)
        return Q(**{f"{moment}__lt": self.at}) | same


@dataclass
class Entry:
    """One line: who did what when, with the words that belong to it."""

    at: datetime
    rank: int
    pk: int
    icon: str
    text: SafeString | str
    soft: str = ""
    state: str = ""
    words: list[str] = field(default_factory=list)
    is_taken_back: bool = False
    # What is said of one that was taken back, where it is not that somebody did so.
    back: str = ""
    event: LeadEvent | None = None

    @property
    def iso(self) -> str:
        return self.at.isoformat(timespec="seconds")

    @property
    def clock(self) -> str:
        """The time of day on the reader's clock."""
        local = timezone.localtime(self.at)
        return _clock(local.hour, local.minute, get_language())

    @property
    def key(self) -> tuple[datetime, int, int]:
        return (self.at, self.rank, self.pk)


@dataclass
class History:
    """One page of it, a list a day, and where the next page begins."""

    show: str
    days: list[tuple[datetime, list[Entry]]]
    next: Cursor | None
    # Of the first page, what happened to this lead itself, the last first.
    lines: list[LeadEvent] = field(default_factory=list)


class Above:
    """What a higher room tells of the same pursuits: read with one page of history, at most a page and one line more
    of it, and said once the names are known. `mark` adds what it knows of a line that is told of an event; `has_left`
    says whether something of these events is out of the house, so that nothing takes it back; `asked_for`
    is what the person asked for there, beside who she is; `under_way` what goes on there with it, by its name, and
    `goes_on` the same, unless it is paused."""

    asked_for: Sequence[str] = ()
    under_way: str = ""
    goes_on: str = ""

    def want(self, names: Names) -> None:
        return

    def say(self, names: Names, *, reader: int) -> list[Entry]:
        return []

    def mark(self, entry: Entry, event: LeadEvent) -> None:
        return

    def has_left(self, events: Sequence[LeadEvent]) -> bool:
        return False

    def left_since(self, at: datetime) -> list[str]:
        """What has been sent by itself since then, by its subject."""
        return []


# Written by those rooms as they start.
ABOVE: list[Callable[[Timeline], Above]] = []


class Timeline:
    """Reads one page in three statements: events, engagements, notes; and what is told from above. `say` writes it once
    the names are known."""

    def __init__(
        self, lead: Lead, pursuits: Sequence[Lead], *, show: str = "all", before: Cursor | None = None, deeds: int = 0
    ) -> None:
        self.lead, self.before = lead, before
        self.show = show if show in SHOWS else "all"
        self.pursuits = {one.pk: one for one in pursuits} | {lead.pk: lead}
        # The first page may ask for more of what she did than it shows: interest is told from the same rows.
        most = max(deeds, PAGE + 1) if before is None else PAGE + 1
        with in_one_trip():
            events, acts = self._events(), self._deeds(most)
        self.events: list[LeadEvent] = _read(events)
        self.deeds: list[Engagement] = _read(acts)
        self.notes: dict[int, Note] = {}
        self.looks = self._looks()
        self.above = [read(self) for read in ABOVE]

    def read_notes(self, more: Sequence[int]) -> None:
        """The words of these events, and `more` that the page shows elsewhere. A closed lead takes notes only."""
        wanted = {pk for event in self.events for pk in _note_ids(event)} | set(more)
        if not self.lead.closed_at or self.show != "all":
            notes = NOTES_BY_ID.objects(notes=sorted(wanted)) if wanted else []
            self.notes = {note.pk: note for note in notes}
            return
        found = Q(pk__in=wanted)
        after = Q(lead=self.lead, at__gt=self.lead.closed_at, activity_id=None)
        found |= (after & self.before.before(NOTES)) if self.before else after
        self.notes = {note.pk: note for note in Note.objects.filter(found).order_by("-id")[: 8 * PAGE]}

    def want(self, names: Names) -> None:
        for event in self.events:
            want(names, event)
        names.want("user", *[note.by_id for note in self.notes.values()])
        names.want("user", *[look.decided_by_id for look in self.looks if look.decided_by_id])
        for one in self.above:
            one.want(names)

    def say(self, names: Names, *, reader: int, now: datetime, zone: str = "") -> History:
        """`zone`: where the person lives, empty where nobody can know it."""
        entries = [*self._said_events(names, reader, now, zone), *self._said_looks(names, reader)]
        entries += [*self._said_deeds(), *self._said_notes(names, reader)]
        for one in self.above:
            entries += one.say(names, reader=reader)
        entries.sort(key=lambda entry: entry.key, reverse=True)
        shown, rest = entries[:PAGE], entries[PAGE:]
        days = [
            (group[0].at, group)
            for _day, found in groupby(shown, key=lambda entry: timezone.localtime(entry.at).date())
            if (group := list(found))
        ]
        end = Cursor(*shown[-1].key) if rest else None
        lines = [one for one in self.events if one.lead_id == self.lead.pk and self.before is None]
        return History(self.show, days, end, sorted(lines, key=lambda one: one.pk, reverse=True))

    def _events(self) -> Asked | QuerySet[LeadEvent]:
        if self.show == "hers":
            return LeadEvent.objects.none()
        if self.show == "all" and self.before is None:
            return FIRST_EVENTS.ask(leads=list(self.pursuits))
        rows = LeadEvent.objects.filter(lead__in=list(self.pursuits)).order_by("-at", "-id")
        if self.before:
            rows = rows.filter(self.before.before(EVENTS))
        if self.show == "touches":
            rows = rows.filter(verb="log", data__kind__in=["call", "email", "social"])
        elif self.show == "conversations":
            talks = list(Disposition.objects.filter(is_conversation=True).values_list("pk", flat=True))
            held = Q(verb__in=["qualify", "not_qualify"])
            rows = rows.filter(held | Q(verb="log", data__disposition__in=talks))
        elif self.show == "moves":
            rows = rows.exclude(verb__in=NO_MOVES)
        return rows[: PAGE + 1]

    def _deeds(self, most: int) -> Asked | QuerySet[Engagement]:
        if self.show not in ("all", "hers") and most <= PAGE + 1:
            return Engagement.objects.none()
        if self.before is None:
            return FIRST_DEEDS.ask(shape=(most,), person=self.lead.person_id)
        return _deeds_of(most, self.lead.person_id, before=self.before)

    def _looks(self) -> list[SecondLook]:
        """What became of second looks: asked for only where somebody was disqualified."""
        closed = [pk for pk, one in self.pursuits.items() if one.closed_as in LOOKED_AT]
        if not closed or self.show not in ("all", "moves"):
            return []
        rows = SecondLook.objects.filter(lead__in=closed, state__in=LOOK_WORDS).order_by("-decided_at", "-id")
        end = (self.before.at, self.before.rank, self.before.pk) if self.before else None
        looks = [one for one in rows if one.decided_at and (end is None or (one.decided_at, LOOKS, one.pk) < end)]
        return looks[: PAGE + 1]

    def _said_looks(self, names: Names, reader: int) -> list[Entry]:
        return [
            Entry(
                look.decided_at, LOOKS, look.pk, "flag",
                LOOK_WORDS[look.state] % {"who": who_words(names, look.decided_by_id, reader)},
            )
            for look in self.looks
            if look.decided_at
        ]  # fmt: skip

    def _said_events(self, names: Names, reader: int, now: datetime, zone: str) -> list[Entry]:
        taken_back = {event.corrects for event in self.events if event.corrects}
        teller = Teller(names, self.pursuits, reader=reader, now=now, zone=zone)
        entries = []
        for event in self.events:
            told = say(teller, event)
            words = [self.notes[pk].text for pk in _note_ids(event) if pk in self.notes and self.notes[pk].text]
            entry = Entry(
                event.at, EVENTS, event.pk, told.icon, told.text, told.soft, told.state, words,
                is_taken_back=event.pk in taken_back, event=event,
            )  # fmt: skip
            for one in self.above:
                one.mark(entry, event)
            entries.append(entry)
        return entries

    def _said_deeds(self) -> list[Entry]:
        if self.show not in ("all", "hers"):
            return []
        name = self.lead.person.given_name or self.lead.person.name or _("They")
        return [
            Entry(
                deed.at, DEEDS, deed.pk, DEED_ICONS.get(deed.kind, "visit"), deed_words(deed, name), deed.source,
                is_taken_back=is_taken_back(deed),
            )
            for deed in self.deeds[: PAGE + 1]
        ]  # fmt: skip

    def _said_notes(self, names: Names, reader: int) -> list[Entry]:
        if self.show != "all" or not self.lead.closed_at:
            return []
        told = {pk for event in self.events for pk in _note_ids(event)}
        return [
            Entry(
                note.at, NOTES, note.pk, "note",
                _("%(who)s noted") % {"who": who_words(names, note.by_id, reader)}, words=[note.text],
            )
            for note in self.notes.values()
            if note.pk not in told and note.lead_id == self.lead.pk and note.at > self.lead.closed_at and note.text
        ]  # fmt: skip


def _read(found: Asked | QuerySet[Any]) -> list[Any]:
    return objects_of(found) if isinstance(found, Asked) else list(found)


def _first_events(leads: list[int]) -> QuerySet[LeadEvent]:
    return LeadEvent.objects.filter(lead__in=leads).order_by("-at", "-id")[: PAGE + 1]


def _deeds_of(most: int, person: int, before: Cursor | None = None) -> QuerySet[Engagement]:
    rows = Engagement.objects.filter(person=person, reverses=None).with_what_was_taken_back()
    rows = rows.select_related("asset__topic", "topic")
    if before:
        rows = rows.filter(before.before(DEEDS))
    return rows.order_by("-at", "-id")[:most]


def is_taken_back(deed: Engagement) -> bool:
    """Of a deed that a timeline has read: it turned out not to have been hers."""
    return bool(getattr(deed, "is_taken_back", False))


FIRST_EVENTS = PreparedObjects(_first_events)
FIRST_DEEDS = PreparedObjects(_deeds_of)
NOTES_BY_ID = PreparedObjects(lambda notes: Note.objects.filter(pk__in=notes))


@lru_cache(maxsize=4096)
def _clock(hour: int, minute: int, _language: str | None) -> str:
    """A page of history has dozens of these, and formatting a time is slow."""
    return clock_words(datetime(2000, 1, 1, hour, minute))  # noqa: DTZ001 - only its figures are read


def _note_ids(event: LeadEvent) -> list[int]:
    return event.data.get("effects", {}).get("notes", []) if isinstance(event.data, dict) else []
