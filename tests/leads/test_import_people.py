"""A file of people or companies: who is met, what is kept, what is counted."""

from datetime import timedelta

import pytest
from django.db import connection

from accounts.actions.people import correct_person, suppress_key, suppression_key
from accounts.models import (
    Account,
    AccountDomain,
    ContactPoint,
    CustomField,
    Employment,
    ExternalId,
    Person,
    SearchText,
    Suppression,
)
from leads.actions.claiming import claim_lead, release_lead
from leads.actions.import_rows import preview, run_imports
from leads.actions.importing import start_import
from leads.actions.logging import add_note
from leads.actions.releasing import release_due
from leads.models import Engagement, EngagementKey, ImportReject, Interest, Lead, Recycling, Release, Verdict
from team.clock import database_now
from tests.leads.files import EARLIER, answered, bring, counts, decided, received
from tests.make import make_account, make_lead, make_person

pytestmark = pytest.mark.django_db

THREE = (
    "Email,First name,Last name,Company,Score\n"
    "a@corvane.io,Ada,Holm,Corvane,7\n"
    "b@corvane.io,Bo,Lind,Corvane,8\n"
    "c@halden.io,Cy,Oduya,Halden,9\n"
)


def test_people_their_accounts_and_their_engagements_come_in(team, lea):
    run = bring(THREE, by=lea)

    assert counts(run) == (3, 0, 0, 0)
    assert (run.state, run.rows_total) == ("done", 3)
    people = Person.objects.order_by("pk")
    assert [(p.name, p.source, p.custom) for p in people] == [
        ("Ada Holm", "Spring list", {"score": 7}),
        ("Bo Lind", "Spring list", {"score": 8}),
        ("Cy Oduya", "Spring list", {"score": 9}),
    ]
    assert sorted(Account.objects.values_list("name", flat=True)) == ["Corvane", "Halden"]
    assert Employment.objects.filter(account__name="Corvane", is_current=True).count() == 2
    assert list(Engagement.objects.values_list("kind", "at", "source", "points").distinct()) == [
        ("listed", EARLIER, "Spring list", 1)
    ]
    assert Interest.objects.count() == 3
    assert Release.objects.filter(state="waiting").count() == 3


def test_same_file_twice_creates_nothing_twice(team, lea):
    bring(THREE, by=lea)
    before = _everything()

    again = bring(THREE, by=lea)

    assert counts(again) == (0, 0, 3, 0)
    assert _everything() == before


def test_same_person_three_times_in_a_file_is_one(team, lea):
    run = bring("Email,First name\na@corvane.io,Ada\nA@Corvane.io ,Ada\na@corvane.io,Ada\n", by=lea)

    assert counts(run) == (1, 0, 2, 0)
    assert (Person.objects.count(), Release.objects.count(), EngagementKey.objects.count()) == (1, 1, 1)


def test_changed_row_updates_and_fills_but_a_human_correction_stands(team, lea, alice):
    bring("Email,First name,City\na@corvane.io,Ada,Oslo\nb@corvane.io,Bo,\n", by=lea)
    ada = Person.objects.get(given_name="Ada")
    correct_person(ada, expect=1, by=alice, at=database_now(), city="Bergen")

    run = bring("Email,First name,City\na@corvane.io,Adah,Oslo\nb@corvane.io,Bob,Narvik\n", by=lea)

    assert counts(run) == (0, 1, 1, 0)
    assert list(Person.objects.order_by("pk").values_list("given_name", "city")) == [
        ("Ada", "Bergen"),
        ("Bob", "Narvik"),
    ]


def test_outside_id_finds_her_again_whatever_her_address_is_now(team, lea):
    bring("Contact ID,Email\n7,a@corvane.io\n", by=lea, ids_from="hubspot")

    run = bring("Contact ID,Email\n7,ada@halden.io\n", by=lea, ids_from="hubspot")

    assert counts(run) == (0, 1, 0, 0)
    assert sorted(ContactPoint.objects.values_list("normalised", "is_primary")) == [
        ("a@corvane.io", True),
        ("ada@halden.io", False),
    ]


def test_two_ids_of_one_system_are_two_people_though_they_share_an_address(team, lea):
    run = bring("Contact ID,Email,First name\n7,info@corvane.io,Ada\n8,info@corvane.io,Bo\n", by=lea)

    assert counts(run) == (2, 0, 0, 0)
    assert ContactPoint.objects.count() == 1
    assert run.tallies["notes"] == {"email_of_another": 1}


