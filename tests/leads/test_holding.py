"""Whoever a meeting should hold up or let go on is found by the tick; it costs little and is said."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from leads.actions.handing import hand_off_lead
from leads.actions.leaving import release_absent
from leads.actions.logging import log_call
from leads.actions.meetings import move_meeting
from leads.models import Clock, HandOff, Step
from tests.leads.meetings import END, LATER, START, TICK, attempt, book, broken, wall
from tests.make import NOON, disposition, make_account, make_lead, make_person


# Nobody is forgotten
@pytest.mark.parametrize(
    ("change", "end"),
    [
        ({"meeting_at": NOON + timedelta(days=1)}, NOON + timedelta(days=1, minutes=30)),
        ({"minutes": 15}, START + timedelta(minutes=15)),
        ({"minutes": 120}, START + timedelta(minutes=120)),
    ],
    ids=["earlier", "shorter", "longer"],
)
def test_a_meeting_that_ends_otherwise_is_found_by_the_tick(hers, his, alice, peter, change, end):
    planned = his.due_at
    book(hers, peter, by=alice)
    HandOff.objects.update(**change)
    assert "attempt_waits_for_nothing" in broken(TICK)

    release_absent(at=TICK)

    assert attempt(his) == (end, planned)
    assert broken(TICK) == set()


def test_a_longer_meeting_holds_as_long_as_it_is(hers, his, alice, peter):
    planned = his.due_at
    hand_off = book(hers, peter, by=alice)

    move_meeting(hand_off, meeting=wall(START), minutes=90, by=alice, at=LATER)

    assert attempt(his) == (START + timedelta(minutes=90), planned)


# Cost
def test_booking_costs_the_same_for_one_colleague_and_for_ten(account, alice, bob, peter):
    costs = []
    for colleagues in (1, 10):
        there = make_account()
        lead = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(account=there))
        for _ in range(colleagues):
            make_lead(phase=Phase.WORKING, bdr=bob, person=make_person(account=there))
        book(make_lead(phase=Phase.WORKING, bdr=alice), peter, by=alice)  # what is kept in memory is read
        with CaptureQueriesContext(connection) as asked:
            book(lead, peter, by=alice)
        costs.append(len(asked))
        assert Step.objects.filter(lead__account=there, held_from__isnull=False).count() == colleagues
        assert Clock.objects.filter(lead__account=there, started_at=END).count() == colleagues

    assert costs[0] == costs[1]


# It is said
def test_queue_page_and_history_say_why_it_waits(account, alice, bob, peter, client):
    now = timezone.now()
    hers = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(account=account), at=now - timedelta(hours=3))
    his = make_lead(phase=Phase.WORKING, bdr=bob, person=make_person(account=account), at=now - timedelta(hours=3))
    start = (now + timedelta(days=9)).replace(second=0, microsecond=0)
    hand_off_lead(hers, ae=peter, by=alice, at=now - timedelta(hours=2), meeting=wall(start))
    event = log_call(his, disposition=disposition("no_answer"), by=bob, at=now - timedelta(hours=1))
    client.force_login(bob)

    page = client.get(reverse("leads:lead", args=[his.public_id])).text
    queue = client.get(reverse("leads:queue")).text

    assert event.data["because"] == "meeting_at_account"
    assert "waits: a colleague meets somebody there" in page
    assert "Waits: a colleague meets somebody there" in queue
