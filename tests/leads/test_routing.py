"""Where a new lead goes: the first rule that matches, said in one sentence."""

from datetime import timedelta

import pytest

from accounts.models import Suppression
from agreement.models import Lane, Phase
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.entering import NewLead, add_lead, open_leads
from leads.models import Lead
from leads.routing import Router, sentence
from team.models import Absence, Membership, Role, Territory
from tests.constraints import put
from tests.make import NOON, make_account, make_lead, make_person, make_team, make_user


def enter(person, *, source="", lane=Lane.CONTENT):
    return open_leads([NewLead(person.pk, lane, "inbound", source=source)], by=None, at=NOON)


def routed(person, **more):
    lead = enter(person, **more).leads[0]
    data = lead.events.get().data
    return data["because"], lead.team, lead.bdr


def at_account(**fields):
    return make_person(account=make_account(**fields))


@pytest.mark.parametrize("standing", ["customer", "open_opportunity", "competitor", "do_not_work"])
@pytest.mark.parametrize("whose", ["account", "person"])
def test_whoever_is_no_prospect_is_no_lead_for_reps(team, standing, whose):
    person = at_account(standing=standing) if whose == "account" else make_person(standing=standing)

    entered = enter(person)

    assert (entered.leads, entered.refused) == ([], {person.pk: standing})


def test_the_account_decides_over_the_persons_own_standing(team):
    person = make_person(account=make_account(), standing="customer")

    assert enter(person).leads


def test_whoever_is_not_to_be_contacted_is_no_lead(team):
    person = make_person()
    Suppression.objects.create(person=person, channel="all", at=NOON)

    assert enter(person).refused == {person.pk: "suppressed"}


def test_one_channel_shut_is_no_reason(team):
    person = make_person()
    Suppression.objects.create(person=person, channel="phone", at=NOON)

    assert enter(person).leads


def test_somebody_with_an_open_lead_gets_no_second_not_even_in_one_batch(team):
    person, new = make_lead().person, make_person()

    seed = NewLead(new.pk, Lane.LIST, "import")
    entered = open_leads([NewLead(person.pk, Lane.LIST, "import"), seed, seed], by=None, at=NOON)

    assert len(entered.leads) == 1
    assert entered.refused == {person.pk: "open_lead", new.pk: "open_lead"}


@pytest.mark.parametrize("phase", [Phase.WORKING, Phase.HANDED_OFF, Phase.ACCEPTED])
def test_who_works_the_account_gets_it_reserved(team, alice, peter, phase):
    Territory.objects.create(name="Germany", team=make_team(), country="DE")
    account = make_account(country="DE")
    make_lead(phase=phase, bdr=alice, ae=peter, person=make_person(account=account))

    lead = enter(make_person(account=account)).leads[0]

    assert (lead.events.get().data["because"], lead.bdr, lead.team) == ("works_account", alice, team)
    assert lead.reserved_until == lead.due_at


def test_a_sleeping_lead_is_no_work_at_the_account(team, alice):
    account = make_account()
    make_lead(phase=Phase.NURTURE, bdr=alice, person=make_person(account=account))

    assert routed(make_person(account=account)) == ("pool", team, None)


@pytest.mark.parametrize("gone", ["away", "left", "changed teams"])
def test_who_cannot_hold_it_is_passed_by(team, alice, gone):
    account = make_account()
    make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(account=account))
    if gone == "away":
        Absence.objects.create(user=alice, starts_at=NOON, ends_at=NOON + timedelta(days=1))
    elif gone == "left":
        put(alice, is_active=False)
    else:
        Membership.objects.filter(user=alice).update(team=make_team())

    assert routed(make_person(account=account), lane=Lane.HAND_RAISER) == ("pool", team, None)


@pytest.mark.parametrize(
    ("rule", "matches", "differs"),
    [
        ({"country": "DE"}, {"country": "DE"}, {"country": "FR"}),
        ({"segment": "retail"}, {"segment": "retail"}, {"segment": "health"}),
        ({"country": "DE", "segment": "retail"}, {"country": "DE", "segment": "retail"}, {"country": "DE"}),
    ],
)
def test_a_territory_takes_what_its_parts_name(team, rule, matches, differs):
    south = make_team("South")
    Territory.objects.create(name="T", team=south, **rule)

    assert routed(at_account(**matches)) == ("territory", south, None)
    assert routed(at_account(**differs)) == ("pool", team, None)