def test_name_and_phone_find_her_again_and_so_do_name_and_company(team, lea):
    content = "First name,Last name,Phone,Company\nAda,Holm,+4722334455,Corvane\nBo,Lind,,Corvane\n"
    bring(content, by=lea)

    assert counts(bring(content, by=lea)) == (0, 0, 2, 0)


def test_people_meet_accounts_by_domain_then_outside_id_then_address(team, lea):
    corvane, halden, brevik = make_account(name="Corvane"), make_account(name="Halden"), make_account(name="Brevik")
    AccountDomain.objects.create(account=corvane, domain="corvane.io")
    ExternalId.objects.create(entity="account", account=halden, source="crm", value="H1")
    AccountDomain.objects.create(account=brevik, domain="brevik.no")
    content = (
        "Email,Company domain,Company ID\n"
        "a@brevik.no,www.corvane.io,H1\n"
        "b@brevik.no,unknown.io,H1\n"
        "c@brevik.no,,\n"
        "d@gmail.com,gmail.com,\n"
        "e@example.com,,\n"
    )

    bring(
        content,
        by=lea,
        columns={
            "Company domain": {"target": "company_domain"},
            "Company ID": {"target": "company_external_id", "source": "crm"},
        },
    )

    met = dict(Employment.objects.values_list("person__contact_points__normalised", "account__name"))
    assert met == {"a@brevik.no": "Corvane", "b@brevik.no": "Halden", "c@brevik.no": "Brevik"}
    assert Account.objects.count() == 3


def test_name_of_a_company_finds_exactly_one_or_makes_one(team, lea):
    make_account(name="Corvane, Inc.")
    make_account(name="Halden")
    make_account(name="halden")

    bring("Email,Company\na@x1.io,corvane inc\nb@x2.io,Halden\nc@x3.io,Halden\n", by=lea)

    jobs = Employment.objects.values_list("person__contact_points__normalised", "account__name")
    assert dict(jobs)["a@x1.io"] == "Corvane, Inc."
    # Two of that name: which is meant nobody knows, so a third is made for the first and for the next.
    assert Account.objects.filter(name__iexact="halden").count() == 4


def test_companies_file_updates_by_domain_and_makes_each_once(team, lea):
    content = (
        "Company ID,Company name,Company domain name,Industry,Employees\n"
        "1,Corvane,corvane.io,Software,250\n"
        "2,Halden,halden.io,Marine,80\n"
    )

    first, again = bring(content, by=lea, kind="companies"), bring(content, by=lea, kind="companies")

    assert (counts(first), counts(again)) == ((2, 0, 0, 0), (0, 0, 2, 0))
    assert sorted(Account.objects.values_list("name", "industry", "employees", "domains__domain")) == [
        ("Corvane", "Software", 250, "corvane.io"),
        ("Halden", "Marine", 80, "halden.io"),
    ]
    assert Engagement.objects.count() == 0


def test_status_says_what_becomes_of_each(team, lea):
    content = (
        "Email,Company,Status\n"
        + "".join(
            f"{name}@{host}.io,{host.title() if host != 'alone' else ''},{name}\n"
            for name, host in [
                ("new", "nova"),
                ("known", "kappa"),
                ("asleep", "alpha"),
                ("bought", "beta"),
                ("gone", "gamma"),
            ]
        )
        + "solo@alone.io,,bought\n"
    )
    meanings = {
        "new": "new_lead",
        "known": "person",
        "asleep": "recycled:unresponsive",
        "bought": "customer",
        "gone": "disqualified:competitor",
    }

    run = bring(content, by=lea, columns={"Status": {"target": "status"}}, meanings=meanings)

    assert run.tallies["became"] == {"new_lead": 1, "person": 1, "recycled": 1, "customer": 2, "disqualified": 1}
    assert Account.objects.get(name="Beta").standing == "customer"
    assert Person.objects.get(contact_points__normalised="solo@alone.io").standing == "customer"
    asleep, gone = Lead.objects.get(phase="nurture"), Lead.objects.get(phase="closed")
    assert (asleep.reason.key, Recycling.objects.get().category) == ("unresponsive", "unresponsive")
    assert (gone.reason.key, gone.closed_as) == ("competitor", "disqualified")
    assert list(Release.objects.values_list("person__contact_points__normalised", flat=True)) == ["new@nova.io"]
    assert sorted(Verdict.objects.values_list("answer", flat=True)) == ["old"] * 3 + ["standing"] * 2


