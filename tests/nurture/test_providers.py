"""A mail provider tells by webhook what became of our mail: it is recorded at once and followed by the tick, once."""

import json
from datetime import timedelta

import pytest
from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.test import RequestFactory

from accounts.models import ContactPoint, Suppression
from leads.models import Engagement
from nurture import providers
from nurture.actions import receiving
from nurture.actions.bouncing import SOFT_MAX
from nurture.actions.recording import LEASE, read_told
from nurture.inbound.mail import Kind
from nurture.models import Incoming, Told
from team.clock import database_now
from tests.constraints import again, constraints_of, put, refuses
from tests.make import NOON
from tests.nurture.test_receiving import JO, sent

pytestmark = pytest.mark.usefixtures("provider")
LOGIN = {"HTTP_AUTHORIZATION": "Basic bWlkZmllbGQ6c2VjcmV0"}  # midfield:secret
GONE = {"RecordType": "Bounce", "Type": "HardBounce", "ID": 42, "Email": JO, "Details": "smtp;550 5.1.1 no such user"}


def tell(told, *, hook="postmark_tracking_webhook", **more):
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    asked = RequestFactory().post("/", body, content_type="application/json", **more)
    (address,) = [one for one in providers.addresses_of(hook.partition("_")[0]) if one.name == hook]
    return address.callback(asked).status_code


def read(*, minutes=0):
    return read_told(at=database_now() + timedelta(minutes=minutes))


def test_a_bounce_is_recorded_and_answered_followed_by_the_tick_and_told_again_it_is_no_news(alice, jo):
    message = sent(jo, by=alice, at=database_now())
    told = {**GONE, "Metadata": {"message": str(message.public_id)}}

    with pytest.raises(AnymailWebhookValidationFailure):
        tell(told)
    assert not Told.objects.exists()
    assert [tell(told, **LOGIN), tell(told, **LOGIN)] == [200, 200]
    assert (Told.objects.get().state, Incoming.objects.count()) == ("waiting", 0)
    assert [read(), read(), tell(told, **LOGIN), read()] == [1, 0, 200, 0]

    row, kept = Incoming.objects.get(), Told.objects.get()
    assert (row.source, row.kind, row.effect, row.message) == ("postmark", "bounce_hard", "bounced", message)
    assert jo.contact_points.get(kind="email").state == ContactPoint.State.BOUNCED
    assert (kept.state, bytes(kept.body)) == ("done", b"")


@pytest.mark.parametrize(
    ("said", "then"), [("smtp;552 5.2.2 mailbox full", "bounced"), ("smtp;550 5.7.1 rejected as spam", "ok")]
)
def test_of_what_came_back_five_times_only_what_is_about_her_mailbox_shuts_her_address(alice, jo, said, then):
    for number in range(SOFT_MAX):
        message = sent(jo, by=alice, at=database_now())
        soft = {**GONE, "Type": "SoftBounce", "ID": number, "Details": said}
        tell({**soft, "Metadata": {"message": str(message.public_id)}}, **LOGIN)
        read()

    message.refresh_from_db()
    assert (message.bounced_at is not None, message.is_block_bounce) == (True, then == "ok")
    assert jo.contact_points.get(kind="email").state == then


def test_what_fails_is_tried_again_and_set_aside_with_its_reason_after_the_last_try(alice, jo, monkeypatch):
    sent(jo, by=alice, at=database_now())
    tell(GONE, **LOGIN)
    with monkeypatch.context() as broken:
        broken.setitem(receiving.FOLLOWS, Kind.BOUNCE_HARD, lambda *_found, **_at: 1 / 0)
        assert [read(), read(), read(minutes=2)] == [1, 0, 1]
        assert (Told.objects.get().state, Incoming.objects.get().state) == ("waiting", "taken")

    assert read(minutes=20) == 1
    assert (Told.objects.get().state, Incoming.objects.get().effect) == ("done", "bounced")

    tell({**GONE, "ID": 43}, **LOGIN)
    monkeypatch.setitem(receiving.FOLLOWS, Kind.BOUNCE_HARD, lambda *_found, **_at: 1 / 0)
    assert [read(minutes=minutes) for minutes in (0, 2, 20, 60)] == [1, 1, 1, 0]
    assert [row.error for row in Incoming.objects.set_aside()] == ["ZeroDivisionError: division by zero"]


def test_what_ends_its_reader_is_read_again_when_its_time_is_over_and_not_for_ever(alice, jo, monkeypatch):
    def ends(*_found, **_at):
        raise KeyboardInterrupt

    sent(jo, by=alice, at=database_now())
    tell(GONE, **LOGIN)
    monkeypatch.setitem(receiving.FOLLOWS, Kind.BOUNCE_HARD, ends)
    minutes = LEASE.total_seconds() / 60 + 1
    for time in range(3):
        with pytest.raises(KeyboardInterrupt):
            read(minutes=time * minutes)
        assert read(minutes=time * minutes) == 0

    assert read(minutes=3 * minutes) == 1
    assert (Told.objects.get().state, Incoming.objects.get().state) == ("done", "aside")


def test_what_cannot_be_taken_apart_is_answered_kept_and_set_aside(db):
    assert tell(b"{not json \xff", **LOGIN) == 200

    assert [read(minutes=minutes) for minutes in (0, 2, 20, 60)] == [1, 1, 1, 0]

    row, kept = Incoming.objects.set_aside().get(), Told.objects.get()
    assert (row.source, row.error[:11]) == ("postmark_tracking_webhook", "UnicodeDeco")
    assert row.body.text == "{not json \N{REPLACEMENT CHARACTER}"
    assert (kept.state, bytes(kept.body)) == ("aside", b"{not json \xff")
    read(minutes=31 * 24 * 60)
    assert bytes(Told.objects.get().body) == b""


