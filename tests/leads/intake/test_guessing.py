"""Columns are guessed from their names and never against their values; nothing is guessed twice."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import CustomField
from leads.intake import headers as tables
from leads.intake.guessing import (
    COMPANIES,
    PEOPLE,
    TARGETS,
    guess_file_kind,
    guess_identity,
    guess_mapping,
    guess_source,
)
from leads.intake.reading import profile

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data lies beside the project, not here")


def guess(**columns):
    """{column: guess} for columns given as name=[values]."""
    names = [name.replace("__", " ") for name in columns]
    found = guess_mapping(names, list(columns.values()), rows=100, filled=[100] * len(names))
    return {name: found[at] for at, name in enumerate(columns)}


def mapped(path):
    described = profile(SHARED / path)
    kind = guess_file_kind(described.headers)
    filled = [column.filled for column in described.columns]
    guesses = guess_mapping(described.headers, described.samples, rows=described.rows, filled=filled)
    return kind, guesses, {guess.target: described.headers[at] for at, guess in guesses.items() if guess.target}


@pytest.mark.parametrize(
    "name", ["E-mail", "email_address", "EmailAddress", "EMAIL", "Work Email", "E-mail 1 - Value", "Emial address"]
)
def test_a_name_is_known_however_it_is_written(name):
    found = guess_mapping([name], [["ada@example.com"]])

    assert found[0].target == "person.email"
    assert found[0].reason


def test_values_that_say_otherwise_outweigh_the_name():
    found = guess(
        title=["Mr.", "Mrs.", "Dr."],
        email=["yes", "no"],
        phone=["unknown", "Apple"],
        date=["soon"],
        country=["Atlantis"],
    )

    assert [found[name].target for name in found] == [None] * 5


def test_values_speak_where_the_name_says_nothing():
    found = guess(a=["ada@example.com"], b=["https://linkedin.com/in/ada"], c=["Europe/Berlin", "Asia/Tokyo"])

    assert [item.target for item in found.values()] == ["person.email", "person.linkedin", "person.time_zone"]


def test_no_target_is_given_twice_and_the_better_name_wins():
    found = guess(Personal__Email=["a@b.example"], Email=["c@d.example"], Lead__Number=["1"], Prospect__ID=["x"])

    assert [item.target for item in found.values()] == [None, "person.email", None, "person.external_id"]
    assert found["Personal__Email"].custom.key == "personal_email"


def test_owner_and_change_date_are_ignored_with_a_reason():
    found = guess(Contact__Owner=["x@example.com"], Last__Modified__Date=["2026-01-01"], OWNERID=["1"])

    assert [(item.target, item.custom, item.is_ignored) for item in found.values()] == [(None, None, True)] * 3


def test_columns_nobody_knows_are_offered_as_fields_of_their_own():
    found = guess(
        pets=["Yes", "No"],
        visits=["0", "12", "7.5"],
        price=["1,234"],
        renewal=["03/04/2026"],
        colour=["Select", "red", "blue"],
        zipcode=["06652", "44313"],
        wishes=[f"word {n}" for n in range(90)],
    )

    assert [(c.custom.type, c.custom.format, c.custom.choices) for c in found.values()] == [
        ("boolean", "", ()),
        ("number", "plain", ()),
        ("number", "ask", ()),
        ("date", "ask", ()),
        ("choice", "", ("red", "blue")),
        ("text", "", ()),
        ("text", "", ()),
    ]
    assert {c.custom.type for c in found.values()} <= set(CustomField.Type.values)


def test_empty_column_goes_nowhere_and_a_constant_one_is_left_out_unless_asked():
    found = guess(fax=["", "  ", "n/a"], promised=["No"])

    assert (found["fax"].target, found["fax"].custom) == (None, None)
    assert found["promised"].custom.is_kept is False
    assert "No" in found["promised"].reason


def test_keys_of_fields_are_slugs_and_differ():
    names = ["Wie groß?", "wie gross", "日本", "x" * 200, "Größe (cm)"]
    found = guess_mapping(names, [[str(n), "other"] for n in range(5)])
    keys = [found[at].custom.key for at in range(5)]

    assert keys == ["wie_gross", "wie_gross_2", "column", "x" * 56, "grosse_cm"]
    assert all(len(found[at].custom.label) <= 120 for at in range(5))


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(max_size=30), st.lists(st.text(max_size=20), max_size=5)), max_size=8))
def test_any_file_gets_a_guess_for_every_column(columns):
    names, samples = [name for name, _values in columns], [values for _name, values in columns]

    found = guess_mapping(names, samples, rows=10, filled=[5] * len(names))
    targets = [item.target for item in found.values() if item.target]

    assert sorted(found) == list(range(len(columns)))
    assert len(targets) == len(set(targets))
    assert guess_file_kind(names) in (PEOPLE, COMPANIES)


def test_every_name_in_the_tables_leads_to_a_target_we_have():
    for table in (tables.PEOPLE_HEADERS, tables.COMPANY_HEADERS):
        assert {target for target, _confidence in table.values()} <= set(TARGETS)
        assert all(key.isascii() and key.isalnum() and key.islower() for key in table)


def test_identity_is_the_strongest_column_there_is():
    def identity(*names):
        guesses = guess_mapping(names, [["a@b.example" if "ail" in name else "030 123456"] for name in names])
        found = guess_identity(guesses)
        return found and (found.target, found.columns)

    assert identity("Prospect ID", "Email") == ("person.email", (1,))
    assert identity("Prospect ID", "Phone") == ("person.external_id", (0,))
    assert identity("Mobile", "Phone") == ("person.mobile", (0,))
    assert identity("Name", "Company") == ("person.full_name", (0, 1))
    assert identity("Name") is None


@needs_shared
@pytest.mark.parametrize(
    ("path", "kind", "source"),
    [
        ("x_education_leads/Leads.csv", PEOPLE, ""),
        ("hubspot_export_dummy/hubspot_contacts.csv", PEOPLE, "hubspot"),
        ("hubspot_export_dummy/hubspot_companies.csv", COMPANIES, "hubspot"),
        ("salesforce_dataloader_samples/accountData.csv", COMPANIES, "salesforce"),
        ("vendor_export_samples/salesforce_contact_report.csv", PEOPLE, "salesforce"),
        ("vendor_export_samples/mailchimp_subscribed.csv", PEOPLE, "mailchimp"),
        ("vendor_export_samples/apollo_export_min.csv", PEOPLE, "apollo"),
        ("vendor_export_samples/eventbrite_attendees.csv", PEOPLE, "eventbrite"),
        ("vendor_export_samples/zoom_attendee_report_synthetic_noshow.csv", PEOPLE, "zoom"),
        ("vendor_export_samples/google_contacts.csv", PEOPLE, "google"),
        ("mautic_contacts/fakeleaddata.csv", PEOPLE, ""),
        ("mautic_contacts/fakecompanydata.csv", COMPANIES, ""),
        ("fortune1000_companies/companies.csv", COMPANIES, ""),
        ("maven_crm_sales/accounts.csv", COMPANIES, ""),
    ],
)
def test_kind_and_tool_of_real_files_are_told_by_their_columns(path, kind, source):
    headers = profile(SHARED / path).headers

    assert (guess_file_kind(headers), guess_source(headers)) == (kind, source)


@needs_shared
def test_x_education_is_mapped_as_a_marketer_would():
    _kind, guesses, found = mapped("x_education_leads/Leads.csv")

    assert found == {
        "person.external_id": "Prospect ID",
        "lead.source": "Lead Source",
        "lead.do_not_email": "Do Not Email",
        "lead.do_not_call": "Do Not Call",
        "lead.status": "Converted",
        "person.country": "Country",
        "person.city": "City",
    }
    customs = [guess.custom for guess in guesses.values() if guess.custom]
    assert (len(customs), sum(not custom.is_kept for custom in customs)) == (30, 5)
    # Everything the provenance of the file says was written after the sales contact.
    assert sorted(custom.label for custom in customs if custom.not_for_scores) == [
        "Asymmetrique Activity Index",
        "Asymmetrique Activity Score",
        "Asymmetrique Profile Index",
        "Asymmetrique Profile Score",
        "Last Activity",
        "Last Notable Activity",
        "Lead Profile",
        "Lead Quality",
        "Tags",
    ]
    assert guess_identity(guesses).target == "person.external_id"
    assert guesses[37].custom is None


@needs_shared
def test_hubspot_files_meet_by_the_company_domain():
    _kind, people, contacts = mapped("hubspot_export_dummy/hubspot_contacts.csv")
    kind, accounts, companies = mapped("hubspot_export_dummy/hubspot_companies.csv")

    assert (contacts["account.domain"], companies["account.domain"]) == (
        "Associated Company Domain",
        "Company Domain Name",
    )
    assert contacts["lead.status"] == "Lifecycle Stage"
    assert "account.website" not in contacts
    assert guess_identity(people).target == "person.email"
    assert guess_identity(accounts, kind=kind).target == "account.domain"
