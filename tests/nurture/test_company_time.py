"""By whose clock mail goes where nobody knows the recipient's: the company's, of its default team."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from nurture.actions.claiming import claim_messages
from tests.make import NOON, make_person
from tests.nurture.making import make_message

TOKYO = "Asia/Tokyo"


@pytest.fixture
def in_tokyo(team):
    """The company sits there: at noon UTC of Monday it is nine in the evening."""
    team.is_default = True
    team.save()
    type(team.calendar).objects.filter(pk=team.calendar_id).update(time_zone=TOKYO)


@pytest.mark.parametrize("zone", ["", "Mars/Base"])
def test_whose_zone_nobody_knows_is_written_to_in_the_hours_of_the_company(rules, in_tokyo, zone):
    message = make_message(person=make_person(time_zone=zone, phone=None))

    assert claim_messages(by="me", at=NOON) == []

    message.refresh_from_db()
    assert message.due_at == datetime(2027, 3, 2, 8, tzinfo=ZoneInfo(TOKYO))
    assert len(claim_messages(by="me", at=message.due_at)) == 1


def test_who_said_hers_is_written_to_by_hers(rules, in_tokyo):
    make_message(person=make_person(time_zone="UTC"))

    assert len(claim_messages(by="me", at=NOON + timedelta(minutes=1))) == 1
