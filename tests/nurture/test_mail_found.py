"""What the outbox asks of many messages is found, counted and put in order by an index."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nurture.actions.claiming import claim_messages
from nurture.models import Message
from nurture.outbox import first_state, listed, outbox
from tests.constraints import constraints_of, put, refuses
from tests.make import NOON, make_lead, make_person
from tests.nurture.making import leave, make_message

pytestmark = pytest.mark.django_db


def plans(ask):
    """How the database would answer what this asks of messages."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A table of no rows is read as it is, by whatever plan.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        with CaptureQueriesContext(connection) as asked:
            ask()
        found = []
        for query in asked.captured_queries:
            if "nurture_message" in query["sql"] and query["sql"].startswith("SELECT"):
                how = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
                cursor.execute(f"{how} {query['sql']}")
                found.append("\n".join(str(row[-1]) for row in cursor.fetchall()))
        return found


def see_rows():
    """Of a table whose rows it has not seen PostgreSQL believes what was true of it in another test."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE nurture_message")


def by_state_and_day(plan):
    """PostgreSQL finds both indexes as cheap where there is no row, and takes the one that was made first."""
    return "message_ended" in plan or (connection.vendor == "postgresql" and "message_in_state" in plan)


def test_what_went_to_an_address_lately(rules):
    for number in range(50):
        leave(make_message(person=make_person(email=f"kim{number}@mail.io")), at=NOON + timedelta(minutes=number))
    see_rows()

    (plan,) = plans(lambda: list(Message.objects.last_to("x" * 64).filter(claimed_at__gt=NOON)[:5]))

    assert "message_to_hash" in plan


def test_what_the_page_of_mail_counts(db):
    lasting, ended, *oldest = plans(lambda: outbox(at=NOON))

    assert "message_in_state" in lasting or "message_ended" in lasting
    assert by_state_and_day(ended)
    assert [("message_to_send" in plan) for plan in oldest] == [True] * 4


def test_what_is_taken_up_next(rules):
    _domains, *next_ones = plans(lambda: claim_messages(by="test", at=NOON, most=5))

    assert ["message_to_send" in plan for plan in next_ones] == [True] * 4
    by_hand, _again, of_tracks, _again = next_ones
    # What was lost hold of is little, and put in order.
    for plan in (by_hand, of_tracks):
        assert "Sort" not in plan
        assert "TEMP B-TREE" not in plan


def test_what_the_page_of_mail_opens_on(db):
    _unknown, *ended, _planned = plans(lambda: first_state(Message.objects.all(), at=NOON))

    assert [by_state_and_day(plan) for plan in ended] == [True, True]


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


def test_what_is_planned_is_listed_in_order_by_an_index(alice):
    letter = {"kind": "by_hand", "person": make_person(), "by": alice, "state": "planned", "planned_at": NOON}
    # So many that to put them all in order costs more than to read the first by their index.
    Message.objects.bulk_create(
        [Message(**letter, due_at=NOON + timedelta(minutes=number % 500)) for number in range(3000)]
    )
    see_rows()
    (plan,) = plans(lambda: listed(Message.objects.all(), "planned"))
    assert "message_planned" in plan
    assert "TEMP B-TREE" not in plan
    (plan,) = plans(lambda: listed(Message.objects.all(), "sent", after="9"))
    assert "message_in_state" in plan or "PRIMARY KEY" in plan or "nurture_message_pkey" in plan
