"""What one recipient says waits for nobody else, and nobody else for it."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import OperationalError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.actions.people import lock_addresses
from accounts.models import Person, Suppression
from agreement.installation import publish_version_1
from nurture.actions.claiming import claim_messages
from nurture.actions.preferring import prefer
from nurture.actions.replanning import follow_rules
from nurture.actions.switching import change_rules, stop_mail
from nurture.models import MailRules, Preference
from nurture.tokens import PERSON, STOP, token_of
from team.models import Role
from tests.make import NOON, make_person, make_team, make_user
from tests.nurture.making import make_message
from tests.nurture.test_moving_races import Beside

EVENING = NOON.replace(hour=20)


@pytest.fixture
def beside_others(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer.")
    publish_version_1(apps, at=timezone.now())
    MailRules.objects.get_or_create(pk=1)
    make_team("North")


def asks(person, *, pace="normal", until=None):
    return prefer(person, pace=pace, paused_until=until, refused=[], at=NOON)


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_her_own_row_keeps_nobody_else_waiting(beside_others):
    held, other = make_person(email="ada@brevik.example"), make_person(email="jo@brevik.example")
    beside = Beside(lambda: asks(held, pace="weekly").pace)

    with transaction.atomic():
        Person.objects.select_for_update().get(pk=held.pk)
        beside.come()
        assert asks(other, pace="monthly").pace == "monthly"
        assert stop_mail(by=make_user("ada", Role.ADMIN), at=NOON)

    assert beside.answer() == ["weekly"]


@pytest.mark.django_db(transaction=True)
def test_a_letter_follows_other_rules_once_it_is_known_what_she_asked_for_meanwhile(beside_others):
    first, person, last = (make_person(email=f"{who}@brevik.example", time_zone="UTC") for who in ("al", "jo", "bo"))
    letters = [make_message(person=one, due_at=EVENING) for one in (first, person, last)]
    assert claim_messages(by="me", at=EVENING) == []
    change_rules({"closes": 22}, by=make_user("ada", Role.ADMIN), at=EVENING)

    beside = Beside(lambda: follow_rules(at=EVENING))

    with transaction.atomic():
        lock_addresses([person.pk])
        beside.come()
        assert beside.answer() == [1]
        asks(person, until=NOON + timedelta(days=9))

    assert [follow_rules(at=EVENING) for _ring in range(2)] == [2, 0]
    for letter in letters:
        letter.refresh_from_db()
    moments = [letter.due_at for letter in letters]
    assert (moments[0], moments[2]) == (EVENING, EVENING)
    assert moments[1] >= NOON + timedelta(days=9)


@pytest.fixture
def held_up(monkeypatch):
    def waits(*_args, **_named):
        raise OperationalError("canceling statement due to lock timeout")

    for say in ("prefer", "unsubscribe"):
        monkeypatch.setattr(f"nurture.views.recipient.{say}", waits)


@pytest.mark.django_db
@pytest.mark.parametrize("said", [{"pace": "monthly", "pause": "30"}, {"stop": "1"}])
def test_who_is_held_up_for_too_long_is_asked_to_try_again(client, rules, held_up, said):
    person = make_person(email="jo@brevik.example")
    url = reverse("nurture:preferences", args=[token_of(PERSON, person.pk)])

    answer = client.post(url, said)

    assert answer.status_code == 503
    assert "could not be kept just now" in answer.text
    if "pace" in said:
        assert answer.context["form"]["pace"].value() == "monthly"
    assert not Preference.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("said", [{"List-Unsubscribe": "One-Click"}, {}])
def test_a_stop_that_is_held_up_for_too_long_is_not_called_one(client, rules, held_up, said):
    message = make_message(person=make_person(email="jo@brevik.example"))

    answer = client.post(reverse("nurture:stop", args=[token_of(STOP, message.pk)]), said)

    assert answer.status_code == 503
    assert "could not be kept just now" in answer.text
    assert not Suppression.objects.exists()
