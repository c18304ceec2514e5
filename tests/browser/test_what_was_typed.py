"""What was typed comes back whole, also after the server has shown it again: refused, as a preview, with content."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from nurture.actions.receiving import take_mail
from nurture.models import MailRules, Message
from tests.make import make_asset, make_lead
from tests.nurture.mails import mail

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LETTER = "A long letter.\n\nWith many words in it."


@pytest.fixture
def lead(alice):
    MailRules.objects.get_or_create(pk=1)
    return make_lead(phase="working", bdr=alice, at=timezone.now())


@pytest.fixture
def page(new_page, alice):
    return new_page(user=alice)


def write(page, lead):
    page.goto(reverse("nurture:write", args=[lead.public_id]))


def leave(page, lead):
    page.get_by_role("link", name="Back to the lead").click()
    page.wait_for_url(f"**{reverse('leads:lead', args=[lead.public_id])}")


def subject_and_words(page):
    return page.get_by_label("Subject").input_value(), page.get_by_label("Words", exact=True).input_value()


def preview(page, subject, words):
    page.get_by_label("Subject").fill(subject)
    page.get_by_label("Words", exact=True).fill(words)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="As they get it")).to_be_visible()


@pytest.mark.parametrize(("label", "subject", "words"), [("Subject", "New", LETTER), ("Words", "Old", "New")])
def test_a_letter_changed_after_its_preview_comes_back_whole(page, lead, label, subject, words):
    write(page, lead)
    preview(page, "Old", LETTER)
    page.get_by_label(label, exact=True).fill("New")

    leave(page, lead)
    write(page, lead)

    expect(page.locator(".restored")).to_be_visible()
    assert subject_and_words(page) == (subject, words)
    # And once more: coming back loses nothing of it either.
    page.get_by_label("Subject").fill("Newest")
    leave(page, lead)
    write(page, lead)
    assert subject_and_words(page) == ("Newest", words)


def test_what_was_put_in_comes_back_with_the_words_around_it(page, lead):
    make_asset("What a standstill costs")
    write(page, lead)
    page.get_by_label("Subject").fill("Standstill")
    page.get_by_label("Words", exact=True).fill("Have a look:")
    search = page.get_by_role("searchbox", name="Words of a title or a text")
    search.fill("standstill")
    search.press("Enter")
    page.get_by_role("button", name="Insert What a standstill costs").click()
    expect(page.locator("#toast")).to_contain_text("Put in")
    put_in = subject_and_words(page)
    assert put_in[1].startswith("Have a look:\n\n")

    leave(page, lead)
    write(page, lead)

    assert subject_and_words(page) == put_in


def test_what_is_put_in_the_place_of_what_is_over_stays(page, lead):
    new = make_asset("Prices")
    over = make_asset("Prices of last year", expires_on=timezone.localdate(), successor=new)
    address = reverse("content:asset", args=[over.public_id])
    write(page, lead)
    page.get_by_label("Words", exact=True).fill(f"See {address}")
    page.get_by_role("button", name="Search", exact=True).last.click()

    page.get_by_role("button", name="Put “Prices” in its place").click()

    expect(page.get_by_role("button", name="Put “Prices” in its place")).to_have_count(0)
    assert subject_and_words(page)[1] == f"See {reverse('content:asset', args=[new.public_id])}"


def test_what_was_sent_after_a_preview_is_forgotten(page, lead):
    write(page, lead)
    preview(page, "Old", LETTER)
    page.get_by_label("Subject").fill("New")
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_url(f"**{reverse('leads:lead', args=[lead.public_id])}")
    assert Message.objects.count() == 1

    write(page, lead)

    assert subject_and_words(page) == ("", "")
    expect(page.locator(".restored")).to_have_count(0)
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft:'))") == []


def test_a_refused_recycling_that_is_mended_and_left_comes_back_whole(page, lead):
    here = f"{reverse('leads:lead', args=[lead.public_id])}?form=recycle"
    form = page.locator("#panel-recycle form")
    page.goto(here)
    form.get_by_label("Mid-contract").check()
    form.locator("[name=vendor]").fill("Acme")
    form.locator("[name=contract_end]").fill("the day after never")
    form.locator("[name=note]").fill("Ask for Tom")
    form.get_by_role("button", name="Recycle lead", exact=True).click()
    expect(form.locator("[role=alert]").first).to_be_visible()
    form.locator("[name=contract_end]").fill("March 2031")

    page.goto("/")
    page.goto(here)

    expect(form.locator(".restored")).to_be_visible()
    expect(form.get_by_label("Mid-contract")).to_be_checked()
    expect(form.locator("[name=vendor]")).to_be_visible()
    said = {name: form.locator(f"[name={name}]").input_value() for name in ("vendor", "contract_end", "note")}
    assert said == {"vendor": "Acme", "contract_end": "March 2031", "note": "Ask for Tom"}
    # Another reason after a refusal is the one that comes back.
    form.get_by_label("Unresponsive").check()
    page.goto(here)
    expect(form.get_by_label("Unresponsive")).to_be_checked()


def test_what_is_emptied_by_hand_after_a_refusal_leaves_nothing_to_bring_back(page, lead):
    here = f"{reverse('leads:lead', args=[lead.public_id])}?form=recycle"
    form = page.locator("#panel-recycle form")
    page.goto(here)
    form.locator("[name=note]").fill("Ask for Tom")
    form.get_by_role("button", name="Recycle lead", exact=True).click()
    expect(form.locator("[role=alert]").first).to_be_visible()
    form.locator("[name=note]").fill("")

    page.goto(here)

    expect(form.locator("[name=note]")).to_have_value("")
    expect(form.locator(".restored")).to_have_count(0)


def test_somebody_new_comes_back_unfolded_with_what_was_typed_until_they_are_known(new_page, mona):
    stranger = mail("Please call me.", sender="jo@home.example", Message_ID="<a@x>")
    row = take_mail(stranger, source="imap", at=timezone.now())
    page, address = new_page(user=mona), reverse("nurture:incoming_mail", args=[row.pk])
    name, company = page.locator("#new-name"), page.locator("#new-company")
    page.goto(address)
    page.get_by_text("Somebody new").click()
    name.fill("Jo Private")
    company.fill("Brevik Mills")

    page.get_by_role("link", name="Back", exact=True).click()
    page.wait_for_url(f"**{reverse('nurture:incoming')}*")
    page.goto(address)

    expect(page.locator(".restored")).to_be_visible()
    expect(company).to_be_visible()
    assert (name.input_value(), company.input_value()) == ("Jo Private", "Brevik Mills")
    page.get_by_role("button", name="Add person and lead").click()
    expect(page.locator("#toast")).to_contain_text("Jo Private is known now.")
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('incoming'))") == []
