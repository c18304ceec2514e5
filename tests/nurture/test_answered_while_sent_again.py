"""What comes back of a letter while somebody sends it again: one waits for the other, and never both."""

import time
from functools import partial
from threading import Event

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.actions.people import suppression_key
from agreement.installation import publish_version_1
from agreement.models import Phase
from nurture.actions import deciding
from nurture.actions.deciding import send_again
from nurture.actions.receiving import take_mail
from nurture.models import MailRules, Message, MessageBody
from tests.leads.test_races import at_once
from tests.make import NOON, make_lead, make_person, make_team, make_user
from tests.nurture.mails import complaint, mail, report

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one write at a time"),
]
JO = "jo@brevik.example"

WAYS = {
    "nobody there": lambda name: report((JO, "failed", "5.1.1", "550 5.1.1 user unknown"), original=name),
    "full": lambda name: report((JO, "failed", "5.2.2", "552 5.2.2 mailbox full"), original=name),
    "complaint": lambda name: complaint(original=name),
    "reply": lambda name: mail("Call me.", In_Reply_To=name, Date="Mon, 1 Mar 2027 11:30:00 +0000"),
    "unsubscription": lambda name: mail("STOP", In_Reply_To=name, Date="Mon, 1 Mar 2027 11:30:00 +0000"),
}


@pytest.fixture(autouse=True)
def installed(transactional_db):
    publish_version_1(apps, at=timezone.now())
    MailRules.objects.get_or_create(pk=1)
    make_team("North")


@pytest.mark.parametrize("way", WAYS)
def test_neither_waits_for_the_other_for_ever(way, monkeypatch):
    lead = make_lead(phase=Phase.WORKING, person=make_person(email=JO))
    message = Message.objects.create(
        kind="by_hand", person=lead.person, lead=lead, by=lead.bdr, state="unknown", planned_at=NOON, claimed_at=NOON,
        begun_at=NOON, to_hash=suppression_key(JO), point=lead.person.contact_points.get(kind="email"),
    )  # fmt: skip
    MessageBody.objects.create(message=message, to_address=JO, subject="Our offer", text="As promised.")
    raw = WAYS[way](f"<{message.public_id}@{settings.SITE_HOST}>")
    is_held, judge = Event(), deciding.why_never

    def judge_slowly(*args, **named):
        because = judge(*args, **named)
        is_held.set()
        time.sleep(0.7)
        return because

    def come_back():
        is_held.wait(10)
        return take_mail(raw, source="imap", at=NOON)

    monkeypatch.setattr(deciding, "why_never", judge_slowly)
    again = partial(send_again, message, by=make_user("mona"), at=NOON)

    answers = at_once(again, come_back)

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert answers[1].state == "done"
    message.refresh_from_db()
    assert message.state == "planned"
