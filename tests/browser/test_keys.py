"""The keyboard is enough, keys are off while typing, and what was typed is never lost."""

import pytest
from playwright.sync_api import expect

from team.models import User

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.browser.keys_site"),
]


@pytest.fixture
def ana(db):
    return User.objects.create_user(email="ana@example.com", name="Ana")


@pytest.fixture
def page(new_page, ana):
    return new_page(user=ana)


def focused(page):
    return page.evaluate("document.activeElement.textContent.trim() || document.activeElement.id")


def drafts(page):
    return page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft:')).length")


def test_rows_are_walked_opened_and_found_again(page):
    page.goto("/list/")

    for key in "jjjk":
        page.keyboard.press(key)
    assert focused(page) == "Jo Prentice"
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Lead 2")
    page.keyboard.press("]")
    expect(page.locator("h1")).to_have_text("Lead 3")
    page.keyboard.press("[")
    expect(page.locator("h1")).to_have_text("Lead 2")
    page.goto("/list/")
    page.keyboard.press("j")

    assert focused(page) == "Jo Prentice"


def test_x_selects_a_row_and_shift_x_up_to_here(page):
    page.goto("/list/")

    for key in ["j", "x", "j", "j", "Shift+X"]:
        page.keyboard.press(key)

    assert page.locator(".row input:checked").count() == 3
    assert page.locator(".bulk output").inner_text() == "3 selected"


def test_no_answer_and_on_to_the_next_lead_is_two_keys_and_one_request(page):
    page.goto("/lead/1/")
    asked = []
    page.on("request", lambda request: asked.append(request.method) if request.method == "POST" else None)

    page.keyboard.press("c")
    page.keyboard.press("1")

    expect(page.locator("h1")).to_have_text("Lead 2")
    expect(page.locator("#toast")).to_contain_text("Call logged")
    assert asked == ["POST"]


def test_a_disposition_that_needs_more_asks_for_it(page):
    page.goto("/lead/1/")

    page.keyboard.press("c")
    expect(page.locator("#at")).to_be_hidden()
    page.keyboard.press("5")
    assert focused(page) == "at"
    page.keyboard.type("9:00")
    page.keyboard.press("Control+Enter")
    expect(page.locator("h1")).to_have_text("Lead 2")

    page.goto("/list/")
    assert page.locator("#sent").inner_text().strip() == "call_back/9:00/"


def test_u_takes_the_last_act_back(page):
    page.goto("/lead/1/")
    page.keyboard.press("c")
    page.keyboard.press("1")
    expect(page.locator("h1")).to_have_text("Lead 2")

    page.keyboard.press("u")

    expect(page.locator("#toast")).to_contain_text("Taken back")


def test_keys_are_off_while_typing(page):
    page.goto("/lead/1/")

    page.keyboard.press("t")
    page.keyboard.type("call jim 1 ? /")

    assert page.locator("#words-typed").input_value() == "call jim 1 ? /"
    assert page.locator("#log-call").is_hidden()
    assert page.locator("dialog[open]").count() == 0


def test_opening_one_form_folds_the_other_in_and_keeps_its_words(page):
    page.goto("/lead/1/")

    page.keyboard.press("t")
    page.keyboard.type("half a thought")
    page.keyboard.press("Escape")
    page.keyboard.press("c")

    assert (page.locator("#take-note").is_hidden(), page.locator("#log-call").is_visible()) == (True, True)
    page.keyboard.press("t")
    assert page.locator("#words-typed").input_value() == "half a thought"


