"""The calendar of who comes back against what the reps take up; days that a manager spreads, moves and takes back."""

import html
import re
import sys
from collections import Counter
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agreement.models import Phase
from leads import return_days
from leads.actions.recycling import change_wake, recycle_lead
from leads.actions.rewaking import plan_move, plan_spread, sleepers_between, spread_returns
from leads.actions.sharing import undo_shared
from leads.checking import check_all
from leads.models import Lead, LeadEvent, SharedAct, Signal
from leads.return_days import load_of
from leads.waking import Facts
from team.actions.submitting import new_form_id
from team.models import Absence, CalendarDay, Role
from tests.make import NOON, make_lead, make_user, reason

# NOON is Monday 1 March 2027; the content cadence lasts 12 working days.
TUESDAY, SATURDAY = date(2027, 3, 16), date(2027, 3, 20)
MIDNIGHT, DAY = NOON - timedelta(hours=12), timedelta(days=1)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture(autouse=True)
def _two_a_day(alice, bob):
    for rep in (alice, bob):
        rep.open_limit = 24
        rep.save(update_fields=["open_limit"])


def asleep(bdr, day=None, key="unresponsive", **facts):
    lead = make_lead(phase=Phase.WORKING, bdr=bdr)
    recycle_lead(lead, reason=reason(key), by=bdr, at=NOON, facts=Facts(wake_on=day if not facts else None, **facts))
    return Lead.objects.get(pk=lead.pk)


def days_of(*leads):
    return [Lead.objects.get(pk=lead.pk).wake_at.date() for lead in leads]


def calls_in(module, do):
    """How many functions of this module `do` calls."""
    calls = 0

    def count(frame, event, _arg):
        nonlocal calls
        calls += event == "call" and frame.f_code.co_filename == module.__file__

    sys.setprofile(count)
    try:
        do()
    finally:
        sys.setprofile(None)
    return calls


def broken(at=NOON):
    return {name: len(ids) for name, ids in check_all(at=at).items() if ids}


# What a day has room for
def test_a_rep_has_room_by_limit_and_cadence_and_none_on_a_day_off_or_away(alice, bob, team):
    CalendarDay.objects.create(calendar=team.calendar, day=TUESDAY, label="Holiday")
    Absence.objects.create(user=bob, starts_at=NOON + timedelta(days=15), ends_at=NOON + timedelta(days=18))
    bob.open_limit = 36
    bob.save(update_fields=["open_limit"])

    load = load_of(team, date(2027, 3, 15), SATURDAY, at=NOON)

    assert load.a_day == {alice.pk: 2, bob.pk: 3}
    assert [load.of_team(day) for day in load.days()] == [5, 0, 2, 2, 5, 0]


def test_what_reps_leave_is_the_pools(alice, bob, team):
    for _lead in range(3):
        asleep(alice, TUESDAY)
    pooled = asleep(alice, TUESDAY)
    Lead.objects.filter(pk=pooled.pk).update(bdr=None)

    load = load_of(team, TUESDAY, TUESDAY, at=NOON)

    assert (load.counts[alice.pk, TUESDAY], load.counts[None, TUESDAY]) == (3, 1)
    assert (load.capacity(alice.pk, TUESDAY), load.capacity(None, TUESDAY)) == (2, 2)


# Spreading
def test_what_is_over_goes_to_the_nearest_day_with_room_as_one_act_and_back(alice, mona, team):
    leads = [asleep(alice, TUESDAY) for _lead in range(5)]

    plan = spread_returns(team, date(2027, 3, 2), date(2027, 3, 31), by=mona, at=NOON)

    # Rather later than earlier, and no further than it must.
    assert Counter(days_of(*leads)) == {TUESDAY: 2, date(2027, 3, 17): 2, date(2027, 3, 15): 1}
    moved = [one.lead for one, _day in plan.moves]
    assert [one.recyclings.get().wake_at for one in moved] == [Lead.objects.get(pk=one.pk).wake_at for one in moved]
    assert LeadEvent.objects.filter(verb="rewake", by=mona, data__because="room").count() == 3
    assert broken() == {}
    undo_shared(plan.act, by=mona, at=NOON)
    assert days_of(*leads) == [TUESDAY] * 5
    assert {one.recyclings.get().wake_at.date() for one in moved} == {TUESDAY}
    assert broken() == {}


