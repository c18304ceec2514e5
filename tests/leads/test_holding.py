"""What holding promises beside the attempt itself: who asked is called, promises wait with the attempt, a rep's own
choice stands, and one definition finds whatever was missed."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import ContactPoint
from agreement.models import Lane, Phase, StepKind
from leads.actions.claiming import claim_lead, release_lead, take_next
from leads.actions.engaging import NewEngagement, engage
from leads.actions.handing import hand_off_lead, withdraw_hand_off
from leads.actions.leaving import release_absent
from leads.actions.logging import finish_step, log_call, plan_after_contact, set_step, snooze_step
from leads.actions.meetings import move_meeting
from leads.actions.sweeping import notice_clocks
from leads.actions.undoing import undo_last
from leads.models import Clock, HandOff, Lead, Notice, Step
from leads.pool import pool_of
from leads.rail import rail_of
from tests.leads.test_meeting_at_account import END, LATER, START, attempt, book, broken, wall
from tests.make import NOON, disposition, make_account, make_lead, make_person

TICK = LATER + timedelta(minutes=6)


def promises(lead):
    """Every promise of a first touch: when it began, when it is due, how it stands."""
    clocks = lead.clocks.filter(kind="first_touch").order_by("pk")
    return list(clocks.values_list("started_at", "due_at", "state"))


def promise(lead):
    """The one that runs."""
    return lead.clocks.running().values_list("started_at", "due_at", "next_notice_at").get(kind="first_touch")


# Who asked to be called is called
def unreachable(account, bdr, *, lane=Lane.HAND_RAISER):
    """Somebody of whom neither a phone nor an e-mail is known."""
    person = make_person(account=account, email=None, phone=None)
    return make_lead(lane=lane, person=person, phase=Phase.WORKING, bdr=bdr)


def find_phone(lead):
    number = "+12025550199"
    ContactPoint.objects.create(person=lead.person, kind="phone", value=number, normalised=number, is_primary=True)


def found(lead, how, *, by):
    find_phone(lead)
    if how == "done":
        return finish_step(lead, step=lead.steps.open().get(), by=by, at=LATER)
    return plan_after_contact(lead, by=by, at=LATER)


@pytest.mark.parametrize("how", ["done", "corrected"])
def test_a_hand_raiser_whose_number_was_found_does_not_wait(account, hers, alice, bob, peter, how):
    raiser = unreachable(account, bob)
    book(hers, peter, by=alice)

    found(raiser, how, by=bob)

    step = raiser.steps.open().get()
    assert (step.attempt, step.due_at, step.held_from) == (1, LATER + timedelta(minutes=1), None)
    assert broken(TICK) <= {"clock_is_unwatched"}


@pytest.mark.parametrize("how", ["done", "corrected"])
def test_whoever_s_number_was_found_begins_with_the_first_attempt_as_promised(bob, how):
    lead = unreachable(None, bob, lane=Lane.CONTENT)

    found(lead, how, by=bob)

    step = lead.steps.open().get()
    assert (step.attempt, step.due_at) == (1, lead.clocks.get(kind="first_touch").due_at)


@pytest.mark.parametrize("how", ["done", "corrected"])
def test_after_two_attempts_a_number_that_was_found_leads_to_the_third(bob, how):
    lead = make_lead(phase=Phase.WORKING, bdr=bob, person=make_person(email=None))
    log_call(lead, disposition=disposition("no_answer"), by=bob, at=NOON)
    log_call(lead, disposition=disposition("wrong_number"), by=bob, at=NOON)
    lead.refresh_from_db()

    found(lead, how, by=bob)

    assert lead.steps.open().get().attempt == 3


def test_who_was_called_once_waits_like_everybody(account, hers, alice, bob, peter):
    raiser = make_lead(lane=Lane.HAND_RAISER, person=make_person(account=account), phase=Phase.WORKING, bdr=bob)
    book(hers, peter, by=alice)

    log_call(raiser, disposition=disposition("no_answer"), by=bob, at=LATER)

    assert attempt(raiser)[0] == END


def test_who_asks_while_her_attempt_waits_waits_no_longer(hers, his, alice, bob, peter):
    book(hers, peter, by=alice)

    engage([NewEngagement(person_id=his.person_id, kind="asked", at=LATER)], at=LATER)
    assert broken() == set()
    assert "hand_raiser_waits_for_a_meeting" in broken(TICK)

    release_absent(at=TICK)

    assert attempt(his)[1] is None
    assert "hand_raiser_waits_for_a_meeting" not in broken(TICK)


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


# The promise of a first touch waits with the attempt
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
    before = promise(queued)
    book(hers, peter, by=alice)

    claim_lead(queued, by=bob, at=LATER)
    assert promise(queued)[0] == END

    undo_last(queued, by=bob, at=LATER)
    assert promise(queued) == before


@pytest.mark.parametrize("how", ["undo", "withdraw"])
def test_the_promise_runs_on_as_it_was_when_the_meeting_will_not_be(hers, his, alice, peter, how):
    before = promise(his)
    hand_off = book(hers, peter, by=alice)

    if how == "undo":
        undo_last(hers, by=alice, at=LATER)
    else:
        withdraw_hand_off(hand_off, by=alice, at=LATER)

    assert promise(his) == before
    assert broken() == set()


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


def test_what_was_missed_before_stays_missed(hers, his, alice, peter):
    due = promise(his)[1]

    book(hers, peter, by=alice, at=due + timedelta(minutes=1))
    notice_clocks(at=due + timedelta(minutes=2))

    assert [state for _began, _due, state in promises(his)] == ["missed"]


def test_who_is_called_before_the_meeting_all_the_same_has_been_touched(hers, his, alice, bob, peter):
    book(hers, peter, by=alice)

    log_call(his, disposition=disposition("no_answer"), by=bob, at=LATER)

    assert [state for _began, _due, state in promises(his)] == ["excused", "met"]


# The pool
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


# What a rep chose herself
def test_what_she_put_before_the_meeting_stays_there(hers, his, alice, bob, peter):
    book(hers, peter, by=alice)
    before = promise(his)
    chosen = LATER + timedelta(hours=4)

    snooze_step(his, by=bob, at=LATER, until=chosen)
    release_absent(at=TICK)

    assert attempt(his) == (chosen, None)
    assert broken(TICK) == set()
    assert promise(his)[0] < before[0]

    undo_last(his, by=bob, at=TICK)

    assert attempt(his)[0] == END
    assert promise(his) == before


def test_nor_does_a_meeting_that_is_booked_later_move_it(hers, his, alice, bob, peter):
    chosen = LATER + timedelta(hours=4)
    snooze_step(his, by=bob, at=LATER, until=chosen)

    book(hers, peter, by=alice)
    release_absent(at=TICK)

    assert attempt(his) == (chosen, None)


def test_nor_what_she_set_herself(hers, his, alice, bob, peter):
    book(hers, peter, by=alice)
    chosen = LATER + timedelta(hours=3)

    set_step(his, kind=StepKind.CALL, due=chosen, by=bob, at=LATER)
    release_absent(at=TICK)

    assert his.steps.open().get().due_at == chosen
    assert broken(TICK) == set()


# Given back
def test_what_is_given_back_is_due_when_it_was_planned_and_waits_again_when_taken(hers, his, alice, bob, peter):
    log_call(his, disposition=disposition("no_answer"), by=bob, at=NOON)
    planned = his.steps.open().get().due_at
    hand_off = book(hers, peter, by=alice)

    release_lead(his, by=bob, at=LATER)
    assert Lead.objects.get(pk=his.pk).due_at == planned

    claim_lead(his, by=bob, at=LATER)
    assert attempt(his) == (END, planned)

    release_lead(his, by=bob, at=LATER)
    withdraw_hand_off(hand_off, by=alice, at=LATER)
    claim_lead(his, by=bob, at=LATER)
    assert attempt(his) == (planned, None)


def test_what_nobody_has_touched_goes_back_with_the_promise_it_had(hers, his, alice, bob, peter):
    before = promise(his)
    book(hers, peter, by=alice)

    release_lead(his, by=bob, at=LATER)

    assert promise(his) == before
    assert Lead.objects.get(pk=his.pk).due_at == before[1]
    assert broken() == set()


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
