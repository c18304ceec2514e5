"""A customer's people never reach a rep, wherever the file names the company; the page counts what there is."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Account, Person, Standing, Suppression
from agreement.models import Phase
from leads.actions.import_rows import preview, run_imports
from leads.actions.importing import start_import
from leads.actions.releasing import release_due
from leads.checking import check_all
from leads.import_page import result_of
from leads.models import ImportReject, Lead, Notice, Release
from team.clock import database_now
from tests.leads.files import answered, bring, counts, decided, received
from tests.make import make_account, make_lead, make_person

pytestmark = pytest.mark.django_db

NOT_BEGUN = "Not begun: at a customer, competitor or open deal. Known, no lead"
FOUR = """First Name,Last Name,Email,Company,Status
Sleepy,One,sleepy@rcy-acme.com,Rcy Acme,Recycled
Junk,Two,junk@rcy-acme.com,Rcy Acme,Junk
Cust,Three,cust@rcy-acme.com,Rcy Acme,Customer
Lead,Four,four@rcy-acme.com,Rcy Acme,New
"""
# Thirty companies of four people each; of every third one a customer stands somewhere in the file.
MANY = "Email,Company,Status\n" + "".join(
    f"p{n}@mail{n}.io,Company {n % 30},"
    f"{'Customer' if n >= 90 and n % 3 == 0 else ('New', 'Recycled', 'Junk', 'bad')[n // 30]}\n"
    if n % 11
    else f"bad,Company {n % 30},{'Customer' if n % 2 else 'New'}\n"
    for n in range(120)
)


def ready(content, lea, **answers):
    return answered(decided(received(content, by=lea), by=lea), by=lea, **answers)


def said(found, run):
    return [(str(words), count) for words, count in result_of(found, run).became]


def test_people_of_a_company_that_the_file_names_a_customer_have_no_lead_and_are_counted_so(team, lea, client):
    run = ready(FOUR, lea)
    foreseen = said(preview(run, at=database_now()), run)
    start_import(run, by=lea, at=database_now())
    run_imports(budget=100)
    run.refresh_from_db()
    release_due(at=database_now())

    assert (Lead.objects.count(), Release.objects.count(), Person.objects.count()) == (0, 0, 4)
    assert foreseen == said(run, run) == [("Customers: no lead", 1), (NOT_BEGUN, 3)]
    assert Person.objects.get(given_name="Sleepy").custom == {"status": "Recycled"}
    client.force_login(lea)
    page = client.get(reverse("leads:import", args=[run.public_id])).text
    assert NOT_BEGUN in page
    assert "Asleep" not in page


@pytest.mark.parametrize("rows", [1, 7, 40, 0])
def test_what_becomes_of_her_depends_neither_on_her_row_nor_on_the_chunk(team, lea, rows):
    run = ready(MANY, lea)
    foreseen = preview(run, at=database_now())
    start_import(run, by=lea, at=database_now())
    while run.state == "running":
        run_imports(budget=0.0001 if rows else 100, chunk_rows=rows)
        run.refresh_from_db()

    assert (run.state, counts(run)) == ("done", (109, 0, 0, 11))
    assert ImportReject.objects.values("row_no").distinct().count() == 11
    customers = Account.objects.filter(standing=Standing.CUSTOMER)
    assert customers.count() > 5
    assert not Lead.objects.filter(account__in=customers).exists()
    assert not Release.objects.filter(person__employments__account__in=customers).exists()
    became = run.tallies["became"]
    assert became == {key: count for key, count in foreseen.became.items() if count}
    assert became["recycled"] == Lead.objects.filter(phase="nurture").count() > 0
    assert became["disqualified"] == Lead.objects.filter(phase="closed").count() > 0
    assert became["new_lead"] == Release.objects.count() > 0


def test_preview_shows_the_first_rows_in_the_order_of_the_file(team, lea):
    run = ready(FOUR, lea)
    assert [draft.row_no for draft in preview(run, at=database_now()).first] == [1, 2, 3, 4]


def test_who_asked_for_silence_is_not_counted_as_asleep(team, lea):
    run = bring(
        "Email,Status,Do not contact\na@x.io,Recycled,yes\nb@x.io,Recycled,no\n",
        by=lea,
        columns={"Do not contact": {"target": "do_not_contact"}},
    )

    assert Suppression.objects.count() == 1
    assert run.tallies["became"] == {"suppressed": 1, "recycled": 1}
    assert Lead.objects.filter(phase="nurture").count() == 1


def test_what_routing_refuses_at_the_last_moment_is_counted_as_not_begun(team, lea):
    run = ready("Email,Status\na@x.io,Recycled\n", lea)
    team.is_default = False
    team.save()
    start_import(run, by=lea, at=database_now())
    run_imports(budget=100)
    run.refresh_from_db()

    assert run.tallies["became"] == {"no_team": 1}
    assert said(run, run) == [("Not begun: no team takes what no territory names", 1)]


def test_result_counts_the_leads_that_there_are_and_says_why_the_others_were_not_begun(team, lea):
    run = bring("email,company\n" + "".join(f"p{n}@{'ab'[n // 3]}.io,{'AB'[n // 3]}\n" for n in range(6)), by=lea)
    assert said(run, run) == [("Become leads within a minute", 6)]
    run.pace = "per_day"
    assert said(run, run) == [("Become leads on their day", 6)]

    Account.objects.filter(name="A").update(standing=Standing.CUSTOMER)
    release_due(at=database_now())

    assert said(run, run) == [("Became leads", 3), ("Not begun: their company is a customer", 3)]
    assert Lead.objects.count() == 3


@pytest.mark.parametrize("is_known", [True, False])
def test_customer_that_a_row_of_somebody_worked_elsewhere_names_is_one(team, lea, alice, is_known):
    kim = make_person(email="kim@mail.io", given_name="Kim", family_name="Oh", account=make_account(name="Acme"))
    make_lead(person=kim, phase=Phase.WORKING, bdr=alice, at=database_now() - timedelta(days=3))
    if is_known:
        make_account(name="Beta Works")
    rows = "Kim,Oh,kim@mail.io,Beta Works,Customer\nLee,Po,lee@mail.io,Beta Works,New\n"
    run = bring("First name,Last name,Email,Company,Status\n" + rows, by=lea)

    accounts = Account.objects.order_by("name").values_list("name", "standing")
    assert list(accounts) == [("Acme", "prospect"), ("Beta Works", "customer")]
    assert run.tallies["became"] == {"customer": 1, "not_a_prospect": 1}
    assert not Release.objects.exists()
    assert kim.employments.get().account.name == "Acme"


@pytest.mark.parametrize("is_known", [True, False])
def test_whether_a_namesake_is_known_changes_nothing_for_whoever_writes_from_where_she_is_worked(
    team, lea, alice, is_known
):
    acme = make_account(name="Acme")
    acme.domains.create(domain="acme.io")
    kim = make_person(email="kim@acme.io", given_name="Kim", family_name="Oh", account=acme)
    make_lead(person=kim, phase=Phase.WORKING, bdr=alice, at=database_now() - timedelta(days=3))
    if is_known:
        make_account(name="Acme Holding")
    rows = "Kim,Oh,kim@acme.io,Acme Holding,Customer\nLee,Po,lee@acme.io,Acme Holding,Customer\n"
    run = bring("First name,Last name,Email,Company,Status\n" + rows, by=lea)

    standings = dict(Account.objects.values_list("name", "standing"))
    assert standings == {"Acme": "customer"} | ({"Acme Holding": "prospect"} if is_known else {})
    # Reps do not work her any more, that is all.
    assert run.tallies["notes"] == {"lead_ended": 1}
    assert {person.employments.get(is_current=True).account for person in Person.objects.all()} == {acme}


def test_company_that_only_somebody_worked_elsewhere_names_is_not_made(team, lea, alice):
    kim = make_person(email="kim@mail.io", given_name="Kim", family_name="Oh", account=make_account(name="Acme"))
    make_lead(person=kim, phase=Phase.WORKING, bdr=alice, at=database_now() - timedelta(days=3))
    bring("First name,Last name,Email,Company,Status\nKim,Oh,kim@mail.io,Beta Works,New\n", by=lea)

    assert Account.objects.get().name == "Acme"


# One row in ten is a customer's; a preview without time reads a thousand of each kind.
LONG = "email,company,status\n" + "".join(
    f"p{n}@mail{n}.io,Company {n},{'New' if n % 10 else 'Customer'}\n" for n in range(12_000)
)


def test_leads_of_the_whole_file_are_counted_by_what_each_kind_of_row_has(team, lea, client, monkeypatch):
    run = ready(LONG, lea, pace="per_day", per_day=1000)
    found = preview(run, at=database_now(), seconds=0)

    assert not found.is_whole
    assert (found.became["customer"], found.became["new_lead"]) == (1000, 1000)
    assert found.leads_in_all == 10_800
    monkeypatch.setattr("leads.views.imports.preview", lambda run, at: found)
    client.force_login(lea)
    page = client.get(reverse("leads:import_answers", args=[run.public_id])).text
    assert f"{found.rows} of its 12000 rows" in page
    assert "its first" not in page


def test_rows_are_called_the_first_where_all_are_read_as_they_come(team, lea):
    found = preview(ready(LONG.replace(",Customer", ",New"), lea), at=database_now(), seconds=0)

    assert (found.is_whole, found.is_beginning) == (False, True)
    assert found.leads_in_all == 12_000


AT_ACME = "Email,Company,Status\nboss@acme-x.com,Acme,Customer\n"
HERSELF = "Email,Status\nkim@mail.io,Customer\n"
MOVED = "Email,Company,Status\nkim@mail.io,Globex,Customer\n"


@pytest.mark.parametrize("phase", [Phase.QUEUED, Phase.WORKING])
@pytest.mark.parametrize("content", [AT_ACME, HERSELF, MOVED])
def test_what_reps_have_at_whom_a_file_makes_a_customer_ends(team, lea, alice, content, phase):
    account = make_account(name="Acme") if content == AT_ACME else None
    kim = make_person(email="kim@mail.io", account=account)
    worked = phase == Phase.WORKING
    # Lately, so that nothing of theirs is late by now, whatever hour it is.
    at = database_now() - timedelta(minutes=1)
    lead = make_lead(person=kim, phase=phase, bdr=alice if worked else None, at=at)
    other = make_lead(phase=phase, bdr=lead.bdr, at=at)
    run = bring(content, by=lea)

    lead.refresh_from_db()
    other.refresh_from_db()
    assert (lead.phase, lead.closed_as, other.phase) == (Phase.CLOSED, "standing", phase)
    assert (lead.events.last().verb, lead.events.last().by) == ("stand_down", lea)
    assert list(Notice.objects.filter(lead=lead).values_list("user", "kind")) == [(alice.pk, "ended")] * worked
    assert run.tallies["notes"] == {"lead_ended": 1}
    assert {name: ids for name, ids in check_all(at=database_now()).items() if ids} == {}


def test_ending_leads_costs_a_file_of_customers_the_same_queries_for_one_and_for_many(team, lea, alice):
    spent = []
    for count in (1, 12):
        accounts = [make_account(name=f"Firm {count} {n}") for n in range(count)]
        for account in accounts:
            make_lead(person=make_person(account=account), phase=Phase.WORKING, bdr=alice, at=database_now())
        rows = "".join(f"p{count}{n}@firm{n}.io,{account.name},Customer\n" for n, account in enumerate(accounts))
        with CaptureQueriesContext(connection) as queries:
            bring("Email,Company,Status\n" + rows, by=lea)
        spent.append(len(queries))

    assert not Lead.objects.open().exists()
    assert spent[1] - spent[0] <= 2, spent