def test_a_territory_of_a_source_takes_only_that(team):
    south = make_team("South")
    Territory.objects.create(name="Fair", team=south, source="fair")

    assert routed(make_person(), source="fair")[1] == south
    assert routed(make_person(), source="site")[1] == team


def test_without_an_account_her_own_country_decides(team):
    south = make_team("South")
    Territory.objects.create(name="France", team=south, country="FR")

    assert routed(make_person(country="FR"))[1] == south
    assert routed(make_person(country="FR", account=make_account(country="DE")))[1] == team


def test_the_lowest_position_wins(team):
    first, second = make_team(), make_team()
    Territory.objects.create(name="Later", team=second, country="DE", position=2)
    Territory.objects.create(name="Sooner", team=first, country="DE", position=1)

    assert routed(make_person(country="DE"))[1] == first


def test_a_territorys_rep_has_it_reserved_while_she_is_there(team):
    south = make_team("South")
    eve = make_user("eve", Role.BDR, team=south)
    Territory.objects.create(name="France", team=south, country="FR", bdr=eve)
    assert routed(make_person(country="FR"))[2] == eve

    Absence.objects.create(user=eve, starts_at=NOON, ends_at=NOON + timedelta(days=1))

    assert routed(make_person(country="FR")) == ("territory", south, None)


def test_what_nothing_names_goes_to_the_default_teams_pool(team):
    make_team("South")

    assert routed(make_person()) == ("pool", team, None)


def test_without_a_default_team_nobody_takes_it(db):
    person = make_person()

    assert enter(person).refused == {person.pk: "no_team"}


def test_a_batch_is_routed_in_the_same_number_of_queries(team, django_assert_max_num_queries):
    people = [at_account() for _person in range(40)]

    with django_assert_max_num_queries(12):
        Router.for_batch([person.pk for person in people], [], at=NOON)
    with django_assert_max_num_queries(40):
        open_leads([NewLead(person.pk, Lane.LIST, "import") for person in people], by=None, at=NOON)

    assert Lead.objects.count() == 40


@pytest.mark.parametrize(
    ("because", "words"),
    [
        ("works_account", "Given to Alice, who works Acme already"),
        ("territory", "Given to North: territory Acme"),
        ("pool", "To the pool of North: no territory names it"),
        ("wake", "Back to Alice, who worked it before"),
        ("customer", "No lead: a customer; the account's owner is told"),
        ("open_opportunity", "No lead: an opportunity is open there; the account's owner is told"),
        ("competitor", "No lead: a competitor"),
        ("do_not_work", "No lead: not to be worked"),
        ("suppressed", "No lead: not to be contacted"),
        ("gone", "No lead: no longer a person of their own"),
        ("open_lead", "No new lead: one is open already"),
    ],
)
def test_each_answer_is_one_sentence(because, words):
    assert sentence(because, ref="Acme", team="North", bdr="Alice") == words


# A rep's own find
def test_a_rep_adds_a_lead_and_works_it_at_once(alice, team):
    person = make_person()

    lead = add_lead(person, by=alice, at=NOON)

    step = lead.steps.open().get()
    assert (lead.phase, lead.bdr, lead.sourced_by, lead.lane, lead.origin) == (
        Phase.WORKING, alice, alice, Lane.REP_SOURCED, "rep_sourced"
    )  # fmt: skip
    assert (step.assignee, step.attempt, step.due_at) == (alice, 1, lead.due_at)
    assert not lead.clocks.exists()


def test_what_somebody_works_or_nobody_may_is_refused_with_the_reason(alice, peter):
    with pytest.raises(LeadConflict, match="already has an open lead"):
        add_lead(make_lead().person, by=alice, at=NOON)
    with pytest.raises(MoveRefused, match="not a prospect: a customer"):
        add_lead(at_account(standing="customer"), by=alice, at=NOON)
    with pytest.raises(MoveRefused, match="Only somebody of a team"):
        add_lead(make_person(), by=peter, at=NOON)
