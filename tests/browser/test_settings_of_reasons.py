"""An admin adds a reason, a rep gives it the next minute, and it cannot be taken back as if nothing had happened."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from agreement.models import AgreementVersion, Criterion, Phase, Reason
from leads.models import Lead
from team.models import Role
from tests.browser.looks import each_look
from tests.browser.test_widths import complaints
from tests.make import make_calendar, make_lead, make_team, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = [
    "/settings/promises/", "/settings/promises/1/", "/settings/reasons/", "/settings/reasons/new/?kind=recycle",
    "/settings/reasons/new/?kind=disqualify", "/settings/reasons/new/?kind=reject", "/settings/reasons/new/?kind=lose",
    "/settings/criteria/", "/settings/criteria/new/",
]  # fmt: skip


@pytest.fixture
def team(db):
    return make_team("North", calendar=make_calendar(opens=0, closes=24 * 60, days=range(7)))


@pytest.fixture
def ana(team):
    return make_user("ana", Role.BDR, team=team)


@pytest.fixture
def dora(db):
    return make_user("dora", Role.ADMIN)


def add_reason(page, kind, label):
    page.goto(f"/settings/reasons/new/?kind={kind}")
    page.get_by_label("Name", exact=True).fill(label)


def save(page):
    page.get_by_role("button", name="See what this touches").click()
    expect(page.locator("#touches")).to_contain_text("It can be given to every open lead at once: ")
    page.get_by_role("button", name="Save reason").click()
    expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()


def test_a_reason_is_added_given_and_its_revert_refused_and_one_that_nobody_gave_is_taken_back(new_page, ana, dora):
    lead = make_lead(phase=Phase.WORKING, bdr=ana, at=timezone.now())
    make_lead(phase=Phase.WORKING, bdr=ana, at=timezone.now())
    admin, rep = new_page(user=dora), new_page(user=ana)

    add_reason(admin, "recycle", "Budget freeze")
    expect(admin.get_by_label("Notice of their contract, in days")).to_be_hidden()
    admin.get_by_label("Vendor they are with").check()
    admin.get_by_label("Back after so many days").fill("45")
    save(admin)

    rep.goto(f"/leads/{lead.public_id}/")
    rep.keyboard.press("r")
    rep.get_by_label("Budget freeze").check()
    expect(rep.get_by_label("What is missing?")).to_be_hidden()
    rep.get_by_label("With whom?").fill("Acme")
    expect(rep.locator("#panel-recycle .then")).to_contain_text("45 days, as the agreement says")
    rep.get_by_role("button", name="Recycle lead").click()
    expect(rep.get_by_text("Back on").first).to_be_visible()

    slept = Lead.objects.get(pk=lead.pk)
    assert (slept.phase, slept.reason.label, slept.recyclings.get().vendor) == (Phase.NURTURE, "Budget freeze", "Acme")

    admin.goto("/settings/reasons/")
    admin.get_by_role("link", name="Revert added Budget freeze").click()
    expect(admin.get_by_text("“Budget freeze” was given already: retire it instead.")).to_be_visible()
    assert Reason.objects.get(key="budget_freeze").retired_at is None
    assert AgreementVersion.objects.in_force().number == 2

    add_reason(admin, "disqualify", "Too small")
    save(admin)
    rep.goto(f"/leads/{Lead.objects.get(phase=Phase.WORKING).public_id}/")
    rep.keyboard.press("Shift+D")
    expect(rep.get_by_label("Too small")).to_be_visible()
    admin.get_by_role("link", name="Revert added Too small").click()
    admin.get_by_role("button", name="Revert").click()
    expect(admin.get_by_text("Reverted: everything is as it was before.")).to_be_visible()
    rep.reload()
    rep.keyboard.press("Shift+D")
    expect(rep.get_by_label("Bad data")).to_be_visible()
    expect(rep.get_by_label("Too small")).to_have_count(0)


def test_only_what_a_pick_needs_is_asked(new_page, dora):
    page = new_page(user=dora)
    add_reason(page, "reject", "Wrong season")

    expect(page.get_by_label("Back after so many days")).to_be_hidden()
    page.get_by_label("Recycle", exact=True).check()
    page.get_by_label("Back after so many days").fill("30")
    page.get_by_label("There it carries the reason").select_option(label="Recycle: No authority")
    save(page)

    expect(page.get_by_text("Recycle · as “No authority” · back after 30 days")).to_be_visible()


@each_look()
def test_these_pages_fit_and_are_read_by_everybody(new_page, dora, width, scheme):
    Criterion.objects.filter(key="need").update(label="Need of maintenance in the plant and what it costs a year")
    page = new_page(user=dora, viewport={"width": width, "height": 900}, color_scheme=scheme)
    pks = [f"/settings/reasons/{Reason.objects.get(key=key).pk}/" for key in ("mid_contract", "reject_no_need")]
    for url in (*PAGES, *pks, f"{pks[0]}retire/", f"/settings/criteria/{Criterion.objects.first().pk}/retire/"):
        assert page.goto(url).status == 200, url
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), url
        assert complaints(page) == [], url
    page.goto("/settings/promises/1/")
    page.locator("#id_hand_raiser").fill("1 d")
    page.locator("#id_list_notice").fill("9 d")
    page.get_by_role("button", name="See what this touches").click()
    expect(page.get_by_text("Notice comes before the end: less than 2 d.")).to_be_visible()
    assert complaints(page) == []
    page.locator("#id_list_notice").fill("1 d")
    page.get_by_role("button", name="See what this touches").click()
    expect(page.get_by_text("“Hand-raiser” waits longer than “Content”")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints(page) == []
