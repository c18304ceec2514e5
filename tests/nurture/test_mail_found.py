"""What the outbox asks of many messages is found, counted and put in order by an index."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nurture.models import Message
from nurture.outbox import first_state, outbox
from tests.constraints import constraints_of, put, refuses
from tests.make import NOON, make_lead, make_person
from tests.nurture.making import make_message

pytestmark = pytest.mark.django_db


def plans(ask):
    """How the database would answer what this asks of messages."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A table of no rows is read as it is, by whatever plan.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            ask()
        found = []
        for query in asked.captured_queries:
            if "nurture_message" in query["sql"] and query["sql"].startswith("SELECT"):
                how = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
                cursor.execute(f"{how} {query['sql']}")
                found.append("\n".join(str(row[-1]) for row in cursor.fetchall()))
        return found


def test_what_went_to_an_address_lately(db):
    (plan,) = plans(lambda: list(Message.objects.last_to("x" * 64).filter(claimed_at__gt=NOON)[:5]))

    assert "message_to_hash" in plan


def test_what_the_page_of_mail_counts(db):
    lasting, ended, *oldest = plans(lambda: outbox(at=NOON))

    assert "message_in_state" in lasting or "message_ended" in lasting
    assert "message_ended" in ended
    # SQLite finds what is planned by its state, and looks through that.
    for plan, index in zip(oldest, ("message_due", "message_due_again"), strict=True):
        assert "SCAN" not in plan
        assert connection.vendor == "sqlite" or (index in plan and "Sort" not in plan)


def test_what_the_page_of_mail_opens_on(db):
    _unknown, *ended, _planned = plans(lambda: first_state(Message.objects.all(), at=NOON))

    assert ["message_ended" in plan for plan in ended] == [True, True]


def test_the_longest_due_is_that_of_both_halves(rules):
    first, lost = make_message(due_at=NOON), make_message(due_at=NOON - timedelta(hours=1))
    Message.objects.filter(pk=lost.pk).update(lapses=1)
    assert Message.objects.longest_due(NOON) == NOON - timedelta(hours=1)

    Message.objects.filter(pk=lost.pk).delete()
    assert Message.objects.longest_due(NOON) == first.due_at
    assert Message.objects.longest_due(NOON - timedelta(minutes=1)) is None


def test_only_what_never_left_is_settled(rules, alice):
    letter = make_message(person=make_person(), lead=make_lead(phase="working"))

    refuses(constraints_of("nurture")["message_settled_never_left"], lambda: put(letter, settled_at=NOON))
