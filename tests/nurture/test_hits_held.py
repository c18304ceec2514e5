"""Whoever opens a letter, or stops by it, waits for nobody who judges what others did with theirs."""

from datetime import timedelta
from threading import Thread

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from agreement.installation import publish_version_1
from leads.models import Engagement
from leads.scoring import recompute_interest
from nurture.actions.hearing import hear, judge_hits
from nurture.models import MailRules, Message
from nurture.tokens import OPENING, STOP, token_of
from tests.make import NOON, make_person, make_team
from tests.nurture.making import leave, make_letter_track, make_message
from tests.nurture.test_silence_races import is_held_up

pytestmark = pytest.mark.django_db(transaction=True)

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LATER = NOON + timedelta(minutes=5)
CLICK = {"List-Unsubscribe": "One-Click"}


def followed(person):
    """A letter to her that left, and of which she has followed the only link."""
    message = make_message(make_letter_track(), person)
    leave(message, at=NOON)
    link = message.links.create(number=1, url="https://a.example/")
    at = NOON + timedelta(minutes=2)
    hear(message.pk, link=link, method="GET", address="192.0.2.1", agent=BROWSER, at=at)
    return message


@pytest.fixture(autouse=True)
def installed(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer.")
    publish_version_1(apps, at=timezone.now())
    MailRules.objects.get_or_create(pk=1)
    make_team("North")


def test_one_click_and_an_opening_are_answered_while_a_judge_waits_for_somebody_else(client):
    other, jo = make_person(), make_person(email="jo@brevik.example")
    followed(other)
    letter = followed(jo)
    judge = Judge()

    with transaction.atomic():
        recompute_interest([other.pk], at=LATER)
        judge.come()
        stop = ask(client.post, reverse("nurture:stop", args=[token_of(STOP, letter.pk)]), CLICK)
        opened = ask(client.get, reverse("nurture:opened", args=[token_of(OPENING, letter.pk)]))

    # Those two letters, and the one that was opened meanwhile once more.
    assert judge.answer() == 3
    assert (stop, opened) == (200, 200)
    letter = Message.objects.get(pk=letter.pk)
    assert letter.unsubscribed_at is not None
    assert letter.clicked_at == NOON + timedelta(minutes=2)


def test_two_judges_count_a_click_once_and_the_later_leaves_it_to_the_other():
    other = make_person()
    followed(other)
    judge = Judge()

    with transaction.atomic():
        recompute_interest([other.pk], at=LATER)
        judge.come()
        beside = ask(lambda: judge_hits(at=LATER))

    assert (judge.answer(), beside) == (1, 0)
    assert Engagement.objects.filter(kind="clicked").count() == 1


def ask(call, *more):
    """What this answers on a connection of its own: the status of a page, else what it returns."""
    answers = []

    def work():
        try:
            answer = call(*more)
            answers.append(getattr(answer, "status_code", answer))
        except Exception as error:
            answers.append(error)
        connection.close()

    asker = Thread(target=work)
    asker.start()
    asker.join(20)
    return answers[0]


class Judge:
    """Judges on a connection of its own, until it waits for whoever holds what it needs."""

    def __init__(self):
        self.backend, self.judged = [], []
        self.worker = Thread(target=self._work)

    def come(self):
        self.worker.start()
        while not (self.judged or (self.backend and is_held_up(self.backend[0]))):
            pass

    def answer(self):
        self.worker.join(20)
        return self.judged[0]

    def _work(self):
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")
            cursor.execute("SELECT pg_backend_pid()")
            self.backend.append(cursor.fetchone()[0])
        try:
            self.judged.append(judge_hits(at=LATER))
        except Exception as error:
            self.judged.append(error)
        connection.close()
