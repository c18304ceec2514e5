"""An admin's first day: a team from nothing, words of their own for the stages, and a mistake taken back."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Account
from agreement.models import Phase, Reason, Stage
from leads.actions.entering import NewLead, open_leads
from leads.models import Lead
from team.models import Role, Team, User
from tests.make import make_calendar, make_lead, make_person, make_team, make_user

pytestmark = [pytest.mark.browser, pytest.mark.walk, pytest.mark.django_db(transaction=True)]

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@pytest.fixture
def north(db):
    return make_team("North", calendar=make_calendar(opens=0, closes=24 * 60, days=range(7)))


@pytest.fixture
def page(new_page, north):
    return new_page(user=make_user("dora", Role.ADMIN))


def save(page, one):
    """Read what it touches, and save it."""
    page.get_by_role("button", name="See what this touches").click()
    expect(page.locator("#touches")).to_be_visible()
    page.get_by_role("button", name=f"Save {one}").click()
    expect(page.get_by_role("status")).to_contain_text("aved")


def make_hours(page):
    page.goto("/settings/calendars/new/")
    page.get_by_label("Name", exact=True).fill("Madrid")
    page.get_by_label("Time zone").select_option("Europe/Madrid")
    for day in DAYS:
        page.get_by_label(day, exact=True).fill("0:00-24:00")
    save(page, "calendar")


def make_iberia(page):
    page.goto("/settings/teams/new/")
    page.get_by_label("Name", exact=True).fill("Iberia")
    page.get_by_label("Calendar").select_option("Madrid")
    save(page, "team")


def let_rita_in(page):
    page.goto("/settings/people/new/")
    page.get_by_label("Name", exact=True).fill("Rita Holm")
    page.get_by_label("E-mail").fill("rita@corvane.io")
    page.get_by_label("Role 1", exact=True).select_option("BDR")
    page.get_by_label("Role 1: team").select_option("Iberia")
    save(page, "user")
    page.get_by_role("button", name="Make a password").click()
    return page.locator("#password, input[readonly]").first.input_value()


def give_spain_to_iberia(page):
    page.goto("/settings/territories/new/")
    page.get_by_label("Name", exact=True).fill("Spain")
    page.get_by_label("Country").select_option("Spain")
    page.get_by_label("Team").select_option("Iberia")
    save(page, "territory")
    page.goto("/settings/routing/?country=ES&lane=content")
    expect(page.locator("main")).to_contain_text("Iberia")


def test_a_team_from_nothing_works_its_first_lead_the_same_day(page, new_page):
    make_hours(page)
    make_iberia(page)
    password = let_rita_in(page)
    give_spain_to_iberia(page)
    account = Account.objects.create(name="Tornillos Ruiz", country="ES")
    ruiz = make_person(given_name="Ada", family_name="Ruiz", account=account, country="ES")
    open_leads([NewLead(ruiz.pk, "content", Lead.Origin.INBOUND, account_id=account.pk)], by=None, at=timezone.now())
    assert Lead.objects.get().team == Team.objects.get(name="Iberia")

    desk = new_page()
    desk.goto("/")
    desk.get_by_label("E-mail").fill("rita@corvane.io")
    desk.get_by_label("Password", exact=True).fill(password)
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Today")
    desk.keyboard.press("n")
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Ada Ruiz")
    assert Lead.objects.get().bdr == User.objects.get(email="rita@corvane.io")


def test_a_stage_is_renamed_and_another_retired_and_the_leads_follow(page, new_page, north):
    ana = make_user("ana", Role.BDR, team=north)
    lead = make_lead(phase=Phase.WORKING, bdr=ana, at=timezone.now())
    attempting, connected = Stage.objects.filter(phase=Phase.WORKING).order_by("position")

    page.goto(f"/settings/stages/{connected.pk}/")
    page.get_by_label("Name").fill("In conversation")
    save(page, "stage")
    page.goto(f"/settings/stages/{attempting.pk}/retire/")
    page.get_by_label("Its leads move to").select_option("In conversation")
    page.get_by_role("button", name="See what this touches").click()
    expect(page.locator("#touches")).to_contain_text("1 lead")
    page.get_by_role("button", name="Retire stage").click()
    expect(page.get_by_role("status")).to_contain_text("Retired")

    desk = new_page(user=ana)
    desk.goto(f"/leads/{lead.public_id}/")
    expect(desk.locator(".facts-line")).to_contain_text("In conversation")
    # The last stage of a phase stays.
    page.goto("/settings/stages/")
    expect(page.locator(f'a[href="/settings/stages/{connected.pk}/retire/"]')).to_have_count(0)

    page.get_by_role("link", name="Revert").first.click()
    page.get_by_role("button", name="Revert").click()
    desk.reload()
    expect(desk.locator(".facts-line")).to_contain_text("Attempting")


def test_a_reason_is_added_and_taken_back_before_anybody_gives_it(page):
    before = set(Reason.objects.in_use().values_list("label", flat=True))
    page.goto("/settings/reasons/new/?kind=recycle")
    page.get_by_label("Name", exact=True).fill("Budget freeze")
    page.get_by_label("Back after so many days").fill("45")
    save(page, "reason")
    assert set(Reason.objects.in_use().values_list("label", flat=True)) == before | {"Budget freeze"}

    page.get_by_role("link", name="Revert").first.click()
    page.get_by_role("button", name="Revert").click()

    expect(page.get_by_text("Reverted: everything is as it was before.")).to_be_visible()
    assert set(Reason.objects.in_use().values_list("label", flat=True)) == before
