"""Whoever says that somebody wants no mail says it before a letter begins or after it, and never while it does."""

from threading import Thread

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone

from accounts.actions.matching import writing
from accounts.actions.people import (
    mark_contact_point,
    suppress_hashes,
    suppress_key,
    suppress_person,
    suppression_key,
)
from accounts.models import ContactPoint, Suppression
from agreement.installation import publish_version_1
from content.models import Topic
from leads.actions.closing import disqualify_lead
from leads.actions.merging import erase_person, merge_people
from nurture.actions.claiming import begin_message, claim_messages
from nurture.actions.preferring import prefer
from nurture.models import MailRules
from team.models import Role
from tests.leads.files import bring
from tests.make import NOON, make_asset, make_lead, make_person, make_team, make_user, reason
from tests.nurture.making import make_letter_track, make_message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def installed(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer: nothing begins beside it.")
    publish_version_1(apps, at=timezone.now())
    MailRules.objects.get_or_create(pk=1)
    make_team("North")


def silenced_by_rep(person):
    lead = person.leads.get()
    disqualify_lead(lead, reason=reason("opted_out"), by=lead.bdr, at=NOON)


def silenced_by_merge(person):
    other = make_person()
    suppress_person(other, "email", source="unsubscribed", at=NOON)
    merge_people(person, other, by=None, at=NOON)


HASH = suppression_key("ada@brevik.example")
WAYS = {
    "rep": silenced_by_rep,
    "person": lambda person: suppress_person(person, "email", source="import", at=NOON),
    "address": lambda person: suppress_key("ada@brevik.example", "email", source="unsubscribe", at=NOON),
    "bare address": lambda person: suppress_key("ada@brevik.example", "email", source="unsubscribe", at=NOON),
    "bounce": lambda person: mark_contact_point(
        person.contact_points.get(kind="email"), ContactPoint.State.BOUNCED, by=None, at=NOON
    ),
    "merge": silenced_by_merge,
    "hash": lambda person: suppress_hashes([("email", HASH)], source="erasure", at=NOON),
    "topic": lambda person: prefer(person, pace="normal", paused_until=None, refused=Topic.objects.all(), at=NOON),
    "erasure": lambda person: erase_person(person, by=None, at=NOON),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_letter_that_is_begun_meanwhile_waits_for_what_is_said(way):
    address = "ada+news@brevik.example" if way == "bare address" else "ada@brevik.example"
    person = make_person(email=address, time_zone="UTC")
    lead = make_lead(phase="working", person=person) if way == "rep" else None
    asset = make_asset(topic=Topic.objects.create(key="planning", label="Planning"))
    message = make_message(make_letter_track(kind="play" if lead else "track", asset=asset), person, lead=lead)
    (taken,) = claim_messages(by="me", at=NOON)

    beside = Beside(taken)
    with transaction.atomic():
        WAYS[way](person)
        beside.come()

    assert not beside.answer()
    message.refresh_from_db()
    assert message.state == "cancelled"


def test_a_file_says_it_under_the_same_lock(monkeypatch):
    person = make_person(email="ada@brevik.example", time_zone="UTC")
    message = make_message(make_letter_track(), person)
    (taken,) = claim_messages(by="me", at=NOON)
    beside, insert = Beside(taken), writing.insert_rows

    def insert_and_come(model, *more, **named):
        rows = insert(model, *more, **named)
        if model is Suppression:
            beside.come()
        return rows

    monkeypatch.setattr(writing, "insert_rows", insert_and_come)
    bring("Email,Status\nada@brevik.example,Do not contact\n", by=make_user("lea", Role.MARKETER))

    assert not beside.answer()
    message.refresh_from_db()
    assert (message.state, message.because) == ("cancelled", "suppressed")


class Beside:
    """A sender who begins a letter while somebody else's words are said, and not kept yet."""

    def __init__(self, taken):
        self.taken, self.backend, self.begun = taken, [], []
        self.sender = Thread(target=self._begin)

    def come(self):
        """Until she waits for whoever says it, or has begun without."""
        self.sender.start()
        while not (self.begun or (self.backend and is_held_up(self.backend[0]))):
            pass

    def answer(self):
        self.sender.join(20)
        return self.begun[0]

    def _begin(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self.backend.append(cursor.fetchone()[0])
        self.begun.append(begin_message(self.taken, at=NOON))
        connection.close()


def is_held_up(backend):
    with connection.cursor() as cursor:
        cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [backend])
        return cursor.fetchone()[0]
