"""The list of leads: what each may see, what each filter leaves, pages by their keys forwards and back."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import CustomField, Person
from accounts.search import index_accounts, index_people
from agreement.models import Lane, Phase, Stage
from leads.actions.closing import disqualify_lead
from leads.actions.leaving import release_absent
from leads.actions.logging import log_call
from leads.actions.reteaming import retire_team
from leads.lead_list import seen_by
from leads.models import HandOff, Lead
from team.models import Absence, Role, Team, User
from tests.make import NOON, disposition, make_account, make_lead, make_person, make_user, reason

ADDRESS = re.compile(r'class="row-link" href="/leads/([0-9a-f-]{36})/"')


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def shown(client, user, **query):
    """The public ids of the rows, in their order."""
    client.force_login(user)
    answer = client.get(reverse("leads:leads", query=query))
    assert answer.status_code == 200
    return ADDRESS.findall(answer.text)


def ids(*leads):
    return [str(lead.public_id) for lead in leads]


def test_each_sees_the_leads_she_may_open_and_no_others(client, team, alice, eve, peter, mona):
    south = Team.objects.get(name="South")
    hers, theirs = make_lead(phase=Phase.WORKING, bdr=alice), make_lead(team=south)
    handed = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter)

    assert set(shown(client, alice)) == set(ids(hers, handed))
    assert set(shown(client, mona)) == set(ids(hers, handed))
    assert shown(client, eve) == ids(theirs)
    assert shown(client, peter) == ids(handed)
    assert set(shown(client, make_user("mark", Role.MARKETER))) == set(ids(hers, handed, theirs))
    for user, seen in ((alice, hers), (eve, theirs), (peter, handed)):
        client.force_login(user)
        assert client.get(reverse("leads:lead", args=[seen.public_id])).status_code == 200


def test_long_lists_show_an_account_executive_exactly_what_she_may_open(team, alice, mona, peter):
    petra, both = make_user("petra", Role.AE), make_user("both", Role.AE, Role.BDR, team=team)
    boss = make_user("boss", Role.AE, Role.ADMIN)
    for phase in (Phase.HANDED_OFF, Phase.ACCEPTED, Phase.QUALIFIED):
        make_lead(phase=phase, bdr=alice, ae=peter)
        make_lead(phase=phase, bdr=alice, ae=petra)
    passed, _kept = HandOff.objects.filter(state=HandOff.State.SENT).order_by("pk")
    HandOff.objects.filter(pk=passed.pk).update(escalated_to=petra)
    HandOff.objects.filter(lead__phase=Phase.ACCEPTED).update(lent_to=peter)
    asleep = make_lead(phase=Phase.WORKING, bdr=alice)
    Lead.objects.filter(pk=asleep.pk).update(ae=petra)
    Absence.objects.create(
        user=petra,
        starts_at=timezone.now() - timedelta(days=1),
        ends_at=timezone.now() + timedelta(days=400),
        cover=peter,
    )
    release_absent(at=NOON)

    def as_listed(user):
        return seen_by(user, has_closed=True)

    for user in (alice, mona, peter, petra, both, boss):
        seen, listed = (set(ask(user)) for ask in (Lead.objects.visible_to, as_listed))
        assert listed == seen, user
        assert set(seen_by(user, has_closed=False)) == {lead for lead in seen if lead.is_open}
    assert as_listed(peter).count() > 3


def test_another_team_in_the_address_shows_nothing_of_it(client, team, alice, eve):
    south = Team.objects.get(name="South")
    make_lead(team=south)
    make_lead(team=team)

    client.force_login(alice)
    page = client.get(reverse("leads:leads", query={"team": south.pk}))

    assert "could not be read" in page.text
    assert "South" not in page.text
    assert ">Eve<" not in page.text


def test_closed_leads_are_shown_when_they_are_asked_for(client, alice):
    opened, closed = (make_lead(phase=Phase.WORKING, bdr=alice) for _ in range(2))
    disqualify_lead(closed, reason=reason("bad_data"), by=alice, at=NOON)

    assert shown(client, alice) == ids(opened)
    assert shown(client, alice, phase="closed") == ids(closed)
    assert set(shown(client, alice, phase="all", sort="due")) == set(ids(opened, closed))
    assert "Disqualified: Bad data" in client.get(reverse("leads:leads", query={"phase": "closed"})).text


@pytest.fixture
def several(team, alice, bob, peter):
    """One lead that every filter below finds, and one that none does."""
    CustomField.objects.create(entity="person", key="size", label="Size", type="number", filterable=True)
    CustomField.objects.create(entity="person", key="vip", label="VIP", type="boolean", filterable=True)
    CustomField.objects.create(entity="account", key="since", label="Since", type="date", filterable=True)
    CustomField.objects.create(entity="account", key="erp", label="ERP", filterable=True)
    CustomField.objects.create(entity="person", key="grade", label="Grade", type="choice", choices=["x", "y"],
                               filterable=True)  # fmt: skip
    account = make_account(name="Halden Tools", custom={"since": "2026-05-01", "erp": "Old Torqline"})
    person = make_person(
        given_name="Mara", account=account, custom={"size": 12.5, "vip": True, "grade": "x"}, title="CTO"
    )
    wanted = make_lead(
        phase=Phase.HANDED_OFF, person=person, account_id=account.pk, bdr=alice, ae=peter, source="Spring fair",
        lane=Lane.LIST, origin=Lead.Origin.IMPORT, at=NOON - timedelta(days=9),
    )  # fmt: skip
    Lead.objects.filter(pk=wanted.pk).update(
        tier="A2", last_touched_at=NOON - timedelta(days=8), due_at=NOON - timedelta(hours=1)
    )
    other = make_person(account=make_account(), custom={"size": 3, "vip": False, "grade": "y"})
    make_lead(phase=Phase.WORKING, person=other, bdr=bob, at=NOON - timedelta(days=1))
    Lead.objects.exclude(pk=wanted.pk).update(due_at=NOON + timedelta(days=9), tier="B1")
    index_people(Person.objects.values_list("pk", flat=True))
    index_accounts([account.pk])
    return wanted


@pytest.mark.parametrize(
    "query",
    [
        {"q": "mara halden"},
        {"phase": "handed_off"},
        {"lane": "list"},
        {"tier": "A"},
        {"tier": "A2"},
        {"due": "overdue"},
        {"due": "today"},
        {"due": "week"},
        {"origin": "import"},
        {"source": "spring"},
        {"account": "halden"},
        {"came_from": "2027-02-20", "came_to": "2027-02-20"},
        {"came_to": "2027-02-25"},
        {"untouched_since": "2027-02-22"},
        {"person_size": "12.5"},
        {"person_vip": "yes"},
        {"person_grade": "x"},
        {"account_since": "2026-05-01"},
        {"account_erp": "torqline"},
    ],
)
def test_each_filter_leaves_what_it_says(client, mona, several, query):
    assert shown(client, mona, **query) == ids(several)


def test_who_left_and_a_team_that_was_retired_are_still_read_in_an_address(client, eve, mona, alice, bob, peter, team):
    carl = make_user("carl", Role.BDR, team=team)
    south = eve.memberships.get().team
    hers, others = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter), make_lead(phase=Phase.WORKING, bdr=bob)
    User.objects.filter(pk__in=[alice.pk, peter.pk]).update(is_active=False)
    north = make_lead(team=team)

    assert shown(client, mona, rep=alice.pk, phase="all") == ids(hers)
    assert "Alice, who left" in client.get(reverse("leads:leads", query={"rep": alice.pk})).text
    assert shown(client, mona, ae=peter.pk, phase="all") == ids(hers)
    # Also where only what is open is shown, and nothing of it is hers.
    disqualify_lead(ended := make_lead(phase=Phase.WORKING, bdr=carl), reason=reason("bad_data"), by=carl, at=NOON)
    User.objects.filter(pk=carl.pk).update(is_active=False)
    assert shown(client, mona, rep=carl.pk) == []
    assert shown(client, mona, rep=carl.pk, phase="all") == ids(ended)
    # Whom none of her leads names is nobody to her: as what cannot be read it asks for nothing.
    nobody = make_user("nobody")
    assert set(shown(client, mona, rep=nobody.pk, phase="all")) == set(ids(hers, others, north, ended))

    retire_team(south, successor=team, at=NOON)
    assert set(shown(client, mona, team=south.pk)) == set(ids(hers, others, north))
    assert f'value="{team.pk}" selected' in client.get(reverse("leads:leads", query={"team": south.pk})).text


def test_people_stage_reason_and_account_are_filtered_by_their_ids(client, mona, alice, peter, team, several):
    asked = {
        "rep": alice.pk, "ae": peter.pk, "stage": several.stage_id,
        "account": several.account.public_id,
    }  # fmt: skip

    for name, value in asked.items():
        assert shown(client, mona, **{name: value}) == ids(several), name
    assert len(shown(client, mona, team=team.pk)) == 2
    assert shown(client, mona, rep="none") == []
    pooled, asleep = make_lead(team=team), make_lead(phase=Phase.NURTURE, bdr=alice)
    assert shown(client, mona, rep="none") == ids(pooled)
    assert shown(client, mona, reason=asleep.reason_id) == ids(asleep)


def test_what_cannot_be_read_is_left_out_and_said(client, mona, several):
    client.force_login(mona)
    nonsense = {
        "phase": "x", "stage": "1'", "rep": "9" * 40, "due": "never", "came_from": "9999-12-31", "sort": "name",
        "person_size": "many", "untouched_since": "0001-01-01", "source": "a\0b", "after": "x_y", "bdr__email": "a",
    }  # fmt: skip

    page = client.get(reverse("leads:leads", query=nonsense))

    assert len(ADDRESS.findall(page.text)) == 2
    assert "could not be read" in page.text
    assert "Came in from" in page.text


def test_a_field_that_is_not_marked_or_retired_is_no_filter(client, mona, several):
    CustomField.objects.filter(key="size").update(filterable=False)
    CustomField.objects.filter(key="vip").update(retired_at=NOON)

    assert len(shown(client, mona, person_size="12.5", person_vip="yes")) == 2


@pytest.mark.parametrize("sort", ["due", "came", "quiet", "touched"])
def test_every_order_leads_through_all_of_them_and_back_again(client, monkeypatch, alice, sort):
    monkeypatch.setattr("leads.lead_list.PAGE", 3)
    # Two of a moment each, so that a page ends between equals; every other one was touched.
    made = [make_lead(bdr=alice, at=NOON - timedelta(hours=number // 2)) for number in range(8)]
    for lead in made[::2]:
        Lead.objects.filter(pk=lead.pk).update(last_touched_at=lead.created_at + timedelta(minutes=90))
    column = {"due": "due_at", "came": "created_at"}.get(sort)
    leads = list(Lead.objects.all())
    leads.sort(
        key=lambda lead: (getattr(lead, column) if column else lead.last_touched_at or lead.created_at, lead.pk),
        reverse=sort in ("came", "touched"),
    )
    client.force_login(alice)

    pages, url = [], reverse("leads:leads", query={"sort": sort})
    while url:
        text = client.get(url).text
        pages.append(ADDRESS.findall(text))
        url = next(iter(re.findall(r'href="([^"]*)" rel="next"', text)), "").replace("&amp;", "&")
        url = url and reverse("leads:leads") + url
    back, earlier = [], re.findall(r'href="([^"]*)" rel="prev"', text)
    while earlier:
        text = client.get(reverse("leads:leads") + earlier[0].replace("&amp;", "&")).text
        back.insert(0, ADDRESS.findall(text))
        earlier = re.findall(r'href="([^"]*)" rel="prev"', text)

    assert [one for page in pages for one in page] == ids(*leads)
    assert [len(page) for page in pages] == [3, 3, 2]
    assert back == pages[:2]


def test_the_number_is_said_up_to_a_bound(client, monkeypatch, alice):
    monkeypatch.setattr("leads.lead_list.COUNT_MAX", 2)
    monkeypatch.setattr("leads.views.leads.COUNT_MAX", 2)
    make_lead(bdr=alice), make_lead(bdr=alice)
    client.force_login(alice)
    assert "<span>2 leads</span>" in client.get(reverse("leads:leads")).text

    make_lead(bdr=alice)
    assert "more than 2 leads" in client.get(reverse("leads:leads")).text


@pytest.mark.parametrize("rows", [1, 20])
def test_the_list_costs_the_same_statements_however_long_it_is(client, alice, mona, rows):
    for number in range(rows):
        make_lead(bdr=alice, phase=Phase.WORKING if number % 2 else Phase.QUEUED)
        make_user(f"rep{number}", Role.BDR, team=alice.memberships.get().team)
    client.force_login(mona)
    client.get(reverse("leads:leads"))

    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("leads:leads"))

    # Session, user, memberships; own fields and what filters offer; page and count; the rail.
    assert len(queries) == 8


def test_a_row_says_where_a_lead_stands_and_what_else_tells_it_apart(client, alice):
    account = make_account(name="Corvane")
    person = make_person(given_name="Ada", family_name="Holm", title="Planner", account=account)
    lead = make_lead(phase=Phase.WORKING, person=person, account_id=account.pk, bdr=alice, source="Webinar")
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    client.force_login(alice)

    page = client.get(reverse("leads:leads")).text

    assert ">Ada Holm</a> Corvane · Planner</span>" in page
    assert f'<span class="what">{Stage.objects.get(key="attempting").label} · Alice</span>' in page
    assert "Content · C3 · Webinar · 1 attempt · touched today" in page
