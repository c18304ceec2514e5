"""What a rep misses is asked for from a lead in two clicks, joined, answered once, and read at the address it had."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from content.models import ContentRequest, Label, News
from leads.models import Engagement
from team.models import Role
from tests.make import make_asset, make_lead, make_person, make_user
from tests.nurture.making import make_topic

pytestmark = [pytest.mark.browser, pytest.mark.walk, pytest.mark.django_db(transaction=True)]

NEED = "What an unplanned stop costs, for planners"


@pytest.fixture
def topic(db):
    return make_topic("Maintenance")


@pytest.fixture
def stage(db):
    """The label that a lead's phase is called by."""
    found, _made = Label.objects.get_or_create(dimension="stage", key="working", defaults={"label": "At work"})
    return found


@pytest.fixture
def mark(db):
    return make_user("mark", Role.MARKETER)


def lead_of(rep, topic):
    now = timezone.now()
    person = make_person()
    Engagement.objects.create(person=person, kind="downloaded", at=now, recorded_at=now, topic=topic, points=10)
    return make_lead(phase="working", bdr=rep, person=person, at=now)


def said_to(page):
    """What she has not heard yet of what she asked for."""
    page.goto("/requests/")
    return page.locator("#page section", has_text="What became of what you asked for").locator("li")


def test_what_was_asked_for_comes_through_the_address_it_had(new_page, alice, bob, mark, topic, stage):
    guide = make_asset(
        "The cost of a stop", by=mark, at=timezone.now(), topic=topic, labels=[stage], form="snippet", text="Old words."
    )
    address = reverse("content:asset", args=[guide.public_id])
    reader = new_page()
    reader.goto(address)
    expect(reader.locator("main")).to_contain_text("Old words.")

    # Two clicks, and the words between them; who misses the same joins in two.
    hers = new_page(user=alice)
    hers.goto(reverse("leads:lead", args=[lead_of(alice, topic).public_id]))
    hers.get_by_role("link", name="Ask for content").click()
    hers.get_by_label("What do you need?").fill(NEED)
    hers.get_by_role("button", name="Ask for it").last.click()
    expect(hers.locator(".toast")).to_contain_text("Asked for")
    his = new_page(user=bob)
    his.goto(reverse("leads:lead", args=[lead_of(bob, topic).public_id]))
    his.get_by_role("link", name="Ask for content").click()
    his.get_by_role("button", name="I need it too").click()
    expect(his.locator(".toast")).to_contain_text("You need it, too")
    asked = ContentRequest.objects.get()
    assert (asked.need, asked.voices.count()) == (NEED, 2)

    # The marketer gives the guide other words and answers with it.
    desk = new_page(user=mark)
    desk.goto(reverse("content:version_new", args=[guide.public_id]))
    desk.locator("textarea[name=text]").fill("A stop costs a shift: the sum for planners.")
    desk.get_by_role("button", name="Make it current").click()
    expect(desk.locator(".toast")).to_contain_text("Version 2")
    desk.goto("/requests/")
    desk.get_by_role("link", name=NEED).click()
    desk.get_by_role("button", name="Answer with The cost of a stop").click()
    expect(desk.locator("main")).to_contain_text("It is there:")

    # Each who asked is told once; the address of old says the new words.
    for page in (hers, his):
        expect(said_to(page)).to_have_count(1)
        expect(said_to(page)).to_contain_text("Mark answered it: The cost of a stop")
        page.get_by_role("button", name="Mark all as seen").click()
        expect(page.get_by_role("heading", name="What became of what you asked for")).to_have_count(0)
    assert sorted(News.objects.values_list("user", flat=True)) == sorted([alice.pk, bob.pk])
    reader.reload()
    expect(reader.locator("main")).to_contain_text("the sum for planners")
    expect(reader.locator("main")).not_to_contain_text("Old words.")


def test_that_it_is_none_of_these_stays_said_while_one_goes_on_typing(new_page, alice, bob):
    asking = new_page(user=alice)
    asking.goto(reverse("content:request_new"))
    asking.get_by_label("What do you need?").fill(NEED)
    asking.locator("form button.primary").click()
    expect(asking.locator("h1")).not_to_have_text("Ask for content")
    page = new_page(user=bob)
    page.goto(reverse("content:request_new"))
    page.get_by_label("What do you need?").fill(f"{NEED} of paper mills")
    page.locator("form button.primary").click()
    expect(page.get_by_role("alert")).to_contain_text("This may be asked for already.")

    page.get_by_label("It is none of these").check()
    with page.expect_response("**alike**"):
        page.get_by_label("What do you need?").press_sequentially(", in winter")

    expect(page.get_by_label("It is none of these")).to_be_checked()
    page.locator("form button.primary").click()
    expect(page.locator("h1")).not_to_have_text("Ask for content")
    assert ContentRequest.objects.count() == 2


def test_while_one_types_the_address_holds_what_is_looked_for_and_nothing_else(new_page, alice, bob, topic):
    asked = ContentRequest.objects.create(need=NEED, made_by=alice, made_at=timezone.now())
    page = new_page(user=bob)
    page.goto(reverse("content:request_new"))

    with page.expect_request("**alike**") as typed:
        page.get_by_label("What do you need?").fill(f"{NEED} of paper mills")
    expect(page.locator("#alike")).to_contain_text(asked.need)
    with page.expect_request("**alike**") as chosen:
        page.get_by_label("Topic").select_option(topic.key)

    sent = dict(parse_qsl(urlsplit(typed.value.url).query, keep_blank_values=True))
    assert set(sent) == {"alike", "need", "persona", "stage", "topic", "objection"}
    assert f"topic={topic.key}" in chosen.value.url
