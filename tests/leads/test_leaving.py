"""Somebody leaves or is away: nothing she held is left behind."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agreement.models import Phase
from leads.actions import leaving
from leads.actions.changing import MoveRefused
from leads.actions.claiming import release_lead, release_leads
from leads.actions.engaging import NewEngagement, engage
from leads.actions.leaving import deactivate_user, release_absent
from leads.actions.logging import log_call
from leads.checking import check_all
from leads.models import Clock, Lead, LeadEvent
from team.models import Absence, Role
from tests.make import NOON, disposition, make_account, make_lead, make_person, make_team, make_user

LATER = NOON + timedelta(minutes=10)


def broken(at=LATER):
    return {name for name, ids in check_all(at=at).items() if ids}


@pytest.fixture
def held(alice, peter):
    """One lead of each phase that a BDR has a hand in."""
    leads = {phase: make_lead(phase=phase, bdr=alice, ae=peter) for phase in Phase if phase not in ("queued", "closed")}
    leads[Phase.QUEUED] = make_lead(bdr=alice, reserved=True)
    return leads


def now(leads, phase):
    return Lead.objects.get(pk=leads[phase].pk)


def away(user, days, **fields):
    return Absence.objects.create(user=user, starts_at=NOON, ends_at=NOON + timedelta(days=days), **fields)


def test_without_a_successor_work_goes_to_the_pool_and_relations_to_the_manager(held, alice, mona, peter):
    clock = Clock.objects.running().get(lead=held[Phase.WORKING])

    deactivate_user(alice, by=mona, at=LATER)

    queued, worked = now(held, Phase.QUEUED), now(held, Phase.WORKING)
    assert (queued.bdr, queued.reserved_until, queued.phase) == (None, None, Phase.QUEUED)
    assert (worked.phase, worked.bdr) == (Phase.QUEUED, None)
    assert Clock.objects.running().get(lead=worked).due_at == clock.due_at
    for phase in (Phase.HANDED_OFF, Phase.NURTURE, Phase.ACCEPTED, Phase.QUALIFIED):
        assert (now(held, phase).phase, now(held, phase).bdr) == (phase, mona)
    assert now(held, Phase.ACCEPTED).ae == peter
    assert not type(alice).objects.get(pk=alice.pk).is_active
    assert broken() == set()


def test_a_successor_has_it_all(held, alice, bob, mona):
    deactivate_user(alice, by=mona, at=LATER, successor=bob)

    assert {now(held, phase).bdr for phase in held} == {bob}
    assert now(held, Phase.WORKING).steps.open().get().assignee == bob
    assert now(held, Phase.QUEUED).reserved_until is not None
    assert broken() == set()


def test_a_successor_of_another_team_has_nothing_of_this_one(held, alice, mona, eve):
    deactivate_user(alice, by=mona, at=LATER, successor=eve)

    assert now(held, Phase.WORKING).phase == Phase.QUEUED
    assert now(held, Phase.NURTURE).bdr == mona
    assert broken() == set()


def test_what_a_bdr_owes_a_handed_off_lead_goes_with_it(held, alice, bob, mona):
    engage([NewEngagement(held[Phase.HANDED_OFF].person_id, "replied", LATER)], at=LATER)

    deactivate_user(alice, by=mona, at=LATER, successor=bob)

    assert now(held, Phase.HANDED_OFF).steps.open().get().assignee == bob
    assert broken() == set()


def test_without_a_manager_what_sleeps_is_the_teams(alice):
    lead = make_lead(phase=Phase.NURTURE, bdr=alice)

    deactivate_user(alice, by=None, at=LATER)

    assert Lead.objects.get(pk=lead.pk).bdr is None
    assert broken() == set()


def test_an_ae_who_leaves_gives_deals_to_the_one_named_and_hand_offs_back_excused(held, alice, peter, mona):
    paula = make_user("paula", Role.AE)

    deactivate_user(peter, by=mona, at=LATER, ae_successor=paula)

    for phase in (Phase.ACCEPTED, Phase.QUALIFIED):
        lead = now(held, phase)
        assert (lead.phase, lead.ae, lead.steps.open().get().assignee) == (phase, paula, paula)
    back = now(held, Phase.HANDED_OFF)
    assert (back.phase, back.bdr, back.clocks.get(kind="response").state) == (Phase.WORKING, alice, "excused")
    assert back.due_at == LATER + timedelta(minutes=1)
    assert broken() == set()


@pytest.mark.parametrize("named", ["nobody", "herself", "a rep"])
def test_her_deals_need_an_ae_and_without_one_nothing_happens(held, alice, peter, mona, named):
    successor = {"nobody": None, "herself": peter, "a rep": alice}[named]

    with pytest.raises(MoveRefused) as refusal:
        deactivate_user(peter, by=mona, at=LATER, ae_successor=successor)

    assert refusal.value.field == "ae_successor"
    assert type(peter).objects.get(pk=peter.pk).is_active
    assert now(held, Phase.ACCEPTED).ae == peter


# Away
@pytest.mark.parametrize(("days", "given_back"), [(1, False), (2, False), (3, True), (20, True)])
def test_longer_than_two_working_days_without_cover_counts_as_giving_back(held, alice, days, given_back):
    away(alice, days)

    release_absent(at=LATER)

    assert (now(held, Phase.WORKING).phase == Phase.QUEUED) is given_back
    # What is reserved for her and due before she is back is everybody's, however short it is.
    assert now(held, Phase.QUEUED).bdr is None


def test_a_weekend_is_no_working_day(held, alice):
    Absence.objects.create(user=alice, starts_at=NOON + timedelta(days=3), ends_at=NOON + timedelta(days=7))

    assert release_absent(at=NOON + timedelta(days=4)) == 0


def test_with_cover_nothing_is_given_back(held, alice, bob):
    away(alice, 20, cover=bob)

    assert release_absent(at=LATER) == 0
    assert now(held, Phase.WORKING).bdr == alice


def test_who_is_only_away_keeps_what_sleeps_and_what_sales_has(held, alice, mona):
    away(alice, 20)

    release_absent(at=LATER)

    for phase in (Phase.HANDED_OFF, Phase.NURTURE, Phase.ACCEPTED, Phase.QUALIFIED):
        assert now(held, phase).bdr == alice


def test_an_absence_is_visited_once(held, alice):
    away(alice, 20)

    assert [release_absent(at=LATER), release_absent(at=LATER)] == [2, 0]


def test_what_was_touched_keeps_its_steps_in_the_pool(alice, bob):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    away(alice, 20)

    release_absent(at=LATER)

    lead.refresh_from_db()
    assert (lead.steps.open().get().assignee, lead.due_at) == (None, lead.steps.open().get().due_at)


def test_somebody_without_a_team_holds_nothing(db):
    make_team()
    away(make_user("max", Role.MARKETER), 20)

    assert release_absent(at=LATER) == 0


def test_one_lead_that_somebody_acts_on_meanwhile_keeps_nobody_else_from_giving_back(alice, bob, mona, monkeypatch):
    contested = make_lead(phase=Phase.WORKING, bdr=alice)
    other = make_lead(phase=Phase.WORKING, bdr=bob)
    away(alice, 9)
    away(bob, 9)

    def after_a_colleague(ids, **how):
        if contested.pk in ids:
            release_lead(Lead.objects.get(pk=contested.pk), by=mona, at=LATER)
        return release_leads(ids, **how)

    monkeypatch.setattr(leaving, "release_leads", after_a_colleague)
    assert release_absent(at=LATER) == 1
    assert Lead.objects.get(pk=other.pk).phase == Phase.QUEUED
    assert Absence.objects.get(user=alice).released_at is None

    monkeypatch.undo()
    assert release_absent(at=LATER) == 1
    assert Lead.objects.get(pk=contested.pk).phase == Phase.QUEUED
    assert broken() == set()


@pytest.mark.parametrize("how", ["leaves for a colleague", "leaves for nobody", "is away"])
def test_fifteen_leads_go_on_in_hardly_more_statements_than_three(team, alice, bob, mona, how):
    def statements(count):
        rep = make_user("rep", Role.BDR, team=team)
        # Untouched, the attempt goes and the promise stays; of what sleeps the manager keeps the relation.
        for number in range(count):
            lead = make_lead(phase=Phase.WORKING, bdr=rep, person=make_person(account=make_account()))
            if number % 3 == 1:
                log_call(lead, disposition=disposition("no_answer"), by=rep, at=NOON)
            make_lead(phase=Phase.NURTURE, bdr=rep)
        if how == "is away":
            away(rep, 20)
        with CaptureQueriesContext(connection) as asked:
            if how == "is away":
                assert release_absent(at=LATER) == count
            else:
                deactivate_user(rep, by=mona, at=LATER, successor=bob if "colleague" in how else None)
        events = LeadEvent.objects.filter(lead__in=Lead.objects.order_by("-pk")[: 2 * count], at=LATER)
        assert events.count() == (count if how == "is away" else 2 * count)
        return len(asked)

    few, many = statements(3), statements(15)

    assert many - few <= 6, (few, many)
    assert broken() == set()
