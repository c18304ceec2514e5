"""Lists whose words are what one comes for say them whole: contracts that end, and who lives again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agreement.models import Phase
from leads.actions.engaging import NewEngagement, engage
from leads.actions.recycling import change_wake, recycle_lead
from leads.waking import Facts
from team.models import Role
from tests.browser.looks import each_look
from tests.make import make_account, make_calendar, make_lead, make_person, make_team, make_user, reason

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
