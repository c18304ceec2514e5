"""Whoever no mail of a track may reach any more leaves it at once, whoever said so and wherever she waits."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from nurture.actions.advancing import follow
from nurture.actions.consenting import note_consent
from nurture.actions.enrolling import pause
from nurture.actions.preferring import unsubscribe
from nurture.actions.receiving import take_mail
from nurture.models import MailRules, Message
from nurture.unfed import beyond_mail
from tests.leads.files import bring
from tests.make import make_lead, make_person
from tests.nurture.mails import report
from tests.nurture.making import email, make_enrolment, make_topic, make_track, step, wait
from tests.nurture.test_receiving import id_of, sent

DAY = timedelta(days=1)
JO = "jo@brevik.example"


@pytest.fixture
def at(rules):
    return timezone.now()


def under_way(alice, at, *nodes, kind="track", **fields):
    """She stands in a wait of days."""
    phase = Phase.NURTURE if kind == "track" else Phase.WORKING
    lead = make_lead(phase=phase, bdr=alice, person=make_person(email=JO))
    track = make_track(*(nodes or (email(), wait(9), email())), kind=kind, name="Feed")
    node = None if fields.get("is_held_out") else track.versions.get().nodes.get(kind="wait")
    return make_enrolment(track, lead=lead, node=node, due_at=at + 9 * DAY, followed_from=at, **fields)


def bounces(one, *, by, at):
    message = sent(one.person, by=by, at=at)
    take_mail(report((JO, "failed", "5.1.1", "550 5.1.1 user unknown"), original=id_of(message)), source="imap", at=at)


def stops(one, *, by, at):
    unsubscribe(one.person, at=at)


def file_says_no_mail(one, *, by, at):
    bring(f"email,do not email\n{JO},yes\n", by=by)


def file_says_no_consent(one, *, by, at):
    bring(f"Email,Opt-in\n{JO},no\n", by=by, at=at - DAY)


def rep_says_wrong(one, *, by, at):
    one.person.contact_points.update(state="bounced")


WAYS = [bounces, stops, file_says_no_mail, file_says_no_consent, rep_says_wrong]


@pytest.mark.parametrize("is_paused", [False, True])
@pytest.mark.parametrize("says", WAYS)
def test_the_track_ends_at_once_and_what_it_planned_does_not_leave(client, alice, marketer, at, says, is_paused):
    one = under_way(alice, at)
    first = one.version.nodes.filter(kind="email").first()
    Message.objects.create(
        kind="nurture", person=one.person, lead=one.lead, enrolment=one, node=first, planned_at=at, due_at=at + 9 * DAY
    )
    if is_paused:
        pause(one, by=alice, at=at)
    says(one, by=marketer, at=at)
    client.force_login(alice)
    before = client.get(reverse("nurture:lead_panel", args=[one.lead.public_id])).text

    follow(at=at + timedelta(minutes=1))

    assert ("ends within a minute" in before, "next letter" in before) == (True, False)
    one.refresh_from_db()
    assert (one.state, one.outcome) == ("ended", "unreachable")
    assert not Message.objects.filter(state="planned").exists()
    assert follow(at=at + timedelta(minutes=2)) == 0


@pytest.mark.parametrize(
    ("nodes", "fields"),
    [((email(), wait(9)), {"kind": "play"}), ((wait(9), step()), {}), ((email(), wait(9)), {"is_held_out": True})],
)
def test_what_sends_nothing_or_may_go_on_without_is_left_alone(alice, at, nodes, fields):
    if fields.get("is_held_out"):
        fields = {**fields, "hold_out_percent": 10}
    one = under_way(alice, at, *nodes, **fields)
    stops(one, by=alice, at=at)

    assert follow(at=at) == 0
    one.refresh_from_db()
    assert (one.state, one.due_at) == ("active", at + 9 * DAY)


def test_a_no_ends_a_track_as_far_as_nothing_holds_that_they_agreed_to(alice, at):
    one, topic = under_way(alice, at), make_topic()

    def said(is_given, about, minutes):
        when = at + timedelta(minutes=minutes)
        note_consent(one.person, is_given=is_given, topic=about, source="by_hand", evidence="So.", by=alice, at=when)
        return beyond_mail().exists()

    assert not said(False, topic, 1)
    assert said(False, None, 2)
    assert not said(True, topic, 3)
    assert said(False, topic, 4)
    assert not said(True, None, 5)
    assert not said(False, topic, 6)


def test_where_consent_is_asked_for_who_took_back_the_one_topic_is_out_and_who_said_nothing_is_not(alice, at):
    topic = make_topic()
    one, other = under_way(alice, at), make_enrolment(make_track(email(), wait(9)), due_at=at + DAY)
    MailRules.objects.update(consent_for="tracks")
    for minutes, is_given in [(1, True), (2, False)]:
        when = at + timedelta(minutes=minutes)
        note_consent(one.person, is_given=is_given, topic=topic, source="by_hand", evidence="So.", by=alice, at=when)

    assert other.state == "active"
    assert list(beyond_mail()) == [one]


@pytest.mark.parametrize("is_paused", [False, True])
def test_whom_a_new_rule_asks_stays_in_a_track_until_it_is_due_also_who_said_no_to_one_topic(alice, at, is_paused):
    one = under_way(alice, at)
    note_consent(
        one.person, is_given=False, topic=make_topic(), source="by_hand", evidence="So.", by=alice, at=at - DAY
    )
    if is_paused:
        pause(one, by=alice, at=at)

    MailRules.objects.update(consent_for="tracks")

    assert follow(at=at) == 0
    one.refresh_from_db()
    assert one.state == ("paused" if is_paused else "active")
