"""Waking: the sleeping pursuit ends and the next one begins, once, where somebody may work her."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Employment, Suppression
from agreement.models import AgreementVersion, Lane, Phase, SLAClause
from leads import clocks
from leads.actions.changing import LeadConflict
from leads.actions.claiming import claim_lead
from leads.actions.leaving import deactivate_user
from leads.actions.logging import log_call, set_step
from leads.actions.recycling import recycle_lead, wake_lead, wake_leads
from leads.actions.sweeping import sweep_leads
from leads.checking import check_all
from leads.models import Lead, LeadEvent
from team.models import Absence
from tests.make import NOON, disposition, make_account, make_lead, make_person, reason

FOLDED_ALIKE = ("phase", "lane", "origin", "team_id", "bdr_id", "band", "tier", "source", "agreement_id", "due_at")


def broken(at):
    return {name for name, ids in check_all(at=at).items() if ids}


def asleep(alice, **more):
    return make_lead(phase=Phase.NURTURE, bdr=alice, **more)


def test_it_comes_back_on_its_day_to_who_knew_her(alice):
    lead = asleep(alice)

    assert sweep_leads(at=lead.wake_at - timedelta(minutes=1)) == 0
    sweep_leads(at=lead.wake_at)

    lead.refresh_from_db()
    back = lead.next
    assert (lead.phase, lead.closed_as, lead.closed_at) == (Phase.CLOSED, "woken", lead.closed_at)
    assert (back.phase, back.bdr, back.origin, back.lane) == (Phase.QUEUED, alice, "date", Lane.CONTENT)
    assert back.reserved_until == back.due_at == back.clocks.get().due_at
    assert back.events.get().data["because"] == "wake"
    assert broken(back.created_at) == set()


def test_a_second_sweep_finds_nothing(alice):
    lead = asleep(alice)

    assert [sweep_leads(at=lead.wake_at), sweep_leads(at=lead.wake_at)] == [1, 0]
    assert Lead.objects.filter(previous=lead).count() == 1


def test_many_at_once_are_what_one_by_one_would_be(alice):
    one_by_one, together = ([asleep(alice) for _lead in range(3)] for _way in range(2))
    at = one_by_one[0].wake_at

    for lead in one_by_one:
        wake_leads([lead.pk], by=None, at=at)
    wake_leads([lead.pk for lead in together], by=None, at=at)

    def rows(leads):
        return list(Lead.objects.filter(previous__in=leads).order_by("pk").values_list(*FOLDED_ALIKE))

    def events(leads):
        return list(LeadEvent.objects.filter(lead__in=leads, verb="wake").values_list("data", "to_phase"))

    assert rows(one_by_one) == rows(together)
    assert events(one_by_one) == events(together)
    assert len(rows(together)) == 3


def test_five_hundred_cost_the_queries_of_a_few(alice, django_assert_max_num_queries):
    leads = [asleep(alice) for _lead in range(20)]

    with django_assert_max_num_queries(45):
        wake_leads([lead.pk for lead in leads], by=None, at=leads[0].wake_at)


def test_it_takes_the_version_then_in_force(alice):
    lead = asleep(alice)
    new = AgreementVersion.objects.create(number=2)
    SLAClause.objects.create(version=new, number=1, kind="first_touch", lane="content", minutes=30)
    AgreementVersion.objects.filter(pk=new.pk).update(state="published", published_at=NOON)
    clocks.clauses_of.cache_clear()

    wake_leads([lead.pk], by=None, at=lead.wake_at)

    assert lead.agreement.number == 1
    # It woke on a Sunday: thirty working minutes end on Monday.
    assert (lead.next.agreement, lead.next.due_at) == (new, datetime(2027, 5, 31, 8, 30, tzinfo=UTC))
    clocks.clauses_of.cache_clear()


def test_open_steps_of_the_sleep_end_with_it(alice):
    lead = asleep(alice)
    set_step(lead, kind="task", due=NOON + timedelta(days=9), by=alice, at=NOON)

    sweep_leads(at=lead.wake_at)

    assert not lead.steps.open().exists()
    assert broken(lead.wake_at) == set()


@pytest.mark.parametrize("standing", ["customer", "open_opportunity", "competitor", "do_not_work"])
def test_where_nobody_may_work_her_she_sleeps_on(alice, standing):
    account = make_account()
    lead = asleep(alice, person=make_person(account=account))
    account.standing = standing
    account.save(update_fields=["standing"])
    morning = lead.wake_at

    sweep_leads(at=morning)

    lead.refresh_from_db()
    assert (lead.phase, lead.wake_at) == (Phase.NURTURE, morning + timedelta(days=90))
    assert lead.recyclings.get().wake_at == lead.wake_at
    assert lead.events.last().data["because"] == standing
    assert broken(morning) == set()


def test_where_she_works_now_decides_not_where_she_did(alice):
    """Looked up differently before and after, she would be closed as woken and lost."""
    lead = asleep(alice, person=make_person(account=make_account()))
    Employment.objects.filter(person=lead.person).update(is_current=False)
    Employment.objects.create(person=lead.person, account=make_account(standing="customer"))

    sweep_leads(at=lead.wake_at)

    assert Lead.objects.get(person=lead.person).phase == Phase.NURTURE
    assert broken(lead.wake_at) == set()


def test_who_asked_not_to_be_contacted_is_not_woken(alice):
    lead = asleep(alice)
    Suppression.objects.create(person=lead.person, channel="all", at=NOON)

    sweep_leads(at=lead.wake_at)

    assert Lead.objects.get(person=lead.person).phase == Phase.NURTURE


def test_a_rep_who_is_away_that_day_does_not_keep_it_from_the_pool(alice, team):
    lead = asleep(alice)
    Absence.objects.create(user=alice, starts_at=lead.wake_at, ends_at=lead.wake_at + timedelta(days=1))

    sweep_leads(at=lead.wake_at)

    assert (lead.next.bdr, lead.next.team, lead.next.events.get().data["because"]) == (None, team, "pool")


def test_what_a_manager_keeps_for_somebody_who_left_wakes_to_the_pool(alice, mona):
    lead = asleep(alice)
    deactivate_user(alice, by=mona, at=NOON)
    lead.refresh_from_db()
    assert lead.bdr == mona

    sweep_leads(at=lead.wake_at)

    assert (lead.next.bdr, lead.next.reserved_until) == (None, None)


def test_who_left_her_company_comes_back_as_a_job_change(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    recycle_lead(lead, reason=reason("left_company"), by=alice, at=NOON)
    lead.refresh_from_db()

    sweep_leads(at=lead.wake_at)

    assert lead.events.last().data["because"] == "job_change"
    assert lead.next.band == Lead.Band.FIRST_TOUCH


@pytest.mark.parametrize(
    ("lane", "back"),
    [
        (Lane.HAND_RAISER, Lane.CONTENT),
        (Lane.CONTENT, Lane.CONTENT),
        (Lane.LIST, Lane.LIST),
        (Lane.REP_SOURCED, Lane.CONTENT),
    ],
)
def test_who_once_asked_comes_back_without_being_in_a_hurry(alice, lane, back):
    lead = asleep(alice, lane=lane)

    sweep_leads(at=lead.wake_at)

    assert lead.next.lane == back


def test_the_new_pursuit_begins_anew_and_keeps_who_found_her(alice, bob):
    lead = asleep(alice, sourced_by_id=bob.pk)

    back = wake_lead(lead, by=alice, at=NOON + timedelta(days=1))
    claim_lead(back, by=alice, at=NOON + timedelta(days=1))
    log_call(back, disposition=disposition("no_answer"), by=alice, at=NOON + timedelta(days=1))

    back.refresh_from_db()
    assert (back.attempts, back.sourced_by, back.origin, back.first_nurture_at) == (1, bob, "manual", None)
    assert back.previous == lead


def test_what_does_not_sleep_any_more_is_refused_in_words(alice):
    lead = asleep(alice)
    wake_lead(lead, by=alice, at=NOON)

    with pytest.raises(LeadConflict, match="not asleep any more"):
        wake_lead(lead, by=alice, at=NOON)
