"""The lead page under the fingers: two keys and one request, nothing lost, every width and theme."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.apps import apps
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Account, Employment
from agreement.installation import publish_version_1
from agreement.models import Phase
from leads.actions.claiming import claim_lead
from leads.actions.logging import log_touch
from leads.models import Activity, Lead
from team.models import Role
from tests.make import make_account, make_calendar, make_lead, make_person, make_team, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(db):
    """Ana with three leads in her queue, the oldest first, and her colleague Ben."""
    publish_version_1(apps, at=timezone.now())
    team = make_team("North", calendar=make_calendar(opens=0, closes=24 * 60, days=range(7)))
    ana, ben = make_user("ana", Role.BDR, team=team), make_user("ben", Role.BDR, team=team)
    make_user("peter", Role.AE)
    leads = []
    for number, name in enumerate(["Ada Holm", "Jo Prentice", "Mara Lind"]):
        given, family = name.split()
        person = make_person(
            given_name=given, family_name=family, title="CTO", account=make_account(name=f"{family} AS")
        )
        at = timezone.now() - timedelta(minutes=50 - number)
        leads.append(make_lead(phase=Phase.WORKING, person=person, bdr=ana, team=team, at=at))
    return {"ana": ana, "ben": ben, "team": team, "leads": leads}


@pytest.fixture
def page(new_page, cast):
    return new_page(user=cast["ana"])


def url_of(lead):
    return f"/leads/{lead.public_id}/"


def shows(page, name):
    """The page of this lead is there, and so are its keys."""
    expect(page.locator("h1")).to_have_text(name)
    page.wait_for_load_state()


def complaints(page):
    return [
        (found["id"], [node["html"] for node in found["nodes"]]) for found in Axe().run(page).response["violations"]
    ]


def test_no_answer_is_two_keys_and_one_request(page, cast):
    page.goto("/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    shows(page, "Ada Holm")
    asked = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.resource_type}"))

    page.keyboard.press("c")
    page.keyboard.press("1")

    shows(page, "Jo Prentice")
    expect(page.locator("#toast")).to_contain_text("No answer: Ada Holm.")
    assert asked == ["POST fetch"]
    assert page.url.endswith(url_of(cast["leads"][1]))
    assert page.title() == "Jo Prentice, Prentice AS · Midfield"

    page.keyboard.press("c")
    page.keyboard.press("2")
    shows(page, "Mara Lind")
    assert Activity.objects.count() == 2


def test_undo_means_what_was_told_last_also_when_the_line_has_gone(page, cast):
    """And never an older act of the lead one has been led to."""
    ada, jo, _mara = cast["leads"]
    log_touch(jo, kind="email", by=cast["ana"], at=timezone.now())
    page.clock.install()
    page.goto(url_of(ada))
    page.keyboard.press("c")
    page.keyboard.press("1")
    expect(page.locator("h1")).not_to_have_text("Ada Holm")
    page.clock.fast_forward("00:15")
    expect(page.locator("#toast .toast")).to_be_hidden()

    page.keyboard.press("u")

    shows(page, "Ada Holm")
    expect(page.locator("#toast")).to_contain_text("Ada Holm is as before.")
    assert Activity.objects.filter(lead=jo, reverses=None).count() == 1


def test_back_and_the_neighbours_know_the_way(page, cast):
    page.goto("/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    shows(page, "Ada Holm")
    page.keyboard.press("c")
    page.keyboard.press("1")
    shows(page, "Jo Prentice")

    expect(page.locator("a[data-key=']']")).to_have_attribute("href", url_of(cast["leads"][2]))
    page.keyboard.press("]")
    shows(page, "Mara Lind")
    expect(page.locator("a[data-key='[']")).to_have_attribute("href", url_of(cast["leads"][1]))
    page.keyboard.press("[")
    shows(page, "Jo Prentice")
    page.goto(url_of(cast["leads"][0]))
    page.keyboard.press("c")
    page.keyboard.press("1")
    shows(page, "Jo Prentice")
    page.go_back()
    shows(page, "Ada Holm")
    expect(page.locator("#history")).to_contain_text("You called, attempt 2: no answer")


def test_a_call_to_no_number_is_refused_before_its_form_opens_and_the_keys_go_on_from_there(page, cast):
    lead = cast["leads"][0]
    lead.person.contact_points.filter(kind="phone").delete()

    for digit in "1679":
        page.goto(url_of(lead))
        page.keyboard.press("c")
        page.keyboard.press(digit)
        expect(page.locator("#panel-call [role=alert]")).to_contain_text("No phone number is known.")
        expect(page.locator(f"#panel-call [data-key='{digit}']")).to_be_focused()
        # Nothing follows from what was refused.
        expect(page.locator("#panel-call .then[data-when]")).to_have_count(0)
    assert not Activity.objects.filter(person=lead.person).exists()


def test_a_call_that_is_refused_on_a_page_of_its_own_goes_on_from_what_was_chosen(page, cast):
    lead = cast["leads"][0]
    lead.person.contact_points.filter(kind="phone").delete()
    page.route("**/htmx*.js", lambda route: route.abort())
    page.goto(url_of(lead))
    page.keyboard.press("c")
    page.wait_for_load_state()

    page.keyboard.press("7")

    expect(page.locator("#panel-call [role=alert]")).to_contain_text("No phone number is known.")
    expect(page.locator("#panel-call [data-key='7']")).to_be_focused()


def test_u_takes_the_call_back(page, cast):
    page.goto(url_of(cast["leads"][0]))
    page.keyboard.press("c")
    page.keyboard.press("1")
    shows(page, "Jo Prentice")

    page.keyboard.press("u")

    expect(page.locator("#toast")).to_contain_text("Ada Holm is as before. Taken back:")
    assert Lead.objects.get(pk=cast["leads"][0].pk).attempts == 0


def test_u_after_a_correction_says_why_it_stands_and_takes_back_nothing_older(page, cast):
    lead = cast["leads"][0]
    log_touch(lead, kind="email", by=cast["ana"], at=timezone.now())
    page.goto(url_of(lead))
    page.get_by_role("link", name="Correct").first.click()
    page.get_by_label("Phone").fill("+1 202 555 0199")
    page.locator("#panel-person button.primary").click()
    expect(page.locator("#toast")).to_contain_text("Corrected: Ada Holm.")
    expect(page.locator("#toast [data-key=u]")).to_have_count(0)

    for _press in range(2):
        page.keyboard.press("u")
        expect(page.locator("#toast")).to_contain_text("A correction is not taken back")

    assert Activity.objects.filter(lead=lead, reverses__isnull=False).count() == 0
    assert lead.person.contact_points.get(kind="phone").normalised == "+12025550199"


def test_a_note_is_typed_at_once_and_kept(page, cast):
    page.goto(url_of(cast["leads"][0]))

    page.keyboard.press("t")
    page.keyboard.type("called the desk, 1 stop")
    page.keyboard.press("Control+Enter")

    expect(page.locator("#history blockquote")).to_have_text("called the desk, 1 stop")
    expect(page.locator("#panel-note")).to_be_hidden()


def test_a_lost_race_says_who_and_keeps_every_word(page, cast):
    lead = make_lead(person=make_person(given_name="Priya", family_name="Nair"), team=cast["team"], at=timezone.now())
    page.goto(url_of(lead))
    page.keyboard.press("c")
    page.locator("#call-note").fill("Left a long message")
    claim_lead(lead, by=cast["ben"], at=timezone.now())

    page.locator("#panel-call label", has_text="Left voicemail").click()
    page.keyboard.press("Control+Enter")

    expect(page.get_by_role("alert")).to_contain_text("Ben took the lead")
    expect(page.locator("#call-note")).to_have_value("Left a long message")
    assert Activity.objects.count() == 0


def test_snooze_by_two_keys(page, cast):
    page.goto(url_of(cast["leads"][0]))

    page.keyboard.press("s")
    expect(page.locator("#panel-step form")).to_be_visible()
    page.keyboard.press("3")
    page.keyboard.press("Control+Enter")

    expect(page.locator("#toast")).to_contain_text("Snoozed: Ada Holm.")
    expect(page.locator("#next-step")).to_contain_text("snoozed once")


def test_the_phone_is_corrected_in_its_place(page, cast):
    page.goto(url_of(cast["leads"][0]))

    page.locator(".who-is").get_by_role("link", name="Correct").click()
    page.locator("#person-phone").fill("+47 22 12 34 56")
    page.keyboard.press("Control+Enter")

    expect(page.locator("#toast")).to_contain_text("Corrected: Ada Holm.")
    expect(page.locator(".who-is")).to_contain_text("+47 22 12 34 56")


def test_what_was_typed_survives_a_closed_tab(page, cast):
    page.goto(url_of(cast["leads"][0]))
    page.keyboard.press("t")
    page.keyboard.type("half a thought")

    page.goto(url_of(cast["leads"][0]))

    expect(page.locator("#note-text")).to_have_value("half a thought")
    expect(page.locator("#panel-note")).to_be_visible()
    # The keys of the lead press, and the nearest one discards nothing.
    page.keyboard.press("c")
    expect(page.locator("#panel-call")).to_be_visible()
    expect(page.locator("#note-text")).to_have_value("half a thought")


def test_a_call_that_goes_on_does_not_fold_its_form_away(page, cast):
    page.goto(url_of(cast["leads"][0]))
    page.keyboard.press("c")
    page.locator("#call-note").fill("She wants to see it")
    page.keyboard.press("Escape")
    page.keyboard.press("6")

    expect(page.locator("#panel-meeting")).to_be_visible()
    expect(page.locator("#meeting-note")).to_have_value("She wants to see it")
    expect(page.locator("#panel-call")).to_be_hidden()


def test_older_history_follows_on_demand(page, cast):
    lead = cast["leads"][0]
    lead.events.bulk_create(
        lead.events.model(lead=lead, verb="log", at=timezone.now(), by=cast["ana"], to_phase="working",
                          data={"kind": "email"})
        for _ in range(40)
    )  # fmt: skip
    page.goto(url_of(lead))
    expect(page.locator("#history .timeline > li")).to_have_count(30)

    page.get_by_role("link", name="Show older").click()

    expect(page.locator("#history .timeline > li")).to_have_count(42)
    page.get_by_role("link", name="Moves").click()
    expect(page.locator("#history .timeline > li")).to_have_count(2)


def test_without_javascript_a_call_is_logged_and_a_lead_recycled(new_page, cast):
    page = new_page(user=cast["ana"], java_script_enabled=False)
    page.goto(url_of(cast["leads"][0]))
    page.get_by_role("link", name="Log call").click()
    page.get_by_label("No answer").check(force=True)
    page.get_by_role("button", name="Save and open next").click()
    shows(page, "Jo Prentice")

    page.get_by_role("link", name="Recycle").click()
    page.locator("#panel-recycle label", has_text="Not ready").click()
    page.get_by_role("button", name="Recycle lead").click()

    expect(page.locator("#toast")).to_contain_text("Recycled: Jo Prentice. Back on")
    assert Lead.objects.get(pk=cast["leads"][1].pk).phase == Phase.NURTURE


def test_axe_finds_nothing_in_any_form(page, cast):
    page.goto(url_of(cast["leads"][0]))
    assert complaints(page) == []

    for key in "csehrDb":
        page.keyboard.press(key)
        expect(page.locator(".panel:visible")).to_have_count(1)
        page.wait_for_load_state("networkidle")
        # Focus stands in a field, where keys are letters.
        page.keyboard.press("Escape")

        assert complaints(page) == [], key


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_window_has_its_actions_at_the_thumb(new_page, cast, scheme):
    page = new_page(user=cast["ana"], viewport={"width": 390, "height": 844}, color_scheme=scheme)
    lead = cast["leads"][0]
    Account.objects.filter(pk=lead.account_id).update(name=f"Zoe {'o' * 150}")
    Employment.objects.filter(person=lead.person).update(title="t" * 190)
    page.goto(url_of(lead))

    bar = page.locator(".lead-actions").bounding_box()

    assert bar["y"] > 600
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(f"/search/?q={'a' * 200}")
    expect(page.get_by_role("heading", name="Nobody is found")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(url_of(lead))
    assert complaints(page) == []


def test_five_criteria_are_answered_in_five_keys(page, cast):
    lead = cast["leads"][0]
    page.goto(url_of(lead))
    shows(page, "Ada Holm")

    page.keyboard.press("b")
    expect(page.locator("#panel-answers [data-verdict]").first).to_be_focused()
    for key in ("y", "n", "?", "y", "y"):
        page.keyboard.press(key)
    expect(page.locator("#panel-answers fieldset").last.get_by_label("Yes")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-answers form")).to_be_hidden()

    answers = lead.answers.order_by("criterion__position").values_list("value", flat=True)
    assert list(answers) == ["yes", "no", "unknown", "yes", "yes"]


def test_what_is_typed_after_an_answer_says_so_and_opens_no_other_form(page, cast):
    lead = cast["leads"][0]
    page.goto(url_of(lead))
    shows(page, "Ada Holm")
    page.keyboard.press("b")
    expect(page.locator("#panel-answers [data-verdict]").first).to_be_focused()

    page.keyboard.type("chDt")
    page.keyboard.press("y")
    page.keyboard.type("has 10k")
    page.keyboard.press("Tab")
    page.keyboard.press("n")
    page.keyboard.press("Tab")
    page.keyboard.type("the board signs")
    expect(page.locator("#panel-answers")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#panel-answers form")).to_be_hidden()

    answers = lead.answers.order_by("criterion__position").values_list("value", flat=True)
    assert list(answers) == ["yes", "no"]
    assert list(lead.notes.order_by("pk").values_list("text", flat=True)) == ["has 10k", "the board signs"]
    assert Lead.objects.get(pk=lead.pk).phase == Phase.WORKING


def test_letters_open_no_form_over_one_that_is_filled_in_or_on_its_way(page, cast):
    held = []
    # Before the page is there: what is asked in the moment a route begins may pass it by unseen.
    page.route("**/*form=step", lambda route: held.append(route))
    page.goto(url_of(cast["leads"][0]))
    shows(page, "Ada Holm")

    with page.expect_request("**/*form=step"):
        page.keyboard.press("s")
    page.keyboard.press("h")
    expect(page.locator("#panel-meeting")).to_be_hidden()
    held[0].continue_()
    expect(page.locator("#panel-step input:checked")).to_be_focused()
    for field in ("input[value=at]", "select", "button[name=next]"):
        page.locator(f"#panel-step {field}").focus()
        page.keyboard.type("ch2")

    expect(page.locator("#panel-step form")).to_be_visible()
    expect(page.locator(".panel:visible")).to_have_count(1)


def test_a_form_whose_call_was_lost_comes_when_its_key_is_pressed_again(page, cast):
    lost = []
    page.route("**/*form=step", lambda route: (lost.append(route), route.abort())[1] if not lost else route.continue_())
    page.goto(url_of(cast["leads"][0]))
    shows(page, "Ada Holm")

    page.keyboard.press("s")
    expect(page.locator("#toast")).to_contain_text("The server did not answer")
    page.keyboard.press("s")

    expect(page.locator("#panel-step form")).to_be_visible()


def test_what_was_typed_before_does_not_take_the_place_of_a_form_whose_call_was_lost(page, cast):
    page.goto(url_of(cast["leads"][0]))
    shows(page, "Ada Holm")
    page.keyboard.press("t")
    page.locator("#panel-note textarea").fill("Half a note")
    page.reload()
    expect(page.locator("#panel-note textarea")).to_have_value("Half a note")
    lost = []
    page.route("**/*form=step", lambda route: (lost.append(route), route.abort())[1] if not lost else route.continue_())
    page.locator("h1").click()

    page.keyboard.press("s")
    expect(page.locator("#toast")).to_contain_text("The server did not answer")
    page.keyboard.press("s")

    expect(page.locator("#panel-step form")).to_be_visible()
    expect(page.locator("#panel-note")).to_be_hidden()
    page.keyboard.press("t")
    expect(page.locator("#panel-note textarea")).to_have_value("Half a note")


def test_the_day_of_the_wake_follows_what_is_typed(page, cast):
    page.goto(url_of(cast["leads"][0]))
    shows(page, "Ada Holm")
    page.keyboard.press("r")
    page.locator("#panel-recycle label", has_text="Mid-contract").click()
    then = page.locator("#panel-recycle .then")
    expect(then).to_contain_text("Back on")

    page.get_by_label("Ends about").press_sequentially("Dec 2027")
    expect(then).to_contain_text("Back on 2 Sep 2027")
    page.get_by_label("Notice, in days").press_sequentially("99999999999")

    expect(then).to_contain_text("Notice, in days:")
    expect(page.get_by_label("Notice, in days")).to_be_focused()
