"""Calendars: when hours change, what was promised by them is counted again, and a revert gives the moments back."""

import os
from datetime import date, timedelta

import hypothesis.strategies as st
import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import Phase as Reuse

from agreement.models import Lane, Phase
from leads.actions.claiming import claim_lead
from leads.actions.handing import accept_hand_off, hand_off_lead
from leads.actions.logging import log_touch
from leads.actions.recounting import recount_calendars, recount_lately_changed
from leads.actions.sweeping import notice_clocks, sweep_leads
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.clocks import clause_of, moments_of
from leads.models import Clock, HandOff, Lead, LeadEvent
from leads.settings.calendars import CalendarsKind
from leads.settings.changing import change_setting, preview, remove_setting, revert_change
from leads.settings.hours import BadHours, read_hours
from leads.settings.kind import SettingRefused
from team.calendars import Calendars, public_holidays
from team.models import Calendar, CalendarDay, CalendarWindow, Role, SettingChange
from tests.make import NOON, make_calendar, make_lead, make_person, make_team, make_user

pytestmark = pytest.mark.django_db
KIND = CalendarsKind()
WEEK = range(5)


@pytest.fixture
def calendar(team):
    return team.calendar


def week(opens, closes, days=WEEK):
    return {"windows": [[day, opens, closes] for day in days]}


def change(calendar, new, *, by, at=NOON):
    return change_setting(KIND, calendar.pk, new, by=by, at=at)


def clock_of(lead):
    return Clock.objects.running().get(lead=lead)


def from_scratch():
    """Running clocks that are not due when they would be if they were started by the hours there are."""
    calendars = Calendars(at=NOON)
    wrong = []
    for clock in Clock.objects.running().select_related("lead"):
        due_at, _notice_at = moments_of(
            clause_of(clock), worktime=calendars.of(clock.calendar_id), started_at=clock.started_at
        )
        if due_at != clock.due_at:
            wrong.append((clock.kind, clock.due_at, due_at))
    return wrong


def everything():
    clocks = list(Clock.objects.order_by("pk").values_list("pk", "due_at", "next_notice_at", "state"))
    leads = list(Lead.objects.order_by("pk").values_list("pk", "due_at", "reserved_until", "band", "sweep_at", "phase"))
    return clocks, leads, list(HandOff.objects.order_by("pk").values_list("pk", "respond_by"))


def whole_team(alice, team):
    """A lead in every state whose moment follows from hours: pool, reserved, claimed, handed off, accepted."""
    pool = make_lead(team=team)
    reserved = make_lead(team=team, bdr=alice, reserved=True)
    raised = make_lead(team=team, lane=Lane.HAND_RAISER)
    claimed = make_lead(phase=Phase.WORKING, bdr=alice)
    sent = make_lead(phase=Phase.HANDED_OFF, bdr=alice)
    accepted = make_lead(phase=Phase.ACCEPTED, bdr=alice)
    return pool, reserved, raised, claimed, sent, accepted


def test_other_hours_give_every_running_promise_the_moment_it_would_have_had(team, calendar, alice, dora):
    pool, reserved, _raised, claimed, sent, _accepted = whole_team(alice, team)
    assert clock_of(pool).due_at == NOON + timedelta(hours=4)

    change(calendar, week(8 * 60, 13 * 60), by=dora)

    # An hour is left of Monday, three are worked on Tuesday.
    tuesday = NOON + timedelta(days=1, hours=-1)
    assert from_scratch() == []
    for lead in (pool, reserved, claimed, sent):
        lead.refresh_from_db()
    assert (clock_of(pool).due_at, pool.due_at, pool.band) == (tuesday, tuesday, Lead.Band.FIRST_TOUCH)
    assert pool.sweep_at == tuesday
    assert (reserved.due_at, reserved.reserved_until, reserved.sweep_at) == (tuesday, tuesday, tuesday)
    assert claimed.sweep_at == clock_of(claimed).due_at == tuesday
    assert sent.due_at == sent.hand_offs.get().respond_by == clock_of(sent).due_at
    assert not any(check_all(at=NOON).values())


