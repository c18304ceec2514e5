"""Somebody nobody knows has answered, or wants no more mail: counted on every page, apart from bounces,
until one of us says who it is."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.actions.people import suppressed_channels
from accounts.models import Person, Suppression
from accounts.search import index_people
from leads.models import Lead
from leads.rail import rail_of
from nurture.actions.receiving import take_event, take_mail
from nurture.inbound.bounces import Failure
from nurture.inbound.mail import InMail, Kind
from nurture.models import Incoming, IncomingBody
from team.models import Installation, Role
from tests.make import NOON, make_person, make_user
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


def stop(at=NOON, *, sender="Carl Garrow <private1@gmx.example>", subject="no more please", **headers):
    words = "Please do not write to me any more"
    return take_mail(mail(words, sender=sender, subject=subject, **headers), source="imap", at=at)


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


def test_who_wants_no_more_mail_waits_with_those_who_answered_and_their_address_is_closed_at_once(client, milo):
    row = stop(NOON.replace(year=2024))

    assert (row.kind, row.is_dealt_with, counted(milo)) == ("unsubscribe", False, 1)
    assert Suppression.objects.filter(person=None, channel="email").count() == 1
    listed = client.get(reverse("nurture:incoming"))
    assert (listed.context["which"], list(listed.context["rows"])) == ("replies", [row])
    assert [(tab[0], tab[2]) for tab in listed.context["tabs"]] == [("replies", 1), ("aside", 0), ("strangers", 0)]
    assert ALL_WELL not in client.get(reverse("nurture:mail")).text
    page = client.get(reverse("nurture:incoming_mail", args=[row.pk])).text
    assert "Nothing is sent to this address any more." in page
    assert "an answer is due" not in page

    client.post(reverse("nurture:incoming_decide", args=[row.pk]), {"do": "away"})

    row.refresh_from_db()
    assert (row.effect, row.is_dealt_with, counted(milo), Incoming.objects.waiting()) == ("none", True, 0, 0)
    assert Suppression.objects.filter(person=None, channel="email").count() == 1


def test_what_a_provider_tells_of_an_address_nobody_has_closes_it_and_asks_nobody(milo):
    found = InMail(
        Kind.UNSUBSCRIBE, sender="q@gmx.example", failures=[Failure("q@gmx.example", "", is_hard=False, said="")]
    )

    row = take_event(found, source="postmark", key="1", at=NOON)

    assert (row.effect, counted(milo), Incoming.objects.waiting()) == ("silenced", 0, 0)
    assert Suppression.objects.filter(person=None, channel="email").count() == 1


def test_once_one_of_us_says_whose_stop_it_is_their_known_addresses_are_closed(client, milo):
    jo = make_person(given_name="Carl", family_name="Garrow")
    index_people([jo.pk])
    row = stop()
    assert suppressed_channels([jo.pk]) == {}
    url = reverse("nurture:incoming_mail", args=[row.pk])
    assert '<option value="unsubscribe" selected>' in client.get(url, {"q": "Garrow"}).text

    client.post(reverse("nurture:incoming_decide", args=[row.pk]), {"person": str(jo.public_id), "kind": "unsubscribe"})

    row.refresh_from_db()
    assert (row.person, row.effect, counted(milo)) == (jo, "silenced", 0)
    assert suppressed_channels([jo.pk]) == {jo.pk: {"email"}}


def test_somebody_new_who_wants_no_more_mail_gets_none_and_no_lead_begins(client, milo):
    row = stop()
    new = {"do": "add", "name": "Carl Garrow", "email": "carl@garrow.example"}

    page = client.post(reverse("nurture:incoming_decide", args=[row.pk]), new, follow=True).text

    carl = Person.objects.get(family_name="Garrow")
    assert "Carl Garrow is known now. What followed: they get no e-mail any more." in page
    assert suppressed_channels([carl.pk]) == {carl.pk: {"email"}}
    assert not Lead.objects.exists()


def test_replies_are_found_by_their_index(db):
    reply()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE nurture_incoming")
            cursor.execute("SET LOCAL enable_seqscan = off")
        sql, values = Incoming.objects.replies_of_strangers().order_by("-id")[:51].query.sql_with_params()
        how = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        cursor.execute(f"{how} {sql}", values)
        assert "incoming_written_by_strangers" in str(cursor.fetchall())


def test_after_an_upgrade_what_waits_is_counted_and_what_is_forgotten_is_not(milo):
    reply()
    forgotten = reply("bo")
    IncomingBody.objects.filter(incoming=forgotten).update(sender="", subject="", text="", erased_at=NOON)
    Installation.objects.update(mail_aside=0)

    migration = import_module("nurture.migrations.0054_replies_of_strangers_counted")
    for _ in range(2):
        migration.count(apps, connection.schema_editor())

    assert (counted(milo), Incoming.objects.waiting()) == (1, 1)


def test_after_an_upgrade_a_stop_nobody_saw_waits_and_goes_back_with_it(milo):
    seen = stop()
    machines = stop(subject="", sender="Q <q@gmx.example>", Message_ID="<q@gmx.example>")
    known = stop(sender="R <r@gmx.example>", Message_ID="<r@gmx.example>")
    Incoming.objects.filter(pk=known.pk).update(person=make_person())
    Incoming.objects.update(effect="silenced")
    IncomingBody.objects.filter(incoming=machines).update(subject="", text="")
    Installation.objects.update(mail_aside=0)
    migration = import_module("nurture.migrations.0057_stops_of_strangers")

    for _ in range(2):
        migration.ask(apps, connection.schema_editor())

    assert (list(Incoming.objects.replies_of_strangers()), counted(milo)) == ([seen], 1)
    migration.close(apps, connection.schema_editor())
    assert (set(Incoming.objects.values_list("effect", flat=True)), counted(milo)) == ({"silenced"}, 0)
