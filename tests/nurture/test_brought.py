"""Nobody gets the same thing twice: what was chosen, what the words of a letter link to, and the letter of a step."""

from datetime import timedelta

import pytest
from django.urls import reverse

from agreement.models import Phase
from leads.actions.changing import MoveRefused
from leads.actions.claiming import claim_lead
from leads.actions.merging import merge_people
from leads.actions.recycling import recycle_lead, wake_lead
from leads.models import Lead
from nurture.actions.advancing import advance, follow
from nurture.actions.claiming import claim_messages, free_leases
from nurture.actions.enrolling import enrol
from nurture.actions.planning import write_message
from nurture.actions.sorting import enrol_recycled
from nurture.models import Brought, Enrolment, Message
from nurture.recipients import permalink
from tests.make import NOON, make_lead, make_person, reason
from tests.nurture.making import email, engage, make_asset, make_topic, make_track, wait

DAY = timedelta(days=1)
pytestmark = pytest.mark.usefixtures("rules")


def linking(asset, **more):
    return email(text=f"Read [this]({permalink(str(asset.public_id))}).", **more)


def sleeper(alice, person=None):
    return make_lead(phase=Phase.NURTURE, bdr=alice, person=person or make_person(time_zone="UTC"))


def sent(at):
    """What is due goes out."""
    found = claim_messages(by="me", at=at)
    sent_now = Message.objects.filter(pk__in=[message.pk for message in found])
    sent_now.update(state="sent", sent_at=at, lease_until=None)
    return found


def skipped(enrolment):
    return list(enrolment.passages.filter(what="skipped").order_by("id").values_list("because", flat=True))


def test_what_the_words_of_a_letter_link_to_is_brought_by_it(alice):
    guide = make_asset()
    lead = sleeper(alice)
    hers = enrol(lead.person, track=make_track(linking(guide), email(asset=guide)), by=alice, at=NOON)
    advance(at=NOON)
    assert len(sent(NOON)) == 1
    assert list(Brought.objects.filter(asset=guide).values_list("person", flat=True)) == [lead.person_id]

    advance(at=NOON + DAY)
    advance(at=NOON + DAY)
    assert skipped(hers) == ["had_it"]
    assert Message.objects.count() == 1
    with pytest.raises(MoveRefused, match="has had"):
        write_message(lead, subject="Hello", text="Words.", asset=guide, by=alice, at=NOON + DAY)


def test_what_a_rep_linked_to_is_not_brought_by_a_track_that_planned_it_before(alice):
    chosen, linked, second = make_asset(), make_asset(), make_asset()
    lead = sleeper(alice)
    hers = enrol(lead.person, track=make_track(linking(second), linking(linked)), by=alice, at=NOON)
    advance(at=NOON)
    words = " ".join(permalink(str(one.public_id)) for one in (linked, second))
    write_message(lead, subject="Hello", text=f"See {words}", asset=chosen, by=alice, at=NOON)
    assert [message.kind for message in sent(NOON)] == ["by_hand"]
    assert set(Brought.objects.values_list("asset", flat=True)) == {chosen.pk, linked.pk, second.pk}
    assert Message.objects.get(kind="nurture").because == "had_it"

    advance(at=NOON + DAY)
    assert skipped(hers) == ["had_it"]
    assert Message.objects.count() == 2


def test_two_letters_that_are_due_at_once_bring_it_once(alice):
    guide, lead = make_asset(), sleeper(alice)
    enrol(lead.person, track=make_track(linking(guide)), by=alice, at=NOON)
    advance(at=NOON)
    write_message(lead, subject="Hello", text=permalink(str(guide.public_id)), by=alice, at=NOON)
    assert len(claim_messages(by="me", at=NOON)) == 1
    assert sorted(Message.objects.values_list("because", flat=True)) == ["", "had_it"]


def test_what_a_letter_that_never_left_was_to_bring_is_brought_by_the_next(alice):
    guide, lead = make_asset(), sleeper(alice)
    enrol(lead.person, track=make_track(linking(guide)), by=alice, at=NOON)
    advance(at=NOON)
    assert len(claim_messages(by="me", at=NOON)) == 1
    free_leases(at=NOON + timedelta(minutes=5))
    first = Message.objects.get()
    assert first.state == "planned"
    assert len(claim_messages(by="other", at=NOON + timedelta(minutes=5))) == 1
    Message.objects.update(state="refused", because="hard", lease_until=None)

    write_message(lead, subject="Hello", text="Words.", asset=guide, by=alice, at=NOON + DAY)
    assert len(sent(NOON + DAY)) == 1
    assert Brought.objects.get(asset=guide).message.kind == "by_hand"


def test_who_is_sorted_anew_after_a_merge_gets_no_letter_again(alice):
    topic = make_topic()
    make_asset(topic=topic), make_asset(topic=topic)
    make_track(email(), email(brings_what_fits=True), wait(5), category="not_ready")
    lead, kept = sleeper(alice), make_person(time_zone="UTC")
    for person in (lead.person, kept):
        engage(person, topic=topic)
    enrol_recycled(at=NOON)
    for days in range(3):
        advance(at=NOON + days * DAY)
        sent(NOON + days * DAY)
    assert Message.objects.filter(state="sent").count() == 2
    merge_people(kept, lead.person, by=None, at=NOON + 3 * DAY)
    follow(at=NOON + 3 * DAY)
    enrol_recycled(at=NOON + 4 * DAY, everybody=True)
    again = Enrolment.objects.get(person=kept)
    for days in range(4, 7):
        advance(at=NOON + days * DAY)
        sent(NOON + days * DAY)

    assert Message.objects.filter(state="sent").count() == 2
    assert skipped(again) == ["had_it", "had_it"]
    assert Enrolment.objects.get(pk=again.pk).node.kind == "wait"


def test_who_sleeps_again_gets_what_is_new_and_no_words_that_never_change(alice):
    topic = make_topic()
    first = make_asset(topic=topic)
    make_track(email(subject="Always the same"), email(subject="New", brings_what_fits=True), category="not_ready")
    lead = sleeper(alice)
    engage(lead.person, topic=topic)
    enrol_recycled(at=NOON)
    for days in range(3):
        advance(at=NOON + days * DAY)
        sent(NOON + days * DAY)
    assert [one.node.subject for one in Message.objects.order_by("pk")] == ["Always the same", "New"]

    later = NOON + 30 * DAY
    back = wake_lead(lead, by=alice, at=later)
    claim_lead(back, by=alice, at=later)
    recycle_lead(Lead.objects.get(pk=back.pk), reason=reason("not_ready"), by=alice, at=later)
    second = make_asset(topic=topic)
    follow(at=later)
    enrol_recycled(at=later)
    for days in range(30, 33):
        advance(at=NOON + days * DAY)
        sent(NOON + days * DAY)
    assert [(one.node.subject, one.asset) for one in Message.objects.order_by("pk")[2:]] == [("New", second)]
    assert first != second


def test_a_trial_says_that_they_have_had_what_a_letter_links_to(client, alice, marketer):
    guide, lead = make_asset(), sleeper(alice)
    write_message(lead, subject="Hello", text=permalink(str(guide.public_id)), by=alice, at=NOON)
    sent(NOON)
    client.force_login(marketer)
    page = client.get(
        reverse("nurture:track_try", args=[make_track(linking(guide)).public_id]), {"person": lead.person.public_id}
    )
    assert [line.why for line in page.context["trial"].lines] == ["passed over: they have had it"]
