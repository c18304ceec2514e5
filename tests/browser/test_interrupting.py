"""A page that stands open tells who waits, without being loaded anew and without taking the focus."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from agreement.models import Lane
from leads.models import Lead
from nurture.actions.receiving import take_mail
from team.models import Membership, Role
from tests.make import make_calendar, make_lead, make_person, make_team, make_user
from tests.nurture.mails import mail

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


@pytest.mark.parametrize("width", [1280, 390])
def test_a_long_name_without_a_space_runs_out_of_no_bar_and_no_answer(new_page, width):
    team = make_team("North", calendar=make_calendar(opens=0, closes=24 * 60, days=range(7)))
    row = take_mail(mail("Hello.", sender=f"{'N' * 100} <nn@x.example>"), source="imap", at=timezone.now())
    ana = make_user("ana", Role.BDR, team=team)
    Membership.objects.create(user=ana, team=team, role=Role.MANAGER)
    page = new_page(user=ana, viewport={"width": width, "height": 844})
    page.clock.install()

    page.goto(f"/mail/in/{row.pk}/")
    page.get_by_text("Somebody new").click()
    page.get_by_role("button", name="Add person and lead").click()

    toast, strip = page.locator(".toast"), page.locator("#now .strip")
    expect(toast).to_contain_text("is known now")
    box = toast.bounding_box()
    assert (box["x"] >= 0, box["x"] + box["width"] <= width) == (True, True)
    assert toast.evaluate("it => it.scrollWidth - it.clientWidth") == 0
    page.clock.fast_forward(36_000)
    expect(strip).to_contain_text("N" * 100)
    assert strip.evaluate("it => it.scrollWidth - it.clientWidth") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
