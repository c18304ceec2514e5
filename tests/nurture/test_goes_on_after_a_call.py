"""Where a touch does what a play asks for, the form before it and the answer after it say that the play goes on."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from leads.actions.logging import log_call
from nurture.actions.advancing import follow
from nurture.actions.enrolling import enrol, pause
from tests.make import disposition, make_lead, make_person
from tests.nurture.making import email, engage, make_track, step, wait

pytestmark = pytest.mark.usefixtures("rules")

HOUR = timedelta(hours=1)
GOES_ON = "“Early buyer” goes on: Call: Ask who decides"
WHO = step("Ask who decides")


@pytest.fixture
def begun(client, alice):
    def begin(*nodes):
        person = make_person(email="jo@brevik.example", time_zone="Europe/London")
        lead = make_lead(phase=Phase.WORKING, bdr=alice, person=person, at=timezone.now() - 3 * HOUR)
        log_call(lead, disposition=disposition("no_answer"), by=alice, at=timezone.now() - 3 * HOUR)
        track = make_track(*nodes, kind="play", name="Early buyer")
        one = enrol(person, track=track, by=alice, at=timezone.now() - 2 * HOUR)
        client.force_login(alice)
        return lead, one

    return begin


def form_of(client, lead):
    page = client.get(reverse("leads:lead", args=[lead.public_id]), {"form": "call"}).text
    return page.rpartition("<b>Then:</b>")[2].partition("</span>")[0].strip()


def answer_to(client, lead, act="log_call", **said):
    url = reverse(f"leads:{act}", args=[lead.public_id])
    page = client.post(url, {"disposition": disposition("no_answer").pk} | said, follow=True).text
    return page.partition('id="toast"')[2][:1500]


@pytest.mark.parametrize("following", [(WHO,), (wait(3), WHO)])
def test_the_form_and_the_answer_name_what_it_asks_for_next(client, begun, following):
    lead, one = begun(step("Ask why now"), *following)

    assert form_of(client, lead) == f"{GOES_ON}."
    assert (GOES_ON in (said := answer_to(client, lead)), "Next " in said) == (True, False)
    follow(at=timezone.now())
    one.refresh_from_db()
    assert (one.node.words, one.step.state) == ("Ask who decides", "open")


@pytest.mark.parametrize(("kind", "act"), [("email", "log_touch"), ("task", "finish_step")])
def test_so_does_the_answer_to_what_is_no_call(client, begun, kind, act):
    lead, one = begun(step("Ask why now", step_kind=kind), WHO)

    assert GOES_ON in answer_to(client, lead, act, kind="email", step=one.step_id)


@pytest.mark.parametrize(
    "following", [(), (wait(3), email(subject="The figures")), (email(subject="The figures"), WHO)]
)
def test_where_it_asks_for_nothing_next_the_attempt_of_the_cadence_is_promised(client, begun, following):
    lead, _one = begun(step("Ask why now"), *following)

    said = form_of(client, lead)
    assert said.startswith("attempt 3 of ")
    assert ("; “Early buyer” counts it as its call and goes on." in said) == bool(following)
    assert "Next " in answer_to(client, lead)
    follow(at=timezone.now())
    assert lead.steps.open().get().attempt == 3


@pytest.mark.parametrize("is_over", [True, False])
def test_one_that_rests_or_is_over_promises_nothing(client, alice, begun, is_over):
    lead, one = begun(step("Ask why now"), WHO)
    if is_over:
        engage(lead.person, "replied", at=timezone.now())
    else:
        pause(one, by=alice, at=timezone.now())

    assert form_of(client, lead).startswith("attempt 3 of ")
    assert "goes on" not in form_of(client, lead)
    assert GOES_ON not in answer_to(client, lead)


def test_a_call_back_that_was_promised_is_what_comes_next(client, begun):
    lead, _one = begun(step("Ask why now"), WHO)
    moment = (timezone.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")

    said = answer_to(client, lead, disposition=disposition("call_back").pk, call_back=moment, zone="Europe/London")

    assert ("Next " in said, GOES_ON in said) == (True, False)
