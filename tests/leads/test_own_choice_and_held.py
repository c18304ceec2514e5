"""A meeting moves nothing that a rep chose herself, and holds what is given back when it is taken again."""

from datetime import timedelta

from agreement.models import StepKind
from leads.actions.claiming import claim_lead, release_lead
from leads.actions.handing import withdraw_hand_off
from leads.actions.leaving import release_absent
from leads.actions.logging import log_call, set_step, snooze_step
from leads.actions.sweeping import sweep_leads
from leads.actions.undoing import undo_last
from leads.bands import CLAIM_GRACE
from leads.models import Lead
from tests.leads.meetings import END, LATER, TICK, attempt, book, broken, promise
from tests.make import NOON, disposition


# What a rep chose herself
def test_what_she_put_before_the_meeting_stays_there(hers, his, alice, bob, peter):
    book(hers, peter, by=alice)
    before = promise(his)
    chosen = LATER + timedelta(hours=4)

    snooze_step(his, by=bob, at=LATER, until=chosen)
    release_absent(at=TICK)

    assert attempt(his) == (chosen, None)
    assert broken(TICK) == set()
    assert promise(his)[0] < before[0]

    undo_last(his, by=bob, at=TICK)

    assert attempt(his)[0] == END
    assert promise(his) == before


def test_nor_does_a_meeting_that_is_booked_later_move_it(hers, his, alice, bob, peter):
    chosen = LATER + timedelta(hours=4)
    snooze_step(his, by=bob, at=LATER, until=chosen)

    book(hers, peter, by=alice)
    release_absent(at=TICK)

    assert attempt(his) == (chosen, None)


def test_nor_what_she_set_herself(hers, his, alice, bob, peter):
    book(hers, peter, by=alice)
    chosen = LATER + timedelta(hours=3)

    set_step(his, kind=StepKind.CALL, due=chosen, by=bob, at=LATER)
    release_absent(at=TICK)

    assert his.steps.open().get().due_at == chosen
    assert broken(TICK) == set()


# Given back
def test_what_is_given_back_is_due_when_it_was_planned_and_waits_again_when_taken(hers, his, alice, bob, peter):
    log_call(his, disposition=disposition("no_answer"), by=bob, at=NOON)
    planned = his.steps.open().get().due_at
    hand_off = book(hers, peter, by=alice)

    release_lead(his, by=bob, at=LATER)
    assert Lead.objects.get(pk=his.pk).due_at == planned

    claim_lead(his, by=bob, at=LATER)
    assert attempt(his) == (END, planned)

    release_lead(his, by=bob, at=LATER)
    withdraw_hand_off(hand_off, by=alice, at=LATER)
    claim_lead(his, by=bob, at=LATER)
    assert attempt(his) == (planned, None)


def test_what_nobody_has_touched_goes_back_and_its_promise_waits_in_the_pool(hers, his, alice, bob, peter):
    before = promise(his)
    hand_off = book(hers, peter, by=alice)

    release_lead(his, by=bob, at=LATER)
    assert promise(his)[0] == END
    assert Lead.objects.get(pk=his.pk).due_at == promise(his)[1]
    assert broken(TICK) == set()

    withdraw_hand_off(hand_off, by=alice, at=LATER)
    assert promise(his) == before
    assert Lead.objects.get(pk=his.pk).due_at == before[1]


def test_and_runs_on_where_nobody_meets_anybody(his, bob):
    before = promise(his)

    release_lead(his, by=bob, at=LATER)

    assert promise(his) == before


def test_what_a_rep_put_off_stays_there_when_a_colleague_takes_it(hers, his, alice, bob, peter):
    log_call(his, disposition=disposition("no_answer"), by=bob, at=NOON)
    chosen = LATER + timedelta(days=1)
    snooze_step(his, by=bob, at=LATER, until=chosen)
    release_lead(his, by=bob, at=LATER)
    book(hers, peter, by=alice)

    claim_lead(his, by=alice, at=LATER)

    assert attempt(his) == (chosen, None)


def test_a_claim_that_was_late_already_stays_while_its_attempt_is_held_up(hers, his, alice, bob, peter):
    late = promise(his)[1] + timedelta(minutes=1)
    book(hers, peter, by=alice, at=late)
    assert Lead.objects.get(pk=his.pk).sweep_at == END + CLAIM_GRACE

    sweep_leads(at=late + timedelta(hours=1))

    assert Lead.objects.get(pk=his.pk).bdr == bob
