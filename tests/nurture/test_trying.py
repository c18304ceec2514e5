"""A track tried on somebody says what the engine would do, with its dates."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Employment
from agreement.models import Phase
from nurture.actions.advancing import advance
from nurture.actions.claiming import claim_messages
from nurture.actions.enrolling import enrol
from nurture.models import Enrolment, Message
from nurture.recipients import permalink
from nurture.trying import try_on
from tests.make import NOON, make_lead, make_person
from tests.nurture.making import (
    email,
    engage,
    leave,
    make_asset,
    make_enrolment,
    make_message,
    make_topic,
    make_track,
    step,
    wait,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def lead(rules, alice):
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=make_person(time_zone="UTC"))
    type(lead).objects.filter(pk=lead.pk).update(wake_at=NOON + 60 * DAY, due_at=NOON + 60 * DAY)
    lead.refresh_from_db()
    return lead


def tried(track, lead):
    return try_on(track.versions.get(), lead.person, at=NOON)


def lived(track, lead, alice, *, days):
    """What became of it, looked at every hour: by node when its letter left, or that it was passed over."""
    hers = enrol(lead.person, track=track, by=alice, at=NOON)
    at, went = NOON, {}
    while at < NOON + days * DAY:
        advance(at=at)
        for message in claim_messages(by="me", at=at):
            Message.objects.filter(pk=message.pk).update(state="sent", sent_at=at, lease_until=None)
            went[message.node_id] = at
        at += HOUR
    return hers, went


def test_it_is_what_becomes_of_it(rules, lead, alice):
    """Letters that another track sent count in the caps; what she had, or expires meanwhile, is passed over."""
    had, expires, new = make_asset(), make_asset(expires_on=(NOON + 5 * DAY).date()), make_asset()
    before = make_message(person=lead.person, asset=had)
    leave(before, at=NOON - HOUR)
    Message.objects.filter(pk=before.pk).update(planned_at=NOON - DAY)
    Enrolment.objects.filter(person=lead.person).update(state="ended", due_at=None, outcome="stopped", ended_at=NOON)
    track = make_track(email(asset=new), email(asset=had), wait(6), email(asset=expires), email(), wait(2))

    trial = tried(track, lead)

    hers, went = lived(track, lead, alice, days=12)
    letters = [node for node in track.versions.get().nodes.order_by("position") if node.kind == "email"]
    said = dict(zip(letters, [line for line in trial.lines if line.icon == "mail"], strict=True))
    leaves = {node.pk: line.at for node, line in said.items() if not line.is_passed}
    assert leaves.keys() == went.keys()
    # Whoever looks every hour is late by up to an hour.
    assert all(timedelta() <= went[node] - at <= HOUR for node, at in leaves.items())
    passed = hers.passages.filter(what="skipped").order_by("id").values_list("node", flat=True)
    assert list(passed) == [node.pk for node, line in said.items() if line.is_passed] == [letters[1].pk, letters[2].pk]
    assert said[letters[0]].at == NOON + DAY - HOUR


def test_it_ends_when_her_date_wakes_her(lead):
    track = make_track(email(), wait(59), email(), wait(9), email())

    trial = tried(track, lead)

    assert [line.icon for line in trial.lines] == ["mail", "clock", "mail", "clock"]
    assert (trial.ends_at, "their date wakes them" in trial.end.lower()) == (lead.wake_at, True)


def test_of_a_fan_the_fan_base_puts_the_date_off(lead):
    Employment.objects.create(person=lead.person, title="Planner", role="doer")

    trial = tried(make_track(wait(80), email(), is_fan_base=True), lead)

    assert trial.ends_at > lead.wake_at


def test_a_step_is_due_when_its_rep_is_at_work(lead, alice):
    track = make_track(wait(5), step())
    trial = tried(track, lead)
    enrol(lead.person, track=track, by=alice, at=NOON)
    for at in (NOON, NOON + 5 * DAY):
        advance(at=at)

    assert trial.lines[-1].at == lead.steps.open().get().due_at


def test_it_goes_on_in_the_fallback_only_where_she_is_let_in(lead):
    fallback = make_track(wait(1), goal="role", goal_role="doer")
    track = make_track(wait(1), fallback=fallback)
    assert str(fallback) in tried(track, lead).end

    been = make_enrolment(fallback, lead=lead, state="ended", due_at=None, outcome="stopped", ended_at=NOON)
    assert str(fallback) not in tried(track, lead).end

    been.delete()
    Employment.objects.create(person=lead.person, title="Planner", role="doer")
    assert str(fallback) not in tried(track, lead).end


def test_who_is_worked_is_said_to_be_none_for_a_track(alice):
    worked = make_lead(phase=Phase.WORKING, bdr=alice)

    assert "They are worked" in tried(make_track(wait(1)), worked).notes[0]


def test_each_letter_is_called_what_this_person_would_read(lead, alice):
    lead.person.given_name = "Ada"
    lead.person.save(update_fields=["given_name"])
    guide = make_asset(title="How others did it")
    track = make_track(
        email(subject="{{ first_name | there }}, from {{ sender_name | us }}", asset=guide),
        email(subject="Read {{ asset_title }}"),
        email(subject="Read {{ asset_title | this }}", asset=guide),
    )

    lines = tried(track, lead).lines

    # What cannot be put together is called by its field, what is passed over by what it would have brought.
    said = [f"Ada, from {alice.name}", "Read [what the message brings]", "Read How others did it"]
    assert [line.title for line in lines] == said
    assert [line.is_passed for line in lines] == [False, False, True]


def test_the_page_says_the_hour_and_what_it_is_where_they_are(client, lead, alice):
    person = lead.person
    person.time_zone = "Asia/Tokyo"
    person.save(update_fields=["time_zone"])
    at = reverse("nurture:track_try", args=[make_track(email()).public_id])

    with time_machine.travel(NOON, tick=False):
        client.force_login(alice)
        answer = client.get(at, {"person": person.public_id})

    (line,) = answer.context["trial"].lines
    theirs = line.at.astimezone(ZoneInfo("Asia/Tokyo"))
    assert f"({theirs.hour}:{theirs.minute:02} theirs)" in answer.text


def test_it_costs_the_same_statements_however_many_letters_there_are(lead):
    topic = make_topic("Maintenance")
    engage(lead.person, topic=topic, at=NOON - 9 * DAY)

    def statements(rounds):
        nodes = []
        for _round in range(rounds):
            link = permalink(str(make_asset().public_id))
            make_asset(topic=topic)
            letters = email(asset=make_asset()), email(text=f"See {link}"), email(brings_what_fits=True), email()
            nodes += [node for letter in letters for node in (letter, wait(1))]
        track = make_track(*nodes)
        with CaptureQueriesContext(connection) as asked:
            trial = tried(track, lead)
        assert [line.is_passed for line in trial.lines] == [False] * len(nodes)
        return len(asked)

    assert statements(1) == statements(4)


@pytest.mark.parametrize("kind", ["call", "task"])
def test_it_costs_the_same_queries_however_many_steps_of_ours_there_are(lead, kind):
    def statements(steps):
        track = make_track(*[step(step_kind=kind)] * steps)
        with CaptureQueriesContext(connection) as asked:
            trial = tried(track, lead)
        assert len(trial.lines) == steps
        return len(asked)

    statements(1)

    assert statements(1) == statements(8)
