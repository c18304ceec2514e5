"""The tracks of the demo company and what they did in the year behind today: made in bulk, the same each time.

What is shipped is published as of a year ago; whoever slept since went through it by the walk of the engine, with
letters that left in their hours. What has not happened yet is left to the engine.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.actions.people import suppression_key
from agreement.models import Phase
from content.models import Asset
from leads.models import Lead, Recycling, Step
from nurture.actions.advancing import BECAME
from nurture.actions.drafting import add_shipped, publish
from nurture.actions.ending import Line
from nurture.actions.known_hosts import remember_from_the_start
from nurture.actions.sorting import Tracks, enrol_fans
from nurture.flow import Flow, flows_of
from nurture.hours import next_moment
from nurture.knowing import People
from nurture.models import Enrolment, MailRules, Message, Passage, Sorting, Track, TrackNode, TrackVersion
from nurture.recipients import Recipient, points_of, recipients_of
from nurture.walking import Walker, walk
from team.bulk import insert_rows
from team.company_time import company_zone
from team.models import User

CHUNK = 500
SEED = 20
YEAR = timedelta(days=365)
# Between two letters to one person, and a little more.
DAY = timedelta(days=1, minutes=5)
# Of a hundred letters so many are opened and followed; of a hundred who woke while they were fed so many had answered.
OPENED, CLICKED, REPLIED = 41, 14, 30
# Of a hundred so many are left without, and of those who came back and were qualified so many.
HELD_OUT, HELD_OUT_QUALIFIED = 10, 4
# Of a hundred who were talked to so many had a play; which of the four that are shipped, by what it led to.
PLAYED, PLAYS_MET, PLAYS_LEFT = 33, (42, 24, 22, 12), (30, 14, 16, 40)

Kind, What, Outcome, State = TrackNode.Kind, Passage.What, Enrolment.Outcome, Enrolment.State
# One line of an enrolment's history: at which node, what, when, and why.
type _Came = tuple[int | None, str, datetime, str]


def make_tracks(*, by: User, at: datetime) -> int:
    """Publish what is shipped, where there is no track yet, and tell the year. How many went through one."""
    # The letters of the year were never sent: without this they look like those of a database restored from a copy.
    remember_from_the_start(at=at)
    if Track.objects.exists():
        return make_past(at=at)
    add_shipped(by=by, at=at - YEAR)
    for track in Track.objects.all():
        publish(track, by=by, at=at - YEAR)
    taking = Track.objects.filter(kind=Track.Kind.TRACK, is_by_hand=False, is_fan_base=False)
    taking.update(hold_out_percent=HELD_OUT)
    return make_past(at=at)


def make_past(*, at: datetime) -> int:
    """Of those who fell asleep and were not looked at: what happened to each until now."""
    draws, told = random.Random(SEED), 0  # noqa: S311 # nosec B311
    unseen = Recycling.objects.filter(undone_at=None, sorting=None, at__lt=at).order_by("at", "pk")
    ids = list(unseen.values_list("pk", flat=True))
    for first in range(0, len(ids), CHUNK):
        sleeps = list(unseen.filter(pk__in=ids[first : first + CHUNK]).select_related("lead"))
        with transaction.atomic():
            told += _Past(sleeps, draws, at=at).write()
    while enrol_fans(at=at):
        pass
    return told + _make_plays(at=at)


def _make_plays(*, at: datetime) -> int:
    """What plays did for who is worked no more: a third of them had one after the first conversation, and where it led
    to a meeting it was more often one that asks than one that shows."""
    plays = list(Track.objects.running().filter(kind=Track.Kind.PLAY).order_by("position", "pk"))
    if not plays:
        return 0
    versions = {one.track_id: one for one in TrackVersion.objects.filter(track__in=plays, published_at__isnull=False)}
    flows = flows_of([one.pk for one in versions.values()])
    # Letters that never left stand in nobody's history.
    plays = [play for play in plays if not flows[versions[play.pk].pk].sends]
    if not plays:
        return 0
    worked = Lead.objects.filter(first_touched_at__isnull=False, first_touched_at__lt=at, enrolments__isnull=True)
    worked = worked.exclude(phase__in=(Phase.WORKING, Phase.QUEUED)).order_by("first_touched_at", "pk")
    rows: Any = worked.values_list(
        "pk", "person", "first_touched_at", "first_handed_off_at", "first_nurture_at", "closed_at"
    )
    drawn: list[tuple[Enrolment, int]] = []
    for lead, person, began, met, slept, closed in rows:
        ended = met or slept or closed
        # A second run draws the same for each of them.
        draws = random.Random(SEED + lead)  # noqa: S311 # nosec B311
        if ended is None or ended <= began or draws.randrange(100) >= PLAYED:
            continue
        play = draws.choices(plays, PLAYS_MET if met else PLAYS_LEFT)[0] if len(plays) == len(PLAYS_MET) else plays[0]
        version = versions[play.pk]
        steps = sum(node.kind == Kind.STEP for node in flows[version.pk].line())
        one = Enrolment(
            person_id=person, lead_id=lead, track=play, version=version, state=State.ENDED,
            outcome=Outcome.MET if met else Outcome.LEFT, started_at=began, ended_at=ended, followed_from=began,
        )  # fmt: skip
        drawn.append((one, draws.randrange(steps) + 1 if steps else 0))
    for first in range(0, len(drawn), CHUNK):
        _write_plays(drawn[first : first + CHUNK], flows, at=at)
    return len(drawn)


@transaction.atomic
def _write_plays(drawn: Sequence[tuple[Enrolment, int]], flows: Mapping[int, Flow], *, at: datetime) -> None:
    """Each went as the engine walks, and stood at so many a step when its end came."""
    people = People([one.person_id for one, _most in drawn], at=at, versions=list(flows))
    told = [(one, _play(one, flows[one.version_id], people, most=most)) for one, most in drawn]
    Enrolment.objects.bulk_create([one for one, _lines in told])
    rows: list[Line] = [
        (one.pk, node, what, when, None, because) for one, lines in told for node, what, when, because in lines
    ]
    insert_rows(Passage, ("enrolment_id", "node_id", "what", "at", "by_id", "because"), rows)


def _play(one: Enrolment, flow: Flow, people: People, *, most: int) -> list[_Came]:
    """What it came by, each step done an hour after it was due, up to the `most`-th or its end."""
    ends_at = one.ended_at or one.started_at
    lines: list[_Came] = [(None, What.ENTERED, one.started_at, "")]
    now, steps = one.started_at, 0
    for deed in walk(flow.first, Walker(one.person_id, flow, topic=one.track.topic_id, is_play=True), people):
        lines.append((deed.node.pk, deed.what, now, deed.because))
        one.node = deed.node
        if deed.what == What.PLANNED:
            steps += 1
            done_at = now + timedelta(days=deed.days, hours=1)
            if steps == most or done_at >= ends_at:
                break
            now = done_at
            lines.append((deed.node.pk, What.RESUMED, now, BECAME[Step.State.DONE]))
        elif deed.what == What.WAITED:
            now += timedelta(days=deed.days)
            if now >= ends_at:
                break
    else:
        one.node, one.outcome, one.ended_at = None, Outcome.EXHAUSTED, now
    lines.append((one.node.pk if one.node else None, What.ENDED, one.ended_at or now, one.outcome))
    return lines


class _Past:
    """What became of up to 500 sleeps."""

    def __init__(self, sleeps: Sequence[Recycling], draws: random.Random, *, at: datetime) -> None:
        self.draws, self.at = draws, at
        self.tracks, self.rules = Tracks(), MailRules.objects.get(pk=1)
        people = [sleep.lead.person_id for sleep in sleeps]
        # What they were interested in then.
        self.people = People(people, at=sleeps[-1].at, versions=list(self.tracks.versions.values()))
        self.recipients = recipients_of(people, points_of(people), at=at)
        asleep = Lead.objects.filter(person__in=people, phase=Phase.NURTURE)
        self.asleep = set(asleep.values_list("pk", flat=True))
        again = Lead.objects.filter(previous__in=[sleep.lead_id for sleep in sleeps], first_qualified_at__isnull=False)
        self.qualified = set(again.values_list("previous_id", flat=True))
        self.enrolments: list[Enrolment] = []
        self.lines: list[list[_Came]] = []
        self.messages: list[tuple[int, Message]] = []
        self.sortings: list[tuple[int, str, datetime, datetime]] = []
        self.given: dict[int, set[int]] = {}
        self.wrote: dict[int, datetime] = {}
        expiring: Any = Asset.objects.filter(expires_on__isnull=False).values_list("pk", "expires_on")
        self.expires: dict[int, date] = dict(expiring)
        self.clock = ZoneInfo(company_zone())
        for sleep in sleeps:
            self._tell(sleep)

    def _tell(self, sleep: Recycling) -> None:
        lead, begins = sleep.lead, sleep.at + timedelta(minutes=2)
        person = lead.person_id
        track = self.tracks.for_sleeper(person, sleep.category, self.people)
        is_reached = track is not None and self.people.may_be_mailed(person)
        share = HELD_OUT_QUALIFIED if lead.pk in self.qualified else HELD_OUT
        is_without = self.draws.randrange(100) < share if track and track.hold_out_percent else False
        answer = Sorting.Answer.HELD_OUT if is_without else Sorting.Answer.TAKEN
        answer = answer if is_reached else Sorting.Answer.UNREACHABLE
        self.sortings.append((sleep.pk, answer if track else Sorting.Answer.NO_TRACK, sleep.at, begins))
        if track is None or not is_reached:
            return
        until = self.at if lead.pk in self.asleep else min(lead.closed_at or self.at, self.at)
        self._begin(lead, track, begins, until, is_without=is_without, drawn_of=track.hold_out_percent or None)

    def _begin(
        self, lead: Lead, track: Track, begins: datetime, until: datetime, *, is_without: bool = False,
        drawn_of: int | None = None,
    ) -> None:  # fmt: skip
        one = Enrolment(
            person_id=lead.person_id, lead=lead, track=track, version_id=self.tracks.versions[track.pk],
            state=State.ACTIVE, due_at=begins, started_at=begins, followed_from=begins, is_held_out=is_without,
            hold_out_percent=drawn_of,
        )  # fmt: skip
        self.enrolments.append(one)
        self.lines.append([(None, What.ENTERED, begins, "")])
        if is_without:
            one.due_at = self.at
            if until < self.at:
                self._end(one, Outcome.WOKEN, until)
            return
        ended_at = self._walk(one, until)
        if ended_at is None:
            if one.due_at is not None:
                # What was due within its last hours is left to the engine.
                one.due_at = max(one.due_at, self.at)
            return
        following = self.tracks.by_id.get(track.fallback_id or 0)
        self._end(one, Outcome.MOVED if following else Outcome.EXHAUSTED, ended_at)
        if following:
            self._begin(lead, following, ended_at, until)

    def _walk(self, one: Enrolment, until: datetime) -> datetime | None:
        """To where she stands now, or stood when she woke; when she came to its end."""
        to = self.recipients[one.person_id]
        walker = Walker(one.person_id, self.tracks.flow(one.track), is_worked=True)
        walker.given = self.given.setdefault(one.person_id, set())
        now, lines = one.started_at, self.lines[-1]
        for deed in walk(walker.flow.first, walker, self.people):
            if now > until:
                break
            if deed.what == What.PLANNED and deed.node.kind == Kind.EMAIL:
                before = self.wrote.get(one.person_id)
                now = next_moment(max(now, before + DAY) if before else now, zone=to.zone, hours=self.rules)
                if now > until:
                    break
                expires_on = self.expires.get(deed.asset or 0)
                if expires_on is not None and expires_on <= now.astimezone(self.clock).date():
                    lines.append((deed.node.pk, What.SKIPPED, now, "expired"))
                    continue
                self.wrote[one.person_id] = now
                walker.has_clicked |= self._letter(one, deed.node, deed.asset, to, now)
            lines.append((deed.node.pk, deed.what, now, deed.because))
            if deed.what == What.REACHED:
                self._end(one, Outcome.GOAL, now)
                return None
            if deed.what == What.WAITED:
                one.node, one.due_at = deed.node, now + timedelta(days=deed.days)
                now = one.due_at
            elif deed.node.kind == Kind.STEP and deed.what == What.PLANNED:
                now += timedelta(days=1)
        else:
            if now <= until:
                return now
        if until < self.at:
            self._end(one, Outcome.REPLIED if self._answered(until) else Outcome.WOKEN, until)
        return None

    def _answered(self, until: datetime) -> bool:
        """Whether it was the last letter that woke her."""
        place, last = self.messages[-1] if self.messages else (-1, None)
        if last is None or place != len(self.enrolments) - 1 or self.draws.randrange(100) >= REPLIED:
            return False
        last.replied_at = until
        return True

    def _letter(self, one: Enrolment, node: TrackNode, asset: int | None, to: Recipient, now: datetime) -> bool:
        drawn = self.draws.randrange(100)
        is_clicked = drawn < CLICKED
        message = Message(
            kind=Message.Kind.NURTURE, person_id=one.person_id, lead_id=one.lead_id, node=node, asset_id=asset,
            state=Message.State.SENT, planned_at=now, sent_at=now, claimed_at=now, claimed_by="demo", attempt=1,
            asset_version=1 if asset else None,
            to_hash=suppression_key(to.point.normalised) if to.point else "", domain=to.domain, point=to.point,
            opened_at=now + timedelta(hours=1 + drawn) if drawn < OPENED else None,
            clicked_at=now + timedelta(hours=1 + drawn, minutes=2) if is_clicked else None,
        )  # fmt: skip
        self.messages.append((len(self.enrolments) - 1, message))
        return is_clicked

    def _end(self, one: Enrolment, outcome: str, at: datetime) -> None:
        one.state, one.outcome, one.ended_at, one.due_at = State.ENDED, outcome, at, None
        if outcome in (Outcome.EXHAUSTED, Outcome.MOVED):
            one.node = None
        self.lines[-1].append((one.node_id, What.ENDED, at, outcome))

    def write(self) -> int:
        Enrolment.objects.bulk_create(self.enrolments)
        for place, message in self.messages:
            message.enrolment = self.enrolments[place]
        # Whoever slept twice has had it the first time.
        Message.objects.bulk_create([message for _place, message in self.messages], ignore_conflicts=True)
        rows: list[Line] = [
            (one.pk, node, what, at, None, because)
            for one, lines in zip(self.enrolments, self.lines, strict=True)
            for node, what, at, because in lines
        ]
        insert_rows(Passage, ("enrolment_id", "node_id", "what", "at", "by_id", "because"), rows)
        insert_rows(Sorting, ("recycling_id", "answer", "slept_at", "at"), self.sortings)
        return len(self.enrolments)
