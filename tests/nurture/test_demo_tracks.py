"""The tracks of the demo company: a year that keeps every promise of the engine, and is told once."""

from datetime import timedelta

import pytest

from agreement.models import Phase
from nurture.checking import check_tracks
from nurture.demo import make_tracks
from nurture.models import Enrolment, Message, Track
from team.models import Role
from tests.make import NOON, make_lead, make_user
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
