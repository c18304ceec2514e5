"""A step that chooses what it brings, and whose letter was taken back before it left: once anew, and never for ever."""

from datetime import timedelta

import pytest

from content.actions.keeping import restore_asset, retire_asset
from content.models import Asset
from nurture.actions.advancing import advance
from nurture.actions.claiming import claim_messages
from nurture.actions.enrolling import enrol
from nurture.models import Message, Passage
from nurture.recipients import permalink
from tests.make import NOON, make_asset, make_lead, make_person
from tests.nurture.making import email, engage, make_topic, make_track, wait


@pytest.fixture
def topic(db):
    return make_topic("Maintenance")


@pytest.fixture
def lead(alice, topic):
    lead = make_lead(phase="nurture", bdr=alice, person=make_person(title="Planner"))
    engage(lead.person, topic=topic, at=NOON - timedelta(days=9))
    return lead


def retire(asset, by, at):
    retire_asset(Asset.objects.get(pk=asset.pk), because="Outdated", successor=None, by=by, at=at)


def some_hours(clock, *, rounds=6):
    """The ticks of tracks and of mail, one after the other."""
    for _n in range(rounds):
        claim_messages(by="test", at=clock.on(minutes=10))
        advance(at=clock())


def test_a_letter_whose_words_link_to_something_out_of_use_is_passed_by(lead, alice, topic, rules, clock):
    make_asset("The guide", topic=topic)
    linked = make_asset("Linked to")
    words = f"More: {permalink(str(linked.public_id))}"
    enrolment = enrol(
        lead.person, track=make_track(email(text=words, brings_what_fits=True), wait(30)), by=alice, at=clock()
    )
    advance(at=clock())
    retire(linked, alice, clock())

    some_hours(clock)

    enrolment.refresh_from_db()
    assert enrolment.node.kind == "wait"
    assert list(Message.objects.values_list("state", "because")) == [("cancelled", "expired")]
    assert Passage.objects.filter(what="planned").count() == 1


def test_nor_is_another_tried_where_words_and_what_it_brings_are_out_of_use(lead, alice, topic, rules, clock):
    make_asset("Second", topic=topic)
    first, linked = make_asset("First", topic=topic), make_asset("Linked to")
    words = f"More: {permalink(str(linked.public_id))}"
    enrolment = enrol(
        lead.person, track=make_track(email(text=words, brings_what_fits=True), wait(30)), by=alice, at=clock()
    )
    advance(at=clock())
    for one in (first, linked):
        retire(one, alice, clock())

    some_hours(clock)

    enrolment.refresh_from_db()
    assert (enrolment.node.kind, Message.objects.get().asset) == ("wait", first)


def test_what_is_in_use_again_by_the_next_look_is_not_planned_a_second_time(lead, alice, topic, rules, clock):
    guide = make_asset("The guide", topic=topic)
    enrolment = enrol(lead.person, track=make_track(email(brings_what_fits=True), wait(30)), by=alice, at=clock())
    advance(at=clock())
    retire(guide, alice, clock())
    claim_messages(by="test", at=clock.on(minutes=10))
    restore_asset(Asset.objects.get(pk=guide.pk), by=alice, at=clock())

    some_hours(clock)

    enrolment.refresh_from_db()
    assert (enrolment.node.kind, Message.objects.get().state) == ("wait", "cancelled")


def test_what_goes_in_its_place_has_not_been_tried(lead, alice, topic, rules, clock):
    second, first = make_asset("Second", topic=topic), make_asset("First", topic=topic)
    enrol(lead.person, track=make_track(email(brings_what_fits=True), wait(30)), by=alice, at=clock())
    advance(at=clock())
    # Their server puts it off, and nobody lost hold of it but once.
    Message.objects.update(attempt=4, lapses=1, put_off_since=clock())
    retire(first, alice, clock())

    claim_messages(by="test", at=clock.on(hours=1))
    advance(at=clock())

    letter = Message.objects.get()
    assert (letter.state, letter.asset) == ("planned", second)
    assert (letter.attempt, letter.lapses, letter.put_off_since) == (0, 0, None)
