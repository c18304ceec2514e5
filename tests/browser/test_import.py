"""A marketer brings files through the browser: columns, answers, progress, what became of the rows."""

import csv
import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import Account, ContactPoint, CustomField, Employment, Person, Standing, Suppression
from leads.actions.import_rows import run_imports
from leads.actions.releasing import release_due
from leads.models import Import, Lead, Release
from team.clock import database_now
from team.models import Role
from tests.make import make_user

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
X_EDUCATION = SHARED / "x_education_leads"
HUBSPOT = SHARED / "hubspot_export_dummy"

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Ten rows: six people, one of them twice, and three that cannot be taken.
SMALL = """Record id,First name,Last name,E-mail,Phone,Company,Status,Do not call
1,Iris,Bell,iris@corrow.example,+1 216 555 0101,Corrow Bearings,New,No
2,Wim,Groot,wim@overmeer.example,+1 216 555 0102,Overmeer Paper,New,No
3,Paul,Denby,paul@harrow.example,,Harrow Cable,Customer,No
4,Tom,Reyes,tom@kestrel.example,+1 216 555 0104,Kestrel,New,Yes
5,"=HYPERLINK(""x"")",Lind,mara@halden,,Halden Tools,New,No
6,Kaja,Berg,kaja@fjell.example,,Fjell Marine,Bad timing,No
,Lucas,,,,,New,No
8,Jo,Prentice,jo@brevik.example
2,Wim,Groot,wim@overmeer.example,+1 216 555 0102,Overmeer Paper,New,No
10,Sam,Oduya,sam@lysa.example,+1 216 555 0108,Lysa Doors,New,No
"""

AT_A_CUSTOMER = "Email,Company,Status\na@corrow.example,Corrow,New\nb@corrow.example,Corrow,Customer\n"


@pytest.fixture
def lea(team):
    return make_user("lea", Role.MARKETER)


def upload(page, file, kind):
    """From the list of imports to the columns of this file."""
    page.goto(reverse("leads:imports"))
    page.get_by_role("link", name="Upload a file").first.click()
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_label(kind, exact=True).check()
    page.get_by_role("button", name="Look at the columns").click()
    expect(page.locator("h1")).to_contain_text("Import")


def decide(page, *, ids_from):
    """The guesses as they are, and the system that the ids come from."""
    if not page.get_by_label("Outside ids come from").input_value():
        page.get_by_label("Outside ids come from").fill(ids_from)
    page.get_by_role("button", name="On to the answers").click()
    expect(page.locator("h1")).to_have_text("What the file cannot say")


def say_when(page):
    """Today, unless an earlier import of the same says when."""
    field, today = page.get_by_label("When did it happen"), page.get_by_role("button", name="Today")
    if not field.input_value():
        if today.is_visible():
            today.click()
        else:
            field.fill(datetime.now(UTC).strftime("%Y-%m-%dT00:00"))
    assert field.input_value()


def answer(page, *, source, per_day=None, lane="Early or list"):
    page.get_by_label("They are here because of").fill(source)
    if page.get_by_text("How fast is somebody to answer?").count():
        say_when(page)
        page.get_by_label(lane).check()
        page.get_by_label("All at once").check()
    if per_day:
        page.get_by_label("So many a day").check()
        page.get_by_label("How many a working day").fill(str(per_day))
    page.get_by_role("button", name=re.compile("See what will happen|Look again")).click()


def start(page, rows):
    page.get_by_role("button", name=re.compile("^Import ")).click()
    expect(page.locator("#progress")).to_contain_text(f"0 of {rows} rows")


def result(page):
    """What the page says of the rows: created, updated, duplicate, rejected."""
    table = page.get_by_role("table", name="What becomes of the rows")
    expect(page.locator("#progress")).to_contain_text(re.compile("rows? (was|were) read"))
    return [int(cell) for cell in table.locator("tbody td").all_inner_texts()]


def work(page):
    """The worker reads to the end; the page finds out by itself."""
    run_imports(budget=100)
    return result(page)


def bring(page, file, *, kind, rows, ids_from, source, per_day=None):
    upload(page, file, kind)
    decide(page, ids_from=ids_from)
    answer(page, source=source, per_day=per_day)
    start(page, rows)
    return work(page)


