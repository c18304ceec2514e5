"""Whose turn it is: a letter of a rep waits for no track, and what may not go yet stands before nobody."""

from datetime import timedelta

import pytest

from accounts.models import ContactPoint
from leads.actions.merging import merge_people
from nurture.actions.claiming import claim_messages, free_leases
from nurture.actions.planning import write_message
from nurture.actions.sending import deliver
from nurture.checking import check_tracks
from nurture.models import Enrolment, Message
from tests.make import NOON, make_lead, make_person
from tests.nurture.making import make_letter_track, make_message

pytestmark = pytest.mark.django_db

EARLIER = NOON - timedelta(hours=1)


def written(**fields):
    lead = make_lead(phase="working", **fields)
    return write_message(lead, subject="Hello", text="As promised.", by=lead.bdr, at=NOON)


def test_what_a_rep_wrote_goes_before_what_tracks_have_long_had_ready(rules):
    track = make_letter_track()
    for _number in range(3):
        make_message(track, due_at=EARLIER)
    letter = written()

    assert [one.pk for one in claim_messages(by="me", at=NOON, most=1)] == [letter.pk]


def test_a_letter_whose_sender_ended_once_waits_for_no_track_either(rules, clock):
    letter = written()
    claim_messages(by="me", at=NOON)
    free_leases(at=clock.on(minutes=3))
    fresh, of_a_track = written(), make_message(due_at=EARLIER)

    claims = [{one.pk for one in claim_messages(by="me", at=clock.at, most=1)} for _claim in range(3)]

    assert claims == [{fresh.pk}, {letter.pk}, {of_a_track.pk}]


def test_what_may_not_go_yet_stands_before_no_other(sink, rules, clock):
    track = make_letter_track()
    # Nine in the evening in Tokyo.
    for _number in range(5):
        make_message(track, make_person(time_zone="Asia/Tokyo"), due_at=EARLIER)
    goes = make_message(track, make_person(time_zone="UTC"))

    assert [one.pk for one in claim_messages(by="me", at=NOON, most=2)] == [goes.pk]
    assert set(Message.objects.exclude(pk=goes.pk).values_list("state", "due_at")) == {
        ("planned", NOON + timedelta(hours=11))
    }


def test_a_full_domain_holds_up_what_tracks_write_and_no_letter_of_a_rep(sink, rules, clock):
    rules.domain_most_a_minute = 1
    rules.save()
    track = make_letter_track()
    for name in ("one", "two"):
        make_message(track, make_person(time_zone="UTC", email=f"{name}@brevik.example"))
    letter = written(person=make_person(email="grey.x@brevik.example"))
    deliver(by="me", clock=clock)
    letter.refresh_from_db()
    assert (letter.state, letter.domain) == ("planned", "brevik.example")

    Message.objects.filter(pk=letter.pk).update(due_at=NOON)
    deliver(by="me", clock=clock)

    letter.refresh_from_db()
    assert letter.state == "sent"


def test_the_cap_is_hers_whichever_address_and_row_she_was_written_to_by(sink, rules, clock):
    moved, merged = (make_person(time_zone="UTC") for _ in range(2))
    make_message(person=moved, due_at=EARLIER)
    other = make_message(due_at=EARLIER)
    deliver(by="me", clock=clock)
    assert len(sink.taken) == 2
    # She is written to at another address now, and another row turned out to be she.
    moved.contact_points.update(is_primary=False)
    ContactPoint.objects.create(
        person=moved, kind="email", value="new@corvane.example", normalised="new@corvane.example", is_primary=True,
        created_at=NOON,
    )  # fmt: skip
    merge_people(merged, other.person, by=None, at=clock.on(hours=1))
    Enrolment.objects.under_way().update(state="ended", outcome="moved", ended_at=NOON, due_at=None)
    held = [make_message(make_letter_track(), person) for person in (moved, merged)]

    deliver(by="me", clock=clock)

    assert {(one.state, one.due_at) for one in Message.objects.filter(pk__in=[one.pk for one in held])} == {
        ("planned", NOON + timedelta(days=1))
    }
    assert len(sink.taken) == 2
    # What goes to both of her addresses is found.
    Message.objects.filter(pk=held[0].pk).update(
        state="sent", sent_at=clock.at, claimed_at=clock.at, claimed_by="x", to_hash="x", due_at=None
    )
    assert check_tracks(at=clock.at)["over_the_cap_of_a_day"] == [held[0].pk]
