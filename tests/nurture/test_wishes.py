"""What somebody asked for holds wherever it is asked: planned, enrolled, claimed, called or written by hand."""

import pytest

from accounts.actions.people import suppress_key, suppression_key
from accounts.models import ContactPoint, Suppression
from agreement.models import Phase
from leads.actions.changing import MoveRefused
from nurture.actions.claiming import begin_message, claim_messages
from nurture.actions.enrolling import enrol
from nurture.actions.planning import write_message
from nurture.actions.preferring import prefer
from nurture.actions.sorting import enrol_recycled
from nurture.knowing import People
from nurture.models import Enrolment, Sorting
from tests.make import NOON, make_lead, make_person
from tests.nurture.making import email, engage, make_asset, make_message, make_topic, make_track

pytestmark = pytest.mark.django_db


def test_the_key_of_any_address_of_hers_silences_her_wherever_it_is_asked(rules, alice):
    sleeping, worked = make_lead(phase=Phase.NURTURE, bdr=alice), make_lead(phase=Phase.WORKING, bdr=alice)
    begun = make_message(person=make_person(time_zone="UTC"))
    assert [one.pk for one in claim_messages(by="me", at=NOON)] == [begun.pk]
    planned = make_message(person=make_person(time_zone="UTC"))
    for person in (sleeping.person, worked.person, begun.person, planned.person):
        old = f"old{person.pk}@example.com"
        ContactPoint.objects.create(person=person, kind="email", value=old, normalised=old, state="bounced")
        suppress_key(old, Suppression.Channel.EMAIL, source="test", at=NOON)

    assert claim_messages(by="me", at=NOON) == []
    begun.refresh_from_db()
    assert not begin_message(begun, at=NOON)
    for message in (begun, planned):
        message.refresh_from_db()
        assert (message.state, message.because) == ("cancelled", "suppressed")
    with pytest.raises(MoveRefused, match="asked for none"):
        enrol(sleeping.person, track=make_track(email()), by=alice, at=NOON)
    with pytest.raises(MoveRefused, match="asked for no e-mail"):
        write_message(worked, subject="Hello", text="Hello.", by=alice, at=NOON)
    enrol_recycled(at=NOON)
    assert Sorting.objects.get().answer == "unreachable"
    people = People([sleeping.person_id], at=NOON)
    assert (people.may_be_mailed(sleeping.person_id), people.may_be_called(sleeping.person_id)) == (False, True)


def test_the_key_of_her_number_lets_nobody_call_her(alice):
    lead = make_lead(phase=Phase.NURTURE, bdr=alice)
    number = lead.person.contact_points.get(kind="phone")
    Suppression.objects.create(channel="phone", key_hash=suppression_key(number.normalised), at=NOON)

    people = People([lead.person_id], at=NOON)

    assert (people.may_be_mailed(lead.person_id), people.may_be_called(lead.person_id)) == (True, False)


def test_a_topic_she_wants_no_word_of_brings_her_into_no_track_and_nothing_to_read(alice):
    """Of what she was interested in, the next topic decides."""
    backup, safety = make_topic("Backup"), make_topic("Safety")
    guide, checklist = make_asset(topic=backup), make_asset(topic=safety)
    tracks = [make_track(email(brings_what_fits=True), name=topic.label, topic=topic) for topic in (backup, safety)]
    lead = make_lead(phase=Phase.NURTURE, bdr=alice)
    engage(lead.person, topic=backup, points=20)
    engage(lead.person, topic=safety, points=5)
    versions = [track.versions.get().pk for track in tracks]
    assert People([lead.person_id], at=NOON, versions=versions).best_for(lead.person_id) == guide.pk

    prefer(lead.person, pace="normal", paused_until=None, refused=[backup], at=NOON)

    assert People([lead.person_id], at=NOON, versions=versions).best_for(lead.person_id) == checklist.pk
    enrol_recycled(at=NOON)
    assert Enrolment.objects.get(person=lead.person).track.name == "Safety"
