"""From the BDR to the AE: booked, answered once, moved, taken back, and what came of the meeting."""

from datetime import timedelta

import pytest

from agreement.models import Criterion, Phase, StepKind
from leads.actions.answering import answer_criteria
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.handing import accept_hand_off, ae_in_turn, hand_off_lead, reject_hand_off, withdraw_hand_off
from leads.actions.meetings import move_meeting
from leads.actions.outcomes import (
    lose_lead,
    record_no_show,
    record_not_qualified,
    record_qualified,
    return_lead,
    stall_lead,
    win_lead,
)
from leads.checking import check_all
from leads.models import Clock, HandOff, Lead, Notice
from team.models import Absence, Installation, Membership, Role
from tests.constraints import put
from tests.make import NOON, give_verdicts, make_account, make_lead, make_person, make_team, make_user, reason

LATER = NOON + timedelta(minutes=10)
START = NOON + timedelta(days=2)
AFTER = START + timedelta(hours=1)


def wall(moment):
    return moment.replace(tzinfo=None)


def broken(at=LATER):
    return {name for name, ids in check_all(at=at).items() if ids}


@pytest.fixture
def worked(alice):
    return make_lead(phase=Phase.WORKING, bdr=alice)


@pytest.fixture
def booked(worked, alice, peter):
    return hand_off_lead(
        worked, ae=peter, by=alice, at=NOON, meeting=(wall(START), "UTC"), minutes=45, place=" Zoom ", line=" Why now "
    )


@pytest.fixture
def accepted(booked, peter):
    accept_hand_off(booked, by=peter, at=LATER)
    return HandOff.objects.get(pk=booked.pk)


@pytest.fixture
def qualified(accepted, peter):
    give_verdicts(accepted.lead, by=peter)
    record_qualified(accepted, by=peter, at=AFTER)
    return Lead.objects.get(pk=accepted.lead_id)


# Booking
def test_booking_waits_for_the_answer_and_leaves_the_relation_with_the_bdr(booked, worked, alice, peter):
    worked.refresh_from_db()
    clock = Clock.objects.running().get(lead=worked)
    assert (worked.phase, worked.stage.key, worked.ae, worked.bdr) == (
        Phase.HANDED_OFF, "meeting_booked", peter, alice
    )  # fmt: skip
    assert worked.due_at == booked.respond_by == clock.due_at == NOON + timedelta(hours=22)
    assert (clock.kind, clock.state) == ("response", "running")
    assert (booked.minutes, booked.place, booked.line) == (45, "Zoom", "Why now")
    assert not worked.steps.open().exists()
    assert worked.clocks.get(kind="first_touch").state == "met"
    assert list(Notice.objects.values_list("user", "kind")) == [(peter.pk, "hand_off")]
    assert broken() == set()


def test_a_meeting_keeps_what_was_said_and_where(worked, alice, peter):
    hand_off = hand_off_lead(
        worked, ae=peter, by=alice, at=NOON, meeting=(wall(START.replace(hour=9)), "America/New_York")
    )

    assert hand_off.meeting_at == START.replace(hour=14)
    assert (wall(hand_off.local_meeting), hand_off.zone) == (wall(START.replace(hour=9)), "America/New_York")


def test_a_hand_off_without_a_meeting_stands_in_its_own_stage(worked, alice, peter):
    hand_off_lead(worked, ae=peter, by=alice, at=NOON)

    worked.refresh_from_db()
    assert (worked.stage.key, worked.meeting_agreed_at) == ("handed_off", None)


@pytest.mark.parametrize("gate", Installation.Gate.values)
def test_both_gates_are_recorded_and_the_chosen_one_opens_the_opportunity(worked, alice, peter, gate):
    Installation.objects.update(opportunity_gate=gate)
    hand_off = hand_off_lead(worked, ae=peter, by=alice, at=NOON, meeting=(wall(START), "UTC"))
    give_verdicts(worked, by=peter)
    record_qualified(hand_off, by=peter, at=AFTER)

    worked.refresh_from_db()
    assert (worked.meeting_agreed_at, worked.first_qualified_at) == (NOON, AFTER)
    assert worked.opportunity_at == (NOON if gate == "a" else AFTER)


