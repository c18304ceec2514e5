"""A lead under contract with somebody else is put to sleep by keyboard, and stands in the queue again on its day."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from playwright.sync_api import expect

from leads.actions.sweeping import sweep_leads
from leads.checking import check_all
from leads.models import Lead
from team.models import Role
from tests.make import make_account, make_calendar, make_lead, make_person, make_team, make_user

pytestmark = [pytest.mark.browser, pytest.mark.walk, pytest.mark.django_db(transaction=True)]

BEGINS = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
# The last day of March, less 60 days of notice and the agreement's 30 to talk in.
BACK = datetime(2026, 12, 31, 8, 0, tzinfo=UTC)


@pytest.fixture
def ana(db):
    team = make_team("North", calendar=make_calendar(opens=0, closes=24 * 60, days=range(7)))
    return make_user("ana", Role.BDR, team=team)


def queue_of(new_page, user):
    page = new_page(user=user)
    page.clock.set_system_time(datetime.now(UTC))
    page.goto("/")
    return page


def test_a_lead_under_contract_comes_back_on_its_day_with_its_history(new_page, ana):
    with time_machine.travel(BEGINS) as clock:
        tom = make_person(
            given_name="Tom", family_name="Reyes", title="Ops lead", account=make_account(name="Kestrel"),
            time_zone="UTC",
        )  # fmt: skip
        lead = make_lead(person=tom, bdr=ana, phase="working", at=BEGINS)
        page = new_page(user=ana)
        page.goto(f"/leads/{lead.public_id}/?form=note")
        page.locator("#panel-note textarea").fill("Wants a second supplier before the audit")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#toast")).to_contain_text("Note")

        page.keyboard.press("r")
        expect(page.locator("#panel-recycle form")).to_be_visible()
        page.keyboard.press("2")
        page.locator("#panel-recycle [name=vendor]").fill("Acme")
        page.locator("#panel-recycle [name=contract_end]").fill("March 2027")
        page.locator("#panel-recycle [name=notice_days]").fill("60")
        page.keyboard.press("Tab")
        expect(page.locator("#panel-recycle .then")).to_contain_text("Back on 31 Dec 2026")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#toast")).to_contain_text("Recycled: Tom Reyes. Back on ")

        clock.move_to(BACK - timedelta(minutes=1))
        assert sweep_leads(at=datetime.now(UTC)) == 0
        page = queue_of(new_page, ana)
        expect(page.locator("#page")).not_to_contain_text("Tom Reyes")
        page.goto("/coming-back/")
        expect(page.locator(".row", has_text="Tom Reyes")).to_contain_text("Acme")

        clock.move_to(BACK)
        assert sweep_leads(at=datetime.now(UTC)) == 1
        page = queue_of(new_page, ana)
        expect(page.locator("h2.group", has_text="Back")).to_be_visible()
        row = page.locator(".row", has_text="Tom Reyes")
        expect(row).to_contain_text("Contract with Acme ends in March 2027")
        row.get_by_role("link", name="Tom Reyes").click()
        expect(page.locator("h1")).to_have_text("Tom Reyes")
        history = page.locator("#history")
        expect(history).to_contain_text("You recycled it: mid-contract")
        expect(history).to_contain_text("Wants a second supplier before the audit")
        back = Lead.objects.open().get(person=tom)
        assert (back.previous, back.bdr, back.origin) == (lead, ana, "date")
        assert {name: found for name, found in check_all(at=datetime.now(UTC)).items() if found} == {}
