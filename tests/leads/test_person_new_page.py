"""A person and her lead by hand: what is needed, who is known already, and that it happens once."""

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Account, ContactPoint, Person
from accounts.search import index_accounts
from agreement.models import Phase
from leads.finding import find
from leads.models import Lead
from team.models import Membership, Role
from tests.make import NOON, make_account, make_lead, make_person, make_team

URL = "/people/new/"
FORM = {
    "name": "Dr. Mara Lind", "email": "mara.lind@halden.co", "phone": "+47 22 33 44 55", "company": "Halden Tools",
    "title": "CTO", "form_id": "0192f0c1-8d5b-7c3e-8f00-000000000002",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def rep(client, alice):
    client.force_login(alice)
    return alice


def test_a_person_by_hand_is_a_prospect_of_the_rep_with_a_first_attempt(client, rep):
    response = client.post(URL, FORM)

    lead = Lead.objects.get()
    person = lead.person
    assert response.headers["Location"] == reverse("leads:lead", args=[lead.public_id])
    assert (person.given_name, person.family_name, person.employments.get().title) == ("Mara", "Lind", "CTO")
    assert (lead.bdr, lead.phase, lead.origin) == (rep, Phase.WORKING, Lead.Origin.REP_SOURCED)
    assert lead.steps.open().get().attempt == 1
    assert [one.name for one in find("halden mara", by=rep).people] == ["Mara Lind"]


def test_the_same_form_sent_twice_makes_one_person(client, rep):
    first, again = (client.post(URL, FORM).headers["Location"] for _ in range(2))

    assert first == again
    assert (Person.objects.count(), Lead.objects.count()) == (1, 1)


def test_the_company_is_the_one_we_know_by_name_or_by_the_domain_of_the_address(client, rep):
    halden = make_account(name="HALDEN tools")
    index_accounts([halden.pk])
    client.post(URL, FORM)
    assert Lead.objects.get().account == halden

    halden.domains.create(domain="halden.co")
    client.post(URL, {**FORM, "email": "bo@halden.co", "company": "Halden", "form_id": ""})
    assert (Lead.objects.latest("pk").account, Account.objects.count()) == (halden, 1)


def test_a_new_company_takes_the_domain_of_the_address_but_never_that_of_a_mail_provider(client, rep):
    client.post(URL, FORM)
    client.post(URL, {**FORM, "email": "mara@gmail.com", "company": "Elsewhere", "form_id": ""})

    domains = dict(Account.objects.values_list("name", "domains__domain"))
    assert domains == {"Halden Tools": "halden.co", "Elsewhere": None}


def test_an_address_we_know_leads_to_the_person_who_has_it_and_keeps_what_was_typed(client, rep):
    known = make_person(given_name="Mara", family_name="Lind", email="mara.lind@halden.co")

    response = client.post(URL, FORM)

    assert response.status_code == 409
    assert "This address belongs to Mara Lind." in response.text
    assert 'value="+47 22 33 44 55"' in response.text
    assert reverse("leads:lead_new", args=[known.public_id]) in response.text
    assert (Person.objects.count(), Account.objects.count(), Lead.objects.count()) == (1, 0, 0)


def test_somebody_whom_a_colleague_works_is_shown_with_who_works_her(client, rep, bob):
    known = make_person(given_name="Mara", family_name="Lind", email="mara.lind@halden.co")
    make_lead(phase=Phase.WORKING, person=known, bdr=bob)

    response = client.post(URL, FORM)

    assert f"with {bob}" in response.text
    assert reverse("leads:lead_new", args=[known.public_id]) not in response.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": ""}, "This field is required."),
        ({"email": "mara@"}, "This is not an e-mail address."),
        ({"email": "a@b.co, c@d.co"}, "This has two addresses where one is expected."),
        ({"phone": "12"}, "This is not a phone number."),
        ({"email": "", "phone": "", "company": ""}, "Give an e-mail, a phone or a company"),
        ({"name": "x" * 300}, "at most 200 characters"),
        ({"name": "x" * 190}, "This is longer than 100 characters."),
        ({"company": "a\0b"}, "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field_and_nothing_is_made(client, rep, typed, said):
    response = client.post(URL, {**FORM, **typed})

    assert response.status_code == 422
    assert said in response.text
    assert (Person.objects.count(), Lead.objects.count()) == (0, 0)


def test_a_phone_alone_is_enough(client, rep):
    client.post(URL, {"name": "Mara Lind", "phone": "+47 22 33 44 55"})

    assert ContactPoint.objects.get().normalised == "+4722334455"


def test_somebody_of_two_teams_says_which(client, rep):
    south = make_team("South")
    Membership.objects.create(user=rep, role=Role.BDR, team=south)

    assert 'name="team"' in client.get(URL).text
    client.post(URL, {**FORM, "team": south.pk})
    assert Lead.objects.get().team == south


def test_a_team_that_is_not_hers_is_refused(client, rep):
    Membership.objects.create(user=rep, role=Role.BDR, team=make_team("South"))

    assert client.post(URL, {**FORM, "team": make_team("West").pk}).status_code == 422


def test_the_name_that_was_searched_for_is_filled_in(client, rep):
    assert 'value="Mara Lind"' in client.get(URL, {"name": "Mara Lind"}).text


def test_somebody_without_a_team_adds_nobody(client, peter):
    client.force_login(peter)

    assert client.post(URL, FORM).status_code == 403
