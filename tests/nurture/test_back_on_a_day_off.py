"""Whoever comes back on a day off, or at night for their rep, is called in the first hour at which that can be."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import Person
from agreement.models import Phase
from leads.actions.claiming import reassign_leads
from leads.actions.holding import hold_forgotten_attempts
from leads.actions.logging import log_call
from leads.models import Lead, Step
from nurture.actions.absences import begin_absence, end_absence
from nurture.actions.advancing import advance
from nurture.actions.enrolling import enrol
from nurture.trying import try_on
from tests.leads.meetings import book
from tests.make import NOON, disposition, make_account, make_calendar, make_lead, make_person
from tests.nurture.making import make_track, step

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SATURDAY = date(2027, 3, 6)
# The rep works from eight to six in UTC, from Monday to Friday.
MONDAY, NEW_YORK_OPENS = datetime(2027, 3, 8, 8, 0, tzinfo=UTC), datetime(2027, 3, 8, 13, 0, tzinfo=UTC)
# Eight on Saturday in Tokyo is Friday night.
WHERE = [
    ("UTC", "call", MONDAY),
    ("Asia/Tokyo", "call", MONDAY),
    ("Asia/Tokyo", "task", MONDAY),
    ("America/New_York", "call", NEW_YORK_OPENS),
    ("America/New_York", "task", MONDAY),
]


@pytest.fixture(autouse=True)
def _rules(rules):
    pass


def in_hand(rep, zone="UTC", phase=Phase.WORKING, **fields):
    lead = make_lead(phase=phase, bdr=rep, person=make_person(time_zone=zone, **fields))
    if phase == Phase.WORKING:
        log_call(lead, disposition=disposition("no_answer"), by=rep, at=NOON)
        lead.refresh_from_db()
    return lead


def goes_away(lead, *, back_on=SATURDAY, at=NOON):
    zone, person = lead.person.time_zone, lead.person_id
    begin_absence(person, kind="out_of_office", words="", back_on=back_on, zone=zone, said_at=at, at=at)


def begins(lead, rep, *, kind="call", at=NOON + HOUR):
    track = make_track(step(step_kind=kind), kind="play" if lead.phase == Phase.WORKING else "track")
    enrol(lead.person, track=track, by=rep, at=at)
    advance(at=at)


def due(lead):
    return Step.objects.open().get(lead=lead).due_at


@pytest.mark.parametrize("phase", [Phase.WORKING, Phase.NURTURE])
@pytest.mark.parametrize(("zone", "kind", "first"), WHERE)
def test_a_step_that_is_planned_while_they_are_away_is_due_in_the_first_hour_for_it(alice, zone, kind, first, phase):
    lead = in_hand(alice, zone, phase)
    goes_away(lead)

    begins(lead, alice, kind=kind)

    assert due(lead) == first


@pytest.mark.parametrize(("zone", "first"), [(zone, first) for zone, kind, first in WHERE if kind == "call"])
@pytest.mark.parametrize("is_planned", ["before they went", "meanwhile"])
def test_an_attempt_of_a_cadence_waits_for_it_too_and_goes_back(alice, zone, first, is_planned):
    if is_planned == "before they went":
        lead = in_hand(alice, zone)
        planned = due(lead)
        goes_away(lead)
    else:
        lead = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(time_zone=zone))
        goes_away(lead)
        log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
        planned = due(in_hand(alice, zone))

    assert due(lead) == first

    end_absence(lead.person_id, at=NOON + HOUR)
    assert due(lead) == planned


@pytest.mark.parametrize("phase", [Phase.WORKING, Phase.NURTURE])
@pytest.mark.parametrize(("zone", "kind", "first"), WHERE)
def test_a_step_that_was_planned_before_they_went_is_due_in_it_too_and_goes_back(alice, zone, kind, first, phase):
    lead = in_hand(alice, zone, phase)
    begins(lead, alice, kind=kind)
    before = due(lead)

    goes_away(lead, at=NOON + HOUR)

    assert (before < first, due(lead)) == (True, first)
    end_absence(lead.person_id, by=alice, at=NOON + HOUR + MINUTE)
    assert due(lead) == before


@pytest.mark.parametrize("is_theirs", [True, False])
def test_it_goes_back_though_the_hours_are_others_by_then(alice, bob, mona, is_theirs):
    lead = in_hand(alice)
    begins(lead, alice)
    before = due(lead)
    goes_away(lead, at=NOON + HOUR)
    if is_theirs:
        Person.objects.filter(pk=lead.person_id).update(time_zone="America/New_York")
    else:
        bob.calendar = make_calendar(opens=9 * 60, closes=17 * 60)
        bob.save()
        reassign_leads([lead.pk], to=bob, by=mona, at=NOON + HOUR)

    end_absence(lead.person_id, by=mona, at=NOON + HOUR + MINUTE)

    assert due(lead) == before


def test_what_will_be_planned_is_told_for_the_same_hour(alice):
    lead = in_hand(alice, "America/New_York")
    goes_away(lead)
    version = make_track(step(), kind="play").versions.get()

    told = try_on(version, lead.person, at=NOON)

    assert [line.at for line in told.lines] == [NEW_YORK_OPENS]


@pytest.mark.parametrize(("zone", "kind", "first"), WHERE)
def test_who_says_a_day_off_that_is_sooner_is_called_in_the_first_hour_after_it(alice, zone, kind, first):
    lead = in_hand(alice, zone)
    goes_away(lead, back_on=date(2027, 3, 13))
    begins(lead, alice, kind=kind)
    assert due(lead) > first

    goes_away(lead, at=NOON + 2 * HOUR)

    assert due(lead) == first


@pytest.mark.parametrize(("zone", "kind", "first"), WHERE)
def test_who_is_back_at_night_is_called_in_the_first_hour_after_it(alice, zone, kind, first):
    lead = in_hand(alice, zone)
    goes_away(lead, back_on=date(2027, 3, 12))
    begins(lead, alice, kind=kind)

    end_absence(lead.person_id, by=alice, at=datetime(2027, 3, 6, 23, 0, tzinfo=UTC))

    assert due(lead) == first


def test_what_was_put_at_the_very_hour_of_return_before_an_upgrade_comes_back_too(alice):
    lead = in_hand(alice)
    begins(lead, alice)
    before = due(lead)
    goes_away(lead, at=NOON + HOUR)
    Step.objects.open().filter(lead=lead).update(due_at=datetime(2027, 3, 6, 8, 0, tzinfo=UTC))

    end_absence(lead.person_id, by=alice, at=NOON + HOUR + MINUTE)

    assert due(lead) == before


# And a colleague's meeting
def test_who_is_back_before_a_colleagues_meeting_is_called_after_it_at_once(alice, bob, peter):
    account = make_account()
    hers = make_lead(phase=Phase.WORKING, bdr=bob, person=make_person(account=account))
    book(hers, peter, by=bob, start=NOON + 4 * DAY, at=NOON)
    lead = in_hand(alice, account=account)
    goes_away(lead, back_on=date(2027, 3, 10))
    begins(lead, alice)
    assert due(lead) == datetime(2027, 3, 10, 8, 0, tzinfo=UTC)

    end_absence(lead.person_id, by=alice, at=NOON + DAY)

    one = Step.objects.open().get(lead=lead)
    assert (one.due_at, one.held_from) == (NOON + 4 * DAY + 30 * MINUTE, NOON + DAY + MINUTE)
    assert Lead.objects.get(pk=lead.pk).due_at == one.due_at
    assert hold_forgotten_attempts(at=NOON + DAY + HOUR) == 0
