"""The meeting as a file: one UID, a number that grows, off means cancelled, and nobody's name can add a line."""

from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from leads.actions.handing import accept_hand_off, hand_off_lead, reject_hand_off, withdraw_hand_off
from leads.actions.meetings import move_meeting
from leads.actions.moving import Target, move_leads
from leads.actions.outcomes import return_lead
from leads.actions.undoing import undo_last
from leads.invitation import invitation
from leads.models import HandOff
from team.models import Role
from tests.make import NOON, make_account, make_lead, make_person, make_user, reason

TOMORROW_3PM = datetime(2027, 3, 2, 15, 0)
NEW_YORK = "America/New_York"


@pytest.fixture
def booked(alice, peter):
    person = make_person(given_name="Iris", family_name="Bell", account=(account := make_account(name="Corrow")))
    lead = make_lead(phase="working", bdr=alice, person=person)
    assert lead.account == account
    return hand_off_lead(
        lead, ae=peter, by=alice, at=NOON, meeting=(TOMORROW_3PM, NEW_YORK), minutes=45, place="Video", line="Asked why"
    )


def event_of(hand_off, **more):
    hand_off = HandOff.objects.with_people().get(pk=hand_off.pk)
    calendar = Calendar.from_ical(invitation(hand_off, at=NOON, **more))
    (event,) = calendar.walk("VEVENT")
    return calendar, event


def test_a_download_publishes_the_meeting_at_its_moment(booked, peter):
    calendar, event = event_of(booked, url="https://midfield.example/hand-offs/1/")

    assert (calendar["method"], event["status"]) == ("PUBLISH", "TENTATIVE")
    assert event["dtstart"].dt == datetime(2027, 3, 2, 20, 0, tzinfo=UTC)
    assert event["dtend"].dt - event["dtstart"].dt == timedelta(minutes=45)
    assert event["uid"] == f"{booked.public_id}@midfield"
    assert (event["sequence"], event["location"]) == (0, "Video")
    assert event["organizer"] == f"mailto:{peter.email}"
    # RFC 5546: what is published asks nobody.
    assert "attendee" not in event
    assert "15:00 in America/New York" in event["description"]


def test_the_file_for_her_invites_her_and_says_nothing_written_about_her(booked, alice, peter):
    calendar, event = event_of(booked, asked="REQUEST", email="iris@corrow.example", url="https://inside.example/")

    assert calendar["method"] == "REQUEST"
    invited = {str(one): one.params for one in event["attendee"]}
    assert list(invited) == ["mailto:iris@corrow.example", f"mailto:{peter.email}", f"mailto:{alice.email}"]
    assert invited["mailto:iris@corrow.example"]["RSVP"] == "TRUE"
    assert "Asked why" not in event["description"]
    assert "url" not in event


def test_moving_keeps_the_uid_and_raises_the_number(booked, alice):
    _calendar, before = event_of(booked)
    move_meeting(booked, meeting=(datetime(2027, 3, 15, 15, 0), NEW_YORK), by=alice, at=NOON)

    _calendar, after = event_of(booked)

    assert after["uid"] == before["uid"]
    assert (before["sequence"], after["sequence"]) == (0, 1)
    # Clocks in New York went forward on 14 March.
    assert after["dtstart"].dt == datetime(2027, 3, 15, 19, 0, tzinfo=UTC)


def test_another_account_executive_is_another_organizer_and_a_newer_invitation(booked, peter, mona):
    olga, pia = make_user("olga", Role.AE), make_user("pia", Role.AE)

    move_leads([booked.lead_id], target=Target(olga, side="ae"), by=mona, at=NOON)
    _calendar, moved = event_of(booked)
    HandOff.objects.filter(pk=booked.pk).update(escalated_to=pia)
    accept_hand_off(HandOff.objects.get(pk=booked.pk), by=pia, at=NOON)
    _calendar, accepted = event_of(booked)

    assert (moved["organizer"], moved["sequence"]) == (f"mailto:{olga.email}", 1)
    assert (accepted["organizer"], accepted["sequence"]) == (f"mailto:{pia.email}", 2)


def test_accepted_is_confirmed_and_withdrawn_is_cancelled(booked, alice, peter):
    accept_hand_off(booked, by=peter, at=NOON)
    assert event_of(booked)[1]["status"] == "CONFIRMED"

    HandOff.objects.filter(pk=booked.pk).update(state="undone")
    calendar, event = event_of(booked)
    assert (calendar["method"], event["status"], event["sequence"]) == ("CANCEL", "CANCELLED", 1)


def test_a_withdrawn_meeting_is_cancelled_for_whoever_was_invited(booked, alice):
    withdraw_hand_off(booked, by=alice, at=NOON)

    calendar, event = event_of(booked, asked="REQUEST", email="iris@corrow.example")

    assert (calendar["method"], event["status"], event["sequence"]) == ("CANCEL", "CANCELLED", 1)
    assert "mailto:iris@corrow.example" in [str(one) for one in event["attendee"]]


@pytest.mark.parametrize("asked", ["", "REQUEST"])
def test_no_text_of_anybody_begins_a_line_of_its_own(booked, asked):
    bad = 'Eve"\r\nATTENDEE:mailto:eve@evil.example\r\n\nBEGIN:VALARM\rX:1\u2028Y:2\x00'
    hand_off = HandOff.objects.with_people().get(pk=booked.pk)
    hand_off.place, hand_off.line = bad, bad
    hand_off.lead.person.given_name = bad
    hand_off.ae.name = bad
    hand_off.lead.account.name = bad

    body = invitation(hand_off, at=NOON, asked=asked, email="a@b.example\r\nX-EVIL:1")

    lines = body.decode().replace("\r\n ", "").split("\r\n")
    assert not [line for line in lines if line.startswith(("ATTENDEE:", "BEGIN:VALARM", "X:1", "Y:2", "X-EVIL"))]
    assert "\n" not in body.decode().replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in body.decode().split("\r\n"))


def test_a_hand_off_without_a_meeting_has_no_file(alice, peter):
    hand_off = hand_off_lead(make_lead(phase="working", bdr=alice), ae=peter, by=alice, at=NOON)

    with pytest.raises(ValueError, match="without a meeting"):
        invitation(hand_off, at=NOON)


@pytest.mark.parametrize("is_accepted", [False, True])
def test_rejecting_and_returning_cancel_the_meeting_and_undo_brings_it_back(booked, alice, peter, is_accepted):
    lead = booked.lead
    if is_accepted:
        accept_hand_off(booked, by=peter, at=NOON)
        return_lead(lead, by=peter, at=NOON)
    else:
        reject_hand_off(booked, reason=reason("reject_brief_empty"), by=peter, at=NOON)

    calendar, event = event_of(booked, asked="REQUEST", email="iris@corrow.example")
    assert (calendar["method"], event["status"], event["sequence"]) == ("CANCEL", "CANCELLED", 1)

    undo_last(lead, by=peter, at=NOON)
    calendar, event = event_of(booked)
    status = "CONFIRMED" if is_accepted else "TENTATIVE"
    assert (calendar["method"], event["status"], event["sequence"]) == ("PUBLISH", status, 2)


def test_a_meeting_that_has_begun_is_not_cancelled_by_a_return(booked, peter):
    accept_hand_off(booked, by=peter, at=NOON)
    return_lead(booked.lead, by=peter, at=NOON + timedelta(days=3))

    assert event_of(booked)[0]["method"] == "PUBLISH"
