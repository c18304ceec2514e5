"""Who covers an account executive and may not sell, or sent her the lead, answers and decides nothing for her."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from leads.actions.handing import accept_hand_off, hand_off_lead
from leads.actions.leaving import release_absent
from leads.actions.logging import set_step
from leads.forms.sales import may_answer
from leads.models import HandOff, Lead
from team.models import Absence, Membership, Role
from tests.leads.covering import LATER, away, broken, fresh, to_answer
from tests.make import NOON, make_lead, make_team, make_user


@pytest.fixture
def polly(team):
    """She is a rep, and sells too."""
    return make_user("polly", Role.AE, Role.BDR, team=team)


def test_a_rep_who_covers_an_ae_answers_nothing_for_her(waiting, bob, peter):
    away(peter, bob)

    release_absent(at=LATER)

    assert to_answer(bob) == []


def test_a_rep_who_covers_an_ae_is_lent_nothing_to_sell(alice, bob, peter):
    lead = make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)
    away(peter, bob)

    release_absent(at=LATER)

    assert lead.steps.open().get().assignee == peter


@pytest.mark.parametrize("is_rep", [False, True])
def test_a_cover_who_sells_no_more_keeps_nothing_and_sees_nothing(alice, peter, petra, team, meanwhile, is_rep):
    start = (NOON + timedelta(days=2)).replace(tzinfo=None)
    sent, accepted = (
        hand_off_lead(make_lead(phase=Phase.WORKING, bdr=alice), ae=peter, by=alice, at=NOON, meeting=(start, "UTC"))
        for _ in range(2)
    )
    accept_hand_off(accepted, by=peter, at=NOON)
    if is_rep:
        Membership.objects.create(user=petra, role=Role.BDR, team=make_team("elsewhere"))
    away(peter, petra)
    release_absent(at=LATER)
    sent.refresh_from_db()
    assert may_answer(fresh(petra), sent)

    petra.memberships.filter(role=Role.AE).delete()

    seller = fresh(petra)
    assert not may_answer(seller, sent)
    assert not HandOff.objects.visible_to(seller).exists()
    assert not HandOff.objects.addressed_to(seller).exists()
    assert not Lead.objects.visible_to(seller).exists()
    assert broken() == {"step_lent_to_nobodys_cover", "hand_off_lent_to_nobodys_cover"}
    release_absent(at=LATER)
    assert not HandOff.objects.filter(lent_to=petra).exists()
    assert accepted.lead.steps.open().get().assignee == peter
    assert broken() == set()


def test_nobody_answers_as_cover_what_she_sent_herself(polly, peter, petra):
    lead = make_lead(phase=Phase.WORKING, bdr=polly)
    start = (NOON + timedelta(days=2)).replace(tzinfo=None)
    sent = hand_off_lead(lead, ae=peter, by=polly, at=NOON, meeting=(start, "UTC"))
    away(peter, polly)

    release_absent(at=LATER)

    assert (to_answer(polly), to_answer(peter)) == ([], [sent])
    assert not may_answer(polly, fresh(sent))
    accept_hand_off(sent, by=peter, at=LATER)
    release_absent(at=LATER)
    assert lead.steps.open().get().assignee == peter
    assert broken() == set()


@pytest.mark.parametrize("is_cover", [False, True])
@pytest.mark.parametrize("phase", [Phase.ACCEPTED, Phase.QUALIFIED])
def test_no_step_of_her_own_lets_a_rep_who_also_sells_decide_the_deal_she_handed_off(
    client, polly, peter, phase, is_cover
):
    now = timezone.now()
    lead = make_lead(phase=phase, bdr=polly, ae=peter, at=now)
    if is_cover:
        Absence.objects.create(user=peter, starts_at=now, ends_at=now + timedelta(days=3), cover=polly)
    client.force_login(polly)

    set_step(lead, kind="task", title="Look again", by=polly, at=now, due=now + timedelta(hours=3))
    release_absent(at=now)

    hand_off = lead.hand_offs.get()
    assert not may_answer(polly, hand_off)
    assert not HandOff.objects.addressed_to(polly).exists()
    assert client.post(reverse("leads:win", args=[lead.public_id]), {"form_id": "", "line": ""}).status_code == 403
    assert Lead.objects.workable_by(polly).get() == lead


@pytest.mark.parametrize("days", [-3, 3])
def test_a_cover_of_another_day_decides_nothing_today(alice, peter, petra, days):
    now = timezone.now()
    lead = make_lead(phase=Phase.QUALIFIED, bdr=alice, ae=peter, at=now)
    lead.steps.create(kind="task", title="Look", assignee=petra, due_at=now, created_at=now)
    starts_at = now + timedelta(days=days)
    Absence.objects.create(user=peter, starts_at=starts_at, ends_at=starts_at + timedelta(days=1), cover=petra)
    assert not Lead.objects.visible_to(petra).exists()
    assert not Lead.objects.workable_by(petra).exists()

    Absence.objects.create(user=peter, starts_at=now, ends_at=now + timedelta(days=1), cover=petra)

    assert set(Lead.objects.visible_to(petra)) == set(Lead.objects.workable_by(petra)) == {lead}
    assert may_answer(petra, lead.hand_offs.get())
