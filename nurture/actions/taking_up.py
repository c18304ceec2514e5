"""An act that ended a play or a track, or paused it, was taken back: it goes on where it stood.

Nobody tells a track: the lead is as before, and the next look finds what its end or its pause followed from gone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import Person
from leads.actions.planning import last_planned
from leads.actions.silencing import NOT_ASKED, pass_over_steps
from leads.models import Lead
from nurture.actions.advancing import BATCH, STEP_AGAIN, go_from
from nurture.actions.ending import Line, locked, why_over, write
from nurture.actions.going_back import stand_again, yet_to_begin
from nurture.actions.moving import move_who_came_back
from nurture.flow import flows_of
from nurture.models import Enrolment, Passage, TrackNode
from nurture.models.enrolment import EnrolmentQuerySet

Kind, State, What = TrackNode.Kind, Enrolment.State, Passage.What


def take_up_again(*, at: datetime) -> int:
    """Up to 500 of those that had ended, and of those that rest, go on at the same place: a pause by hand is a pause,
    of a wait the days that passed count, the step that stands again is the one waited for, and a letter that had not
    left is looked at. They go on in the version that everybody was moved to meanwhile. Where another has begun
    meanwhile, the step goes. Returns how many."""
    ended = _take_up(Enrolment.objects.to_take_up(at), at=at)
    return ended + _take_up(Enrolment.objects.to_resume(), at=at) + _let_steps_go(at=at)


def _take_up(rows: EnrolmentQuerySet, *, at: datetime) -> int:
    with transaction.atomic():
        taken = list(locked(rows.select_related("node", "track", "person").order_by("pk"))[:BATCH])
        again = _free(taken)
        rested = {one.pk for one in again if one.state == State.PAUSED}
        passages = _passages(again)
        steps = last_planned([one.lead_id for one in again if one.lead_id])
        lines: list[Line] = []
        for one in again:
            _go_on(one, passages[one.pk], at=at)
            if one.node is not None and one.node.kind == Kind.STEP:
                one.step_id = steps.get((one.lead_id or 0, one.track_id))
            if one.node_id is None and one.pk not in rested:
                # Behind the last node: it stands at what it had planned.
                one.node_id = next(
                    (came.node_id for came in reversed(passages[one.pk]) if came.what == What.PLANNED), None
                )
        back = stand_again(again, flows_of({one.version_id for one in again}))
        for one in again:
            if one.step_id and one.state == State.ACTIVE:
                one.due_at = at + STEP_AGAIN
            lines.append((one.pk, one.node_id, What.RESUMED, at, None, Passage.TAKEN_BACK))
        write(again, lines, at=at)
        begin = yet_to_begin([one for one in again if one.pk in rested])
        behind = {steps.get((one.lead_id or 0, one.track_id)) for one in begin if one.node_id is None}
        if gone := [*back.gone, *(step for step in behind if step is not None)]:
            pass_over_steps(gone, NOT_ASKED, at=at)
        if begin:
            go_from(begin, {one.pk: one.node for one in begin}, at=at)
        move_who_came_back(again, at=at)
        return len(again)


def _let_steps_go(*, at: datetime) -> int:
    """Of how many leads what a play or track that is over asked for, and what takes its place asks for, too."""
    steps = Enrolment.objects.steps_left_over(at)[:BATCH]
    with transaction.atomic():
        return pass_over_steps(steps, NOT_ASKED, at=at) if steps else 0


def _free(taken: Sequence[Enrolment]) -> list[Enrolment]:
    """Of these, locked behind their leads and people, those for whom nothing else has begun meanwhile. What another
    batch holds is left to the next look."""
    rows = Lead.objects.filter(pk__in=[one.lead_id for one in taken]).order_by("pk")
    leads = {lead.pk: lead for lead in locked(rows)}
    persons = Person.objects.filter(pk__in=[one.person_id for one in taken]).order_by("pk")
    people = {person.pk for person in locked(persons, no_key=True)}
    elsewhere = Enrolment.objects.under_way().filter(person__in=people).exclude(pk__in=[one.pk for one in taken])
    people.difference_update(elsewhere.values_list("person_id", flat=True))
    # One a person: the last.
    last = {one.person_id: one for one in taken if one.person_id in people and one.lead_id in leads}
    return [one for one in last.values() if not why_over(one, leads[one.lead_id or 0], pursued=False, replied=False)]


def _passages(enrolments: Sequence[Enrolment]) -> dict[int, list[Passage]]:
    """Where each has come by, in order."""
    found: dict[int, list[Passage]] = defaultdict(list)
    passages = Passage.objects.filter(enrolment__in=[one.pk for one in enrolments])
    for passage in passages.select_related("node").order_by("pk"):
        found[passage.enrolment_id].append(passage)
    return found


def _go_on(one: Enrolment, passages: Sequence[Passage], *, at: datetime) -> None:
    """Under way as it was, in memory."""
    had_ended = one.state == State.ENDED
    one.outcome, one.ended_at, one.paused_because = "", None, ""
    before = _standing(passages)
    if had_ended and before and before[-1].what == What.PAUSED:
        one.state, one.due_at = State.PAUSED, None
        one.paused_because = before[-1].because or Enrolment.Pause.BY_HAND
        return
    one.state, one.due_at = State.ACTIVE, at
    if one.node is not None and one.node.kind == Kind.WAIT:
        waits = [(passage.at, passage.node) for passage in before if passage.what == What.WAITED]
        began = [since for since, node in waits if node is not None and node.key == one.node.key]
        one.due_at = max(at, began[-1] + timedelta(days=one.node.days or 0)) if began else at


def _standing(passages: Sequence[Passage]) -> list[Passage]:
    """Of these, in order, where it came by: without the ends that were taken back, nor newer versions, in which it
    stood as before."""
    found = []
    had_ended = False
    for passage in passages:
        is_back = had_ended and passage.because == Passage.TAKEN_BACK
        had_ended = passage.what == What.ENDED
        if not (had_ended or is_back or passage.because == "version"):
            found.append(passage)
    return found
