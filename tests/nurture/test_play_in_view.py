"""A play that goes on with a working lead, or rests, is on the page of the lead without a click."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from nurture.actions.enrolling import pause
from tests.make import make_lead
from tests.nurture.making import email, make_enrolment, make_track, step, wait

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def place(client, alice, lead):
    client.force_login(alice)
    page = client.get(reverse("leads:lead", args=[lead.public_id])).text
    return " ".join(page.partition('<div id="track-place">')[2].partition("</div>")[0].split())


@pytest.fixture
def lead(alice):
    return make_lead(phase=Phase.WORKING, bdr=alice)


def test_a_play_under_way_is_named_and_comes_with_the_page(client, alice, lead):
    one = make_enrolment(make_track(wait(3), email(), kind="play", name="Early buyer"), lead=lead)

    under_way = place(client, alice, lead)
    pause(one, by=alice, at=timezone.now())
    paused = place(client, alice, lead)

    for said in (under_way, paused):
        assert 'hx-trigger="load"' in said
    assert "Play: Early buyer<" in under_way
    assert "Play: Early buyer, paused<" in paused


def test_where_none_is_it_is_asked_for_by_a_click(client, alice, lead):
    make_enrolment(
        make_track(wait(3), kind="play", name="Early buyer"), lead=lead, state="ended", outcome="exhausted",
        ended_at=timezone.now(), due_at=None,
    )  # fmt: skip

    said = place(client, alice, lead)

    assert ('hx-trigger="click once"' in said, "Play: what fits next" in said) == (True, True)


def test_a_sentence_that_names_a_track_quotes_its_name(client, alice):
    lead = make_lead(phase=Phase.NURTURE, bdr=alice)
    one = make_enrolment(make_track(wait(3), email(), name="Whoever sleeps"), lead=lead)
    client.force_login(alice)

    said = client.post(
        reverse("nurture:lead_act", args=[lead.public_id]),
        {"does": "take_out", "enrolment": one.public_id},
        follow=True,
    ).text

    assert "“Whoever sleeps” has ended for them." in said
    assert "You took them out of “Whoever sleeps”" in client.get(reverse("leads:lead", args=[lead.public_id])).text


def test_a_step_of_a_play_that_is_not_the_next_one_is_named_as_it_is_written(client, alice, lead):
    now = timezone.now()
    play = "Early buyer: shape the question"
    lead.steps.all().delete()
    for title, due_at, made_by in (("Send it", now, "person"), (f"Ask why now · {play}", now + DAY, "flow")):
        lead.steps.create(
            kind="task", title=title, due_at=due_at, assignee=alice, made_by=made_by, created_at=now - DAY
        )
    client.force_login(alice)

    said = client.get(reverse("leads:lead", args=[lead.public_id])).text

    assert f"and one more step: Ask why now · {play}" in said


@pytest.mark.parametrize("kind", ["call", "task"])
def test_the_panel_costs_the_same_queries_however_many_steps_stand_before_the_next_letter(client, alice, kind):
    def statements(steps):
        lead = make_lead(phase=Phase.WORKING, bdr=alice)
        play = make_track(wait(1), *[step(step_kind=kind)] * steps, email(subject="The figures"), kind="play")
        make_enrolment(play, lead=lead)
        with CaptureQueriesContext(connection) as asked:
            said = client.get(reverse("nurture:lead_panel", args=[lead.public_id])).text
        assert "The figures" in said
        return len(asked)

    client.force_login(alice)
    statements(1)

    assert statements(1) == statements(8)
