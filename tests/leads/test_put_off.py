"""What was put off until somebody's return is due again when it was planned, once it is hers no more."""

from datetime import timedelta

import pytest

from agreement.models import Phase
from leads.actions.claiming import reassign_leads, release_lead
from leads.actions.covering import end_absence, set_away
from leads.actions.handing import hand_off_lead
from leads.actions.leaving import deactivate_user, release_absent
from leads.actions.logging import add_note, log_call, set_step, snooze_step
from leads.actions.undoing import undo_last
from leads.folding import fold
from leads.models import Lead, SlidStep
from team.models import Installation
from tests.leads.covering import LATER, broken, fresh
from tests.make import NOON, disposition, make_account, make_lead, make_person

BACK = NOON + timedelta(days=10)
TICK = LATER + timedelta(minutes=5)


@pytest.fixture
def lead(alice):
    """Called once; the next attempt is planned for tomorrow."""
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(account=make_account()))
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    return fresh(lead)


@pytest.fixture
def absence(lead, alice, bob, mona):
    absence = set_away(alice, starts_at=LATER, ends_at=BACK, cover=bob, by=mona, at=LATER)
    assert fresh(lead).due_at >= BACK
    return absence


def stands(lead):
    """What is planned on it, and when."""
    steps = lead.steps.open().order_by("due_at").values_list("kind", "due_at", "assignee", "snoozed")
    return fresh(lead).due_at, list(steps)


def due(lead):
    assert lead.steps.open().get().due_at == fresh(lead).due_at
    return fresh(lead).due_at


def one_by_one(lead, **act):
    release_lead(fresh(lead), **act)


def in_a_batch(lead, **act):
    reassign_leads([lead.pk], **act)


@pytest.mark.parametrize("release", [one_by_one, in_a_batch])
def test_a_lead_that_goes_to_the_pool_waits_for_nobody_s_return(lead, absence, mona, release):
    release(lead, by=mona, at=TICK)

    assert (fresh(lead).phase, due(lead)) == (Phase.QUEUED, lead.due_at)
    assert broken(TICK) == set()


def test_neither_does_one_that_a_colleague_gets(lead, absence, bob, mona):
    reassign_leads([lead.pk], to=bob, by=mona, at=TICK)

    assert (fresh(lead).bdr, due(lead)) == (bob, lead.due_at)
    assert broken(TICK) == set()


def test_nor_one_of_somebody_who_leaves(lead, absence, alice, mona):
    deactivate_user(alice, by=mona, at=TICK)

    assert due(lead) == lead.due_at


@pytest.mark.parametrize("is_back", [False, True])
@pytest.mark.parametrize("act", ["call", "note", "snooze"])
def test_her_own_act_is_taken_back_though_she_was_set_away_since(alice, bob, mona, act, is_back):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(account=make_account()))
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    set_step(fresh(lead), kind="task", due=LATER + timedelta(days=1), by=alice, at=NOON)
    before = stands(lead)
    acts = {
        "call": lambda: log_call(fresh(lead), disposition=disposition("voicemail"), by=alice, at=LATER),
        "note": lambda: add_note(fresh(lead), text="words", by=alice, at=LATER),
        "snooze": lambda: snooze_step(fresh(lead), until=LATER + timedelta(days=3), by=alice, at=LATER),
    }
    event = acts[act]()
    absence = set_away(alice, starts_at=LATER, ends_at=BACK, cover=bob, by=mona, at=LATER + timedelta(minutes=1))
    if is_back:
        end_absence(absence, by=mona, at=LATER + timedelta(minutes=2))

    undo_last(fresh(lead), by=alice, at=LATER + timedelta(minutes=3), event_id=event.pk)

    if not is_back:
        # What her act had not planned waits for her as it did; her snooze had moved all there is.
        assert (stands(lead) == before) == (act == "snooze")
        end_absence(absence, by=mona, at=LATER + timedelta(minutes=4))
    assert stands(lead) == before
    assert fold(lead.events.order_by("id")).contradictions == []
    release_absent(at=TICK)
    assert broken(TICK) == set()


