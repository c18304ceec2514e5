"""A form asks only for what goes with the answer that is chosen; without JavaScript it says which one counts."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from nurture.models import Track
from team.models import Role
from tests.make import make_user
from tests.nurture.making import make_topic, make_track, wait

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WHICH = {"topic": "Topic", "role": "Role", "criterion": "Criterion"}


@pytest.fixture
def asked(db):
    track = make_track(wait(3), published=False)
    make_topic("Downtime")
    return reverse("nurture:node_new", args=[track.public_id]) + "?kind=branch"


def test_a_branch_asks_for_what_its_question_needs(new_page, asked):
    page = new_page(user=make_user("milo", Role.MARKETER))
    page.goto(asked)
    expect(page.get_by_text("the others are left out")).to_be_hidden()

    for question, label in WHICH.items():
        page.get_by_label("They").select_option(question)
        for other in WHICH.values():
            expect(page.get_by_label(other, exact=True)).to_be_visible(visible=other == label)
    page.get_by_label("They").select_option("clicked")
    for other in WHICH.values():
        expect(page.get_by_label(other, exact=True)).to_be_hidden()


def test_a_goal_asks_for_what_it_needs(new_page):
    page = new_page(user=make_user("milo", Role.MARKETER))
    page.goto(reverse("nurture:track_new") + "?kind=track")

    expect(page.get_by_label("Role of the goal")).to_be_hidden()
    page.get_by_label("It ends once somebody").select_option("role")

    expect(page.get_by_label("Role of the goal")).to_be_visible()
    expect(page.get_by_label("Topic of the goal")).to_be_hidden()


def test_without_scripts_all_are_shown_and_it_is_said_which_counts(new_page, asked):
    page = new_page(user=make_user("milo", Role.MARKETER), java_script_enabled=False)
    page.goto(asked)

    expect(page.get_by_text("the others are left out")).to_be_visible()
    page.get_by_label("They").select_option("topic")
    page.get_by_label("Topic", exact=True).select_option("Downtime")
    page.get_by_label("Role", exact=True).select_option("doer")
    page.get_by_role("button", name="Add it").click()

    page.wait_for_url("**/draft/**")
    node = Track.objects.get().versions.get().nodes.get(kind="branch")
    assert (node.topic.label, node.role) == ("Downtime", "")