def test_nobody_is_moved_to_a_day_that_the_whole_team_has_no_room_on(client, alice, bob, mona, team):
    """Alice has room on Wednesday, Bob has more than his on it, and together they have none."""
    wednesday, monday = date(2027, 3, 17), date(2027, 3, 15)
    leads = [asleep(alice, TUESDAY) for _lead in range(3)]
    for day, many in ((TUESDAY, 2), (wednesday, 4)):
        for _lead in range(many):
            asleep(bob, day)
    client.force_login(mona)
    asked = {"team": team.pk, "first": TUESDAY.isoformat(), "last": TUESDAY.isoformat()}

    preview = client.get(reverse("leads:spread_days"), asked)

    assert [(day.day, change, was, day.queued) for day, change, was in preview.context["days"]] == [
        (monday, 1, 0, 1),
        (TUESDAY, -1, 5, 4),
    ]
    assert "on which both the rep and the whole team have room" in preview.text
    client.post(reverse("leads:spread_days"), asked | {"form_id": new_form_id()})
    assert Counter(days_of(*leads)) == {TUESDAY: 2, monday: 1}
    page = client.get(reverse("leads:return_calendar"), {"team": team.pk, "month": "2027-03"})
    assert page.context["over_days"] == 0


def test_days_that_are_over_for_the_whole_team_are_relieved_first(alice, bob, mona, team):
    """Alice has more than her room on Monday, on which Bob has some left; on Tuesday nobody has; Wednesday has
    room for one."""
    monday, tuesday = date(2027, 3, 15), TUESDAY
    for rep, day, many in ((alice, monday, 3), (alice, tuesday, 3), (bob, tuesday, 2)):
        for _lead in range(many):
            asleep(rep, day)
    for rep in (alice, bob):
        Absence.objects.create(user=rep, starts_at=MIDNIGHT, ends_at=MIDNIGHT + 14 * DAY)
        Absence.objects.create(user=rep, starts_at=MIDNIGHT + 17 * DAY, ends_at=MIDNIGHT + 90 * DAY)
    asleep(alice, date(2027, 3, 17))

    spread_returns(team, monday, tuesday, by=mona, at=NOON)

    load = load_of(team, monday, date(2027, 3, 17), at=NOON)
    assert [load.day_of(day, None).over for day in load.days()] == [0, 0, 0]


def test_where_the_team_has_no_room_a_rep_is_relieved_onto_a_day_that_is_over_already(alice, bob, mona, team):
    """Alice has five on Tuesday, one more than both take up, and room on Wednesday, which Bob makes too much of."""
    wednesday = date(2027, 3, 17)
    leads = [asleep(alice, TUESDAY) for _lead in range(5)]
    for _lead in range(5):
        asleep(bob, wednesday)
    for rep in (alice, bob):
        Absence.objects.create(user=rep, starts_at=MIDNIGHT, ends_at=MIDNIGHT + 15 * DAY)
        Absence.objects.create(user=rep, starts_at=MIDNIGHT + 17 * DAY, ends_at=MIDNIGHT + 90 * DAY)

    spread_returns(team, TUESDAY, TUESDAY, by=mona, at=NOON)

    assert Counter(days_of(*leads)) == {TUESDAY: 4, wednesday: 1}
    load = load_of(team, TUESDAY, wednesday, at=NOON)
    assert [load.day_of(day, None).over for day in load.days()] == [0, 2]


