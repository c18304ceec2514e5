"""What the system does by itself: bands at every minute, reservations, misses, escalations, untouched claims."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError

from accounts.models import Person
from agreement.models import Lane, Phase
from leads.actions.claiming import claim_lead, reassign_leads, release_lead, take_next
from leads.actions.closing import disqualify_lead
from leads.actions.handing import accept_hand_off, hand_off_lead
from leads.actions.logging import log_call, set_step
from leads.actions.sweeping import expire_second_looks, notice_clocks, ring, sweep_leads
from leads.bands import band_of
from leads.checking import check_all
from leads.models import Clock, HandOff, Lead, LeadEvent, Notice, Step
from team.calendars import KeptCalendars
from team.models import Role, Tick
from tests.make import NOON, disposition, make_lead, make_user, reason

MIDNIGHT = datetime(2027, 3, 1, tzinfo=UTC)  # a Monday; the team works from 8:00 to 18:00 in UTC
WAITING, FIRST_TOUCH, TODAY, MISSED = Lead.Band


def clock_at(hour, minute=0, *, day=1):
    return datetime(2027, 3, day, hour, minute, tzinfo=UTC)


def broken(at):
    return {name for name, ids in check_all(at=at).items() if ids}


# Bands
@pytest.fixture
def missed(team):
    """Two thousand leads that nobody touched in time: one is made by the actions, the others are copies of its row."""
    lead = make_lead(at=MIDNIGHT - timedelta(days=30))
    sweep_leads(at=MIDNIGHT)
    notice_clocks(at=MIDNIGHT)
    lead.refresh_from_db()
    assert lead.band == MISSED
    people = Person.objects.bulk_create(Person() for _person in range(1999))
    Lead.objects.bulk_create(
        Lead(
            person=person, team=team, phase=lead.phase, stage=lead.stage, lane=lead.lane, origin=lead.origin,
            due_at=lead.due_at, band=lead.band, agreement=lead.agreement, first_queued_at=lead.first_queued_at,
        )
        for person in people
    )  # fmt: skip
    return lead


def test_ahead_of_two_thousand_missed_a_hand_raiser_is_the_next_one_taken_at_any_minute(missed, alice):
    for minute in range(0, 24 * 60, 61):
        at = MIDNIGHT + timedelta(minutes=minute)
        raiser = make_lead(lane=Lane.HAND_RAISER, origin="hand_raiser", at=at)
        sweep_leads(at=at)

        taken = take_next(by=alice, at=at)

        assert taken == raiser
        disqualify_lead(taken, reason=reason("competitor"), by=alice, at=at)
    assert take_next(by=alice, at=at) == missed


ARRIVALS = [
    clock_at(0), clock_at(7, 59), clock_at(8), clock_at(12), clock_at(17, 58), clock_at(18), clock_at(23, 59),
    clock_at(17, 59, day=5), clock_at(12, day=6),
]  # fmt: skip


@pytest.mark.parametrize("arrives", ARRIVALS)
def test_a_hand_raiser_waits_in_front_every_minute_until_the_end_of_its_working_day(team, arrives):
    lead = make_lead(lane=Lane.HAND_RAISER, origin="hand_raiser", at=arrives)
    worktime = KeptCalendars(at=arrives).of_team(team.pk)
    _band, until = band_of(lead, at=arrives, worktime=worktime)

    assert until.hour == 18
    assert until >= lead.due_at
    minutes = int((until - arrives).total_seconds() // 60)
    bands = {band_of(lead, at=arrives + timedelta(minutes=minute), worktime=worktime)[0] for minute in range(minutes)}
    assert bands == {WAITING}
    assert band_of(lead, at=until, worktime=worktime) == (MISSED, None)


def test_a_first_touch_in_time_moves_to_the_missed_at_its_minute(team):
    lead = make_lead(lane=Lane.CONTENT, at=clock_at(9))
    worktime = KeptCalendars(at=NOON).of_team(team.pk)
    due = clock_at(13)

    bands = [band_of(lead, at=clock_at(9) + timedelta(minutes=minute), worktime=worktime)[0] for minute in range(600)]

    assert lead.due_at == due
    assert bands == [FIRST_TOUCH] * 240 + [MISSED] * 360


def test_a_promised_call_stands_in_front_from_a_quarter_of_an_hour_before(team, alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=clock_at(9))
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=clock_at(9, 5))
    set_step(lead, kind="call_back", due=clock_at(15), by=alice, at=clock_at(9, 6))
    release_lead(lead, by=alice, at=clock_at(9, 7))
    lead.refresh_from_db()
    step = lead.steps.open().get()
    worktime = KeptCalendars(at=NOON).of_team(team.pk)

    def band(at):
        return band_of(lead, at=at, worktime=worktime, step=step)[0]

    assert [band(clock_at(9, 7)), band(clock_at(14, 44)), band(clock_at(14, 45)), band(clock_at(17, 59))] == [
        TODAY, TODAY, WAITING, WAITING
    ]  # fmt: skip
    assert band(clock_at(18)) == MISSED
    assert lead.sweep_at == clock_at(14, 45)
    sweep_leads(at=clock_at(14, 45))
    lead.refresh_from_db()
    assert (lead.band, lead.sweep_at) == (WAITING, clock_at(18))


def test_the_sweep_writes_the_band_and_the_moment_of_its_next_change(team):
    lead = make_lead(lane=Lane.CONTENT, at=clock_at(9))
    assert (lead.band, lead.sweep_at) == (FIRST_TOUCH, clock_at(13))

    assert sweep_leads(at=clock_at(12, 59)) == 0
    assert sweep_leads(at=clock_at(13)) == 1
    assert sweep_leads(at=clock_at(13)) == 0

    lead.refresh_from_db()
    assert (lead.band, lead.sweep_at) == (MISSED, None)


def test_the_order_of_the_pool_is_band_then_due_then_age(team):
    missed = make_lead(at=clock_at(8, day=1) - timedelta(days=3))
    later = make_lead(at=clock_at(10))
    first = make_lead(at=clock_at(9))
    same = make_lead(at=clock_at(9))
    raiser = make_lead(lane=Lane.HAND_RAISER, at=clock_at(11))
    sweep_leads(at=clock_at(11))

    pool = Lead.objects.in_pool(teams=[team.pk], at=clock_at(11)).in_pool_order()

    assert list(pool) == [raiser, first, same, later, missed]


# Reservations
def test_a_reservation_that_ran_out_is_free_for_all(alice, bob):
    lead = make_lead(bdr=alice, reserved=True)
    assert take_next(by=bob, at=NOON) is None

    sweep_leads(at=lead.reserved_until)

    lead.refresh_from_db()
    assert (lead.bdr, lead.reserved_until, lead.band) == (None, None, MISSED)
    assert lead.events.last().verb == "expire"
    assert take_next(by=bob, at=lead.due_at + timedelta(minutes=1)) == lead


def test_what_was_planned_for_a_reserved_lead_is_nobodys_again(alice, bob, mona):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    release_lead(lead, by=alice, at=NOON)
    reassign_leads([lead.pk], to=bob, by=mona, at=NOON)
    lead.refresh_from_db()
    assert lead.steps.open().get().assignee == bob

    sweep_leads(at=lead.reserved_until)

    assert lead.steps.open().get().assignee is None
    assert broken(lead.reserved_until) == set()


# Misses
def test_notice_comes_before_the_miss_and_each_once(alice, mona):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=clock_at(9))
    for at in (
        clock_at(11, 59),
        clock_at(12),
        clock_at(12),
        clock_at(12, 30),
        clock_at(13),
        clock_at(13),
        clock_at(14),
    ):
        notice_clocks(at=at)

    told = list(Notice.objects.filter(lead=lead).order_by("pk").values_list("user__name", "kind", "at"))
    assert told == [
        ("Alice", "soon", clock_at(12)),
        ("Alice", "missed", clock_at(13)),
        ("Mona", "missed", clock_at(13)),
    ]
    assert lead.events.filter(verb="miss").count() == 1
    clock = lead.clocks.get()
    assert (clock.state, clock.missed_at, clock.next_notice_at) == (Clock.State.MISSED, clock_at(13), None)


def test_a_miss_nobody_looked_at_for_a_weekend_is_recorded_at_its_moment(team):
    lead = make_lead(at=clock_at(9))

    notice_clocks(at=clock_at(9, day=8))

    assert lead.clocks.get().missed_at == clock_at(13)


def test_a_touch_at_the_last_moment_meets_and_a_minute_later_misses(alice):
    in_time, late = (make_lead(phase=Phase.WORKING, bdr=alice, at=clock_at(9)) for _lead in range(2))

    log_call(in_time, disposition=disposition("no_answer"), by=alice, at=clock_at(13))
    log_call(late, disposition=disposition("no_answer"), by=alice, at=clock_at(13, 1))
    notice_clocks(at=clock_at(14))

    assert (in_time.clocks.get().state, late.clocks.get().state) == ("met", "missed")
    assert LeadEvent.objects.filter(verb="miss").count() == 0
    assert broken(clock_at(14)) == set()


def test_claim_snooze_and_reassignment_never_move_a_clock(alice, bob, mona):
    lead = make_lead(at=clock_at(9))
    before = lead.clocks.values_list("started_at", "due_at", "next_notice_at", "calendar", "clause").get()

    claim_lead(lead, by=alice, at=clock_at(9, 10))
    set_step(lead, kind="call", due=clock_at(9, day=3), by=alice, at=clock_at(9, 11))
    reassign_leads([lead.pk], to=bob, by=mona, at=clock_at(9, 12))
    release_lead(lead, by=bob, at=clock_at(9, 13))

    assert lead.clocks.values_list("started_at", "due_at", "next_notice_at", "calendar", "clause").get() == before


def test_an_unanswered_hand_off_goes_to_the_backup_and_the_manager_while_the_meeting_stands(alice, mona):
    backup = make_user("petra", Role.AE)
    ae = make_user("peter", Role.AE, backup=backup)
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    meeting = (datetime(2027, 3, 5, 9), "UTC")
    hand_off = hand_off_lead(lead, ae=ae, by=alice, at=NOON, meeting=meeting)
    assert hand_off.respond_by == clock_at(10, day=2)

    notice_clocks(at=clock_at(8, day=2))
    notice_clocks(at=clock_at(10, day=2))
    notice_clocks(at=clock_at(11, day=2))

    hand_off.refresh_from_db()
    assert (hand_off.state, hand_off.escalated_to, hand_off.ae) == ("sent", backup, ae)
    assert hand_off.meeting_at == clock_at(9, day=5)
    kinds = set(Notice.objects.filter(lead=lead).values_list("user__name", "kind"))
    assert kinds == {
        ("Peter", "hand_off"), ("Peter", "soon"), ("Peter", "missed"), ("Mona", "missed"), ("Petra", "escalated"),
        ("Mona", "escalated"),
    }  # fmt: skip
    assert [event.verb for event in lead.events.order_by("id")][-2:] == ["miss", "escalate"]

    accept_hand_off(HandOff.objects.get(pk=hand_off.pk), by=backup, at=clock_at(11, day=2))
    lead.refresh_from_db()
    assert (lead.phase, lead.ae) == (Phase.ACCEPTED, backup)
    assert broken(clock_at(11, day=2)) == set()


def test_a_backup_who_left_gets_nothing(alice, mona):
    backup = make_user("petra", Role.AE, is_active=False)
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=make_user("peter", Role.AE, backup=backup))

    notice_clocks(at=lead.due_at)

    assert lead.hand_offs.get().escalated_to is None
    assert Notice.objects.filter(lead=lead, user=mona, kind="escalated").exists()


# Claims nobody touched
def test_an_untouched_claim_goes_back_when_its_first_touch_is_missed(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=clock_at(9))

    sweep_leads(at=clock_at(12, 59))
    assert Lead.objects.get().phase == Phase.WORKING
    sweep_leads(at=clock_at(13))

    lead.refresh_from_db()
    assert (lead.phase, lead.bdr, lead.band) == (Phase.QUEUED, None, MISSED)
    assert Notice.objects.filter(user=alice, kind="released").count() == 1
    assert not Step.objects.open().exists()
    assert lead.clocks.get().state == Clock.State.RUNNING


def test_but_not_out_of_the_hands_of_somebody_who_just_took_it(alice):
    lead = make_lead(at=clock_at(9))
    claim_lead(lead, by=alice, at=clock_at(12, 59))

    sweep_leads(at=clock_at(13, 13))
    assert Lead.objects.get().phase == Phase.WORKING
    sweep_leads(at=clock_at(13, 14))
    assert Lead.objects.get().phase == Phase.QUEUED


def test_a_touched_lead_stays_with_its_rep(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=clock_at(9))
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=clock_at(9, 30))

    sweep_leads(at=clock_at(9, day=31))

    lead.refresh_from_db()
    assert (lead.phase, lead.bdr, lead.sweep_at) == (Phase.WORKING, alice, None)


# Second looks
def test_a_second_look_nobody_took_ends_after_five_working_days(alice, mona):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=clock_at(9))
    disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=clock_at(12))
    look = lead.second_looks.get()
    # Their days have ten hours; the days of the agreement have eight.
    assert look.due_at == clock_at(12, day=8)

    assert expire_second_looks(at=clock_at(11, 59, day=8)) == 0
    assert expire_second_looks(at=clock_at(12, day=8)) == 1
    assert expire_second_looks(at=clock_at(12, day=8)) == 0

    look.refresh_from_db()
    assert (look.state, look.decided_by) == ("expired", None)
    # Nothing is left to decide, so that it is nothing new in her notices.
    assert mona.notices.get(kind="second_look").seen_at == clock_at(12, day=8)


@pytest.mark.django_db
def test_a_tick_that_sqlite_lets_wait_for_too_long_leaves_its_work_to_the_next():
    def work(at):
        raise OperationalError(words)

    words = "database is locked"
    assert ring("sweep_leads", work) == 0
    assert not Tick.objects.filter(kind="sweep_leads").exists()
    # Any other trouble of the database is one.
    words = "no such table"
    with pytest.raises(OperationalError):
        ring("sweep_leads", work)
