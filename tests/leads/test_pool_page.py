"""The pool: what may be taken, in its order, and who is told what when two take the same."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from agreement.models import Lane, Phase
from leads.actions.claiming import claim_lead
from leads.actions.logging import log_call
from leads.models import Lead
from leads.pool import pool_of
from team.models import Role
from tests.make import NOON, disposition, make_lead, make_user

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def ids_of(team, **wanted):
    return [row.lead_id for _band, _head, rows in pool_of([team.pk], at=NOON, **wanted).groups for row in rows]


def test_who_waits_stands_before_first_touches_and_those_before_what_was_missed(team):
    missed = make_lead()
    Lead.objects.filter(pk=missed.pk).update(band=Lead.Band.MISSED)
    content, asked = make_lead(), make_lead(lane=Lane.HAND_RAISER)

    groups = pool_of([team.pk], at=NOON).groups

    assert [(band, [row.lead_id for row in rows]) for band, _head, rows in groups] == [
        (Lead.Band.WAITING, [asked.pk]),
        (Lead.Band.FIRST_TOUCH, [content.pk]),
        (Lead.Band.MISSED, [missed.pk]),
    ]


def test_what_is_reserved_for_somebody_is_not_offered(team, alice):
    make_lead(bdr=alice, reserved=True)

    assert ids_of(team) == []


def test_a_lane_narrows_the_pool(team):
    make_lead()
    asked = make_lead(lane=Lane.HAND_RAISER)

    assert ids_of(team, lane=Lane.HAND_RAISER) == [asked.pk]


def test_pages_go_on_where_the_last_one_ended(team, monkeypatch):
    monkeypatch.setattr("leads.pool.PAGE", 2)
    leads = [make_lead(at=NOON - timedelta(minutes=minutes)).pk for minutes in (9, 6, 6, 3, 0)]
    seen, after = [], ""
    for _ in range(3):
        seen += ids_of(team, after=after)
        after = pool_of([team.pk], after=after, at=NOON).next_after

    assert (seen, after) == (leads, "")


@pytest.mark.parametrize("after", ["x", "1_2_3", "1_2027-01-01_3", "9_2027-01-01T00:00:00+00:00_x"])
def test_a_place_that_cannot_be_read_is_the_top_of_the_list(team, after):
    lead = make_lead()

    assert ids_of(team, after=after) == [lead.pk]


@pytest.mark.parametrize("rows", [1, 50])
def test_the_pool_page_costs_the_same_queries_however_long_it_is(client, alice, rows, django_assert_num_queries):
    for _ in range(rows):
        make_lead()
    client.force_login(alice)
    client.get(reverse("leads:pool"))  # the first page of a session notes when it began

    # Session, user, memberships, the pool, facts of the page, her day, rail.
    with django_assert_num_queries(7):
        response = client.get(reverse("leads:pool"))

    assert response.text.count('<li class="row has-act"') == rows


def test_a_claim_in_place_says_that_the_lead_is_hers(client, alice):
    lead = make_lead()
    client.force_login(alice)

    response = client.post(reverse("leads:claim", args=[lead.public_id]), headers=HTMX)

    lead.refresh_from_db()
    assert (response.status_code, lead.bdr, lead.phase) == (200, alice, Phase.WORKING)
    assert f'id="lead-{lead.pk}"' in response.text
    assert 'hx-swap-oob="innerHTML"' in response.text


def test_who_comes_second_is_told_who_was_first_in_the_row_she_clicked(client, alice, bob):
    lead = make_lead()
    claim_lead(lead, by=alice, at=NOON)
    client.force_login(bob)

    response = client.post(reverse("leads:claim", args=[lead.public_id]), headers=HTMX)

    lead.refresh_from_db()
    assert (response.status_code, lead.bdr) == (409, alice)
    assert f"{alice} has just taken this lead." in response.text


def test_without_script_a_lost_race_is_said_on_the_pool(client, alice, bob):
    lead = make_lead()
    claim_lead(lead, by=alice, at=NOON)
    client.force_login(bob)

    response = client.post(reverse("leads:claim", args=[lead.public_id]), follow=True)

    assert response.redirect_chain == [(reverse("leads:pool"), 302)]
    assert f"{alice} has just taken this lead." in response.text


def test_who_waited_too_long_has_no_minute_left_once_she_is_taken(client, alice):
    lead = make_lead(lane=Lane.HAND_RAISER, at=NOON - timedelta(minutes=30))
    late = client.force_login(alice) or client.get(reverse("leads:pool")).text
    assert "25 min late" in late

    taken = client.post(reverse("leads:claim", args=[lead.public_id]), headers=HTMX)

    assert "25 min late" in taken.text
    for page in (reverse("leads:queue"), reverse("leads:lead", args=[lead.public_id])):
        assert "1 min left" not in client.get(page).text, page
    assert "25 min late" in client.get(page).text


def test_a_claim_sent_twice_leads_to_the_lead_twice(client, alice):
    lead = make_lead()
    client.force_login(alice)
    url = reverse("leads:claim", args=[lead.public_id])

    answers = [client.post(url).headers["Location"] for _ in range(2)]

    assert answers == [reverse("leads:lead", args=[lead.public_id])] * 2
    assert lead.events.filter(verb="claim").count() == 1


def test_at_her_limit_the_row_says_so_and_nothing_is_taken(client, alice):
    lead = make_lead()
    alice.open_limit = 0
    alice.save(update_fields=["open_limit"])
    client.force_login(alice)

    response = client.post(reverse("leads:claim", args=[lead.public_id]), headers=HTMX)

    lead.refresh_from_db()
    assert (response.status_code, lead.phase) == (422, Phase.QUEUED)
    assert "your limit" in response.text


def test_another_teams_lead_is_not_there(client, eve):
    lead = make_lead()
    client.force_login(eve)

    assert client.post(reverse("leads:claim", args=[lead.public_id])).status_code == 404


def test_a_manager_looks_at_the_pool_and_takes_nothing(client, mona):
    lead = make_lead()
    client.force_login(mona)

    assert reverse("leads:claim", args=[lead.public_id]) not in client.get(reverse("leads:pool")).text
    response = client.post(reverse("leads:claim", args=[lead.public_id]), headers=HTMX)
    assert response.status_code == 422


@pytest.mark.parametrize("role", [Role.AE, Role.MARKETER, Role.ADMIN])
def test_the_pool_is_for_reps_and_managers(client, team, role):
    client.force_login(make_user("other", role))

    assert client.get(reverse("leads:pool")).status_code == 403


def test_giving_back_puts_the_lead_into_the_pool_with_what_was_planned(client, team, alice, bob):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    client.force_login(alice)

    response = client.post(reverse("leads:release", args=[lead.public_id]))

    assert response.headers["Location"] == reverse("leads:queue")
    ((band, _head, (row,)),) = pool_of([team.pk], at=NOON).groups
    assert (band, row.lead_id, row.what) == (Lead.Band.TODAY, lead.pk, "Attempt 2 of 6: call")


def test_a_colleague_cannot_give_back_what_is_not_hers(client, alice, bob):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    client.force_login(bob)

    assert client.post(reverse("leads:release", args=[lead.public_id])).status_code == 403


def test_an_empty_pool_says_that_everything_is_being_worked(client, alice):
    client.force_login(alice)

    assert "The pool is empty" in client.get(reverse("leads:pool")).text
    assert "Nothing of this lane" in client.get(reverse("leads:pool"), {"lane": "list"}).text