def test_each_lead_that_is_due_at_another_moment_says_so_in_one_line(team, calendar, alice, dora):
    leads = whole_team(alice, team)
    before = {lead.pk: lead.events.count() for lead in leads}

    change(calendar, week(8 * 60, 13 * 60), by=dora)

    told = {lead.pk: lead.events.count() - before[lead.pk] for lead in leads}
    # What is claimed or accepted is due at its step, and that stays where it was planned.
    assert list(told.values()) == [1, 1, 0, 0, 1, 0]
    assert {event.data["because"] for event in LeadEvent.objects.filter(verb="plan")} == {"hours"}


def test_the_revert_gives_back_exactly_the_moments_before(team, calendar, alice, dora):
    whole_team(alice, team)
    before = everything()
    made = change(calendar, week(8 * 60, 13 * 60), by=dora)
    assert everything() != before

    revert_change(KIND, made, by=dora, at=NOON)

    assert everything() == before
    assert not any(check_all(at=NOON).values())


def test_notice_moves_though_the_end_stays_where_it_was(calendar, team, alice, dora):
    sent = make_lead(phase=Phase.HANDED_OFF, bdr=alice)
    clock = clock_of(sent)

    # Eight hours end at ten in both, and six at another moment.
    change(calendar, {"time_zone": "Asia/Kolkata"}, by=dora)

    moved = clock_of(sent)
    assert moved.due_at == clock.due_at
    assert moved.next_notice_at == clock.next_notice_at + timedelta(hours=14)


def test_a_promise_that_is_past_by_the_new_hours_is_missed_by_the_next_tick_and_not_before(calendar, team, dora):
    night = make_calendar(opens=13 * 60, closes=18 * 60)
    team.calendar = night
    team.save()
    lead = make_lead(team=team)
    at = NOON + timedelta(hours=4, minutes=30)
    assert clock_of(lead).due_at == NOON + timedelta(hours=5)

    made = change(night, week(8 * 60, 18 * 60), by=dora, at=at)
    lead.refresh_from_db()
    assert (lead.due_at, lead.band) == (NOON + timedelta(hours=4), Lead.Band.MISSED)
    assert not any(check_all(at=at).values())
    revert_change(KIND, made, by=dora, at=at)
    lead.refresh_from_db()
    assert (lead.due_at, lead.band) == (NOON + timedelta(hours=5), Lead.Band.FIRST_TOUCH)

    change(night, week(8 * 60, 18 * 60), by=dora, at=at)
    notice_clocks(at=at)
    sweep_leads(at=at)

    clock = Clock.objects.get(lead=lead)
    assert (clock.state, clock.missed_at) == ("missed", NOON + timedelta(hours=4))
    revert_change(KIND, SettingChange.objects.latest("id"), by=dora, at=at)
    assert Clock.objects.get(lead=lead).state == "missed"
    assert not any(check_all(at=at).values())


def test_the_preview_counts_what_would_move_and_what_would_be_missed(calendar, team, alice, dora):
    make_lead(team=team)
    make_lead(team=team)
    at = NOON + timedelta(hours=3, minutes=30)
    assert not [one for one in preview(KIND, calendar.pk, {"name": "Same"}, at=at).touches if "moment" in one.text]

    # The morning was an hour longer than we thought, and there is no lunch.
    tokyo = preview(KIND, calendar.pk, week(8 * 60, 15 * 60), at=at)

    said = [(one.text, one.soft) for one in tokyo.touches]
    assert ("2 running promises get another moment", "2 later, 0 earlier") in said
    assert Clock.objects.filter(due_at=NOON + timedelta(hours=4)).count() == 2


def test_a_calendar_always_has_hours(save, calendar):
    answer = save("calendars", calendar.pk, **{f"hours_{day}": "" for day in range(7)})

    assert answer.status_code == 422
    assert "A calendar has working hours on at least one weekday." in answer.text
    assert calendar.windows.count() == 5


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("8:00-12:00, 13:00-17:00", [(480, 720), (780, 1020)]),
        ("13.30–17; 9 - 12:15", [(540, 735), (810, 1020)]),
        ("0-24:00", [(0, 1440)]),
        ("", []),
    ],
)
def test_hours_are_read_as_people_write_them(typed, read):
    assert read_hours(typed) == read


