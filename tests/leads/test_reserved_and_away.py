"""Nobody waits in the pool for a rep who is away: her cover has what is reserved for her, else everybody."""

from datetime import datetime, timedelta

import pytest

from agreement.models import Lane, Phase
from leads.actions.claiming import reassign_leads, take_next
from leads.actions.covering import end_absence, set_away
from leads.actions.engaging import NewEngagement, engage
from leads.actions.handing import hand_off_lead
from leads.actions.leaving import release_absent
from tests.leads.covering import LATER, away, broken, fresh
from tests.make import NOON, make_account, make_lead, make_person

DAY = timedelta(days=1)
TICK = LATER + timedelta(minutes=5)


@pytest.fixture
def lead(alice):
    """Reserved for two working days, as what a file brings."""
    return make_lead(bdr=alice, reserved=True, lane=Lane.LIST, person=make_person(account=make_account()))


def says(lead, kind, at):
    engage([NewEngagement(lead.person_id, kind, at)], at=at)
    return fresh(lead)


def whose(lead):
    return fresh(lead).bdr


def test_an_absence_that_begins_later_passes_it_on_then_and_gives_it_back(lead, alice, bob, mona):
    begins = NOON + timedelta(hours=20)
    ends = begins + timedelta(hours=8)
    set_away(alice, starts_at=begins, ends_at=ends, cover=bob, by=mona, at=NOON)
    reserved_until = fresh(lead).reserved_until
    lead.__class__.objects.filter(pk=lead.pk).update(due_at=ends - timedelta(minutes=1))
    assert whose(lead) == alice

    release_absent(at=begins)
    assert (whose(lead), fresh(lead).reserved_until) == (bob, reserved_until)
    release_absent(at=begins + timedelta(minutes=5))
    assert whose(lead) == bob

    release_absent(at=ends)
    assert (whose(lead), fresh(lead).reserved_until) == (alice, reserved_until)


def test_without_cover_everybody_may_take_it(lead, alice, bob):
    set_away(alice, starts_at=LATER, ends_at=NOON + 2 * DAY, by=alice, at=LATER)

    assert (whose(lead), fresh(lead).reserved_until) == (None, None)
    assert take_next(by=bob, at=TICK) == lead
    assert broken(TICK) == set()


def test_a_cover_who_is_away_himself_is_none(lead, alice, bob):
    away(alice, bob)
    away(bob, None)

    release_absent(at=LATER)

    assert whose(lead) is None


def test_she_says_so_herself_and_it_passes_to_her_cover(lead, alice, bob):
    absence = set_away(alice, starts_at=LATER, ends_at=NOON + 5 * DAY, cover=bob, by=alice, at=LATER)
    assert whose(lead) == bob

    end_absence(absence, by=alice, at=TICK)

    assert whose(lead) == alice


def test_what_can_wait_until_she_is_back_waits_but_nobody_who_asked(lead, alice, bob, mona):
    asked = make_lead(bdr=alice, reserved=True, lane=Lane.HAND_RAISER, at=LATER)
    asked.__class__.objects.filter(pk=asked.pk).update(reserved_until=NOON + DAY)

    set_away(alice, starts_at=LATER, ends_at=LATER + timedelta(minutes=2), cover=bob, by=mona, at=LATER)

    assert (whose(lead), whose(asked)) == (alice, bob)
    # Who asked is kept for her cover only as long as for anybody.
    assert fresh(asked).reserved_until == LATER + timedelta(minutes=3)


@pytest.mark.parametrize("kind", ["asked", "replied"])
@pytest.mark.parametrize("cover", ["bob", None])
def test_whoever_asks_or_replies_while_its_rep_is_away_is_everybody_s(lead, alice, bob, kind, cover):
    """It can wait until tomorrow, but not now that somebody waits for us."""
    away(alice, bob if cover else None)
    at = LATER + timedelta(minutes=1)

    now = says(lead, kind, at)

    assert (now.bdr, now.reserved_until, now.band) == (None, None, 0)
    assert broken(at) == set()
    assert take_next(by=bob, at=at) == lead


def test_whoever_asks_is_kept_for_her_rep_as_long_as_somebody_who_comes_in(lead, alice):
    assert says(lead, "replied", LATER).reserved_until == lead.reserved_until

    now = says(lead, "asked", LATER)

    assert (now.bdr, now.reserved_until) == (alice, LATER + timedelta(minutes=3))
    assert now.sweep_at == now.reserved_until
    assert broken(LATER) == set()


def test_it_is_hers_again_though_the_system_has_planned_anew_since(lead, alice, bob, mona, peter):
    """A colleague books a meeting at the company."""
    other = make_lead(phase=Phase.WORKING, bdr=bob, person=make_person(account=lead.account))
    absence = set_away(alice, starts_at=LATER, ends_at=NOON + 5 * DAY, cover=bob, by=mona, at=LATER)
    hand_off_lead(other, ae=peter, by=bob, at=TICK, meeting=(datetime(2027, 3, 2, 9, 0), "UTC"))
    assert fresh(lead).events.order_by("-id").first().verb == "plan"

    end_absence(absence, by=mona, at=TICK)

    assert whose(lead) == alice


def test_what_was_reserved_for_her_cover_himself_or_moved_to_him_stays_his(lead, alice, bob, mona):
    own, before = (make_lead(bdr=rep, reserved=True, lane=Lane.LIST) for rep in (bob, alice))
    reassign_leads([before.pk], to=bob, by=mona, at=NOON)
    absence = set_away(alice, starts_at=LATER, ends_at=NOON + 5 * DAY, cover=bob, by=mona, at=LATER)
    reassign_leads([lead.pk], to=bob, by=mona, at=TICK)

    end_absence(absence, by=mona, at=TICK)

    assert {whose(own), whose(before), whose(lead)} == {bob}
