"""Enter in a field of a letter looks for something or shows the page again, and never sends; whoever looked goes on."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from nurture.models import MailRules, Message
from tests.make import make_asset, make_lead

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("is_scripted", [True, False])
def test_enter_searches_and_never_sends(new_page, alice, is_scripted):
    MailRules.objects.get_or_create(pk=1)
    lead = make_lead(phase="working", bdr=alice, at=timezone.now())
    over = make_asset("Prices of last year", expires_on=timezone.localdate(), successor=make_asset("Prices"))
    make_asset("What a standstill costs")
    page = new_page(user=alice, java_script_enabled=is_scripted)
    page.goto(reverse("nurture:write", args=[lead.public_id]))
    page.get_by_label("Subject").fill("Hello")
    words = f"Half a letter, with {reverse('content:asset', args=[over.public_id])}"
    page.get_by_label("Words", exact=True).fill(words)

    page.get_by_role("searchbox", name="Words of a title or a text").press("Enter")
    search = page.get_by_role("searchbox", name="Words of a title or a text")
    # The strip of what is over has a button before those of the form.
    expect(page.get_by_role("button", name="Put “Prices” in its place")).to_be_visible()
    search.fill("standstill")
    search.press("Enter")
    expect(page.get_by_role("heading", name="In the library")).to_be_visible()
    expect(search).to_be_focused()
    page.get_by_label("Subject").press("Enter")
    expect(page.get_by_role("heading", name="In the library")).to_be_visible()

    expect(page.get_by_label("Subject")).to_have_value("Hello")
    expect(page.get_by_label("Words", exact=True)).to_have_value(words)
    assert not Message.objects.exists()

    page.get_by_label("Words", exact=True).fill("A whole letter")
    page.get_by_role("button", name="Preview").click()
    page.get_by_label("Subject").press("Enter")
    expect(page.get_by_role("heading", name="As they get it")).to_be_visible()
    assert not Message.objects.exists()
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_url(f"**{reverse('leads:lead', args=[lead.public_id])}")
    assert Message.objects.count() == 1

    # What has left is not given back as something that was not saved.
    page.goto(reverse("nurture:write", args=[lead.public_id]))
    expect(page.get_by_label("Subject")).to_have_value("")
    expect(page.locator(".restored")).to_have_count(0)


def test_whoever_looks_for_content_on_the_page_of_a_lead_goes_on_typing_there(new_page, alice):
    lead = make_lead(phase="working", bdr=alice, at=timezone.now())
    make_asset("What spare parts cost")
    page = new_page(user=alice)
    page.goto(reverse("leads:lead", args=[lead.public_id]))
    page.get_by_role("link", name="What fits and they have not had").click()
    search = page.locator("#suggested").get_by_role("searchbox")
    search.fill("spare prats")
    search.press("Enter")
    page.locator("#suggested").get_by_role("link", name="spare parts").wait_for()

    page.keyboard.type("c")

    expect(search).to_be_focused()
    expect(page.locator("#panel-call form")).to_be_hidden()
    page.locator("#suggested").get_by_role("link", name="spare parts").click()
    expect(page.locator("#suggested").get_by_role("link", name="What spare parts cost", exact=True)).to_be_visible()
    expect(search).to_be_focused()
