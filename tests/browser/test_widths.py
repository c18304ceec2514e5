"""What a page shows at each width: nothing is cut, everything can be reached by thumb."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import CustomField
from agreement.models import Cadence, Disposition, Phase
from leads.actions.logging import log_touch
from leads.models import Import, Lead
from team.models import Installation, Role, Upload
from tests.browser.looks import each_look
from tests.make import make_account, make_calendar, make_lead, make_person, make_team, make_user
from tests.nurture.making import email, make_track, wait

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OPEN_PHASES = (Phase.WORKING, Phase.HANDED_OFF, Phase.ACCEPTED, Phase.QUALIFIED, Phase.NURTURE)
PHONE = {"width": 390, "height": 844}
CUT = """[...document.querySelectorAll(".row .when, .row .when > *, .scroll")]
  .filter((part) => getComputedStyle(part).display !== "inline" && part.scrollWidth > part.clientWidth + 1)
  .map((part) => part.textContent.trim())"""


@pytest.fixture
def team(db):
    return make_team("North", calendar=make_calendar(opens=0, closes=24 * 60, days=range(7)))


@pytest.fixture
def ana(team):
    return make_user("ana", Role.BDR, team=team)


def complaints(page):
    return [(found["id"], found["nodes"][0]["html"]) for found in Axe().run(page).response["violations"]]


def working(ana, *, zone=""):
    person = make_person(account=make_account(name="Fjell Marine"), title="Operations manager", time_zone=zone)
    lead = make_lead(phase=Phase.WORKING, person=person, bdr=ana, at=timezone.now() - timedelta(minutes=50))
    Lead.objects.filter(pk=lead.pk).update(first_touched_at=timezone.now())
    return lead


@pytest.mark.parametrize("width", [1280, 1440, 1920, 390])
def test_the_moment_of_a_row_is_never_cut(new_page, ana, width):
    lead = working(ana)
    # The longest that the column says: promised for another day, on two clocks.
    due = timezone.now().replace(hour=21, minute=30) + timedelta(days=1)
    lead.steps.update(due_at=due, promised=True, kind="call_back")
    for zone in ("Pacific/Apia", "America/Los_Angeles", "Europe/Oslo", "Asia/Tokyo"):
        working(ana, zone=zone).steps.update(due_at=timezone.now())
    page = new_page(user=ana, viewport={"width": width, "height": 900})

    page.goto("/")
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")

    assert page.locator(".row").count() == 5
    assert page.evaluate(CUT) == []


# Of the lines of a history those whose moment does not stand in one line at the right of the words.
ASTRAY = """[...document.querySelectorAll("#history .timeline > li")].filter((line) => {
  const time = line.querySelector(":scope > time"), written = document.createRange();
  written.selectNodeContents(time);
  const said = line.querySelector(":scope > div").getBoundingClientRect(), moment = written.getBoundingClientRect();
  return moment.left < said.right || moment.height > 1.5 * parseFloat(getComputedStyle(time).lineHeight);
}).map((line) => line.textContent.trim())"""


@pytest.mark.parametrize("width", [1440, 390])
def test_the_moment_of_a_line_of_history_stands_beside_its_words(new_page, ana, width):
    lead = working(ana)
    log_touch(lead, kind="email", note="They want to see an older line first. " * 5, by=ana, at=timezone.now())
    page = new_page(user=ana, viewport={"width": width, "height": 900})

    page.goto(f"/leads/{lead.public_id}/")

    assert page.locator("#history .timeline > li").count() >= 1
    assert page.evaluate(ASTRAY) == []


# Of the tabs those that begin or end beyond the window, or beyond their own strip.
TABS = """[...document.querySelectorAll(".tabs a")].filter((tab) => {
  const box = tab.getBoundingClientRect(), strip = tab.parentElement.getBoundingClientRect();
  return box.left < strip.left - 1 || box.right > Math.min(innerWidth, strip.right) + 1;
}).map((tab) => tab.textContent.trim())"""


@each_look()
def test_every_list_of_the_people_of_a_track_is_seen_without_scrolling(new_page, ana, width, scheme):
    track = make_track(email(), wait(3), is_fan_base=True)
    letter = track.versions.get().nodes.get(kind="email")
    page = new_page(user=ana, viewport={"width": width, "height": 900}, color_scheme=scheme)
    for asked in ("", f"?node={letter.pk}"):
        page.goto(f"/tracks/{track.public_id}/people/{asked}")
        assert page.locator(".tabs a").count() > 5
        assert page.evaluate(TABS) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints(page) == []


# Of every button of the bars: those that reach past the screen or are cut.
BARS = """[...document.querySelectorAll(".lead-actions, .actions")]
  .flatMap((bar) => [...bar.querySelectorAll("button, .button")])
  .filter((one) => one.checkVisibility())
  .filter((one) => {
    const box = one.getBoundingClientRect();
    return box.left < 0 || box.right > innerWidth || one.scrollWidth > one.clientWidth + 1;
  }).map((one) => one.textContent.trim())"""
# How far the words of a button stand out from what is behind them, by the figures of the guidelines.
CONTRAST = """(button) => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const light = (colour) => {
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
      .map((part) => part / 255).map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
      .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
  };
  const style = getComputedStyle(button);
  if (/\\/ 0\\)|, 0\\)|transparent/.test(style.backgroundColor)) return 0;
  const [a, b] = [light(style.color), light(style.backgroundColor)].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}"""


@each_look(narrow=360, wide=390)
def test_every_action_bar_fits_a_phone_and_its_first_button_is_seen(new_page, team, ana, width, scheme):
    peter = make_user("peter", Role.AE)
    mona = make_user("mona", Role.MANAGER, team=team)
    pool = make_lead(team=team, at=timezone.now())
    leads = {phase: make_lead(phase=phase, bdr=ana, ae=peter, at=timezone.now()) for phase in OPEN_PHASES}
    pages = {
        user: new_page(user=user, viewport={"width": width, "height": 844}, color_scheme=scheme) for user in (ana, mona)
    }
    wrong = {}
    for user, page in pages.items():
        for lead in (pool, *leads.values()):
            page.goto(f"/leads/{lead.public_id}/")
            if cut := page.evaluate(BARS):
                wrong[user.name, lead.phase] = cut
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (user.name, lead.phase)
    pages[ana].goto(f"/leads/{pool.public_id}/")
    take = pages[ana].get_by_role("button", name="Take this lead")

    assert wrong == {}
    assert take.evaluate(CONTRAST) >= 4.5
    assert take.bounding_box()["height"] >= 44
    assert complaints(pages[ana]) == []


def test_the_hours_of_the_demo_stay_when_an_act_answers_and_are_small_on_a_phone(new_page, ana):
    lead = working(ana)
    Installation.objects.update(
        calendar_shift="Demo: on Sunday 22 November the team works from 0:00 to 10:00, so that somebody is at work now."
    )
    page = new_page(user=ana, viewport=PHONE)
    page.goto(f"/leads/{lead.public_id}/?form=note")
    assert page.locator(".shift").bounding_box()["height"] <= 44

    page.locator("#note-text").fill("Works late")
    page.locator("#panel-note button.primary").click()

    expect(page.locator("#history")).to_contain_text("Works late")
    expect(page.locator(".shift")).to_be_visible()


def test_a_manager_selects_and_reads_her_team_on_a_phone(new_page, team, ana):
    for _ in range(2):
        working(ana)
    page = new_page(user=make_user("mona", Role.MANAGER, team=team), viewport=PHONE, has_touch=True)

    page.goto("/team/")
    assert page.evaluate(CUT) == []
    expect(page.locator("#reps-title")).to_be_visible()
    page.goto("/team/leads/")
    assert page.evaluate(CUT) == []
    page.locator("#leads .row input[type=checkbox]").first.tap()
    expect(page.locator(".bulk")).to_be_in_viewport()
    page.locator("#leads .row input[type=checkbox]").nth(1).tap()

    expect(page.locator(".bulk output")).to_have_text("2 selected")
    assert complaints(page) == []
    page.locator(".bulk select").select_option("pool")
    page.locator(".bulk .primary").tap()
    expect(page.locator("h1")).to_have_text("Move leads")


def test_a_marketer_reads_what_became_of_her_files_on_a_phone(new_page, db):
    milo = make_user("milo", Role.MARKETER)
    upload = Upload.objects.create(
        purpose="import", name="a-list-with-a-long-name-of-the-spring-fair.csv", size=1, sha256="0" * 64, by=milo,
        at=timezone.now(), keep_until=timezone.now(),
    )  # fmt: skip
    Import.objects.create(upload=upload, kind="people", by=milo, created_at=timezone.now(), rows_created=12345)
    page = new_page(user=milo, viewport=PHONE)

    page.goto("/imports/")

    assert page.evaluate(CUT) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    expect(page.get_by_text("Milo", exact=True).last).to_be_visible()
    assert complaints(page) == []


@each_look()
def test_the_list_of_leads_is_read_and_filtered_at_every_width(new_page, team, ana, width, scheme):
    for zone in ("Pacific/Apia", "Europe/Oslo"):
        working(ana, zone=zone).steps.update(due_at=timezone.now())
    page = new_page(user=ana, viewport={"width": width, "height": 900}, color_scheme=scheme)

    page.goto("/leads/")
    page.get_by_text("More filters").click()
    page.get_by_label("Source").fill("fair")

    assert page.evaluate(CUT) == []
    assert page.evaluate(BARS) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints(page) == []
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_label("Source")).to_have_value("fair")
    expect(page.get_by_text("No lead is like this")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_address_of_a_calendar_is_made_on_a_phone(new_page, ana, scheme):
    page = new_page(user=ana, viewport=PHONE, color_scheme=scheme)

    page.goto("/me/")
    page.get_by_role("button", name="Make an address").click()

    address = page.get_by_label("Subscribe to this address now").input_value()
    assert address.endswith(".ics")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate(BARS) == []
    assert complaints(page) == []


@each_look()
def test_the_pages_of_companies_fit_and_every_key_and_reader_finds_its_way(new_page, team, ana, width, scheme):
    lead = working(ana)
    make_person(account=lead.account, title="Reliability engineer with a title that is longer than its column")
    mona = make_user("mona", Role.MANAGER, team=team)
    page = new_page(user=mona, viewport={"width": width, "height": 844}, color_scheme=scheme)
    page.goto("/team/")

    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(page.locator("h1")).to_have_text("Accounts")
    wrong = [("list", complaints(page))] if complaints(page) else []
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Fjell Marine")
    wrong += [("page", complaints(page))] if complaints(page) else []
    page.get_by_role("link", name="Change standing").click()
    page.get_by_label("Customer").check()
    page.get_by_role("button", name="See what this touches").click()
    expect(page.get_by_text("1 lead ends.")).to_be_visible()
    wrong += [("standing", complaints(page))] if complaints(page) else []

    assert wrong == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Set to").click()
    expect(page.locator("h1")).to_have_text("Fjell Marine")
    lead.refresh_from_db()
    assert lead.phase == Phase.CLOSED


@each_look()
def test_dispositions_fields_and_cadences_are_set_at_every_width(new_page, team, width, scheme):
    page = new_page(user=make_user("ada", Role.ADMIN), viewport={"width": width, "height": 900}, color_scheme=scheme)
    wrong = {}
    CustomField.objects.create(entity="person", key="plant", label="Plant", type="choice", choices=["North", "South"])
    kinds = (
        ("dispositions", "not_now", Disposition),
        ("fields", "plant", CustomField),
        ("cadences", "content", Cadence),
    )
    for slug, key, model in kinds:
        for path in (f"/settings/{slug}/", f"/settings/{slug}/{model.objects.get(key=key).pk}/"):
            page.goto(path)
            found = (page.evaluate("document.documentElement.scrollWidth > innerWidth"), complaints(page))
            wrong |= {path: found} if any(found) else {}

    assert wrong == {}
    page.get_by_label("Attempt 2: working day").fill("2")
    page.get_by_role("button", name="See what this touches").click()
    expect(page.get_by_text("under way: nothing changes")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_rep_sets_herself_away_on_a_phone(new_page, team, ana, scheme):
    make_user("ben", Role.BDR, team=team)
    page = new_page(user=ana, viewport=PHONE, color_scheme=scheme)

    page.goto("/")
    assert page.evaluate(BARS) == []
    page.get_by_role("link", name="Away", exact=True).click()

    expect(page.get_by_label("Who covers")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert complaints(page) == []
    page.get_by_label("Who covers").select_option("Nobody")
    expect(page.get_by_text("Who asks to be called goes to the others.")).to_be_visible()
