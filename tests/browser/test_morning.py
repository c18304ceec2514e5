"""A rep's morning by keyboard: down the queue, into a lead, the next of the pool; and the same without script."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from agreement.models import Phase
from leads.actions.claiming import claim_lead
from leads.models import Lead
from tests.make import make_lead, make_person

pytestmark = [pytest.mark.browser, pytest.mark.walk, pytest.mark.django_db(transaction=True)]
LEAD = re.compile(r"/leads/[0-9a-f-]{36}/$")


def lead(given, **fields):
    return make_lead(person=make_person(given_name=given, family_name="Holm"), at=timezone.now(), **fields)


def test_down_the_queue_into_a_lead_and_back(new_page, alice):
    first, _second = (lead(given, phase=Phase.WORKING, bdr=alice) for given in ("Ada", "Bo"))
    page = new_page(user=alice)
    page.goto("/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".row-link:focus")).to_have_text("Bo Holm")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/leads/{first.public_id}/")
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.wait_for_url("**/")
    expect(page.locator(".row-link")).to_have_count(2)


def test_n_takes_the_next_of_the_pool_and_lands_on_it(new_page, alice):
    waiting = lead("Ada")
    page = new_page(user=alice)
    page.goto("/")
    page.keyboard.press("n")
    page.wait_for_url(LEAD)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ada Holm")
    waiting.refresh_from_db()
    assert waiting.bdr == alice


def test_a_lost_race_is_told_in_the_row(new_page, alice, bob):
    contested = lead("Ada")
    page = new_page(user=bob)
    page.goto("/pool/")
    claim_lead(contested, by=alice, at=timezone.now())
    page.get_by_role("button", name="Take Ada Holm").click()
    expect(page.get_by_role("alert")).to_contain_text(f"{alice} has just taken this lead.")
    assert Lead.objects.get(pk=contested.pk).bdr == alice


def test_a_lead_taken_in_the_pool_is_told_and_can_be_undone(new_page, alice):
    taken = lead("Ada")
    page = new_page(user=alice)
    page.goto("/pool/")
    page.get_by_role("button", name="Take Ada Holm").click()
    expect(page.locator(".row")).to_contain_text("Yours now")
    expect(page.get_by_role("status")).to_contain_text("You took Ada Holm.")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press("u")
    taken.refresh_from_db()
    assert (taken.bdr, taken.phase) == (None, Phase.QUEUED)


def test_without_script_a_lead_is_found_filtered_and_taken(new_page, alice):
    lead("Ada")
    page = new_page(user=alice, java_script_enabled=False)
    page.goto("/pool/?lane=content")
    page.get_by_role("button", name="Take Ada Holm").click()
    page.wait_for_url(LEAD)
    page.goto("/")
    page.get_by_label("Lane").select_option("list")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("No lead in your queue matches")).to_be_visible()
    page.get_by_role("link", name="Clear filter").last.click()
    expect(page.locator(".row-link")).to_have_text("Ada Holm")
