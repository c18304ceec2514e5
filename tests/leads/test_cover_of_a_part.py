"""A cover who cannot do everything: another team of hers, days when he is away himself, an absence there is already."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from leads.actions.changing import MoveRefused
from leads.actions.covering import end_absence, foresee_absence, set_away
from leads.actions.leaving import deactivate_user, pass_on, release_absent
from leads.models import Lead, SlidStep, Step
from team.models import Absence, Membership, Role, User
from tests.leads.covering import broken
from tests.leads.test_cover import EVENING, step_of, touched
from tests.make import NOON, make_team

# More than two working days.
FRIDAY = NOON + timedelta(days=4)


@pytest.fixture
def south(alice):
    """Her other team, in which nobody covers her; she calls somebody back there at two."""
    team = make_team("South")
    Membership.objects.create(user=alice, role=Role.BDR, team=team)
    return team


@pytest.fixture
def both(south, alice):
    """She works for two teams, and has promised a call-back in each at two."""
    return [touched(alice, due_at=NOON + timedelta(hours=2), promised=True, **of) for of in ({}, {"team": south})]


def fresh(user):
    return User.objects.get(pk=user.pk)


def test_what_her_cover_may_not_do_for_a_day_is_late_and_hers_and_said_before(both, alice, bob, mona):
    of_north, of_south = both
    told = foresee_absence(fresh(alice), starts_at=NOON, ends_at=EVENING, cover=bob, at=NOON)
    assert (told.lent, told.late, told.given_back, [str(team) for team in told.elsewhere]) == (1, 1, 0, ["South"])

    set_away(fresh(alice), starts_at=NOON, ends_at=EVENING, cover=bob, by=mona, at=NOON)
    release_absent(at=NOON + timedelta(hours=1))

    assert (step_of(of_north).assignee, step_of(of_south).assignee) == (bob, alice)


def test_what_nobody_covers_for_long_goes_back_once_and_the_rest_stays_lent(both, alice, bob, mona):
    of_north, of_south = both
    before = broken(NOON)
    told = foresee_absence(fresh(alice), starts_at=NOON, ends_at=FRIDAY, cover=bob, at=NOON)
    assert (told.lent, told.late, told.given_back) == (1, 0, 1)

    set_away(fresh(alice), starts_at=NOON, ends_at=FRIDAY, cover=bob, by=mona, at=NOON)
    for minutes in (1, 6):
        release_absent(at=NOON + timedelta(minutes=minutes))

    of_north.refresh_from_db()
    of_south.refresh_from_db()
    assert (of_south.phase, of_south.bdr, of_south.team.name) == ("queued", None, "South")
    assert (of_north.bdr, step_of(of_north).assignee) == (alice, bob)
    assert of_south.events.filter(verb="release").count() == 1
    assert broken(NOON + timedelta(minutes=7)) == before


@pytest.mark.parametrize("how", ["leaves", "loses the role"])
def test_what_her_cover_cannot_do_any_more_goes_back_after_the_rest_did(both, alice, bob, mona, how):
    of_north, of_south = both
    set_away(fresh(alice), starts_at=NOON, ends_at=NOON + timedelta(days=14), cover=bob, by=mona, at=NOON)
    release_absent(at=NOON + timedelta(minutes=1))
    assert (Lead.objects.get(pk=of_south.pk).bdr, Lead.objects.get(pk=of_north.pk).bdr) == (None, alice)

    tomorrow = NOON + timedelta(days=1)
    if how == "leaves":
        deactivate_user(fresh(bob), by=mona, at=tomorrow)
    else:
        Membership.objects.filter(user=bob).delete()
        pass_on(fresh(bob), by=mona, at=tomorrow)
    release_absent(at=tomorrow + timedelta(minutes=1))

    assert Lead.objects.get(pk=of_north.pk).bdr is None
    assert "responsible_is_away_uncovered" not in broken(tomorrow + timedelta(days=9))


@pytest.mark.parametrize("how", ["leaves", "loses another role"])
def test_what_she_was_given_since_stays_whatever_becomes_of_her_cover(both, south, alice, bob, mona, how):
    """He never worked for the team that it is of."""
    _of_north, of_south = both
    west = make_team("West")
    Membership.objects.create(user=bob, role=Role.BDR, team=west)
    set_away(fresh(alice), starts_at=NOON, ends_at=NOON + timedelta(days=14), cover=bob, by=mona, at=NOON)
    release_absent(at=NOON + timedelta(minutes=1))
    assert Lead.objects.get(pk=of_south.pk).bdr is None
    given = touched(alice, due_at=NOON + timedelta(days=20), promised=True, team=south)

    tomorrow = NOON + timedelta(days=1)
    if how == "leaves":
        deactivate_user(fresh(bob), by=mona, at=tomorrow)
    else:
        Membership.objects.filter(user=bob, team=west).delete()
        pass_on(fresh(bob), by=mona, at=tomorrow)
    release_absent(at=tomorrow + timedelta(minutes=1))

    assert Lead.objects.get(pk=given.pk).bdr == alice


def test_what_a_manager_gives_back_to_her_while_she_is_away_stays(both, alice, bob, mona):
    set_away(fresh(alice), starts_at=NOON, ends_at=FRIDAY, cover=bob, by=mona, at=NOON)
    release_absent(at=NOON + timedelta(minutes=1))
    again = touched(alice, due_at=FRIDAY + timedelta(hours=1), team=both[1].team)

    release_absent(at=NOON + timedelta(minutes=2))

    assert Lead.objects.get(pk=again.pk).bdr == alice


def test_days_on_which_her_cover_is_away_too_are_foreseen(alice, bob, mona, team):
    # Bob is away on Tuesday: what is due then is late; on Monday and Wednesday he is there.
    tuesday = NOON.replace(hour=0) + timedelta(days=1)
    Absence.objects.create(user=bob, starts_at=tuesday, ends_at=tuesday + timedelta(days=1))
    for hours in (1, 22, 46):
        touched(alice, due_at=NOON + timedelta(hours=hours), promised=True)

    told = foresee_absence(alice, starts_at=NOON, ends_at=FRIDAY, cover=bob, at=NOON)

    assert list(told.gaps) == [(tuesday, tuesday + timedelta(days=1))]
    assert (told.lent, told.late, told.given_back) == (3, 1, 0)


def test_who_is_away_in_all_of_her_hours_is_no_cover_in_the_form_nor_in_the_act(client, alice, bob, mona):
    tomorrow = NOON.replace(hour=0) + timedelta(days=1)
    # From when the day begins for her: at midnight, when her own absence begins, he is there yet.
    his = Absence.objects.create(user=bob, starts_at=tomorrow + timedelta(hours=7), ends_at=FRIDAY)
    day = {"cover": bob.pk, "begins": "2027-03-02", "until": "2027-03-03"}
    span = {"starts_at": tomorrow, "ends_at": tomorrow + timedelta(days=2)}
    with time_machine.travel(NOON, tick=False):
        client.force_login(mona)
        answer = client.post(reverse("leads:rep_away", args=[alice.pk]), day)
        said = client.post(f"{reverse('leads:rep_away', args=[alice.pk])}?preview", day, headers={"HX-Request": "true"})

    assert answer.status_code == 422
    words = "Bob cannot cover: away themselves on all of these days."
    assert words in answer.text
    assert words in said.text
    # The form may have been read before he said so.
    with pytest.raises(MoveRefused, match="away themselves"):
        set_away(fresh(alice), **span, cover=bob, by=mona, at=NOON)
    his.ends_at = tomorrow + timedelta(days=1)
    his.save(update_fields=["ends_at"])
    assert set_away(fresh(alice), **span, cover=bob, by=mona, at=NOON).cover == bob


@pytest.mark.parametrize("first_known", [True, False])
def test_who_covers_and_goes_away_for_long_leaves_her_leads_to_the_pool(alice, bob, mona, first_known):
    lead = touched(alice, due_at=NOON + timedelta(hours=25))
    span = {"starts_at": NOON + timedelta(hours=12), "ends_at": FRIDAY + timedelta(hours=12)}
    if first_known:
        set_away(bob, **span, by=mona, at=NOON)
        told = foresee_absence(alice, starts_at=NOON, ends_at=FRIDAY, cover=bob, at=NOON)
        assert (told.given_back, told.slid) == (1, 0)
    set_away(alice, starts_at=NOON, ends_at=FRIDAY, cover=bob, by=mona, at=NOON)
    assert SlidStep.objects.exists() != first_known
    if not first_known:
        set_away(bob, **span, by=mona, at=NOON + timedelta(minutes=1))

    release_absent(at=NOON + timedelta(hours=11))
    assert Lead.objects.get(pk=lead.pk).bdr == alice
    release_absent(at=NOON + timedelta(hours=13))

    assert Lead.objects.get(pk=lead.pk).bdr is None
    assert Lead.objects.get(pk=lead.pk).due_at == NOON + timedelta(hours=25)


def test_cover_for_an_absence_there_is_is_foreseen_for_all_of_it(alice, bob, mona):
    touched(alice, due_at=NOON + timedelta(hours=22), promised=True)
    set_away(alice, starts_at=NOON, ends_at=NOON + timedelta(hours=36), by=mona, at=NOON)
    at = NOON + timedelta(minutes=5)

    told = foresee_absence(alice, starts_at=at, ends_at=EVENING, cover=bob, at=at)
    absence = set_away(alice, starts_at=at, ends_at=EVENING, cover=bob, by=mona, at=at)

    assert (told.starts_at, told.ends_at) == (absence.starts_at, absence.ends_at)
    assert told.lent == Step.objects.open().filter(lent_from=alice).count() == 1


def test_the_page_says_what_each_cover_could_not_do(client, both, alice, bob, mona):
    tuesday = NOON.replace(hour=0) + timedelta(days=1)
    Absence.objects.create(user=bob, starts_at=tuesday, ends_at=tuesday + timedelta(days=1))
    url = reverse("leads:rep_away", args=[alice.pk])
    with time_machine.travel(NOON, tick=False):
        client.force_login(mona)
        page = client.get(url).text
        said = client.post(
            f"{url}?preview", {"cover": bob.pk, "until": "2027-03-03"}, headers={"HX-Request": "true"}
        ).text
        absence = set_away(fresh(alice), starts_at=NOON, ends_at=FRIDAY, cover=bob, by=mona, at=NOON)
        after = client.get(url).text
        again = client.post(f"{url}?preview", {"cover": ""}, headers={"HX-Request": "true"}).text
        end_absence(absence, by=mona, at=NOON)

    assert "Bob (works in North only; away from tomorrow)" in page
    assert "Bob does not work in South: nobody covers there." in said
    assert "Nobody is there from tomorrow 0:00 until Wed 0:00: Bob is away, too." in said
    assert "covered by Bob (works in North only; away from" in after
    assert "Away already" in again
