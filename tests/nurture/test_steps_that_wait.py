"""A step that a play or track asks for waits for whom it is about, and for a colleague's meeting at the account, and
comes back, as an attempt of a cadence does."""

from datetime import UTC, date, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from agreement.models import Phase
from leads.actions.handing import withdraw_hand_off
from leads.actions.logging import log_call, set_step, snooze_step
from leads.checking import check_all
from leads.models import Lead, Step
from nurture.actions.absences import begin_absence, end_absence
from nurture.actions.advancing import advance, follow
from nurture.actions.enrolling import enrol, resume
from tests.leads.meetings import book as book_at
from tests.make import NOON, disposition, make_account, make_lead, make_person
from tests.nurture.making import make_track, step, wait

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Noon on Wednesday; she had said Friday of next week, and then Monday.
BACK = NOON + 2 * DAY
UNTIL, SOONER = datetime(2027, 3, 12, 8, 0, tzinfo=UTC), datetime(2027, 3, 8, 8, 0, tzinfo=UTC)
MEETS = NOON + 4 * DAY
OVER = MEETS + 30 * MINUTE
WHO = [(Phase.WORKING, "call"), (Phase.WORKING, "task"), (Phase.NURTURE, "call"), (Phase.NURTURE, "task")]


@pytest.fixture
def account(db):
    return make_account()


@pytest.fixture
def jo(rules, account):
    return make_person(email="jo@brevik.example", given_name="Jo", time_zone="UTC", account=account)


def in_hand(person, rep, phase=Phase.WORKING):
    lead = make_lead(phase=phase, bdr=rep, person=person)
    if phase == Phase.WORKING:
        log_call(lead, disposition=disposition("no_answer"), by=rep, at=NOON)
        lead.refresh_from_db()
    return lead


def begins(lead, rep, *nodes, at):
    is_play = Lead.objects.get(pk=lead.pk).phase == Phase.WORKING
    track = make_track(*nodes, kind="play" if is_play else "track", name="Early buyer")
    hers = enrol(lead.person, track=track, by=rep, at=at)
    advance(at=at)
    return hers


def goes_away(person, *, back_on=date(2027, 3, 12), at=NOON):
    begin_absence(person.pk, kind="out_of_office", words="", back_on=back_on, zone="UTC", said_at=at, at=at)


def planned(lead):
    """Her one open step; the lead is due with it."""
    one = Step.objects.open().get(lead=lead)
    now = Lead.objects.get(pk=lead.pk)
    assert now.due_at == min(filter(None, (one.due_at, now.wake_at if now.phase == Phase.NURTURE else None)))
    return one


def said_of(lead, client, rep):
    client.force_login(rep)
    return client.get(f"/leads/{lead.public_id}/").text


# Until she is back
@pytest.mark.parametrize(("phase", "kind"), WHO)
def test_what_is_planned_while_they_are_away_goes_back_from_their_day(client, jo, alice, phase, kind):
    lead = in_hand(jo, alice, phase)
    goes_away(jo)
    begins(lead, alice, step(step_kind=kind), at=NOON + HOUR)
    assert planned(lead).due_at == UNTIL

    end_absence(jo.pk, by=alice, at=BACK)
    advance(at=BACK)
    follow(at=BACK)

    assert planned(lead).due_at == BACK + MINUTE
    said = said_of(lead, client, alice)
    assert ("Attempts go on" in said, "back from out of office" in said) == (True, True)


@pytest.mark.parametrize(("phase", "kind"), WHO)
def test_what_was_planned_before_they_went_waits_and_is_due_when_it_was_planned(client, jo, alice, phase, kind):
    lead = in_hand(jo, alice, phase)
    begins(lead, alice, step(step_kind=kind), at=NOON + HOUR)
    before = planned(lead).due_at

    goes_away(jo, at=NOON + HOUR)

    assert (before < UNTIL, planned(lead).due_at) == (True, UNTIL)
    said = said_of(lead, client, alice)
    assert ("Attempts wait until" in said, "stays" in said) == (True, False)
    end_absence(jo.pk, by=alice, at=NOON + HOUR + MINUTE)
    assert planned(lead).due_at == before


def test_a_step_for_a_later_day_goes_back_to_that_day(jo, alice):
    lead = in_hand(jo, alice)
    goes_away(jo)
    begins(lead, alice, wait(3), step(), at=NOON)
    assert planned(lead).due_at == UNTIL

    end_absence(jo.pk, by=alice, at=NOON + HOUR)

    assert planned(lead).due_at == NOON + 3 * DAY


def test_who_is_back_on_an_earlier_day_than_they_had_said_is_called_then(client, jo, alice):
    lead = in_hand(jo, alice)
    goes_away(jo)
    begins(lead, alice, step(), at=NOON + HOUR)

    goes_away(jo, back_on=date(2027, 3, 8), at=NOON + 2 * HOUR)

    assert planned(lead).due_at == SOONER
    assert "back sooner than they had said" in said_of(lead, client, alice)


def test_so_long_an_absence_is_the_reps_to_decide_on_and_whoever_sleeps_is_left_alone(client, jo, alice):
    lead, asleep = in_hand(jo, alice), in_hand(make_person(time_zone="UTC"), alice, Phase.NURTURE)
    for one in (lead, asleep):
        begins(one, alice, step(), at=NOON + HOUR)
    before = planned(lead).due_at

    for one in (lead, asleep):
        goes_away(one.person, back_on=date(2027, 3, 20), at=NOON + HOUR)

    # The twentieth is a Saturday.
    assert (planned(lead).due_at, planned(asleep).due_at.day) == (before, 22)
    assert "so long an absence is yours to decide on" in said_of(lead, client, alice)


