"""What a company is to us: only prospects reach a rep's queue, and nothing is thrown away by saying otherwise."""

from datetime import timedelta

import pytest

from accounts.models import Account, Employment, Standing
from agreement.models import Lane, Phase
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.closing import disqualify_lead
from leads.actions.entering import NewLead, open_leads
from leads.actions.handing import hand_off_lead, reject_hand_off, withdraw_hand_off
from leads.actions.merging import merge_people
from leads.actions.outcomes import record_no_show, return_lead
from leads.actions.recycling import recycle_lead
from leads.actions.standing import consequences_of, set_standing
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.models import Clock, HandOff, Lead, Notice
from leads.pool import pool_of
from team.models import Role, SettingChange
from tests.make import NOON, make_account, make_lead, make_person, make_team, make_user, reason

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


# The other roads to a rep
def rejects(key):
    return lambda lead, by, at: reject_hand_off(lead.hand_offs.get(), reason=reason(key), by=by, at=at)


def meets_nobody(lead, by, at):
    HandOff.objects.update(meeting_at=NOON, local_meeting=NOON, zone="UTC")
    record_no_show(lead.hand_offs.get(), by=by, at=at)


ROADS = {
    "rejected to its rep": (Phase.HANDED_OFF, rejects("reject_no_authority"), True),
    "rejected to another team": (Phase.HANDED_OFF, rejects("reject_wrong_territory"), True),
    "returned": (Phase.ACCEPTED, lambda lead, by, at: return_lead(lead, by=by, at=at), True),
    "nobody came": (Phase.ACCEPTED, meets_nobody, True),
    "withdrawn": (
        Phase.HANDED_OFF, lambda lead, by, at: withdraw_hand_off(lead.hand_offs.get(), by=lead.bdr, at=at), False
    ),
}  # fmt: skip


def columns(lead):
    lead.refresh_from_db()
    steps = list(lead.steps.open().values_list("pk", "due_at", "assignee"))
    return {field: getattr(lead, field) for field in ("phase", "bdr", "ae", "team", "due_at", "stage", "reason")}, steps


@pytest.mark.parametrize("road", ROADS)
def test_what_sales_gives_back_there_ends_by_the_same_act_and_undo_brings_it_back(corvane, alice, mona, peter, road):
    phase, give_back, rep_is_told = ROADS[road]
    make_team("South")
    lead = lead_at(corvane, phase=phase, bdr=alice, ae=peter)
    set_standing(corvane, standing=Standing.CUSTOMER, by=mona, at=NOON)
    before = columns(lead)
    events = lead.events.count()

    give_back(lead, peter, LATER)

    assert state(lead) == (Phase.CLOSED, "standing")
    assert (lead.events.count(), lead.events.last().data["because"]) == (events + 1, "customer")
    told = Notice.objects.filter(lead=lead, at=LATER).values_list("user", "kind")
    assert list(told) == [(alice.pk, "ended")] * rep_is_told
    assert well()
    undo_last(lead, by=peter if rep_is_told else alice, at=LATER)
    assert columns(lead) == before
    assert well()


def test_what_was_given_back_to_nobody_goes_on_when_it_is_a_prospect_again(corvane, alice, mona, peter):
    lead = lead_at(corvane, phase=Phase.ACCEPTED, bdr=alice, ae=peter)
    set_standing(corvane, standing=Standing.OPEN_OPPORTUNITY, by=peter, at=NOON)
    return_lead(lead, by=peter, at=LATER)

    (following,) = set_standing(corvane, standing=Standing.PROSPECT, by=peter, at=LATER).again

    assert (following.previous_id, following.bdr) == (lead.pk, alice)
    assert well()


ENDS = {
    "disqualified": lambda lead, by: disqualify_lead(lead, reason=reason("not_our_market"), by=by, at=NOON),
    "asleep": lambda lead, by: recycle_lead(lead, reason=reason("not_ready"), by=by, at=NOON),
    "handed off": lambda lead, by: hand_off_lead(lead, ae=make_user("zoe", Role.AE), by=by, at=NOON),
}


@pytest.mark.parametrize("end", ENDS)
def test_undo_brings_nothing_back_to_the_reps_of_who_became_a_customer(corvane, alice, mona, end):
    lead = lead_at(corvane, phase=Phase.WORKING, bdr=alice)
    ENDS[end](lead, alice)
    set_standing(corvane, standing=Standing.CUSTOMER, by=mona, at=LATER)
    before = columns(lead)

    with pytest.raises(LeadConflict, match="No rep works this company"):
        undo_last(lead, by=alice, at=LATER)

    assert columns(lead) == before
    assert well()


def test_whoever_is_found_to_work_at_a_customer_is_worked_no_more(corvane, alice, mona):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    Account.objects.update(standing=Standing.CUSTOMER)

    merge_people(lead.person, make_person(account=corvane), by=mona, at=LATER)

    assert state(lead) == (Phase.CLOSED, "standing")
    assert well()


def test_who_is_a_customer_herself_is_not_for_reps_and_who_works_for_a_prospect_is(corvane):
    own, employed = make_person(), make_person(account=corvane)
    for person in (own, employed):
        make_lead(person=person)
        person.standing = Standing.CUSTOMER
        person.save(update_fields=["standing"])

    assert list(Lead.objects.at_no_prospect().values_list("person", flat=True)) == [own.pk]
