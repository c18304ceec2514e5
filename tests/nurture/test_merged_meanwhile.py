"""What is said of a row that is being merged is said of whoever she is afterwards."""

from datetime import timedelta
from email.utils import format_datetime
from threading import Event

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone

from accounts.actions.people import suppressed_channels
from accounts.models import Person
from agreement.installation import publish_version_1
from agreement.models import Phase
from leads.actions.merging import merge_people
from leads.models import Lead, LeadEvent
from nurture.actions.consenting import note_consent
from nurture.actions.holding import hold_her
from nurture.actions.preferring import prefer, unsubscribe
from nurture.actions.receiving import take_mail
from nurture.models import Away, Incoming, MailRules, Preference
from nurture.wishes import Wishes
from team.models import Role
from tests.make import NOON, make_lead, make_person, make_team, make_user
from tests.nurture.mails import mail
from tests.nurture.test_moving_races import Beside
from tests.nurture.test_receiving import id_of, sent

JO, JOANNA = "jo@brevik.example", "joanna@brevik.example"
LATER = NOON + timedelta(hours=1)
AWAY = mail("I am away and back on 20 March.", sender=JO, subject="Automatic reply")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kept(transactional_db):
    """Whom somebody works, by the row that stays."""
    publish_version_1(apps, at=timezone.now())
    MailRules.objects.get_or_create(pk=1)
    team = make_team("North")
    bob = make_user("bob", Role.BDR, team=team)
    return make_lead(person=make_person(email=JOANNA, time_zone="UTC"), phase=Phase.WORKING, bdr=bob, team=team)


@pytest.fixture
def jo(kept):
    """The same one, by the row that is merged into it."""
    return make_person(email=JO, time_zone="UTC")


def while_merged(kept, jo, act):
    """What comes of it where it is begun while the two rows are being made one."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer.")
    beside = Beside(act)
    with transaction.atomic():
        merge_people(kept.person, jo, by=None, at=NOON)
        beside.come()
    (answer,) = beside.answer()
    return answer


def received(lead):
    return [event.data["kind"] for event in LeadEvent.objects.filter(lead=lead, verb="receive").order_by("pk")]


def test_her_reply_stands_in_front(kept, jo):
    reply = mail("Call me.", sender=JO, Date=format_datetime(LATER))
    row = while_merged(kept, jo, lambda: take_mail(reply, source="imap", at=LATER))

    assert (row.effect, row.person) == (Incoming.Effect.IN_FRONT, kept.person)
    assert received(kept) == ["reply"]
    assert kept.steps.open().filter(kind="reply").exists()


def test_until_when_she_is_away_is_known_of_her(kept, jo):
    row = while_merged(kept, jo, lambda: take_mail(AWAY, source="imap", at=LATER))

    assert (row.effect, row.person) == (Incoming.Effect.NOTED, kept.person)
    assert Away.objects.get().person == kept.person
    assert {one.away_until for one in Person.objects.all()} == {Away.objects.get().until}
    assert received(kept) == ["out_of_office"]


def test_her_stop_stands_in_her_history(kept, jo):
    while_merged(kept, jo, lambda: unsubscribe(jo, at=LATER))

    assert suppressed_channels([kept.person_id]) == {kept.person_id: {"email"}}
    assert received(kept) == ["stopped"]


def test_that_she_wants_no_mail_is_told_once_where_her_letter_names_both_rows(kept, jo):
    letter = sent(kept.person, by=kept.bdr)
    stop = mail("", sender=JO, subject="unsubscribe", In_Reply_To=id_of(letter))
    row = while_merged(kept, jo, lambda: take_mail(stop, source="imap", at=LATER))

    assert (row.effect, row.person) == (Incoming.Effect.SILENCED, kept.person)
    assert received(kept) == ["unsubscribe"]


def test_what_she_chose_and_agreed_to_is_hers(kept, jo):
    def chosen():
        prefer(jo, pace="monthly", paused_until=None, refused=[], at=LATER)
        return note_consent(jo, is_given=True, source="preferences", at=LATER)

    consent = while_merged(kept, jo, chosen)

    assert consent.person == kept.person
    assert Preference.objects.get().person == kept.person
    assert Wishes([kept.person_id]).chosen(kept.person_id, at=LATER).pace == "monthly"


def test_whoever_holds_both_waits_for_nobody_who_waits_for_her(kept, jo):
    """Her other pursuit comes behind the one that is kept: who has waited for it would hold both in another order."""
    hers = make_lead(person=jo, phase=Phase.WORKING, bdr=kept.bdr, team=kept.team)
    assert kept.pk < hers.pk
    besides = [
        Beside(lambda by=by: take_mail(mail("Call me.", sender=by, Message_ID=f"<{by}>"), source="imap", at=LATER))
        for by in (JO, JOANNA)
    ]
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer.")

    with transaction.atomic():
        merge_people(kept.person, jo, by=None, at=NOON)
        for beside in besides:
            beside.come()

    rows = [row for beside in besides for row in beside.answer()]
    assert [(row.effect, row.person) for row in rows] == [(Incoming.Effect.IN_FRONT, kept.person)] * 2


def test_a_pursuit_that_is_opened_meanwhile_is_held_too(kept, jo):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer.")
    is_held, is_looked_at = Event(), Event()

    @transaction.atomic
    def hold():
        hold_her(jo.pk)
        is_held.set()
        return is_looked_at.wait(20)

    beside = Beside(hold)
    with transaction.atomic():
        new = make_lead(person=jo, phase=Phase.WORKING, bdr=kept.bdr, team=kept.team)
        beside.come()
    assert is_held.wait(20)
    with transaction.atomic():
        free = list(Lead.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=new.pk))
    is_looked_at.set()

    assert (free, beside.answer()) == ([], [True])


def test_a_row_that_was_merged_before_is_the_one_she_is_today(kept, jo):
    merge_people(kept.person, jo, by=None, at=NOON)

    with transaction.atomic():
        held = hold_her(jo.pk)

    assert held == kept.person
