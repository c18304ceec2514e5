"""Who gets no more mail, by whose word, and since when: it stands in the history of her lead."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from leads.actions.closing import disqualify_lead
from leads.models import Consent
from nurture.actions.consenting import note_consent
from nurture.tokens import PERSON, STOP, token_of
from tests.make import NOON, make_lead, make_person, reason
from tests.nurture.making import leave, make_message

pytestmark = pytest.mark.django_db


def one_click(client, message):
    url = reverse("nurture:stop", args=[token_of(STOP, message.pk)])
    client.post(url, {"List-Unsubscribe": "One-Click"})


def page_of_the_letter(client, message):
    client.post(reverse("nurture:stop", args=[token_of(STOP, message.pk)]))


def own_page(client, message):
    client.post(reverse("nurture:preferences", args=[token_of(PERSON, message.person_id)]), {"stop": "1"})


def withdrawn(client, message):
    one = note_consent(message.person, is_given=True, source=Consent.Source.PREFERENCES, at=NOON)
    client.post(reverse("nurture:preferences", args=[token_of(PERSON, message.person_id)]), {"consent": str(one.pk)})


WAYS = {
    "one click": (one_click, "Stopped all our e-mail by one click in their mail program"),
    "the page of a letter": (page_of_the_letter, "Stopped all our e-mail on their own page"),
    "their own page": (own_page, "Stopped all our e-mail on their own page"),
    "what they agreed to": (withdrawn, "Took back on their own page what they had agreed to"),
}


@pytest.fixture
def letter(alice):
    """One that went to the person of a lead of hers."""

    def make(phase):
        person = make_person(email="jo@brevik.example")
        lead = make_lead(phase=phase, bdr=alice, person=person, at=timezone.now() - timedelta(hours=1))
        message = make_message(person=lead.person)
        leave(message, at=NOON)
        return message

    return make


def history(client, alice, lead):
    client.force_login(alice)
    return client.get(reverse("leads:lead", args=[lead.public_id])).text


@pytest.mark.parametrize("phase", [Phase.WORKING, Phase.NURTURE, Phase.CLOSED])
@pytest.mark.parametrize("way", WAYS)
def test_what_a_recipient_stops_stands_in_the_history_once(client, alice, letter, way, phase):
    stop, says = WAYS[way]
    message = letter(phase)

    stop(client, message)
    stop(client, message) if way != "what they agreed to" else None

    assert history(client, alice, message.person.leads.get()).count(says) == 1


def test_who_of_us_heard_it_is_named(client, alice, letter):
    message = letter(Phase.WORKING)
    lead = message.person.leads.get()
    client.force_login(alice)

    client.post(
        reverse("nurture:lead_consent", args=[lead.public_id]),
        {"said": "withdrawn", "on": "2026-11-01", "evidence": "On the phone."},
    )

    assert Consent.objects.get().is_given is False
    assert "You noted that they do not agree to get our e-mail" in history(client, alice, lead)


def test_whoever_opts_out_is_ended_and_silent_in_one_line(client, alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)

    disqualify_lead(lead, reason=reason("opted_out"), by=alice, at=NOON)

    assert "nobody calls or writes to them any more" in history(client, alice, lead)
