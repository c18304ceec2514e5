"""A block before lunch: eighty leads under two fingers, and the right one after a restart, on another device."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from django.utils import timezone
from playwright.sync_api import expect

from agreement.models import Phase
from leads.models import Activity, Block, BlockLead, Step
from team.models import Role
from tests.browser.looks import each_look
from tests.make import make_account, make_calendar, make_lead, make_person, make_team, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ana(db):
    team = make_team("North", calendar=make_calendar(opens=0, closes=24 * 60, days=range(7)))
    return make_user("ana", Role.BDR, team=team, open_limit=200)


def work(ana, count):
    """So many leads of Ana, in the order of their names."""
    account = make_account(name="Corvane", phone="+12025550100")
    return [
        make_lead(
            phase=Phase.WORKING,
            bdr=ana,
            at=timezone.now() - timedelta(minutes=count + 30 - number),
            person=make_person(given_name="Person", family_name=f"{number:03}", account=account, phone=None),
        )
        for number in range(1, count + 1)
    ]


def shows(page, number):
    expect(page.locator("h1")).to_have_text(f"Person {number:03}")
    page.wait_for_load_state()


def work_by_keys(page, numbers, total):
    for number in numbers:
        shows(page, number)
        expect(page.locator(".in-block")).to_contain_text(f"{number} of {total}")
        page.keyboard.press("c")
        page.keyboard.press("1")


def complaints(page):
    return [(found["id"], found["nodes"][0]["html"]) for found in Axe().run(page).response["violations"]]


def walk(new_page, ana, total, stops):
    """The whole block by two keys a lead; it is taken up again at each of `stops` by another browser, after every
    connection of the server was closed."""
    work(ana, total)
    page = new_page(user=ana)
    page.goto("/")
    page.get_by_role("button", name="Start block").click()
    began = 1
    for stop in stops:
        work_by_keys(page, range(began, stop), total)
        shows(page, stop)
        began = stop
        page.context.close()
        connections.close_all()
        page = new_page(user=ana)
        page.goto("/")
        page.get_by_role("link", name="Resume block").click()
    work_by_keys(page, range(began, total + 1), total)
    expect(page.locator("h1")).to_contain_text("Today")
    expect(page.locator("#toast")).to_contain_text("That was the last of your block.")

    assert Block.objects.get().state == Block.State.FINISHED
    assert set(BlockLead.objects.values_list("state", flat=True)) == {"done"}
    assert Activity.objects.filter(kind="call").count() == total


def test_a_block_is_worked_by_two_keys_a_lead_and_taken_up_on_another_device(new_page, ana):
    walk(new_page, ana, 6, stops=[4])


@pytest.mark.full
def test_a_block_of_eighty_before_lunch(new_page, ana):
    walk(new_page, ana, 80, stops=[15, 47])


def test_brackets_move_inside_the_block_and_undo_puts_a_lead_back_into_it(new_page, ana):
    work(ana, 3)
    page = new_page(user=ana)
    page.goto("/")
    page.get_by_role("button", name="Start block").click()
    shows(page, 1)

    page.keyboard.press("]")
    shows(page, 2)
    page.keyboard.press("[")
    shows(page, 1)
    page.keyboard.press("c")
    page.keyboard.press("1")
    shows(page, 2)
    page.keyboard.press("u")
    shows(page, 1)

    assert list(BlockLead.objects.order_by("position").values_list("state", flat=True)) == ["waiting"] * 3


@each_look()
def test_the_pages_of_a_block_have_nothing_to_complain_of(new_page, ana, width, scheme):
    work(ana, 3)
    page = new_page(user=ana, viewport={"width": width, "height": 844}, color_scheme=scheme)
    page.goto("/")
    page.get_by_role("button", name="Start block").click()
    shows(page, 1)
    found = {"lead": complaints(page)}
    for path in ("/", "/block/"):
        page.goto(path)
        found[path] = complaints(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    assert found == {"lead": [], "/": [], "/block/": []}


def test_a_block_is_worked_without_a_script(new_page, ana):
    work(ana, 2)
    page = new_page(user=ana, java_script_enabled=False)
    page.goto("/")
    page.get_by_role("button", name="Start block").click()
    page.goto(f"{page.url}?form=call")
    page.get_by_text("No answer").first.click()
    page.get_by_role("button", name="Save and open next").click()

    expect(page.locator("h1")).to_have_text("Person 002")


def test_rows_are_selected_by_keys_and_snoozed_as_one_act(new_page, ana):
    work(ana, 4)
    page = new_page(user=ana)
    page.goto("/")
    for key in ("j", "x", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    expect(page.locator(".bulk output")).to_contain_text("3")

    page.keyboard.press("s")
    expect(page.locator("h1")).to_have_text("Snooze")
    assert complaints(page) == []
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toast")).to_contain_text("Snooze: 3 leads.")
    assert Step.objects.open().filter(snoozed=1).count() == 3
    page.keyboard.press("u")
    expect(page.locator("#toast")).to_contain_text("3 leads are as before.")
    assert Step.objects.open().filter(snoozed=1).count() == 0


def test_people_of_one_account_are_told_of_in_one_call(new_page, ana):
    work(ana, 3)
    page = new_page(user=ana)
    page.goto("/?by_account=on")
    for key in ("j", "x", "j", "Shift+X"):
        page.keyboard.press(key)

    page.keyboard.press("c")
    shows(page, 1)
    assert complaints(page) == []
    page.keyboard.press("1")

    expect(page.locator("#toast")).to_contain_text("Person 001 and 1 more")
    assert Activity.objects.filter(kind="call").count() == 2
