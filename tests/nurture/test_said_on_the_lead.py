"""What a track or play does is said on the page of the lead: which, what it sends next and when, and why it waits."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from leads.actions.logging import log_call
from leads.checking import check_all
from nurture.actions.advancing import advance, follow
from nurture.actions.enrolling import enrol
from nurture.models import Message
from tests.make import NOON, disposition, make_lead, make_person
from tests.nurture.making import email, leave, make_enrolment, make_track, step, wait


def page_of(client, lead):
    return client.get(reverse("leads:lead", args=[lead.public_id])).text


def panel_of(client, lead):
    return client.get(reverse("nurture:lead_panel", args=[lead.public_id]))


@pytest.fixture
def worked(alice):
    now = timezone.now()
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=now)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=now)
    play = make_track(step("Ask who decides"), wait(3), step("Send the case"), kind="play", name="No authority")
    enrol(lead.person, track=play, by=alice, at=now)
    advance(at=now)
    lead.refresh_from_db()
    return lead


@time_machine.travel(NOON, tick=False)
def test_a_sleeper_shows_her_track_what_it_sent_and_when_the_next_letter_leaves(client, alice):
    now = timezone.now()
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=make_person(time_zone="UTC"), at=now)
    track = make_track(email(subject="First piece"), wait(10), step("Ask"), wait(4), email(subject="Second piece"))
    track.name = "The long road"
    track.save()
    enrol(lead.person, track=track, by=alice, at=now)
    client.force_login(alice)
    panel = panel_of(client, lead).context["found"]
    assert (panel.letter, panel.letter_at.date()) == ("First piece", now.date())

    advance(at=now)
    leave(Message.objects.get(), at=now)
    advance(at=now + timedelta(hours=1))
    found = panel_of(client, lead)
    assert "Track: The long road" in found.text
    assert [subject for _letter, subject, _is_seen in found.context["found"].sent] == ["First piece"]
    # Ten days from an hour on, a step that is done when it is due, two hours later, and four days more.
    assert found.context["found"].letter == "Second piece"
    assert found.context["found"].letter_at == now + timedelta(days=14, hours=3)
    assert "next letter: Second piece" in found.text
    # It stands on the page of the lead as soon as that is there.
    panel = reverse("nurture:lead_panel", args=[lead.public_id])
    assert f'hx-get="{panel}" hx-trigger="load"' in page_of(client, lead)


def test_the_track_that_is_under_way_is_shown_whatever_was_written_down_after_it(client, alice):
    lead = make_lead(phase=Phase.NURTURE, bdr=alice)
    running = enrol(lead.person, track=make_track(wait(10), name="The long road"), by=alice, at=timezone.now())
    make_enrolment(
        make_track(wait(5), name="An old one"),
        lead=lead,
        state="ended",
        outcome="exhausted",
        ended_at=NOON,
        due_at=None,
    )
    client.force_login(alice)

    found = panel_of(client, lead).context["found"]

    assert found.enrolment == running


def test_history_names_the_play_and_so_does_the_title_of_its_panel(client, alice, worked):
    client.force_login(alice)
    assert "“No authority” planned a step: Ask who decides" in page_of(client, worked)
    panel = panel_of(client, worked).text
    assert "Play: No authority" in panel
    assert "<title>No authority · " in panel


def test_a_step_set_by_hand_says_that_the_play_waits_at_once_and_in_history(client, alice, worked):
    client.force_login(alice)
    form = client.get(reverse("leads:lead", args=[worked.public_id]), {"form": "step"}).text
    hidden = dict(re.findall(r'type="hidden" name="(form_id|version|seen)" value="([^"]*)"', form))
    sent = {**hidden, "kind": "task", "title": "Send the sheet", "when": "tomorrow"}
    told = client.post(reverse("leads:set_step", args=[worked.public_id]), sent, follow=True)
    assert "“No authority” waits until you let it go on." in told.text

    assert follow(at=timezone.now()) == 1
    text = page_of(client, worked)
    assert "“No authority” waits" in text
    assert "somebody set the next step by hand" in text
    assert {name for name, ids in check_all(at=timezone.now()).items() if ids} == set()


@pytest.mark.parametrize("where", ["lead", "track"])
def test_a_play_that_has_nothing_for_them_is_not_said_to_have_begun(client, alice, where):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=timezone.now())
    play = make_track(email(brings_what_fits=True), kind="play", name="Send what fits")
    client.force_login(alice)

    if where == "lead":
        act = reverse("nurture:lead_act", args=[lead.public_id])
        told = client.post(act, {"does": "enrol", "track": play.public_id}, follow=True).text
    else:
        tried = reverse("nurture:track_try", args=[play.public_id])
        told = client.post(tried, {"person": lead.person.public_id}, follow=True).text

    assert play.enrolments.get().outcome == "exhausted"
    assert "“Send what fits” has come to its end: nothing more in it is for them." in told
    assert ("has begun" in told, " is in “Send what fits” now" in told) == (False, False)


def test_whoever_skips_the_last_step_is_told_that_this_was_the_end(client, alice, worked):
    play = worked.enrolments.get()
    client.force_login(alice)
    act = reverse("nurture:lead_act", args=[worked.public_id])

    first, last = (client.post(act, {"does": "skip", "enrolment": play.public_id}, follow=True).text for _n in "ab")

    goes_on = "Left out: “No authority” goes on with what follows."
    assert (goes_on in first, goes_on in last) == (True, False)
    assert "“No authority” has come to its end: nothing more in it is for them." in last
