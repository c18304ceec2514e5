"""Search: everybody is found by whoever holds a role; the lead itself opens only for who may see it."""

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Standing
from accounts.search import index_accounts, index_people
from agreement.models import Phase
from leads.actions.closing import disqualify_lead
from leads.finding import find
from leads.models import Lead
from team.models import Role
from tests.make import NOON, make_account, make_lead, make_person, make_user, reason


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def mara():
    halden = make_account(name="Halden Tools")
    person = make_person(
        given_name="Mara", family_name="Lind", email="mara.lind@halden.example", phone="+4722334455", account=halden,
        title="CTO",
    )  # fmt: skip
    index_people([person.pk])
    index_accounts([halden.pk])
    return person


@pytest.mark.parametrize("q", ["mara", "LIND mar", "halden", "mara.lind@", "+47 22 33 44 55", "cto halden"])
def test_somebody_is_found_by_name_company_address_and_number(alice, mara, q):
    assert [person.name for person in find(q, by=alice).people] == ["Mara Lind"]


@pytest.mark.parametrize("q", ["", "   ", "%", "_", "\\", "mara%lind", "\0", "zzz", "mara kest"])
def test_what_is_not_in_the_text_finds_nobody(alice, mara, q):
    assert find(q, by=alice).people == []


def test_a_company_is_found_with_the_number_of_its_people(alice, mara):
    (account,) = find("halden", by=alice).accounts

    assert (account.name, account.people) == ("Halden Tools", 1)


def test_a_company_leads_to_everybody_who_works_there_now(client, alice, mara):
    halden = mara.employments.get().account
    boss = make_person(given_name="Abel", family_name="Zorn", email="abel@zorn.example", account=halden)
    gone = make_person(given_name="Gone", family_name="Away", account=halden)
    gone.employments.update(is_current=False)
    index_people([boss.pk, gone.pk])
    client.force_login(alice)
    there = reverse("leads:search", query={"company": halden.public_id})
    page = reverse("leads:account", args=[halden.public_id])
    assert f'<a class="row-link" href="{page}">Halden Tools</a>' in client.get("/search/", {"q": "halden"}).text

    page = client.get(there).text

    assert "<h1>Halden Tools</h1>" in page
    assert page.index("Abel Zorn") < page.index("Mara Lind")
    assert "Gone Away" not in page
    assert "Mara Lind" not in client.get(there, {"company": halden.public_id, "q": "abel"}).text


def test_many_companies_hide_no_person(alice):
    index_accounts([make_account(name=f"Sorrel {number}").pk for number in range(60)])
    person = make_person(given_name="Sorrel", family_name="Ash")
    index_people([person.pk])

    found = find("sorrel", by=alice)

    assert [one.name for one in found.people] == ["Sorrel Ash"]
    assert (len(found.accounts), found.has_more) == (20, True)


@pytest.mark.parametrize("company", ["nonsense", "\0", "01a200f8-2347-7620-b998-68a6330191bc"])
def test_a_company_that_is_not_there_is_a_404(client, alice, company):
    client.force_login(alice)

    assert client.get("/search/", {"company": company}).status_code == 404


def test_a_company_where_nobody_works_says_so(client, alice):
    client.force_login(alice)

    assert "Nobody we know works there now" in client.get("/search/", {"company": make_account().public_id}).text


def test_a_name_with_an_apostrophe_stands_first_among_what_begins_with_it(alice):
    people = [
        make_person(given_name="Aaron", family_name="Zeal", email="oneill@zeal.example"),
        make_person(given_name="O’Neill", family_name="Cafe"),
    ]
    index_people([person.pk for person in people])

    assert [person.name for person in find("oneill", by=alice).people] == ["O’Neill Cafe", "Aaron Zeal"]


def test_a_lead_of_ones_team_is_a_link_with_phase_and_owner(alice, mara):
    lead = make_lead(phase=Phase.WORKING, person=mara, bdr=alice)

    (person,) = find("mara", by=alice).people

    assert (person.url, person.standing, person.owner) == (
        reverse("leads:lead", args=[lead.public_id]), "Attempting", f"with {alice}",
    )  # fmt: skip


def test_another_team_sees_that_somebody_works_her_and_who_but_no_link(alice, eve, mara):
    make_lead(phase=Phase.WORKING, person=mara, bdr=alice)

    (person,) = find("mara", by=eve).people

    assert (person.url, person.standing, person.owner) == ("", "Attempting", f"with {alice}")


def test_the_open_pursuit_is_shown_before_closed_ones(alice, mara):
    first = make_lead(phase=Phase.WORKING, person=mara, bdr=alice)
    disqualify_lead(first, reason=reason("bad_data"), by=alice, at=NOON)
    assert find("mara", by=alice).people[0].standing == "Closed: disqualified"

    make_lead(person=mara)
    assert find("mara", by=alice).people[0].owner == "in the pool of North"


