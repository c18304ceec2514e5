"""Sales by keyboard: accept in one key, reject in two, say how it went; a manager moves leads and looks again."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from leads.actions.closing import disqualify_lead
from leads.actions.handing import accept_hand_off, hand_off_lead
from leads.models import HandOff, Lead, SecondLook
from tests.browser.looks import each_look
from tests.make import make_account, make_lead, make_person, reason

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def iris():
    account = make_account(name="Corrow Bearings", incumbent="Torqline")
    return make_person(given_name="Iris", family_name="Bell", title="Maintenance director", account=account)


@pytest.fixture
def sent(alice, peter, iris, now):
    return send(alice, peter, now, person=iris)


def send(by, ae, at, *, person=None, begun=False):
    lead = make_lead(phase="working", bdr=by, person=person, at=at - timedelta(hours=2))
    hand_off = hand_off_lead(lead, ae=ae, by=by, at=at - timedelta(hours=1), line="She must decide in January")
    moment = at + timedelta(hours=-1 if begun else 30)
    HandOff.objects.filter(pk=hand_off.pk).update(meeting_at=moment, local_meeting=moment, zone="UTC", place="Video")
    hand_off.refresh_from_db()
    return hand_off


def state_of(hand_off):
    hand_off = HandOff.objects.select_related("lead").get(pk=hand_off.pk)
    return hand_off.state, hand_off.lead.phase


def complaints(page):
    """What axe finds, by rule; [] is what is wanted."""
    return [
        (found["id"], [node["html"] for node in found["nodes"]]) for found in Axe().run(page).response["violations"]
    ]


def test_a_bdr_takes_her_hand_off_back_from_the_lead_page_by_keyboard(new_page, alice, sent):
    page = new_page(user=alice)
    page.goto(reverse("leads:lead", args=[sent.lead.public_id]))

    page.keyboard.press("w")
    expect(page.locator("#sales-withdraw :focus")).to_have_count(1)
    page.keyboard.press("Control+Enter")

    expect(page.locator(".toast")).to_contain_text("Taken back from Peter.")
    assert state_of(sent) == ("withdrawn", "working")


def test_the_ae_accepts_with_one_key_and_takes_it_back_with_another(new_page, peter, sent):
    page = new_page(user=peter)
    page.goto(reverse("leads:hand_offs"))
    expect(page.locator("#brief-title")).to_contain_text("Iris Bell")

    page.keyboard.press("a")
    expect(page.locator(".toast")).to_contain_text("Accepted: Iris Bell")
    assert state_of(sent) == ("accepted", "accepted")

    page.keyboard.press("u")
    expect(page.locator("#sales-buttons .primary")).to_contain_text("Accept hand-off")
    assert state_of(sent) == ("sent", "handed_off")


def test_the_ae_rejects_with_two_keys_and_has_read_what_follows(new_page, peter, alice, sent):
    page = new_page(user=peter)
    page.goto(reverse("leads:hand_offs"))

    page.keyboard.press("R")
    panel = page.locator("#sales-reject")
    expect(panel).to_be_visible()
    panel.locator(".choices label", has_text="Brief empty").click()
    expect(panel.locator(".then:visible")).to_have_count(1)
    expect(panel.locator(".then:visible")).to_contain_text("back to Alice, due now")
    page.keyboard.press("2")

    expect(page.locator(".toast")).to_contain_text("Rejected: Iris Bell. Asleep; back to Alice on")
    assert state_of(sent) == ("rejected", "nurture")


def test_an_outcome_asks_only_for_what_belongs_to_it(new_page, peter, alice, now):
    sent = send(alice, peter, now, begun=True)
    page = new_page(user=peter)
    page.goto(reverse("leads:hand_offs"))

    page.keyboard.press("o")
    panel = page.locator("#sales-outcome")
    expect(panel.get_by_text("What is not met?")).to_be_hidden()
    page.keyboard.press("1")
    expect(panel.get_by_text("Nobody has given a verdict on these yet.")).to_be_visible()
    for criterion in ("authority", "need", "timeframe", "motivation"):
        panel.locator(f"input[name=answer_{criterion}][value=unknown]").check()
    page.keyboard.press("Control+Enter")

    expect(page.locator(".toast")).to_contain_text("Held and qualified")
    assert state_of(sent) == ("qualified", "qualified")


def test_a_no_show_is_two_keys(new_page, peter, alice, now):
    sent = send(alice, peter, now, begun=True)
    page = new_page(user=peter)
    page.goto(reverse("leads:hand_offs"))

    for key in ("o", "3"):
        page.keyboard.press(key)

    expect(page.locator(".toast")).to_contain_text("No-show")
    assert state_of(sent) == ("no_show", "working")


def test_j_and_enter_walk_the_inbox(new_page, peter, alice, sent, now):
    other = send(alice, peter, now, person=make_person(given_name="Wim", family_name="de Groot"))
    page = new_page(user=peter)
    page.goto(reverse("leads:hand_offs"))

    for key in ("j", "j", "Enter"):
        page.keyboard.press(key)

    page.wait_for_url(f"**/hand-offs/{other.public_id}/**")
    expect(page.locator("#brief-title")).to_contain_text("Wim de Groot")


def test_the_line_is_kept_when_somebody_else_was_faster(new_page, peter, mona, sent, now):
    page = new_page(user=peter)
    page.goto(reverse("leads:hand_offs"))
    page.keyboard.press("R")
    page.locator("#reject-line").fill("Needs a budget owner")
    page.locator("#sales-reject .choices label", has_text="Brief empty").click()
    accept_hand_off(sent, by=mona, at=now)

    page.locator("#sales-reject button[data-default]").click()

    expect(page.get_by_text("Mona has accepted this hand-off already.")).to_be_visible()
    expect(page.get_by_text("Needs a budget owner")).to_be_visible()


def test_it_all_works_without_javascript(new_page, peter, sent):
    page = new_page(user=peter, java_script_enabled=False)
    page.goto(reverse("leads:hand_offs"))

    page.get_by_role("link", name="Reject…").click()
    page.locator("#sales-reject .choices label", has_text="No authority").click()
    page.get_by_role("button", name="Reject hand-off").click()

    assert state_of(sent) == ("rejected", "working")


def test_a_manager_selects_previews_and_moves_by_keyboard(new_page, mona, alice, bob, now):
    leads = [make_lead(phase="working", bdr=alice, at=now - timedelta(hours=1)) for _ in range(3)]
    page = new_page(user=mona)
    page.goto(reverse("leads:team_leads"))

    page.locator("#leads .row-link").first.focus()
    for key in ("x", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator(".bulk output")).to_have_text("2 selected")
    page.locator(".bulk select").select_option(label="Bob")
    page.get_by_role("button", name="Preview move").click()
    expect(page.locator(".then")).to_contain_text("2 leads go to Bob")
    page.get_by_role("button", name="Move 2 leads").click()

    expect(page.locator(".toast")).to_contain_text("2 leads moved to Bob.")
    assert Lead.objects.filter(bdr=bob).count() == 2
    assert Lead.objects.filter(pk__in=[lead.pk for lead in leads], bdr=alice).count() == 1


def test_a_second_look_is_put_back_with_one_click(new_page, mona, alice, now):
    lead = make_lead(phase="working", bdr=alice, at=now)
    disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=now)
    page = new_page(user=mona)
    page.goto(reverse("leads:team"))

    page.get_by_role("button", name="Put back").click()

    expect(page.locator(".toast")).to_contain_text("is kept for")
    assert SecondLook.objects.get().state == "put_back"


@each_look()
def test_the_pages_are_accessible(new_page, peter, mona, alice, sent, now, width, scheme):
    send(alice, peter, now, begun=True)
    accept_hand_off(send(alice, peter, now), by=peter, at=now)
    lead = make_lead(phase="working", bdr=alice, at=now)
    disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=now)
    working = make_lead(phase="working", bdr=alice, at=now - timedelta(days=9))
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    ae, manager = new_page(user=peter, **options), new_page(user=mona, **options)

    ae.goto(reverse("leads:hand_off_brief", args=[sent.public_id]) + "?form=reject")
    assert complaints(ae) == []
    assert ae.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ae.goto(reverse("leads:hand_offs") + "?list=accepted")
    assert complaints(ae) == []
    manager.goto(reverse("leads:team"))
    assert complaints(manager) == []
    assert manager.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for name, *more in (["team_leads"], ["rep_away", alice.pk], ["rep_queue", alice.pk], ["rep_sheet", alice.pk]):
        manager.goto(reverse(f"leads:{name}", args=more))
        assert complaints(manager) == [], name
        assert manager.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    for name in ("spread", "recycle_many"):
        manager.goto(f"{reverse(f'leads:{name}')}?lead={working.public_id}")
        assert complaints(manager) == [], name
    manager.goto(f"{reverse('leads:move')}?lead={working.public_id}&to=pool")
    assert complaints(manager) == []
