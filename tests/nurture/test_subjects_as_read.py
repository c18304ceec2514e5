"""A subject is shown as it is read, in the list of mail and beside the track of a lead: no field stands there raw."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from nurture.actions.advancing import advance
from nurture.actions.enrolling import enrol
from nurture.models import Message, MessageBody
from team.models import Role
from tests.make import make_lead, make_person, make_user
from tests.nurture.making import email, leave, make_letter_track, make_message, make_track, wait

SUBJECT = "Hello {{ first_name | there }}, and {{ company | yours }}"


@pytest.fixture
def lead(alice):
    person = make_person(given_name="Ada", email="ada@corvane.example", time_zone="UTC")
    return make_lead(phase="nurture", bdr=alice, person=person)


def in_list(client, state):
    page = client.get(reverse("nurture:mail"), {"state": state}).text
    return re.findall(r'<span class="what">(.*?)</span>', page)


def test_the_list_of_mail_shows_each_subject_as_its_person_reads_it(client, lead):
    client.force_login(make_user("mona", Role.ADMIN))
    planned = make_message(make_letter_track(subject=SUBJECT), lead=lead)
    nobody = make_message(make_letter_track(subject="Dear {{ title }}"), make_person(given_name="Bo"))
    kept = make_message(make_letter_track(subject=SUBJECT), make_person(given_name="Cy"))
    MessageBody.objects.create(message=kept, subject="Hello Cyrus, as it was sent", text="Hello.")

    assert in_list(client, "planned") == [
        f"Hello Ada, and {lead.account or 'yours'}",
        "Dear [their title]",
        "Hello Cyrus, as it was sent",
    ]
    assert [message.pk for message in (planned, nobody, kept)] == sorted(Message.objects.values_list("pk", flat=True))


@pytest.mark.parametrize("n", [2, 12])
def test_the_list_of_mail_costs_the_same_however_long_it_is(client, db, n):
    client.force_login(make_user("mona", Role.ADMIN))
    track = make_letter_track(subject=SUBJECT)
    for _n in range(n):
        make_message(track, make_person(given_name="Ada"))
    # What a process keeps from its first page on is asked now.
    in_list(client, "planned")

    with CaptureQueriesContext(connection) as asked:
        assert len(in_list(client, "planned")) == n

    assert len(asked) <= 28, [query["sql"][:90] for query in asked]


def test_the_page_of_a_lead_shows_what_was_sent_what_waits_and_what_comes_next_without_fields(client, alice, lead):
    client.force_login(alice)
    at = timezone.now()
    track = make_track(
        email(subject=SUBJECT), wait(3), email(subject="Next for {{ first_name }}, {{ company | you }}"),
        name="Feed",
    )  # fmt: skip
    enrol(lead.person, track=track, by=alice, at=at)
    advance(at=at)
    url = reverse("nurture:lead_panel", args=[lead.public_id])

    waiting = client.get(url).text
    assert "<strong>Hello Ada, and" in waiting

    message = Message.objects.get()
    leave(message, at=at)
    MessageBody.objects.create(message=message, subject="Hello Ada, and Corvane", text="Hello.")
    advance(at=at + timedelta(minutes=10))
    page = client.get(url).text

    assert ">Hello Ada, and Corvane</a>" in page
    assert "next letter: Next for [their first name], you" in page
    assert "{{" not in waiting + page
