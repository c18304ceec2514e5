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


def test_who_is_refused_because_of_us_has_a_good_address(sink, rules, clock, alice):
    asleep = make_lead(
        phase=Phase.NURTURE, bdr=alice, person=make_person(email="listed.x@brevik.example", time_zone="UTC")
    )

    for _letter in range(SOFT_MAX + 1):
        assert write(asleep, clock).state == "refused"

    assert state(asleep) == ContactPoint.State.OK


def test_what_is_sent_again_and_arrives_has_not_come_back(sink, rules, clock, asleep):
    message = write(asleep, clock)
    point = asleep.person.contact_points.filter(kind="email")
    point.update(value="jo@brevik.example", normalised="jo@brevik.example")

    send_again(message, by=make_user("mona"), at=clock())
    deliver(by="me", clock=clock)

    message.refresh_from_db()
    assert (message.state, message.bounced_at) == ("sent", None)
    assert Message.objects.answered_at(message.to_hash).get() == message
