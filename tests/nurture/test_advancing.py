"""Whoever is in a track goes on from node to node, and is never left idle in it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Employment, Suppression
from agreement.models import Criterion, Phase
from leads.actions.changing import MoveRefused
from leads.actions.logging import finish_step, log_call, set_step
from leads.actions.recycling import wake_lead
from leads.checking import check_all
from leads.models import Answer, Step
from nurture.actions.advancing import advance, follow
from nurture.actions.enrolling import enrol, pause, resume, skip, take_out
from nurture.models import Enrolment, Message
from tests.make import NOON, disposition, make_account, make_lead, make_person
from tests.nurture.making import (
    add_version,
    branch,
    email,
    engage,
    goal,
    leave,
    make_asset,
    make_topic,
    make_track,
    move_all,
    step,
    wait,
)

DAY = timedelta(days=1)


def broken(at):
    return {name for name, ids in check_all(at=at).items() if ids}


def asleep(alice, **more):
    return make_lead(phase=Phase.NURTURE, bdr=alice, **more)


def in_track(alice, *nodes, lead=None, **more):
    lead = lead or asleep(alice)
    return enrol(lead.person, track=make_track(*nodes, **more), by=alice, at=NOON)


def went_through(enrolment):
    """What she came by: the kind of node, what became of it, and why."""
    lines = enrolment.passages.order_by("id").values_list("node__kind", "what", "because")
    return [tuple(part for part in line if part) for line in lines]


def stands(enrolment):
    enrolment.refresh_from_db()
    return enrolment.node.kind if enrolment.node else None, enrolment.state, enrolment.due_at, enrolment.outcome


def test_an_email_is_planned_and_the_track_goes_on_once_it_has_left(alice):
    asset = make_asset()
    hers = in_track(alice, email(asset=asset), wait(3), email())

    assert advance(at=NOON) == 1
    message = Message.objects.get(enrolment=hers)
    assert (message.asset, message.state, message.due_at) == (asset, "planned", NOON)
    later = NOON + timedelta(hours=1)
    advance(at=later)
    assert stands(hers)[0] == "email"

    leave(message, at=later)
    advance(at=later + timedelta(minutes=10))
    assert stands(hers) == ("wait", "active", later + timedelta(minutes=10) + 3 * DAY, "")
    advance(at=later + 4 * DAY)
    assert Message.objects.filter(enrolment=hers).count() == 2
    assert advance(at=later + 4 * DAY) == 0


def test_nothing_is_sent_twice_to_one_person_and_what_expired_to_nobody(alice):
    had, expired, topic = make_asset(), make_asset(expires_on=NOON.date()), make_topic()
    old, new = make_asset(topic=topic), make_asset(topic=topic)
    hers = in_track(
        alice, email(asset=had), email(asset=expired), email(brings_what_fits=True), email(brings_what_fits=True),
        email(brings_what_fits=True),
    )  # fmt: skip
    engage(hers.person, asset=had)
    engage(hers.person, topic=topic)

    for hours in range(0, 8, 2):
        at = NOON + timedelta(hours=hours)
        advance(at=at)
        for message in Message.objects.filter(state="planned"):
            leave(message, at=at)

    assert list(Message.objects.order_by("id").values_list("asset", flat=True)) == [new.pk, old.pk]
    skipped = [line[-1] for line in went_through(hers) if "skipped" in line]
    assert skipped == ["had_it", "expired", "nothing_fits"]
    assert stands(hers)[1:] == ("ended", None, "exhausted")


def test_a_step_stands_in_the_queue_with_the_tracks_name_until_it_is_done(alice):
    hers = in_track(alice, step("Ask about the budget"), wait(2), name="Not ready")

    advance(at=NOON)
    lead = hers.lead
    lead.refresh_from_db()
    planned = Step.objects.open().get(lead=lead)
    assert (planned.assignee, planned.title) == (alice, "Ask about the budget · Not ready")
    assert lead.due_at == planned.due_at < lead.wake_at
    assert broken(NOON) == set()
    assert follow(at=NOON + timedelta(hours=1)) == 0

    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON + timedelta(hours=2))
    assert follow(at=NOON + timedelta(hours=3)) == 1
    assert stands(hers)[:2] == ("wait", "active")
    assert broken(NOON + timedelta(hours=3)) == set()


def test_a_branch_asks_and_both_arms_go_on_behind_it(alice):
    topic, criterion = make_topic(), Criterion.objects.first()
    arms = branch("topic", [wait(1)], [wait(2)], topic=topic), wait(9)
    interested, other = (in_track(alice, *arms) for _person in range(2))
    engage(interested.person, topic=topic)
    answered = in_track(alice, branch("criterion", [], [wait(5)], criterion=criterion), wait(7))
    Answer.objects.create(lead=answered.lead, criterion=criterion, value="yes", at=NOON, by=alice)
    doer = make_person(account=make_account())
    Employment.objects.filter(person=doer).update(role="doer")
    does = in_track(alice, branch("role", [wait(4)], role="doer"), lead=asleep(alice, person=doer))

    advance(at=NOON)
    days = [(stands(one)[2] - NOON).days for one in (interested, other, answered, does)]
    assert days == [1, 2, 7, 4]

    advance(at=NOON + 3 * DAY)
    assert [stands(one)[2] for one in (interested, other)] == [NOON + 12 * DAY] * 2


def test_a_goal_ends_it_and_the_end_leads_to_the_fallback_once_or_to_her_date(alice):
    criterion = Criterion.objects.first()
    reached = in_track(alice, goal("criterion", criterion=criterion), email())
    Answer.objects.create(lead=reached.lead, criterion=criterion, value="yes", at=NOON, by=alice)
    fallback = make_track(wait(5))
    hers = in_track(alice, wait(1), fallback=fallback)
    fallback.fallback = hers.track
    fallback.save()

    advance(at=NOON)
    advance(at=NOON + DAY)

    assert stands(reached)[1:] == ("ended", None, "goal")
    assert stands(hers)[1:] == ("ended", None, "moved")
    after = Enrolment.objects.under_way().get(person=hers.person)
    assert (after.track, after.lead, after.due_at) == (fallback, hers.lead, NOON + DAY)
    for day in (1, 6):
        advance(at=NOON + day * DAY)
    assert stands(after)[1:] == ("ended", None, "exhausted")
    assert hers.lead.wake_at > NOON


@pytest.mark.parametrize("how", ["woken", "replied", "unreachable", "no_address", "merged"])
def test_who_is_asleep_no_more_or_answered_or_out_of_reach_leaves_it_at_the_next_look(alice, how):
    hers = in_track(alice, email(), wait(30))
    advance(at=NOON)
    if how == "woken":
        wake_lead(hers.lead, by=alice, at=NOON)
    elif how == "replied":
        engage(hers.person, "replied", at=NOON + timedelta(minutes=1))
    elif how == "unreachable":
        Suppression.objects.create(person=hers.person, channel="email", at=NOON)
    elif how == "no_address":
        hers.person.contact_points.filter(kind="email").update(state="bounced")
    else:
        hers.person.merged_into = make_person()
        hers.person.save()

    follow(at=NOON + timedelta(minutes=2))
    advance(at=NOON + timedelta(hours=1))

    outcome = "unreachable" if how == "no_address" else how
    assert stands(hers)[1:] == ("ended", None, outcome)
    assert Message.objects.get(enrolment=hers).because == "ended"


def test_a_play_takes_the_place_of_the_cadence_and_gives_way_to_a_step_set_by_hand(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    play = make_track(step("Ask who decides"), wait(3), step("Send the case"), kind="play", name="No authority")
    hers = enrol(lead.person, track=play, by=alice, at=NOON)

    advance(at=NOON)
    first = Step.objects.open().get(lead=lead)
    assert (first.title, first.made_by) == ("Ask who decides · No authority", "flow")
    lead.refresh_from_db()
    finish_step(lead, step=first, by=alice, at=NOON + DAY)
    follow(at=NOON + DAY)
    second = Step.objects.open().get(lead=lead)
    assert (second.title, second.due_at.date()) == ("Send the case · No authority", (NOON + 4 * DAY).date())
    assert broken(NOON + DAY) == set()

    at = NOON + DAY + timedelta(hours=1)
    set_step(lead, kind="call", by=alice, at=at, due=at + DAY)
    follow(at=at)
    hers.refresh_from_db()
    assert (hers.state, hers.paused_because) == ("paused", "own_step")
    resume(hers, by=alice, at=at + timedelta(minutes=1))
    assert follow(at=at + timedelta(minutes=2)) == 0


@pytest.mark.parametrize("is_seen", [True, False])
@pytest.mark.parametrize("own", ["call", "task"])
def test_a_step_of_a_play_comes_again_on_its_day_after_one_set_by_hand(alice, own, is_seen):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    play = make_track(wait(4), step("Ask who decides"), wait(3), step("Ask again"), kind="play", name="No authority")
    hers = enrol(lead.person, track=play, by=alice, at=NOON)
    advance(at=NOON)
    at = NOON + timedelta(hours=1)
    set_step(lead, kind=own, by=alice, at=at, due=at + DAY)
    if is_seen:
        follow(at=at)

    resume(hers, by=alice, at=at + timedelta(minutes=1))
    follow(at=at + timedelta(minutes=2))

    planned = Step.objects.open().get(lead=lead, made_by="flow")
    assert (planned.title, planned.due_at.date()) == ("Ask who decides · No authority", (NOON + 4 * DAY).date())
    assert stands(hers)[:2] == ("step", "active")
    assert broken(at) == set()
    lead.refresh_from_db()
    finish_step(lead, step=planned, by=alice, at=at + 2 * DAY)
    follow(at=at + 2 * DAY)
    assert Step.objects.open().get(lead=lead, made_by="flow").title == "Ask again · No authority"


def test_what_is_skipped_after_a_letter_has_left_is_the_wait_behind_it(client, alice, marketer):
    hers = in_track(alice, email(subject="One"), wait(2), email(subject="Two"))
    advance(at=NOON)
    leave(Message.objects.get(enrolment=hers), at=NOON)
    client.force_login(alice)
    panel = client.get(reverse("nurture:lead_panel", args=[hers.lead.public_id]))
    assert "Skip what follows" in panel.text

    skip(hers, by=alice, at=NOON + timedelta(minutes=1))

    assert went_through(hers)[-2:] == [("wait", "skipped", "by_hand"), ("email", "planned")]
    client.force_login(marketer)
    parts = client.get(reverse("nurture:track", args=[hers.track.public_id])).context["parts"]
    assert [[words for words, _name in part.figures if "passed over" in words] for part in parts] == [
        [], ["1 passed over: by hand (1)"], [],
    ]  # fmt: skip
    leave(Message.objects.get(enrolment=hers, state="planned"), at=NOON + timedelta(minutes=2))
    with pytest.raises(MoveRefused, match="has left already"):
        skip(hers, by=alice, at=NOON + timedelta(minutes=3))


def test_it_is_paused_goes_on_skips_and_ends_by_hand(alice):
    hers = in_track(alice, email(), wait(10), wait(20))
    advance(at=NOON)

    pause(hers, by=alice, at=NOON)
    assert Message.objects.filter(enrolment=hers).count() == 0
    assert advance(at=NOON + DAY) == 0
    resume(hers, by=alice, at=NOON + DAY)
    advance(at=NOON + DAY)
    assert Message.objects.get(enrolment=hers).state == "planned"

    skip(hers, by=alice, at=NOON + DAY)
    assert Message.objects.get(enrolment=hers).because == "by_hand"
    assert stands(hers) == ("wait", "active", NOON + 11 * DAY, "")
    pause(hers, by=alice, at=NOON + 2 * DAY)
    resume(hers, by=alice, at=NOON + 3 * DAY)
    assert stands(hers)[2] == NOON + 11 * DAY

    take_out(hers, by=alice, at=NOON + 3 * DAY)
    assert stands(hers)[1:] == ("ended", None, "stopped")


def test_who_is_moved_to_the_newest_version_goes_on_where_she_stood(alice):
    stays = in_track(alice, wait(10), wait(20))
    advance(at=NOON)
    gone = enrol(asleep(alice).person, track=stays.track, by=alice, at=NOON)
    advance(at=NOON)
    skip(gone, by=alice, at=NOON)
    first = stays.version.nodes.order_by("position").first()
    newest = add_version(stays.track, wait(11, key=first.key), wait(5))

    assert move_all(newest, by=alice, at=NOON + DAY) == 2

    assert stands(stays)[::2] == ("wait", NOON + 10 * DAY)
    assert (stays.version, stays.node.key) == (newest, first.key)
    # What she waited for is not in it any more, nor what followed.
    assert stands(gone)[1:] == ("ended", None, "exhausted")


def test_a_letter_and_a_step_that_the_newest_version_left_out_are_not_done(alice):
    letter = in_track(alice, email(), wait(3), email())
    lead = asleep(alice)
    task = enrol(lead.person, track=make_track(step(), wait(3)), by=alice, at=NOON)
    advance(at=NOON)
    asked = lead.steps.open().get()
    for hers in (letter, task):
        later = hers.version.nodes.get(kind="wait")
        move_all(add_version(hers.track, wait(3, key=later.key)), by=alice, at=NOON)

    assert Message.objects.get(enrolment=letter).state == "cancelled"
    assert not lead.steps.open().filter(pk=asked.pk).exists()
    assert [stands(hers)[0] for hers in (letter, task)] == ["wait", "wait"]


@pytest.mark.parametrize("n", [2, 20])
def test_a_batch_costs_the_same_however_many_are_in_it(alice, n):
    topic = make_topic()
    make_asset(topic=topic)
    track = make_track(
        branch("topic", [email(brings_what_fits=True)], [step()], topic=topic), wait(3), fallback=make_track(email())
    )
    for number in range(n):
        hers = enrol(asleep(alice).person, track=track, by=alice, at=NOON)
        if number % 2 == 0:
            engage(hers.person, topic=topic)

    with CaptureQueriesContext(connection) as asked:
        assert advance(at=NOON) == n

    # The batch itself, what its branch and its two arms ask, what its people agreed to and in which rows, which day
    # it is, for whom and when the library has something (labels, phases, criteria, what it has), and what they
    # write: a step, with where they are who are to be called, an event, a message.
    assert len(asked) <= 48, [query["sql"][:120] for query in asked]