@pytest.mark.full
@pytest.mark.skipif(not X_EDUCATION.is_dir(), reason="the X Education files lie beside the project, not here")
def test_x_education_comes_in_whole_and_its_variant_creates_nobody(new_page, lea):
    page = new_page(user=lea)
    upload(page, X_EDUCATION / "Leads.csv", "People")
    expect(page.get_by_role("row", name="Converted")).to_contain_text("not for scores")
    said = "“Column 38” has no name and no value: nothing is lost by leaving it out."
    expect(page.locator("main")).to_contain_text(said)
    decide(page, ids_from="x-education")

    meanings = page.get_by_role("table").first
    expect(meanings.get_by_label("1", exact=True)).to_have_value("customer")
    expect(meanings.get_by_label("0", exact=True)).to_have_value("new_lead")
    answer(page, source="X Education", per_day=100)
    expect(page.locator("#what + span")).to_contain_text(re.compile("whole file|its first|of its"))
    start(page, 9240)
    run_imports(budget=0.5)
    assert 0 < Import.objects.get().rows_done < 9240
    expect(page.locator("#progress .strip")).to_contain_text(re.compile(r"[1-9]\d* of 9240 rows"))

    # She leaves, and comes back to a file that is in.
    page.goto(reverse("leads:imports"))
    run_imports(budget=100)
    page.get_by_role("link", name="Leads.csv").click()
    assert result(page) == [9240, 0, 0, 0]
    expect(page.locator("#progress")).to_contain_text("5063 people wait for their day.")

    assert Person.objects.filter(standing=Standing.CUSTOMER).count() == 3561
    silent = list(Suppression.objects.values_list("channel", flat=True))
    assert (silent.count("email"), silent.count("phone")) == (734, 2)
    # Five columns are fields of ours, one is the id; the status is kept beside its meaning, words that are no country
    # beside the country.
    assert CustomField.objects.count() == 32
    unknown = Person.objects.filter(custom__has_key="country_as_written", country="")
    assert set(unknown.values_list("custom__country_as_written", flat=True)) == {"Asia/Pacific Region"}
    days = list(Release.objects.order_by("due_at").values_list("due_at", flat=True))
    assert [days.count(day) for day in dict.fromkeys(days)] == [100] * 50 + [63]
    release_due(at=days[0])
    assert Lead.objects.in_phase("queued").count() == 100

    # The answers of the first file are offered again for its variant.
    variant = X_EDUCATION / "Leads_variant_9237rows_LF.csv"
    told = bring(page, variant, kind="People", rows=9237, ids_from="x-education", source="X Education")
    assert told == [0, 0, 9237, 0]
    assert (Person.objects.count(), Release.objects.count()) == (9240, 5063)


@pytest.mark.full
@pytest.mark.skipif(not HUBSPOT.is_dir(), reason="the HubSpot files lie beside the project, not here")
def test_hubspot_people_meet_their_companies(new_page, lea):
    page = new_page(user=lea)
    told = {"ids_from": "hubspot", "source": "HubSpot"}

    companies = bring(page, HUBSPOT / "hubspot_companies.csv", kind="Companies", rows=200, **told)
    people = bring(page, HUBSPOT / "hubspot_contacts.csv", kind="People", rows=950, **told)

    assert (companies, people) == ([200, 0, 0, 0], [950, 0, 0, 0])
    at_accounts = Employment.objects.filter(is_current=True, account__isnull=False)
    assert (Account.objects.count(), Person.objects.count(), at_accounts.count()) == (200, 950, 679)


@pytest.mark.parametrize("with_scripts", [True, False], ids=["with scripts", "without JavaScript"])
def test_small_file_with_bad_rows_goes_the_whole_way(new_page, lea, with_scripts):
    page = new_page(user=lea, java_script_enabled=with_scripts)
    upload(page, {"name": "stand.csv", "mimeType": "text/csv", "buffer": SMALL.encode()}, "People")
    expect(page.locator("main")).to_contain_text("1 row cannot be read.")
    decide(page, ids_from="stand")
    answer(page, source="The stand")
    assert Person.objects.count() == 0
    expect(page.get_by_role("table", name="What becomes of the rows")).to_contain_text(re.compile(r"Created\s*6"))

    page.get_by_role("button", name="Import 10 rows").click()
    expect(page.locator("#progress")).to_contain_text("0 of 10 rows")
    run_imports(budget=100)
    if not with_scripts:
        page.reload()
    assert result(page) == [6, 0, 1, 3]

    with page.expect_download() as download:
        page.get_by_role("link", name="Rejected rows").click()
    assert download.value.suggested_filename.startswith("rejected-rows-")
    head, *rows = csv.reader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8-sig")))
    assert head[:4] == ["Row", "Line", "Why it was rejected", "Record id"]
    assert [(row[0], row[1]) for row in rows] == [("5", "6"), ("7", "8"), ("8", "9")]
    assert rows[0][4] == '\'=HYPERLINK("x")'

    assert ContactPoint.objects.filter(kind="email").count() == Person.objects.count() == 6
    assert Person.objects.filter(suppressions__channel="phone").get().given_name == "Tom"
    release_due(at=database_now())
    phases = dict(Lead.objects.values_list("person__given_name", "phase"))
    assert phases == {"Iris": "queued", "Wim": "queued", "Tom": "queued", "Kaja": "nurture", "Sam": "queued"}


