"""A rep's morning and an account executive's afternoon by keyboard: ten people of a file come to ten ends."""

import csv
import io
from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Suppression
from agreement.installation import publish_version_1
from agreement.models import Lane, Phase, StepKind
from leads.models import HandOff, Lead, Recycling
from team.localtime import resolve
from team.models import Role
from tests.make import make_account, make_calendar, make_lead, make_person, make_team, make_user

pytestmark = [pytest.mark.browser, pytest.mark.walk, pytest.mark.django_db(transaction=True)]

FILE = """given,family,title,company,phone,zone
Iris,Bell,Maintenance director,Corrow Bearings,+12165550101,America/New_York
Wim,Groot,Plant manager,Overmeer Paper,+12165550102,America/New_York
Paul,Denby,CTO,Harrow Cable,+12165550103,America/New_York
Tom,Reyes,Ops lead,Kestrel,+12165550104,America/New_York
Kaja,Berg,Technician,Fjell Marine,+12165550105,America/New_York
Jo,Prentice,Sysadmin,Brevik,+12165550106,America/New_York
Mara,Lind,Buyer,Halden Tools,+12165550107,America/New_York
Sam,Oduya,Planner,Lysa Doors,+12165550108,America/New_York
Lucas,Ade,Engineer,Redpath Axles,+12165550109,America/New_York
Priya,Nair,Head of IT,Pinecrest Robotics,+12165550110,Asia/Tokyo
"""


@pytest.fixture
def people(db):
    """The ten of the file in the pool of a team that works around the clock, its rep, its manager and an AE."""
    publish_version_1(apps, at=timezone.now())
    team = make_team("North", calendar=make_calendar(opens=0, closes=24 * 60, days=range(7)))
    cast = {
        "ana": make_user("ana", Role.BDR, team=team),
        "mona": make_user("mona", Role.MANAGER, team=team),
        "peter": make_user("peter", Role.AE),
    }
    begin = timezone.now() - timedelta(minutes=30)
    for number, row in enumerate(csv.DictReader(io.StringIO(FILE))):
        person = make_person(
            given_name=row["given"],
            family_name=row["family"],
            title=row["title"],
            account=make_account(name=row["company"]),
            phone=row["phone"],
            email=f"{row['given'].lower()}@{row['company'].split()[0].lower()}.example",
            time_zone=row["zone"],
        )
        cast[row["given"].lower()] = make_lead(
            person=person, team=team, lane=Lane.CONTENT, at=begin + timedelta(minutes=number)
        )
    return cast


def open_as(new_page, user, url="/"):
    page = new_page(user=user)
    page.goto(url)
    return page


def take(page, name):
    """The next of the pool, by one key."""
    page.goto("/")
    page.keyboard.press("n")
    expect(page.locator("h1")).to_have_text(name)
    # A key that is pressed before its module has come presses nothing.
    page.wait_for_load_state()


def press(page, key, form):
    """A key that opens a form, and the form."""
    page.keyboard.press(key)
    expect(page.locator(f"{form} form, form{form}").first).to_be_visible()


def send(page, said):
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toast")).to_contain_text(said)


def now_of(lead):
    return Lead.objects.get(pk=lead.pk)


def test_ten_people_come_to_ten_ends(new_page, people):
    ana = open_as(new_page, people["ana"])
    _meeting(ana, "Iris Bell", with_answers=True)
    _meeting(ana, "Wim Groot", begins="9:30")
    _recycled(ana, "Paul Denby", "1", "Back on")
    _mid_contract(ana, "Tom Reyes")
    _recycled(ana, "Kaja Berg", "3", "Back on")
    _unresponsive(ana, "Jo Prentice")
    _wrong_person(ana, "Mara Lind")
    _disqualified(ana, "Sam Oduya", "1", "the manager looks again")
    _opted_out(ana, "Lucas Ade")
    _called_back(ana, "Priya Nair")

    peter = open_as(new_page, people["peter"])
    _accepted_qualified_won(peter, people["iris"])
    _rejected(peter, people["wim"])

    iris, wim = now_of(people["iris"]), now_of(people["wim"])
    assert (iris.phase, iris.closed_as, iris.first_qualified_at is not None) == (Phase.CLOSED, "won", True)
    assert (wim.phase, wim.bdr) == (Phase.WORKING, people["ana"])
    categories = dict(Recycling.objects.values_list("lead__person__given_name", "category"))
    assert categories == {
        "Paul": "not_ready", "Tom": "mid_contract", "Kaja": "no_authority", "Jo": "unresponsive",
        "Mara": "wrong_person",
    }  # fmt: skip
    assert Lead.objects.get(person__given_name="Lena").bdr == people["ana"]
    sam, lucas = now_of(people["sam"]), now_of(people["lucas"])
    assert (sam.closed_as, sam.reason.key) == ("disqualified", "bad_data")
    assert (lucas.closed_as, lucas.reason.key) == ("do_not_contact", "opted_out")
    assert Suppression.objects.filter(person=lucas.person, channel="all").exists()
    step = now_of(people["priya"]).steps.open().get()
    assert (step.kind, step.zone, step.local_due.hour, step.promised) == (StepKind.CALL_BACK, "Asia/Tokyo", 9, True)
    assert step.due_at == resolve(step.local_due, "Asia/Tokyo")


