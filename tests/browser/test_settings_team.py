"""An admin gives the team its hours: the pages fit a phone, read well to everybody, and say what they touch."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from leads.models import Clock
from team.models import CalendarDay, Role, Territory
from tests.browser.looks import each_look
from tests.make import make_calendar, make_lead, make_team, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def team(db):
    calendar = make_calendar(opens=0, closes=24 * 60, days=range(7), country="DE", subdivision="BY")
    CalendarDay.objects.create(calendar=calendar, day=timezone.localdate() + timedelta(days=30), label="Stocktaking")
    return make_team("North", calendar=calendar)


@pytest.fixture
def dora(db):
    return make_user("dora", Role.ADMIN)


def complaints(page):
    return [(found["id"], found["nodes"][0]["html"]) for found in Axe().run(page).response["violations"]]


@each_look()
def test_every_page_of_the_team_fits_and_reads_well(new_page, team, dora, width, scheme):
    south = make_team("South", calendar=team.calendar)
    spain = Territory.objects.create(name="Spain and Portugal", team=south, country="ES", source="Trade fair")
    make_lead(team=south, at=timezone.now())
    page = new_page(user=dora, viewport={"width": width, "height": 900}, color_scheme=scheme)
    found = {}
    for path in (
        "teams/", f"teams/{team.pk}/", f"teams/{south.pk}/retire/", "territories/", "territories/new/",
        f"territories/{spain.pk}/", f"territories/{spain.pk}/remove/", "calendars/", f"calendars/{team.calendar_id}/",
        "routing/", "routing/?country=ES&source=Trade+fair&lane=content",
    ):  # fmt: skip
        page.goto(f"/settings/{path}")
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        if wide or (said := complaints(page)):
            found[path] = "wide" if wide else said

    assert found == {}


def test_the_hours_are_changed_by_keyboard_after_the_page_said_what_moves_and_reverted(new_page, team, dora):
    make_lead(team=team, at=timezone.now())
    due_at = Clock.objects.get().due_at
    page = new_page(user=dora)
    page.goto(f"/settings/calendars/{team.calendar_id}/")

    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"):
        page.get_by_label(day, exact=True).fill("10:00-10:30")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 running promise gets another moment")).to_be_visible()
    assert Clock.objects.get().due_at == due_at

    page.get_by_role("button", name="Save calendar").press("Enter")
    expect(page.get_by_role("status").get_by_text("Saved: ")).to_be_visible()
    assert Clock.objects.get().due_at > due_at

    page.get_by_role("link", name="Revert").press("Enter")
    expect(page.get_by_text("1 running promise gets another moment")).to_be_visible()
    page.get_by_role("button", name="Revert").press("Enter")
    expect(page.get_by_text("Reverted: everything is as it was before.")).to_be_visible()
    assert Clock.objects.get().due_at == due_at