def test_names_that_begin_with_the_query_stand_first(alice):
    people = [make_person(given_name=given, family_name="X") for given in ("Tamara", "Mara", "Amara")]
    index_people([person.pk for person in people])

    assert [person.name for person in find("mara", by=alice).people] == ["Mara X", "Amara X", "Tamara X"]


def test_a_customer_is_called_one_and_offered_no_lead(alice, mara):
    mara.employments.get().account.__class__.objects.update(standing=Standing.CUSTOMER)

    (person,) = find("mara", by=alice).people
    assert (person.standing, person.may_have_lead) == ("Customer", False)


def test_more_than_fifty_are_cut_and_said_to_be_more(alice):
    people = [make_person(family_name="Marlow") for _ in range(52)]
    index_people([person.pk for person in people])

    found = find("marlow", by=alice)

    assert (len(found.people), found.has_more) == (50, True)


def test_the_merged_and_the_erased_are_not_found(alice, mara):
    kept = make_person()
    mara.merged_into = kept
    mara.save(update_fields=["merged_into"])

    assert find("mara", by=alice).people == []


@pytest.mark.parametrize("role", list(Role))
def test_every_role_may_search(client, team, role, mara):
    client.force_login(make_user("any", role, team=team))

    assert "Mara Lind" in client.get(reverse("leads:search"), {"q": "mara"}).text


def test_a_query_of_any_length_is_cut_and_the_page_says_so(client, alice):
    client.force_login(alice)

    html = client.get(reverse("leads:search"), {"q": "a" * 5000}).text

    assert "Only the first 200 letters were looked for." in html


@pytest.mark.parametrize("rows", [1, 50])
def test_search_costs_the_same_queries_however_much_it_finds(client, alice, rows, django_assert_num_queries):
    people = [make_person(family_name="Marlow") for _ in range(rows)]
    index_people([person.pk for person in people])
    for person in people:
        make_lead(person=person)
    client.force_login(alice)
    client.get(reverse("leads:queue"))  # the first page of a session notes when it began

    # Session, user, memberships, the texts of people and of companies, people, their leads, rail.
    with django_assert_num_queries(8):
        response = client.get(reverse("leads:search"), {"q": "marlow"})

    assert response.text.count('<li class="row has-act"') == rows


def test_who_is_called_just_that_stands_first_however_many_hold_the_letters(alice):
    others = [
        make_person(given_name="Adalbert", family_name="Zorn", account=make_account(name=f"Canada {number}"))
        for number in range(55)
    ]
    people = [
        *others,
        make_person(given_name="Mira", family_name="Ada"),
        make_person(given_name="Ada", family_name="Zuse"),
        make_person(given_name="Ada", family_name="Brandt"),
    ]
    index_people([person.pk for person in people])

    found = find("ada", by=alice)

    assert [one.name for one in found.people[:3]] == ["Ada Brandt", "Ada Zuse", "Adalbert Zorn"]
    assert (len(found.people), found.has_more) == (50, True)
    assert [one.name for one in find("ada mira", by=alice).people] == ["Mira Ada"]


def test_a_whole_name_stands_before_one_that_begins_with_its_letters(alice):
    people = [make_person(given_name="Linda", family_name="Ash"), make_person(given_name="Mara", family_name="Lind")]
    index_people([person.pk for person in people])

    assert [one.name for one in find("lind", by=alice).people] == ["Mara Lind", "Linda Ash"]


def test_a_lead_is_added_for_somebody_known_with_one_click_and_once(client, alice, mara):
    client.force_login(alice)
    html = client.get(reverse("leads:search"), {"q": "mara"}).text
    url = reverse("leads:lead_new", args=[mara.public_id])
    assert url in html

    first = client.post(url)
    again = client.post(url)

    lead = Lead.objects.get(person=mara)
    assert (lead.bdr, lead.phase, lead.origin) == (alice, Phase.WORKING, Lead.Origin.REP_SOURCED)
    assert first.headers["Location"] == again.headers["Location"] == reverse("leads:lead", args=[lead.public_id])


def test_no_lead_is_offered_for_somebody_who_has_one(client, alice, mara):
    make_lead(person=mara)
    client.force_login(alice)

    html = client.get(reverse("leads:search"), {"q": "mara"}).text

    assert reverse("leads:lead_new", args=[mara.public_id]) not in html


def test_somebody_without_a_team_adds_no_lead(client, peter, mara):
    client.force_login(peter)

    assert client.post(reverse("leads:lead_new", args=[mara.public_id])).status_code == 403
    assert Lead.objects.count() == 0