def test_of_a_day_off_goes_who_is_too_many_on_the_day_on_which_they_are_in_the_queue(alice, mona, team):
    """Alice takes up two on Monday, who may wait for it since Saturday."""
    leads = [asleep(alice, SATURDAY) for _lead in range(3)]

    plan = spread_returns(team, SATURDAY, SATURDAY, by=mona, at=NOON)

    assert Counter(days_of(*leads)) == {SATURDAY: 2, date(2027, 3, 19): 1}
    assert plan.stays == []


@pytest.mark.parametrize("day", [SATURDAY, date(2027, 3, 22)])
def test_a_full_monday_is_relieved_of_who_waits_since_the_weekend_too(alice, bob, mona, team, day):
    """Alice has six on Monday, two more than she takes up, and room on Wednesday, which Bob makes too much of."""
    monday, wednesday = date(2027, 3, 22), date(2027, 3, 24)
    leads = [asleep(alice, day) for _lead in range(6)]
    for of_bob in (monday, *[wednesday] * 6):
        asleep(bob, of_bob)
    for rep in (alice, bob):
        rep.open_limit = 48 if rep == alice else 12
        rep.save(update_fields=["open_limit"])
        Absence.objects.create(user=rep, starts_at=MIDNIGHT, ends_at=MIDNIGHT + 19 * DAY)
        Absence.objects.create(user=rep, starts_at=MIDNIGHT + 22 * DAY, ends_at=MIDNIGHT + 23 * DAY)
        Absence.objects.create(user=rep, starts_at=MIDNIGHT + 24 * DAY, ends_at=MIDNIGHT + 90 * DAY)

    spread_returns(team, day, day, by=mona, at=NOON)

    assert Counter(days_of(*leads)) == {day: 4, wednesday: 2}
    assert load_of(team, monday, monday, at=NOON).queued(alice.pk, monday) == 4


def test_to_find_no_room_costs_the_same_for_each_however_many_reps_there_are(alice, bob, team):
    """It is planned again while the team and all who come back are held."""
    for rep in (alice, bob):
        Absence.objects.create(user=rep, starts_at=NOON, ends_at=NOON + timedelta(days=90))
    leads = [asleep(rep, TUESDAY) for rep in (alice, bob) for _lead in range(5)]

    few = calls_in(return_days, lambda: plan_spread(team, TUESDAY, TUESDAY, at=NOON))
    for name in range(8):
        make_user(f"rep{name}", Role.BDR, team=team, open_limit=0)
    many = calls_in(return_days, lambda: plan_spread(team, TUESDAY, TUESDAY, at=NOON))

    assert len(plan_spread(team, TUESDAY, TUESDAY, at=NOON).stays) == len(leads)
    assert many - few < 100


def test_of_a_contract_nobody_comes_back_later_than_notice_can_be_given(alice, team):
    # Notice by 16 June, back 30 days before: 17 May, a Monday; then put to the last day itself.
    contract = {"contract_ends": date(2027, 9, 14), "precision": "day"}
    tight = [asleep(alice, key="mid_contract", **contract) for _lead in range(4)]
    for lead in tight:
        change_wake(lead, wake_on=date(2027, 6, 16), by=alice, at=NOON)

    plan = plan_spread(team, date(2027, 6, 1), date(2027, 6, 30), at=NOON)

    assert [day for _one, day in plan.moves] == [date(2027, 6, 15)] * 2
    assert "Not after 16 Jun 2027" in plan.moves[0][0].why
    assert plan_move(team, date(2027, 6, 16), date(2027, 6, 17), at=NOON).moves == []
    assert len(plan_move(team, date(2027, 6, 16), date(2027, 6, 10), at=NOON).moves) == 4


