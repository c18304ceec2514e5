"""Whoever cannot be fed is passed by: those behind them get their track all the same."""

from datetime import timedelta

import pytest

from accounts.actions.people import suppression_key
from accounts.models import Employment, Suppression
from agreement.models import Phase
from nurture.actions import sorting
from nurture.models import Enrolment, Sorting
from tests.make import NOON, make_account, make_lead, make_person
from tests.nurture.making import email, engage, make_track


@pytest.fixture(autouse=True)
def batches_of_two(monkeypatch):
    monkeypatch.setattr(sorting, "BATCH", 2)


def silenced(person):
    """She asked for silence by an address, before we knew that it is hers."""
    address = person.contact_points.get(kind="email").normalised
    Suppression.objects.create(channel="email", key_hash=suppression_key(address), at=NOON, source="unsubscribed")


def in_tracks():
    return set(Enrolment.objects.under_way().values_list("person", flat=True))


def test_fans_who_want_silence_hold_up_no_fan_behind_them(db):
    make_track(email(), is_fan_base=True, name="Fans")
    fans = [make_person(account=make_account()) for _fan in range(6)]
    Employment.objects.filter(person__in=fans).update(role="doer")
    for fan in fans:
        for _piece in range(4):
            engage(fan)
    for fan in fans[:4]:
        silenced(fan)

    assert sorting.enrol_fans(at=NOON) == 2

    assert in_tracks() == {fan.pk for fan in fans[4:]}
    assert sorting.enrol_fans(at=NOON) == 0


def test_sleepers_who_want_silence_hold_up_no_sleeper_whose_address_came(alice):
    make_track(email(), category="not_ready")
    leads = [make_lead(phase=Phase.NURTURE, bdr=alice) for _sleeper in range(5)]
    points = {lead.pk: lead.person.contact_points.get(kind="email") for lead in leads}
    for point in points.values():
        type(point).objects.filter(pk=point.pk).update(state="bounced")
    for moment in range(3):
        sorting.enrol_recycled(at=NOON + timedelta(minutes=moment))
    assert set(Sorting.objects.values_list("answer", flat=True)) == {"unreachable"}

    for lead in leads:
        type(points[lead.pk]).objects.filter(pk=points[lead.pk].pk).update(state="ok")
    for lead in leads[:4]:
        silenced(lead.person)
    for moment in range(10, 13):
        sorting.enrol_reachable(at=NOON + timedelta(minutes=moment))

    assert in_tracks() == {leads[4].person_id}
    # Whose silence is over is found again, and nobody is lost sight of.
    Suppression.objects.all().delete()
    for moment in range(20, 24):
        sorting.enrol_reachable(at=NOON + timedelta(minutes=moment))
    assert in_tracks() == {lead.person_id for lead in leads}
