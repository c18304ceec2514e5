"""What somebody waits for outlives what others do: moved meetings, ended hand-offs, pursuits that begin again."""

from datetime import timedelta

import pytest

from agreement.models import Lane, Phase, Reason
from leads.actions.claiming import claim_lead
from leads.actions.closing import disqualify_lead
from leads.actions.engaging import NewEngagement, engage
from leads.actions.entering import add_lead
from leads.actions.handing import accept_hand_off, ae_in_turn, hand_off_lead, withdraw_hand_off
from leads.actions.meetings import move_meeting
from leads.actions.merging import merge_people
from leads.actions.outcomes import lose_lead, record_no_show, return_lead, stall_lead
from leads.actions.recycling import recycle_lead, wake_leads
from leads.checking import check_all
from leads.models import HandOff, Lead, Recycling
from leads.returning import returning_to
from team.models import Role
from tests.make import NOON, make_account, make_lead, make_person, make_user, reason

LATER = NOON + timedelta(minutes=10)
IN_A_MONTH = ((NOON + timedelta(days=30)).replace(tzinfo=None), "UTC")


def broken(at=LATER):
    return {name for name, ids in check_all(at=at).items() if ids}


def did(person, kind, at=NOON):
    engage([NewEngagement(person.pk, kind, at)], at=at)
    return Lead.objects.open().filter(person=person).first()


# Meetings
def test_a_moved_meeting_leaves_a_reply_open(alice, peter):
    lead = make_lead(phase=Phase.ACCEPTED, bdr=alice, ae=peter)
    did(lead.person, "replied")

    move_meeting(lead.hand_offs.get(), meeting=IN_A_MONTH, by=peter, at=NOON)

    assert sorted(lead.steps.open().values_list("kind", flat=True)) == ["meeting", "reply"]
    assert broken(NOON) == set()


ENDS = {
    "returned": lambda lead, by: return_lead(lead, by=by, at=LATER),
    "stalled": lambda lead, by: stall_lead(lead, reason=reason("not_ready"), by=by, at=LATER),
    "lost": lambda lead, by: lose_lead(lead, reason=Reason.objects.filter(kind="lose").first(), by=by, at=LATER),
    "merged": lambda lead, by: merge_people(
        make_lead(phase=Phase.QUALIFIED, ae=by).person, lead.person, by=by, at=LATER
    ),
}


@pytest.mark.parametrize("how", sorted(ENDS))
def test_a_meeting_that_will_not_be_holds_no_colleague_up(alice, bob, peter, how):
    account = make_account()
    booked, waiting = (
        make_lead(phase=Phase.WORKING, bdr=rep, person=make_person(account=account)) for rep in (alice, bob)
    )
    planned = waiting.due_at
    accept_hand_off(hand_off_lead(booked, ae=peter, by=alice, at=NOON, meeting=IN_A_MONTH), by=peter, at=NOON)
    waiting.refresh_from_db()
    assert waiting.due_at > planned

    ENDS[how](Lead.objects.get(pk=booked.pk), peter)

    waiting.refresh_from_db()
    assert waiting.due_at == planned
    assert broken() == set()


def test_a_no_show_told_by_the_bdr_is_no_answer_of_the_ae(alice, peter):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    soon = ((NOON + timedelta(minutes=30)).replace(tzinfo=None), "UTC")
    hand_off = hand_off_lead(lead, ae=peter, by=alice, at=NOON, meeting=soon)

    record_no_show(hand_off, by=alice, at=NOON + timedelta(hours=1))

    hand_off.refresh_from_db()
    assert (hand_off.state, hand_off.answered_by) == ("no_show", None)
    assert lead.clocks.get(kind="response").state == "excused"


def test_the_next_ae_is_the_one_who_has_waited_longest(team, alice, peter):
    paula = make_user("paula", Role.AE)
    assert ae_in_turn(team_id=team.pk, at=NOON) == peter
    make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter)
    assert ae_in_turn(team_id=team.pk, at=NOON) == paula
    make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=paula, at=LATER)

    assert ae_in_turn(team_id=team.pk, at=LATER) == peter


def test_who_was_handed_off_twice_comes_back_once(alice, peter):
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter)
    withdraw_hand_off(lead.hand_offs.get(), by=alice, at=NOON)
    accept_hand_off(hand_off_lead(lead, ae=peter, by=alice, at=NOON), by=peter, at=NOON)
    assert HandOff.objects.filter(lead=lead).count() == 2

    stall_lead(lead, reason=reason("not_ready"), by=peter, at=NOON)

    assert sum(len(rows) for _day, rows in returning_to(peter, at=NOON).groups) == 1


# Pursued again
def test_interest_that_has_faded_counts_for_what_it_is_worth_now(alice):
    person = make_person()
    for _time in range(3):
        lead = did(person, "asked")
    recycle_lead(lead, reason=reason("not_ready"), by=alice, at=NOON)

    wake_leads([lead.pk], by=None, at=NOON + timedelta(days=400))

    following = Lead.objects.get(previous=lead)
    assert (following.tier[1], following.tier_parts[-1]) == ("3", ["interest", 0])


@pytest.mark.parametrize("works_here", [True, False])
def test_who_asks_again_goes_on_with_who_knew_her(alice, works_here):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=NOON)
    if not works_here:
        alice.memberships.all().delete()

    following = did(lead.person, "asked", at=LATER)

    assert (following.previous, following.bdr) == (lead, alice if works_here else None)
    assert broken() == set()


def test_a_lead_added_by_hand_follows_the_last_pursuit(alice, bob):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=NOON)

    following = add_lead(lead.person, by=bob, at=LATER)

    assert (following.previous, following.bdr) == (lead, bob)


@pytest.mark.parametrize("is_claimed", [False, True])
def test_whoever_asks_while_her_lead_waits_is_promised_what_hand_raisers_are(alice, is_claimed):
    lead = make_lead()
    if is_claimed:
        claim_lead(lead, by=alice, at=NOON)

    did(lead.person, "asked")

    lead.refresh_from_db()
    states = {clock.due_at - NOON: clock.state for clock in lead.clocks.filter(kind="first_touch")}
    assert states == {timedelta(hours=4): "excused", timedelta(minutes=5): "running"}
    assert (lead.lane, lead.due_at) == (Lane.HAND_RAISER, NOON + timedelta(minutes=1))
    assert lead.events.order_by("-id")[0].changes["lane"] == ["content", "hand_raiser"]
    assert broken(NOON) == set()


def test_no_sleeper_is_without_its_facts(alice, peter):
    lead = make_lead(phase=Phase.QUALIFIED, bdr=alice, ae=peter)
    lose_lead(lead, reason=reason("no_decision"), by=peter, at=NOON)
    assert broken(NOON) == set()

    Recycling.objects.all().delete()

    assert broken(NOON) == {"asleep_without_its_facts"}