@pytest.mark.parametrize("typed", ["9 to 5", "17:00-9:00", "9:00-25:00", "9:70-12:00", "9-12, 11-13", "9-9"])
def test_hours_that_cannot_be_are_refused(typed):
    with pytest.raises(BadHours):
        read_hours(typed)


def test_own_days_stand_above_the_weekday_and_come_back_with_the_revert(save, calendar, revert_last, team):
    lead = make_lead(team=team, at=timezone.now())
    monday = timezone.localdate() + timedelta(days=1)
    before = KIND.read(calendar.pk)

    days = {"day_on_0": monday.isoformat(), "day_hours_0": "10:00-11:00, 12-13", "day_label_0": "Stocktaking"}
    assert save("calendars", calendar.pk, **days).status_code == 302

    assert [(one.day, one.opens, one.label) for one in calendar.days.all()] == [
        (monday, 600, "Stocktaking"),
        (monday, 720, "Stocktaking"),
    ]
    assert from_scratch() == []
    revert_last("calendars")
    assert KIND.read(calendar.pk) == before
    assert Clock.objects.get(lead=lead).due_at


def test_the_page_names_the_public_holidays_of_the_year(client, dora, save, calendar):
    save("calendars", calendar.pk, country="DE", subdivision="BY")

    page = client.get(reverse("leads:setting", args=["calendars", calendar.pk])).text

    year = timezone.localdate().year
    assert f"{len(public_holidays('DE', 'BY', year))} public holidays in {year}" in page
    assert "Tag der Deutschen Einheit" in page
    assert "Bayern" in page


def test_another_country_takes_the_region_away(save, calendar):
    save("calendars", calendar.pk, country="DE", subdivision="BY")

    assert save("calendars", calendar.pk, country="US").status_code == 302

    calendar.refresh_from_db()
    assert (calendar.country, calendar.subdivision) == ("US", "")


def test_a_calendar_that_nobody_needs_is_removed_and_comes_back(client, dora, calendar):
    unused = make_calendar(country="DE")
    CalendarDay.objects.create(calendar=unused, day=date(2027, 12, 24), label="Early")
    was = KIND.read(unused.pk)
    client.force_login(dora)

    page = client.get(reverse("leads:setting_remove", args=["calendars", unused.pk]))
    assert "Nobody works by it" in page.text
    client.post(reverse("leads:setting_remove", args=["calendars", unused.pk]), {"seen": page.context["seen"]})
    assert not Calendar.objects.filter(pk=unused.pk).exists()

    revert_change(KIND, SettingChange.objects.latest("id"), by=dora, at=NOON)
    assert KIND.read(Calendar.objects.get(name=unused.name).pk) == was


def test_a_calendar_that_a_team_works_by_stays(client, dora, calendar):
    client.force_login(dora)

    answer = client.post(reverse("leads:setting_remove", args=["calendars", calendar.pk]))

    assert answer.status_code == 422
    assert "A team works by it, or did" in answer.text
    with pytest.raises(SettingRefused):
        remove_setting(KIND, make_user("max", Role.AE, calendar=make_calendar()).calendar_id, by=dora, at=NOON)


def test_what_is_taken_back_after_the_hours_changed_runs_by_the_new_ones(calendar, team, alice, dora):
    touched = make_lead(phase=Phase.WORKING, bdr=alice)
    log_touch(touched, kind="email", by=alice, at=NOON)
    taken = make_lead(team=team)
    claim_lead(taken, by=alice, at=NOON)
    sent = make_lead(phase=Phase.WORKING, bdr=alice)
    peter = make_user("peter", Role.AE, time_zone="UTC")
    accept_hand_off(hand_off_lead(sent, ae=peter, by=alice, at=NOON), by=peter, at=NOON)

    change(calendar, week(8 * 60, 13 * 60), by=dora)
    for lead, user in ((touched, alice), (taken, alice), (sent, peter)):
        undo_last(lead, by=user, at=NOON)

    assert Clock.objects.running().count() == 3
    assert from_scratch() == []
    sent.refresh_from_db()
    assert sent.due_at == sent.hand_offs.get().respond_by
    assert not any(check_all(at=NOON).values())