def test_a_call_made_while_away_and_taken_back_when_she_is_here_waits_for_nobody(lead, absence, alice, mona):
    call = log_call(fresh(lead), disposition=disposition("voicemail"), by=alice, at=LATER)
    end_absence(absence, by=mona, at=LATER + timedelta(minutes=2))

    undo_last(fresh(lead), by=alice, at=LATER + timedelta(minutes=3), event_id=call.pk)
    release_absent(at=TICK)

    assert due(lead) == lead.due_at
    assert broken(TICK + timedelta(minutes=6)) == set()


def test_giving_it_back_is_taken_back_whole(lead, absence, alice):
    put_off_to = due(lead)
    release_lead(fresh(lead), by=alice, at=TICK)

    undo_last(fresh(lead), by=alice, at=TICK)

    assert (fresh(lead).bdr, due(lead)) == (alice, put_off_to)
    end_absence(absence, by=alice, at=TICK)
    assert due(lead) == lead.due_at


@pytest.mark.parametrize("gone", ["the absence", "its cover"])
def test_it_is_due_again_when_the_absence_or_its_cover_is_gone(lead, absence, bob, mona, gone):
    if gone == "the absence":
        absence.delete()
    else:
        absence.cover = None
        absence.save()
    assert broken(TICK) == {"step_put_off_for_nobody"}

    release_absent(at=TICK)

    assert due(lead) == lead.due_at
    assert broken(TICK) == set()


def test_what_somebody_has_moved_since_stays_where_it_is(lead, absence, bob, mona):
    own = NOON + timedelta(days=3)
    lead.steps.open().update(due_at=own)
    Lead.objects.filter(pk=lead.pk).update(due_at=own)

    reassign_leads([lead.pk], to=bob, by=mona, at=TICK)

    assert due(lead) == own


def test_who_is_back_finds_it_where_it_waited_and_gives_that_on(lead, absence, bob, mona):
    put_off_to = due(lead)

    reassign_leads([lead.pk], to=bob, by=mona, at=BACK)

    assert due(lead) == put_off_to
    assert SlidStep.objects.for_nobody(BACK).count() == 0


@pytest.mark.parametrize("how", ["moved", "back"])
def test_a_meeting_that_was_booked_meanwhile_still_holds_it_up(lead, absence, alice, bob, mona, peter, how):
    """Behind a meeting after her return, and before it once it is due again tomorrow."""
    other = make_lead(phase=Phase.WORKING, bdr=bob, person=make_person(account=lead.account))
    meeting = (NOON + timedelta(days=12)).replace(tzinfo=None)
    hand_off_lead(other, ae=peter, by=bob, at=TICK, meeting=(meeting, "UTC"))
    assert lead.steps.open().get().held_from >= BACK

    if how == "moved":
        reassign_leads([lead.pk], to=bob, by=mona, at=TICK)
    else:
        end_absence(absence, by=mona, at=TICK)

    step = lead.steps.open().get()
    assert (step.held_from, step.due_at) == (lead.due_at, fresh(lead).due_at)
    assert step.due_at > NOON + timedelta(days=12)
    assert broken(TICK) == set()


@pytest.mark.parametrize("how", ["moved", "back"])
def test_what_goes_back_to_before_a_meeting_waits_for_it(lead, absence, bob, mona, peter, how):
    """The meeting is over before her return, and nobody may try before it."""
    other = make_lead(phase=Phase.WORKING, bdr=bob, person=make_person(account=lead.account))
    meeting = (NOON + timedelta(days=4)).replace(tzinfo=None)
    hand_off_lead(other, ae=peter, by=bob, at=TICK, meeting=(meeting, "UTC"))
    assert lead.steps.open().get().held_from is None

    if how == "moved":
        reassign_leads([lead.pk], to=bob, by=mona, at=TICK)
    else:
        end_absence(absence, by=mona, at=TICK)

    assert lead.steps.open().get().held_from == lead.due_at
    assert broken(TICK) == set()


def test_what_would_wait_longer_than_a_next_step_may_is_lent(lead, alice, bob, mona):
    Installation.objects.update(step_max_days=9)

    set_away(alice, starts_at=LATER, ends_at=BACK, cover=bob, by=mona, at=LATER)

    assert (lead.steps.open().get().assignee, due(lead)) == (bob, lead.due_at)
    assert not SlidStep.objects.exists()
