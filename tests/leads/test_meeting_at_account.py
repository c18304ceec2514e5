"""While one of an account has a meeting, the attempts of colleagues there wait for it; whatever undoes the one, the
other follows."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agreement.models import Lane, Phase, StepKind
from leads.actions.claiming import claim_lead, release_lead
from leads.actions.entering import add_lead
from leads.actions.handing import accept_hand_off, hand_off_lead, reject_hand_off, withdraw_hand_off
from leads.actions.holding import hold_attempts
from leads.actions.leaving import release_absent
from leads.actions.logging import log_call, snooze_step
from leads.actions.meetings import move_meeting
from leads.actions.merging import erase_person
from leads.actions.outcomes import return_lead, stall_lead
from leads.actions.recycling import recycle_lead
from leads.actions.sweeping import sweep_leads
from leads.actions.undoing import undo_last
from leads.models import HandOff, Lead
from tests.leads.meetings import END, LATER, START, attempt, book, broken, wall
from tests.make import NOON, disposition, make_account, make_lead, make_person, reason


# Entering work after it was booked
def test_who_is_claimed_after_the_meeting_was_booked_waits_for_it(account, hers, alice, bob, peter):
    queued = make_lead(person=make_person(account=account))
    book(hers, peter, by=alice)

    event = claim_lead(queued, by=bob, at=LATER)

    assert attempt(queued) == (END, queued.clocks.earliest("pk").due_at)
    assert event.data["because"] == "meeting_at_account"
    assert broken() == set()


def test_and_is_not_taken_out_of_the_hands_that_hold_it_for_that(account, hers, alice, bob, peter):
    queued = make_lead(person=make_person(account=account))
    book(hers, peter, by=alice)
    claim_lead(queued, by=bob, at=LATER)
    meanwhile = queued.clocks.earliest("pk").due_at + timedelta(hours=1)

    sweep_leads(at=meanwhile)

    assert Lead.objects.get(pk=queued.pk).phase == Phase.WORKING


def test_nor_is_what_was_claimed_before(hers, his, alice, peter):
    book(hers, peter, by=alice)

    sweep_leads(at=his.clocks.earliest("pk").due_at + timedelta(hours=1))

    assert Lead.objects.get(pk=his.pk).phase == Phase.WORKING


def test_the_claim_asks_for_nothing_more_but_when_it_was_promised_first(account, hers, alice, bob, peter):
    other = make_lead(person=make_person(account=make_account()))
    queued = make_lead(person=make_person(account=account))
    book(hers, peter, by=alice)
    claim_lead(make_lead(), by=bob, at=LATER)  # what is kept in memory is read
    with CaptureQueriesContext(connection) as free:
        claim_lead(other, by=bob, at=LATER)
    with CaptureQueriesContext(connection) as held:
        claim_lead(queued, by=bob, at=LATER)

    assert attempt(queued)[0] == END
    assert len(held) == len(free) + 1


def test_who_asked_to_be_called_is_called(account, hers, alice, bob, peter):
    raiser = make_lead(lane=Lane.HAND_RAISER, person=make_person(account=account))
    worked = make_lead(lane=Lane.HAND_RAISER, person=make_person(account=account), phase=Phase.WORKING, bdr=bob)
    before = attempt(worked)
    book(hers, peter, by=alice)

    claim_lead(raiser, by=bob, at=LATER)

    assert attempt(raiser)[1] is None
    assert attempt(worked) == before


def test_what_was_worked_before_and_is_taken_again_waits_too(account, hers, his, alice, bob, peter):
    log_call(his, disposition=disposition("no_answer"), by=bob, at=NOON)
    release_lead(his, by=bob, at=NOON)
    planned = his.steps.open().get().due_at
    book(hers, peter, by=alice)

    claim_lead(his, by=bob, at=LATER)

    assert attempt(his) == (END, planned)
    assert broken() == set()


def test_what_a_rep_adds_there_waits(account, hers, alice, bob, peter):
    book(hers, peter, by=alice)

    added = add_lead(make_person(account=account), by=bob, at=LATER)

    assert attempt(added)[0] == END


def test_the_next_attempt_waits(hers, his, alice, bob, peter):
    book(hers, peter, by=alice)

    log_call(his, disposition=disposition("no_answer"), by=bob, at=LATER)

    assert attempt(his)[0] == END


def test_looking_for_a_number_does_not_wait(account, hers, alice, bob, peter):
    book(hers, peter, by=alice)
    queued = make_lead(person=make_person(account=account, phone=None, email=None))

    claim_lead(queued, by=bob, at=LATER)

    step = queued.steps.open().get()
    assert (step.kind, step.held_from) == (StepKind.FIND_CONTACT, None)


# The meeting changes
@pytest.mark.parametrize("days", [1, 3])
def test_moving_the_meeting_moves_those_who_wait_for_it(hers, his, alice, peter, days):
    planned = his.due_at
    hand_off = book(hers, peter, by=alice)
    start = NOON + timedelta(days=days)

    move_meeting(hand_off, meeting=wall(start), by=alice, at=LATER)

    assert attempt(his) == (start + timedelta(minutes=30), planned)
    assert his.events.order_by("id").last().data["because"] == "meeting_at_account"

    undo_last(hers, by=alice, at=LATER)

    assert attempt(his) == (END, planned)


def test_a_meeting_before_its_attempt_lets_it_be(hers, his, alice, bob, peter):
    log_call(his, disposition=disposition("no_answer"), by=bob, at=NOON)
    planned = his.steps.open().get().due_at
    hand_off = book(hers, peter, by=alice, start=planned + timedelta(days=1))

    move_meeting(hand_off, meeting=wall(LATER + timedelta(hours=1)), by=alice, at=LATER)

    assert attempt(his) == (planned, None)


def test_of_two_meetings_the_later_one_holds(account, hers, his, alice, bob, peter):
    third = make_lead(phase=Phase.WORKING, bdr=bob, person=make_person(account=account))
    planned = his.due_at
    first = book(hers, peter, by=alice)
    second = book(third, peter, by=bob, start=START + timedelta(days=1))

    withdraw_hand_off(second, by=bob, at=LATER)
    assert attempt(his) == (END, planned)

    withdraw_hand_off(first, by=alice, at=LATER)
    assert attempt(his) == (planned, None)
    assert broken() == set()


def test_what_was_snoozed_meanwhile_stays_where_it_is(hers, his, alice, bob, peter):
    hand_off = book(hers, peter, by=alice)
    until = END + timedelta(days=1)
    snooze_step(his, by=bob, at=LATER, until=until)

    withdraw_hand_off(hand_off, by=alice, at=LATER)

    assert attempt(his) == (until, None)


def test_what_was_late_when_it_was_booked_is_due_now_when_it_will_not_be(hers, his, alice, peter):
    late = his.due_at + timedelta(hours=1)
    hand_off = book(hers, peter, by=alice, at=late)

    withdraw_hand_off(hand_off, by=alice, at=late)

    assert attempt(his) == (late + timedelta(minutes=1), None)


def test_who_is_erased_holds_nobody_up(hers, his, alice, peter):
    planned = his.due_at
    book(hers, peter, by=alice)

    erase_person(hers.person, by=None, at=LATER)

    assert attempt(his) == (planned, None)


# Taken back
def test_booking_taken_back_is_as_if_it_had_not_been(hers, his, alice, peter):
    late = his.due_at + timedelta(hours=1)
    before = attempt(his)
    book(hers, peter, by=alice, at=late)

    undo_last(hers, by=alice, at=late)

    assert attempt(his) == before


@pytest.mark.parametrize("end", ["reject", "withdraw", "return", "stall"])
def test_what_let_colleagues_go_on_makes_them_wait_again_when_it_is_taken_back(hers, his, alice, peter, end):
    hand_off = book(hers, peter, by=alice)
    if end in ("return", "stall"):
        accept_hand_off(hand_off, by=peter, at=LATER)
    before = attempt(his)
    by = alice if end == "withdraw" else peter
    if end == "reject":
        reject_hand_off(hand_off, reason=reason("reject_no_need"), by=peter, at=LATER)
    elif end == "withdraw":
        withdraw_hand_off(hand_off, by=alice, at=LATER)
    elif end == "return":
        return_lead(hers, by=peter, at=LATER)
    else:
        stall_lead(hers, reason=reason("not_ready"), by=peter, at=LATER)
    assert attempt(his)[0] < END

    undo_last(hers, by=by, at=LATER)

    assert attempt(his) == before == (END, before[1])
    assert HandOff.objects.get().is_open
    assert broken() == set()


def test_what_comes_back_by_an_undo_waits_for_what_was_booked_meanwhile(hers, his, alice, bob, peter):
    recycle_lead(his, reason=reason("not_ready"), by=bob, at=NOON)
    book(hers, peter, by=alice)

    undo_last(his, by=bob, at=LATER)

    assert attempt(his)[0] == END
    assert broken() == set()


def test_a_snooze_taken_back_waits_as_before(hers, his, alice, bob, peter):
    book(hers, peter, by=alice)
    before = attempt(his)
    snooze_step(his, by=bob, at=LATER, until=END + timedelta(days=1))

    undo_last(his, by=bob, at=LATER)

    assert attempt(his) == before


# Nobody is forgotten
def test_who_was_being_changed_at_that_instant_is_found_by_the_next_tick(hers, his, alice, peter):
    planned = his.due_at
    hand_off = hand_off_lead(hers, ae=peter, by=alice, at=NOON)
    HandOff.objects.update(meeting_at=START, local_meeting=START, zone="UTC")
    assert broken() == {"attempt_before_a_meeting"}

    release_absent(at=LATER)

    assert attempt(his) == (END, planned)
    HandOff.objects.update(meeting_at=None, local_meeting=None, zone="")
    assert broken() == {"attempt_waits_for_nothing"}

    release_absent(at=LATER)

    assert attempt(his) == (planned, None)
    assert broken() == set()
    assert hand_off.lead_id == hers.pk


def test_an_account_without_a_meeting_holds_nobody(account, his):
    before = attempt(his)

    hold_attempts(account.pk, at=LATER)

    assert attempt(his) == before
    assert his.events.count() == 2
