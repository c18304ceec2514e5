"""What a company is to us: only prospects reach a rep's queue, and nothing is thrown away by saying otherwise."""

from datetime import timedelta

import pytest

from accounts.models import Account, Employment, Standing
from agreement.models import Lane, Phase
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.entering import NewLead, open_leads
from leads.actions.standing import consequences_of, set_standing
from leads.checking import check_all
from leads.models import Clock, Lead, Notice
from leads.pool import pool_of
from team.models import Role, SettingChange
from tests.make import NOON, make_account, make_lead, make_person, make_team, make_user

LATER = NOON + timedelta(minutes=10)
NOT_FOR_REPS = [standing for standing in Standing if standing != Standing.PROSPECT]


@pytest.fixture
def corvane(team):
    return make_account(name="Corvane")


def lead_at(account, **fields):
    return make_lead(person=make_person(account=account), **fields)


def state(lead):
    lead.refresh_from_db()
    return lead.phase, lead.closed_as


def well():
    return {name: ids for name, ids in check_all(at=LATER).items() if ids} == {}


@pytest.mark.parametrize("standing", NOT_FOR_REPS)
def test_what_waits_in_the_pool_and_what_reps_work_there_ends(team, corvane, alice, mona, standing):
    waits, works = lead_at(corvane), lead_at(corvane, phase=Phase.WORKING, bdr=alice)
    elsewhere = make_lead()

    done = set_standing(corvane, standing=standing, by=mona, at=LATER)

    assert {lead.pk for lead in done.ends} == {waits.pk, works.pk}
    assert (state(waits), state(works)) == ((Phase.CLOSED, "standing"), (Phase.CLOSED, "standing"))
    assert [row.lead_id for _b, _h, rows in pool_of([team.pk], at=LATER).groups for row in rows] == [elsewhere.pk]
    assert [event.by for event in waits.events.filter(verb="stand_down")] == [mona]
    assert not Clock.objects.running().filter(lead__in=[waits, works]).exists()
    assert not works.steps.open().exists()
    assert well()


def test_the_rep_whose_work_it_was_is_told(corvane, alice, mona):
    lead = lead_at(corvane, phase=Phase.WORKING, bdr=alice)

    set_standing(corvane, standing=Standing.CUSTOMER, by=mona, at=LATER)

    assert list(Notice.objects.filter(lead=lead).values_list("user", "kind")) == [(alice.pk, "ended")]


def test_what_sales_has_stays_and_who_sleeps_sleeps_on(corvane, alice, mona, peter):
    kept = {phase: lead_at(corvane, phase=phase, bdr=alice, ae=peter) for phase in Phase if phase not in ENDED}

    seen = consequences_of(corvane, Standing.CUSTOMER, to=mona)
    set_standing(corvane, standing=Standing.CUSTOMER, by=mona, at=LATER)

    assert {phase: state(lead)[0] for phase, lead in kept.items()} == {phase: phase for phase in kept}
    assert (len(seen.with_sales), len(seen.asleep), seen.ends) == (3, 1, [])
    assert well()


ENDED = (Phase.QUEUED, Phase.WORKING, Phase.CLOSED)


def test_who_works_there_now_counts_wherever_her_pursuit_began(corvane, mona):
    lead = lead_at(make_account())
    Employment.objects.filter(person=lead.person).update(account=corvane)

    set_standing(corvane, standing=Standing.COMPETITOR, by=mona, at=LATER)

    assert state(lead) == (Phase.CLOSED, "standing")


def test_a_prospect_again_what_ended_goes_on_with_the_same_rep(corvane, alice, mona):
    lead = lead_at(corvane, phase=Phase.WORKING, bdr=alice, lane=Lane.HAND_RAISER)
    set_standing(corvane, standing=Standing.CUSTOMER, by=mona, at=LATER)

    assert [one.pk for one in consequences_of(corvane, Standing.PROSPECT, to=mona).again] == [lead.pk]
    (following,) = set_standing(corvane, standing=Standing.PROSPECT, by=mona, at=LATER).again

    assert (following.previous_id, following.bdr, following.team) == (lead.pk, alice, lead.team)
    # Who asked to be contacted still waits.
    assert following.lane == Lane.HAND_RAISER
    assert well()


def test_who_was_pursued_again_meanwhile_is_not_pursued_twice(corvane, mona, team):
    lead = lead_at(corvane)
    set_standing(corvane, standing=Standing.CUSTOMER, by=mona, at=LATER)
    Employment.objects.filter(person=lead.person).update(account=make_account())
    open_leads([NewLead(lead.person_id, Lane.CONTENT, "inbound")], by=None, at=LATER)

    assert consequences_of(corvane, Standing.PROSPECT, to=mona).again == []
    assert set_standing(corvane, standing=Standing.PROSPECT, by=mona, at=LATER).again == []
    assert Lead.objects.open().filter(person=lead.person).count() == 1


def test_nothing_goes_on_where_nobody_wants_it(corvane, mona):
    lead_at(corvane)
    set_standing(corvane, standing=Standing.CUSTOMER, by=mona, at=LATER)

    set_standing(corvane, standing=Standing.PROSPECT, by=mona, at=LATER, reopen=False)

    assert not Lead.objects.open().exists()


def test_between_two_that_are_not_for_reps_nothing_moves(corvane, mona):
    lead = lead_at(corvane)
    set_standing(corvane, standing=Standing.OPEN_OPPORTUNITY, by=mona, at=LATER)

    done = set_standing(corvane, standing=Standing.CUSTOMER, by=mona, at=LATER)

    assert (done.ends, done.again) == ([], [])
    assert lead.events.filter(verb="stand_down").count() == 1


def test_who_said_what_of_a_company_is_kept(corvane, mona, peter):
    set_standing(corvane, standing=Standing.CUSTOMER, owner=peter, by=mona, at=LATER)

    change = SettingChange.objects.get()
    assert (change.by, change.changes) == (
        mona,
        {"owner": [None, peter.pk], "standing": ["prospect", "customer"]},
    )
    # What a human said stands above what a file says.
    assert Account.objects.get().version == 2


def test_leads_of_every_team_follow_because_a_company_is_one_thing_to_us(corvane, mona):
    lead = lead_at(corvane, team=make_team("South"))

    set_standing(corvane, standing=Standing.DO_NOT_WORK, by=mona, at=LATER)

    assert state(lead) == (Phase.CLOSED, "standing")


@pytest.mark.parametrize("role", [Role.BDR, Role.MARKETER])
def test_neither_a_rep_nor_a_marketer_says_it(corvane, team, role):
    lead = lead_at(corvane)

    with pytest.raises(MoveRefused):
        set_standing(corvane, standing=Standing.CUSTOMER, by=make_user("x", role, team=team), at=LATER)

    assert state(lead) == (Phase.QUEUED, "")
    assert not SettingChange.objects.exists()


def test_who_looked_at_it_before_somebody_changed_it_is_told(corvane, mona, peter):
    seen = corvane.version
    set_standing(corvane, standing=Standing.CUSTOMER, by=peter, at=LATER)

    with pytest.raises(LeadConflict):
        set_standing(corvane, standing=Standing.COMPETITOR, by=mona, at=LATER, expect=seen)

    corvane.refresh_from_db()
    assert corvane.standing == Standing.CUSTOMER