def test_whoever_can_be_moved_least_stays_where_she_is(alice, team):
    given = asleep(alice, date(2027, 5, 17), key="not_ready")
    contract = asleep(alice, key="mid_contract", contract_ends=date(2027, 9, 14), precision="day")
    free = [asleep(alice) for _lead in range(2)]
    for lead in free:
        Lead.objects.filter(pk=lead.pk).update(wake_at=contract.wake_at)
    assert days_of(given, contract, *free) == [date(2027, 5, 17)] * 4

    plan = plan_spread(team, date(2027, 5, 17), date(2027, 5, 17), at=NOON)

    assert len(plan.moves) == 2
    assert contract.pk not in {one.lead.pk for one, _day in plan.moves}


def test_who_finds_no_room_stays_and_says_why(alice, bob, team):
    for rep in (alice, bob):
        Absence.objects.create(user=rep, starts_at=NOON, ends_at=NOON + timedelta(days=60))
    for key in ("not_ready", "unresponsive"):
        asleep(alice, TUESDAY, key=key)

    plan = plan_spread(team, TUESDAY, TUESDAY, at=NOON)

    assert [why for _one, why in plan.stays] == [
        "No day within a month of it has room.",
        "Somebody gave the day, and no day within a week of it has room.",
    ]


def test_many_are_moved_with_the_statements_of_a_few(alice, mona, team, django_assert_max_num_queries):
    for _lead in range(32):
        asleep(alice, SATURDAY)

    with django_assert_max_num_queries(32):
        plan = spread_returns(team, SATURDAY, SATURDAY, by=mona, at=NOON)

    assert len(plan.moves) == 30


def test_a_day_that_somebody_gave_is_moved_by_a_week_at_most_however_often_days_are_spread(alice, mona, team):
    leads = [asleep(alice, TUESDAY, key="not_ready") for _lead in range(3)]

    def away(first, until):
        return Absence.objects.create(user=alice, starts_at=MIDNIGHT + first * DAY, ends_at=MIDNIGHT + until * DAY)

    away(0, 15)
    until_then = away(16, 22)
    plan = spread_returns(team, TUESDAY, TUESDAY, by=mona, at=NOON)
    week_on = TUESDAY + timedelta(days=7)
    assert [day for _one, day in plan.moves] == [week_on]

    # It waits for the day after, which is full; there is room from the next on alone.
    until_then.delete()
    away(16, 23)
    for _lead in range(2):
        asleep(alice, week_on + DAY, key="not_ready")
    again = plan_spread(team, week_on, week_on, at=NOON)

    assert ([day for _one, day in again.moves], [why for _one, why in again.stays]) == (
        [], ["Somebody gave the day, and no day within a week of it has room."],
    )  # fmt: skip
    assert Counter(days_of(*leads)) == {TUESDAY: 2, week_on: 1}
    undo_shared(plan.act, by=mona, at=NOON)
    assert [one.before for one in sleepers_between(team, TUESDAY, TUESDAY)] == [None] * 3


def test_whoever_gave_a_day_after_a_spread_gave_it(alice, mona, team):
    leads = [asleep(alice, TUESDAY) for _lead in range(3)]
    spread_returns(team, TUESDAY, TUESDAY, by=mona, at=NOON)
    (moved,) = (lead for lead in leads if days_of(lead) != [TUESDAY])

    change_wake(moved, wake_on=date(2027, 6, 15), by=alice, at=NOON)

    (one,) = sleepers_between(team, date(2027, 6, 15), date(2027, 6, 15))
    assert (one.is_given, one.before) == (True, None)


