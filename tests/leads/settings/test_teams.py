"""Teams: added, given other hours, made the default, retired into a successor, each reverted."""

import time
from datetime import timedelta
from functools import partial

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Lane, Phase
from leads.actions.claiming import claim_lead, reassign_leads
from leads.actions.closing import disqualify_lead
from leads.actions.entering import NewLead, open_leads
from leads.actions.moving import Target, carry_on_moves, move_leads, start_move
from leads.actions.reteaming import pass_on_latecomers
from leads.checking import check_all
from leads.models import Clock, Lead, SavedView
from leads.settings.changing import change_setting, preview, preview_revert, revert_change
from leads.settings.kind import SettingRefused
from leads.settings.people import People
from leads.settings.teams import Teams
from team.models import Installation, Membership, Role, SettingChange, Team, Territory
from tests.leads.test_races import at_once
from tests.make import NOON, make_calendar, make_lead, make_person, make_team, make_user, reason

pytestmark = pytest.mark.django_db
KIND = Teams()


@pytest.fixture
def south(eve):
    return eve.memberships.get().team


def state():
    leads = list(Lead.objects.order_by("pk").values_list("pk", "team", "bdr", "due_at", "band", "sweep_at", "phase"))
    clocks = list(Clock.objects.order_by("pk").values_list("pk", "calendar", "due_at", "next_notice_at", "state"))
    # In the order of their keys: somebody's first team is the first of these.
    members = list(Membership.objects.order_by("user", "pk").values_list("user", "team", "role"))
    views = list(SavedView.objects.order_by("pk").values_list("team", "name"))
    return leads, clocks, members, views, list(Territory.objects.order_by("pk").values_list("pk", "team"))


def end(team, successor, *, by):
    return change_setting(KIND, team.pk, {"successor": successor.pk}, by=by, at=NOON, verb="retire")


def test_a_team_is_added_and_taken_back_while_it_is_empty(save, revert_last, team):
    save("teams", name="West", calendar=str(team.calendar_id))
    west = Team.objects.get(name="West")
    assert (west.calendar, west.is_default) == (team.calendar, False)

    revert_last("teams")
    assert not Team.objects.filter(name="West").exists()


def test_a_team_with_people_is_not_taken_back(save, revert_last, team):
    save("teams", name="West", calendar=str(team.calendar_id))
    make_user("will", Role.BDR, team=Team.objects.get(name="West"))

    with pytest.raises(SettingRefused):
        revert_last("teams")


def test_a_team_that_leads_went_through_or_views_are_shared_with_is_not_taken_back(
    save, revert_last, team, alice, mona, dora
):
    save("teams", name="West", calendar=team.calendar_id)
    west = Team.objects.get(name="West")
    view = SavedView.objects.create(user=mona, team=west, name="Late", query="late=1", created_at=NOON)
    with pytest.raises(SettingRefused, match="views are shared"):
        revert_last("teams")

    view.delete()
    lead = make_lead(phase="working", bdr=alice, at=timezone.now())
    start_move([lead.pk], of=team, target=Target(team=west), by=mona, at=timezone.now())
    carry_on_moves()
    move_leads([lead.pk], of=west, target=Target(team=team), by=dora, at=timezone.now())
    with pytest.raises(SettingRefused, match="passed through"):
        revert_last("teams")


