"""An address that refuses one letter after the other takes no mail; what is said of a letter says nothing of it."""

import pytest

from accounts.models import ContactPoint
from agreement.models import Phase
from nurture.actions.bouncing import SOFT_MAX
from nurture.actions.deciding import send_again
from nurture.actions.sending import deliver
from nurture.models import Enrolment, Message
from tests.make import make_lead, make_person, make_user
from tests.nurture.making import leave, make_letter_track, make_message
from tests.nurture.test_nobody_there import SHUT, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def asleep(alice):
    return make_lead(phase=Phase.NURTURE, bdr=alice, person=make_person(email="full.x@brevik.example", time_zone="UTC"))


def planned(lead, clock, text="Some words."):
    """A week later, by another track: her cap is in nobody's way."""
    Enrolment.objects.update(state="ended", outcome="stopped", ended_at=clock.on(days=7), due_at=None)
    return make_message(make_letter_track(text=text), lead=lead, due_at=clock())


def write(lead, clock, text="Some words."):
    message = planned(lead, clock, text)
    deliver(by="me", clock=clock)
    message.refresh_from_db()
    return message


def state(lead):
    return lead.person.contact_points.get(kind="email").state


def large_ones_are_refused(sink, monkeypatch):
    async def takes_small_ones(self, server, session, envelope, address, options):
        if next((int(one[5:]) for one in options if one.upper().startswith("SIZE=")), 0) > 100_000:
            return "552 5.3.4 message size exceeds fixed limit"
        envelope.mail_from = address
        return "250 OK"

    monkeypatch.setattr(type(sink), "handle_MAIL", takes_small_ones)


def test_the_fifth_letter_in_a_row_that_is_refused_ends_it(sink, rules, clock, alice, asleep):
    for _letter in range(SOFT_MAX - 1):
        assert write(asleep, clock).state == "refused"
    assert state(asleep) == ContactPoint.State.OK

    write(asleep, clock)

    assert state(asleep) == ContactPoint.State.BOUNCED
    assert told(asleep, alice, clock())[SHUT] == ["5.2.2 mailbox full"]


def test_a_letter_that_arrives_begins_the_count_anew(sink, rules, clock, asleep):
    for _letter in range(SOFT_MAX - 1):
        write(asleep, clock)
    leave(planned(asleep, clock), at=clock())

    write(asleep, clock)

    assert state(asleep) == ContactPoint.State.OK


def test_a_letter_that_is_too_large_says_nothing_of_an_address(sink, rules, clock, asleep, monkeypatch):
    large_ones_are_refused(sink, monkeypatch)
    for _letter in range(SOFT_MAX - 1):
        write(asleep, clock)

    too_large = write(asleep, clock, text="word " * 40_000)

    assert (too_large.state, too_large.smtp_code) == ("refused", 552)
    assert state(asleep) == ContactPoint.State.OK
    write(asleep, clock)
    assert state(asleep) == ContactPoint.State.BOUNCED


SAID = {
    "RCPT": [
        ("552 5.2.2 mailbox full", "bounced"), ("552 mailbox full", "bounced"), ("550 5.7.1 user unknown", "bounced"),
        ("550 5.7.1 blocked, see https://www.spamhaus.org/query/ip/192.0.2.1", "ok"),
        ("554 blocked using zen.spamhaus.org", "ok"), ("550 relaying denied", "ok"), ("550 5.1.8 sender", "ok"),
        ("552 5.2.3 message length exceeds limit", "ok"), ("550 5.2.1 mailbox disabled", "bounced"),
        ("550 5.1.0 <US>: Sender address rejected: undeliverable address", "ok"),
        ("550 5.1.1 <US>: Sender address rejected: User unknown in virtual mailbox table", "ok"),
        ("550 5.1.1 <US>: User unknown", "ok"), ("550 5.1.0 address rejected", "ok"),
        ("550 5.1.1 <jo@brevik.example>: User unknown, you are <US>", "bounced"),
        ("550 5.2.1 rejected by our spam filter", "ok"), ("552 sending quota exceeded", "ok"),
        ("552 5.2.2 exceeded storage allocation, try again later", "bounced"),
        ("552 5.2.2 Recipient over quota", "bounced"), ("552 5.2.2 Recipient mailbox quota exceeded", "bounced"),
        ("552 Recipient rate limit exceeded", "ok"),
    ],
    "DATA": [
        ("552 5.2.2 mailbox full", "bounced"), ("552 too much", "ok"), ("554 5.7.1 not with these words", "ok"),
        ("554 5.2.252 SendAsDenied; <US> not allowed to send as somebody@brevik.example", "ok"),
        ("554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; Failed to process message", "ok"),
        ("550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients", "ok"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("when", "said", "then"), [(when, *one) for when, all_ in SAID.items() for one in all_])
def test_what_a_server_says_of_us_or_of_a_letter_says_nothing_of_an_address(
    sink, rules, clock, alice, settings, monkeypatch, when, said, then
):
    async def refuses(*_who):
        return said.replace("US", settings.DEFAULT_FROM_EMAIL)

    monkeypatch.setattr(type(sink), f"handle_{when}", refuses)
    asleep = make_lead(phase=Phase.NURTURE, bdr=alice, person=make_person(email="jo@brevik.example", time_zone="UTC"))

    for _letter in range(SOFT_MAX):
        planned(asleep, clock)
        deliver(by="me", clock=clock)

    assert state(asleep) == then


def test_what_is_sent_again_and_arrives_has_not_come_back(sink, rules, clock, asleep):
    message = write(asleep, clock)
    point = asleep.person.contact_points.filter(kind="email")
    point.update(value="jo@brevik.example", normalised="jo@brevik.example")

    send_again(message, by=make_user("mona"), at=clock())
    deliver(by="me", clock=clock)

    message.refresh_from_db()
    assert (message.state, message.bounced_at) == ("sent", None)
    assert Message.objects.answered_at(message.to_hash).get() == message
