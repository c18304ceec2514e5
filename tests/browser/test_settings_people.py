"""An admin lets people in and lets one go: the pages fit a phone, read well to everybody, and say what they touch."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from agreement.models import Phase
from leads.models import Lead
from team.models import Role, Territory, User
from tests.make import make_calendar, make_lead, make_team, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def team(db):
    return make_team("North", calendar=make_calendar(opens=0, closes=24 * 60, days=range(7)))


@pytest.fixture
def dora(db):
    return make_user("dora", Role.ADMIN)


def complaints(page):
    return [(found["id"], found["nodes"][0]["html"]) for found in Axe().run(page).response["violations"]]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_every_page_of_people_fits_and_reads_well(new_page, team, dora, alice, width, scheme):
    Territory.objects.create(name="Spain and Portugal", team=team, bdr=alice, country="ES")
    make_lead(phase=Phase.WORKING, bdr=alice, team=team, at=timezone.now())
    page = new_page(user=dora, viewport={"width": width, "height": 900}, color_scheme=scheme)
    found = {}
    for path in (
        "people/", "people/new/", f"people/new/?like={alice.pk}", f"people/{alice.pk}/", f"people/{alice.pk}/retire/",
        f"people/{alice.pk}/login/", "audit/",
    ):  # fmt: skip
        page.goto(f"/settings/{path}")
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        if wide or (said := complaints(page)):
            found[path] = "wide" if wide else said

    assert found == {}


def test_a_colleague_comes_and_another_leaves(new_page, team, dora, alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, team=team, at=timezone.now())
    page = new_page(user=dora)
    page.goto("/settings/people/new/")

    page.get_by_label("Roles, calendar, backup and limits of").select_option("Alice")
    page.get_by_role("button", name="Copy into the form").click()
    page.get_by_label("Name", exact=True).fill("Rita Holm")
    page.get_by_label("E-mail").fill("rita@corvane.io")
    page.get_by_role("button", name="See what this touches").click()
    expect(page.get_by_text("Roles: BDR North")).to_be_visible()
    page.get_by_role("button", name="Save user").click()
    page.get_by_role("button", name="Make a password").click()
    assert User.objects.get(name="Rita Holm").check_password(page.get_by_label("Give them this password").input_value())

    page.goto(f"/settings/people/{alice.pk}/retire/")
    page.get_by_label("Their leads go to").select_option("Rita Holm")
    page.get_by_role("button", name="See what this touches").click()
    expect(page.get_by_text("1 lead to Rita Holm")).to_be_visible()
    page.get_by_role("button", name="End their login and pass this on").click()

    expect(page.get_by_text("Rita Holm goes on with their leads")).to_be_visible()
    assert Lead.objects.get(pk=lead.pk).bdr.name == "Rita Holm"
