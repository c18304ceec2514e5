"""The promise of a first touch waits exactly as long as the attempt that would keep it."""

from datetime import timedelta

import pytest

from leads.actions.claiming import claim_lead
from leads.actions.handing import withdraw_hand_off
from leads.actions.logging import log_call
from leads.actions.meetings import move_meeting
from leads.actions.sweeping import notice_clocks
from leads.actions.undoing import undo_last
from leads.models import HandOff, Notice
from tests.leads.meetings import END, LATER, book, broken, promise, promises, stands, wall
from tests.make import NOON, disposition, make_lead, make_person


def test_nobody_misses_the_first_touch_of_an_attempt_that_waits(hers, his, alice, mona, peter):
    _began, due, _notice = promise(his)
    book(hers, peter, by=alice)

    notice_clocks(at=due + timedelta(minutes=1))

    assert not Notice.objects.filter(lead=his, kind=Notice.Kind.MISSED).exists()
    assert promise(his)[:2] == (END, END + timedelta(hours=4))
    assert broken(due + timedelta(minutes=10)) == set()


def test_and_it_is_missed_when_nobody_calls_after_the_meeting(hers, his, alice, peter):
    book(hers, peter, by=alice)

    notice_clocks(at=END + timedelta(hours=5))

    assert [state for _began, _due, state in promises(his)] == ["excused", "missed"]


def test_the_promise_of_who_is_claimed_there_waits_too(account, hers, alice, bob, peter):
    queued = make_lead(person=make_person(account=account))
    book(hers, peter, by=alice)
    before = promise(queued)

    claim_lead(queued, by=bob, at=LATER)
    assert promise(queued)[0] == END

    undo_last(queued, by=bob, at=LATER)
    assert promise(queued) == before


def test_where_its_moment_has_passed_meanwhile_it_is_given_anew(hers, his, alice, peter):
    hand_off = book(hers, peter, by=alice)
    tomorrow = NOON + timedelta(days=1)

    withdraw_hand_off(hand_off, by=alice, at=tomorrow)

    assert promise(his)[:2] == (tomorrow, tomorrow + timedelta(hours=4))


def test_it_moves_with_the_meeting_and_back(hers, his, alice, peter):
    before = promise(his)
    hand_off = book(hers, peter, by=alice)
    move_meeting(hand_off, meeting=wall(NOON + timedelta(days=3)), by=alice, at=LATER)
    assert promise(his)[0] == NOON + timedelta(days=3, minutes=30)

    withdraw_hand_off(HandOff.objects.get(), by=alice, at=LATER)

    assert promise(his) == before


def test_who_is_called_before_the_meeting_all_the_same_has_been_touched(hers, his, alice, bob, peter):
    book(hers, peter, by=alice)

    log_call(his, disposition=disposition("no_answer"), by=bob, at=LATER)

    assert [state for _began, _due, state in promises(his)] == ["excused", "met"]


# Alike for who is worked and for who is in the pool
@pytest.fixture(params=["worked", "pooled"])
def lead(request):
    return request.getfixturevalue("his" if request.param == "worked" else "pooled")


@pytest.mark.parametrize("how", ["undo", "withdraw"])
def test_the_promise_runs_on_as_it_was_when_the_meeting_will_not_be(lead, hers, alice, peter, how):
    before, stood = promise(lead), stands(lead)
    hand_off = book(hers, peter, by=alice)

    if how == "undo":
        undo_last(hers, by=alice, at=LATER)
    else:
        withdraw_hand_off(hand_off, by=alice, at=LATER)

    assert (promise(lead), stands(lead)) == (before, stood)
    assert broken() == set()


def test_what_was_missed_before_stays_missed(lead, hers, alice, peter):
    due = promise(lead)[1]

    book(hers, peter, by=alice, at=due + timedelta(minutes=1))
    notice_clocks(at=due + timedelta(minutes=2))

    assert [state for _began, _due, state in promises(lead)] == ["missed"]
