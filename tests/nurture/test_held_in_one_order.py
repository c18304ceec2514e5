"""Two that write of one person at once wait for one another, and neither is thrown out: all hold her in one order."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone

from accounts.actions.people import lock_addresses
from accounts.models import Person, Suppression
from agreement.installation import publish_version_1
from agreement.models import Phase
from leads.actions.changing import lock_leads
from leads.actions.closing import disqualify_lead
from nurture.actions.preferring import prefer, unsubscribe
from nurture.actions.receiving import take_mail
from nurture.models import Away, MailRules
from team.models import Role
from tests.make import NOON, make_lead, make_person, make_team, make_user, reason
from tests.nurture.mails import mail
from tests.nurture.test_moving_races import Beside
from tests.nurture.test_receiving import id_of, sent

JO = "jo@brevik.example"
LATER = NOON + timedelta(hours=1)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def over(transactional_db):
    """A pursuit of hers that is over."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer.")
    publish_version_1(apps, at=timezone.now())
    MailRules.objects.get_or_create(pk=1)
    team = make_team("North")
    bob = make_user("bob", Role.BDR, team=team)
    lead = make_lead(person=make_person(email=JO, time_zone="UTC"), phase=Phase.WORKING, bdr=bob, team=team)
    disqualify_lead(lead, reason=reason("competitor"), by=bob, at=NOON)
    return lead


def test_a_reply_and_what_her_mail_program_says_are_read_at_once(over):
    pursued = make_lead(person=over.person, phase=Phase.WORKING, bdr=over.bdr, team=over.team)
    reply = mail("I am here, call me.", sender=JO, Message_ID="<reply@brevik.example>")
    away = mail("I am away and back on 20 March.", sender=JO, subject="Automatic reply")
    besides = [Beside(lambda raw=raw: take_mail(raw, source="imap", at=LATER).effect) for raw in (reply, away)]

    with transaction.atomic():
        lock_leads([pursued.pk])
        for beside in besides:
            beside.come()

    assert [beside.answer() for beside in besides] == [["in_front"], ["noted"]]


@pytest.mark.parametrize("is_first", ["said", "away"])
@pytest.mark.parametrize("says", ["stop", "pause"])
def test_what_she_says_on_her_page_and_that_she_is_away_are_kept_where_all_her_pursuits_are_over(over, says, is_first):
    jo = over.person
    ways = {
        "stop": lambda: unsubscribe(jo, at=LATER),
        "pause": lambda: prefer(jo, pace="normal", paused_until=LATER + timedelta(days=30), refused=[], at=LATER),
    }
    away = mail("I am away and back on 20 March.", sender=JO, subject="Automatic reply")
    besides = {
        "said": Beside(ways[says]),
        "away": Beside(lambda: take_mail(away, source="imap", at=LATER).effect),
    }

    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).get(pk=jo.pk)
        for _name, beside in sorted(besides.items(), key=lambda one: one[0] != is_first):
            beside.come()

    assert (len(besides["said"].answer()), besides["away"].answer()) == (1, ["noted"])
    assert Suppression.objects.exists() == (says == "stop")
    assert Away.objects.exists()


def test_two_who_answer_each_in_the_others_stead_that_they_want_no_mail_are_both_heard(over):
    wally = make_person(email="wally@brevik.example", time_zone="UTC")
    mails = [stop(over.bdr, sender=wally, to=over.person), stop(over.bdr, sender=over.person, to=wally)]
    besides = [Beside(lambda raw=raw: take_mail(raw, source="imap", at=LATER).effect) for raw in mails]

    with transaction.atomic():
        lock_addresses([over.person.pk, wally.pk])
        for beside in besides:
            beside.come()

    assert [beside.answer() for beside in besides] == [["silenced"], ["silenced"]]
    assert Suppression.objects.filter(person__in=[over.person, wally]).count() == 2


def stop(by, *, sender, to):
    """Who got a letter hands it on, and somebody else answers it."""
    name = id_of(sent(to, by=by))
    address = sender.contact_points.get(kind="email").value
    return mail("", sender=address, subject="unsubscribe", In_Reply_To=name, Message_ID=f"<to{to.pk}@brevik.example>")
