"""A lead recycled by mistake is taken back before its person hears of us; where a letter has left, Undo names it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Suppression
from agreement.models import Phase
from leads.actions.logging import add_note, log_call, log_touch
from leads.actions.recycling import change_wake, recycle_lead
from leads.actions.undoing import undo_last
from leads.models import Recycling
from nurture import tasks
from nurture.actions.enrolling import enrol
from nurture.models import Enrolment, Message
from tests.make import disposition, make_lead, make_person, reason
from tests.nurture.making import email, leave, make_message, make_track, step

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def track(rules):
    return make_track(email(subject="Before the contract ends"), name="Whoever sleeps", category="not_ready")


def recycled(alice):
    now = timezone.now()
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(time_zone="UTC"), at=now)
    recycle_lead(lead, reason=reason("not_ready"), by=alice, at=now)
    return lead


def test_no_track_begins_by_itself_before_the_recycling_could_be_taken_back(client, alice, track):
    lead = recycled(alice)
    client.force_login(alice)

    tasks.enrol_recycled()
    tasks.enrol_everybody()

    assert not Enrolment.objects.exists()
    panel = client.get(reverse("nurture:lead_panel", args=[lead.public_id])).text
    assert ("A track is looked for" in panel, "In no track" in panel) == (True, False)
    undo_last(lead, by=alice, at=timezone.now())
    Recycling.objects.update(at=timezone.now() - 16 * MINUTE)
    tasks.enrol_recycled()
    assert not Enrolment.objects.exists()


def test_the_panel_of_who_stopped_e_mail_promises_no_track_that_writes(client, alice, track):
    lead = recycled(alice)
    Suppression.objects.create(person=lead.person, channel="email", at=timezone.now())
    client.force_login(alice)

    panel = client.get(reverse("nurture:lead_panel", args=[lead.public_id])).text

    assert "Nothing is sent to them." in panel
    assert "A track is looked for" not in panel
    assert "A track that sends no e-mail is looked for from</strong>" in panel
    assert "Until then Undo, in the history, takes the recycling back." in panel


def test_a_quarter_of_an_hour_later_it_does_and_by_hand_at_once(client, alice, track):
    slept, now = recycled(alice), recycled(alice)
    Recycling.objects.filter(lead=slept).update(at=timezone.now() - 16 * MINUTE)

    tasks.enrol_recycled()
    enrol(now.person, track=track, by=alice, at=timezone.now())

    assert set(Enrolment.objects.values_list("lead", "by")) == {(slept.pk, None), (now.pk, alice.pk)}


@pytest.mark.parametrize("has_left", [True, False])
def test_undo_names_the_letter_that_has_left_meanwhile(client, alice, track, has_left):
    lead = recycled(alice)
    letter = make_message(track, lead=lead)
    if has_left:
        leave(letter, at=timezone.now())
    client.force_login(alice)
    event = lead.events.order_by("-id").first()

    answer = client.post(reverse("leads:undo", args=[lead.public_id]), {"event": event.pk}, follow=True)

    assert "is as before" in answer.text
    assert ("A letter had left by then: “" in answer.text) == has_left
    assert Message.objects.filter(state="sent").exists() == has_left


@pytest.mark.parametrize("has_left", [True, False])
def test_undo_of_a_call_names_the_letter_behind_it_that_has_left(client, alice, rules, has_left):
    now = timezone.now()
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(time_zone="UTC"), at=now - 3 * MINUTE)
    log_touch(lead, kind="social", by=alice, at=now - 3 * MINUTE)
    play = make_track(step("Ask why now"), email(subject="As we said on the phone"), kind="play")
    enrol(lead.person, track=play, by=alice, at=now - 2 * MINUTE)
    lead.refresh_from_db()
    act = log_call(lead, disposition=disposition("no_answer"), by=alice, at=now - MINUTE)
    tasks.follow_tracks()
    letter = Message.objects.get()
    if has_left:
        leave(letter, at=timezone.now())
    client.force_login(alice)

    answer = client.post(reverse("leads:undo", args=[lead.public_id]), {"event": act.pk}, follow=True)

    assert "is as before" in answer.text
    assert ("A letter had left by then: “As we said on the phone”." in answer.text) == has_left


def test_that_it_can_be_taken_back_is_said_to_whoever_can(client, alice, bob, track):
    lead = recycled(alice)
    add_note(lead, text="Call them in June", by=bob, at=timezone.now())
    said = {}

    for rep in (alice, bob):
        client.force_login(rep)
        said[rep.name] = client.get(reverse("nurture:lead_panel", args=[lead.public_id])).text
    change_wake(lead, wake_on=(timezone.now() + timedelta(days=50)).date(), by=alice, at=timezone.now())
    client.force_login(alice)
    moved = client.get(reverse("nurture:lead_panel", args=[lead.public_id])).text

    promised = "takes the recycling back"
    assert [promised in words for words in (said[alice.name], said[bob.name], moved)] == [True, False, False]
    assert all("Until then they hear nothing" in words for words in (*said.values(), moved))
