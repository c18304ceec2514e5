"""Who is forgotten is forgotten in mail, too, and nobody writes to her again."""

import json
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.serializers.json import DjangoJSONEncoder

from accounts.actions.people import suppression_key
from accounts.models import Person, Suppression
from accounts.search import index_people
from agreement.models import Phase
from leads.actions.merging import erase_person
from nurture.actions.claiming import begin_message, claim_messages
from nurture.actions.erasing import blank_erased, forget_person
from nurture.actions.preferring import prefer
from nurture.actions.receiving import take_mail
from nurture.models import Incoming, Message, MessageBody, MessageLink
from team.models import AuditEntry
from tests.make import NOON, make_account, make_lead, make_person
from tests.nurture.mails import mail
from tests.nurture.making import leave, make_letter_track, make_message

pytestmark = pytest.mark.django_db
JO = "jo.prentice@brevik.example"
WORDS = (JO, "Prentice", "zebra")


def where_said(*words):
    """Every table of ours that still says one of these, in whatever column."""
    found = set()
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy:
            said = json.dumps(list(model.objects.values()), cls=DjangoJSONEncoder, default=str).lower()
            found |= {(model._meta.label, word) for word in words if word.lower() in said}
    return found


def written_to(alice):
    """Somebody who was written to and answered, with something planned, something being sent, and a mail set aside."""
    jo = make_person(given_name="Jo", family_name="Prentice", email=JO, account=make_account(name="Brevik"))
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=jo)
    index_people([jo.pk])
    sent = make_message(make_letter_track(text="Words of a zebra."), jo)
    leave(sent, at=NOON)
    MessageBody.objects.create(message=sent, to_address=JO, subject="Zebra", text="Zebra", answer=f"250 {JO} ok")
    MessageLink.objects.create(message=sent, number=1, url=f"https://example.com/?who={JO}")
    take_mail(mail("My zebra.", sender=f"Jo Prentice <{JO}>"), source="imap", at=NOON)
    prefer(jo, pace="weekly", paused_until=None, refused=[], at=NOON)
    planned = Message.objects.create(
        kind="by_hand", person=jo, lead=lead, by=alice, state="planned", planned_at=NOON, due_at=NOON
    )
    MessageBody.objects.create(message=planned, subject="Zebra", text="Zebra")
    return jo, sent, planned


def test_nothing_says_any_more_who_she_was_and_that_mail_went_out_is_kept(alice, rules):
    jo, sent, planned = written_to(alice)
    assert {word for _model, word in where_said(*WORDS)} == set(WORDS)

    call_command("erase_person", JO, stdout=(said := StringIO()))
    assert ("Jo Prentice" in said.getvalue(), Person.objects.get(pk=jo.pk).erased_at) == (True, None)
    call_command("erase_person", JO, "--yes", stdout=StringIO())

    # The words of a track are not hers.
    assert where_said(*WORDS) - {("nurture.TrackNode", "zebra")} == set()
    sent.refresh_from_db()
    planned.refresh_from_db()
    assert (sent.state, sent.sent_at, sent.body.erased_at is not None) == ("sent", NOON, True)
    assert (planned.state, planned.because) == ("cancelled", "no_address")
    assert Incoming.objects.get().kind == "reply"
    assert AuditEntry.objects.filter(verb="erased", about_id=str(jo.public_id)).count() == 1
    again = make_person(given_name="Jo", email=JO)
    make_message(person=again)
    assert claim_messages(by="me", at=NOON) == []
    assert Message.objects.get(person=again).because == "suppressed"
    assert Suppression.objects.filter(key_hash=suppression_key(JO), channel="all").exists()


def test_what_was_being_sent_when_she_was_erased_does_not_leave_and_is_blanked_later(alice, rules):
    jo, _sent, planned = written_to(alice)
    (taken,) = [one for one in claim_messages(by="me", at=NOON) if one.pk == planned.pk]

    forget_person(jo, by=None, at=NOON)

    assert MessageBody.objects.get(pk=planned.pk).text == "Zebra"
    assert not begin_message(taken, at=NOON)
    assert blank_erased(at=NOON) == 1
    assert blank_erased(at=NOON) == 0
    assert where_said("zebra") - {("nurture.TrackNode", "zebra")} == set()


def test_whoever_is_erased_by_another_hand_is_blanked_by_the_tick(alice, rules):
    jo, *_rest = written_to(alice)
    erase_person(jo, by=None, at=NOON)

    assert blank_erased(at=NOON) == 1

    assert where_said(*WORDS) - {("nurture.TrackNode", "zebra")} == set()
