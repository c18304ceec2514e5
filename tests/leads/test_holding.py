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
from leads.actions.logging import add_note, finish_step, log_call, plan_after_contact, set_step, snooze_step
from leads.actions.meetings import move_meeting
from leads.actions.sweeping import notice_clocks, sweep_leads
from leads.actions.undoing import undo_last
from leads.bands import CLAIM_GRACE
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
    book(hers, peter, by=alice)
    before = promise(queued)

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


# The promise of who is laid aside waits, too
@pytest.fixture
def pooled(alice, account):
    return make_lead(person=make_person(account=account))


def stands(lead):
    """When it is due, in which band it stands."""
    lead = Lead.objects.get(pk=lead.pk)
    return lead.due_at, lead.band


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


@pytest.mark.parametrize("how", ["undo", "withdraw"])
def test_it_is_due_as_before_when_the_meeting_will_not_be(pooled, hers, alice, peter, how):
    before, stood = promise(pooled), stands(pooled)
    hand_off = book(hers, peter, by=alice)

    if how == "undo":
        undo_last(hers, by=alice, at=LATER)
    else:
        withdraw_hand_off(hand_off, by=alice, at=LATER)

    assert (promise(pooled), stands(pooled)) == (before, stood)
    assert broken() == set()


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
    assert "promise_of_the_pool_is_wrongly_timed" in broken(TICK)

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


def test_what_was_missed_in_the_pool_before_stays_missed(pooled, hers, alice, peter):
    due = promise(pooled)[1]

    book(hers, peter, by=alice, at=due + timedelta(minutes=1))
    notice_clocks(at=due + timedelta(minutes=2))

    assert [state for _began, _due, state in promises(pooled)] == ["missed"]


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


def test_what_nobody_has_touched_goes_back_and_its_promise_waits_in_the_pool(hers, his, alice, bob, peter):
    before = promise(his)
    hand_off = book(hers, peter, by=alice)

    release_lead(his, by=bob, at=LATER)
    assert promise(his)[0] == END
    assert Lead.objects.get(pk=his.pk).due_at == promise(his)[1]
    assert broken(TICK) == set()

    withdraw_hand_off(hand_off, by=alice, at=LATER)
    assert promise(his) == before
    assert Lead.objects.get(pk=his.pk).due_at == before[1]


def test_and_runs_on_where_nobody_meets_anybody(his, bob):
    before = promise(his)

    release_lead(his, by=bob, at=LATER)

    assert promise(his) == before


def test_what_a_rep_put_off_stays_there_when_a_colleague_takes_it(hers, his, alice, bob, peter):
    log_call(his, disposition=disposition("no_answer"), by=bob, at=NOON)
    chosen = LATER + timedelta(days=1)
    snooze_step(his, by=bob, at=LATER, until=chosen)
    release_lead(his, by=bob, at=LATER)
    book(hers, peter, by=alice)

    claim_lead(his, by=alice, at=LATER)

    assert attempt(his) == (chosen, None)


def test_a_claim_that_was_late_already_stays_while_its_attempt_is_held_up(hers, his, alice, bob, peter):
    late = promise(his)[1] + timedelta(minutes=1)
    book(hers, peter, by=alice, at=late)
    assert Lead.objects.get(pk=his.pk).sweep_at == END + CLAIM_GRACE

    sweep_leads(at=late + timedelta(hours=1))

    assert Lead.objects.get(pk=his.pk).bdr == bob


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
