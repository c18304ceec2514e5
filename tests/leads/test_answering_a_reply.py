"""Whoever wrote waits for an answer: a letter gives it, and does nothing else that was planned."""

from datetime import timedelta

import pytest

from agreement.models import Phase, StepKind
from leads.actions.engaging import NewEngagement, engage
from leads.actions.logging import log_touch, set_step
from leads.actions.undoing import undo_last
from leads.models import Step
from nurture.actions.planning import write_message
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