def test_gate_a_opens_with_a_meeting_agreed_later_too(worked, alice, peter):
    Installation.objects.update(opportunity_gate="a")
    hand_off = hand_off_lead(worked, ae=peter, by=alice, at=NOON)

    move_meeting(hand_off, meeting=(wall(START), "UTC"), by=alice, at=LATER)

    worked.refresh_from_db()
    assert worked.opportunity_at == worked.meeting_agreed_at == LATER


def test_who_books_for_herself_accepts_with_it(worked, alice):
    Membership.objects.create(user=alice, role=Role.AE)
    alice = type(alice).objects.get(pk=alice.pk)

    hand_off = hand_off_lead(worked, ae=alice, by=alice, at=NOON, meeting=(wall(START), "UTC"))

    worked.refresh_from_db()
    assert (worked.phase, hand_off.state, hand_off.answered_by) == (Phase.ACCEPTED, "accepted", alice)
    assert [event.verb for event in worked.events.order_by("id")][-2:] == ["hand_off", "accept"]
    assert not Notice.objects.filter(user=alice).exists()
    assert broken() == set()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ae": "left"}, "ae"),
        ({"ae": "bdr"}, "ae"),
        ({"meeting": (NOON, "UTC")}, "meeting"),
        ({"meeting": (NOON + timedelta(days=200), "UTC")}, "meeting"),
        ({"meeting": (START, "Mars/Olympus")}, "zone"),
    ],
)
def test_what_cannot_be_booked_is_refused_at_its_field(worked, alice, bob, peter, change, field):
    if change.get("ae") == "left":
        put(peter, is_active=False)
        peter.refresh_from_db()
    moment, zone = change.get("meeting", (START, "UTC"))

    with pytest.raises(MoveRefused) as refusal:
        hand_off_lead(
            worked, ae=bob if change.get("ae") == "bdr" else peter, by=alice, at=NOON, meeting=(wall(moment), zone)
        )

    assert refusal.value.field == field
    assert not HandOff.objects.exists()
    assert worked.events.count() == 2


def test_colleagues_at_the_account_wait_until_it_was_held_and_are_told_why(alice, bob, peter):
    account = make_account()
    hers = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(account=account))
    his = make_lead(phase=Phase.WORKING, bdr=bob, person=make_person(account=account))
    elsewhere = make_lead(phase=Phase.WORKING, bdr=bob)

    hand_off_lead(hers, ae=peter, by=alice, at=LATER, meeting=(wall(START), "UTC"))

    his.refresh_from_db()
    line = his.events.last()
    assert his.due_at == his.steps.open().get().due_at == START + timedelta(minutes=30)
    assert (line.verb, line.data["because"], line.data["ref"]) == ("plan", "meeting_at_account", hers.pk)
    assert Lead.objects.get(pk=elsewhere.pk).due_at == elsewhere.due_at
    assert broken() == set()


def test_what_a_colleague_promised_does_not_wait(alice, bob, peter):
    account = make_account()
    hers = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(account=account))
    his = make_lead(phase=Phase.WORKING, bdr=bob, person=make_person(account=account))
    his.steps.update(made_by="person", cadence=None, attempt=None, promised=True, kind="call_back")

    hand_off_lead(hers, ae=peter, by=alice, at=LATER, meeting=(wall(START), "UTC"))

    assert Lead.objects.get(pk=his.pk).due_at == his.due_at


