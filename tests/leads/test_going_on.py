"""Which lead comes after this one: who is owed a call now, else the row below, else the next of the queue."""

from datetime import timedelta

import pytest

from agreement.models import Phase, StepKind
from leads.actions.claiming import claim_lead
from leads.actions.logging import set_step
from leads.models import Step
from leads.neighbours import lead_after
from tests.make import NOON, make_lead

MORNING = NOON - timedelta(hours=3)


def attempt(alice, *, hours=0):
    """A lead of hers with an attempt that is due so many hours after noon."""
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=MORNING)
    Step.objects.filter(lead=lead).update(due_at=NOON + timedelta(hours=hours))
    type(lead).objects.filter(pk=lead.pk).update(first_touched_at=MORNING)
    return lead


def promised(alice, *, minutes, said=MORNING):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=MORNING)
    due = NOON + timedelta(minutes=minutes)
    set_step(lead, kind=StepKind.CALL_BACK, by=alice, at=said, due=due)
    return lead


def path_of(lead):
    return f"/leads/{lead.public_id}/"


@pytest.mark.parametrize("minutes", [-20, 0, 10])
def test_a_promised_call_stands_before_the_row_below(alice, minutes):
    one, below = attempt(alice), attempt(alice, hours=1)
    owed = promised(alice, minutes=minutes)

    assert lead_after(one, user=alice, at=NOON, path=path_of(below)) == owed.public_id
    assert lead_after(one, user=alice, at=NOON) == owed.public_id


def test_of_two_promises_the_earlier_comes_first_and_the_list_goes_on_after_the_last(alice):
    one, two = attempt(alice), attempt(alice, hours=1)
    sooner, later = promised(alice, minutes=-30), promised(alice, minutes=-5)

    assert lead_after(two, user=alice, at=NOON) == sooner.public_id
    assert lead_after(sooner, user=alice, at=NOON) == later.public_id
    assert lead_after(later, user=alice, at=NOON, path=path_of(two)) == sooner.public_id
    Step.objects.filter(lead=sooner).update(due_at=NOON + timedelta(days=2))
    assert lead_after(later, user=alice, at=NOON) == one.public_id


def test_a_promise_for_this_afternoon_waits_its_turn(alice):
    one, below = attempt(alice), attempt(alice, hours=1)
    promised(alice, minutes=120)

    assert lead_after(one, user=alice, at=NOON, path=path_of(below)) == below.public_id


def test_call_me_in_ten_minutes_is_not_called_at_once(alice):
    one, below = attempt(alice), attempt(alice, hours=1)
    owed = promised(alice, minutes=10, said=NOON - timedelta(minutes=1))

    assert lead_after(one, user=alice, at=NOON, path=path_of(below)) == below.public_id
    assert lead_after(one, user=alice, at=NOON + timedelta(minutes=10)) == owed.public_id


def test_a_row_below_that_was_put_off_since_is_passed_over(alice):
    one, below, third = attempt(alice), attempt(alice, hours=48), attempt(alice, hours=2)

    assert lead_after(one, user=alice, at=NOON, path=path_of(below)) == third.public_id


def test_who_works_what_comes_later_goes_on_there(alice):
    one, below = attempt(alice, hours=48), attempt(alice, hours=72)
    attempt(alice)

    assert lead_after(one, user=alice, at=NOON, path=path_of(below)) == below.public_id


def test_a_row_of_the_pool_below_is_gone_on_to(alice):
    one = attempt(alice)
    below = make_lead(at=NOON)

    assert lead_after(one, user=alice, at=NOON, path=path_of(below)) == below.public_id


def test_a_row_below_that_a_colleague_took_is_passed_over(alice, bob):
    one, third = attempt(alice), attempt(alice, hours=1)
    below = make_lead(at=NOON)
    claim_lead(below, by=bob, at=NOON)

    assert lead_after(one, user=alice, at=NOON, path=path_of(below)) == third.public_id


def test_after_the_last_row_nothing_is_next(alice):
    assert lead_after(attempt(alice), user=alice, at=NOON) is None