def test_do_not_columns_suppress_at_once_and_nothing_takes_it_back(team, lea):
    content = (
        "Email,Phone,Do Not Email,Do Not Call\n"
        "a@x.io,+4722334455,Yes,No\n"
        "b@x.io,,Yes,\n"
        "c@x.io,+4722334466,Yes,1\n"
        "d@x.io,,,\n"
    )
    run = bring(content, by=lea)

    bring(content.replace("Yes", "No").replace(",1", ",0"), by=lea)

    assert sorted(Suppression.objects.values_list("person__contact_points__normalised", "channel").distinct()) == [
        ("+4722334455", "email"),
        ("+4722334466", "email"),
        ("+4722334466", "phone"),
        ("a@x.io", "email"),
        ("b@x.io", "email"),
        ("c@x.io", "email"),
        ("c@x.io", "phone"),
    ]
    # Who can still be called is worked by phone; who cannot be reached at all stays an inquiry.
    assert run.tallies["became"] == {"new_lead": 2, "suppressed": 2}


def test_erased_person_is_refused_and_a_silent_address_comes_in_silent(team, lea):
    suppress_key("ada@corvane.io", "all", source="erasure", at=database_now())
    suppress_key("bo@corvane.io", "email", source="unsubscribe", at=database_now())

    run = bring("Email\nAda@corvane.io\nada+news@corvane.io\nbo@corvane.io\n", by=lea)

    assert counts(run) == (1, 0, 0, 2)
    assert run.tallies["reasons"] == {"erased": 2}
    assert list(Suppression.objects.exclude(person=None).values_list("channel", flat=True)) == ["email"]
    assert "ada" not in suppression_key("ada@corvane.io")


@pytest.mark.parametrize(
    ("source", "column", "whose"),
    [("unsubscribe", "", "unsubscribe"), ("complaint", "", "complaint"), ("unsubscribe", "yes", "import")],
)
def test_a_silent_address_that_a_file_names_stays_the_word_of_who_said_it(team, lea, source, column, whose):
    make_person(email="bo@corvane.io")
    suppress_key("bo@corvane.io", "email", source=source, at=database_now())

    bring(f"Email,Do not email\nbo@corvane.io,{column}\n", by=lea)
    assert Suppression.objects.get(person__isnull=False).source == whose

    # What the file says itself stands, whoever takes back theirs.
    bring("Email,Do not email\nbo@corvane.io,yes\n", by=lea)
    said = Suppression.objects.get(person__isnull=False).source
    assert said == (whose if whose == "complaint" else "import")


def test_open_lead_gets_the_engagement_and_no_second_lead(team, lea):
    person = make_person(email="ada@corvane.io")
    make_lead(person=person, team=team, at=database_now())

    run = bring("Email\nada@corvane.io\n", by=lea)

    assert counts(run) == (0, 1, 0, 0)
    assert (Release.objects.count(), Engagement.objects.filter(person=person).count()) == (0, 1)


def test_owner_state_and_creation_columns_are_never_taken(team, lea):
    content = "Email,Owner,Lead owner,Created by,Last modified date\na@x.io,alice,alice,alice,2020-01-01\n"
    run = bring(content, by=lea)

    assert [column["target"] for column in run.mapping["columns"]] == ["email", *["protected"] * 4]
    person = Person.objects.get()
    assert (person.custom, person.created_at.year) == ({}, database_now().year)


def test_own_field_is_made_once_and_marked_not_for_scores(team, lea):
    bring("Email,Tags,Budget\na@x.io,hot,12\n", by=lea)
    bring("Email,Tags,Budget\nb@x.io,cold,13\n", by=lea)

    assert sorted(CustomField.objects.values_list("key", "type", "not_for_scores")) == [
        ("budget", "number", False),
        ("tags", "text", True),
    ]


def test_country_nobody_knows_is_kept_as_written_beside_the_country(team, lea):
    run = bring("Email,Country\na@x.io,Norway\nb@x.io,Norge\nc@x.io,Atlantis\n", by=lea)

    assert counts(run) == (3, 0, 0, 0)
    assert list(Person.objects.order_by("pk").values_list("country", "custom")) == [
        ("NO", {}),
        ("NO", {}),
        ("", {"country_as_written": "Atlantis"}),
    ]
    assert run.tallies["notes"] == {"unknown_country": 1}
    assert CustomField.objects.get().label == "Country as written"


