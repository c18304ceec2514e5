"""Disqualifying, a manager's second look, and putting back."""

from datetime import timedelta

import pytest

from accounts.models import Suppression
from agreement.models import Lane, Phase
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.closing import approve_second_look, disqualify_lead, put_back
from leads.actions.engaging import NewEngagement, engage
from leads.actions.logging import log_call
from leads.checking import check_all
from leads.models import Lead, Notice, SecondLook
from tests.constraints import put
from tests.make import NOON, disposition, make_lead, reason

LATER = NOON + timedelta(minutes=10)


def broken(at=LATER):
    return {name for name, ids in check_all(at=at).items() if ids}


@pytest.fixture
def lead(alice):
    return make_lead(phase=Phase.WORKING, bdr=alice, lane=Lane.HAND_RAISER)


@pytest.fixture
def look(lead, alice, mona):
    disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=LATER)
    return lead.second_looks.get()


@pytest.mark.parametrize(
    ("key", "closed_as", "looked_at", "suppressed"),
    [
        ("bad_data", "disqualified", True, False),
        ("not_our_market", "disqualified", True, False),
        ("competitor", "disqualified", False, False),
        ("student_or_job_seeker", "disqualified", False, False),
        ("opted_out", "do_not_contact", False, True),
        ("out_of_business", "disqualified", True, False),
    ],
)
def test_it_ends_at_once_with_its_reason(lead, alice, mona, key, closed_as, looked_at, suppressed):
    disqualify_lead(lead, reason=reason(key), by=alice, at=LATER, note="She said so")

    lead.refresh_from_db()
    assert (lead.phase, lead.closed_as, lead.reason.key, lead.closed_at) == (Phase.CLOSED, closed_as, key, LATER)
    assert not lead.steps.open().exists()
    assert lead.clocks.get().state == "excused"
    assert SecondLook.objects.filter(lead=lead, state="open").exists() is looked_at
    assert Notice.objects.filter(user=mona, kind="second_look").exists() is looked_at
    assert Suppression.objects.filter(person=lead.person, channel="all").exists() is suppressed
    assert broken() == set()


@pytest.mark.parametrize(("attempts", "looked_at"), [(0, True), (2, True), (3, False)])
def test_three_attempts_are_enough_to_be_believed(lead, alice, attempts, looked_at):
    for day in range(attempts):
        log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON + timedelta(days=day))

    disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=NOON + timedelta(days=4))

    assert SecondLook.objects.exists() is looked_at


@pytest.mark.parametrize("key", ["not_ready", "reject_no_need"])
def test_only_a_reason_that_disqualifies_does(lead, alice, key):
    with pytest.raises(MoveRefused) as refusal:
        disqualify_lead(lead, reason=reason(key), by=alice, at=LATER)

    assert refusal.value.field == "reason"
    assert Lead.objects.get().phase == Phase.WORKING


def test_put_back_opens_the_next_pursuit_reserved_for_its_rep(look, lead, alice, mona):
    following = put_back(look, by=mona, at=LATER)

    look.refresh_from_db()
    assert (look.state, look.decided_by, look.decided_at) == ("put_back", mona, LATER)
    assert (following.previous, following.bdr, following.origin, following.lane) == (
        lead, alice, "manual", Lane.HAND_RAISER
    )  # fmt: skip
    assert following.reserved_until == following.due_at
    assert Notice.objects.filter(user=alice, lead=following, kind="returned").exists()
    assert broken() == set()


def test_a_rep_who_left_meanwhile_gets_nothing_the_pool_does(look, lead, alice, mona):
    put(alice, is_active=False)

    following = put_back(look, by=mona, at=LATER)

    assert (following.bdr, following.team) == (None, lead.team)
    assert broken() == set()


def test_agreed_it_stays_closed(look, lead, mona):
    approve_second_look(look, by=mona, at=LATER)

    lead.refresh_from_db()
    assert (lead.phase, Lead.objects.count()) == (Phase.CLOSED, 1)


@pytest.mark.parametrize("decide", [approve_second_look, put_back])
def test_it_is_decided_once(look, mona, decide):
    approve_second_look(look, by=mona, at=LATER)

    with pytest.raises(LeadConflict, match="decided this already"):
        decide(look, by=mona, at=LATER)


def test_whoever_replied_meanwhile_is_pursued_already(look, lead, mona):
    engage([NewEngagement(lead.person_id, "replied", LATER)], at=LATER)

    with pytest.raises((LeadConflict, MoveRefused)):
        put_back(look, by=mona, at=LATER)

    look.refresh_from_db()
    assert look.state == "open"


def test_whoever_may_not_be_contacted_does_not_go_back(look, lead, mona):
    Suppression.objects.create(person=lead.person, channel="all", at=LATER)

    with pytest.raises(MoveRefused, match="It cannot go back: not to be contacted"):
        put_back(look, by=mona, at=LATER)
