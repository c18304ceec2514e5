"""Lists whose words are what one comes for say them whole: contracts that end, who lives again, wrote or is moved."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agreement.models import Phase
from leads.actions.engaging import NewEngagement, engage
from leads.actions.recycling import change_wake, recycle_lead
from leads.waking import Facts
from nurture.actions.receiving import take_mail
from team.models import Role
from tests.browser.looks import each_look
from tests.make import make_account, make_calendar, make_lead, make_person, make_team, make_user, reason
from tests.nurture.mails import mail

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CUT = """[...document.querySelectorAll(".row > *")]
  .filter((part) => part.scrollWidth > part.clientWidth + 1 || part.scrollHeight > part.clientHeight + 1)
  .map((part) => part.textContent.trim())"""


@pytest.fixture
def ana(db):
    team = make_team("North", calendar=make_calendar(opens=0, closes=24 * 60, days=range(7)))
    return make_user("Annabella Montgomery-Featherstone", Role.BDR, team=team)


def let_go(ana, at, *, ends=20):
    """Asleep until a contract ends, in days from now, at a company with a long name."""
    person = make_person(
        given_name="Bartholomew", family_name="Featherstone", account=make_account(name="Associated Machine Tool Works")
    )
    lead = make_lead(phase=Phase.WORKING, bdr=ana, at=at, person=person)
    facts = Facts(contract_ends=(timezone.now() + timedelta(days=ends)).date(), precision="day")
    recycle_lead(lead, reason=reason("mid_contract"), by=ana, at=at, facts=facts, vendor="Torqly Maintenance Systems")
    return lead


@each_look(wide=1280)
def test_no_word_of_a_contract_or_of_who_lives_again_is_cut(new_page, ana, width, scheme):
    # The notice of the one is over, and whoever has the other comes back too late.
    lead = let_go(ana, timezone.now() - timedelta(days=120))
    late = let_go(ana, timezone.now() - timedelta(days=120), ends=170)
    change_wake(late, wake_on=(timezone.now() + timedelta(days=160)).date(), by=ana, at=timezone.now())
    page = new_page(user=ana, viewport={"width": width, "height": 900}, color_scheme=scheme)

    page.goto("/coming-back/renewals/?within=180")
    assert page.locator(".row .when").all_inner_texts() == ["Missed", "Nobody in time"]
    assert page.evaluate(CUT) == []

    engage([NewEngagement(person_id=lead.person_id, kind="replied", at=timezone.now())], at=timezone.now())
    page.goto("/coming-back/lives-again/")
    assert page.locator(".row").count() == 1
    assert page.evaluate(CUT) == []


@each_look(wide=1280)
def test_no_address_of_who_wrote_is_cut(new_page, width, scheme):
    sender = "Bartholomew Garrow private <bartholomew.garrow-featherstone@post.garrow-family.example>"
    take_mail(
        mail("Please do not write to me.", sender=sender, subject="no more please"), source="imap", at=timezone.now()
    )
    mark = make_user("mark", Role.MARKETER)
    page = new_page(user=mark, viewport={"width": width, "height": 900}, color_scheme=scheme)

    page.goto("/mail/in/")

    assert "bartholomew.garrow-featherstone@post.garrow-family.example" in page.locator(".row .who").inner_text()
    assert page.evaluate(CUT) == []


@each_look(wide=1280)
def test_no_company_and_no_year_of_who_is_moved_is_cut(new_page, ana, width, scheme):
    lead = let_go(ana, timezone.now() - timedelta(days=1), ends=700)
    mona = make_user("mona", Role.MANAGER, team=ana.memberships.get().team)
    page = new_page(user=mona, viewport={"width": width, "height": 900}, color_scheme=scheme)
    lead.refresh_from_db()
    day, to = lead.wake_at.date(), lead.wake_at.date() - timedelta(days=180)

    page.goto(f"/coming-back/spread/?team={lead.team_id}&first={day}&to={to}")

    assert page.locator(".row").count() == 1
    assert page.evaluate(CUT) == []
