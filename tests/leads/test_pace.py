"""Where somebody would be by now with her touches, by her own hours and not by the clock on the wall."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from agreement.models import Phase
from leads.actions.logging import log_call
from leads.today import today_of
from team.models import Absence, Calendar
from tests.make import NOON, disposition, make_calendar, make_lead


@pytest.mark.parametrize(
    ("hour", "by_now"), [(7, 0), (8, 0), (12, 24), (13, 30), (17, 54), (18, 60), (22, 60)]
)  # fmt: skip
def test_by_now_is_her_goal_over_her_working_hours(alice, hour, by_now):
    found = today_of(alice, at=NOON.replace(hour=hour))

    assert (found.goal, found.by_now, found.behind) == (60, by_now, by_now)


def test_a_break_is_no_time_to_touch_anybody(alice):
    calendar = make_calendar(opens=8 * 60, closes=12 * 60)
    calendar.windows.create(weekday=0, opens=13 * 60, closes=17 * 60)
    alice.calendar = calendar
    alice.save(update_fields=["calendar"])

    assert [today_of(alice, at=NOON.replace(hour=hour)).by_now for hour in (12, 13, 15)] == [30, 30, 45]


def test_on_a_day_without_hours_nobody_is_behind(alice):
    sunday = NOON - timedelta(days=1)

    assert (today_of(alice, at=sunday).by_now, today_of(alice, at=sunday).behind) == (None, 0)


def test_who_was_away_in_the_morning_has_half_the_goal(alice):
    Absence.objects.create(user=alice, starts_at=NOON - timedelta(days=1), ends_at=NOON + timedelta(hours=1))

    assert [(found.goal, found.by_now) for found in (today_of(alice, at=NOON + timedelta(hours=2)),)] == [(30, 6)]


def test_who_will_be_away_in_the_afternoon_has_less_to_do_from_the_morning_on(alice):
    Absence.objects.create(user=alice, starts_at=NOON + timedelta(hours=1), ends_at=NOON + timedelta(days=3))

    assert [(found.goal, found.by_now) for found in (today_of(alice, at=NOON.replace(hour=9)),)] == [(30, 6)]


def test_hours_that_were_changed_count_at_once(alice):
    assert today_of(alice, at=NOON).by_now == 24
    calendar = Calendar.objects.get(teams__memberships__user=alice)
    calendar.windows.update(opens=10 * 60, closes=14 * 60)
    Calendar.objects.filter(pk=calendar.pk).update(version=calendar.version + 1)

    assert today_of(alice, at=NOON).by_now == 30


def test_a_company_without_any_calendar_has_no_pace(alice, team):
    alice.memberships.all().delete()
    type(team).objects.update(is_default=False)

    assert today_of(alice, at=NOON).by_now is None


def test_the_queue_says_how_far_she_is_behind_and_when_she_is_not(client, alice):
    alice.touches_goal = 2
    alice.save(update_fields=["touches_goal"])
    with time_machine.travel(NOON + timedelta(hours=2), tick=False):
        client.force_login(alice)
        leads = [make_lead(phase=Phase.WORKING, bdr=alice) for _ in range(2)]
        assert "1 behind your pace" in client.get(reverse("leads:queue")).text
        log_call(leads[0], disposition=disposition("no_answer"), by=alice, at=NOON)
        assert "on pace" in client.get(reverse("leads:queue")).text
        log_call(leads[1], disposition=disposition("no_answer"), by=alice, at=NOON)
        assert "goal reached" in client.get(reverse("leads:queue")).text
