"""A lead's whole way, by the actions alone: in, taken, called, asleep, back, handed off, won."""

from datetime import UTC, datetime, timedelta

from agreement.models import Lane, Phase, StepKind
from leads.actions.claiming import take_next
from leads.actions.handing import accept_hand_off, hand_off_lead
from leads.actions.logging import log_call
from leads.actions.outcomes import record_qualified, win_lead
from leads.actions.recycling import recycle_lead, wake_leads
from leads.folding import fold
from leads.models import Clock, Lead
from tests.make import NOON, disposition, give_verdicts, make_lead, reason


def test_a_content_lead_goes_all_the_way(alice, peter):
    make_lead(lane=Lane.CONTENT)

    lead = take_next(by=alice, at=NOON)
    step = lead.steps.open().get()
    assert (lead.phase, step.kind, step.attempt, step.assignee) == (Phase.WORKING, StepKind.CALL_EMAIL, 1, alice)

    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON + timedelta(minutes=5))
    lead.refresh_from_db()
    assert lead.clocks.get().state == Clock.State.MET
    assert lead.steps.open().get().due_at == lead.due_at

    recycle_lead(lead, reason=reason("not_ready"), by=alice, at=NOON + timedelta(minutes=9))
    lead.refresh_from_db()
    assert (lead.phase, lead.wake_at) == (Phase.NURTURE, datetime(2027, 5, 30, 8, tzinfo=UTC))

    back = wake_leads([lead.pk], by=None, at=lead.wake_at).leads[0]
    assert (back.previous_id, back.bdr_id, back.phase) == (lead.pk, alice.pk, Phase.QUEUED)

    at = lead.wake_at + timedelta(hours=26)
    log_call(back, disposition=disposition("voicemail"), by=alice, at=at)
    hand_off = hand_off_lead(
        back, ae=peter, by=alice, at=at, meeting=(datetime(2027, 6, 3, 9), "America/New_York"), line="Stops cost her"
    )
    accept_hand_off(hand_off, by=peter, at=at)
    give_verdicts(back, by=peter, at=at)
    hand_off.refresh_from_db()
    record_qualified(hand_off, by=peter, at=datetime(2027, 6, 3, 14, tzinfo=UTC))
    win_lead(back, by=peter, at=datetime(2027, 6, 20, 14, tzinfo=UTC))

    back.refresh_from_db()
    assert (back.phase, back.closed_as) == (Phase.CLOSED, Lead.ClosedAs.WON)
    for one in (lead, back):
        assert fold(one.events.order_by("id")).contradictions == []
