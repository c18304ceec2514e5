"""What an open page is told without being loaded anew: a promise about to be due, and whoever asked to be contacted."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agreement.models import Lane, Phase
from leads.actions.claiming import claim_lead
from leads.actions.logging import log_call
from leads.actions.sweeping import sweep_leads
from leads.interrupting import interruptions_of
from leads.models import Lead
from team.models import Absence
from tests.make import NOON, disposition, make_lead, make_person

MINUTE = timedelta(minutes=1)


@pytest.fixture
def asked(team):
    return make_lead(lane=Lane.HAND_RAISER, person=make_person(given_name="Ada", family_name="Holm"), team=team)


def told(user, at=NOON):
    return [(one.why, one.name) for one in interruptions_of(user, at=at)]


def test_whoever_asked_is_told_to_every_rep_of_the_team_until_one_has_taken_her(alice, bob, eve, asked):
    before = told(alice), told(bob), told(eve)
    claim_lead(asked, by=bob, at=NOON)

    assert before == ([("asked", "Ada Holm")], [("asked", "Ada Holm")], [])
    assert (told(alice), told(bob)) == ([], [])


@pytest.mark.parametrize("at", [NOON.replace(hour=20), NOON.replace(hour=7), NOON + timedelta(days=5)])
def test_nobody_is_told_outside_her_hours(alice, asked, at):
    assert told(alice, at=at) == []


def test_nobody_is_told_while_she_is_away(alice, asked):
    Absence.objects.create(user=alice, starts_at=NOON - MINUTE, ends_at=NOON + MINUTE)

    assert told(alice) == []


def test_the_manager_hears_when_the_promise_is_about_to_run_out(mona, asked):
    assert asked.due_at == NOON + 5 * MINUTE

    assert (told(mona, NOON + 2 * MINUTE), told(mona, NOON + 4 * MINUTE)) == ([], [("untaken", "Ada Holm")])


def test_whose_it_is_hears_alone_for_three_minutes_then_whoever_works(alice, bob, team):
    kept = make_lead(lane=Lane.HAND_RAISER, bdr=alice, reserved=True, team=team)
    assert kept.reserved_until == NOON + 3 * MINUTE

    first = told(alice, NOON + 2 * MINUTE), told(bob, NOON + 2 * MINUTE)
    sweep_leads(at=NOON + 3 * MINUTE)

    assert ([why for why, _name in first[0]], first[1]) == (["asked"], [])
    assert [len(told(rep, NOON + 3 * MINUTE)) for rep in (alice, bob)] == [1, 1]
    claim_lead(Lead.objects.get(pk=kept.pk), by=bob, at=NOON + 3 * MINUTE)


def test_another_lane_stays_hers_until_its_first_touch_is_due(alice, team):
    kept = make_lead(lane=Lane.CONTENT, bdr=alice, reserved=True, team=team)

    assert kept.reserved_until == kept.due_at > NOON + 3 * MINUTE


def test_her_promise_is_told_from_a_quarter_of_an_hour_before_until_it_is_missed(alice, team):
    person = make_person(given_name="Bo", family_name="Holm")
    lead = make_lead(phase=Phase.WORKING, bdr=alice, team=team, person=person)
    promised_at = NOON + 60 * MINUTE
    log_call(
        lead, disposition=disposition("call_back"), by=alice, at=NOON,
        call_back=(datetime(2027, 3, 1, 13, 0), "UTC"),
    )  # fmt: skip

    assert told(alice, promised_at - 16 * MINUTE) == []
    assert told(alice, promised_at - 15 * MINUTE) == [("promised", "Bo Holm")]
    assert told(alice, promised_at + 29 * MINUTE) == [("promised", "Bo Holm")]
    assert told(alice, promised_at + 31 * MINUTE) == []


def test_who_wants_no_interruption_hears_of_her_own_promises_only(alice, asked, team):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, team=team)
    log_call(
        lead, disposition=disposition("call_back"), by=alice, at=NOON,
        call_back=(datetime(2027, 3, 1, 12, 10), "UTC"),
    )  # fmt: skip
    everything = [why for why, _name in told(alice)]
    alice.is_undisturbed = True

    assert (everything, [why for why, _name in told(alice)]) == (["promised", "asked"], ["promised"])


def test_a_page_without_anything_to_tell_asks_one_statement(alice):
    told(alice)
    with CaptureQueriesContext(connection) as asked:
        told(alice)

    assert len(asked) == 1


def test_the_answer_offers_to_take_her_and_brings_the_rail_up_to_date(client, alice, asked):
    with time_machine.travel(NOON, tick=False):
        client.force_login(alice)
        page = client.get(reverse("leads:now"), headers={"HX-Request": "true"})
        here = reverse("leads:lead", args=[asked.public_id])
        on_her_page = client.get(
            reverse("leads:now"), headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{here}"}
        )

    assert f'action="{reverse("leads:claim", args=[asked.public_id])}"' in page.text
    assert 'id="rail-main" hx-swap-oob' in page.text
    assert "asked to be contacted" not in on_her_page.text
