"""The fields of a filter say what is listed, however one came back to the list."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from tests.make import make_asset

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_back_from_did_you_mean_to_the_whole_library_leaves_no_word_in_its_search(new_page, alice):
    make_asset("Guide to spare parts", at=timezone.now())
    make_asset("Price list", at=timezone.now())
    page, library = new_page(user=alice), reverse("content:library")
    words = page.get_by_role("searchbox", name="Words of a title or a text")
    page.goto(library)
    words.fill("sparepart")
    words.press("Enter")
    page.get_by_role("link", name="spare part", exact=True).click()
    expect(page.get_by_role("link", name="Guide to spare parts")).to_be_visible()

    page.go_back()
    expect(words).to_have_value("sparepart")
    page.go_back()

    page.wait_for_url(f"**{library}")
    expect(page.get_by_role("link", name="Price list")).to_be_visible()
    expect(words).to_have_value("")
