"""What the call form says of a promise before it is sent, also when it cannot be understood."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from agreement.models import Phase
from leads.actions.logging import log_call
from leads.models import Step
from tests.make import NOON, disposition, make_lead


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def lead(alice):
    return make_lead(phase=Phase.WORKING, bdr=alice, at=NOON)


def wall(**ahead):
    return f"{NOON + timedelta(**ahead):%Y-%m-%dT%H:%M}"


@pytest.mark.parametrize(
    ("call_back", "zone", "said"),
    [
        (wall(hours=2), "UTC", "call back 14:00, promised"),
        (wall(hours=2), "Atlantis/Centre", "nobody knows this clock: name a place, such as Europe/Oslo"),
        (wall(hours=2), "", "on whose clock? Name a place, such as Europe/Oslo"),
        ("", "UTC", "say when"),
        ("soon", "UTC", "write it as a date and a time"),
        ("9999-01-01T09:00", "UTC", "the year is not one to call in"),
        (wall(hours=-2), "UTC", "that moment is past"),
        (wall(days=60), "UTC", "60 days is further than a next step may be; longer is recycling"),
    ],
)
def test_then_says_what_would_follow_or_why_nothing_can(client, alice, lead, call_back, zone, said):
    client.force_login(alice)

    words = client.post(
        reverse("leads:log_call", args=[lead.public_id]) + "?preview",
        {"disposition": disposition("call_back").pk, "call_back": call_back, "zone": zone},
    ).text

    assert words == said


def test_a_year_out_of_reach_is_refused_in_words(client, alice, lead):
    client.force_login(alice)

    refused = client.post(
        reverse("leads:log_call", args=[lead.public_id]),
        {"disposition": disposition("call_back").pk, "call_back": "9999-01-01T09:00", "zone": "UTC", "note": "Kept"},
    )

    assert refused.status_code == 422
    assert "That year is out of reach: choose a nearer day." in refused.text
    assert "Kept" in refused.text
    assert not Step.objects.filter(due_at__gt=datetime(2100, 1, 1, tzinfo=NOON.tzinfo)).exists()


def test_before_a_call_that_nobody_answers_the_form_says_that_the_promised_one_stays(client, alice, lead):
    client.force_login(alice)
    form = reverse("leads:lead", args=[lead.public_id]) + "?panel=call"
    assert "the call that was promised stays" not in client.get(form).text

    moment = (NOON + timedelta(hours=2)).replace(tzinfo=None)
    log_call(lead, disposition=disposition("call_back"), by=alice, at=NOON, call_back=(moment, "UTC"))

    assert "the call that was promised stays: 14:00." in client.get(form).text
