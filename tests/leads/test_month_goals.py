"""Goals of a month: set by the admin, read by the manager beside what was booked and accepted."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from leads.models import HandOff
from leads.settings.changing import change_setting
from leads.settings.people import People
from team.models import Role
from tests.make import make_lead, make_user

pytestmark = pytest.mark.django_db


def booked(at, *, bdr, ae, phase="handed_off"):
    lead = make_lead(phase=phase, bdr=bdr, ae=ae, at=at)
    meeting = at + timedelta(days=1)
    HandOff.objects.filter(lead=lead).update(meeting_at=meeting, local_meeting=meeting, zone="UTC")


def test_the_morning_counts_the_month_against_the_goals_of_all_and_the_sheet_against_hers(
    client, team, alice, bob, mona, peter
):
    dora, now = make_user("dora", Role.ADMIN), timezone.now()
    change_setting(People(), alice.pk, {"meetings_goal": 12, "accepted_goal": 6}, by=dora, at=now)
    change_setting(People(), bob.pk, {"meetings_goal": 8}, by=dora, at=now)
    month = timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    booked(now, bdr=alice, ae=peter)
    booked(month, bdr=alice, ae=peter, phase="accepted")
    booked(now, bdr=bob, ae=peter)
    booked(month - timedelta(minutes=1), bdr=alice, ae=peter, phase="accepted")
    client.force_login(mona)

    page = client.get(reverse("leads:team")).text
    sheet = client.get(reverse("leads:rep_sheet", args=[alice.pk])).text

    assert "month: 3 of 20 booked" in page
    assert "month: 1 of 6 accepted" in page
    assert "month: 2 of 12 booked" in sheet


def test_without_a_goal_nothing_is_said_of_the_month(client, team, alice, mona):
    client.force_login(mona)

    assert "month:" not in client.get(reverse("leads:team")).text