def test_a_promise_begun_while_the_hours_changed_is_found_by_the_tick(calendar, team, dora):
    lead = make_lead(team=team)
    old = clock_of(lead).due_at
    change(calendar, week(8 * 60, 13 * 60), by=dora)
    new = clock_of(lead).due_at
    # Somebody else had read the hours before.
    Clock.objects.filter(lead=lead).update(due_at=old)

    assert recount_lately_changed(at=NOON + timedelta(minutes=1)) == 1

    assert clock_of(lead).due_at == new
    assert recount_lately_changed(at=NOON + timedelta(minutes=6)) == 0


def test_an_account_executives_clock_counts_by_the_calendar_she_works_by(team, alice, dora):
    hers = make_calendar(opens=8 * 60, closes=14 * 60)
    peter = make_user("peter", Role.AE, calendar=hers)
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    hand_off_lead(lead, ae=peter, by=alice, at=NOON)
    assert clock_of(lead).calendar == hers

    assert recount_calendars([hers.pk], at=NOON) == 0
    change(hers, week(8 * 60, 20 * 60), by=dora)

    assert from_scratch() == []


def test_the_list_costs_the_same_queries_for_many_calendars(client, dora, django_assert_num_queries):
    client.force_login(dora)
    url = reverse("leads:setting_list", args=["calendars"])
    client.get(url)
    counts = []
    for _more in range(2):
        make_team(calendar=make_calendar())
        with transaction.atomic(), django_assert_num_queries(14, exact=False) as asked:
            client.get(url)
        counts.append(len(asked))

    assert counts[0] == counts[1]


span = st.tuples(st.integers(0, 23 * 60), st.integers(30, 600)).map(lambda one: [one[0], min(one[0] + one[1], 1440)])
hours = st.dictionaries(st.integers(0, 6), span, min_size=1).map(
    lambda found: {"windows": sorted([day, *times] for day, times in found.items())}
)
own_days = st.dictionaries(st.integers(-3, 9), st.one_of(st.none(), span), max_size=4).map(
    lambda found: {
        "days": sorted(
            [(NOON.date() + timedelta(days=day)).isoformat(), "", *(times or [None, None])]
            for day, times in found.items()
        )
    }
)
zone = st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]).map(
    lambda name: {"time_zone": name}
)
country = st.sampled_from(["", "DE", "US"]).map(lambda code: {"country": code})
changes = st.lists(st.one_of(hours, own_days, zone, country), min_size=1, max_size=4)


@settings(
    max_examples=int(os.environ.get("MACHINE_STEPS", "500")) // 40,
    deadline=None,
    # To shrink days of a team takes minutes, and says little more.
    phases=[Reuse.explicit, Reuse.reuse, Reuse.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(new=changes, later=st.integers(0, 60 * 24 * 6), lane=st.sampled_from([Lane.CONTENT, Lane.LIST]))
def test_after_any_change_of_hours_every_clock_is_as_from_scratch_and_nobody_is_left_behind(
    team, calendar, alice, dora, new, later, lane
):
    try:
        with transaction.atomic():
            whole_team(alice, team)
            make_lead(team=team, lane=lane, person=make_person())
            at = NOON + timedelta(minutes=later)
            tick(at)
            before = everything()
            made = []
            for one in new:
                made.append(change(calendar, one, by=dora, at=at))
                assert from_scratch() == []
                assert not any(check_all(at=at).values())
            for one in reversed([one for one in made if one]):
                revert_change(KIND, one, by=dora, at=at)
            assert not any(check_all(at=at).values())
            # A clock that was late for a moment is looked at once more.
            tick(at)
            assert everything() == before
            assert from_scratch() == []
            assert not any(check_all(at=at).values())
            raise RollBack
    except RollBack:
        assert CalendarWindow.objects.filter(calendar=calendar).count() == 5


class RollBack(Exception):
    pass


def tick(at):
    for _twice in range(2):
        notice_clocks(at=at)
        sweep_leads(at=at)
