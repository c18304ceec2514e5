"""Where would this lead go? Routing answers without writing, names what decided and what was passed over."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import AccountDomain, Suppression
from agreement.models import Lane, Phase
from leads.actions.entering import NewLead, open_leads
from leads.models import Lead, LeadEvent
from leads.trying import Case, try_routing
from team.models import Absence, SettingChange, Territory
from tests.make import NOON, make_account, make_lead, make_person, make_team

pytestmark = pytest.mark.django_db


def decided(case):
    tried = try_routing(case, at=NOON)
    return tried.answer, [(one.rule, one.says) for one in tried.rules]


def test_what_nobody_names_goes_to_the_pool_and_every_rule_was_asked(team):
    Territory.objects.create(name="Spain", team=team, country="ES")

    answer, rules = decided(Case(country="FR", lane=Lane.CONTENT))

    assert answer == "To the pool of North: no territory names it"
    assert rules == [
        ("Not to be contacted, or gone", "no"),
        ("Customers, open deals, competitors", "they: prospect"),
        ("Somebody works the account already", "nobody does"),
        ("Territory “Spain”", "asks for Spain, not France"),
        ("The default team", "takes what nothing before it names"),
    ]


def test_the_first_territory_that_matches_decides_and_the_rest_is_not_asked(team, alice):
    Territory.objects.create(name="Fair", team=team, source="fair", position=1)
    Territory.objects.create(name="Spain", team=team, bdr=alice, country="ES", segment="mid-size", position=2)
    Territory.objects.create(name="Rest", team=team, country="ES", position=3)

    answer, rules = decided(Case(country="ES", segment="mid-size"))

    assert answer == "Given to North: territory Spain, reserved for Alice"
    assert [rule for rule, _says in rules][-2:] == ["Territory “Fair”", "Territory “Spain”"]
    assert rules[-2][1] == "asks for fair, not unknown"


def test_the_address_finds_the_account_that_a_rep_works(team, alice):
    account = make_account(name="Corvane", country="DE")
    AccountDomain.objects.create(account=account, domain="corvane.io")
    make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(account=account))

    answer, rules = decided(Case(email="new@corvane.io"))
    assert answer == "Given to Alice, who works Corvane already"
    assert rules[-1] == ("Somebody works the account already", "Alice does")

    Absence.objects.create(user=alice, starts_at=NOON, ends_at=NOON + timedelta(days=1))
    answer, rules = decided(Case(account="corvane"))
    assert answer == "To the pool of North: no territory names it"
    assert rules[2][1] == "Alice does, but is away or in another team by now"


def test_a_customer_and_who_is_not_to_be_contacted_become_no_lead(team):
    make_account(name="Corvane", standing="customer")
    assert decided(Case(account="Corvane"))[0] == "No lead: a customer; the account's owner is told"

    person = make_person(email="ada@halden.io")
    Suppression.objects.create(person=person, channel="all", at=NOON)
    assert decided(Case(email="Ada@halden.io"))[0] == "No lead: not to be contacted"


def test_who_has_an_open_lead_gets_no_other(team):
    make_lead(person=make_person(email="ada@halden.io"))

    tried = try_routing(Case(email="ada@halden.io"), at=NOON)

    assert (tried.answer, tried.is_lead) == ("No new lead: one is open already", False)


@pytest.mark.parametrize("country", ["ES", "FR"])
def test_the_dry_run_says_what_routing_does(team, country):
    south = make_team("South")
    Territory.objects.create(name="Spain", team=south, country="ES")
    person = make_person(country=country, email="ada@halden.io")

    tried = try_routing(Case(email="ada@halden.io"), at=NOON)
    lead = open_leads([NewLead(person.pk, Lane.CONTENT, "inbound")], by=None, at=NOON).leads[0]

    assert lead.team.name in tried.answer


def test_it_says_when_the_first_touch_would_be_promised_by(team):
    assert try_routing(Case(lane=Lane.CONTENT), at=NOON).due_at == NOON + timedelta(hours=4)


def test_the_page_answers_and_writes_nothing(client, dora, team):
    client.force_login(dora)
    Territory.objects.create(name="Spain <b>", team=team, country="ES")

    page = client.get(reverse("leads:routing"), {"country": "ES", "lane": "content", "email": ""})

    assert "Given to North: territory Spain &lt;b&gt;" in page.text
    assert not Lead.objects.exists()
    assert not LeadEvent.objects.exists()
    assert not SettingChange.objects.exists()


def test_an_address_that_is_none_is_refused(client, dora, team):
    client.force_login(dora)

    refused = client.get(reverse("leads:routing"), {"email": "ada at halden"})

    assert refused.status_code == 422
    assert "Nothing to answer:" in refused.text
    assert "Not saved" not in refused.text
