"""Once sales has a lead, each of the two moves and ends her own steps; a meeting is moved, never snoozed."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase, StepKind
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.handing import accept_hand_off, hand_off_lead
from leads.actions.logging import finish_step, log_call, set_step, snooze_step
from leads.models import Lead
from team.actions.submitting import new_form_id
from tests.make import NOON, disposition, make_lead

LATER = NOON + timedelta(hours=1)


def wall(moment):
    return moment.replace(tzinfo=None), "UTC"


def accepted(alice, peter, *, at=NOON):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=at)
    hand_off = hand_off_lead(lead, ae=peter, by=alice, at=at, meeting=wall(at + timedelta(days=2)))
    accept_hand_off(hand_off, by=peter, at=at)
    return Lead.objects.get(pk=lead.pk)


def steps(lead):
    return [(step.kind, step.assignee, step.due_at) for step in lead.steps.open().order_by("due_at")]


def test_the_meeting_is_snoozed_by_nobody(alice, peter, mona):
    lead = accepted(alice, peter)
    before = steps(lead)

    with pytest.raises(LeadConflict, match="no step of yours"):
        snooze_step(lead, by=alice, at=LATER, until=LATER + timedelta(days=9))
    for by in (peter, mona):
        with pytest.raises(MoveRefused, match="not snoozed: move it"):
            snooze_step(lead, by=by, at=LATER, until=LATER + timedelta(days=9))

    lead.refresh_from_db()
    assert (steps(lead), lead.due_at) == (before, before[0][2])


def test_each_plans_and_snoozes_a_step_of_her_own(alice, peter):
    lead = accepted(alice, peter)
    meeting = steps(lead)[0]

    set_step(lead, kind=StepKind.TASK, title="Send the case", by=alice, at=LATER, due=LATER + timedelta(days=3))
    snooze_step(lead, by=alice, at=LATER, until=LATER + timedelta(days=5))

    assert steps(lead) == [meeting, (StepKind.TASK, alice, LATER + timedelta(days=5))]


def test_a_rep_does_not_finish_what_sales_has_to_do(alice, peter):
    lead = make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)
    step = lead.steps.open().get()
    set_step(lead, kind=StepKind.TASK, by=alice, at=LATER, due=LATER + timedelta(days=3))

    with pytest.raises(LeadConflict, match="not yours to finish"):
        finish_step(lead, step=step, by=alice, at=LATER)

    finish_step(lead, step=step, by=peter, at=LATER)
    assert [(kind, who) for kind, who, _due in steps(lead)] == [(StepKind.TASK, alice)]


def test_a_call_of_the_rep_leaves_what_sales_has_promised(alice, peter):
    lead = accepted(alice, peter)
    log_call(lead, disposition=disposition("call_back"), by=peter, at=LATER, call_back=wall(LATER + timedelta(hours=3)))
    before = steps(lead)

    log_call(lead, disposition=disposition("no_answer"), by=alice, at=LATER + timedelta(minutes=5))
    assert steps(lead) == before

    log_call(lead, disposition=disposition("no_answer"), by=peter, at=LATER + timedelta(hours=3))
    assert [kind for kind, _who, _due in steps(lead)] == [StepKind.MEETING]


def page(client, user, lead):
    client.force_login(user)
    return client.get(reverse("leads:lead", args=[lead.public_id])).text


def test_snooze_is_offered_for_what_one_may_snooze(client, alice, peter):
    now = timezone.now()
    lead = accepted(alice, peter, at=now)
    worked = make_lead(phase=Phase.WORKING, bdr=alice, at=now)

    assert "Snooze</a>" not in page(client, alice, lead)
    assert "Snooze</a>" not in page(client, peter, lead)
    assert "Snooze</a>" in page(client, alice, worked)


@pytest.mark.parametrize("phase", [Phase.ACCEPTED, Phase.QUALIFIED])
def test_done_is_not_offered_where_nothing_would_come_next_and_refused_in_words(client, alice, peter, phase):
    lead = make_lead(phase=phase, bdr=alice, ae=peter, at=timezone.now())
    step = lead.steps.open().get()

    assert reverse("leads:finish_step", args=[lead.public_id]) not in page(client, peter, lead)
    answer = client.post(
        reverse("leads:finish_step", args=[lead.public_id]), {"step": step.pk, "form_id": new_form_id()}
    )

    assert answer.status_code == 422
    assert answer.context["conflict"] == "Something has to come next: say how it went, or set the next step first."
    assert "<strong>Something has to come next" in answer.text
    assert "What you typed is still here" not in answer.text


def test_done_twice_is_told_above_the_page(client, alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=timezone.now())
    step = lead.steps.open().get()
    client.force_login(alice)
    url = reverse("leads:finish_step", args=[lead.public_id])
    client.post(url, {"step": step.pk, "form_id": new_form_id()})

    answer = client.post(url, {"step": step.pk, "form_id": new_form_id()})

    assert answer.status_code == 409
    assert "<strong>This step is done already." in answer.text
