"""A letter that is taken up at the moment at which it was to be planned anew is its sender's, and nothing fails."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from agreement.installation import publish_version_1
from nurture.actions import claiming
from nurture.actions.advancing import advance
from nurture.actions.claiming import begin_message, claim_messages
from nurture.actions.enrolling import pause, resume
from nurture.models import Enrolment, MailRules, Message
from team.models import Role
from tests.make import NOON, make_person, make_team, make_user
from tests.nurture.making import add_version, email, make_enrolment, make_track, move_all
from tests.nurture.test_moving_races import Beside

MINUTE = timedelta(minutes=1)


@pytest.fixture
def beside_others(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer.")
    publish_version_1(apps, at=timezone.now())
    MailRules.objects.get_or_create(pk=1)
    make_team("North")


def planned():
    """Somebody whose letter is due."""
    track = make_track(email(subject="The figures"))
    one = make_enrolment(track, make_person(email="jo@brevik.example", time_zone="UTC"))
    advance(at=NOON)
    return one


def claimed_while(act, monkeypatch):
    """Taken up, and meanwhile, before that is kept, this."""
    beside, note = Beside(act), claiming.note_brought

    def slowly(rows):
        note(rows)
        beside.come()

    monkeypatch.setattr(claiming, "note_brought", slowly)
    (letter,) = claim_messages(by="me", at=NOON + MINUTE)
    assert len(beside.answer()) == 1
    return letter


@pytest.mark.django_db(transaction=True)
def test_pause_of_a_letter_that_is_taken_up_rests_with_it(beside_others, monkeypatch):
    one, by = planned(), make_user("mark", Role.MARKETER)

    letter = claimed_while(lambda: pause(one, by=by, at=NOON + MINUTE), monkeypatch)

    one.refresh_from_db()
    assert (one.state, Message.objects.get().state) == ("paused", "sending")
    assert not begin_message(letter, at=NOON + MINUTE)
    assert Message.objects.get().state == "planned"


@pytest.mark.django_db(transaction=True)
def test_a_newer_version_takes_everybody_along_and_leaves_what_is_taken_up_to_its_sender(beside_others, monkeypatch):
    one, by = planned(), make_user("mark", Role.MARKETER)
    node = one.version.nodes.get()
    newest = add_version(one.track, ({"kind": "email", "key": node.key, "subject": "New", "text": "x"}, (), ()), by=by)

    letter = claimed_while(lambda: move_all(newest, by=by, at=NOON + MINUTE), monkeypatch)
    advance(at=NOON + 20 * MINUTE)

    assert Enrolment.objects.get().version == newest
    assert Message.objects.get().state == "sending"
    assert begin_message(letter, at=NOON + 20 * MINUTE)


@pytest.mark.django_db
def test_a_letter_that_its_sender_gave_back_leaves_once_it_goes_on(alice, rules):
    one = planned()
    (letter,) = claim_messages(by="me", at=NOON + MINUTE)
    pause(one, by=alice, at=NOON + MINUTE)
    assert not begin_message(letter, at=NOON + MINUTE)
    assert claim_messages(by="me", at=NOON + 2 * MINUTE) == []

    resume(one, by=alice, at=NOON + 3 * MINUTE)
    advance(at=NOON + 3 * MINUTE)

    assert len(claim_messages(by="me", at=NOON + 4 * MINUTE)) == 1
