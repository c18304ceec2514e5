"""What a manager gives a rep waits for her a whole working day, and the pages say so."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from agreement.models import Lane, Phase
from leads.actions.claiming import release_lead
from leads.actions.leaving import release_absent
from leads.actions.logging import log_call
from leads.actions.moving import Target, move_leads
from leads.actions.spreading import spread_leads
from leads.actions.sweeping import sweep_leads
from leads.models import Lead
from team.models import Absence, User
from tests.leads.covering import away
from tests.make import NOON, disposition, make_calendar, make_lead

TOMORROW_EVENING = NOON.replace(hour=18) + timedelta(days=1)


def missed(team, count=2, **fields):
    leads = [make_lead(team=team, at=NOON - timedelta(days=6), **fields) for _each in range(count)]
    sweep_leads(at=NOON)
    assert set(Lead.objects.values_list("band", flat=True)) == {Lead.Band.MISSED}
    return [lead.pk for lead in leads]


@pytest.mark.parametrize("way", ["spread", "move"])
def test_missed_leads_that_a_manager_gave_are_hers_until_the_evening_of_her_next_working_day(way, team, alice, mona):
    ids = missed(team)

    if way == "spread":
        spread_leads(ids, team=team, by=mona, at=NOON)
    else:
        move_leads(ids, target=Target(alice), by=mona, at=NOON, of=team)

    assert set(Lead.objects.values_list("reserved_until", flat=True)) == {TOMORROW_EVENING}
    sweep_leads(at=TOMORROW_EVENING - timedelta(minutes=1))
    assert Lead.objects.reserved_for(alice, at=TOMORROW_EVENING - timedelta(minutes=1)).count() == 2
    sweep_leads(at=TOMORROW_EVENING)
    assert set(Lead.objects.values_list("bdr", flat=True)) == {None}


def test_it_is_the_next_day_of_her_own_calendar(team, alice, mona):
    # She works on Mondays and Fridays.
    User.objects.filter(pk=alice.pk).update(calendar=make_calendar(days=(0, 4)))

    move_leads(missed(team), target=Target(User.objects.get(pk=alice.pk)), by=mona, at=NOON, of=team)

    assert {at.date() for at in Lead.objects.values_list("reserved_until", flat=True)} == {
        (NOON + timedelta(days=4)).date()
    }


def test_a_person_who_waits_is_kept_for_her_no_longer_than_before(team, alice, mona):
    lead = make_lead(team=team, lane=Lane.HAND_RAISER, at=NOON)

    move_leads([lead.pk], target=Target(alice), by=mona, at=NOON, of=team)

    lead.refresh_from_db()
    assert lead.reserved_until < NOON.replace(hour=18)


def test_the_pages_say_until_when(client, team, alice, mona):
    ids = missed(team)
    chosen = {"team": team.pk, "lead": list(Lead.objects.values_list("public_id", flat=True))}
    with time_machine.travel(NOON, tick=False):
        client.force_login(mona)
        spread = client.get(reverse("leads:spread"), chosen).text
        move = client.get(reverse("leads:move"), {**chosen, "to": f"rep-{alice.pk}"}).text
        move_leads(ids, target=Target(alice), by=mona, at=NOON, of=team)
        client.force_login(alice)
        page = client.get(reverse("leads:lead", args=[Lead.objects.first().public_id])).text

    assert "until the evening of their next working day" in spread
    assert "What waits in the pool is kept for Alice until" in move
    assert "Free for the team from" in page


def test_nobody_is_kept_for_one_rep_from_the_moment_on_that_she_was_promised(team, alice, bob, mona):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=NOON)
    promised = (NOON + timedelta(days=1)).replace(hour=10)
    moment = (promised.replace(tzinfo=None), "UTC")
    log_call(lead, disposition=disposition("call_back"), by=alice, at=NOON, call_back=moment)
    release_lead(Lead.objects.get(pk=lead.pk), by=alice, at=NOON)

    move_leads([lead.pk], target=Target(bob), by=mona, at=NOON, of=team)

    lead.refresh_from_db()
    assert (lead.bdr, lead.reserved_until) == (bob, promised)
    assert lead in Lead.objects.in_pool(teams=[team.pk], at=promised)


@pytest.mark.parametrize("is_covered", [False, True])
def test_what_goes_to_somebody_away_is_not_undone_by_the_next_tick(is_covered, client, team, alice, bob, mona):
    now = NOON + timedelta(hours=1)
    away(alice, bob if is_covered else None)
    lead = Lead.objects.get(pk=missed(team, count=1)[0])
    later = make_lead(phase="working", bdr=bob)
    chosen = {"team": team.pk, "lead": [str(lead.public_id), str(later.public_id)], "to": f"rep-{alice.pk}"}
    with time_machine.travel(now, tick=False):
        release_absent(at=now)
        client.force_login(mona)
        page = client.get(reverse("leads:move"), chosen).text
        said = client.post(reverse("leads:move"), chosen, follow=True).text
    release_absent(at=now + timedelta(minutes=1))

    lead.refresh_from_db()
    later.refresh_from_db()
    assert "Alice is away until" in page
    assert "is kept for Alice until" not in page
    assert later.bdr == alice
    if is_covered:
        assert "Meanwhile Bob covers" in page
        assert lead.bdr == bob
    else:
        refused = "Alice is away and nobody covers: it would be back in the pool at once."
        assert refused in page
        assert refused in said
        assert lead.bdr is None
        assert not lead.events.filter(verb="reassign").exists()


@pytest.mark.parametrize("is_covered", [False, True])
def test_work_goes_to_nobody_who_would_lose_it_by_the_next_tick(is_covered, client, team, alice, bob, mona):
    now = NOON + timedelta(hours=1)
    lead = make_lead(phase="working", bdr=bob)
    Absence.objects.create(
        user=alice, starts_at=NOON, ends_at=NOON + timedelta(days=10), cover=bob if is_covered else None
    )
    chosen = {"team": team.pk, "lead": [str(lead.public_id)], "to": f"rep-{alice.pk}"}
    with time_machine.travel(now, tick=False):
        client.force_login(mona)
        page = client.get(reverse("leads:move"), chosen).text
        client.post(reverse("leads:move"), chosen)
    release_absent(at=now + timedelta(minutes=1))

    lead.refresh_from_db()
    assert ("Alice is away and nobody covers" in page) is not is_covered
    assert ("is lent to Bob" in page) is is_covered
    assert (lead.phase, lead.bdr) == ("working", alice if is_covered else bob)
