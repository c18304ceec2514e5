"""A form from a page that is no longer true: one effect, and nothing that was typed is lost."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from leads.actions.claiming import reassign_leads
from leads.actions.logging import log_call
from leads.models import Activity, Note
from tests.make import disposition, make_lead, make_person

HTMX = {"HX-Request": "true"}


@pytest.fixture
def lead(alice):
    person = make_person(given_name="Sam", family_name="Oduya")
    return make_lead(phase=Phase.WORKING, person=person, bdr=alice, at=timezone.now() - timedelta(days=3))


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


def tab(client, lead, panel):
    """What the form of this panel sends, as a page that is open now shows it."""
    html = client.get(reverse("leads:lead", args=[lead.public_id], query={"form": panel})).text
    return hidden_of(html, panel)


def hidden_of(html, panel):
    form = re.search(rf'<div id="panel-{panel}".*?</form>', html, re.DOTALL)[0]
    return dict(re.findall(r'type="hidden" name="(form_id|version)" value="([^"]*)"', form))


def log(client, lead, hidden, **more):
    data = {**hidden, "disposition": disposition("no_answer").pk, **more}
    return client.post(reverse("leads:log_call", args=[lead.public_id]), data, headers=HTMX)


def test_the_same_call_from_two_tabs_counts_once(signed_in, lead):
    one, other = tab(signed_in, lead, "call"), tab(signed_in, lead, "call")
    log(signed_in, lead, one)

    late = log(signed_in, lead, other, note="Rang out after nine")

    lead.refresh_from_db()
    assert late.status_code == 409
    assert (lead.attempts, Activity.objects.count()) == (1, 1)
    assert "Rang out after nine" in late.text
    assert "You called, attempt 1: no answer" in re.search(r'role="alert".*?</div>', late.text, re.DOTALL)[0]


def test_who_has_read_what_happened_may_log_the_second_call(signed_in, lead):
    one, other = tab(signed_in, lead, "call"), tab(signed_in, lead, "call")
    log(signed_in, lead, one)
    late = log(signed_in, lead, other, note="This was another one")

    again = log(signed_in, lead, hidden_of(late.text, "call"), note="This was another one")

    lead.refresh_from_db()
    assert (again.status_code, lead.attempts) == (200, 2)


def test_a_call_from_a_fresh_page_is_logged(signed_in, lead):
    log(signed_in, lead, tab(signed_in, lead, "call"), next="on")

    second = log(signed_in, lead, tab(signed_in, lead, "call"))

    lead.refresh_from_db()
    assert (second.status_code, lead.attempts) == (200, 2)


def test_an_answer_carries_the_form_of_the_next_call(signed_in, lead):
    first = log(signed_in, lead, tab(signed_in, lead, "call"))

    second = log(signed_in, lead, hidden_of(first.text, "call"))

    lead.refresh_from_db()
    assert (second.status_code, lead.attempts) == (200, 2)


def test_a_message_sent_elsewhere_counts_once_too(signed_in, lead):
    one, other = tab(signed_in, lead, "touch"), tab(signed_in, lead, "touch")
    url = reverse("leads:log_touch", args=[lead.public_id])
    signed_in.post(url, {**one, "kind": "email"}, headers=HTMX)

    late = signed_in.post(url, {**other, "kind": "email", "note": "Sent the guide"}, headers=HTMX)

    lead.refresh_from_db()
    assert (late.status_code, lead.attempts) == (409, 1)
    assert "Sent the guide" in late.text


def test_a_note_is_taken_from_a_stale_page(signed_in, lead, alice):
    stale = tab(signed_in, lead, "note")
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=timezone.now())

    response = signed_in.post(
        reverse("leads:note", args=[lead.public_id]), {**stale, "text": "Ask for Mia"}, headers=HTMX
    )

    assert (response.status_code, Note.objects.get().text) == (200, "Ask for Mia")


def test_a_call_that_goes_on_with_a_form_is_refused_before_the_form_is_filled_in(signed_in, lead):
    stale = tab(signed_in, lead, "call")
    log(signed_in, lead, tab(signed_in, lead, "call"))

    late = log(signed_in, lead, stale, disposition=disposition("not_now").pk, note="In spring")

    assert late.status_code == 409
    assert "In spring" in late.text
    assert "<strong>You called, attempt 1: no answer" in late.text


def test_whoever_got_the_lead_between_is_named(signed_in, lead, bob, mona):
    stale = tab(signed_in, lead, "call")
    reassign_leads([lead.pk], to=bob, by=mona, at=timezone.now())

    late = log(signed_in, lead, stale, note="Left a message")

    assert late.status_code == 409
    assert "Left a message" in late.text
    assert "Mona" in late.text
    assert Activity.objects.count() == 0