# The pages
def test_the_calendar_leads_to_the_day_and_the_preview_to_one_act_with_undo(client, alice, mona, team):
    leads = [asleep(alice, TUESDAY) for _lead in range(4)]
    client.force_login(mona)
    spread_url = reverse("leads:spread_days")

    page = client.get(reverse("leads:return_calendar"), {"month": "2027-03"}).text
    there = f"/coming-back/?team={team.pk}&amp;day=2027-03-16"
    assert there in page
    assert "4 come back on 16 March" in page
    day = client.get(there.replace("&amp;", "&")).text
    assert day.count('<li class="row has-act"') == 4
    assert "first=2027-03-16&amp;one_day=1" in day
    preview = client.get(spread_url, {"team": team.pk, "first": "2027-03-02", "last": "2027-03-31"}).text
    assert "Move 2 leads" in preview
    form = {"team": team.pk, "first": "2027-03-02", "last": "2027-03-31", "form_id": new_form_id()}
    done = client.post(spread_url, form, follow=True)
    assert "2 leads come back on other days." in done.text
    client.post(spread_url, form)
    assert SharedAct.objects.count() == 1
    undone = client.post(reverse("leads:shared_undo", args=[SharedAct.objects.get().public_id]), follow=True)
    assert "2 leads are as before." in undone.text
    assert days_of(*leads) == [TUESDAY] * 4


def test_a_day_off_is_no_alarm_and_the_calendar_says_why_days_stay_over(client, alice, bob, mona, team):
    """Alice works on no other day near the one that three people gave."""
    asleep(alice, SATURDAY)
    for _lead in range(3):
        asleep(alice, TUESDAY, key="not_ready")
    Absence.objects.create(user=alice, starts_at=NOON, ends_at=NOON + timedelta(days=14, hours=12))
    Absence.objects.create(user=alice, starts_at=NOON + timedelta(days=15, hours=12), ends_at=NOON + timedelta(days=60))
    client.force_login(mona)

    page = client.get(reverse("leads:return_calendar"), {"month": "2027-03", "team": team.pk})
    days = {day.day: day for week in page.context["weeks"] for day in week}

    assert (days[SATURDAY].is_off, days[SATURDAY].over) == (True, 0)
    # Bob has room on it, but not for hers.
    assert page.text.count("day off</small>") == 1
    hers = client.get(reverse("leads:return_calendar"), {"month": "2027-03", "team": team.pk, "rep": alice.pk})
    assert [day.day for week in hers.context["weeks"] for day in week if day.over] == [TUESDAY]
    there = re.search(r'href="([^"]*)">Why days are over', hers.text)[1]
    why = client.get(reverse("leads:return_calendar") + html.unescape(there)).text
    assert "Somebody gave the day, and no day within a week of it has room. <span>1</span>" in why


def test_the_calendar_reads_no_sleeper_before_somebody_asks_why(client, alice, mona, team, django_assert_num_queries):
    asked = {"month": "2027-03", "team": team.pk}
    client.force_login(mona)
    client.get(reverse("leads:return_calendar"), asked)
    with CaptureQueriesContext(connection) as of_nobody:
        client.get(reverse("leads:return_calendar"), asked)
    for _lead in range(5):
        asleep(alice, TUESDAY)

    with django_assert_num_queries(len(of_nobody)):
        page = client.get(reverse("leads:return_calendar"), asked)

    assert page.context["plan"] is None
    assert client.get(reverse("leads:return_calendar"), asked | {"why": "1"}).context["plan"].moves


def test_a_day_is_moved_to_another_after_a_look(client, alice, mona, team):
    leads = [asleep(alice, TUESDAY) for _lead in range(2)]
    client.force_login(mona)
    url, day = reverse("leads:spread_days"), {"team": team.pk, "first": "2027-03-16", "one_day": "1"}

    assert "Move to" in client.get(url, day).text
    without = client.get(url, day | {"to": ""})
    assert (without.status_code, list(without.context["form"].errors)) == (422, ["to"])
    said = without.text.split('id="id_to_error"')[1].split("</span></span>")[0]
    assert "Choose the day on which they are to come back." in said
    assert "Move 2 leads" in client.get(url, day | {"to": "2027-03-18"}).text
    client.post(url, {"team": team.pk, "first": "2027-03-16", "to": "2027-03-18", "form_id": new_form_id()})

    assert days_of(*leads) == [date(2027, 3, 18)] * 2