def _meeting(page, name, *, with_answers=False, begins="9:00"):
    take(page, name)
    if with_answers:
        press(page, "b", "#panel-answers")
        for words in ("A line for it", "She signs", "Two stops in October", "Decides in January", "Lost an audit"):
            page.keyboard.press("Space")
            page.keyboard.press("Tab")
            page.keyboard.type(words)
            page.keyboard.press("Tab")
        send(page, "Answers kept: Iris Bell.")
        expect(page.locator(".know")).to_contain_text("5 of 5 known")
    press(page, "c", "#panel-call")
    page.keyboard.press("6")
    expect(page.locator("#meeting-line")).to_be_focused()
    page.keyboard.type("Two unplanned stops cost her an audit")
    expect(page.locator("#panel-meeting .then")).to_contain_text(f"({begins} theirs)")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toast")).to_contain_text(f"Meeting booked: {name} with Peter")
    with page.expect_download() as download:
        page.get_by_role("link", name="Calendar").click()
    assert download.value.suggested_filename.endswith(".ics")


def _recycled(page, name, digit, then, fill=None):
    take(page, name)
    press(page, "r", "#panel-recycle")
    page.keyboard.press(digit)
    expect(page.locator("#panel-recycle .then")).to_contain_text(then)
    if fill:
        fill(page)
    send(page, f"Recycled: {name}. Back on ")


def _mid_contract(page, name):
    def fill(page):
        page.keyboard.type("Acme")
        page.keyboard.press("Tab")
        page.keyboard.type("Q4 2027")
        page.keyboard.press("Tab")
        expect(page.locator("#panel-recycle .then")).to_contain_text("Back on 2 Sep 2027: the end of the contract less")

    _recycled(page, name, "2", "nobody knows the end of the contract", fill)


def _unresponsive(page, name):
    """No answer by two keys first; the lead is called again, and then rests."""
    take(page, name)
    address = page.url
    press(page, "c", "#panel-call")
    page.keyboard.press("1")
    expect(page.locator("#toast")).to_contain_text(f"No answer: {name}.")
    page.goto(address)
    press(page, "r", "#panel-recycle")
    page.keyboard.press("4")
    expect(page.locator("#panel-recycle .then")).to_contain_text("the cadence has not ended: attempt 2 of 6 is next")
    send(page, f"Recycled: {name}. Back on ")


def _wrong_person(page, name):
    def fill(page):
        page.keyboard.type("Lena Falk")
        page.keyboard.press("Tab")
        page.keyboard.type("lena@halden.example")

    _recycled(page, name, "5", "Back on", fill)


def _disqualified(page, name, digit, then):
    take(page, name)
    press(page, "D", "#panel-disqualify")
    page.keyboard.press(digit)
    expect(page.locator("#panel-disqualify")).to_contain_text(then)
    send(page, f"Disqualified: {name}, bad data. The manager may put it back until")


def _opted_out(page, name):
    """Not interested, by a digit of the call, and never again."""
    take(page, name)
    press(page, "c", "#panel-call")
    page.keyboard.press("9")
    expect(page.locator("#panel-disqualify form")).to_be_visible()
    page.keyboard.press("5")
    expect(page.locator("#panel-disqualify .then:visible")).to_contain_text("suppressed on every channel at once")
    send(page, f"Disqualified: {name}, opted out.")


def _called_back(page, name):
    take(page, name)
    press(page, "c", "#panel-call")
    page.keyboard.press("5")
    expect(page.locator("#call-call_back")).to_be_focused()
    expect(page.locator("#panel-call .then:visible")).to_contain_text("9:00 theirs")
    send(page, f"Call back promised: {name}. Next ")


def _accepted_qualified_won(page, lead):
    hand_off = HandOff.objects.get(lead=lead)
    page.goto(f"/hand-offs/{hand_off.public_id}/")
    page.keyboard.press("a")
    expect(page.locator("#toast")).to_contain_text("Accepted: Iris Bell.")
    # The day of the meeting has come.
    held = timezone.now() - timedelta(hours=2)
    HandOff.objects.filter(pk=hand_off.pk).update(meeting_at=held)
    page.goto(f"/hand-offs/{hand_off.public_id}/")
    press(page, "o", "#sales-outcome")
    page.keyboard.press("1")
    expect(page.locator("#toast")).to_contain_text("Held and qualified: Iris Bell.")
    page.goto(f"/hand-offs/{hand_off.public_id}/")
    press(page, "W", "#sales-win")
    send(page, "Won: Iris Bell.")


def _rejected(page, lead):
    hand_off = HandOff.objects.get(lead=lead)
    page.goto(f"/hand-offs/{hand_off.public_id}/")
    press(page, "R", "#sales-reject")
    page.keyboard.press("6")
    expect(page.locator("#toast")).to_contain_text("Rejected: Wim Groot.")