@pytest.mark.parametrize("end", ["withdraw", "reject", "no-show"])
def test_colleagues_go_on_when_it_will_not_be(alice, bob, peter, end):
    account = make_account()
    hers = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(account=account))
    his = make_lead(phase=Phase.WORKING, bdr=bob, person=make_person(account=account))
    planned = his.due_at
    hand_off = hand_off_lead(hers, ae=peter, by=alice, at=LATER, meeting=(wall(START), "UTC"))

    if end == "withdraw":
        withdraw_hand_off(hand_off, by=alice, at=LATER)
        due = planned
    elif end == "reject":
        reject_hand_off(hand_off, reason=reason("reject_no_need"), by=peter, at=LATER)
        due = planned
    else:
        record_no_show(hand_off, by=peter, at=START + timedelta(minutes=20))
        due = START + timedelta(minutes=30)  # it would have been over by then anyway

    his.refresh_from_db()
    assert his.due_at == due


def test_the_next_ae_is_the_one_who_has_waited_longest_and_is_there(alice, team):
    first, second, away = (make_user(name, Role.AE) for name in ("paula", "petra", "piet"))
    Absence.objects.create(user=away, starts_at=NOON, ends_at=NOON + timedelta(days=1))
    assert ae_in_turn(team_id=team.pk, at=NOON) == first

    hand_off_lead(make_lead(phase=Phase.WORKING, bdr=alice), ae=first, by=alice, at=NOON)
    assert ae_in_turn(team_id=team.pk, at=NOON) == second

    ours = make_user("pam", Role.AE)
    Membership.objects.filter(user=ours).update(team=team)
    assert ae_in_turn(team_id=team.pk, at=NOON) == ours


# The answer
def test_accepting_makes_the_meeting_the_next_step(booked, worked, alice, peter):
    accept_hand_off(booked, by=peter, at=LATER)

    worked.refresh_from_db()
    step = worked.steps.open().get()
    outcome = worked.clocks.get(kind="outcome")
    assert (worked.phase, worked.stage.key, worked.ae) == (Phase.ACCEPTED, "accepted", peter)
    assert (step.kind, step.due_at, step.assignee, worked.due_at) == (StepKind.MEETING, START, peter, START)
    assert (outcome.started_at, outcome.state) == (START + timedelta(minutes=45), "running")
    assert worked.clocks.get(kind="response").state == "met"
    assert Notice.objects.filter(user=alice, kind="answered").count() == 1


def test_without_a_meeting_her_first_conversation_is_due_in_two_working_days(worked, alice, peter):
    accept_hand_off(hand_off_lead(worked, ae=peter, by=alice, at=NOON), by=peter, at=NOON)

    worked.refresh_from_db()
    # 16 hours of days of ten, from Monday noon
    assert (worked.steps.open().get().kind, worked.due_at) == (StepKind.TASK, NOON + timedelta(days=1, hours=6))