def test_a_rep_sees_her_own_days_and_spreads_nothing(client, alice, bob):
    asleep(alice, TUESDAY)
    client.force_login(bob)

    page = client.get(reverse("leads:return_calendar"), {"month": "2027-03"}).text

    assert "come back on" not in page
    assert "comes back on 16" not in page
    assert reverse("leads:spread_days") not in page
    assert client.get(reverse("leads:spread_days")).status_code == 403


@pytest.mark.parametrize("asked", [
    {"first": "2027-02-28"}, {"first": "soon"}, {"first": "2027-03-16", "to": "2027-03-16"},
    {"first": "2027-03-16", "last": "2027-03-15"}, {"first": "2027-03-16", "last": "2028-03-16"},
    {"first": "2027-03-16", "to": "2099-01-01"}, {"first": "\x00"},
])  # fmt: skip
def test_days_that_cannot_be_are_refused_beside_their_field(client, mona, team, asked):
    client.force_login(mona)

    response = client.get(reverse("leads:spread_days"), {"team": team.pk} | asked)

    assert response.status_code == 422
    assert "Nothing to show:" in response.text
    assert "Not saved" not in response.text
    (wrong,) = response.context["form"].errors
    assert f'id="id_{wrong}_error"' in response.text


def test_a_day_that_is_refused_is_called_as_its_field_is_and_is_not_moved(client, mona, team):
    client.force_login(mona)
    asked = {"team": team.pk, "first": "2027-02-28", "to": "2027-03-16", "form_id": new_form_id()}

    response = client.post(reverse("leads:spread_days"), asked)

    assert response.status_code == 422
    strip = re.sub(r"\s+|<[^>]*>", " ", response.text.split('role="alert">')[1].split("</div>")[0])
    assert "Not moved: one field needs another look: Everybody of." in " ".join(strip.split())
    assert "Choose a day after today, within five years." in response.text


@pytest.mark.parametrize(
    ("today", "beside", "until"),
    [
        ("2027-01-31", ("2027-01", "2027-02"), "2027-02-28"),
        ("2028-02-29", ("2028-02", "2028-03"), "2028-03-31"),
        ("2026-11-30", ("2026-11", "2026-12"), "2026-12-31"),
        ("2026-12-31", ("2026-12", "2027-01"), "2027-01-31"),
        ("2027-01-30", ("2027-01", "2027-02"), "2027-01-31"),
    ],
)
def test_beside_the_next_weeks_are_their_own_month_and_the_one_after_it(client, mona, team, today, beside, until):
    calendar, link = reverse("leads:return_calendar"), r'month=([0-9-]+)" rel="(?:prev|next)"'

    with time_machine.travel(f"{today}T12:00:00+00:00", tick=False):
        client.force_login(mona)
        page = client.get(calendar, {"team": team.pk})
        of_its_own = client.get(calendar, {"team": team.pk, "month": beside[0]})
        spread = client.get(reverse("leads:spread_days"), {"team": team.pk})

    assert tuple(re.findall(link, page.text)) == beside
    assert re.findall(link, of_its_own.text)[1] == beside[1]
    assert spread.context["form"].cleaned_data["last"].isoformat() == until


@pytest.mark.parametrize("asked", [
    {"month": "2027-13"}, {"month": "\x00"}, {"month": "2099-01"}, {"rep": "9" * 40}, {"rep": "x"}, {"team": "\x00"},
])  # fmt: skip
def test_nonsense_in_the_address_of_the_calendar_is_the_next_weeks(client, mona, asked):
    client.force_login(mona)

    response = client.get(reverse("leads:return_calendar"), asked)

    assert response.status_code == 200
    assert "the next weeks" in response.text


