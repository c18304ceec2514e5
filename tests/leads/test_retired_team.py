"""A team that is retired: nothing comes to it any more, and what sleeps there wakes elsewhere."""

import pytest
from django.urls import reverse

from agreement.models import Phase
from leads.actions.changing import MoveRefused
from leads.actions.claiming import reassign_leads
from leads.actions.engaging import NewEngagement, engage
from leads.actions.entering import add_lead
from leads.actions.sweeping import sweep_leads
from leads.models import Lead
from team.models import Role, Team, Territory
from tests.leads.covering import broken
from tests.make import NOON, make_lead, make_person, make_team, make_user


@pytest.fixture
def south(team):
    south = make_team("South")
    Territory.objects.create(name="Norway", team=south, country="NO")
    return south


def retire(team):
    Team.objects.filter(pk=team.pk).update(retired_at=NOON)


def ask(person, at=NOON):
    engage([NewEngagement(person.pk, "asked", at)], at=at)
    return Lead.objects.open().get(person=person)


def test_a_retired_team_gets_no_lead_by_territory(south, team):
    retire(south)

    assert ask(make_person(country="NO")).team == team
    assert broken(NOON) == set()


def test_what_sleeps_in_a_retired_team_wakes_in_the_default_one(south, team):
    eve = make_user("eve", Role.BDR, team=south)
    lead = make_lead(phase=Phase.NURTURE, bdr=eve, team=south)
    retire(south)
    assert broken() == {"team_is_retired"}

    sweep_leads(at=lead.wake_at)

    following = Lead.objects.get(previous=lead)
    assert (following.team, following.bdr) == (team, None)
    assert broken(lead.wake_at) == set()


def test_nobody_adds_a_lead_to_a_retired_team(south):
    eve = make_user("eve", Role.BDR, team=south)
    retire(south)

    with pytest.raises(MoveRefused):
        add_lead(make_person(), by=eve, at=NOON)


def test_a_team_is_retired_when_it_is_empty(site, south):
    lead = make_lead(team=south)
    chosen = {"action": "retire", "_selected_action": [one.pk for one in Team.objects.all()]}
    page = reverse("admin:team_team_changelist")

    site.post(page, chosen)
    assert not Team.objects.filter(retired_at__isnull=False).exists()

    Territory.objects.all().delete()
    reassign_leads([lead.pk], team=Team.objects.get(is_default=True), by=None, at=NOON)
    site.post(page, chosen)
    assert Team.objects.get(retired_at__isnull=False) == south
