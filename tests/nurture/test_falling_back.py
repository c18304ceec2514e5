"""Whoever goes on in another track comes in by the same door as everybody who is put into it."""

from datetime import timedelta

import pytest

from accounts.models import Employment
from agreement.models import Phase
from nurture.actions.advancing import advance
from nurture.actions.enrolling import enrol
from nurture.actions.entering import is_held_out
from nurture.models import Enrolment, Sorting
from nurture.unfed import unreached
from tests.make import NOON, make_lead, make_person
from tests.nurture.making import email, empty, make_track, wait

DAY = timedelta(days=1)
LATER = NOON + DAY


def at_the_end(alice, fallback, *, lead=None):
    lead = lead or make_lead(phase=Phase.NURTURE, bdr=alice)
    hers = enrol(lead.person, track=make_track(wait(1), fallback=fallback), by=alice, at=NOON)
    advance(at=NOON)
    return hers


def newest(person):
    return Enrolment.objects.filter(person=person).order_by("-id").first()


def test_that_she_came_in_stands_in_its_history(alice):
    hers = at_the_end(alice, make_track(wait(5)))

    advance(at=LATER)

    entered = newest(hers.person).passages.get()
    assert (entered.what, entered.at, entered.by) == ("entered", LATER, None)


def test_of_those_who_go_on_in_it_its_share_is_left_without(alice):
    fallback = make_track(email(), hold_out_percent=50)
    somebody = iter(lambda: make_person(time_zone="UTC"), None)
    left, fed = (next(one for one in somebody if is_held_out(fallback, one) is held) for held in (True, False))
    for person in (left, fed):
        at_the_end(alice, fallback, lead=make_lead(phase=Phase.NURTURE, bdr=alice, person=person))

    advance(at=LATER)

    assert [newest(one).is_held_out for one in (left, fed)] == [True, False]
    assert all(newest(one).track == fallback for one in (left, fed))


def test_whom_no_mail_reaches_is_not_put_into_one_that_writes_and_stands_with_the_unfed(alice):
    hers = at_the_end(alice, make_track(email()))
    sleep = hers.lead.recyclings.get()
    Sorting.objects.create(recycling=sleep, answer="taken", slept_at=NOON, at=NOON)
    hers.person.contact_points.filter(kind="email").update(state="bounced")

    advance(at=LATER)

    hers.refresh_from_db()
    assert newest(hers.person) == hers
    assert (hers.state, hers.outcome) == ("ended", "unreachable")
    assert unreached().filter(recycling=sleep).exists()


@pytest.mark.parametrize("how", ["ends", "retired"])
def test_nobody_is_put_into_one_whose_goal_she_has_reached(alice, how):
    there = make_track(wait(5), goal="role", goal_role="champion")
    hers = at_the_end(alice, there)
    Employment.objects.create(person=hers.person, title="Head of planning", role="champion")

    if how == "ends":
        advance(at=LATER)
    else:
        empty(hers.track, into=there, by=alice, at=LATER)

    hers.refresh_from_db()
    assert newest(hers.person) == hers
    assert hers.outcome == ("exhausted" if how == "ends" else "stopped")
