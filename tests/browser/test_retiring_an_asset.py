"""Retiring an asset: who would miss it is said beside the form, and what comes after it is picked by some words."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from nurture.models import MailRules
from team.models import Role
from tests.make import make_asset, make_user
from tests.nurture.making import email, make_track

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("is_scripted", [True, False])
def test_what_comes_after_is_picked_by_some_words_and_the_letters_that_bring_it_are_named(new_page, is_scripted):
    MailRules.objects.get_or_create(pk=1)
    old, new = (make_asset(title, at=timezone.now()) for title in ("Old prices", "Prices of pumps"))
    make_track(email(asset=old, subject="What it costs"), name="Whoever asked for a price")
    page = new_page(user=make_user("milo", Role.MARKETER), java_script_enabled=is_scripted)
    page.goto(reverse("content:retire", args=[old.public_id]))

    if is_scripted:
        expect(page.get_by_role("heading", name="1 letter of tracks and plays brings it")).to_be_visible()
    else:
        expect(page.get_by_role("link", name="Which tracks and plays bring it")).to_be_visible()
    page.get_by_label("Why").fill("Replaced")
    field = page.get_by_label("What comes after it")
    field.press_sequentially("pump pri")
    if is_scripted:
        expect(page.locator("datalist option[value='Prices of pumps']")).to_have_count(1)
    page.get_by_role("button", name="Retire asset").click()
    page.get_by_role("radio", name="Prices of pumps").check()
    page.get_by_role("button", name="Retire asset").click()

    page.wait_for_url(f"**{reverse('content:asset_page', args=[old.public_id])}")
    old.refresh_from_db()
    assert (old.successor, old.retired_because) == (new, "Replaced")
