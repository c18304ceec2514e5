"""The tracks of the demo company: a year that keeps every promise of the engine, and is told once."""

from datetime import timedelta
from itertools import pairwise

import pytest

from accounts.actions.people import suppress_person
from agreement.models import Phase
from leads.models import Consent, Lead
from nurture.checking import check_tracks
from nurture.demo import make_tracks
from nurture.demo_consents import make_consents
from nurture.flow import flow_of
from nurture.models import Enrolment, Message, Track, TrackVersion
from nurture.telling import Figures
from team.models import Role
from tests.make import NOON, make_lead, make_person, make_user
from tests.nurture.making import engage, make_asset, make_topic

pytestmark = pytest.mark.once


def test_the_year_keeps_the_promises_of_the_engine_and_is_told_once(alice, rules):
    marketer = make_user("milo", Role.MARKETER)
    topic = make_topic()
    for days in (None, None, 150, 10):
        expires = NOON.date() - timedelta(days=days) if days else None
        make_asset(topic=topic, expires_on=expires)
    for number in range(30):
        began = NOON - timedelta(days=20 + number * 9)
        asleep = make_lead(phase=Phase.NURTURE, bdr=alice, at=began)
        engage(asleep.person, topic=topic, at=began - timedelta(days=3))
    for number in range(12):
        make_lead(phase=Phase.HANDED_OFF, bdr=alice, at=NOON - timedelta(days=5 + number))

    told = make_tracks(by=marketer, at=NOON)

    assert told >= 30
    assert {name: found for name, found in check_tracks(at=NOON).items() if found} == {}
    assert Message.objects.filter(sent_at__lte=NOON).count() > 20
    assert Enrolment.objects.filter(is_held_out=True).count() <= 10
    assert not Enrolment.objects.under_way().filter(track__kind=Track.Kind.PLAY).exists()
    assert make_tracks(by=marketer, at=NOON) == 0


@pytest.mark.django_db
def test_whoever_came_to_a_step_of_a_play_came_by_the_wait_before_it(alice, rules):
    for number in range(80):
        began = NOON - timedelta(days=40 + number)
        lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, at=began)
        met = began + timedelta(days=number % 20, hours=5)
        Lead.objects.filter(pk=lead.pk).update(first_touched_at=began, first_handed_off_at=met)

    make_tracks(by=make_user("milo", Role.MARKETER), at=NOON)

    assert {name: found for name, found in check_tracks(at=NOON).items() if found} == {}
    version = TrackVersion.objects.get(track__name="Early buyer: shape the question")
    figures = Figures.of(version.pk)
    first, *rest = flow_of(version.pk).line()
    assert figures.by_anybody[first.pk] > figures.by_anybody[rest[0].pk] > 0
    assert figures.steps[first.pk]["done"] == figures.by_anybody[rest[0].pk]
    # Who stands at a step is at work on it: the wait before it is over for everybody.
    for wait, step in pairwise(rest):
        if wait.kind == "wait":
            assert figures.by_anybody[wait.pk] == figures.by_anybody[step.pk]
    assert all(one.node and one.node.kind == "step" for one in Enrolment.objects.filter(track__kind="play"))


@pytest.mark.django_db
def test_what_people_agreed_to_is_told_once_and_whoever_asked_for_silence_took_it_back():
    people = [make_person() for _n in range(60)]
    for number, person in enumerate(people):
        engage(person, "listed" if number % 3 == 0 else "downloaded", at=NOON - timedelta(days=9))
    for person in people[:20]:
        suppress_person(person, "email", source="file", at=NOON - timedelta(days=2))

    told = make_consents(at=NOON)

    assert told == Consent.objects.count() > 20
    standing = set(Consent.objects.standing().values_list("person", flat=True))
    assert standing
    assert not standing & {person.pk for person in people[:20]}
    assert set(Consent.objects.values_list("source", flat=True)) == {"form", "import", "preferences"}
    make_consents(at=NOON)
    assert set(Consent.objects.standing().values_list("person", flat=True)) == standing