def test_what_a_rep_has_set_stays(jo, alice):
    lead = in_hand(jo, alice)
    begins(lead, alice, step(step_kind="task"), at=NOON + HOUR)
    set_step(lead, kind="email", by=alice, at=NOON + HOUR, due=NOON + DAY)
    goes_away(jo, at=NOON + HOUR)

    end_absence(jo.pk, by=alice, at=BACK)

    assert Step.objects.open().get(lead=lead, kind="email").due_at == NOON + DAY


def test_what_a_rep_has_put_off_meanwhile_stays(jo, alice):
    lead = in_hand(jo, alice)
    begins(lead, alice, step(step_kind="task"), at=NOON + HOUR)
    goes_away(jo, at=NOON + HOUR)
    snooze_step(lead, by=alice, at=NOON + 2 * HOUR, until=UNTIL + HOUR)

    end_absence(jo.pk, by=alice, at=BACK)

    assert Step.objects.open().get(lead=lead, kind="task").due_at == UNTIL + HOUR


def test_a_step_that_comes_again_after_they_are_back_comes_at_its_own_moment(jo, alice):
    lead = in_hand(jo, alice)
    goes_away(jo)
    hers = begins(lead, alice, wait(3), step(), at=NOON)
    set_step(lead, kind="call", by=alice, at=NOON + HOUR, due=NOON + 5 * DAY)
    follow(at=NOON + HOUR)
    end_absence(jo.pk, by=alice, at=NOON + 2 * HOUR)

    resume(hers, by=alice, at=NOON + 2 * HOUR)

    assert Step.objects.open().get(lead=lead, title__contains="Early buyer").due_at == NOON + 3 * DAY


def test_whoever_wakes_before_they_are_back_is_due_then_and_history_names_no_moment(client, jo, alice):
    lead = in_hand(jo, alice, Phase.NURTURE)
    Lead.objects.filter(pk=lead.pk).update(wake_at=NOON + 2 * HOUR, due_at=NOON + 2 * HOUR)
    begins(lead, alice, step(step_kind="task"), at=NOON + HOUR)

    goes_away(jo, at=NOON + HOUR)

    assert planned(lead).due_at == UNTIL
    assert "Attempts wait <" in said_of(lead, client, alice)


# Until a colleague's meeting at the account is over
@pytest.fixture
def hers(account, bob):
    return make_lead(phase=Phase.WORKING, bdr=bob, person=make_person(account=account))


def book(lead, peter, *, by, at=NOON):
    return book_at(lead, peter, by=by, start=MEETS, at=at)


def test_a_play_that_takes_the_place_of_an_attempt_waits_for_the_meeting_as_that_did(
    client, jo, hers, alice, bob, peter
):
    lead = in_hand(jo, alice)
    meeting = book(hers, peter, by=bob)
    assert planned(lead).due_at == OVER

    begins(lead, alice, step(), at=NOON + HOUR)

    one = planned(lead)
    assert (one.title, one.due_at, one.held_from) == ("Ask what is missing · Early buyer", OVER, NOON + 3 * HOUR)
    assert check_all(at=NOON + DAY)["attempt_before_a_meeting"] == []
    said = said_of(lead, client, alice)
    assert said.count("a colleague meets somebody there first") == 2
    withdraw_hand_off(meeting, by=bob, at=NOON + 2 * HOUR)
    assert (planned(lead).due_at, planned(lead).held_from) == (NOON + 3 * HOUR, None)


def test_a_meeting_that_is_booked_later_holds_up_what_a_play_has_planned(jo, hers, alice, bob, peter):
    lead = in_hand(jo, alice)
    begins(lead, alice, step(), at=NOON + HOUR)
    before = planned(lead).due_at

    book(hers, peter, by=bob, at=NOON + HOUR)

    assert (planned(lead).due_at, planned(lead).held_from) == (OVER, before)


def test_what_comes_again_does_not_wait_for_a_meeting_that_is_off(jo, hers, alice, bob, peter):
    lead = in_hand(jo, alice)
    meeting = book(hers, peter, by=bob)
    one = begins(lead, alice, wait(1), step(), at=NOON)
    assert planned(lead).due_at == OVER
    set_step(lead, kind="call", by=alice, at=NOON + HOUR, due=NOON + 5 * DAY)
    follow(at=NOON + HOUR)
    withdraw_hand_off(meeting, by=bob, at=NOON + HOUR)

    resume(one, by=alice, at=NOON + 2 * HOUR)

    assert Step.objects.open().get(lead=lead, title__contains="Early buyer").due_at == NOON + DAY


def test_what_was_planned_before_an_upgrade_is_known_and_the_way_back_leaves_its_moment(jo, hers, alice, bob, peter):
    lead = in_hand(jo, alice)
    book(hers, peter, by=bob)
    begins(lead, alice, step(), at=NOON + HOUR)
    upgrade = import_module("leads.migrations.0045_step_of_a_flow_filled")

    upgrade.empty(apps, connection.schema_editor())
    before = planned(lead)
    upgrade.fill(apps, connection.schema_editor())

    assert (before.made_by, before.held_from, before.due_at) == ("system", None, OVER)
    assert planned(lead).made_by == "flow"
    assert set(Step.objects.exclude(lead=lead).values_list("made_by", flat=True)) <= {"cadence", "system", "person"}