def test_the_pages_of_an_import_are_accessible_and_narrow(new_page, lea):
    page = new_page(user=lea, viewport={"width": 390, "height": 844}, color_scheme="dark")
    seen = {}

    def look(name):
        found = Axe().run(page).response["violations"]
        is_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        seen[name] = ([(one["id"], [node["html"] for node in one["nodes"]]) for one in found], is_wide)

    upload(page, {"name": "stand.csv", "mimeType": "text/csv", "buffer": SMALL.encode()}, "People")
    look("columns")
    decide(page, ids_from="stand")
    answer(page, source="The stand")
    look("answers")
    start(page, 10)
    look("running")
    work(page)
    look("done")
    page.goto(reverse("leads:imports"))
    look("list")

    assert seen == {name: ([], False) for name in ("columns", "answers", "running", "done", "list")}


def test_cancel_keeps_the_focus_while_the_page_follows_the_rows(new_page, lea):
    page = new_page(user=lea)
    rows = "Email\n" + "".join(f"p{n}@x{n}.io\n" for n in range(300))
    upload(page, {"name": "long.csv", "mimeType": "text/csv", "buffer": rows.encode()}, "People")
    page.get_by_role("button", name="On to the answers").click()
    answer(page, source="A long list")
    start(page, 300)
    cancel = page.get_by_role("button", name="Cancel import")
    cancel.focus()
    handle = cancel.element_handle()

    for _ in range(3):
        before = Import.objects.get().rows_done
        run_imports(budget=0.0001, chunk_rows=20)
        done = Import.objects.get().rows_done
        assert done > before
        expect(page.locator("#progress")).to_contain_text(f"{done} of 300 rows")
        expect(cancel).to_be_focused()

    assert handle.evaluate("button => button.isConnected")
    cancel.click()
    expect(page.locator("#progress")).to_contain_text("Cancelled.")
    expect(cancel).to_have_count(0)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1500)
    assert asked == []


def test_when_the_rows_are_in_the_page_asks_no_more(new_page, lea):
    page = new_page(user=lea)
    upload(page, {"name": "stand.csv", "mimeType": "text/csv", "buffer": SMALL.encode()}, "People")
    decide(page, ids_from="stand")
    answer(page, source="The stand")
    start(page, 10)
    assert work(page) == [6, 0, 1, 3]

    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1500)
    assert asked == []


@pytest.mark.parametrize("width", [1440, 390])
def test_long_names_and_reasons_fit_every_page_of_an_import(new_page, lea, width):
    page = new_page(user=lea, viewport={"width": width, "height": 900})
    name = "x" * 244 + ".csv"
    wide = "document.documentElement.scrollWidth > innerWidth"
    cut = "[...document.querySelectorAll('.scroll')].some((part) => part.scrollWidth > part.clientWidth + 1)"
    found = {}

    def look(at):
        found[at] = page.evaluate(wide), page.evaluate(cut)

    upload(page, {"name": name, "mimeType": "text/csv", "buffer": AT_A_CUSTOMER.encode()}, "People")
    look("columns")
    page.get_by_role("button", name="On to the answers").click()
    answer(page, source="List")
    expect(page.locator("aside")).to_contain_text("Not begun: at a customer")
    look("answers")
    start(page, 2)
    run_imports(budget=100)
    result(page)
    look("result")
    page.goto(reverse("leads:imports"))
    look("list")

    assert found == dict.fromkeys(("columns", "answers", "result", "list"), (False, False))
    assert page.get_by_role("link", name="xxx").get_attribute("title") == name
