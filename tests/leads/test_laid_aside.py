"""Whom nobody in the pool may try is laid aside until the meeting is over, and its promise waits."""

from datetime import timedelta

import pytest

from agreement.models import Lane, StepKind
from leads.actions.claiming import claim_lead, release_lead, take_next
from leads.actions.engaging import NewEngagement, engage
from leads.actions.handing import withdraw_hand_off
from leads.actions.leaving import release_absent
from leads.actions.logging import add_note, set_step
from leads.actions.meetings import move_meeting
from leads.actions.sweeping import notice_clocks, sweep_leads
from leads.actions.undoing import undo_last
from leads.models import Lead, Notice
from leads.pool import pool_of
from leads.rail import rail_of
from tests.leads.meetings import END, LATER, TICK, attempt, book, broken, promise, promises, stands, wall
from tests.make import NOON, make_account, make_lead, make_person


def in_pool_of(bob, at=LATER):
    teams = bob.teams_as("bdr")
    return [row.lead_id for _band, _head, rows in pool_of(teams, at=at).groups for row in rows]


def test_who_may_not_be_tried_is_laid_aside_until_the_meeting_is_over(account, hers, alice, bob, peter):
    there = make_lead(person=make_person(account=account))
    other = make_lead(person=make_person(account=make_account()))
    nowhere = make_lead()
    book(hers, peter, by=alice)

    assert in_pool_of(bob) == [other.pk, nowhere.pk]
    assert set(in_pool_of(bob, at=END)) == {there.pk, other.pk, nowhere.pk}
    # The rail counts who waits there, whoever may be tried today.
    assert rail_of(bob, path="/", at=LATER).counts["pool"] == 3
    assert take_next(by=bob, at=LATER) == other
    assert take_next(by=bob, at=LATER) == nowhere
    assert take_next(by=bob, at=LATER) is None


def test_who_asked_or_was_promised_a_call_is_not_laid_aside(account, hers, his, alice, bob, peter):
    raiser = make_lead(lane=Lane.HAND_RAISER, person=make_person(account=account))
    set_step(his, kind=StepKind.CALL_BACK, due=LATER + timedelta(days=1), by=bob, at=NOON)
    release_lead(his, by=bob, at=NOON)
    book(hers, peter, by=alice)

    assert in_pool_of(bob) == [raiser.pk, his.pk]


def test_nobody_misses_who_is_laid_aside(pooled, hers, alice, bob, mona, peter):
    _began, due, _notice = promise(pooled)
    book(hers, peter, by=alice)

    for at in (LATER, due, due + timedelta(minutes=6)):
        notice_clocks(at=at)
        sweep_leads(at=at)
        assert broken(at) == set()

    assert promise(pooled)[:2] == (END, END + timedelta(hours=4))
    assert stands(pooled) == (END + timedelta(hours=4), Lead.Band.FIRST_TOUCH)
    assert not Notice.objects.filter(lead=pooled).exists()
    assert pooled.events.latest("id").data["because"] == "meeting_at_account"


def test_who_was_laid_aside_and_is_not_called_after_the_meeting_was_missed(pooled, hers, alice, peter):
    book(hers, peter, by=alice)
    late = END + timedelta(hours=4)

    notice_clocks(at=late)
    sweep_leads(at=late)

    assert [state for _began, _due, state in promises(pooled)] == ["excused", "missed"]
    assert stands(pooled) == (late, Lead.Band.MISSED)


def test_or_anew_where_its_moment_has_passed_meanwhile(pooled, hers, alice, peter):
    hand_off = book(hers, peter, by=alice)
    tomorrow = NOON + timedelta(days=1)

    withdraw_hand_off(hand_off, by=alice, at=tomorrow)

    assert promise(pooled)[:2] == (tomorrow, tomorrow + timedelta(hours=4))
    assert stands(pooled) == (tomorrow + timedelta(hours=4), Lead.Band.FIRST_TOUCH)


def test_it_moves_with_the_meeting(pooled, hers, alice, peter):
    hand_off = book(hers, peter, by=alice)

    for day in (4, 1):
        move_meeting(hand_off, meeting=wall(NOON + timedelta(days=day)), by=alice, at=LATER)
        assert promise(pooled)[0] == NOON + timedelta(days=day, minutes=30)

    assert broken() == set()


def test_who_comes_in_after_it_was_booked_is_put_off_by_the_tick(account, hers, alice, peter):
    book(hers, peter, by=alice)
    pooled = make_lead(person=make_person(account=account), at=LATER)
    assert "promise_of_the_pool_before_a_meeting" in broken(TICK)

    release_absent(at=TICK)

    assert promise(pooled)[0] == END
    assert broken(TICK) == set()


def test_who_asked_waits_for_nobody_in_the_pool_either(account, pooled, hers, alice, peter):
    raiser = make_lead(lane=Lane.HAND_RAISER, person=make_person(account=account))
    before = promise(raiser)
    book(hers, peter, by=alice)
    assert promise(raiser) == before

    engage([NewEngagement(person_id=pooled.person_id, kind="asked", at=LATER)], at=LATER)
    release_absent(at=TICK)

    assert promise(pooled)[0] == LATER


def test_nor_who_was_promised_a_moment(his, hers, alice, bob, peter):
    set_step(his, kind=StepKind.CALL_BACK, due=LATER + timedelta(days=1), by=bob, at=NOON)
    release_lead(his, by=bob, at=NOON)
    before = promise(his)

    book(hers, peter, by=alice)
    release_absent(at=TICK)

    assert promise(his) == before


def test_a_reservation_lasts_until_the_first_touch_that_waits(account, hers, alice, bob, peter):
    reserved = make_lead(bdr=bob, reserved=True, person=make_person(account=account))
    before = Lead.objects.get(pk=reserved.pk).reserved_until
    hand_off = book(hers, peter, by=alice)

    sweep_leads(at=before)
    reserved.refresh_from_db()
    assert (reserved.bdr, reserved.reserved_until) == (bob, END + timedelta(hours=4))

    withdraw_hand_off(hand_off, by=alice, at=LATER)
    reserved.refresh_from_db()
    assert reserved.reserved_until == before
    assert broken() == set()


def test_who_is_taken_after_all_is_tried_when_it_was_promised_first(pooled, hers, alice, bob, peter):
    due = promise(pooled)[1]
    hand_off = book(hers, peter, by=alice)
    claim_lead(pooled, by=bob, at=LATER)
    assert attempt(pooled) == (END, due)

    withdraw_hand_off(hand_off, by=alice, at=LATER)

    assert attempt(pooled) == (due, None)
    assert promise(pooled)[1] == due


@pytest.mark.parametrize("act", ["claim", "note"])
@pytest.mark.parametrize("is_met", [True, False])
def test_undo_misses_no_promise_whose_moment_has_passed_while_it_waited(pooled, hers, alice, bob, peter, act, is_met):
    claim_lead(pooled, by=bob, at=NOON)
    if act == "note":
        add_note(pooled, text="words", by=bob, at=NOON)
    hand_off = book(hers, peter, by=alice)
    late = promises(pooled)[0][1] + timedelta(hours=1)
    if not is_met:
        withdraw_hand_off(hand_off, by=alice, at=late)

    undo_last(pooled, by=bob, at=late)
    notice_clocks(at=late)

    assert promise(pooled)[0] == (END if is_met else late)
    assert "missed" not in [state for _began, _due, state in promises(pooled)]
    assert broken(late) == set()
