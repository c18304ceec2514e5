"""Whoever waits for a meeting, or should, is found from the meetings and from what is held: the same as by asking
everybody there is."""

import random
from datetime import timedelta

import pytest
from django.db import connection

from agreement.models import Lane, Phase
from leads.actions.holding import hold_attempts, hold_forgotten_attempts
from leads.models import Clock, HandOff, Lead, Step
from tests.leads.meetings import LATER
from tests.make import NOON, make_account, make_lead, make_person

HOUR = timedelta(hours=1)
PHASES = [*2 * [Phase.QUEUED, Phase.WORKING], Phase.HANDED_OFF, Phase.ACCEPTED]


# The rule, asked of every row there is
def ends_at(account_id, at):
    """When the last meeting ahead there ends; who has no account has no colleague."""
    if account_id is None:
        return None
    meetings = HandOff.objects.open().filter(lead__account=account_id, meeting_at__isnull=False)
    ends = [one.meeting_at + timedelta(minutes=one.minutes) for one in meetings]
    return max([end for end in ends if end > at], default=None)


def is_wrong_attempt(step, at):
    lead, end = step.lead, ends_at(step.lead.account_id, at)
    if step.state != "open" or step.made_by not in ("cadence", "flow") or step.snoozed or lead.phase != Phase.WORKING:
        return False
    has_asked = lead.lane == Lane.HAND_RAISER and lead.first_touched_at is None
    if step.held_from is None:
        return not has_asked and end is not None and step.due_at < end
    if has_asked or end is None:
        return step.due_at > at
    return step.due_at != end


def is_wrong_promise(clock, at):
    lead, end = clock.lead, ends_at(clock.lead.account_id, at)
    if (clock.state, clock.kind, lead.phase) != ("running", "first_touch", Phase.QUEUED) or clock.due_at <= at:
        return False
    is_put_off = clock.started_at > at and (lead.first_queued_at is None or clock.started_at > lead.first_queued_at)
    if end is None or lead.lane == Lane.HAND_RAISER or lead.steps.open().filter(promised=True).exists():
        return is_put_off
    return clock.started_at < end or (is_put_off and clock.started_at > end)


def wrong(at):
    steps = {step.pk for step in Step.objects.select_related("lead") if is_wrong_attempt(step, at)}
    return steps, {clock.pk for clock in Clock.objects.select_related("lead") if is_wrong_promise(clock, at)}


def found(at):
    steps = (Step.objects.before_a_meeting(at), Step.objects.held_wrongly(at))
    clocks = (Clock.objects.before_a_meeting(at), Clock.objects.put_off_wrongly(at))
    return tuple({row.pk for rows in arms for row in rows} for arms in (steps, clocks))


def found_by_account(at):
    """The same, as who changes a meeting asks."""
    steps, clocks = set(), set()
    for account_id in set(Lead.objects.filter(account__isnull=False).values_list("account", flat=True)):
        until = ends_at(account_id, at)
        for kept, rows in ((steps, Step.objects), (clocks, Clock.objects)):
            there = rows.filter(lead__account=account_id).wrongly_timed_until(until, at=at)
            kept.update(there.values_list("pk", flat=True))
    return steps, clocks


def somewhere(draw):
    return NOON + draw.randint(-3, 6) * HOUR


@pytest.fixture(params=range(6))
def at_random(request, alice, bob, peter):
    """Leads of three accounts and of none, with whatever moments: on a few hours, so that many are the same."""
    draw = random.Random(request.param)
    accounts = [make_account(), make_account(), make_account(), None]
    for _ in range(24):
        phase = draw.choice(
            [Phase.QUEUED, Phase.QUEUED, Phase.WORKING, Phase.WORKING, Phase.HANDED_OFF, Phase.ACCEPTED]
        )
        lane = draw.choice([Lane.CONTENT, Lane.CONTENT, Lane.HAND_RAISER])
        person = make_person(account=draw.choice(accounts))
        lead = make_lead(phase=phase, lane=lane, bdr=draw.choice([alice, bob]), ae=peter, person=person)
        if draw.random() < 0.2:
            Lead.objects.filter(pk=lead.pk).update(first_touched_at=NOON, first_queued_at=somewhere(draw))
    for hand_off in HandOff.objects.all():
        meeting_at = draw.choice([None, somewhere(draw), somewhere(draw)])
        zone = {"local_meeting": meeting_at, "zone": "UTC" if meeting_at else ""}
        length = draw.choice([15, 30, 60])
        HandOff.objects.filter(pk=hand_off.pk).update(meeting_at=meeting_at, minutes=length, **zone)
    for lead in Lead.objects.filter(phase=Phase.WORKING).order_by("pk")[:3]:
        lead.steps.create(kind="task", made_by="flow", due_at=LATER, created_at=NOON)
    for step in Step.objects.all():
        due_at = somewhere(draw)
        held = {"held_from": due_at - HOUR} if step.made_by in ("cadence", "flow") and draw.random() < 0.6 else {}
        promised, snoozed = draw.random() < 0.2, draw.choice([0, 0, 0, 1])
        Step.objects.filter(pk=step.pk).update(due_at=due_at, promised=promised, snoozed=snoozed, **held)
    for lead in Lead.objects.filter(phase=Phase.QUEUED, pk__in=draw.sample(range(99), 20)):
        lead.steps.create(kind="call", promised=True, made_by="person", due_at=LATER, created_at=NOON)
    for clock in Clock.objects.all():
        started_at = somewhere(draw)
        Clock.objects.filter(pk=clock.pk).update(started_at=started_at, due_at=started_at + draw.randint(0, 2) * HOUR)


@pytest.mark.usefixtures("at_random")
def test_the_same_are_found_as_by_asking_everybody():
    of_nobody = Lead.objects.filter(account=None)
    steps_of_nobody, clocks_of_nobody = (
        set(rows.filter(lead__in=of_nobody).values_list("pk", flat=True)) for rows in (Step.objects, Clock.objects)
    )
    found_any = 0
    for hours in range(-3, 8):
        at = NOON + hours * HOUR
        steps, clocks = wrong(at)

        assert found(at) == (steps, clocks)
        assert found_by_account(at) == (steps - steps_of_nobody, clocks - clocks_of_nobody)
        found_any += len(steps) + len(clocks)
    assert found_any > 10


def test_the_tick_and_a_booking_begin_with_the_meetings_and_with_what_is_held(account):
    """By the plan of SQLite, which is the same however many there are; PostgreSQL makes its own by what it has
    counted."""
    if connection.vendor != "sqlite":
        pytest.skip("its plans depend on how many rows there are")
    asked = []

    def note(execute, sql, params, *rest):
        asked.append((sql, params))
        return execute(sql, params, *rest)

    with connection.execute_wrapper(note):
        hold_forgotten_attempts(at=LATER)
        hold_attempts(account.pk, at=LATER)

    lines = [line for sql, params in asked if "SELECT" in sql for line in plan(sql, params)]
    assert {line for line in lines if line.startswith("SCAN")} == {"SCAN leads_step USING INDEX step_held"}
    used = {name for name in ("lead_pool", "lead_with_sales", "clock_put_off") if name in " ".join(lines)}
    assert used == {"lead_with_sales", "clock_put_off"}


def plan(sql, params):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        return [row[3] for row in cursor.fetchall()]
