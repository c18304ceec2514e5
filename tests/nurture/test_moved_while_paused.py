"""Who rests while a newer version takes the place of what they waited for begins what follows when they go on."""

import pytest

from leads.actions.logging import finish_step, set_step
from leads.actions.undoing import undo_last
from nurture.actions.enrolling import pause, resume
from nurture.models import Message
from tests.nurture.making import email, move_all, wait
from tests.nurture.test_step_open_again import (
    AT,
    BACK,
    DAY,
    DONE,
    HOUR,
    LOOK,
    MINUTE,
    THIRD,
    asked,
    begun,
    holds,
    newer,
    send,
    stands,
    tick,
)

pytestmark = pytest.mark.usefixtures("rules")


def by_hand(lead, one, rep):
    pause(one, by=rep, at=AT + MINUTE)


def by_a_step_of_hers(lead, one, rep):
    set_step(lead, kind="task", title="Ask a colleague", by=rep, at=AT + MINUTE, due=AT + DAY)
    tick(AT + 2 * MINUTE)


def goes_on(lead, one, rep):
    resume(one, by=rep, at=BACK)


def takes_back(lead, one, rep):
    undo_last(lead, by=rep, at=BACK)


WAYS = {"paused": (by_hand, goes_on), "step taken back": (by_a_step_of_hers, takes_back)}


def moved(rep, way, nodes, *kept):
    """Resting at the first of these, in a version with those alone that are kept, and going on."""
    rests, wakes = WAYS[way]
    lead, one = begun(rep, *nodes)
    rests(lead, one, rep)
    move_all(newer(one, *kept), by=rep, at=DONE)
    assert stands(one)[0] == "paused"
    wakes(lead, one, rep)
    tick(BACK + MINUTE)
    tick(BACK + 2 * MINUTE)
    return lead, one


@pytest.mark.parametrize("way", WAYS)
def test_a_step_that_follows_is_asked_for(alice, way):
    lead, one = moved(alice, way, [send(), LOOK, THIRD], 1)

    assert (stands(one), asked(lead)) == (("active", "Look them up", "open"), ["Look them up"])
    holds(BACK + 2 * MINUTE)


@pytest.mark.parametrize("way", WAYS)
def test_a_wait_that_follows_is_waited_for(alice, way):
    _lead, one = moved(alice, way, [send(), wait(7), email()], 1, 2)

    assert (stands(one)[1], Message.objects.count()) == ("wait", 0)
    assert one.due_at >= BACK + 7 * DAY


@pytest.mark.parametrize("way", WAYS)
def test_behind_the_last_it_comes_to_its_end(alice, way):
    rests, wakes = WAYS[way]
    lead, one = begun(alice, LOOK, send())
    finish_step(lead, step=one.step, by=alice, at=AT)
    tick(AT)
    lead.refresh_from_db()
    rests(lead, one, alice)
    move_all(newer(one, 0), by=alice, at=DONE)

    wakes(lead, one, alice)
    tick(BACK + MINUTE)

    one.refresh_from_db()
    assert (one.state, one.outcome, asked(lead)) == ("ended", "exhausted", [])


def test_of_a_wait_that_both_versions_know_the_days_that_passed_count(alice):
    _lead, one = begun(alice, wait(7), email(), LOOK)
    pause(one, by=alice, at=AT + HOUR)
    move_all(newer(one, 0, 1), by=alice, at=AT + 2 * DAY)

    resume(one, by=alice, at=AT + 3 * DAY)

    one.refresh_from_db()
    assert one.due_at == AT + 7 * DAY
