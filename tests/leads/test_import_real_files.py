"""Files that nobody here wrote: what they must come to."""

import json
from pathlib import Path

import pytest

from accounts.models import Account, CustomField, Employment, Person, Suppression
from leads.actions.releasing import release_due
from leads.intake.reading import Profile
from leads.models import Lead, Release
from tests.leads.files import bring, counts, received

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data lies beside the project, not here"),
]
LEAKS = {
    "tags",
    "lead_quality",
    "lead_profile",
    "last_activity",
    "last_notable_activity",
    "converted",
    "asymmetrique_activity_index",
    "asymmetrique_profile_index",
    "asymmetrique_activity_score",
    "asymmetrique_profile_score",
}


def test_x_education_comes_in_whole_and_its_variant_creates_nobody(team, lea):
    folder = SHARED / "x_education_leads"
    answers = {"ids_from": "x-education", "pace": "per_day", "per_day": 100, "source": "X Education"}

    run = bring((folder / "Leads.csv").read_bytes(), by=lea, name="Leads.csv", **answers)

    assert counts(run) == (9240, 0, 0, 0)
    assert Person.objects.filter(standing="customer").count() == 3561
    silent = Suppression.objects.order_by().values_list("channel", flat=True)
    assert (list(silent).count("email"), list(silent).count("phone")) == (734, 2)
    assert run.tallies["became"] == {"customer": 3561, "new_lead": 5063, "suppressed": 616}
    days = list(Release.objects.order_by("due_at").values_list("due_at", flat=True))
    assert [days.count(day) for day in dict.fromkeys(days)] == [100] * 50 + [63]
    assert set(CustomField.objects.filter(not_for_scores=True).values_list("key", flat=True)) == LEAKS
    # 37 named columns: five are fields of ours, one is the id, one the status kept beside its meaning; words that name
    # no country are kept beside the country.
    assert CustomField.objects.count() == 32
    assert Person.objects.filter(custom__has_key="country_as_written", country="").count() == 2
    assert all(column["target"] for column in run.mapping["columns"][:37])

    release_due(at=days[0])
    assert Lead.objects.in_phase("queued").count() == 100

    again = bring((folder / "Leads_variant_9237rows_LF.csv").read_bytes(), by=lea, name="variant.csv", **answers)

    assert counts(again) == (0, 0, 9237, 0)
    assert (Person.objects.count(), Release.objects.count()) == (9240, 5063)


def test_hubspot_people_meet_their_companies(team, lea):
    folder = SHARED / "hubspot_export_dummy"

    companies = bring((folder / "hubspot_companies.csv").read_bytes(), by=lea, kind="companies")
    people = bring((folder / "hubspot_contacts.csv").read_bytes(), by=lea)

    assert (counts(companies), counts(people)) == ((200, 0, 0, 0), (950, 0, 0, 0))
    at_accounts = Employment.objects.filter(is_current=True, account__isnull=False)
    assert (Account.objects.count(), Person.objects.count(), at_accounts.count()) == (200, 950, 679)
    again = bring((folder / "hubspot_contacts.csv").read_bytes(), by=lea)
    assert counts(again) == (0, 0, 950, 0)


@pytest.mark.parametrize("path", sorted((SHARED / "vendor_export_samples").glob("*.csv")), ids=lambda path: path.stem)
def test_vendor_samples_come_in_once(team, lea, path):
    dates = {
        name: {"target": "custom", "new": {"label": name, "type": "date"}, "format": "m/d/y"}
        for name in ("Join Time", "Leave Time")
    }
    first = bring(path.read_bytes(), by=lea, columns=dates)
    again = bring(path.read_bytes(), by=lea, columns=dates)

    assert first.rows_created > 0
    assert again.rows_created == 0
    assert sum(counts(first)) == first.rows_total


@pytest.mark.parametrize("path", sorted((SHARED / "csv_spectrum" / "csvs").glob("*.csv")), ids=lambda path: path.stem)
def test_csv_spectrum_is_kept_cell_by_cell(team, lea, path):
    expected = json.loads((SHARED / "csv_spectrum" / "json" / f"{path.stem}.json").read_text())
    if path.stem == "location_coordinates":
        # Its publishers changed the number in one of the two files only.
        expected = [{**expected, "Contact Phone Number": "2095257564"}]
    profile = Profile.from_json(received(path.read_bytes(), by=lea).profile)
    headers = profile.headers
    first, *others = headers
    columns = {first: {"target": "external_id", "source": "spectrum"}}
    columns |= {name: {"target": "custom", "new": {"label": name, "type": "text"}} for name in others}
    wanted = [row for row in expected if row[first].strip()]

    run = bring(path.read_bytes(), by=lea, columns=columns, empty=[])

    ids = {row[first].strip() for row in wanted}
    assert run.rows_created == len(ids)
    keys = {name: field.key for field in CustomField.objects.all() for name in others if field.label == name}
    for row in wanted:
        person = Person.objects.get(external_ids__value=row[first].strip())
        if sum(other[first] == row[first] for other in wanted) == 1:
            said = {name: row[name].strip() for name in others if row[name].strip()}
            assert {name: person.custom[keys[name]] for name in said} == said
