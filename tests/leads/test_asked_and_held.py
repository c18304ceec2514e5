"""Who asked to be called is called, whoever has a meeting at her account."""

from datetime import timedelta

import pytest

from accounts.models import ContactPoint
from agreement.models import Lane, Phase
from leads.actions.engaging import NewEngagement, engage
from leads.actions.leaving import release_absent
from leads.actions.logging import finish_step, log_call, plan_after_contact
from tests.leads.meetings import END, LATER, TICK, attempt, book, broken
from tests.make import NOON, disposition, make_lead, make_person


def unreachable(account, bdr, *, lane=Lane.HAND_RAISER):
    """Somebody of whom neither a phone nor an e-mail is known."""
    person = make_person(account=account, email=None, phone=None)
    return make_lead(lane=lane, person=person, phase=Phase.WORKING, bdr=bdr)


def find_phone(lead):
    number = "+12025550199"
    ContactPoint.objects.create(person=lead.person, kind="phone", value=number, normalised=number, is_primary=True)


def found(lead, how, *, by):
    find_phone(lead)
    if how == "done":
        return finish_step(lead, step=lead.steps.open().get(), by=by, at=LATER)
    return plan_after_contact(lead, by=by, at=LATER)


@pytest.mark.parametrize("how", ["done", "corrected"])
def test_a_hand_raiser_whose_number_was_found_does_not_wait(account, hers, alice, bob, peter, how):
    raiser = unreachable(account, bob)
    book(hers, peter, by=alice)

    found(raiser, how, by=bob)

    step = raiser.steps.open().get()
    assert (step.attempt, step.due_at, step.held_from) == (1, LATER + timedelta(minutes=1), None)
    assert broken(TICK) <= {"clock_is_unwatched"}


@pytest.mark.parametrize("how", ["done", "corrected"])
def test_whoever_s_number_was_found_begins_with_the_first_attempt_as_promised(bob, how):
    lead = unreachable(None, bob, lane=Lane.CONTENT)

    found(lead, how, by=bob)

    step = lead.steps.open().get()
    assert (step.attempt, step.due_at) == (1, lead.clocks.get(kind="first_touch").due_at)


@pytest.mark.parametrize("how", ["done", "corrected"])
def test_after_two_attempts_a_number_that_was_found_leads_to_the_third(bob, how):
    lead = make_lead(phase=Phase.WORKING, bdr=bob, person=make_person(email=None))
    log_call(lead, disposition=disposition("no_answer"), by=bob, at=NOON)
    log_call(lead, disposition=disposition("wrong_number"), by=bob, at=NOON)
    lead.refresh_from_db()

    found(lead, how, by=bob)

    assert lead.steps.open().get().attempt == 3


def test_who_was_called_once_waits_like_everybody(account, hers, alice, bob, peter):
    raiser = make_lead(lane=Lane.HAND_RAISER, person=make_person(account=account), phase=Phase.WORKING, bdr=bob)
    book(hers, peter, by=alice)

    log_call(raiser, disposition=disposition("no_answer"), by=bob, at=LATER)

    assert attempt(raiser)[0] == END


def test_who_asks_while_her_attempt_waits_waits_no_longer(hers, his, alice, bob, peter):
    book(hers, peter, by=alice)

    engage([NewEngagement(person_id=his.person_id, kind="asked", at=LATER)], at=LATER)
    assert broken() == set()
    assert "hand_raiser_waits_for_a_meeting" in broken(TICK)

    release_absent(at=TICK)

    assert attempt(his)[1] is None
    assert "hand_raiser_waits_for_a_meeting" not in broken(TICK)
