"""A manager's Monday: what is red, who has room, who was disqualified too soon; and a day on which Ana is ill."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from agreement.models import Lane, Phase
from leads.actions.closing import disqualify_lead
from leads.actions.logging import log_call
from leads.actions.sweeping import notice_clocks, sweep_leads
from leads.checking import check_all
from leads.models import Lead, Step
from team.models import Role
from tests.make import disposition, make_calendar, make_lead, make_person, make_team, make_user, reason

pytestmark = [pytest.mark.browser, pytest.mark.walk, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def team(db):
    return make_team("North", calendar=make_calendar(opens=0, closes=24 * 60, days=range(7)))


@pytest.fixture
def ana(team):
    return make_user("ana", Role.BDR, team=team)


@pytest.fixture
def ben(team):
    return make_user("ben", Role.BDR, team=team)


@pytest.fixture
def page(new_page, team, ana, ben):
    return new_page(user=make_user("mona", Role.MANAGER, team=team))


def named(given):
    return make_person(given_name=given, family_name="Holm")


def everything_stands():
    assert {name: found for name, found in check_all(at=timezone.now()).items() if found} == {}


def test_what_is_red_is_spread_put_back_and_looked_into(page, team, ana, ben):
    now = timezone.now()
    for number in range(4):
        make_lead(lane=Lane.CONTENT, team=team, at=now - timedelta(hours=9), person=named(f"Late{number}"))
    closed = make_lead(phase=Phase.WORKING, bdr=ana, at=now - timedelta(hours=1), person=named("Iris"))
    disqualify_lead(closed, reason=reason("bad_data"), by=ana, at=now - timedelta(minutes=30))
    notice_clocks(at=now)
    sweep_leads(at=now)

    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("North")
    red = page.locator("#red")
    expect(red).to_contain_text("Late0 Holm")
    page.goto(f"/team/leads/?team={team.pk}&phase=queued")
    for number in range(4):
        page.get_by_label(f"Select Late{number} Holm").check()
    page.get_by_role("button", name="Spread").click()
    expect(page.locator("main")).to_contain_text("Ana")
    page.get_by_role("button", name="Spread").click()
    expect(page.get_by_role("status")).to_contain_text("4")
    assert sorted(Lead.objects.filter(bdr=who).count() for who in (ana, ben)) == [2, 3]

    page.goto("/")
    page.get_by_role("button", name="Put back").first.click()
    expect(page.get_by_role("status")).to_contain_text("Iris Holm")
    assert Lead.objects.get(previous=closed).bdr == ana

    page.locator(f"#rep-{ana.pk}").get_by_role("link", name="Ana").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Queue of Ana")
    expect(page.locator("main")).to_contain_text("Iris Holm")
    expect(page.get_by_role("button", name="Take next")).to_have_count(0)
    page.get_by_role("link", name="Sheet for the 1:1").click()
    expect(page.locator("main")).to_contain_text("Ana")
    with page.expect_download() as month:
        page.goto("/team/")
        page.get_by_role("link", name="CSV").first.click()
    assert "Ana" in month.value.path().read_text()
    everything_stands()


def test_ana_is_ill_and_ben_has_what_cannot_wait(page, new_page, team, ana, ben):
    now = timezone.now()
    promised = make_lead(phase=Phase.WORKING, bdr=ana, at=now - timedelta(days=1), person=named("Cora"))
    # Today still, however late it is: what is due tomorrow is not lent for a day.
    soon = min(now + timedelta(hours=2), now.replace(hour=23, minute=59)).replace(second=0, microsecond=0, tzinfo=None)
    log_call(
        promised, disposition=disposition("call_back"), by=ana, at=now - timedelta(hours=1), call_back=(soon, "UTC")
    )
    planned = make_lead(phase=Phase.WORKING, bdr=ana, at=now - timedelta(days=2), person=named("Pia"))
    log_call(planned, disposition=disposition("no_answer"), by=ana, at=now - timedelta(days=2, hours=-1))
    was = Step.objects.open().get(lead=planned).due_at

    page.goto(f"/team/reps/{ana.pk}/away/")
    page.get_by_label("Cover").select_option("Ben")
    expect(page.locator(".then")).to_contain_text("Ben")
    page.get_by_role("button", name="Set away").click()
    expect(page.get_by_role("status")).to_contain_text("Ana")

    desk = new_page(user=ben)
    desk.goto("/")
    expect(desk.locator("main")).to_contain_text("Cora Holm")
    expect(desk.locator("main")).not_to_contain_text("Pia Holm")
    desk.goto(f"/leads/{promised.public_id}/")
    expect(desk.locator("main")).to_contain_text("Ana")
    assert Step.objects.open().get(lead=planned).due_at > was

    page.goto(f"/team/reps/{ana.pk}/away/")
    page.get_by_role("button", name="Back now").click()
    assert Step.objects.open().get(lead=promised).assignee == ana
    assert Step.objects.open().get(lead=planned).due_at == was
    desk.goto("/")
    expect(desk.locator("main")).not_to_contain_text("Cora Holm")
    everything_stands()
