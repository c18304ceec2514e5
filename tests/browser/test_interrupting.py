"""A page that stands open tells who waits, without being loaded anew and without taking the focus."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from agreement.models import Lane
from leads.models import Lead
from team.models import Role
from tests.make import make_calendar, make_lead, make_person, make_team, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [1440, 390])
def test_whoever_asks_to_be_contacted_is_told_on_an_open_page_and_taken_there(new_page, width):
    team = make_team("North", calendar=make_calendar(opens=0, closes=24 * 60, days=range(7)))
    ana = make_user("ana", Role.BDR, team=team)
    page = new_page(user=ana, viewport={"width": width, "height": 844})
    page.clock.install()
    page.goto("/people/new/")
    page.get_by_label("Company").fill("Bo")
    lead = make_lead(
        lane=Lane.HAND_RAISER, at=timezone.now(), team=team, person=make_person(given_name="Ada", family_name="Holm")
    )

    page.clock.fast_forward(36_000)

    strip = page.locator("#now .strip")
    expect(strip).to_contain_text("Ada Holm asked to be contacted")
    expect(page.get_by_label("Company")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert Axe().run(page).response["violations"] == []
    page.goto("/notices/")
    expect(strip).to_contain_text("Ada Holm")
    strip.get_by_role("button", name="Take it").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ada Holm")
    assert Lead.objects.get(pk=lead.pk).bdr == ana
