"""Recycling: a category with its facts, and the day it comes back, computed exactly."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from agreement.models import AgreementVersion, Criterion, Phase, ReasonRule
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.logging import log_call
from leads.actions.recycling import change_wake, recycle_lead
from leads.checking import check_all
from leads.models import Clock, Lead
from leads.waking import Facts, end_of_period, sentence, wake_day, wake_moment
from tests.make import (
    NOON,
    disposition,
    make_account,
    make_calendar,
    make_lead,
    make_person,
    make_team,
    make_user,
    reason,
)

LATER = NOON + timedelta(minutes=10)
TODAY = NOON.date()  # 2027-03-01


def rule(key):
    return ReasonRule.objects.get(version=AgreementVersion.objects.in_force(), reason__key=key)


# The day, category by category
@pytest.mark.parametrize(
    ("key", "day"),
    [
        ("not_ready", date(2027, 5, 30)),  # 90 days
        ("mid_contract", date(2027, 5, 30)),  # nobody knows the end: asked again in 90 days
        ("no_authority", date(2027, 8, 30)),  # half a year
        ("unresponsive", date(2027, 5, 30)),
        ("wrong_person", date(2027, 8, 28)),  # 180 days
        ("left_company", date(2027, 8, 28)),
        ("lost_deal", date(2027, 8, 28)),
    ],
)
def test_without_a_date_the_agreement_says_when(db, key, day):
    assert wake_day(rule(key), Facts(), today=TODAY) == day


@pytest.mark.parametrize(
    ("ends", "precision", "notice", "lead", "day"),
    [
        # notice 90 and 30 days to talk are the agreement's
        (date(2027, 12, 31), "day", None, None, date(2027, 9, 2)),
        (date(2028, 2, 29), "day", 0, 0, date(2028, 2, 29)),
        (date(2027, 12, 31), "day", 0, None, date(2027, 12, 1)),
        (date(2027, 12, 31), "day", 30, 14, date(2027, 11, 17)),
        # across a leap day
        (date(2028, 6, 28), "day", None, None, date(2028, 2, 29)),
        (date(2029, 6, 28), "day", None, None, date(2029, 2, 28)),
        # a month counts from its last day
        (date(2028, 2, 1), "month", 0, 0, date(2028, 2, 29)),
        (date(2029, 2, 1), "month", 0, 0, date(2029, 2, 28)),
        (date(2027, 11, 3), "month", None, None, date(2027, 8, 2)),
        (date(2027, 12, 31), "month", 1, 0, date(2027, 12, 30)),
        # a quarter too
        (date(2027, 4, 1), "quarter", 0, 0, date(2027, 6, 30)),
        (date(2027, 9, 30), "quarter", 0, 0, date(2027, 9, 30)),
        (date(2027, 10, 15), "quarter", None, None, date(2027, 9, 2)),
        (date(2028, 1, 1), "quarter", 31, 0, date(2028, 2, 29)),
        # unknown asks again
        (date(2027, 12, 31), "unknown", None, None, date(2027, 5, 30)),
        # what is already past, or today, comes back tomorrow
        (date(2027, 4, 1), "day", None, None, date(2027, 3, 2)),
        (date(2026, 1, 1), "day", None, None, date(2027, 3, 2)),
        (date(2027, 3, 1), "day", 0, 0, date(2027, 3, 2)),
    ],
)
def test_a_contract_comes_back_before_its_notice(db, ends, precision, notice, lead, day):
    facts = Facts(contract_ends=ends, precision=precision, notice_days=notice, lead_days=lead)

    assert wake_day(rule("mid_contract"), facts, today=TODAY) == day


def test_a_day_that_was_given_wins(db):
    facts = Facts(wake_on=date(2027, 4, 1), contract_ends=date(2027, 12, 31), precision="day")

    assert wake_day(rule("mid_contract"), facts, today=TODAY) == date(2027, 4, 1)
    assert wake_day(rule("not_ready"), Facts(wake_on=TODAY), today=TODAY) == date(2027, 3, 2)


@pytest.mark.parametrize("month", range(1, 13))
def test_a_quarter_ends_with_its_third_month(month):
    assert end_of_period(date(2028, month, 1), "quarter") == [
        date(2028, 3, 31), date(2028, 6, 30), date(2028, 9, 30), date(2028, 12, 31)
    ][(month - 1) // 3]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "zone", "moment"),
    [
        (date(2027, 3, 12), "UTC", datetime(2027, 3, 12, 8, tzinfo=UTC)),
        (date(2027, 3, 12), "America/New_York", datetime(2027, 3, 12, 13, tzinfo=UTC)),
        (date(2027, 3, 15), "America/New_York", datetime(2027, 3, 15, 12, tzinfo=UTC)),  # summer time since the 14th
        (date(2027, 3, 28), "Europe/Berlin", datetime(2027, 3, 28, 6, tzinfo=UTC)),  # the day the clocks change
        (date(2027, 10, 31), "Europe/Berlin", datetime(2027, 10, 31, 7, tzinfo=UTC)),
        (date(2027, 3, 12), "Asia/Kathmandu", datetime(2027, 3, 12, 2, 15, tzinfo=UTC)),
        (date(2027, 3, 12), "Pacific/Auckland", datetime(2027, 3, 11, 19, tzinfo=UTC)),
        (date(2028, 2, 29), "Australia/Lord_Howe", datetime(2028, 2, 28, 21, tzinfo=UTC)),
    ],
)
def test_it_comes_back_at_eight_where_the_team_works(day, zone, moment):
    assert wake_moment(day, zone=zone) == moment


@pytest.mark.parametrize(
    ("key", "facts", "words"),
    [
        ("not_ready", Facts(), "90 days, as the agreement says"),
        ("not_ready", Facts(wake_on=date(2027, 4, 1)), "the day that was given"),
        ("mid_contract", Facts(), "asked again, since nobody knows the end of the contract"),
        (
            "mid_contract",
            Facts(contract_ends=date(2027, 12, 31), precision="day"),
            "the end of the contract less 90 days of notice and 30 days to talk",
        ),
    ],
)
def test_the_day_is_explained(db, key, facts, words):
    assert sentence(rule(key), facts, today=date(2027, 3, 1)) == words


def test_a_day_that_is_past_is_not_explained_by_the_contract_alone(db):
    facts = Facts(contract_ends=date(2027, 5, 1), precision="day")

    assert wake_day(rule("mid_contract"), facts, today=date(2027, 3, 1)) == date(2027, 3, 2)
    assert sentence(rule("mid_contract"), facts, today=date(2027, 3, 1)).endswith("that day is past, so it is tomorrow")


# The act
def test_a_recycled_lead_sleeps_until_its_day_and_nothing_of_it_is_open(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    facts = Facts(contract_ends=date(2027, 12, 31), precision="month")

    event = recycle_lead(
        lead, reason=reason("mid_contract"), facts=facts, vendor=" Acme ", by=alice, at=LATER, note="Ask Jo"
    )

    lead.refresh_from_db()
    morning = datetime(2027, 9, 2, 8, tzinfo=UTC)
    assert (lead.phase, lead.reason.key, lead.stage.key) == (Phase.NURTURE, "mid_contract", "recycled")
    assert lead.due_at == lead.wake_at == lead.sweep_at == morning
    assert (lead.bdr, lead.first_nurture_at) == (alice, LATER)
    kept = lead.recyclings.get()
    assert (kept.vendor, kept.category, kept.precision, kept.wake_at) == ("Acme", "mid_contract", "month", morning)
    assert not lead.steps.open().exists()
    assert list(lead.clocks.values_list("state", flat=True)) == [Clock.State.EXCUSED]
    assert lead.notes.get().text == "Ask Jo"
    assert (event.from_phase, event.verb, event.to_phase) == ("working", "recycle", "nurture")


def test_today_is_the_teams_today(db):
    team = make_team(calendar=make_calendar(time_zone="Pacific/Auckland"))
    rep = make_user("kiri", "bdr", team=team)
    lead = make_lead(phase=Phase.WORKING, bdr=rep)  # noon in UTC is one in the morning of 2 March there

    recycle_lead(lead, reason=reason("not_ready"), by=rep, at=LATER)

    lead.refresh_from_db()
    assert lead.wake_at == wake_moment(date(2027, 5, 31), zone="Pacific/Auckland")


def test_a_rep_may_recycle_from_the_pool(alice):
    lead = make_lead()

    recycle_lead(lead, reason=reason("not_ready"), by=alice, at=LATER)

    lead.refresh_from_db()
    assert (lead.phase, lead.bdr) == (Phase.NURTURE, None)
    assert {name for name, ids in check_all(at=LATER).items() if ids} == set()


def test_what_is_missing_is_kept_as_a_criterion(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    budget = Criterion.objects.get(key="budget")

    recycle_lead(lead, reason=reason("not_ready"), missing=budget, by=alice, at=LATER)

    assert lead.recyclings.get().missing == budget


def test_unresponsive_before_the_end_of_the_cadence_is_told_and_not_refused(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)

    early = recycle_lead(lead, reason=reason("unresponsive"), by=alice, at=LATER)

    assert early.data["early"] is True


def test_unresponsive_after_the_last_attempt_is_in_time(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    for day in range(6):
        log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON + timedelta(days=day))
    assert lead.steps.open().get().kind == "decide"

    event = recycle_lead(lead, reason=reason("unresponsive"), by=alice, at=NOON + timedelta(days=6))

    assert "early" not in event.data


def test_the_right_person_gets_a_lead_of_the_reps_own(alice):
    lead, right = make_lead(phase=Phase.WORKING, bdr=alice), make_person()

    recycle_lead(lead, reason=reason("wrong_person"), referred_to=right, by=alice, at=LATER)

    opened = Lead.objects.get(person=right)
    assert (opened.origin, opened.phase, opened.bdr, opened.sourced_by) == ("rep_sourced", Phase.WORKING, alice, alice)
    assert lead.recyclings.get().referred_to == right


def test_the_right_person_whom_somebody_works_or_nobody_may_gets_none(alice, bob):
    known = make_lead(phase=Phase.WORKING, bdr=bob).person
    customer = make_person(account=make_account(standing="customer"))

    for referred in (known, customer):
        lead = make_lead(phase=Phase.WORKING, bdr=alice)
        recycle_lead(lead, reason=reason("wrong_person"), referred_to=referred, by=alice, at=LATER)
        lead.refresh_from_db()
        assert lead.phase == Phase.NURTURE

    assert Lead.objects.filter(origin="rep_sourced").count() == 0


@pytest.mark.parametrize("key", ["bad_data", "reject_no_need", "no_budget"])
def test_only_a_reason_that_recycles_does(alice, key):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)

    with pytest.raises(MoveRefused) as refusal:
        recycle_lead(lead, reason=reason(key), by=alice, at=LATER)

    assert refusal.value.field == "reason"
    assert lead.events.count() == 2


def test_a_form_of_another_time_is_refused_and_nothing_changes(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)

    with pytest.raises(LeadConflict):
        recycle_lead(lead, reason=reason("not_ready"), by=alice, at=LATER, expect=lead.version - 1)

    lead.refresh_from_db()
    assert lead.phase == Phase.WORKING
    assert lead.steps.open().count() == 1


# Another day
def test_another_day_moves_the_wake_and_its_facts(alice):
    lead = make_lead(phase=Phase.NURTURE, bdr=alice)

    change_wake(lead, wake_on=date(2027, 4, 1), by=alice, at=LATER)

    lead.refresh_from_db()
    assert lead.due_at == lead.wake_at == lead.sweep_at == datetime(2027, 4, 1, 8, tzinfo=UTC)
    assert lead.recyclings.get().wake_at == lead.wake_at


@pytest.mark.parametrize("day", [date(2027, 2, 28), TODAY, date(2032, 3, 2)])
def test_a_day_that_is_not_ahead_or_too_far_is_refused(alice, day):
    lead = make_lead(phase=Phase.NURTURE, bdr=alice)

    with pytest.raises(MoveRefused) as refusal:
        change_wake(lead, wake_on=day, by=alice, at=LATER)

    assert refusal.value.field == "wake_on"


@pytest.mark.parametrize(("days", "said"), [(1, "Back tomorrow"), (400, "Back on 4 Apr 2028")])
def test_the_history_says_the_day_of_a_return_as_one_says_it(client, alice, days, said):
    with time_machine.travel(NOON, tick=False):
        lead = make_lead(phase=Phase.WORKING, bdr=alice)
        day = TODAY + timedelta(days=days)
        recycle_lead(lead, reason=reason("not_ready"), by=alice, at=NOON, facts=Facts(wake_on=day))
        client.force_login(alice)

        page = client.get(reverse("leads:lead", args=[lead.public_id])).text

    assert page.partition("recycled it: not ready. ")[2].startswith(said)
