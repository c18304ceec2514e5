"""The company's clock, of its default team: mail goes by it where nobody knows the recipient's, and what is a day for
everybody is a day by it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from agreement.models import Phase
from leads.actions.changing import MoveRefused
from nurture.actions.advancing import advance
from nurture.actions.claiming import claim_messages
from nurture.actions.planning import write_message
from nurture.checking import check_tracks
from nurture.models import Message
from nurture.stopped import waiting
from tests.make import NOON, make_lead, make_person
from tests.nurture.making import email, leave, make_asset, make_enrolment, make_message, make_track

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


# Midnight in Tokyo, on which the asset expires: three in the afternoon of the day before by UTC.
MIDNIGHT = datetime(2027, 3, 1, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def asset(in_tokyo):
    return make_asset(expires_on=date(2027, 3, 2))


@pytest.mark.parametrize(("at", "is_sent"), [(MIDNIGHT - MINUTE, True), (MIDNIGHT, False)])
def test_an_asset_expires_for_mail_on_its_day_by_the_clock_of_the_company(rules, asset, alice, at, is_sent):
    planned = make_message(person=make_person(time_zone="UTC"), asset=asset)
    fed = make_enrolment(make_track(email(asset=asset)), due_at=at)
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    assert waiting(rules, at=at).over == (0 if is_sent else 1)

    assert len(claim_messages(by="me", at=at)) == is_sent
    advance(at=at)

    planned.refresh_from_db()
    assert planned.because == ("" if is_sent else "expired")
    assert fed.passages.filter(because="expired").exists() is not is_sent
    write = {"subject": "Hello", "text": "Hello.", "asset": asset, "by": alice, "at": at}
    if is_sent:
        write_message(lead, **write)
    else:
        with pytest.raises(MoveRefused, match="expired on 2 Mar 2027"):
            write_message(lead, **write)


@pytest.mark.parametrize(("at", "status"), [(MIDNIGHT - MINUTE, 302), (MIDNIGHT, 410)])
@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "Pacific/Kiritimati"])
def test_and_for_its_permalink_and_its_page_wherever_who_reads_them_sits(client, asset, marketer, zone, at, status):
    marketer.time_zone = zone
    marketer.save()
    with time_machine.travel(at, tick=False):
        assert client.get(f"/c/{asset.public_id}/").status_code == status
        client.force_login(marketer)
        assert client.get(f"/c/{asset.public_id}/").status_code == status
        page = client.get(f"/library/{asset.public_id}/")
        assert page.context["page"].is_over is (status == 410)


def test_what_left_before_that_midnight_is_nothing_to_look_at(asset):
    message = make_message(person=make_person(time_zone="UTC"), asset=asset)
    leave(message, at=MIDNIGHT - MINUTE)
    assert check_tracks(at=MIDNIGHT)["sent_after_it_expired"] == []
    leave(Message.objects.get(), at=MIDNIGHT)
    assert check_tracks(at=MIDNIGHT)["sent_after_it_expired"] == [message.pk]
