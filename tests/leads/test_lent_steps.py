"""What is lent to a cover stays its owner's, whatever ends the cover."""

from datetime import timedelta

import pytest

from agreement.models import Phase
from leads.actions.claiming import reassign_leads
from leads.actions.handing import accept_hand_off, hand_off_lead
from leads.actions.leaving import deactivate_user, release_absent
from leads.actions.logging import set_step
from leads.actions.sweeping import notice_clocks
from leads.checking import check_all
from leads.models import Clock, HandOff, Notice
from leads.rail import rail_of
from team.models import Absence, Membership, Role
from tests.make import NOON, make_lead, make_user

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=10)
BACK = NOON + timedelta(days=3)
MEETING = ((NOON + timedelta(days=1)).replace(tzinfo=None), "UTC")


@pytest.fixture
def petra(team):
    return make_user("petra", Role.AE)


@pytest.fixture
def pia(team):
    return make_user("pia", Role.AE)


@pytest.fixture
def sold(alice, peter, petra):
    """Peter has accepted Alice's lead; he is away, and Petra has its meeting."""
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    accept_hand_off(hand_off_lead(lead, ae=peter, by=alice, at=NOON, meeting=MEETING), by=peter, at=NOON)
    Absence.objects.create(user=peter, starts_at=LATER, ends_at=BACK, cover=petra)
    release_absent(at=LATER)
    assert lead.steps.open().get().assignee == petra
    return lead


def broken(at):
    return {name for name, ids in check_all(at=at).items() if ids}


@pytest.mark.parametrize("how", ["another cover", "no cover", "no absence"])
def test_it_goes_back_to_the_account_executive_however_the_cover_ends(sold, peter, petra, pia, how):
    absence = Absence.objects.get()
    if how == "no absence":
        absence.delete()
    else:
        Absence.objects.update(cover=pia if how == "another cover" else None)

    release_absent(at=LATER + timedelta(minutes=5))

    step = sold.steps.open().get()
    assert step.assignee == (pia if how == "another cover" else peter)
    assert broken(LATER + timedelta(minutes=6)) == set()


@pytest.mark.parametrize("how", ["moved", "left"])
def test_it_goes_along_with_the_deal(sold, peter, pia, how):
    if how == "moved":
        reassign_leads([sold.pk], to=pia, by=None, at=LATER)
    else:
        deactivate_user(peter, by=None, at=LATER, ae_successor=pia)

    release_absent(at=LATER + timedelta(minutes=5))

    sold.refresh_from_db()
    assert (sold.ae, sold.steps.open().get().assignee) == (pia, pia)
    assert broken(LATER + timedelta(minutes=6)) == set()


def test_what_a_rep_promised_is_hers_again_though_her_cover_once_covered_sales(alice, bob, peter):
    Membership.objects.create(user=bob, role=Role.AE)
    Absence.objects.create(
        user=peter, starts_at=NOON - timedelta(days=30), ends_at=NOON - timedelta(days=29), cover=bob
    )
    lead = make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)
    set_step(lead, kind="call_back", by=alice, at=NOON, due=NOON + timedelta(hours=3), promised=True)
    Absence.objects.create(user=alice, starts_at=LATER, ends_at=BACK, cover=bob)
    release_absent(at=LATER)
    assert lead.steps.open().get(kind="call_back").assignee == bob

    release_absent(at=BACK)

    assert lead.steps.open().get(kind="call_back").assignee == alice


@pytest.fixture
def waiting(alice, peter, petra):
    """A hand-off that Peter has not answered; he is away, and it is lent to Petra."""
    hand_off = hand_off_lead(make_lead(phase=Phase.WORKING, bdr=alice), ae=peter, by=alice, at=NOON, meeting=MEETING)
    Absence.objects.create(user=peter, starts_at=LATER, ends_at=BACK, cover=petra)
    release_absent(at=LATER)
    return hand_off


def test_who_covers_is_told_that_the_answer_runs_out_and_was_missed(waiting, petra):
    clock = Clock.objects.running().get(lead=waiting.lead, kind="response")
    notice_clocks(at=clock.next_notice_at)
    notice_clocks(at=clock.due_at)

    kinds = Notice.objects.filter(user=petra, lead=waiting.lead).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["hand_off", "soon", "missed"]


def test_the_rail_counts_what_came_to_a_backup(waiting, team):
    rita = make_user("rita", Role.AE)
    HandOff.objects.update(escalated_to=rita)

    assert rail_of(rita, path="/", at=LATER).counts["hand_offs"] == 1
    assert HandOff.objects.unanswered().addressed_to(rita).count() == 1


def test_who_keeps_the_relation_by_now_does_not_answer_for_sales(alice, peter, team):
    polly = make_user("polly", Role.BDR, Role.AE, team=team)
    hand_off = hand_off_lead(make_lead(phase=Phase.WORKING, bdr=alice), ae=peter, by=alice, at=NOON, meeting=MEETING)
    reassign_leads([hand_off.lead_id], to=polly, by=None, at=NOON)
    Absence.objects.create(user=peter, starts_at=LATER, ends_at=BACK, cover=polly)

    release_absent(at=LATER)

    hand_off.refresh_from_db()
    assert hand_off.lent_to is None


def test_a_move_to_the_same_account_executive_makes_no_newer_invitation(alice, peter):
    hand_off = hand_off_lead(make_lead(phase=Phase.WORKING, bdr=alice), ae=peter, by=alice, at=NOON, meeting=MEETING)

    reassign_leads([hand_off.lead_id], to=peter, by=None, at=LATER, side="ae")

    hand_off.refresh_from_db()
    assert hand_off.sequence == 0