def test_a_retired_team_hands_everything_on_and_gets_it_back(team, south, alice, bob, eve, mona, dora):
    both = Membership.objects.create(user=eve, team=team, role=Role.BDR)
    pool, hers = make_lead(team=south), make_lead(phase=Phase.WORKING, bdr=eve, team=south)
    asleep = make_lead(phase=Phase.NURTURE, bdr=eve, team=south)
    sent = make_lead(phase=Phase.HANDED_OFF, bdr=eve, team=south)
    eva = make_user("eva", Role.BDR, team=south)
    evas = make_lead(phase=Phase.WORKING, bdr=eva, team=south)
    territory = Territory.objects.create(name="Spain", team=south, bdr=eva, country="ES")
    views = {"user": eve, "query": "tier=A", "created_at": NOON}
    SavedView.objects.create(team=team, name="best", **views)
    SavedView.objects.bulk_create(SavedView(team=south, name=name, **views) for name in ("Best", "Last"))
    before = state()

    made = end(south, team, by=dora)

    for lead in (pool, hers, asleep, sent, evas):
        lead.refresh_from_db()
        assert lead.team == team
        assert lead.events.latest("id").data["because"] == "team_retired"
    assert (hers.bdr, evas.bdr) == (eve, eva)
    territory.refresh_from_db()
    assert (territory.team, eva.memberships.get().team) == (team, team)
    assert list(eve.memberships.all()) == [both]
    assert set(SavedView.objects.values_list("team", "name")) == {
        (team.pk, "best"), (team.pk, "Best (South)"), (team.pk, "Last"),
    }  # fmt: skip
    assert not any(check_all(at=NOON).values())

    revert_change(KIND, made, by=dora, at=NOON)

    assert state() == before
    assert not any(check_all(at=NOON).values())


def test_what_was_given_to_others_since_stays_and_people_take_their_leads_home(team, south, alice, dora):
    eva = make_user("eva", Role.BDR, team=south)
    pool, other = make_lead(team=south), make_lead(team=south)
    made = end(south, team, by=dora)
    claim_lead(pool, by=alice, at=NOON)
    ours = make_lead(team=team)
    eva = type(eva).objects.get(pk=eva.pk)
    claim_lead(ours, by=eva, at=NOON)

    revert_change(KIND, made, by=dora, at=NOON)

    for lead in (pool, other, ours):
        lead.refresh_from_db()
    assert (pool.team, other.team, ours.team) == (team, south, south)
    assert not any(check_all(at=NOON).values())


def test_a_member_whose_roles_were_given_anew_comes_back_all_the_same(team, south, dora):
    eva = make_user("eva", Role.BDR, team=south)
    made = end(south, team, by=dora)
    change_setting(People(), eva.pk, {"roles": [["marketer", None], ["bdr", team.pk]]}, by=dora, at=NOON)

    revert_change(KIND, made, by=dora, at=NOON)

    assert eva.memberships.get(role=Role.BDR).team == south


def test_what_would_go_to_a_retired_team_goes_to_its_successor(team, south, dora):
    middle = make_team("Middle")
    end(south, middle, by=dora)

    new = NewLead(make_person().pk, Lane.CONTENT, "inbound", team_id=south.pk)

    assert open_leads([new], by=None, at=NOON).leads[0].team == middle


def test_what_came_at_the_very_moment_goes_on_with_the_next_tick(team, south, dora):
    end(south, team, by=dora)
    straggler = make_lead(team=team)
    # Somebody had read the team before it was retired.
    Lead.objects.filter(pk=straggler.pk).update(team=south)

    assert pass_on_latecomers(at=NOON) == 1
    straggler.refresh_from_db()
    assert straggler.team == team
    assert pass_on_latecomers(at=NOON) == 0


def test_a_team_is_not_taken_up_out_of_one_that_ended_since(team, south, dora):
    middle = make_team("Middle")
    made = end(south, middle, by=dora)
    end(middle, team, by=dora)

    with pytest.raises(SettingRefused, match="Middle was retired since: revert that first"):
        revert_change(KIND, made, by=dora, at=NOON)


def test_the_default_team_cannot_go(save, team, south):
    answer = save("teams", team.pk, page="_retire", successor=south.pk)

    assert answer.status_code == 422
    assert "This is the default team: make another the default first." in answer.text


def test_another_team_becomes_the_default_and_the_revert_makes_the_first_it_again(save, team, south, revert_last):
    save("teams", south.pk, default="on")
    assert list(Team.objects.filter(is_default=True)) == [south]

    revert_last("teams")
    assert list(Team.objects.filter(is_default=True)) == [team]


def test_the_preview_of_a_revert_to_a_default_that_is_retired_refuses_as_the_revert_does(team, south, dora):
    hours = make_calendar()
    made = change_setting(KIND, south.pk, {"default": south.pk, "calendar": hours.pk}, by=dora, at=NOON)
    end(team, south, by=dora)

    for goes_back in (preview_revert, revert_change):
        with pytest.raises(SettingRefused, match="A team that is retired is no default"):
            goes_back(KIND, made, by=dora, at=NOON)


