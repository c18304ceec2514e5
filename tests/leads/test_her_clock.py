"""Where somebody is: whatever asks it hears the same, from what she said, her place, her numbers or her company."""

import pytest

from accounts.models import ContactPoint
from agreement.models import Phase
from leads.cadence import reach_of
from leads.her_clock import zone_of, zones_of
from leads.lead_page import LeadPage
from leads.models import Lead
from leads.queue_entries import entries_of
from nurture.recipients import recipients_of
from tests.make import NOON, make_account, make_lead, make_person

FREEPHONE, LONDON, OSLO, TOKYO = "+80012345678", "+442079460000", "+4722334455", "+81312345678"


def zones_by_whoever_asks(lead, rep):
    lead = Lead.objects.select_related("person", "account").get(pk=lead.pk)
    return {
        "form": zone_of(lead, at=NOON),
        "play": zones_of([lead], at=NOON)[lead.pk],
        "cadence": reach_of(lead).where.zone(at=NOON),
        "queue": next(entry.zone for entry in entries_of(rep, at=NOON) if entry.lead_id == lead.pk),
        "page": LeadPage(lead, rep, NOON).hers.zone,
        "letter": recipients_of([lead.person_id], {}, at=NOON)[lead.person_id].zone,
    }


@pytest.mark.parametrize(
    ("person", "numbers", "zone"),
    [
        ({"time_zone": "Asia/Kolkata"}, [("phone", LONDON, True)], "Asia/Kolkata"),
        ({"country": "NO"}, [("phone", LONDON, True)], "Europe/Oslo"),
        # A country of many clocks, and a number that is everywhere, say nothing.
        ({"country": "US"}, [("phone", LONDON, True)], "Europe/London"),
        ({}, [("phone", FREEPHONE, True), ("phone", LONDON, False)], "Europe/London"),
        ({}, [("phone", LONDON, False), ("phone", TOKYO, True)], "Asia/Tokyo"),
        # Of those that nobody has chosen, or of the two that somebody has, the one that was put down first.
        ({}, [("phone", OSLO, False), ("mobile", TOKYO, False)], "Europe/Oslo"),
        ({}, [("phone", OSLO, True), ("mobile", TOKYO, True)], "Europe/Oslo"),
        ({}, [("phone", FREEPHONE, True)], "Asia/Tokyo"),
    ],
)
def test_whatever_asks_where_she_is_hears_the_same(alice, person, numbers, zone):
    account = make_account(country="JP")
    who = make_person(phone=None, account=account, **person)
    for kind, number, is_primary in numbers:
        ContactPoint.objects.create(person=who, kind=kind, value=number, normalised=number, is_primary=is_primary)
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=who)
    Lead.objects.filter(pk=lead.pk).update(account=account)

    heard = zones_by_whoever_asks(lead, alice)

    assert heard == dict.fromkeys(heard, zone)