def test_countries_that_all_have_a_code_need_no_field(team, lea):
    bring("Email,Country\na@x.io,Norway\nb@x.io,Select\nc@x.io,\n", by=lea, empty=["Select"])

    assert CustomField.objects.count() == 0


def test_country_of_a_company_nobody_knows_is_kept_too(team, lea):
    content = "Company name,Domain,Country\nCorvane,corvane.io,Atlantis\n"
    run = bring(content, by=lea, kind="companies", columns={"Country": {"target": "country"}})

    account = Account.objects.get()
    assert (account.country, account.custom) == ("", {"country_as_written": "Atlantis"})
    assert run.tallies["notes"] == {"unknown_country": 1}


def test_row_the_database_refuses_is_rejected_and_the_others_come_in(team, lea):
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "CREATE TRIGGER no BEFORE INSERT ON accounts_contactpoint WHEN NEW.normalised = 'bad@x.io'"
                " BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        else:
            cursor.execute("ALTER TABLE accounts_contactpoint ADD CONSTRAINT no CHECK (normalised <> 'bad@x.io')")

    run = bring("Email\na@x.io\nbad@x.io\nc@x.io\n", by=lea)

    assert counts(run) == (2, 0, 0, 1)
    assert ImportReject.objects.values_list("code", "row_no").get() == ("not_stored", 2)


def _everything():
    models = (Person, Account, ContactPoint, Employment, ExternalId, Engagement, EngagementKey, Release, Verdict, Lead)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def test_same_people_from_the_same_source_at_another_moment_are_counted_before_they_are_told_twice(team, lea):
    bring(THREE, by=lea)
    other = THREE.replace("Cy,Oduya", "Cyril,Oduya") + "d@halden.io,Di,Berg,Halden,4\n"
    run = answered(decided(received(other, by=lea), by=lea), by=lea, at=EARLIER + timedelta(days=2))
    found = preview(run, at=database_now())
    assert (sorted(found.told_elsewhere.values()), found.other_moment) == ([EARLIER] * 3, EARLIER)
    assert preview(run, at=database_now()).outcomes == {"updated": 3, "created": 1}

    answered(run, by=lea, at=EARLIER)

    again = preview(run, at=database_now())
    assert (again.told_elsewhere, again.other_moment) == ({}, None)
    assert again.outcomes == {"duplicate": 2, "updated": 1, "created": 1}


def test_another_source_another_act_and_a_moment_of_the_row_itself_are_not_compared(team, lea):
    bring(THREE, by=lea)
    later = EARLIER + timedelta(days=2)
    for answers in ({"source": "Autumn list"}, {"engagement_kind": "attended"}):
        run = answered(decided(received(THREE, by=lea), by=lea), by=lea, at=later, **answers)
        assert preview(run, at=database_now()).told_elsewhere == {}
    dated = "Email,When\na@corvane.io,2025-06-05 10:00\n"
    columns = {"When": {"target": "moment", "format": "iso"}}
    run = answered(decided(received(dated, by=lea), by=lea, columns=columns), by=lea, at=later)
    assert preview(run, at=database_now()).told_elsewhere == {}


def worked(lea, alice, team):
    """Ana Suarez of Corvane, whom Alice works."""
    bring("Email,First name,Last name,Title,Company\nana@corvane.io,Ana,Suarez,Buyer,Corvane\n", by=lea, source="Old")
    ana = Person.objects.get()
    make_lead(person=ana, account_id=Account.objects.get().pk, bdr=alice, team=team, at=database_now())
    return ana


def test_whom_somebody_works_is_neither_renamed_nor_moved_by_a_file(team, lea, alice):
    ana = worked(lea, alice, team)
    rows = "Email,First name,Last name,Title,Company,City,Status\nana@corvane.io,Bo,X,Owner,Halden,Oslo,Customer\n"
    run = answered(decided(received(rows, by=lea), by=lea), by=lea)
    foreseen = dict(preview(run, at=database_now()).notes)
    run = bring(rows, by=lea)

    assert foreseen == run.tallies["notes"] == {"other_name": 1, "other_company": 1}
    ana.refresh_from_db()
    assert (ana.name, ana.city) == ("Ana Suarez", "Oslo")
    assert list(Employment.objects.values_list("account__name", "title", "is_current")) == [("Corvane", "Buyer", True)]
    accounts = Account.objects.order_by("name").values_list("name", "standing")
    assert list(accounts) == [("Corvane", "prospect"), ("Halden", "customer")]
    assert "suarez" in SearchText.objects.get(person=ana).text.lower()