@pytest.mark.parametrize(
    "asked",
    [
        {"day": "2027-99-99"},
        {"day": "9999-12-31"},
        {"day": "0001-01-01"},
        {"team": "9" * 30},
        {"rep": "0"},
        {"day": "\x00"},
    ],
)
def test_nonsense_in_the_address_of_a_day_narrows_nothing(client, alice, asked):
    asleep(alice, TUESDAY)
    client.force_login(alice)

    assert '<li class="row has-act"' in client.get(reverse("leads:coming_back"), asked).text


# Who is offered
def heard_of(lead, at=NOON):
    return Signal.objects.create(kind="job_change", state="offered", person=lead.person, lead=lead, at=at)


def test_who_is_offered_comes_back_where_there_is_room_and_is_offered_again_when_undone(client, alice, mona, team):
    leads = [asleep(alice) for _lead in range(5)]
    near = asleep(alice, date(2027, 3, 2))
    for lead in (*leads, near):
        heard_of(lead)
    client.force_login(mona)
    url = reverse("leads:wake_offers")

    page = client.get(url).text
    assert page.count(" checked ") == 5
    assert "Comes back on 2 Mar 2027 anyway." in page
    form = {"team": team.pk, "form_id": new_form_id(), "lead": [str(lead.public_id) for lead in (*leads, near)]}
    told = client.post(url, form, follow=True).text

    assert "5 leads come back sooner." in told
    assert Counter(days_of(*leads)) == {date(2027, 3, 2): 1, date(2027, 3, 3): 2, date(2027, 3, 4): 2}
    assert Signal.objects.filter(state="planned").count() == 5
    assert broken() == {}
    client.post(reverse("leads:shared_undo", args=[SharedAct.objects.get().public_id]))
    assert Signal.objects.filter(state="offered").count() == 6
    assert broken() == {}


def test_who_is_passed_over_sleeps_on_and_of_another_team_nobody_is_offered(client, alice, mona, team, eve):
    lead, others = asleep(alice), asleep(eve)
    for one in (lead, others):
        heard_of(one)
    day = days_of(lead)
    client.force_login(mona)
    url = reverse("leads:wake_offers")
    ids = [str(one.public_id) for one in (lead, others)]

    assert client.get(url).text.count('<li class="row"') == 1
    client.post(url, {"team": team.pk, "form_id": new_form_id(), "lead": ids, "pass_over": "1"})

    assert [list(one.signals.values_list("state", flat=True)) for one in (lead, others)] == [["passed"], ["offered"]]
    assert days_of(lead) == day


def test_who_comes_back_on_a_day_off_counts_on_the_day_they_are_in_the_queue(client, alice, bob, team, mona):
    """Of a weekend, a holiday and a rep's absence, before the first day that is shown as well."""
    monday, tuesday = date(2027, 3, 22), date(2027, 3, 23)
    for day in (SATURDAY, SATURDAY, monday, monday):
        asleep(alice, day)
    asleep(bob, monday)
    Absence.objects.create(user=bob, starts_at=NOON.replace(day=22, hour=0), ends_at=NOON.replace(day=23, hour=0))

    load = load_of(team, monday, date(2027, 3, 28), at=NOON)

    assert (load.counts[alice.pk, monday], load.waiting(alice.pk, monday), load.queued(alice.pk, monday)) == (2, 2, 4)
    assert (load.queued(alice.pk, SATURDAY), load.queued(bob.pk, monday), load.queued(bob.pk, tuesday)) == (0, 0, 1)
    whole = load.day_of(monday, None)
    assert (whole.count, whole.waiting, whole.queued, whole.over) == (3, 2, 4, 2)
    assert load.day_of(SATURDAY, alice.pk).over == 0
    # Nobody is moved to a day that is full of those who wait for it.
    friday = date(2027, 3, 19)
    others = [asleep(alice, friday) for _ in range(3)]
    spread_returns(team, friday, friday, by=mona, at=NOON)
    assert monday not in days_of(*others)
    client.force_login(mona)
    assert "+ 2 waiting" in client.get(reverse("leads:return_calendar"), {"team": team.pk}).text
