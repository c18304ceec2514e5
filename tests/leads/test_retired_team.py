"""A team that is retired: nothing comes to it any more, and what sleeps there wakes elsewhere."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from agreement.models import Phase
from leads.actions.changing import MoveRefused
from leads.actions.claiming import reassign_leads
from leads.actions.closing import disqualify_lead
from leads.actions.engaging import NewEngagement, engage
from leads.actions.entering import add_lead
from leads.actions.reteaming import pass_on_latecomers, retire_team, take_up_team
from leads.actions.sweeping import sweep_leads
from leads.actions.undoing import undo_last
from leads.models import Lead, SecondLook
from team.models import Role, Team, Territory, User
from tests.leads.covering import broken
from tests.make import NOON, make_lead, make_person, make_team, make_user, reason


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


def test_what_ended_in_a_retired_team_is_read_decided_and_taken_back_by_who_goes_on(client, eve, mona, team):
    south = eve.memberships.get().team
    mia = make_user("mia", Role.MANAGER, team=south)
    lead, other = (make_lead(phase=Phase.WORKING, bdr=eve, team=south, at=NOON) for _ in range(2))
    for one in (lead, other):
        disqualify_lead(one, reason=reason("bad_data"), by=eve, at=NOON)
    outsider = make_user("outsider", Role.BDR, team=make_team("West"))
    middle = make_team("Middle")
    # By way of a team that is retired itself.
    retire_team(south, successor=middle, at=NOON)
    retire_team(middle, successor=team, at=NOON)

    with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
        for user, status in ((eve, 200), (mia, 200), (mona, 200), (outsider, 404)):
            client.force_login(User.objects.get(pk=user.pk))
            assert client.get(reverse("leads:lead", args=[lead.public_id])).status_code == status
        client.force_login(mona)
        assert str(lead.person) in client.get(reverse("leads:team"), {"team": team.pk}).text
        look = SecondLook.objects.get(lead=lead)
        client.post(reverse("leads:put_back", args=[look.pk]))
        following = Lead.objects.get(previous=lead)
        assert (following.team, following.bdr) == (team, eve)

        undo_last(Lead.objects.get(pk=other.pk), by=User.objects.get(pk=eve.pk), at=NOON + timedelta(minutes=5))
        assert Lead.objects.get(pk=other.pk).phase == Phase.WORKING
        pass_on_latecomers(at=NOON + timedelta(minutes=6))
    assert Lead.objects.get(pk=other.pk).team == team


def test_a_second_look_goes_back_with_its_team(eve, team):
    south = eve.memberships.get().team
    lead = make_lead(phase=Phase.WORKING, bdr=eve, team=south, at=NOON)
    disqualify_lead(lead, reason=reason("bad_data"), by=eve, at=NOON)

    retire_team(south, successor=team, at=NOON)
    assert SecondLook.objects.get().team == team
    take_up_team(Team.objects.get(pk=south.pk), at=NOON)
    assert SecondLook.objects.get().team == south


def test_an_address_of_a_team_that_was_retired_shows_the_one_that_goes_on(client, eve, mona, team):
    south = eve.memberships.get().team
    other = make_team("West")
    client.force_login(mona)
    retire_team(south, successor=team, at=NOON)

    for name in ("team", "team_leads", "team_month"):
        assert client.get(reverse(f"leads:{name}"), {"team": south.pk}).status_code == 200
        assert client.get(reverse(f"leads:{name}"), {"team": other.pk}).status_code == 404
    assert client.get(reverse("leads:team"), {"team": south.pk}).context["team"] == team
    assert client.post(reverse("leads:spread"), {"team": south.pk}).status_code == 404