def test_the_default_is_given_away_on_anothers_page_only(save, team):
    save("teams", team.pk, name="Far north", default="")

    team.refresh_from_db()
    assert (team.name, team.is_default) == ("Far north", True)


def test_another_calendar_counts_the_promises_of_the_team_anew_and_the_revert_as_before(team, south, alice, dora):
    late = make_calendar(opens=14 * 60, closes=20 * 60)
    pool, claimed = make_lead(team=team), make_lead(phase=Phase.WORKING, bdr=alice)
    # It counts by the very calendar that the team gets for a while.
    south.calendar = late
    south.save()
    brought = make_lead(team=south)
    reassign_leads([brought.pk], team=team, by=None, at=NOON + timedelta(minutes=1))
    theirs = Clock.objects.get(lead=brought)
    before = state()

    made = change_setting(KIND, team.pk, {"calendar": late.pk}, by=dora, at=NOON)

    clock = Clock.objects.get(lead=pool)
    assert (clock.calendar, clock.due_at.hour) == (late, 18)
    pool.refresh_from_db()
    claimed.refresh_from_db()
    assert pool.due_at == clock.due_at
    assert claimed.sweep_at == Clock.objects.get(lead=claimed).due_at == clock.due_at
    assert Clock.objects.get(lead=brought) == theirs
    assert not any(check_all(at=NOON).values())

    revert_change(KIND, made, by=dora, at=NOON)
    assert state() == before


def test_the_preview_says_what_moves_and_that_promises_keep_their_hours(team, south, eve, dora):
    make_lead(team=south)
    make_lead(phase=Phase.WORKING, bdr=eve, team=south)
    Territory.objects.create(name="Spain", team=south, country="ES")
    disqualified = make_lead(phase=Phase.WORKING, bdr=eve, team=south)
    disqualify_lead(disqualified, reason=reason("bad_data"), by=eve, at=NOON)

    said = [(one.text, one.soft) for one in preview(KIND, south.pk, {"successor": team.pk}, at=NOON).touches]

    assert said[0] == ("2 leads to North", "1 queued, 1 working; no owner, step or promise changes")
    assert said[1:3] == [("1 person to North", ""), ("1 territory to North", "")]
    assert said[3] == ("1 open second look to decide in North", "by the day they had")
    end(south, team, by=dora)
    back = [one.text for one in preview(KIND, south.pk, {"successor": None}, at=NOON).touches]
    assert back[1:] == ["1 open second look to decide in it again"]


def test_two_teams_do_not_share_a_name(save, team, south):
    answer = save("teams", south.pk, name="north")

    assert answer.status_code == 422
    assert "There is, or was, a team of this name." in answer.text


def test_the_list_says_who_is_where(client, dora, team, south, eve):
    make_lead(team=south, at=timezone.now())
    client.force_login(dora)

    page = client.get(reverse("leads:setting_list", args=["teams"])).text

    assert "default team" in page
    assert "1 person" in page
    assert "1 lead" in page
    assert SettingChange.objects.count() == 0


class ReadSlowly(Teams):
    def read(self, pk, *, lock=False):
        found = super().read(pk, lock=lock)
        time.sleep(0.2 if lock else 0)
        return found


def test_two_who_make_different_teams_the_default_at_once_come_one_after_the_other(transactional_db):
    # What they wait for; a test that empties the tables takes it away.
    Installation.objects.get_or_create(pk=1)
    make_team("North", is_default=True)
    admins = [make_user(name, Role.ADMIN) for name in ("dora", "greta")]
    others = [make_team(name) for name in ("South", "West")]

    at_once(*[
        partial(change_setting, ReadSlowly(), one.pk, {"default": one.pk}, by=by, at=NOON)
        for one, by in zip(others, admins, strict=True)
    ])  # fmt: skip

    assert Team.objects.get(is_default=True) in others
    first, last = SettingChange.objects.order_by("id")
    assert first.changes["default"][1] == last.changes["default"][0]
