"""Whoever wrote waits for an answer: a letter gives it, and does nothing else that was planned."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from agreement.models import Phase, StepKind
from leads.actions.changing import LeadConflict
from leads.actions.engaging import NewEngagement, engage
from leads.actions.logging import add_note, log_touch, mark_of_next, set_step, snooze_step
from leads.actions.many import Verb, Wish, do_to_many
from leads.actions.receiving import record_received
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.models import Step
from leads.why import facts_of, why
from nurture.actions.planning import take_back, write_message
from tests.make import NOON, make_lead

EARLY, LATER = NOON - timedelta(hours=3), NOON + timedelta(hours=1)

pytestmark = pytest.mark.django_db


def kinds(lead):
    return list(lead.steps.open().order_by("due_at", "pk").values_list("kind", flat=True))


@pytest.fixture
def waits(alice, peter):
    """A lead of hers with something that was due before the answer is."""

    def make(phase=Phase.WORKING, kind=StepKind.REBOOK):
        lead = make_lead(phase=phase, bdr=alice, ae=peter)
        Step.objects.open().filter(lead=lead).exclude(kind=StepKind.MEETING).update(state="cancelled", closed_at=NOON)
        Step.objects.create(
            lead=lead, kind=kind, due_at=EARLY, assignee_id=lead.responsible_id, made_by="person", created_at=EARLY
        )
        engage([NewEngagement(lead.person_id, "replied", NOON, source="mail")], at=NOON)
        lead.refresh_from_db()
        return lead

    return make


@pytest.mark.parametrize(
    "kind", [StepKind.CALL, StepKind.EMAIL, StepKind.REBOOK, StepKind.CALL_BACK, StepKind.REACH_UP]
)
def test_a_letter_answers_the_reply_and_leaves_what_else_is_planned(waits, alice, kind):
    lead = waits(kind=kind)
    assert kinds(lead) == [kind, "reply"]

    write_message(lead, subject="Re: Your question", text="Yes, it does.", by=alice, at=LATER)

    lead.refresh_from_db()
    assert kinds(lead) == [kind]
    assert lead.steps.get(kind="reply").state == "done"
    assert lead.due_at == EARLY
    undo_last(lead, by=alice, at=LATER)
    assert kinds(lead) == [kind, "reply"]


def test_where_nothing_else_is_planned_the_cadence_goes_on(waits, alice):
    lead = waits()
    Step.objects.filter(lead=lead, kind="rebook").update(state="done", closed_at=NOON)

    log_touch(lead, kind="email", by=alice, at=LATER)

    (step,) = lead.steps.open()
    assert step.made_by == "cadence"


@pytest.mark.parametrize("is_alone", [True, False])
def test_an_answer_is_no_attempt(waits, alice, is_alone):
    lead = waits(kind=StepKind.CALL)
    log_touch(lead, kind="social", by=alice, at=NOON, step_done=False)
    lead.refresh_from_db()
    before, touched_at = lead.attempts, lead.first_touched_at
    Step.objects.filter(lead=lead, kind="call").update(
        state="done" if is_alone else "open", closed_at=NOON if is_alone else None
    )

    log_touch(lead, kind="email", by=alice, at=LATER)

    lead.refresh_from_db()
    assert (lead.attempts, lead.first_touched_at, lead.last_touched_at) == (before, touched_at, LATER)
    assert lead.activities.get(kind="email").attempt is None
    # The cadence goes on with the attempt that is next, and leaves none out.
    assert not is_alone or lead.steps.open().get().attempt == before + 1
    undo_last(lead, by=alice, at=LATER)
    lead.refresh_from_db()
    assert lead.attempts == before
    log_touch(lead, kind="social", by=alice, at=LATER)
    lead.refresh_from_db()
    assert lead.attempts == before + 1
    assert {name for name, ids in check_all(at=LATER).items() if ids} == set()


@pytest.mark.parametrize("is_acted_on", [True, False])
def test_an_answer_that_never_left_takes_no_attempt_away(waits, alice, is_acted_on):
    lead = waits(kind=StepKind.CALL)
    log_touch(lead, kind="social", by=alice, at=NOON, step_done=False)
    message = write_message(lead, subject="Re: Your question", text="Yes, it does.", by=alice, at=LATER)
    if is_acted_on:
        set_step(lead, kind="call", by=alice, at=LATER, due=LATER + timedelta(days=1))

    take_back(message, by=alice, at=LATER)

    lead.refresh_from_db()
    assert lead.attempts == 1


@pytest.mark.parametrize("phase", [Phase.HANDED_OFF, Phase.ACCEPTED, Phase.QUALIFIED])
def test_after_the_hand_off_too(waits, alice, peter, phase):
    lead = waits(phase, StepKind.CALL_BACK)
    by = alice if phase == Phase.HANDED_OFF else peter

    log_touch(lead, kind="email", by=by, at=LATER)

    lead.refresh_from_db()
    assert "reply" not in kinds(lead)
    assert "call_back" in kinds(lead)


def test_who_has_not_written_is_tried_by_a_letter_as_before(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    set_step(lead, kind="call", by=alice, at=NOON, due=LATER)
    step = lead.steps.open().get()

    log_touch(lead, kind="email", by=alice, at=LATER)

    step.refresh_from_db()
    assert step.state == "done"


def strip_of(client, user, lead):
    with time_machine.travel(LATER, tick=False):
        client.force_login(user)
        page = client.get(reverse("leads:lead", args=[lead.public_id])).text
    return page.split('id="next-step"')[1].split("</div>")[0]


def test_the_page_shows_the_reply_before_the_attempt_that_was_due_sooner(client, waits, alice):
    lead = waits(kind=StepKind.CALL)

    strip = strip_of(client, alice, lead)

    assert "<strong>Answer the reply</strong>" in strip
    assert "Call" not in strip


def test_snoozing_puts_off_what_the_page_shows(waits, alice):
    lead = waits(kind=StepKind.CALL)
    reply = lead.steps.get(kind="reply")

    snooze_step(lead, by=alice, at=LATER, until=LATER + timedelta(hours=2), seen=reply.mark)

    assert kinds(lead) == ["call", "reply"]
    reply.refresh_from_db()
    assert reply.due_at == LATER + timedelta(hours=2)


def test_whoever_was_shown_the_attempt_is_told_that_a_reply_came_since(waits, alice):
    lead = waits(kind=StepKind.CALL)
    seen = mark_of_next(lead.steps.open().filter(kind="call"), at=LATER)

    with pytest.raises(LeadConflict, match="The next step has changed"):
        snooze_step(lead, by=alice, at=LATER, until=LATER + timedelta(hours=2), seen=seen)


def test_whose_reply_waits_is_not_put_off_with_many(waits, alice):
    lead = waits(kind=StepKind.CALL)

    done = do_to_many([lead.pk], Wish(Verb.SNOOZE, due=LATER + timedelta(days=1)), by=alice, at=LATER)

    assert [why for _lead, why in done.skipped] == ["They wait for an answer."]


def test_a_call_that_was_promised_stands_first_from_a_quarter_of_an_hour_before(waits, alice):
    lead = waits(kind=StepKind.CALL_BACK)
    Step.objects.filter(lead=lead, kind="reply").update(kind="task", promised=False)
    Step.objects.filter(lead=lead, kind="call_back").update(due_at=LATER + timedelta(minutes=15))

    first = [mark_of_next(lead.steps.open(), at=LATER - timedelta(minutes=n)) for n in (1, 0)]

    task, call = (lead.steps.get(kind=kind).mark for kind in ("task", "call_back"))
    assert first == [task, call]


def why_of(lead, kind):
    return why(facts_of([lead.pk])[lead.pk], now=LATER, kind=kind, promised=True)


@pytest.mark.parametrize("words", ["Does it fit an older line?", ""])
def test_a_reply_is_why_it_is_to_be_answered_and_no_letter_of_ours(waits, alice, words):
    lead = waits(kind=StepKind.CALL)
    record_received(lead.person_id, kind="reply", words=words, at=NOON)
    lead.refresh_from_db()
    write_message(lead, subject="To silent", text="Hello.", by=alice, at=LATER)
    lead.refresh_from_db()
    undo_last(lead, by=alice, at=LATER)

    said = why_of(lead, StepKind.REPLY)

    assert kinds(lead) == [StepKind.CALL, StepKind.REPLY]
    assert said == "“Does it fit an older line?”" if words else "silent" not in said


def test_a_promised_call_says_what_was_noted_and_not_what_a_letter_was_about(waits, alice):
    lead = waits(kind=StepKind.CALL)
    add_note(lead, text="After the shift change", by=alice, at=NOON)
    lead.refresh_from_db()
    write_message(lead, subject="To silent", text="Hello.", by=alice, at=LATER)
    Step.objects.create(
        lead=lead, kind=StepKind.CALL_BACK, due_at=LATER, assignee=alice, made_by="person", created_at=NOON,
        promised=True,
    )  # fmt: skip

    assert why_of(lead, StepKind.CALL_BACK) == "“After the shift change”"


@pytest.mark.parametrize("kind", ["out_of_office", "auto_reply", "bounce_soft"])
def test_what_a_machine_sends_is_nothing_that_they_wrote(waits, kind):
    lead = waits(kind=StepKind.CALL)
    record_received(lead.person_id, kind="reply", words="Does it fit an older line?", at=NOON)
    record_received(lead.person_id, kind=kind, words="I am out of the office until Monday.", at=LATER)

    assert why_of(lead, StepKind.REPLY) == "“Does it fit an older line?”"


def test_a_promised_call_says_what_was_noted_of_an_email_that_was_sent_elsewhere(waits, alice):
    lead = waits(kind=StepKind.CALL)
    log_touch(lead, kind="email", note="Wants a call on Thursday, ask for Jo", by=alice, at=NOON)
    Step.objects.create(
        lead=lead, kind=StepKind.CALL_BACK, due_at=LATER, assignee=alice, made_by="person", created_at=NOON,
        promised=True,
    )  # fmt: skip

    assert why_of(lead, StepKind.CALL_BACK) == "“Wants a call on Thursday, ask for Jo”"


def test_a_promised_call_says_nothing_that_a_machine_sent(waits, alice):
    lead = waits(kind=StepKind.CALL)
    add_note(lead, text="After the shift change", by=alice, at=NOON)
    record_received(lead.person_id, kind="out_of_office", words="I am out of the office until Monday.", at=LATER)

    assert why_of(lead, StepKind.CALL_BACK) == "“After the shift change”"
