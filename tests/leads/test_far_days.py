"""Days that nobody means: refused at their field, clamped where they slip through, never an error."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase, ReasonRule
from leads.models import Lead
from leads.waking import Facts, wake_day
from team.actions.submitting import new_form_id
from tests.make import make_lead, reason

TODAY = date(2027, 3, 1)


@pytest.fixture
def lead(alice):
    return make_lead(phase=Phase.WORKING, bdr=alice, at=timezone.now())


def post(client, name, one, query="", **data):
    url = reverse(f"leads:{name}", args=[one.public_id]) + query
    return client.post(url, {"form_id": new_form_id(), **data})


@pytest.mark.parametrize("end", ["0001-01-01", "9999-12-31", "Mar 1999", "Q4 2099"])
def test_an_end_that_nobody_means_is_refused_at_its_field(client, alice, lead, end):
    client.force_login(alice)
    data = {"version": lead.version, "reason": reason("mid_contract").pk, "contract_end": end}

    assert post(client, "recycle", lead, "?preview=1", **data).status_code == 200
    answer = post(client, "recycle", lead, **data)

    assert answer.status_code == 422
    assert "Say an end from a year ago to ten years from now" in answer.text
    assert Lead.objects.get(pk=lead.pk).phase == Phase.WORKING


@pytest.mark.parametrize("end", ["0001-01-01", "9999-12-31", "1999-03-01"])
def test_sales_is_refused_the_same(client, alice, peter, end):
    lead = make_lead(phase=Phase.QUALIFIED, bdr=alice, ae=peter, at=timezone.now())
    client.force_login(peter)

    answer = post(client, "stall", lead, reason="mid_contract", contract_ends=end)

    assert answer.status_code == 422
    assert "Say an end from a year ago to ten years from now" in answer.text


@pytest.mark.parametrize(("end", "day"), [(date.min, date(2027, 3, 2)), (date.max, date(2037, 3, 1))])
def test_a_wake_stays_within_ten_years(db, end, day):
    rule = ReasonRule(category=ReasonRule.Category.MID_CONTRACT, notice_days=-900, lead_days=0)
    if end == date.min:
        rule.notice_days = 90

    assert wake_day(rule, Facts(contract_ends=end, precision="day"), today=TODAY) == day


@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "9999-12-31T23:59"])
def test_a_meeting_is_not_moved_out_of_the_calendar(client, alice, peter, moment):
    peter.time_zone = "Asia/Tokyo"
    peter.save()
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter, at=timezone.now())
    client.force_login(peter)

    answer = post(client, "move_meeting", lead.hand_offs.get(), meeting=moment, zone="Asia/Tokyo", minutes=30)

    assert answer.status_code == 422
    assert "That year is out of reach: choose a nearer day." in answer.text


def test_a_meeting_is_moved_on_the_clock_that_was_named_also_in_an_hour_the_reader_does_not_have(client, alice, peter):
    """02:30 on the last Sunday of March is no time in Berlin, where she reads, and one in Tokyo, where it is said."""
    peter.time_zone = "Europe/Berlin"
    peter.save()
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter, at=timezone.now())
    hand_off = lead.hand_offs.get()
    lead.person.time_zone = "Asia/Tokyo"
    lead.person.save()
    client.force_login(peter)
    sunday = _skipped_in_berlin(timezone.now())
    moment = sunday.replace(hour=2, minute=30)

    answer = post(
        client, "move_meeting", hand_off, meeting=moment.strftime("%Y-%m-%dT%H:%M"), zone="Asia/Tokyo", minutes=30
    )

    hand_off.refresh_from_db()
    assert answer.status_code == 302
    assert hand_off.meeting_at == moment.replace(tzinfo=ZoneInfo("Asia/Tokyo"))


def _skipped_in_berlin(now):
    day = datetime(now.year, 3, 31)
    while day.weekday() != 6 or day < now.replace(tzinfo=None):
        day = day - timedelta(days=1) if day.weekday() != 6 else _last_sunday_of_march(day.year + 1)
    return day


def _last_sunday_of_march(year):
    day = datetime(year, 3, 31)
    return day - timedelta(days=(day.weekday() + 1) % 7)


@pytest.mark.parametrize("zone", ["", "Europe/Os", "nonsense", "Europe/Oslo"])
def test_a_meeting_is_previewed_while_its_clock_is_being_typed(client, alice, peter, lead, zone):
    client.force_login(alice)
    data = {"ae": peter.pk, "meeting": "2027-01-04T10:00", "minutes": 30, "line": "x", "zone": zone}

    answer = post(client, "hand_off", lead, "?preview=1", **data)

    assert answer.status_code == 200
    assert "Peter answers within" in answer.text


@pytest.mark.parametrize("after", ["/leads/" + "-" * 36 + "/", "/leads/x/", "//"])
def test_the_next_lead_of_a_broken_address_is_the_next_of_the_queue(client, alice, lead, after):
    client.force_login(alice)

    assert post(client, "note", lead, text="words", next="1", after=after).status_code == 302