def test_what_is_too_long_is_refused_and_a_mail_may_be_longer(jo):
    told = {"From": JO, "Subject": "Large", "TextBody": "x" * (1024 * 1024), "Headers": []}
    assert tell(told, **LOGIN) == 413
    assert tell(told, hook="postmark_inbound_webhook", **LOGIN) == 200


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
    read()

    row = Incoming.objects.get()
    assert (row.kind, row.message) == (kind, message)
    assert Suppression.objects.filter(person=jo).exists() == (kind != "bounce_soft")


AT_MAILJET = {"event": "bounce", "email": JO, "time": 1, "MessageID": 1}
BOUNCED = {"type": "bounce", "raw_rcpt_to": JO, "timestamp": "1", "event_id": "1"}


@pytest.mark.parametrize(
    ("hook", "told", "kind"),
    [
        ("postmark", {**GONE, "Details": ""}, "bounce_hard"),
        ("postmark", {**GONE, "Type": "SoftBounce", "Details": ""}, "bounce_soft"),
        ("brevo", {"event": "hard_bounce", "email": JO, "ts_event": 1}, "bounce_hard"),
        ("brevo", {"event": "soft_bounce", "email": JO, "ts_event": 1}, "bounce_soft"),
        ("sparkpost", [{"msys": {"message_event": {**BOUNCED, "bounce_class": "51"}}}], "bounce_soft"),
        ("sparkpost", [{"msys": {"message_event": {**BOUNCED, "bounce_class": "10"}}}], "bounce_hard"),
        ("sparkpost", [{"msys": {"message_event": {**BOUNCED, "bounce_class": "22"}}}], "bounce_soft"),
        ("mailjet", {**AT_MAILJET, "error": "quota exceeded", "hard_bounce": False}, "bounce_soft"),
        ("mailjet", {**AT_MAILJET, "error": "user unknown", "hard_bounce": True}, "bounce_hard"),
    ],
)
def test_what_the_other_server_did_not_explain_is_as_lasting_as_the_provider_calls_it(alice, jo, hook, told, kind):
    sent(jo, by=alice, at=database_now())

    tell(told, hook=f"{hook}_tracking_webhook", **LOGIN)
    read()

    assert Incoming.objects.get().kind == kind
    assert not Suppression.objects.filter(person=jo).exists()
    assert (jo.contact_points.get(kind="email").state == "bounced") == (kind == "bounce_hard")


@pytest.mark.parametrize(
    ("type_", "reason", "own", "kind"),
    [
        (EventType.BOUNCED, RejectReason.UNSUBSCRIBED, {"status": "hard_bounced"}, Kind.UNSUBSCRIBE),
        (EventType.BOUNCED, RejectReason.BOUNCED, {"data": {"bounce": {"type": "Transient"}}}, Kind.BOUNCE_SOFT),
        (EventType.BOUNCED, RejectReason.BOUNCED, {"data": {"bounce": {"type": "Permanent"}}}, Kind.BOUNCE_HARD),
        (EventType.BOUNCED, RejectReason.SPAM, {}, Kind.BOUNCE_SOFT),
        (EventType.REJECTED, RejectReason.SPAM, {}, Kind.COMPLAINT),
        (EventType.COMPLAINED, RejectReason.UNSUBSCRIBED, {}, Kind.COMPLAINT),
    ],
)
def test_what_a_provider_tells_is_what_it_is(type_, reason, own, kind):
    event = AnymailTrackingEvent(event_type=type_, reject_reason=reason, recipient=JO, timestamp=NOON, esp_event=own)
    assert providers.in_mail(event).kind is kind


def test_an_answer_that_the_provider_took_in_is_read_as_a_mail(alice, jo):
    told = {
        "From": JO,
        "FromFull": {"Email": JO, "Name": "Jo"},
        "To": "midfield@midfield.example",
        "Subject": "Re: Our offer",
        "TextBody": "Yes, call me.",
        "Headers": [{"Name": "Message-ID", "Value": "<one@brevik.example>"}],
    }

    tell(told, hook="postmark_inbound_webhook", **LOGIN)
    read()

    assert Incoming.objects.get().effect == "in_front"
    assert Engagement.objects.filter(person=jo, kind="replied").count() == 1


def test_what_is_on_its_way_is_no_news(alice, jo):
    tell({"RecordType": "Delivery", "Recipient": JO, "MessageID": "x"}, **LOGIN)
    assert read() == 1
    assert not Incoming.objects.exists()


def test_only_the_addresses_of_the_provider_asked_for_are_open():
    names = [one.name for one in providers.addresses_of("postmark")]
    assert names == ["postmark_inbound_webhook", "postmark_tracking_webhook"]
    assert providers.addresses_of("") == []


def recorded(**fields):
    return Told.objects.create(**{"hook": "h", "key": "k", "told_at": NOON, "due_at": NOON, **fields})


CONSTRAINTS = {name: one for name, one in constraints_of("nurture").items() if name.startswith("told_")}
BREAKS = {
    "told_once_per_hook": lambda: again(recorded()),
    "told_state_is_known": lambda: put(recorded(), state="lost", due_at=None, ended_at=NOON),
    "told_waiting_has_a_moment": lambda: recorded(due_at=None),
    "told_done_holds_no_words": lambda: put(recorded(body=b"x"), state="done", due_at=None, ended_at=NOON),
    "told_set_aside_says_why": lambda: put(recorded(), state="aside", due_at=None, ended_at=NOON),
}


def test_every_constraint_has_a_case():
    assert set(BREAKS) == set(CONSTRAINTS)


@pytest.mark.django_db
@pytest.mark.parametrize("name", BREAKS)
def test_the_database_refuses(name):
    refuses(CONSTRAINTS[name], BREAKS[name])
