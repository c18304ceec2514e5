"""What an undo puts back to the letter: hand-offs, notices, bands, attempts a colleague's meeting has moved since."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Criterion, Lane, Phase
from leads.actions.acts import one_act
from leads.actions.answering import answer_criteria
from leads.actions.changing import LeadConflict
from leads.actions.claiming import claim_lead, release_lead
from leads.actions.handing import accept_hand_off, hand_off_lead, reject_hand_off, withdraw_hand_off
from leads.actions.last_act import last_act
from leads.actions.logging import add_note, log_call, log_touch, set_step, snooze_step
from leads.actions.meetings import move_meeting
from leads.actions.outcomes import record_no_show, record_not_qualified, record_qualified, return_lead, stall_lead
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.folding import fold
from leads.models import HandOff, Lead, Step
from tests.make import NOON, disposition, give_verdicts, make_lead, make_person, reason

LATER = NOON + timedelta(minutes=30)
START = NOON + timedelta(days=2)
END = START + timedelta(minutes=30)
AFTER = END + timedelta(minutes=5)


def broken(at):
    return {name: ids for name, ids in check_all(at=at).items() if ids}


def wall(moment):
    return moment.replace(tzinfo=None), "UTC"


def book(lead, ae, *, by, at=LATER, start=START):
    return hand_off_lead(lead, ae=ae, by=by, at=at, meeting=wall(start))


def row(hand_off):
    (found,) = HandOff.objects.filter(pk=hand_off.pk).values()
    return {name: value for name, value in found.items() if name != "sequence"}, found["sequence"]


def of_lead(act):
    return lambda one, by, at: act(one.lead, by=by, at=at)


def rejected(key):
    return lambda one, by, at: reject_hand_off(one, reason=reason(key), by=by, at=at, line="Not ours")


# What is said of a hand-off, when, and whether it may be said before it was answered.
SAID = {
    "accept": (accept_hand_off, LATER, "peter", [False]),
    "reject to the BDR": (rejected("reject_brief_empty"), LATER, "peter", [False]),
    "reject to sleep": (rejected("reject_no_need"), LATER, "peter", [False]),
    "reject to its end": (rejected("reject_existing"), LATER, "peter", [False]),
    "withdraw": (withdraw_hand_off, LATER, "alice", [False]),
    "move": (
        lambda one, by, at: move_meeting(one, meeting=wall(START + timedelta(days=1)), minutes=60, by=by, at=at),
        LATER, "alice", [False, True],
    ),
    "return": (of_lead(return_lead), LATER, "peter", [True]),
    "stall": (
        of_lead(lambda lead, by, at: stall_lead(lead, reason=reason("not_ready"), by=by, at=at)), LATER, "peter", [True]
    ),
    "qualified": (record_qualified, AFTER, "peter", [False, True]),
    "not qualified": (
        lambda one, by, at: record_not_qualified(one, reason=reason("reject_no_need"), by=by, at=at),
        AFTER, "peter", [False, True],
    ),
    "no-show": (record_no_show, AFTER, "peter", [False, True]),
    "no-show of the BDR": (record_no_show, AFTER, "alice", [False, True]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("what", "is_accepted"), [(what, one) for what, (_do, _at, _by, before) in SAID.items() for one in before]
)
def test_a_hand_off_is_as_it_was_and_its_invitation_newer(alice, peter, what, is_accepted):
    do, at, who, _before = SAID[what]
    by = {"alice": alice, "peter": peter}[who]
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    hand_off = book(lead, peter, by=alice, at=NOON)
    if is_accepted:
        accept_hand_off(hand_off, by=peter, at=NOON + timedelta(minutes=5))
    give_verdicts(lead, by=peter)
    before, sequence = row(hand_off)

    with one_act():
        do(HandOff.objects.get(pk=hand_off.pk), by=by, at=at)
    assert row(hand_off)[0] != before
    undo_last(lead, by=by, at=at + timedelta(seconds=5))

    after, newer = row(hand_off)
    assert after == before
    assert newer > sequence


# While his undo is offered, a colleague books a meeting at the account, or hers is off.
HIS_ACTS = {
    "call": lambda lead, by, at: log_call(lead, disposition=disposition("no_answer"), by=by, at=at),
    "snooze": lambda lead, by, at: snooze_step(lead, until=at + timedelta(days=1), by=by, at=at),
    "an earlier step": lambda lead, by, at: set_step(lead, kind="task", due=at + timedelta(minutes=5), by=by, at=at),
    "answer": lambda lead, by, at: answer_criteria(
        lead, answers={Criterion.objects.get(key="need"): ("yes", "")}, by=by, at=at
    ),
    "note": lambda lead, by, at: add_note(lead, text="words", by=by, at=at),
}


def stands(lead):
    lead = Lead.objects.get(pk=lead.pk)
    columns = {field: getattr(lead, Lead._meta.get_field(field).attname) for field in Lead.FOLDED}
    return columns, list(lead.steps.open().order_by("due_at").values_list("kind", "due_at", "held_from")), lead.sweep_at


@pytest.mark.parametrize("act", HIS_ACTS)
def test_an_act_is_taken_back_though_a_colleague_has_booked_since(hers, his, alice, bob, peter, act):
    columns, ((kind, planned, _held),), _sweep_at = stands(his)
    done = HIS_ACTS[act](his, bob, LATER)
    book(hers, peter, by=alice, at=LATER + timedelta(seconds=3))

    undo_last(his, by=bob, at=LATER + timedelta(seconds=8), event_id=done.pk)

    now, steps, _sweep_at = stands(his)
    assert (now, steps) == (columns | {"due_at": END}, [(kind, END, planned)])
    assert fold(his.events.order_by("id")).contradictions == []
    assert broken(LATER + timedelta(minutes=6)) == {}


@pytest.mark.parametrize("act", HIS_ACTS)
def test_and_though_the_meeting_of_a_colleague_is_off_since(hers, his, alice, bob, peter, act):
    before, ((kind, planned, _held),), _sweep_at = stands(his)
    hand_off = book(hers, peter, by=alice, at=LATER - timedelta(minutes=10))
    done = HIS_ACTS[act](his, bob, LATER)
    withdraw_hand_off(hand_off, by=alice, at=LATER + timedelta(seconds=3))

    undo_last(his, by=bob, at=LATER + timedelta(seconds=8), event_id=done.pk)

    now, ((kind_now, due_at, held_from),), _sweep_at = stands(his)
    assert (kind_now, held_from) == (kind, None)
    assert due_at >= planned
    assert now == before | {"due_at": due_at}
    assert fold(his.events.order_by("id")).contradictions == []
    assert broken(LATER + timedelta(minutes=6)) == {}


def test_a_lead_taken_from_the_pool_goes_back_to_it_though_a_colleague_has_booked_since(hers, his, alice, bob, peter):
    log_call(his, disposition=disposition("no_answer"), by=bob, at=NOON)
    release_lead(his, by=bob, at=LATER)
    before = stands(his)
    claim_lead(his, by=bob, at=LATER + timedelta(minutes=1))
    book(hers, peter, by=alice, at=LATER + timedelta(minutes=2), start=NOON + timedelta(days=9))
    assert Step.objects.open().get(lead=his).held_from

    undo_last(his, by=bob, at=LATER + timedelta(minutes=2, seconds=5))

    assert stands(his)[:2] == before[:2]
    assert fold(his.events.order_by("id")).contradictions == []
    assert broken(LATER + timedelta(minutes=3)) == {}


def test_one_promise_runs_where_two_were_given_anew_and_no_tick_has_come(hers, his, alice, bob, peter):
    hand_off = book(hers, peter, by=alice, at=NOON, start=NOON + timedelta(hours=1))
    snooze_step(his, until=NOON + timedelta(days=1), by=bob, at=NOON + timedelta(minutes=1))
    release_lead(his, by=bob, at=NOON + timedelta(minutes=2))
    withdraw_hand_off(hand_off, by=alice, at=NOON + timedelta(minutes=3))
    # Both the promise that waited for the meeting and the one before it have run out by now.
    at = NOON + timedelta(hours=6)

    undo_last(his, by=bob, at=at)

    clock = his.clocks.running().get()
    assert (clock.kind, clock.started_at) == ("first_touch", at)


def test_what_a_colleague_did_on_the_lead_itself_still_stands_in_the_way(hers, his, alice, bob, peter):
    act = log_call(his, disposition=disposition("no_answer"), by=bob, at=LATER)
    book(hers, peter, by=alice, at=LATER + timedelta(seconds=3))
    log_touch(his, kind="social", by=alice, at=LATER + timedelta(seconds=4))

    with pytest.raises(LeadConflict, match="Somebody has acted on this lead since"):
        undo_last(his, by=bob, at=LATER + timedelta(seconds=8), event_id=act.pk)


def test_the_page_still_offers_to_correct_his_call(client, account, alice, bob, peter):
    now = timezone.now()
    hers, his = (
        make_lead(phase=Phase.WORKING, bdr=rep, person=make_person(account=account), at=now - timedelta(minutes=9))
        for rep in (alice, bob)
    )
    act = log_call(his, disposition=disposition("no_answer"), by=bob, at=now - timedelta(minutes=2))
    book(hers, peter, by=alice, at=now - timedelta(minutes=1), start=now + timedelta(days=9))
    assert [event.pk for event in last_act(his)] == [act.pk]
    client.force_login(bob)

    assert f'name="event" value="{act.pk}"' in client.get(reverse("leads:lead", args=[his.public_id])).text
    said = client.post(reverse("leads:undo", args=[his.public_id]), {"event": act.pk}, follow=True)

    assert "is as before. Taken back: You called" in " ".join(str(one) for one in said.context["messages"])


def test_notice_before_the_end_is_given_again(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    clock = lead.clocks.get()
    assert clock.next_notice_at < clock.due_at

    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON + timedelta(minutes=1))
    undo_last(lead, by=alice, at=NOON + timedelta(minutes=2))

    assert lead.clocks.get().next_notice_at == clock.next_notice_at


@pytest.mark.parametrize("lane", [Lane.CONTENT, Lane.HAND_RAISER])
@pytest.mark.parametrize("is_touched", [False, True])
def test_the_band_of_a_released_lead_is_what_it_was(alice, lane, is_touched):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, lane=lane)
    if is_touched:
        log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON + timedelta(minutes=1))
    before = Lead.objects.get(pk=lead.pk).band

    # The next day, when another band would be right in the pool.
    at = NOON + timedelta(days=1)
    release_lead(lead, by=alice, at=at)
    assert Lead.objects.get(pk=lead.pk).band != before
    undo_last(lead, by=alice, at=at + timedelta(seconds=5))

    assert Lead.objects.get(pk=lead.pk).band == before
