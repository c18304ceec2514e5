"""Companies: the list, the page of one, and what it is to us, as people meet them."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Account, AccountDomain, Employment, Standing
from accounts.search import index_accounts, index_people
from agreement.models import Phase
from leads.actions.engaging import NewEngagement, record_engagements
from leads.actions.moving import Target, move_leads
from leads.models import Engagement, Lead
from team.actions.submitting import new_form_id
from team.models import Role
from tests.make import NOON, make_account, make_lead, make_person, make_team, make_user

LATER = NOON + timedelta(minutes=10)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(LATER, tick=False):
        yield


def page_of(client, user, account):
    client.force_login(user)
    return client.get(reverse("leads:account", args=[account.public_id]))


def names(client, **asked):
    return [row.name for row in client.get(reverse("leads:accounts"), asked).context["listed"].rows]


def test_companies_are_listed_by_name_with_people_and_open_leads(client, alice, peter):
    make_account(name="Fjell")
    corvane = make_account(name="Corvane", owner=peter)
    make_lead(person=make_person(account=corvane))
    make_person(account=corvane)
    Account.objects.filter(pk=corvane.pk).update(standing=Standing.CUSTOMER)
    client.force_login(alice)

    rows = client.get(reverse("leads:accounts")).context["listed"].rows

    assert [(row.name, row.people, row.pursued, row.standing, row.owner) for row in rows] == [
        ("Corvane", 2, 1, "Customer", "Peter"),
        ("Fjell", 0, 0, "", ""),
    ]


def test_the_list_is_narrowed_by_words_standing_and_owner(client, alice, peter):
    corvane = make_account(name="Corvane", standing=Standing.CUSTOMER, owner=peter)
    fjell = make_account(name="Fjell Marine")
    AccountDomain.objects.create(account=fjell, domain="fjell.no")
    index_accounts([corvane.pk, fjell.pk])
    client.force_login(alice)

    assert names(client, q="FJELL.no") == ["Fjell Marine"]
    assert names(client, standing="customer") == ["Corvane"]
    assert names(client, owner=peter.pk) == ["Corvane"]
    assert names(client, q="fjell", standing="customer") == []
    # What nobody offers is left out.
    assert names(client, standing="x", owner="-1") == ["Corvane", "Fjell Marine"]


def test_pages_go_on_where_the_last_one_ended_also_among_equal_names(client, alice, monkeypatch):
    monkeypatch.setattr("leads.account_list.PAGE", 2)
    for name in ("Alder", "Birch", "Birch", "Birch", "Cedar"):
        make_account(name=name)
    client.force_login(alice)
    seen, after = [], ""
    for _ in range(3):
        listed = client.get(reverse("leads:accounts"), {"after": after}).context["listed"]
        seen += [row.public_id for row in listed.rows]
        after = listed.next_after

    assert (len(set(seen)), after) == (5, "")


@pytest.mark.parametrize("rows", [1, 30])
def test_the_list_costs_the_same_queries_however_long_it_is(client, alice, rows, django_assert_num_queries):
    for _ in range(rows):
        make_person(account=make_account())
    client.force_login(alice)
    client.get(reverse("leads:accounts"))

    # Session, user, memberships, owners on offer, the page, rail.
    with django_assert_num_queries(6):
        assert len(client.get(reverse("leads:accounts")).context["listed"].rows) == rows


def test_the_page_names_the_buying_group_and_who_is_missing(client, alice):
    corvane = make_account(name="Corvane")
    boss = make_person(given_name="Ada", family_name="Holm", title="Plant manager", account=corvane)
    Employment.objects.filter(person=boss).update(role="decision_maker")
    make_person(given_name="Jo", family_name="Prentice", account=corvane)

    page = page_of(client, alice, corvane).context["page"]

    assert [(str(one.person), one.role) for one in page.people] == [
        ("Ada Holm", "Decision maker"),
        ("Jo Prentice", "Unknown"),
    ]
    assert page.missing == ["Champion"]


def test_it_says_who_works_whom_and_since_when_and_of_another_team_no_more(client, alice, bob, mona, eve):
    corvane = make_account(name="Corvane")
    ours = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(given_name="Ada", account=corvane))
    south = eve.memberships.get().team
    theirs = make_lead(phase=Phase.WORKING, bdr=eve, team=south, person=make_person(given_name="Jo", account=corvane))
    move_leads([ours.pk], target=Target(user=bob), by=mona, at=LATER)

    answer = page_of(client, alice, corvane)

    told = {one.name.split()[0]: (one.where, one.whose, one.since, one.lead) for one in answer.context["page"].worked}
    assert told == {
        "Ada": ("Attempting", "with Bob", LATER, Lead.objects.get(pk=ours.pk)),
        "Jo": ("Attempting", "with Eve", NOON, None),
    }
    assert reverse("leads:lead", args=[ours.public_id]) in answer.text
    assert reverse("leads:lead", args=[theirs.public_id]) not in answer.text


def test_it_says_what_people_there_did_and_not_what_they_did_elsewhere(client, alice):
    corvane, before = make_account(name="Corvane"), make_account(name="Fjell")
    person = make_person(given_name="Ada", account=before)
    record_engagements([NewEngagement(person.pk, Engagement.Kind.READ, NOON)], at=NOON)
    Employment.objects.filter(person=person).update(account=corvane)
    record_engagements([NewEngagement(person.pk, Engagement.Kind.ATTENDED, NOON)], at=NOON)

    ((_day, deeds),) = page_of(client, alice, corvane).context["page"].days

    assert [deed.icon for deed in deeds] == ["webinar"]


@pytest.mark.parametrize("count", [1, 12])
def test_the_page_costs_the_same_queries_however_many_work_there(client, alice, count, django_assert_num_queries):
    corvane = make_account()
    for _ in range(count):
        make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(account=corvane))
    page_of(client, alice, corvane)

    # Session, user, memberships, company, domains, people, pursuits, since when, deeds, changes, rail.
    with django_assert_num_queries(11):
        client.get(reverse("leads:account", args=[corvane.public_id]))


def test_a_manager_sees_what_a_standing_ends_before_it_does(client, alice, mona):
    corvane = make_account(name="Corvane")
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(account=corvane))
    client.force_login(mona)
    url = reverse("leads:account_standing", args=[corvane.public_id])

    preview = client.get(url, {"standing": "customer", "owner": ""})

    assert "1 lead ends." in preview.text
    assert str(lead.person) in preview.text
    corvane.refresh_from_db()
    assert corvane.standing == Standing.PROSPECT

    form_id = new_form_id()
    sent = {"standing": "customer", "owner": "", "version": corvane.version, "form_id": form_id}
    answers = [client.post(url, sent).headers["Location"] for _ in range(2)]

    assert answers == [reverse("leads:account", args=[corvane.public_id])] * 2
    lead.refresh_from_db()
    assert (lead.phase, lead.events.filter(verb="stand_down").count()) == (Phase.CLOSED, 1)
    assert "You said: customer" in page_of(client, mona, corvane).text


def test_who_comes_second_is_told_and_changes_nothing(client, mona):
    corvane = make_account(name="Corvane", version=3)
    client.force_login(mona)
    url = reverse("leads:account_standing", args=[corvane.public_id])

    answer = client.post(url, {"standing": "customer", "version": 2})

    assert answer.status_code == 409
    assert "This account has changed since you opened this page." in answer.text
    corvane.refresh_from_db()
    assert corvane.standing == Standing.PROSPECT


def test_a_standing_that_nobody_offers_is_refused(client, mona):
    client.force_login(mona)
    url = reverse("leads:account_standing", args=[make_account().public_id])

    assert client.get(url, {"standing": "friend"}).status_code == 422
    assert client.post(url, {}).status_code == 422


@pytest.mark.parametrize(("role", "offered"), [(Role.BDR, False), (Role.MARKETER, False), (Role.AE, True)])
def test_only_who_may_say_it_is_offered_the_form(client, team, role, offered):
    corvane = make_account()
    user = make_user("x", role, team=team)

    assert (
        reverse("leads:account_standing", args=[corvane.public_id]) in page_of(client, user, corvane).text
    ) is offered


def test_the_lead_and_the_search_lead_to_the_page(client, alice):
    corvane = make_account(name="Corvane")
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(account=corvane))
    index_people([lead.person_id])
    index_accounts([corvane.pk])
    client.force_login(alice)
    url = reverse("leads:account", args=[corvane.public_id])

    assert url in client.get(reverse("leads:lead", args=[lead.public_id])).text
    assert url in client.get(reverse("leads:search"), {"q": "corvane"}).text


def test_a_company_of_reps_of_two_teams_shows_the_team_of_each(client, alice):
    corvane = make_account()
    make_lead(team=make_team("South"), person=make_person(account=corvane))

    (one,) = page_of(client, alice, corvane).context["page"].worked

    assert (one.whose, one.team) == ("in the pool of South", "South")