@pytest.mark.parametrize(
    ("pick", "phase", "carried", "closed_as"),
    [
        ("reject_no_authority", Phase.WORKING, None, ""),
        ("reject_brief_empty", Phase.WORKING, None, ""),
        ("reject_no_need", Phase.NURTURE, "not_ready", ""),
        ("reject_no_timeframe", Phase.NURTURE, "not_ready", ""),
        ("reject_wrong_territory", Phase.QUEUED, None, ""),
        ("reject_existing", Phase.CLOSED, "not_our_market", "disqualified"),
    ],
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_one_pick_carries_clause_and_destination(booked, worked, alice, peter, pick, phase, carried, closed_as, when):
    south = make_team("South")
    if when == "before":
        reject_hand_off(booked, reason=reason(pick), by=peter, at=LATER, line="Read the brief")
    else:
        record_not_qualified(booked, reason=reason(pick), by=peter, at=AFTER)

    worked.refresh_from_db()
    hand_off = HandOff.objects.get()
    assert (worked.phase, worked.reason.key if worked.reason else None) == (phase, carried)
    assert worked.closed_as == closed_as
    assert (hand_off.state, hand_off.reason.key) == ("rejected" if when == "before" else "not_qualified", pick)
    assert not Clock.objects.running().filter(lead=worked).exists()
    if phase == Phase.WORKING:
        step = worked.steps.open().get()
        assert (step.assignee, step.due_at <= AFTER + timedelta(minutes=1), worked.bdr) == (alice, True, alice)
    if phase == Phase.QUEUED:
        assert (worked.team, worked.bdr, worked.ae) == (south, None, None)
    assert broken(LATER if when == "before" else AFTER) == set()


def test_an_outcome_recorded_before_the_answer_accepts_first(booked, worked, peter):
    give_verdicts(worked, by=peter)

    record_qualified(booked, by=peter, at=AFTER)

    worked.refresh_from_db()
    assert [event.verb for event in worked.events.order_by("id")][-2:] == ["accept", "qualify"]
    assert worked.first_accepted_at == worked.first_qualified_at == AFTER


def test_the_ae_who_waited_in_vain_had_accepted_the_bdr_only_says_so(booked, worked, alice, peter):
    record_no_show(booked, by=peter, at=AFTER)

    worked.refresh_from_db()
    step = worked.steps.open().get()
    assert (worked.phase, worked.first_accepted_at) == (Phase.WORKING, AFTER)
    assert (step.kind, step.assignee) == (StepKind.REBOOK, alice)
    assert Notice.objects.filter(lead=worked, user=alice, kind=Notice.Kind.RETURNED).count() == 1

    again = hand_off_lead(worked, ae=peter, by=alice, at=AFTER)
    HandOff.objects.filter(pk=again.pk).update(meeting_at=AFTER, local_meeting=AFTER, zone="UTC")
    record_no_show(again, by=alice, at=AFTER + timedelta(hours=1))
    assert worked.events.filter(verb="accept").count() == 1
    assert worked.clocks.filter(kind="first_touch").count() == 1


@pytest.mark.parametrize("act", [record_no_show, record_qualified])
def test_a_meeting_that_has_not_begun_has_no_outcome(booked, peter, act):
    with pytest.raises(MoveRefused, match="not begun"):
        act(booked, by=peter, at=START - timedelta(minutes=1))


def test_whoever_comes_second_hears_who_was_faster(booked, alice, peter):
    stale = HandOff.objects.get(pk=booked.pk)
    withdraw_hand_off(booked, by=alice, at=LATER)

    with pytest.raises(LeadConflict, match="Alice has taken this hand-off back"):
        accept_hand_off(stale, by=peter, at=LATER)

    assert Lead.objects.get().phase == Phase.WORKING


def test_taking_it_back_excuses_the_ae(booked, worked, alice):
    withdraw_hand_off(booked, by=alice, at=LATER)

    assert worked.clocks.get(kind="response").state == Clock.State.EXCUSED
    assert HandOff.objects.get().sequence == 1


def test_moving_an_accepted_meeting_moves_its_step_and_its_outcome(accepted, peter):
    move_meeting(accepted, meeting=(wall(START + timedelta(days=1)), "UTC"), by=peter, at=LATER, minutes=60)

    lead = Lead.objects.get()
    assert lead.due_at == lead.steps.open().get().due_at == START + timedelta(days=1)
    assert Clock.objects.running().get(lead=lead).started_at == START + timedelta(days=1, hours=1)
    assert (HandOff.objects.get().sequence, HandOff.objects.get().minutes) == (1, 60)
    assert broken() == set()


def test_moving_an_unanswered_one_leaves_the_answer_due(booked, worked, alice):
    move_meeting(booked, meeting=(wall(START + timedelta(days=1)), "UTC"), by=alice, at=LATER)

    worked.refresh_from_db()
    assert worked.due_at == booked.respond_by


def test_a_lead_that_comes_back_to_a_bdr_who_left_goes_to_a_colleague(booked, worked, alice, bob, peter):
    put(alice, is_active=False)

    reject_hand_off(booked, reason=reason("reject_brief_empty"), by=peter, at=LATER)

    worked.refresh_from_db()
    assert (worked.bdr, worked.steps.open().get().assignee) == (bob, bob)


def test_and_to_a_colleague_while_she_is_away_for_long(booked, worked, alice, bob, peter):
    Absence.objects.create(
        user=alice, starts_at=NOON, ends_at=NOON + timedelta(days=20), released_at=NOON
    )  # fmt: skip

    reject_hand_off(booked, reason=reason("reject_brief_empty"), by=peter, at=LATER)

    assert Lead.objects.get().bdr == bob


# What came of it
def test_qualifying_asks_for_a_verdict_on_each_criterion_and_unknown_is_one(accepted, peter):
    with pytest.raises(MoveRefused, match="Authority, Need, Timeframe, Motivation"):
        record_qualified(accepted, by=peter, at=AFTER)
    assert Lead.objects.get().phase == Phase.ACCEPTED

    asked = dict.fromkeys(Criterion.objects.exclude(key="budget"), ("unknown", ""))
    answer_criteria(accepted.lead, answers=asked, by=peter, at=AFTER)
    record_qualified(accepted, by=peter, at=AFTER)

    lead = Lead.objects.get()
    assert (lead.phase, lead.steps.open().get().kind) == (Phase.QUALIFIED, StepKind.OUTCOME)
    assert lead.due_at == AFTER + timedelta(days=14)


def test_a_won_deal_ends_the_pursuit(qualified, peter):
    win_lead(qualified, by=peter, at=AFTER)

    qualified.refresh_from_db()
    assert (qualified.phase, qualified.closed_as, qualified.due_at) == (Phase.CLOSED, "won", None)
    assert broken(AFTER) == set()


def test_a_lost_deal_sleeps_as_the_next_pursuit(qualified, alice, peter):
    lose_lead(qualified, reason=reason("no_budget"), by=peter, at=AFTER)

    qualified.refresh_from_db()
    following = qualified.next
    assert (qualified.closed_as, qualified.reason.key) == ("lost", "no_budget")
    assert (following.phase, following.bdr, following.origin) == (Phase.NURTURE, alice, "returned_deal")
    assert (following.reason.key, following.wake_at.date()) == ("lost_deal", (AFTER + timedelta(days=180)).date())
    assert following.recyclings.get().category == "lost_deal"
    assert broken(AFTER) == set()


def test_a_lost_deal_is_not_thrown_away_because_its_opportunity_was_open(alice, peter):
    account = make_account()
    lead = make_lead(phase=Phase.QUALIFIED, bdr=alice, ae=peter, person=make_person(account=account))
    put(account, standing="open_opportunity")

    lose_lead(lead, reason=reason("no_budget"), by=peter, at=AFTER)

    assert Lead.objects.get(previous=lead).phase == Phase.NURTURE


def test_a_final_loss_opens_nothing(qualified, peter):
    lose_lead(qualified, reason=reason("out_of_the_market"), by=peter, at=AFTER)

    assert not Lead.objects.filter(previous=qualified).exists()


def test_a_stalled_deal_recycles_the_same_pursuit(qualified, peter):
    stall_lead(qualified, reason=reason("not_ready"), by=peter, at=AFTER)

    qualified.refresh_from_db()
    assert (qualified.phase, qualified.ae) == (Phase.NURTURE, peter)
    assert broken(AFTER) == set()


def test_a_returned_lead_is_due_now_without_a_new_first_touch(accepted, alice, peter):
    return_lead(accepted.lead, by=peter, at=LATER)

    lead = Lead.objects.get()
    step = lead.steps.open().get()
    assert (lead.phase, step.kind, step.assignee, step.due_at) == (
        Phase.WORKING, StepKind.CALL, alice, LATER + timedelta(minutes=1)
    )  # fmt: skip
    assert lead.clocks.filter(kind="first_touch").count() == 1
    assert HandOff.objects.get().state == "returned"
    assert broken() == set()


def test_what_was_first_stays_first(accepted, alice, peter):
    return_lead(accepted.lead, by=peter, at=LATER)
    hand_off_lead(accepted.lead, ae=peter, by=alice, at=AFTER)

    lead = Lead.objects.get()
    assert (lead.first_handed_off_at, lead.first_working_at) == (NOON, NOON)
