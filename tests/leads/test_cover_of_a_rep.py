"""Cover of a rep who is away: what is due meanwhile is lent, and comes back with her."""

from datetime import UTC, datetime, timedelta

import pytest

from agreement.models import Phase
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.covering import end_absence, set_away
from leads.actions.leaving import deactivate_user, release_absent
from leads.actions.logging import log_call
from leads.actions.outcomes import return_lead
from leads.models import Lead
from leads.queue import Wanted, queue_of
from team.models import Absence
from tests.constraints import put
from tests.leads.covering import BACK, LATER, away, broken, fresh
from tests.make import NOON, disposition, make_lead


@pytest.fixture
def called(alice):
    """A lead of hers that was promised a call tomorrow at ten."""
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    tomorrow = (datetime(2027, 3, 2, 10), "UTC")
    log_call(lead, disposition=disposition("call_back"), by=alice, at=NOON, call_back=tomorrow)
    return lead


def rows(user, at):
    return queue_of(user, wanted=Wanted(), at=at).total


def test_cover_sees_and_makes_the_calls_that_are_due_meanwhile(called, alice, bob, eve):
    at = datetime(2027, 3, 2, 10, tzinfo=UTC)
    away(alice, bob)
    assert not Lead.objects.workable_by(bob).filter(pk=called.pk).exists()

    release_absent(at=LATER)

    assert (rows(bob, at), rows(alice, at)) == (1, 0)
    assert Lead.objects.workable_by(bob).filter(pk=called.pk).exists()
    assert not Lead.objects.workable_by(eve).filter(pk=called.pk).exists()
    assert broken() == set()

    log_call(called, disposition=disposition("no_answer"), by=bob, at=at)
    release_absent(at=BACK)

    assert fresh(called).bdr == alice
    assert called.steps.open().get().assignee == alice
    assert broken(BACK) == set()


def test_she_has_back_what_was_not_done(called, alice, bob):
    away(alice, bob)
    release_absent(at=LATER)
    assert broken(BACK + timedelta(minutes=9)) == {"step_lent_to_nobodys_cover"}

    release_absent(at=BACK)

    assert called.steps.open().get().assignee == alice
    assert not Lead.objects.workable_by(bob).filter(pk=called.pk).exists()


def test_what_is_due_after_she_is_back_is_not_lent(called, alice, bob):
    absence = away(alice, bob)
    put(absence, ends_at=datetime(2027, 3, 2, 9, tzinfo=UTC))

    release_absent(at=LATER)

    assert called.steps.open().get().assignee == alice


def test_nothing_is_lent_to_another_team(called, alice, eve):
    away(alice, eve)

    release_absent(at=LATER)

    # Nobody covers her there: it goes back as without cover.
    assert called.steps.open().get().assignee is None
    assert fresh(called).phase == Phase.QUEUED


def test_a_cover_who_leaves_is_no_cover(called, alice, bob, mona):
    away(alice, bob)
    release_absent(at=LATER)

    deactivate_user(bob, by=mona, at=LATER)

    assert called.steps.open().get().assignee == alice
    release_absent(at=LATER)
    assert fresh(called).phase == Phase.QUEUED
    with pytest.raises(LeadConflict):
        return_lead(called, by=mona, at=LATER)


def test_a_cover_who_is_away_herself_is_no_cover(called, alice, bob):
    away(alice, bob)
    release_absent(at=LATER)
    assert called.steps.open().get().assignee == bob
    Absence.objects.create(user=bob, starts_at=LATER, ends_at=LATER + timedelta(days=1))

    release_absent(at=LATER)

    assert called.steps.open().get().assignee == alice
    assert fresh(called).phase == Phase.WORKING
    assert broken(LATER) == set()


def test_and_if_that_takes_longer_what_she_covered_is_given_back(called, alice, bob):
    Absence.objects.create(user=alice, starts_at=LATER, ends_at=NOON + timedelta(days=20), cover=bob)
    Absence.objects.create(user=bob, starts_at=LATER, ends_at=NOON + timedelta(days=10))

    release_absent(at=LATER)

    assert (fresh(called).phase, fresh(called).bdr) == (Phase.QUEUED, None)


def test_a_cover_who_comes_back_covers_again(called, alice, bob):
    away(alice, bob)
    back = LATER + timedelta(hours=20)
    Absence.objects.create(user=bob, starts_at=LATER, ends_at=back)
    release_absent(at=LATER)

    release_absent(at=back)

    assert called.steps.open().get().assignee == bob


def test_a_rep_who_covers_and_leaves_the_team_keeps_no_step(called, alice, bob):
    away(alice, bob)
    release_absent(at=LATER)
    assert called.steps.open().get().assignee == bob
    bob.memberships.all().delete()

    release_absent(at=LATER)

    assert called.steps.open().get().assignee is None
    assert fresh(called).phase == Phase.QUEUED
    assert broken() == set()


def test_an_absence_that_nobody_covers_is_given_a_cover(called, alice, bob, mona):
    until = NOON + timedelta(days=1)
    absence = set_away(alice, starts_at=NOON - timedelta(hours=1), ends_at=until, by=mona, at=NOON)

    later = until + timedelta(hours=4)
    given = set_away(alice, starts_at=NOON, ends_at=later, cover=bob, by=mona, at=NOON)

    assert (given.pk, given.starts_at, given.ends_at, given.cover) == (absence.pk, absence.starts_at, later, bob)
    assert called.steps.open().get().assignee == bob
    with pytest.raises(MoveRefused, match="Away already"):
        set_away(alice, starts_at=NOON, ends_at=later, cover=bob, by=mona, at=NOON)
    end_absence(given, by=mona, at=NOON + timedelta(minutes=5))
    assert called.steps.open().get().assignee == alice


def test_who_is_ill_before_a_planned_absence_that_nobody_covers_is_away_from_now_on(called, alice, bob, mona):
    days = timedelta(days=1)
    set_away(alice, starts_at=NOON + 5 * days, ends_at=NOON + 9 * days, by=mona, at=NOON)

    given = set_away(alice, starts_at=NOON, ends_at=NOON + 6 * days, cover=bob, by=mona, at=NOON)

    assert (given.starts_at, given.ends_at) == (NOON, NOON + 9 * days)
    assert called.steps.open().get().assignee == bob
