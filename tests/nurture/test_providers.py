"""A mail provider tells by webhook what became of our mail: the same follows as from a mail, once."""

import json

import pytest
from anymail.webhooks.postmark import PostmarkInboundWebhookView, PostmarkTrackingWebhookView
from django.core.exceptions import SuspiciousOperation
from django.test import RequestFactory

from accounts.models import ContactPoint, Suppression
from agreement.models import Phase
from config.urls import told_by
from leads.models import Engagement
from nurture import providers
from nurture.models import Incoming
from team.clock import database_now
from tests.make import make_lead, make_person
from tests.nurture.test_receiving import JO, sent

LOGIN = {"HTTP_AUTHORIZATION": "Basic bWlkZmllbGQ6c2VjcmV0"}  # midfield:secret
GONE = {"RecordType": "Bounce", "Type": "HardBounce", "ID": 42, "Email": JO, "Details": "smtp;550 5.1.1 no such user"}


@pytest.fixture(autouse=True)
def secret(settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": "midfield:secret"}
    return providers


def tell(told, *, view=PostmarkTrackingWebhookView, **more):
    asked = RequestFactory().post("/", json.dumps(told), content_type="application/json", **more)
    return view.as_view()(asked)


@pytest.fixture
def jo(alice):
    person = make_person(email=JO)
    make_lead(phase=Phase.WORKING, bdr=alice, person=person)
    return person


def test_a_bounce_is_told_once_and_only_by_who_knows_the_secret(alice, jo):
    message = sent(jo, by=alice, at=database_now())
    told = {**GONE, "Metadata": {"message": str(message.public_id)}}

    with pytest.raises(SuspiciousOperation):
        tell(told)
    assert not Incoming.objects.exists()
    assert [tell(told, **LOGIN).status_code, tell(told, **LOGIN).status_code] == [200, 200]

    row = Incoming.objects.get()
    assert (row.source, row.kind, row.effect, row.message) == ("postmark", "bounce_hard", "bounced", message)
    assert jo.contact_points.get(kind="email").state == ContactPoint.State.BOUNCED


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"RecordType": "SpamComplaint", "ID": 1, "Email": JO}, "complaint"),
        ({**GONE, "Type": "HardBounce", "Details": "smtp;552 5.2.2 mailbox full"}, "bounce_soft"),
        ({"RecordType": "SubscriptionChange", "SuppressSending": True, "Recipient": JO,
          "SuppressionReason": "ManualSuppression", "ChangedAt": "2027-03-01T12:00:00Z"}, "unsubscribe"),
    ],
)  # fmt: skip
def test_without_our_name_it_is_of_the_last_message_to_that_address(alice, jo, told, kind):
    message = sent(jo, by=alice, at=database_now())

    tell(told, **LOGIN)

    row = Incoming.objects.get()
    assert (row.kind, row.message) == (kind, message)
    assert Suppression.objects.filter(person=jo).exists() == (kind != "bounce_soft")


def test_an_answer_that_the_provider_took_in_is_read_as_a_mail(alice, jo):
    told = {
        "From": JO,
        "FromFull": {"Email": JO, "Name": "Jo"},
        "To": "midfield@midfield.example",
        "Subject": "Re: Our offer",
        "TextBody": "Yes, call me.",
        "Headers": [{"Name": "Message-ID", "Value": "<one@brevik.example>"}],
    }

    tell(told, view=PostmarkInboundWebhookView, **LOGIN)

    assert Incoming.objects.get().effect == "in_front"
    assert Engagement.objects.filter(person=jo, kind="replied").count() == 1


def test_what_is_on_its_way_is_no_news(alice, jo):
    tell({"RecordType": "Delivery", "Recipient": JO, "MessageID": "x"}, **LOGIN)
    assert not Incoming.objects.exists()


def test_only_the_addresses_of_the_provider_asked_for_are_open():
    assert [one.name for one in told_by("postmark")] == ["postmark_inbound_webhook", "postmark_tracking_webhook"]
    assert told_by("") == []