def test_a_key_pressed_twice_keeps_its_form_open_and_esc_folds_it_in(page):
    page.goto("/lead/1/")
    page.keyboard.press("c")
    page.keyboard.press("c")
    expect(page.locator("#log-call")).to_be_visible()
    assert page.evaluate("document.activeElement.closest('#log-call') !== null")

    page.keyboard.press("Escape")

    expect(page.locator("#log-call")).to_be_hidden()
    assert focused(page).startswith("Log call")
    page.keyboard.press("t")
    page.keyboard.type("half a thought")
    page.keyboard.press("Escape")
    expect(page.locator("#take-note")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#take-note")).to_be_hidden()


def test_a_click_on_the_button_still_folds_its_form_in(page):
    page.goto("/lead/1/")
    button = page.locator("[data-key=c]")

    button.click()
    expect(page.locator("#log-call")).to_be_visible()
    button.click()

    expect(page.locator("#log-call")).to_be_hidden()


def test_esc_closes_the_palette_with_words_in_it(page):
    page.goto("/lead/1/")
    page.keyboard.press("Control+k")
    page.keyboard.type("note")

    page.keyboard.press("Escape")

    expect(page.locator("#palette")).to_be_hidden()


def test_a_note_comes_back_after_a_closed_tab_and_goes_when_the_server_has_it(page):
    page.goto("/lead/1/")
    page.keyboard.press("t")
    page.keyboard.type("shift change at two")
    tab = page.context.new_page()
    page.close()

    tab.goto("/lead/1/")
    assert tab.locator("#words-typed").input_value() == "shift change at two"
    expect(tab.locator(".restored")).to_be_visible()
    tab.locator("#words-typed").focus()
    tab.keyboard.press("Control+Enter")
    expect(tab.locator("h1")).to_have_text("Lead 2")

    assert drafts(tab) == 0
    tab.goto("/list/")
    assert tab.locator("#sent").inner_text().strip() == "/-/shift change at two"


def test_a_note_comes_back_after_an_expired_session(page, ana):
    page.goto("/lead/1/")
    page.keyboard.press("c")
    page.locator("#note").fill("she wants Tuesday")
    session = next(cookie for cookie in page.context.cookies() if cookie["name"] == "sessionid")
    page.context.clear_cookies(name="sessionid")

    page.locator("#log-call [data-default]").click()
    page.wait_for_url("**/account/login/?next=%2Flead%2F1%2F")
    page.context.add_cookies([session])
    page.goto("/lead/1/")

    assert page.locator("#note").input_value() == "she wants Tuesday"


def test_somebody_elses_draft_is_not_shown(page, new_page):
    page.goto("/lead/1/")
    page.keyboard.press("t")
    page.keyboard.type("mine")
    stored = page.context.storage_state()["origins"]
    bob = User.objects.create_user(email="bob@example.com", name="Bob")

    other = new_page(user=bob, storage_state={"cookies": [], "origins": stored})
    other.goto("/lead/1/")

    assert drafts(other) == 1
    assert other.locator("#words-typed").input_value() == ""


def test_a_lost_race_is_told_above_what_was_typed(page):
    page.goto("/lead/1/")
    page.keyboard.press("c")
    page.locator("#note").fill("too late")

    page.locator("#log-call [data-default]").click()

    expect(page.locator("#work [role=alert]")).to_contain_text("Chi took her at 14:03.")
    assert page.locator("#note").input_value() == "too late"
    assert page.locator("#log-call [data-default]").is_enabled()
    assert drafts(page) == 1


def test_an_error_page_is_never_put_into_the_page(page):
    page.goto("/lead/1/")
    page.keyboard.press("c")
    page.locator("#note").fill("not mine")

    page.locator("#log-call [data-default]").click()

    expect(page.locator("#toast [data-is=overdue]")).to_contain_text("not there any more")
    assert page.locator("#note").input_value() == "not mine"


def test_a_silent_server_is_told_and_the_note_kept(page):
    page.goto("/lead/1/")
    page.keyboard.press("c")
    page.locator("#note").fill("hello?")
    page.context.set_offline(True)

    page.locator("#log-call [data-default]").click()

    expect(page.locator("#toast")).to_contain_text("The server did not answer")
    assert page.locator("#log-call [data-default]").is_enabled()
    assert page.locator("#note").input_value() == "hello?"


def test_the_palette_runs_what_has_a_key_here(page):
    page.goto("/list/")

    page.keyboard.press("Control+k")
    page.keyboard.type("take")
    expect(page.locator("#palette-list li").first).to_contain_text("Take next")
    page.keyboard.press("Enter")

    expect(page.locator("h1")).to_have_text("Lead 1")


def test_the_help_lists_every_key_and_takes_none_while_it_is_open(page):
    page.goto("/list/")

    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("n")
    assert page.url.endswith("/list/")
    assert page.locator("#keys li[data-for=c]").get_attribute("class") == "soft"
    page.keyboard.press("Escape")
    page.keyboard.press("n")

    expect(page.locator("h1")).to_have_text("Lead 1")


def test_the_theme_changes_at_once_and_stays(page):
    page.goto("/list/")

    with page.expect_response("**/me/theme/"):
        page.locator("[data-theme-form] button").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.reload()

    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_a_list_is_true_again_after_back(page):
    page.goto("/list/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/lead/1/")
    page.keyboard.press("c")
    page.keyboard.press("1")
    expect(page.locator("h1")).to_have_text("Lead 2")

    page.go_back()
    page.go_back()

    expect(page.locator("#sent")).to_have_text("no_answer/-/")


def test_time_goes_on_without_a_request(page):
    page.clock.install()
    page.goto("/list/")
    expect(page.locator(".when")).to_have_text("3 min left")

    page.clock.fast_forward("05:00")

    expect(page.locator(".when[data-is=overdue]")).to_have_text("2 min late")
    assert page.locator(".when use").get_attribute("href").endswith("#late")


def test_everything_works_without_javascript(new_page, ana):
    page = new_page(user=ana, java_script_enabled=False)
    page.goto("/lead/1/")

    page.get_by_role("link", name="Log call").click()
    page.get_by_label("No answer").check()
    page.locator("#note").fill("by hand")
    page.locator("#log-call [data-default]").click()

    expect(page.locator("h1")).to_have_text("Lead 2")
    expect(page.locator("#toast")).to_contain_text("Call logged")
    assert page.locator("[data-open]:visible, [data-dismiss]:visible").count() == 0


def test_a_first_load_asks_for_eight_things(page):
    asked = []
    page.on("request", lambda request: asked.append(request.url) if not request.url.startswith("data:") else None)

    page.goto("/list/", wait_until="networkidle")

    assert len(asked) == 8, asked
