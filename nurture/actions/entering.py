"""The one door into a track: who may come in now, and how they do. Whoever puts somebody in, by hand, by what put them
to sleep, or because another track has ended, comes this way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from accounts.models import Person
from agreement.models import Phase
from nurture.flow import Flow, flows_of
from nurture.knowing import People
from nurture.models import Enrolment, Passage, Track, TrackVersion
from team.bulk import insert_rows

if TYPE_CHECKING:
    from leads.models import Lead
    from team.models import User


class Shut(StrEnum):
    """What stands in the way of a person, whoever would put her in."""

    GONE = "gone"
    AT_GOAL = "at_goal"
    NO_CONSENT = "no_consent"
    UNREACHABLE = "unreachable"


def why_shut(track: Track, flow: Flow, person: int, people: People) -> Shut | None:
    """Why this person is not let in; None where she is."""
    if not people.is_there(person):
        return Shut.GONE
    if people.is_at_goal(person, track):
        return Shut.AT_GOAL
    if track.kind == Track.Kind.TRACK and flow.sends and not people.may_be_mailed(person):
        return Shut.NO_CONSENT if people.wishes.lacks_every_consent(person) else Shut.UNREACHABLE
    return None


def why_unfit(track: Track, lead: Lead | None) -> str:
    """A track feeds whoever sleeps or inquired; a play follows the first conversation of a lead that is worked. Why
    this lead is none for it, in words; empty where it is."""
    if track.kind == Track.Kind.PLAY:
        if lead is None or lead.phase != Phase.WORKING:
            return _("A play is for a lead that somebody works.")
        if lead.first_touched_at is None:
            return _("A play follows the first conversation: nobody has tried them yet.")
    elif lead is not None and lead.phase != Phase.NURTURE:
        return _("They are worked: a track feeds who sleeps. Recycle the lead, or start a play.")
    return ""


def enter(enrolments: Sequence[Enrolment], *, by: User | None = None, at: datetime) -> None:
    """Write these, each with the line that they came in."""
    Enrolment.objects.bulk_create(enrolments)
    entered = [(one.pk, None, Passage.What.ENTERED, at, by.pk if by else None, "") for one in enrolments]
    insert_rows(Passage, ("enrolment_id", "node_id", "what", "at", "by_id", "because"), entered)


def enrolment_of(
    person: Person, lead: Lead | None, track: Track, version: int, *, by: User | None = None, at: datetime
) -> Enrolment:
    """Not written yet. Of those whom a track takes by itself a share is left without, to compare; whom one of us puts
    in is fed."""
    return Enrolment(
        person=person, lead=lead, track=track, version_id=version, due_at=at, started_at=at, followed_from=at, by=by,
        is_held_out=by is None and is_held_out(track, person),
        hold_out_percent=None if by is not None else track.hold_out_percent or None,
    )  # fmt: skip


def is_held_out(track: Track, person: Person) -> bool:
    """Always the same answer for the same person and track, and for so many in a hundred yes."""
    drawn = int.from_bytes(sha256(track.public_id.bytes + person.public_id.bytes).digest()[:8])
    return drawn % 100 < track.hold_out_percent


class Fallbacks:
    """Where whoever came to the end of her track goes on: what each needs, read once for all."""

    def __init__(self, enrolments: Iterable[Enrolment]) -> None:
        ended = list(enrolments)
        wanted = {one.track.fallback_id for one in ended if one.track.fallback_id}
        self.tracks: Mapping[int, Track] = Track.objects.filter(retired_at=None).in_bulk(wanted) if wanted else {}
        running = TrackVersion.objects.filter(track__in=self.tracks, published_at__isnull=False).order_by("number")
        self.versions = dict(running.values_list("track_id", "pk")) if wanted else {}
        self.flows = flows_of(self.versions.values()) if wanted else {}
        before = Enrolment.objects.filter(person__in={one.person_id for one in ended}, track__in=self.tracks)
        self.been = set(before.values_list("person_id", "lead_id", "track_id")) if wanted else set()

    def of(self, one: Enrolment, people: People) -> tuple[Track | None, Shut | None]:
        """The track she goes on in; none where there is none, or she has been in it in this pursuit; and why she is
        not let in."""
        track = self.tracks.get(one.track.fallback_id or 0)
        if track is None or track.pk not in self.versions or (one.person_id, one.lead_id, track.pk) in self.been:
            return None, None
        return track, why_shut(track, self.flows[self.versions[track.pk]], one.person_id, people)
