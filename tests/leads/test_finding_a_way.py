"""A way to reach somebody that is missing is looked for once; then the cadence goes on with what there is."""

from datetime import timedelta

import pytest

from accounts.models import ContactPoint, Suppression
from agreement.models import Lane, Phase, StepKind
from leads.actions.entering import add_lead
from leads.actions.logging import finish_step, log_call, log_touch, plan_after_contact, snooze_step
from leads.checking import check_all
from leads.models import Step
from tests.make import NOON, disposition, make_lead, make_person

LATER = NOON + timedelta(minutes=10)
FIND = StepKind.FIND_CONTACT


@pytest.fixture
def work(alice):
    """Goes on with a lead, an hour a step: `work.done()`, `work.call(...)`, and what stands next."""

    class Work:
        at = LATER

        def start(self, *, lane=Lane.REP_SOURCED, **missing):
            self.lead = make_lead(phase=Phase.WORKING, bdr=alice, lane=lane, person=make_person(**missing))
            return self.next

        @property
        def next(self):
            step = self.lead.steps.open().get()
            return step.kind, step.attempt

        def done(self):
            self.at += timedelta(hours=1)
            finish_step(self.lead, step=self.lead.steps.open().get(), by=alice, at=self.at)
            return self.next

        def call(self, key):
            self.at += timedelta(hours=1)
            log_call(self.lead, disposition=disposition(key), by=alice, at=self.at)
            return self.next

        def mail(self):
            self.at += timedelta(hours=1)
            log_touch(self.lead, kind="email", by=alice, at=self.at)
            return self.next

        def found(self, kind, value):
            self.at += timedelta(hours=1)
            ContactPoint.objects.create(person=self.lead.person, kind=kind, value=value, normalised=value)
            plan_after_contact(self.lead, by=alice, at=self.at)
            return self.next

    yield (work := Work())
    assert {name for name, ids in check_all(at=work.at).items() if ids} == set()


def test_who_has_an_e_mail_and_no_phone_is_written_to_after_one_search(work):
    assert work.start(phone=None) == (FIND, None)
    assert work.lead.steps.open().get().title == "Find a phone number"

    assert work.done() == (StepKind.EMAIL, 2)
    assert work.mail() == (StepKind.EMAIL, 4)
    assert work.mail() == (StepKind.DECIDE, None)
    assert work.lead.steps.filter(kind=FIND).count() == 1


def test_a_lead_added_by_hand_is_not_asked_for_ever(alice):
    lead = add_lead(make_person(phone=None), by=alice, at=LATER)

    finish_step(lead, step=lead.steps.open().get(), by=alice, at=LATER)

    step = lead.steps.open().get()
    assert (step.kind, step.made_by) == (StepKind.EMAIL, Step.MadeBy.CADENCE)


def test_a_search_that_was_put_off_and_done_is_over_too(work, alice):
    work.start(phone=None)
    snooze_step(work.lead, until=work.at + timedelta(hours=1), by=alice, at=work.at)
    work.at += timedelta(hours=2)

    assert work.done() == (StepKind.EMAIL, 2)


def test_who_cannot_be_reached_at_all_is_to_be_decided_about(work):
    assert work.start(phone=None, email=None) == (FIND, None)
    assert work.lead.steps.open().get().title == ""

    assert work.done() == (StepKind.DECIDE, None)


def test_who_was_to_be_decided_about_is_called_once_a_number_is_found(work):
    work.start(phone=None, email=None)
    work.done()

    assert work.found("phone", "+12025550123") == (StepKind.CALL, 1)


def test_after_the_last_attempt_a_new_number_does_not_spare_the_decision(work):
    work.start(lane=Lane.LIST)
    for _attempt in range(4):
        work.mail()

    assert work.found("mobile", "+12025550123") == (StepKind.DECIDE, None)


def test_nor_does_it_where_attempts_that_could_not_reach_them_were_passed_over(work):
    work.start(phone=None)
    work.done()
    work.mail()
    assert work.mail() == (StepKind.DECIDE, None)
    decision = work.lead.steps.open().get()

    work.found("phone", "+12025550123")

    assert work.lead.steps.open().get() == decision


def test_deciding_to_go_on_with_nothing_asks_again_tomorrow_and_never_now(work):
    work.start(phone=None, email=None)
    work.done()

    assert work.done() == (StepKind.DECIDE, None)
    assert work.lead.steps.open().get().due_at - work.at > timedelta(hours=12)


def test_who_has_a_phone_and_no_e_mail_is_called(work):
    assert work.start(lane=Lane.LIST, email=None) == (FIND, None)
    assert work.lead.steps.open().get().title == "Find an e-mail address"

    assert work.done() == (StepKind.CALL, 2)


def test_the_search_is_asked_when_its_attempt_comes(work):
    assert work.start(lane=Lane.CONTENT, phone=None) == (StepKind.EMAIL, 1)

    assert work.mail() == (FIND, None)
    assert work.done() == (StepKind.EMAIL, 3)
    assert work.mail() == (StepKind.EMAIL, 5)
    assert work.mail() == (StepKind.EMAIL, 6)
    assert work.mail() == (StepKind.DECIDE, None)


def test_what_was_found_is_used(work):
    work.start(phone=None, email=None)

    assert work.found("phone", "+12025550123") == (StepKind.CALL, 1)
    assert work.call("no_answer") == (StepKind.CALL, 2)


def test_finding_the_other_way_goes_on_by_it_and_ends_the_search(work):
    work.start(phone=None, email=None)

    assert work.found("email", "found@example.com") == (StepKind.EMAIL, 2)
    assert work.mail() == (StepKind.EMAIL, 4)


def test_a_number_that_turned_out_wrong_is_looked_for_again(work):
    work.start(phone=None)
    assert work.found("phone", "+12025550123") == (StepKind.CALL, 1)

    assert work.call("wrong_number") == (StepKind.EMAIL, 2)
    assert work.mail() == (FIND, None)
    assert work.done() == (StepKind.EMAIL, 4)


def test_nobody_looks_for_a_number_that_may_not_be_called(alice):
    person = make_person(phone=None)
    Suppression.objects.create(person=person, channel="phone", source="import", at=NOON)

    lead = make_lead(phase=Phase.WORKING, bdr=alice, lane=Lane.REP_SOURCED, person=person)

    assert lead.steps.open().get().kind == StepKind.EMAIL
