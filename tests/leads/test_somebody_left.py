"""Somebody who left takes nothing, is handed nothing, and what she held is passed on."""

from datetime import timedelta

import pytest

from agreement.models import AgreementVersion, Phase, Transition
from leads.actions.changing import MoveRefused
from leads.actions.claiming import claim_lead, reassign_leads, take_next
from leads.actions.handing import hand_off_lead
from leads.actions.leaving import deactivate_user, pass_on, release_absent
from leads.actions.logging import log_call
from leads.models import Lead
from leads.transitions import MOVES
from team.models import Role, User
from tests.constraints import put
from tests.leads.covering import LATER, broken, fresh
from tests.make import NOON, disposition, make_lead, make_user


def test_whoever_left_takes_nothing(alice):
    lead = make_lead()
    put(alice, is_active=False)

    for take in (lambda: claim_lead(lead, by=alice, at=NOON), lambda: take_next(by=alice, at=NOON)):
        with pytest.raises(MoveRefused):
            take()
    assert fresh(lead).phase == Phase.QUEUED


def test_nothing_is_handed_to_an_ae_who_left_a_moment_ago(alice, peter):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    known_before = User.objects.get(pk=peter.pk)
    put(peter, is_active=False)

    with pytest.raises(MoveRefused):
        hand_off_lead(lead, ae=known_before, by=alice, at=NOON)


def test_what_somebody_who_left_holds_yet_is_given_back_by_the_tick(alice, peter, mona):
    worked = make_lead(phase=Phase.WORKING, bdr=alice)
    deal = make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)
    put(alice, is_active=False)
    assert broken()

    assert release_absent(at=LATER) == 2

    assert (fresh(worked).phase, fresh(deal).bdr) == (Phase.QUEUED, mona)
    assert broken() == set()
    assert release_absent(at=LATER) == 0


@pytest.mark.parametrize("phase", [Phase.HANDED_OFF, Phase.ACCEPTED])
def test_without_a_manager_a_colleague_keeps_the_relation(alice, bob, peter, phase):
    lead = make_lead(phase=phase, bdr=alice, ae=peter)
    call_back = (LATER + timedelta(days=1)).replace(tzinfo=None)
    log_call(lead, disposition=disposition("call_back"), by=alice, at=NOON, call_back=(call_back, "UTC"))

    deactivate_user(alice, by=None, at=LATER)

    assert fresh(lead).bdr == bob
    assert broken() == set()


def test_without_anybody_left_in_the_team_she_is_not_deactivated(alice, peter):
    make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter)

    with pytest.raises(MoveRefused):
        deactivate_user(alice, by=None, at=LATER)

    assert fresh(alice).is_active


def test_a_deal_that_moves_leaves_the_bdr_what_she_promised(alice, peter):
    paula = make_user("paula", Role.AE)
    lead = make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)
    call_back = (LATER + timedelta(days=1)).replace(tzinfo=None)
    log_call(lead, disposition=disposition("call_back"), by=alice, at=NOON, call_back=(call_back, "UTC"))

    reassign_leads([lead.pk], to=paula, by=None, at=LATER, side="ae")

    assert {step.kind: step.assignee for step in lead.steps.open()} == {"call_back": alice, "task": paula}


@pytest.mark.parametrize("left_out", ["release", "withdraw", "return"])
def test_an_admin_lets_somebody_go_whatever_moves_the_agreement_leaves_to_people(alice, bob, mona, peter, left_out):
    phase = {"release": Phase.WORKING, "withdraw": Phase.HANDED_OFF, "return": Phase.ACCEPTED}[left_out]
    lead = make_lead(phase=phase, bdr=alice, ae=peter)
    narrowed = AgreementVersion.objects.create(number=2, state="draft")
    kept = [move for move in MOVES if move.verb != left_out and move.from_phase and move.from_phase != move.to_phase]
    for move in kept:
        Transition.objects.create(version=narrowed, from_phase=move.from_phase, verb=move.verb, to_phase=move.to_phase)
    Lead.objects.filter(pk=lead.pk).update(agreement=narrowed)
    leaver = alice if left_out == "release" else peter
    admin = make_user("root", Role.ADMIN)

    if left_out == "return":
        leaver.memberships.filter(role=Role.AE).delete()
        pass_on(leaver, by=admin, at=LATER)
    else:
        deactivate_user(leaver, by=admin, at=LATER)

    lead.refresh_from_db()
    assert lead.phase == (Phase.QUEUED if left_out == "release" else Phase.WORKING)
