"""What somebody asks for on her page holds for what tracks have planned for her, sooner and later, at once."""

from datetime import timedelta

import pytest

from nurture.actions.absences import begin_absence
from nurture.actions.claiming import claim_messages
from nurture.actions.preferring import prefer
from nurture.models import Enrolment, Message
from tests.make import NOON, make_person
from tests.nurture.making import leave, make_letter_track, make_message

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def asks(person, *, pace="normal", until=None, at=NOON):
    prefer(person, pace=pace, paused_until=until, refused=[], at=at)


def due(message):
    message.refresh_from_db()
    return message.due_at


@pytest.fixture
def jo(rules):
    return make_person(email="jo@brevik.example", time_zone="UTC")


def put_off(person):
    """A letter that was due during her pause of sixty days."""
    letter = make_message(person=person)
    asks(person, until=NOON + 60 * DAY)
    assert claim_messages(by="me", at=NOON) == []
    assert due(letter) >= NOON + 60 * DAY
    Enrolment.objects.filter(pk=letter.enrolment_id).update(due_at=letter.due_at)
    return letter


@pytest.mark.parametrize("was_merged", [False, True])
def test_a_letter_that_waited_for_the_end_of_a_pause_leaves_when_it_is_ended(jo, was_merged):
    letter = put_off(jo)
    other = put_off(make_person(email="al@brevik.example", time_zone="UTC"))
    if was_merged:
        kept = make_person(time_zone="UTC")
        jo.merged_into = kept
        jo.save(update_fields=["merged_into"])

    asks(jo, at=NOON + DAY)

    assert due(letter) == NOON + DAY
    # Who waits for it goes on when it has left.
    assert Enrolment.objects.get(pk=letter.enrolment_id).due_at == NOON + DAY
    assert due(other) >= NOON + 60 * DAY
    if not was_merged:
        assert claim_messages(by="me", at=NOON + DAY) == [letter]


def test_a_quicker_pace_brings_a_letter_sooner_and_a_pause_later(jo):
    asks(jo, pace="monthly")
    leave(make_message(make_letter_track(), jo), at=NOON - 2 * DAY)
    Enrolment.objects.update(state="ended", outcome="exhausted", ended_at=NOON, due_at=None)
    letter = make_message(make_letter_track(), jo)
    claim_messages(by="me", at=NOON)
    assert due(letter) >= NOON + 28 * DAY

    asks(jo, at=NOON)
    assert due(letter) == NOON
    Message.objects.filter(pk=letter.pk).update(due_at=NOON + DAY)
    asks(jo, until=NOON + 9 * DAY)

    assert due(letter) >= NOON + 9 * DAY


def test_what_a_server_put_off_and_whoever_is_away_wait_on(jo):
    away = make_person(email="al@brevik.example", time_zone="UTC")
    refused, waiting = put_off(jo), put_off(away)
    Message.objects.filter(pk=refused.pk).update(put_off_since=NOON)
    begin_absence(away.pk, kind="away", words="", back_on=(NOON + 80 * DAY).date(), zone="UTC", said_at=NOON, at=NOON)
    held = due(refused), due(waiting)

    asks(jo, at=NOON + DAY)
    asks(away, at=NOON + DAY)

    assert (due(refused), due(waiting)) == held
