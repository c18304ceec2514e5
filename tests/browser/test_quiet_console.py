"""What a page says without being asked: no broken policy, no key in silence, no typed word that cannot be seen."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from agreement.models import Phase
from content.actions.pulsing import Questions, answer_round, open_rounds, set_pulse
from content.models import PulseAsked
from leads.actions.recycling import recycle_lead
from leads.models import Lead
from team.models import Role
from tests.make import make_account, make_calendar, make_lead, make_person, make_team, make_user, reason

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(db):
    team = make_team("North", calendar=make_calendar(opens=0, closes=24 * 60, days=range(7)))
    ana, ben = make_user("ana", Role.BDR, team=team), make_user("ben", Role.BDR, team=team)
    person = make_person(given_name="Ada", family_name="Holm", account=make_account(name="Holm AS"))
    at = timezone.now() - timedelta(days=2)
    return {"ana": ana, "ben": ben, "lead": make_lead(phase=Phase.WORKING, person=person, bdr=ana, team=team, at=at)}


@pytest.fixture
def page(new_page, cast):
    page = new_page(user=cast["ana"])
    page.goto(f"/leads/{cast['lead'].public_id}/")
    return page


def test_a_text_area_made_taller_breaks_no_policy_when_its_form_comes_back(page):
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.keyboard.press("t")
    note = page.locator("#note-text")
    note.evaluate("area => { area.style.height = '200px'; }")

    page.keyboard.press("Control+Enter")

    expect(page.locator("#panel-note [role=alert]")).to_be_visible()
    assert [text for text in said if "inline style" in text] == []


def test_u_says_so_where_nothing_can_be_taken_back_and_works_after_reopening(page, cast):
    page.keyboard.press("u")
    expect(page.locator("#toast")).to_contain_text("Nothing to take back here.")
    page.keyboard.press("c")
    page.keyboard.press("1")
    expect(page.locator("#toast")).to_contain_text("No answer: Ada Holm.")
    page.goto(f"/leads/{cast['lead'].public_id}/")

    page.keyboard.press("u")

    expect(page.locator("#toast")).to_contain_text("Ada Holm is as before. Taken back:")
    assert Lead.objects.get(pk=cast["lead"].pk).attempts == 0


def test_what_was_typed_is_shown_where_its_form_is_gone(page, cast):
    page.keyboard.press("c")
    page.locator("#call-note").fill("She asked for a price")
    recycle_lead(cast["lead"], reason=reason("not_ready"), by=cast["ben"], at=timezone.now())

    page.reload()

    expect(page.locator("#call-note")).to_have_count(0)
    kept = page.locator("[data-kept-drafts]")
    expect(kept).to_contain_text("What you had typed")
    expect(kept.locator("blockquote")).to_have_text("She asked for a price")
    page.get_by_role("button", name="Discard").focus()
    page.keyboard.press("Enter")
    expect(kept).to_be_hidden()
    page.reload()
    expect(kept).to_be_hidden()


def test_answers_typed_in_a_second_tab_are_shown_where_their_questions_are_gone(page, cast):
    today = timezone.localdate()
    questions = Questions(
        "What is missing?", "What hinders?", "What helps?", every_weeks=2, next_on=today, is_anonymous=True
    )
    set_pulse(questions, by=make_user("lea", Role.MARKETER), at=timezone.now())
    open_rounds(on=today)
    page.goto("/feedback/")
    page.get_by_label("What hinders?").fill("The form forgets")
    answer_round(PulseAsked.objects.get(user=cast["ana"]), ["A price list", "", ""], by=cast["ana"], on=today)

    page.get_by_role("button", name="Answer", exact=False).first.click()

    expect(page.locator("#toast")).to_contain_text("You have answered these")
    kept = page.locator("[data-kept-drafts]")
    expect(kept.locator("blockquote")).to_have_text("The form forgets")
    expect(kept.get_by_role("button", name="Copy")).to_be_visible()
