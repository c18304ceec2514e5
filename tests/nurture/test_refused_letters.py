"""A mail server that refuses a letter costs that letter, and neither a track, a play nor an address that works."""

import pytest

from accounts.models import ContactPoint
from agreement.models import Phase
from leads.actions.logging import log_touch
from leads.models import Step
from nurture.actions.advancing import advance, follow
from nurture.actions.enrolling import enrol
from nurture.actions.sending import deliver
from nurture.actions.sorting import enrol_reachable, enrol_recycled
from nurture.models import Enrolment, Message
from tests.make import NOON, make_lead, make_person
from tests.nurture.making import email, make_enrolment, make_track, step, wait

pytestmark = pytest.mark.django_db


def ring(clock):
    """What the ticks of a moment do."""
    advance(at=clock())
    deliver(by="me", clock=clock)
    follow(at=clock())
    enrol_recycled(at=clock())
    enrol_reachable(at=clock())


def went_through(enrolment):
    lines = enrolment.passages.filter(node__isnull=False).order_by("id")
    return list(lines.values_list("node__kind", "what", "because"))


@pytest.mark.parametrize("what", ["spam", "full", "listed"])
def test_a_sleeper_whose_server_refuses_a_letter_goes_on_to_the_next_and_never_gets_it_again(
    sink, rules, clock, alice, what
):
    address = f"{what}.x@host.example"
    make_track(email(), wait(7), email(subject="two"), category="not_ready")
    person = make_person(time_zone="UTC", email=address)
    make_lead(phase=Phase.NURTURE, bdr=alice, person=person)
    enrol_recycled(at=clock())
    for _ring in range(6):
        ring(clock)
        clock.on(minutes=11)

    one = Enrolment.objects.get()
    assert (sink.asked[address], one.state) == (1, "active")
    assert went_through(one) == [("email", "planned", ""), ("email", "skipped", "refused"), ("wait", "waited", "")]

    clock.on(days=7)
    ring(clock)
    assert list(Message.objects.order_by("id").values_list("node__subject", "state")) == [
        ("Something to read", "refused"),
        ("two", "refused"),
    ]
    clock.on(minutes=11)
    ring(clock)
    ring(clock)
    one.refresh_from_db()
    assert (one.outcome, Enrolment.objects.count(), sink.asked[address]) == ("exhausted", 1, 2)

    # Another time in the same track passes both over, and says why.
    again = enrol(person, track=one.track, by=alice, at=clock())
    ring(clock)
    assert went_through(again)[0] == ("email", "skipped", "refused")
    assert sink.asked[address] == 2


def test_whose_address_was_corrected_gets_the_letter_that_the_old_one_refused(sink, rules, clock, alice):
    make_track(email(), category="not_ready")
    person = make_person(time_zone="UTC", email="nobody.x@host.example")
    make_lead(phase=Phase.NURTURE, bdr=alice, person=person)
    enrol_recycled(at=clock())
    clock.on(minutes=11)
    ring(clock)
    assert Enrolment.objects.get().outcome == "unreachable"

    person.contact_points.filter(kind="email").update(
        value="jo@host.example", normalised="jo@host.example", state=ContactPoint.State.OK
    )
    ring(clock)
    ring(clock)

    assert len(sink.to("jo@host.example")) == 1


@pytest.mark.parametrize("who", ["full", "nobody"])
def test_a_play_goes_on_with_its_call_where_its_letter_is_refused(sink, rules, clock, alice, who):
    jo = make_person(email=f"{who}.x@brevik.example", time_zone="UTC")
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=jo)
    log_touch(lead, kind="email", by=alice, at=NOON)
    play = make_track(email(), step("Call them"), kind="play", name="No answer")
    one = enrol(jo, track=play, by=alice, at=clock())
    ring(clock)

    clock.on(minutes=11)
    ring(clock)

    one.refresh_from_db()
    assert (one.state, one.outcome) == ("active", "")
    assert Step.objects.open().get(lead=lead).title == "Call them · No answer"


def test_an_inquiry_goes_on_to_the_address_that_works(sink, rules, clock):
    jo = make_person(email="nobody.x@brevik.example", time_zone="UTC")
    ContactPoint.objects.create(
        person=jo, kind="email", value="jo@good.example", normalised="jo@good.example", is_primary=False,
        created_at=NOON,
    )  # fmt: skip
    one = make_enrolment(make_track(email(), wait(3), email(subject="two")), jo)
    ring(clock)
    clock.on(minutes=11)
    ring(clock)
    one.refresh_from_db()
    assert (one.state, one.node.kind) == ("active", "wait")

    clock.on(days=3)
    ring(clock)

    assert [mail["Subject"] for mail in sink.to("jo@good.example")] == ["two"]


def test_an_inquiry_without_any_address_left_ends(sink, rules, clock):
    one = make_enrolment(
        make_track(email(), wait(3), email(subject="two")),
        make_person(email="nobody.x@brevik.example", time_zone="UTC"),
    )
    ring(clock)

    one.refresh_from_db()
    assert (one.outcome, one.ended_at) == ("unreachable", NOON)