def test_row_that_calls_her_the_same_still_tells_what_is_new(team, lea, alice):
    ana = worked(lea, alice, team)

    run = bring("Email,First name,Last name,Title,Company\nana@corvane.io,ana,Suarez,Head,CORVANE\n", by=lea)

    assert run.tallies["notes"] == {}
    assert ana.employments.get().title == "Head"


def test_lead_that_the_same_file_began_keeps_nothing(team, lea):
    content = "Email,First name,Company\n" + "a@mail.io,Ada,Corvane\n" * 30 + "a@mail.io,Bo,Halden\n" * 30
    run = answered(decided(received(content, by=lea), by=lea), by=lea)
    start_import(run, by=lea, at=database_now())
    run_imports(budget=0.0001, chunk_rows=30)
    release_due(at=database_now() + timedelta(seconds=1))
    assert Lead.objects.open().count() == 1
    run_imports(budget=100)

    assert Person.objects.get().name == "Bo"
    assert Employment.objects.get(is_current=True).account.name == "Halden"


def test_whom_somebody_took_up_since_the_import_began_keeps_name_and_company(team, lea, alice):
    bring("Email,First name,Company\na@mail.io,Ada,Corvane\nb@mail.io,Bea,Corvane\n", by=lea, source="Old")
    rows = "Email,First name,Company,Status\n" + "a@mail.io,Bo,Halden,New\n" + "z@mail.io,Zoe,Halden,Recycled\n" * 2
    run = answered(decided(received(rows + "z@mail.io,Zora,Corvane,New\n", by=lea), by=lea), by=lea)
    start_import(run, by=lea, at=database_now() - timedelta(days=2))
    make_lead(person=Person.objects.get(given_name="Ada"), bdr=alice, team=team, at=database_now() - timedelta(days=1))
    while run.state == "running":
        run_imports(budget=0.0001, chunk_rows=1)
        run.refresh_from_db()

    assert run.tallies["notes"] == {"other_name": 1, "other_company": 1}
    assert set(Person.objects.values_list("given_name", flat=True)) == {"Ada", "Bea", "Zora"}


@pytest.mark.parametrize(
    ("began_by", "act"),
    [("a release", "claim"), ("a release", "claim and give back"), ("a release", "note"), ("a row", "note")],
)
def test_lead_that_the_same_file_began_is_somebodys_once_she_acts_on_it(team, lea, alice, act, began_by):
    status = "New" if began_by == "a release" else "Recycled"
    rows = f"Email,First name,Company,Status\na@mail.io,Ada,Corvane,{status}\na@mail.io,Bo,Halden,{status}\n"
    run = answered(decided(received(rows, by=lea), by=lea), by=lea)
    start_import(run, by=lea, at=database_now())
    run_imports(budget=0.0001, chunk_rows=1)
    release_due(at=database_now() + timedelta(seconds=1))
    lead, now = Lead.objects.open().get(), database_now()
    if act == "note":
        add_note(lead, text="I know her", by=alice, at=now)
    else:
        claim_lead(lead, by=alice, at=now)
        if act == "claim and give back":
            release_lead(lead, by=alice, at=now)
    while run.state == "running":
        run_imports(budget=100, chunk_rows=1)
        run.refresh_from_db()

    assert run.tallies["notes"] == {"other_name": 1, "other_company": 1}
    assert Person.objects.get().name == "Ada"
    assert Employment.objects.get().account.name == "Corvane"


def test_one_column_of_names_loses_nothing_anybody_is_called(team, lea):
    rows = "Name,Company,Email\nSultan Khan,Corvane,sultan@corvane.io\nDr. Ada Lovelace,Corvane,ada@corvane.io\n"

    run = bring(f"{rows}{'A' * 101} Khan,Corvane,long@corvane.io\n".encode(), by=lea)

    assert list(Person.objects.order_by("pk").values_list("given_name", "family_name")) == [
        ("Sultan", "Khan"),
        ("Ada", "Lovelace"),
    ]
    assert ImportReject.objects.get(import_run=run).code == "bad_text"
