"""Somebody nobody knows has answered: counted on every page, apart from bounces, until one of us says who it is."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.rail import rail_of
from nurture.actions.receiving import take_mail
from nurture.models import Incoming, IncomingBody
from team.models import Installation, Role
from tests.make import NOON, make_user
from tests.nurture.mails import mail, report
from tests.nurture.making import make_aside

pytestmark = pytest.mark.django_db
BOUNCE = report(("lost@elsewhere.example", "failed", "5.1.1", "no such user"), original="<other@elsewhere.example>")
ALL_WELL = "Nothing here needs anybody."


@pytest.fixture
def milo(client, rules):
    milo = make_user("milo", Role.MARKETER)
    client.force_login(milo)
    return milo


def reply(name="ellen", at=NOON):
    raw = mail("Thursday, please.", sender=f"Ellen Vance <{name}@home.example>", Message_ID=f"<{name}@home.example>")
    return take_mail(raw, source="imap", at=at)


def counted(user):
    return rail_of(user, path="/", at=NOON).counts["mail"]


def test_a_reply_of_somebody_nobody_knows_is_counted_until_one_of_us_decides(client, milo):
    url = reverse("nurture:mail")
    take_mail(BOUNCE, source="imap", at=NOON)
    assert (counted(milo), ALL_WELL in client.get(url).text) == (0, True)

    row = reply()

    page = client.get(url).text
    assert (row.kind, row.effect, counted(milo), ALL_WELL in page) == ("reply", "stranger", 1, False)
    assert "1 mail that came in waits for somebody to say whose it is." in page
    assert 'Came in <span class="count">1</span>' in page
    make_aside()
    reply("bo")
    assert "3 mails that came in wait" in client.get(url).text
    client.post(reverse("nurture:incoming_decide", args=[row.pk]), {"do": "away"})
    assert (counted(milo), Incoming.objects.waiting()) == (2, 2)


def test_replies_of_people_stand_first_and_apart_from_bounces(client, milo):
    rows = [reply("ellen", at=timezone.now())]
    bounce = take_mail(BOUNCE, source="imap", at=timezone.now())
    aside = make_aside()
    url = reverse("nurture:incoming")

    page = client.get(url)

    assert (page.context["which"], list(page.context["rows"])) == ("replies", rows)
    assert [(tab[0], tab[2]) for tab in page.context["tabs"]] == [("replies", 1), ("aside", 1), ("strangers", 1)]
    lists = {name: list(client.get(url, {"list": name}).context["rows"]) for name in ("aside", "strangers")}
    assert lists == {"aside": [aside], "strangers": [bounce]}
    # However long ago: somebody waits.
    Incoming.objects.filter(pk=rows[0].pk).update(taken_at=NOON.replace(year=2024))
    Incoming.objects.filter(pk=bounce.pk).update(taken_at=NOON.replace(year=2024))
    lists = {name: list(client.get(url, {"list": name}).context["rows"]) for name in ("replies", "strangers")}
    assert lists == {"replies": rows, "strangers": []}


def test_replies_are_found_by_their_index(db):
    reply()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE nurture_incoming")
            cursor.execute("SET LOCAL enable_seqscan = off")
        with CaptureQueriesContext(connection) as asked:
            list(Incoming.objects.replies_of_strangers().order_by("-id")[:51])
        how = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        cursor.execute(f"{how} {asked.captured_queries[0]['sql']}")
        assert "incoming_replies_of_strangers" in str(cursor.fetchall())


def test_after_an_upgrade_what_waits_is_counted_and_what_is_forgotten_is_not(milo):
    reply()
    forgotten = reply("bo")
    IncomingBody.objects.filter(incoming=forgotten).update(sender="", subject="", text="", erased_at=NOON)
    Installation.objects.update(mail_aside=0)

    migration = import_module("nurture.migrations.0054_replies_of_strangers_counted")
    for _ in range(2):
        migration.count(apps, connection.schema_editor())

    assert (counted(milo), Incoming.objects.waiting()) == (1, 1)
