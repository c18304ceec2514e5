"""Somebody's own calendar reads what she has to do at a moment; who has not the address reads nothing."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from icalendar import Calendar

from accounts.actions.people import suppress_person
from agreement.models import Phase, StepKind
from config.log_lines import hide_secret_addresses
from leads.actions.handing import hand_off_lead, reject_hand_off
from leads.actions.logging import set_step
from team.actions.feeds import make_feed, revoke_feed, show_names
from team.models import Absence, CalendarFeed, Role
from tests.make import NOON, make_account, make_lead, make_person, make_user, reason


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def address(token):
    return reverse("leads:calendar_feed", args=[token])


def entries(client, token):
    """(words, begins, minutes) of each entry."""
    answer = client.get(address(token))
    assert answer.status_code == 200
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    return sorted(
        (str(one["summary"]), one.decoded("dtstart"), (one.decoded("dtend") - one.decoded("dtstart")).seconds // 60)
        for one in events
    )


@pytest.fixture
def day(alice, bob, peter):
    """Alice has a meeting booked, a call-back promised, a call planned that nobody was told of, and a day off."""
    account = make_account(name="Corvane")
    met, called = (
        make_lead(
            phase=Phase.WORKING, bdr=alice, person=make_person(given_name=name, account=account), account_id=account.pk
        )
        for name in ("Ada", "Jo\r\nATTENDEE:x")
    )  # fmt: skip
    hand_off = hand_off_lead(
        met, ae=peter, meeting=(NOON.replace(tzinfo=None) + timedelta(days=2), "UTC"), minutes=45, by=alice, at=NOON
    )
    when = (NOON.replace(tzinfo=None) + timedelta(hours=3), "UTC")
    set_step(called, kind=StepKind.CALL_BACK, due=when, promised=True, by=alice, at=NOON)
    away = NOON + timedelta(days=4)
    Absence.objects.create(user=alice, starts_at=away, ends_at=away + timedelta(hours=8), cover=bob)
    return hand_off


def test_her_calendar_has_meetings_promises_and_absences_without_any_name(client, alice, peter, day):
    token = make_feed(alice, has_names=False, at=NOON)

    assert entries(client, token) == [
        ("Away, covered", NOON + timedelta(days=4), 480),
        ("Call back", NOON + timedelta(hours=3), 15),
        ("Meeting that you booked", NOON + timedelta(days=2), 45),
    ]
    file = client.get(address(token)).content.decode()
    assert not re.search("Ada|Jo|Corvane|Bob|Peter|@example", file)
    assert entries(client, make_feed(peter, has_names=False, at=NOON))[0][0] == "Meeting"


def test_names_are_in_it_when_she_says_so_and_none_begins_a_line(client, alice, day):
    token = make_feed(alice, has_names=False, at=NOON)
    show_names(alice, True)

    words = [entry[0] for entry in entries(client, token)]

    assert re.fullmatch(r"Ada \d+ \(Corvane\) with Peter", words[0])
    assert words[1] == "Away, covered by Bob"
    assert re.fullmatch(r"Call back: Jo ATTENDEE:x \d+ \(Corvane\)", words[2])
    assert "\r\nATTENDEE" not in client.get(address(token)).content.decode()


def test_what_was_promised_is_called_by_what_is_left_of_it(client, alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    when = (NOON.replace(tzinfo=None) + timedelta(hours=3), "UTC")
    set_step(lead, kind=StepKind.CALL_EMAIL, due=when, promised=True, by=alice, at=NOON)
    token = make_feed(alice, has_names=False, at=NOON)
    assert [words for words, _at, _minutes in entries(client, token)] == ["Call and e-mail"]

    suppress_person(lead.person, "email", source="unsubscribed", at=NOON)

    assert [words for words, _at, _minutes in entries(client, token)] == ["Call"]


def test_a_meeting_that_will_not_be_stands_in_it_no_more(client, alice, peter, day):
    token = make_feed(alice, has_names=False, at=NOON)
    reject_hand_off(day, reason=reason("reject_no_need"), by=peter, at=NOON)

    assert "Meeting" not in " ".join(entry[0] for entry in entries(client, token))


def test_an_address_made_anew_or_revoked_leads_nowhere(client, alice, day):
    first = make_feed(alice, has_names=True, at=NOON)
    second = make_feed(alice, has_names=True, at=NOON)

    assert client.get(address(first)).status_code == 404
    assert client.get(address(second)).status_code == 200
    assert revoke_feed(alice, by=alice, at=NOON)
    assert client.get(address(second)).status_code == 404
    assert client.get(address("-")).status_code == 404


def test_who_left_or_holds_no_role_has_no_calendar_here(client, alice, bob):
    tokens = [make_feed(user, has_names=True, at=NOON) for user in (alice, bob)]
    alice.is_active = False
    alice.save(update_fields=["is_active"])
    bob.memberships.all().delete()

    assert [client.get(address(token)).status_code for token in tokens] == [404, 404]


def test_the_database_does_not_know_the_address(alice):
    token = make_feed(alice, has_names=False, at=NOON)

    (feed,) = CalendarFeed.objects.values()
    assert token not in str(feed)
    assert len(token) >= 43


def test_who_asks_again_soon_is_answered_from_where_she_keeps_it(client, alice, day):
    token = make_feed(alice, has_names=False, at=NOON)
    first = client.get(address(token))
    again = {"If-None-Match": first["ETag"]}

    assert first["Cache-Control"] == "private, max-age=900"
    assert client.get(address(token), headers=again).status_code == 304
    assert first["Content-Type"].startswith("text/calendar")

    Absence.objects.all().delete()
    assert client.get(address(token), headers=again).status_code == 200


def test_a_telephone_that_asks_by_head_first_is_answered(client, alice, day):
    token = make_feed(alice, has_names=False, at=NOON)

    asked, given = client.head(address(token)), client.get(address(token))

    assert (asked.status_code, asked.content, asked.headers["ETag"]) == (200, b"", given.headers["ETag"])


@pytest.mark.parametrize("entries_of_each", [1, 6])
def test_a_file_costs_the_same_statements_however_much_it_holds(
    client, alice, peter, entries_of_each, django_assert_num_queries
):
    for number in range(entries_of_each):
        lead = make_lead(phase=Phase.WORKING, bdr=alice)
        when = (NOON.replace(tzinfo=None) + timedelta(hours=3), "UTC")
        set_step(lead, kind=StepKind.CALL_BACK, due=when, promised=True, by=alice, at=NOON)
        day = NOON + timedelta(days=number)
        Absence.objects.create(user=alice, starts_at=day, ends_at=day + timedelta(hours=8))
    token = make_feed(alice, has_names=True, at=NOON)
    client.get(address(token))

    # The feed with its user, her roles; meetings, promises, what their people asked for, absences.
    with django_assert_num_queries(7):
        client.get(address(token))


def test_the_address_is_shown_once_on_her_settings(client, alice):
    client.force_login(alice)

    made = client.post(reverse("team:calendar"), {"act": "make", "has_names": "on"})
    (url,) = set(re.findall(r"http://testserver(/calendar/[\w-]+\.ics)", made.text))

    assert client.get(url).status_code == 200
    assert "no-store" in made["Cache-Control"]
    assert CalendarFeed.objects.get().has_names
    assert url not in client.get(reverse("team:profile")).text


def test_her_settings_turn_names_off_and_revoke(client, alice):
    token = make_feed(alice, has_names=True, at=NOON)
    client.force_login(alice)

    client.post(reverse("team:calendar"), {"act": "keep"})
    assert not CalendarFeed.objects.get().has_names
    assert client.get(address(token)).status_code == 200

    client.post(reverse("team:calendar"), {"act": "revoke"})
    assert client.get(address(token)).status_code == 404


def test_an_admin_may_see_neither_the_feed_nor_the_address_of_another(client, alice):
    make_feed(alice, has_names=True, at=NOON)
    client.force_login(make_user("ada", Role.ADMIN))

    assert "Revoke the address" not in client.get(reverse("team:profile")).text


@pytest.mark.once
def test_no_log_holds_the_address():
    line = {"event": "Not Found: /calendar/s3cr-et.ics", "request": "GET /calendar/s3cr-et.ics?a", "status": 404}

    assert hide_secret_addresses(None, "info", line) == {
        "event": "Not Found: /calendar/-.ics", "request": "GET /calendar/-.ics?a", "status": 404,
    }  # fmt: skip
