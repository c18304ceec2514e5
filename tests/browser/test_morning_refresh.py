"""The manager's morning brings itself up to date where one reads: nothing folds in, jumps or loses the focus."""

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from leads.actions.claiming import claim_lead
from leads.actions.recycling import recycle_lead
from leads.models import Clock
from team.models import Absence, Role
from tests.make import make_calendar, make_lead, make_team, make_user, reason

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MINUTE_MS = 60_000


@pytest.fixture
def team(db):
    return make_team("North", calendar=make_calendar(opens=0, closes=24 * 60, days=range(7)))


@pytest.fixture
def ana(team):
    return make_user("ana", Role.BDR, team=team)


@pytest.fixture
def mona(team):
    return make_user("mona", Role.MANAGER, team=team)


@pytest.fixture
def page(new_page, team, ana, mona):
    make_user("ben", Role.BDR, team=team)
    for _ in range(6):
        make_lead(team=team, lane="hand_raiser", at=timezone.now() - timedelta(minutes=1))
    page = new_page(user=mona, viewport={"width": 1280, "height": 500})
    page.clock.install()
    page.goto(reverse("leads:team"))
    return page


def a_minute_later(page):
    """Until the answer of the refresh is laid over the page."""
    with page.expect_response(lambda answer: "/team/?team=" in answer.url):
        page.clock.fast_forward(MINUTE_MS)


def test_after_a_minute_it_says_what_is_new_and_the_place_is_kept(page, ana):
    page.locator(f"#acts-{ana.pk} summary").click()
    inside = page.locator(f"#acts-{ana.pk} a").first
    inside.focus()
    page.evaluate("scrollTo(0, 400)")
    was = page.evaluate("scrollY")
    now = timezone.now()
    Absence.objects.create(user=ana, starts_at=now - timedelta(minutes=1), ends_at=now + timedelta(days=1))

    a_minute_later(page)

    expect(page.locator(f"#rep-{ana.pk}")).to_contain_text("Away to")
    assert page.locator(f"#acts-{ana.pk}").evaluate("one => one.open")
    expect(page.locator(f"#acts-{ana.pk}")).to_contain_text("Back now")
    assert page.evaluate("document.activeElement.closest('details')?.id") == f"acts-{ana.pk}"
    assert page.evaluate("scrollY") == was


def test_it_goes_on_every_minute(page, team):
    for leads in (7, 8):
        make_lead(team=team, lane="hand_raiser", at=timezone.now())
        a_minute_later(page)
        expect(page.locator("#pool")).to_contain_text(f"{leads} leads")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_folded_out_is_accessible_and_whole(page, ana, theme):
    page.emulate_media(color_scheme=theme)
    page.locator(f"#acts-{ana.pk} summary").click()

    links = page.locator(f"#acts-{ana.pk} a")

    assert Axe().run(page).response["violations"] == []
    for link in links.all():
        # Nothing lies over it, and nothing cuts it off.
        link.click(trial=True)


def test_ana_is_covered_with_two_clicks_and_back_with_one(page, team, ana):
    make_lead(phase="working", bdr=ana, team=team, lane="hand_raiser", at=timezone.now())
    page.locator(f"#acts-{ana.pk} summary").click()
    page.get_by_role("link", name="Cover today, or away…").click()
    expect(page.locator(".then")).to_contain_text("1 thing that was promised or is waited for is lent to Ben.")
    page.get_by_role("button", name="Set away").click()
    expect(page.locator(f"#rep-{ana.pk}")).to_contain_text("covered by Ben")

    page.locator(".toast").get_by_role("button", name="Undo").click()

    expect(page.locator(f"#rep-{ana.pk}")).to_contain_text("Works until")
    assert not Absence.objects.exists()


def test_a_full_sheet_is_one_page_of_paper(new_page, team, ana, mona):
    leads = [make_lead(phase="working", bdr=ana, team=team, at=timezone.now() - timedelta(days=3)) for _ in range(9)]
    missed = timezone.now() - timedelta(days=1)
    Clock.objects.filter(lead__in=leads, kind="first_touch").update(
        state="missed", due_at=missed, missed_at=missed, ended_at=missed, next_notice_at=None
    )
    for number in range(9):
        lead = make_lead(team=team, at=timezone.now() - timedelta(minutes=20 - number))
        make_lead(team=team, at=timezone.now() - timedelta(days=1))
        claim_lead(lead, by=ana, at=timezone.now())
    for lead in leads:
        recycle_lead(lead, reason=reason("unresponsive"), by=ana, at=timezone.now())
    for _ in range(9):
        make_lead(phase="working", bdr=ana, team=team, at=timezone.now() - timedelta(days=3))
    page = new_page(user=mona)
    page.goto(reverse("leads:rep_sheet", args=[ana.pk]))
    for part in ("misses", "overdue", "early", "skips"):
        expect(page.locator(f"#{part} li")).to_have_count(8)

    paper = page.pdf(format="A4")

    assert len(re.findall(rb"/Type /Page\b", paper)) == 1
