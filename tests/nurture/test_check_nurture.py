"""What must always hold of tracks: 0 where all is well, and each break is found by its name."""

from datetime import timedelta

import pytest

from accounts.models import Suppression
from agreement.models import Phase
from leads.actions.recycling import wake_lead
from leads.models import LeadEvent, Step
from nurture.actions.advancing import advance
from nurture.actions.sorting import enrol_recycled
from nurture.checking import CHECKS, check_tracks
from nurture.models import Enrolment, Message, Passage, Sorting, TrackMove
from tests.make import NOON, make_lead, make_person, make_user
from tests.nurture.making import add_version, email, leave, make_asset, make_track, step, wait

DAY = timedelta(days=1)


def put(rows, **fields):
    rows.update(**fields)


def wakes(alice):
    wake_lead(Enrolment.objects.first().lead, by=alice, at=NOON)


def another_version(_alice):
    add_version(Enrolment.objects.first().track, wait(3))
    Enrolment.objects.update(version=Enrolment.objects.first().track.versions.get(number=2))


def expired(_alice):
    message = Message.objects.first()
    leave(message, at=NOON)
    put(Message.objects.all(), asset=make_asset(expires_on=NOON.date()))


def too_often(_alice):
    first, second = Message.objects.order_by("id")
    leave(first, at=NOON)
    leave(second, at=NOON + timedelta(hours=2))


def asked_to_leave(_alice):
    track, by = Enrolment.objects.first().track, make_user("mark")
    TrackMove.objects.create(track=track, people=1, by=by, asked_at=NOON - 2 * DAY)


def again_and_again(_alice):
    one = Enrolment.objects.first()
    again = [Passage(enrolment=one, node=one.node, what="planned", at=NOON) for _n in range(10)]
    Passage.objects.bulk_create(again)


def wants_no_call(_alice):
    lead = Enrolment.objects.first().lead
    Step.objects.create(lead=lead, kind="call", made_by="flow", assignee=lead.bdr, due_at=NOON, created_at=NOON)
    Suppression.objects.create(person=lead.person, channel="phone", at=NOON)


def open_again(alice):
    one = Enrolment.objects.first()
    one.lead.steps.create(
        kind="call", title="Ask why now", due_at=NOON + DAY, assignee=alice, made_by="flow", created_at=NOON
    )


def ended_and_open_again(alice):
    open_again(alice)
    put(Enrolment.objects.all(), state="ended", outcome="exhausted", ended_at=NOON, due_at=None)


def rests_for_nothing(_alice):
    one = Enrolment.objects.first()
    put(Enrolment.objects.all(), state="paused", paused_because="own_step", due_at=None)
    said = {"verb": "plan", "at": NOON, "data": {"because": "flow_waits"}}
    waits = LeadEvent.objects.create(lead=one.lead, to_phase=one.lead.phase, **said)
    LeadEvent.objects.create(
        lead=one.lead, verb="correct", at=NOON, to_phase=one.lead.phase, corrects=waits.pk, data={"verb": "plan"}
    )


BREAKS = {
    "idle_in_a_track": lambda _alice: put(Enrolment.objects.all(), due_at=NOON - DAY),
    "waits_for_nothing": lambda _alice: (
        put(Enrolment.objects.filter(node__kind="email"), due_at=NOON + 9 * DAY),
        Message.objects.all().delete(),
    ),
    "stands_beside_its_step": open_again,
    "ended_beside_its_step": ended_and_open_again,
    "paused_for_what_was_taken_back": rests_for_nothing,
    "planned_for_ever": again_and_again,
    "stands_in_another_version": another_version,
    "version_of_another_track": lambda _alice: put(Enrolment.objects.all(), track=make_track(wait(1))),
    "lead_of_another_person": lambda _alice: put(Enrolment.objects.all(), person=make_person()),
    "awake_in_a_track": wakes,
    "asleep_and_not_looked_at": lambda _alice: Sorting.objects.all().delete(),
    "left_to_a_track_that_was_over": lambda _alice: (
        put(Sorting.objects.all(), answer="elsewhere"),
        put(Enrolment.objects.all(), lead=None, state="ended", outcome="woken", ended_at=NOON, due_at=None),
    ),
    "asked_and_not_moved": asked_to_leave,
    "left_behind_by_a_move": asked_to_leave,
    "merged_out_of_its_track": lambda _alice: put(
        Enrolment.objects.all(), state="ended", outcome="merged", ended_at=NOON + timedelta(minutes=1), due_at=None
    ),
    "held_out_and_fed": lambda _alice: put(Enrolment.objects.all(), is_held_out=True, hold_out_percent=10, node=None),
    "planned_for_who_left": lambda _alice: put(
        Enrolment.objects.all(), state="ended", outcome="goal", ended_at=NOON, due_at=None
    ),
    "planned_for_the_suppressed": lambda _alice: Suppression.objects.create(
        person=Enrolment.objects.first().person, channel="email", at=NOON
    ),
    "step_that_nobody_can_try": wants_no_call,
    "sent_after_it_expired": expired,
    "over_the_cap_of_a_day": too_often,
    "over_the_cap_of_a_week": lambda alice: [
        Message.objects.create(
            kind="nurture", person_id=one.person_id, enrolment=one.enrolment, state="sent", sent_at=NOON,
            node=make_track(email()).versions.get().nodes.get(), planned_at=NOON, claimed_at=NOON + hours * DAY,
            to_hash="x",
        )
        for one in [Message.objects.first()]
        for hours in (0, 1.5, 3, 4.5)
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", [*BREAKS, ""])
def test_each_break_is_found_by_its_name(alice, name):
    make_track(email(), wait(3), step(), category="not_ready")
    hers = make_lead(phase=Phase.NURTURE, bdr=alice)
    enrol_recycled(at=NOON)
    advance(at=NOON)
    if name == "over_the_cap_of_a_day":
        other = make_track(email(), email())
        message = Message.objects.get()
        Message.objects.create(
            kind="nurture", person=hers.person, enrolment=message.enrolment, state="planned", due_at=NOON,
            node=other.versions.get().nodes.first(), planned_at=NOON,
        )  # fmt: skip
    if name:
        BREAKS[name](alice)
    days = (
        "asleep_and_not_looked_at", "left_to_a_track_that_was_over", "merged_out_of_its_track",
        "step_that_nobody_can_try",
    )  # fmt: skip
    later = 2 * DAY if name in days else timedelta(minutes=20)

    found = check_tracks(at=NOON + later)

    broken = {one for one, ids in found.items() if ids}
    assert name in broken if name else broken == set()


def test_every_check_has_its_break():
    assert sorted(BREAKS) == sorted(check.__name__ for check in CHECKS)
