"""The pages of an import: who may, what they show, and that each works by plain forms."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.models import CustomField, Person
from leads.actions.import_rows import run_imports
from leads.forms.importing import format_choices
from leads.models import Import, Interest
from team.models import Role
from tests.leads.files import EARLIER, answered, bring, decided, received
from tests.make import make_user

pytestmark = pytest.mark.django_db

CONTENT = (
    "Lead id,Email,First name,Status,Created at,Tags\n"
    "1,a@corvane.io,Ada,won,03/04/2025,hot\n"
    "2,b@corvane.io,Bo,new,05/06/2025,cold\n"
)


def upload(client, content=CONTENT, name="people.csv"):
    file = SimpleUploadedFile(name, content.encode())
    return client.post(reverse("leads:import_new"), {"file": file, "kind": ""})


def test_whole_way_by_plain_forms(team, lea, client):
    client.force_login(lea)

    response = upload(client)
    run = Import.objects.get()
    assert response.url == reverse("leads:import_columns", args=[run.public_id])
    page = client.get(response.url).text
    assert "people.csv" in page
    assert "Choose how it is written" in page

    columns = {
        "c0": "external_id",
        "c1": "email",
        "c2": "given_name",
        "c3": "status",
        "c4": "moment",
        "f4": "d/m/y",
        "c5": "new:text",
        "n5": "on",
        "ids_from": "crm",
        "empty": "",
        "phone_country": "",
    }
    response = client.post(response.url, columns)
    assert response.url == reverse("leads:import_answers", args=[run.public_id])
    assert CustomField.objects.filter(key="tags", not_for_scores=True).exists()
    page = client.get(response.url).text
    assert "What each status means" in page

    answers = {
        "source": "Expo",
        "happened_at": "2026-03-02T09:00",
        "engagement_kind": "attended",
        "lane": "content",
        "pace": "per_day",
        "per_day": "10",
        "m0": "customer",
        "m1": "new_lead",
        "other": "person",
    }
    response = client.post(response.url, answers)
    page = client.get(response.url).text
    assert "the whole file" in page
    assert "Import 2 rows" in page
    assert Person.objects.count() == 0

    response = client.post(reverse("leads:import_run", args=[run.public_id]))
    assert "0 of 2 rows" in client.get(response.url).text
    run_imports()
    page = client.get(response.url).text
    assert "2 rows were read." in page
    assert Person.objects.get(given_name="Ada").standing == "customer"


def test_what_is_missing_is_said_and_nothing_is_made(team, lea, client):
    client.force_login(lea)
    url = upload(client).url

    response = client.post(
        url,
        {
            "c0": "external_id",
            "c4": "moment",
            "f4": "ask",
            "c5": "new:text",
            "empty": "",
            "ids_from": "",
            "phone_country": "",
        },
    )

    assert response.status_code == 422
    assert "which system this id comes from" in response.text
    assert "Say which system “Lead id” comes from." in response.text
    assert 'aria-invalid="true" aria-describedby="id_ids_from' in response.text
    assert "choose how its values are written" in response.text
    assert CustomField.objects.count() == 0


def test_decisions_on_a_file_like_it_are_offered_again(team, lea, client):
    columns = {
        "Lead id": {"target": "external_id", "source": "odd-crm"},
        "Created at": {"target": "moment", "format": "d/m/y"},
    }
    bring(CONTENT, by=lea, columns=columns, source="Spring fair", pace="per_day", per_day=7)
    client.force_login(lea)

    url = upload(client, CONTENT + "3,c@corvane.io,Cy,new,06/06/2025,warm\n").url

    page = client.get(url).text
    assert 'value="odd-crm"' in page
    assert '<option value="d/m/y" selected>' in page


def test_which_columns_become_new_fields_is_said_before_they_are_made(team, lea, client):
    client.force_login(lea)
    content = "Email,Time zone,When,Plant size,Favourite colour\n" + "".join(
        f"{name}@x.io,{zone},2026-11-20 10:00,{size},{colour}\n"
        for name, zone, size, colour in [("a", "Europe/Oslo", 12, "red"), ("b", "America/New_York", 40, "blue")]
    )

    page = client.get(upload(client, content).url).text

    said = page.partition("2 columns become new fields of your own:</strong>")[2].partition("</p>")[0]
    assert said.strip().startswith("Plant size, Favourite colour.")
    assert '<option value="time_zone" selected>' in page
    assert '<option value="moment" selected>' in page
    assert "new fields of your own" not in client.get(upload(client, "Email,First name\na@x.io,Ada\n").url).text


@pytest.mark.parametrize(
    ("pace", "said"),
    [
        ("all", r" within a minute of the import, and their first touch is due from then on\."),
        ("per_day", r", 5 a working day: the last one on \d+ \w+ 20\d\d\. Until their day comes, people are known"),
        ("capacity", r" as reps have room, [1-9]\d* a working day: the last one on \d+ \w+ 20\d\d\."),
    ],
)
def test_the_preview_says_when_they_become_leads(team, lea, alice, client, pace, said):
    run = decided(received("Email,First name\na@corvane.io,Ada\nb@corvane.io,Bo\n", by=lea), by=lea)
    run = answered(run, by=lea, pace=pace, per_day=5 if pace == "per_day" else None)
    client.force_login(lea)

    page = client.get(reverse("leads:import_answers", args=[run.public_id])).text

    assert re.search("<b>2 become leads</b>" + said, page)


def test_a_pace_that_takes_years_is_refused_at_its_field(team, lea, client):
    rows = "Email\n" + "".join(f"p{n}@x{n}.io\n" for n in range(600))
    run = decided(received(rows, by=lea), by=lea)
    client.force_login(lea)
    form = {"source": "List", "happened_at": "2026-03-02T09:00", "engagement_kind": "listed", "lane": "list"}
    url = reverse("leads:import_answers", args=[run.public_id])

    refused = client.post(url, {**form, "pace": "per_day", "per_day": "1", "other": "new_lead"})

    assert refused.status_code == 422
    field = refused.text.partition('name="per_day"')[2].partition("</div>")[0]
    assert "the last of 600 would become a lead on" in field
    assert "Choose at least 2 a day" in field
    assert client.post(url, {**form, "pace": "per_day", "per_day": "2", "other": "new_lead"}).status_code == 302


def test_same_file_running_is_a_409_that_names_it(team, lea, client):
    run = answered(decided(received("email\na@x.io\n", by=lea), by=lea), by=lea)
    client.force_login(lea)
    client.post(reverse("leads:import_run", args=[run.public_id]))

    response = upload(client, "email\na@x.io\n")

    assert response.status_code == 409
    assert f"already, see #{run.pk}" in response.text


def test_double_click_starts_it_once(team, lea, client):
    run = answered(decided(received("email\na@x.io\n", by=lea), by=lea), by=lea)
    client.force_login(lea)
    url = reverse("leads:import_run", args=[run.public_id])
    form = {"form_id": "0193e4a0-0000-7000-8000-000000000001"}

    first, second = client.post(url, form), client.post(url, form)

    assert first.url == second.url == reverse("leads:import", args=[run.public_id])
    assert Import.objects.get().version == run.version + 3


@pytest.mark.parametrize(
    ("role", "status"), [(Role.MARKETER, 200), (Role.MANAGER, 200), (Role.ADMIN, 200), (Role.BDR, 403), (Role.AE, 403)]
)
def test_who_may_import(team, client, lea, role, status):
    run = bring("email\na@x.io\n", by=lea)
    client.force_login(make_user("somebody", role, team=team))

    assert client.get(reverse("leads:imports")).status_code == status
    assert client.get(reverse("leads:import_new")).status_code == status
    assert client.get(reverse("leads:import", args=[run.public_id])).status_code == status
    assert client.get(reverse("leads:import_rejects", args=[run.public_id])).status_code == status


def test_progress_asks_again_only_while_it_runs(team, lea, client):
    run = answered(decided(received("email\na@x.io\n", by=lea), by=lea), by=lea)
    client.force_login(lea)
    client.post(reverse("leads:import_run", args=[run.public_id]))
    url = reverse("leads:import_progress", args=[run.public_id])

    running = client.get(url, headers={"HX-Request": "true"}).text
    run_imports()
    ended = client.get(url, headers={"HX-Request": "true"}).text

    assert 'hx-trigger="every 1s"' in running
    assert "<html" not in running
    assert "hx-trigger" not in ended


def test_other_encoding_is_asked_about_and_can_be_chosen(team, lea, client):
    client.force_login(lea)
    file = SimpleUploadedFile("p.csv", "email,first name\na@x.io,Łukasz\n".encode("cp1250"))
    url = client.post(reverse("leads:import_new"), {"file": file, "kind": "people"}).url
    assert "The letters look right" in client.get(url).text
    assert client.post(url, {"c0": "email", "c1": "given_name", "empty": "", "phone_country": ""}).status_code == 422

    client.post(url, {"action": "read_again", "layout-encoding": "cp1250", "layout-delimiter": ","})

    assert "Łukasz" in client.get(url).text


@pytest.mark.parametrize("rows", [1, 20])
def test_list_costs_the_same_queries_however_long_it_is(team, lea, client, rows, django_assert_num_queries):
    for number in range(rows):
        received(f"email\na{number}@x.io\n", by=lea)
    client.force_login(lea)

    client.get(reverse("leads:imports"))

    with django_assert_num_queries(5):  # session, user, roles, imports, rail
        response = client.get(reverse("leads:imports"))

    assert response.text.count("people.csv") == rows


def test_hostile_cells_are_only_text_on_every_page(team, lea, client):
    client.force_login(lea)
    nasty = '"><script>alert(1)</script>'
    content = f'"{nasty.replace(chr(34), chr(34) * 2)}",email\n"{nasty.replace(chr(34), chr(34) * 2)}",a@x.io\n'
    url = upload(client, content, name="<b>x.csv").url

    assert "<script>alert" not in client.get(url).text
    run = answered(decided(Import.objects.get(), by=lea), by=lea)
    assert "<script>alert" not in client.get(reverse("leads:import_answers", args=[run.public_id])).text


def test_moment_of_the_last_import_from_the_same_source_is_offered_again(team, lea, client):
    content = "Email,First name\na@corvane.io,Ada\nb@corvane.io,Bo\n"
    earlier = bring(content, by=lea)
    client.force_login(lea)
    run = decided(received(content + "c@corvane.io,Cy\n", by=lea), by=lea)

    page = client.get(reverse("leads:import_answers", args=[run.public_id])).text

    assert f'value="{EARLIER:%Y-%m-%dT%H:%M}"' in page
    assert f"As in import #{earlier.pk}, from the same source: its people stand in this file, too" in page


def test_the_next_file_of_a_source_is_not_the_one_before_because_some_came_again(team, lea, client):
    """A monthly webinar: who came in February and in March came twice."""
    earlier = bring("Email,First name\na@corvane.io,Ada\nb@corvane.io,Bo\n", by=lea)
    client.force_login(lea)
    march = "Email,First name\nA@corvane.io,Ada\nc@corvane.io,Cy\nd@corvane.io,Di\n"
    run = decided(received(march, by=lea), by=lea)

    page = client.get(reverse("leads:import_answers", args=[run.public_id])).text

    assert f'value="{EARLIER:%Y-%m-%dT%H:%M}"' not in page
    assert f"Import #{earlier.pk}, from the same source, told of" in page
    assert "with another one it happened again and counts once more" in page


def test_a_file_with_other_columns_or_whose_earlier_one_is_gone_is_offered_no_moment(team, lea, client):
    content = "Email,First name\na@corvane.io,Ada\n"
    earlier = bring(content, by=lea)
    client.force_login(lea)
    run = decided(received(content + "b@corvane.io,Bo\n", by=lea), by=lea)
    other = decided(received("Email,Forename\na@corvane.io,Ada\n", by=lea), by=lea)
    earlier.upload.file.delete()

    for one in (run, other):
        page = client.get(reverse("leads:import_answers", args=[one.public_id])).text
        assert f'value="{EARLIER:%Y-%m-%dT%H:%M}"' not in page


def test_the_preview_warns_of_another_moment_and_one_button_takes_the_one_before(team, lea, client):
    content = "Email,First name\na@corvane.io,Ada\nb@corvane.io,Bo\n"
    bring(content, by=lea)
    points = list(Interest.objects.order_by("pk").values_list("points", flat=True))
    run = decided(received(content + "c@corvane.io,Cy\n", by=lea), by=lea)
    answered(run, by=lea, at=EARLIER + timedelta(days=3), pace="per_day", per_day=7)
    client.force_login(lea)
    url = reverse("leads:import_answers", args=[run.public_id])

    page = client.get(url).text

    assert "2 people have this already," in page
    moment = page.partition('name="same_moment" value="')[2].partition('"')[0]
    assert client.post(url, {"same_moment": moment}).status_code == 302
    run.refresh_from_db()
    assert (run.happened_at, run.pace, run.per_day) == (EARLIER, "per_day", 7)
    assert "have this already" not in client.get(url).text
    client.post(reverse("leads:import_run", args=[run.public_id]))
    run_imports(budget=100)
    run.refresh_from_db()
    assert (run.rows_created, run.rows_updated, run.rows_duplicate) == (1, 0, 2)
    assert list(Interest.objects.order_by("pk").values_list("points", flat=True))[:2] == points


def test_the_button_of_the_preview_answers_nothing_that_was_not_answered_before(team, lea, client):
    run = decided(received("Email,First name\na@corvane.io,Ada\n", by=lea), by=lea)
    client.force_login(lea)

    response = client.post(reverse("leads:import_answers", args=[run.public_id]), {"same_moment": EARLIER.isoformat()})

    assert response.status_code == 422
    run.refresh_from_db()
    assert (run.state, run.happened_at) == ("uploaded", None)


def test_nothing_of_a_file_has_happened_in_the_future(team, lea, client):
    run = decided(received("Email,First name\na@corvane.io,Ada\n", by=lea), by=lea)
    answered(run, by=lea, at=EARLIER)
    client.force_login(lea)
    soon = timezone.now() + timedelta(hours=20)

    url = reverse("leads:import_answers", args=[run.public_id])
    response = client.post(url, {"same_moment": soon.isoformat()}, follow=True)

    assert "It cannot have happened in the future." in response.text
    run.refresh_from_db()
    assert run.happened_at == EARLIER


def test_a_file_of_companies_counts_companies(team, lea, client):
    run = bring("Company\nCorvane\n", by=lea, kind="companies")
    client.force_login(lea)

    page = client.get(reverse("leads:import", args=[run.public_id])).text

    assert ("What becomes of the companies" in page, "of the people" in page) == (True, False)


def test_when_it_happened_is_asked_and_not_taken_for_the_day_of_the_upload(team, lea, client):
    client.force_login(lea)
    run = decided(received("Email\na@corvane.io\n", by=lea), by=lea)
    url = reverse("leads:import_answers", args=[run.public_id])
    form = {"source": "List", "happened_at": "", "engagement_kind": "listed", "lane": "list", "pace": "all"}

    (field,) = re.findall(r'<input type="datetime-local" name="happened_at"[^>]*>', client.get(url).text)
    refused = client.post(url, {**form, "other": "new_lead"})

    assert "value=" not in field
    assert (refused.status_code, "one field needs another look: When did it happen?" in refused.text) == (422, True)


def test_the_name_of_a_system_is_taken_as_it_is_typed(team, lea, client):
    client.force_login(lea)
    url = upload(client, "Lead id,Email\n7,a@corvane.io\n").url
    answers = {"c0": "external_id", "c1": "email", "empty": "", "phone_country": ""}

    assert client.post(url, {**answers, "ids_from": "X Education"}).status_code == 302

    (column, _email) = Import.objects.get().mapping["columns"]
    assert column["source"] == "x-education"
    assert 'value="X Education"' in client.get(url).text
    refused = client.post(url, {**answers, "ids_from": "!!!"})
    assert (refused.status_code, refused.text.count("Say it with letters or digits.")) == (422, 1)
    assert "one field needs another look: Outside ids come from" in refused.text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["0", "0"], [""]),
        (["0", "1.234"], ["1234.5: 1.234 → 1.234", "1.234,5: 1.234 → 1234"]),
        (["1,234.5", "7"], ["1,234.5 is read as 1234.5"]),
    ],
)
def test_how_numbers_are_written_is_shown_by_one_that_tells_the_ways_apart(values, said):
    assert [label for _key, label in format_choices(values)] == said


def test_the_list_says_what_an_upload_waits_for(team, lea, client):
    run = received("Email\na@corvane.io\n", by=lea)
    client.force_login(lea)

    page = client.get(reverse("leads:imports")).text
    assert ("Waiting for its columns" in page, "nothing imported yet" in page, 'data-label="Created"' in page) == (
        True,
        True,
        False,
    )
    decided(run, by=lea)
    assert "Waiting for its answers" in client.get(reverse("leads:imports")).text
    answered(run, by=lea)
    assert "look at the preview and start it" in client.get(reverse("leads:imports")).text


def test_filled_is_what_will_be_read_of_a_column_in_a_file_of_any_length(team, lea, client):
    client.force_login(lea)
    rows = "".join(f"p{n}@corvane.io,{('Select', ' select ', 'Bonn', '')[n % 4]},Select\n" for n in range(10_400))

    page = client.get(upload(client, f"Email,City,Level\n{rows}").url).text

    assert re.findall(r"(\d+) %", page.partition("<tbody>")[2].partition("</tbody>")[0]) == ["100", "25", "0"]
    assert "“Level” has no value in any row" in page
    assert "becomes a new field" not in page
