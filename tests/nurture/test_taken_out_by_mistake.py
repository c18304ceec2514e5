"""What ended a play by its step is taken back: it goes on at that step, or the step goes, and none stands twice."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from leads.actions.changing import MoveRefused
from leads.actions.logging import finish_step, log_call, log_touch
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.models import LeadEvent, Step
from nurture.actions.advancing import advance, follow
from nurture.actions.enrolling import enrol, pause, skip, take_out
from nurture.actions.taking_up import take_up_again
from nurture.checking import check_tracks
from nurture.models import Enrolment, Track
from tests.make import disposition, make_lead, make_person
from tests.nurture.making import empty, engage, goal, make_topic, make_track, step

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# A Tuesday, at ten in London.
AT = datetime(2027, 3, 2, 10, tzinfo=UTC)
OUT, BACK = AT + HOUR, AT + 2 * HOUR
ASK, LOOK = step("Ask why now"), step("Look them up", step_kind="task")


def tick(at):
    follow(at=at)
    take_up_again(at=at)
    advance(at=at)


def begun(rep, *nodes, phase=Phase.WORKING, at=AT):
    lead = make_lead(phase=phase, bdr=rep, person=make_person(time_zone="Europe/London"), at=at - HOUR)
    if phase == Phase.WORKING:
        log_call(lead, disposition=disposition("no_answer"), by=rep, at=at - HOUR)
    track = make_track(*nodes, kind="play" if phase == Phase.WORKING else "track", name="Early buyer", is_by_hand=True)
    one = enrol(lead.person, track=track, by=rep, at=at)
    tick(at)
    one.refresh_from_db()
    lead.refresh_from_db()
    return lead, one


def asked(lead):
    return [row.title.split(" · ")[0] for row in Step.objects.open().filter(lead=lead, made_by="flow").order_by("pk")]


def stands(one):
    one.refresh_from_db()
    return one.state, one.outcome, one.step_id


def broken(at):
    found = check_all(at=at) | check_tracks(at=at)
    return {name: ids for name, ids in found.items() if ids}


WAYS = {
    "taken out": lambda lead, one, rep: take_out(one, by=rep, at=OUT),
    "left out": lambda lead, one, rep: skip(one, by=rep, at=OUT),
    "done": lambda lead, one, rep: log_call(lead, disposition=disposition("no_answer"), by=rep, at=OUT),
}


@pytest.mark.parametrize("phase", [Phase.WORKING, Phase.NURTURE])
@pytest.mark.parametrize("way", WAYS)
def test_it_goes_on_at_the_step_that_is_open_again(alice, way, phase):
    lead, one = begun(alice, ASK, phase=phase)
    was = one.step_id
    WAYS[way](lead, one, alice)
    tick(OUT + MINUTE)
    assert (stands(one)[0], asked(lead)) == ("ended", [])

    undo_last(lead, by=alice, at=BACK)
    with pytest.raises(MoveRefused, match="Early buyer"):
        enrol(lead.person, track=one.track, by=alice, at=BACK)
    tick(BACK + MINUTE)

    assert (stands(one), one.node.words, asked(lead)) == (("active", "", was), "Ask why now", ["Ask why now"])
    assert broken(BACK + MINUTE) == {}
    finish_step(lead, step=one.step, by=alice, at=BACK + HOUR)
    tick(BACK + HOUR + MINUTE)
    assert (stands(one)[:2], asked(lead)) == (("ended", "exhausted"), [])


def test_it_goes_on_where_a_goal_followed_the_step(alice):
    topic = make_topic()
    lead, one = begun(alice, LOOK, goal("topic", topic=topic))
    engage(lead.person, topic=topic, at=AT)
    was = one.step_id
    finish_step(lead, step=one.step, by=alice, at=OUT)
    tick(OUT + MINUTE)
    assert stands(one)[:2] == ("ended", "goal")

    undo_last(lead, by=alice, at=BACK)
    tick(BACK + MINUTE)

    assert (stands(one), one.node.words) == (("active", "", was), "Look them up")


@pytest.mark.parametrize("is_seen", [True, False])
def test_what_it_is_for_ends_it_once_and_for_all(alice, is_seen):
    """What they had read before is the goal of a step and of the play, and they read it again."""
    topic = make_topic()
    lead, one = begun(alice, LOOK, goal("topic", topic=topic))
    Track.objects.filter(pk=one.track_id).update(goal="topic", goal_topic=topic)
    engage(lead.person, topic=topic, at=AT - DAY)
    finish_step(lead, step=one.step, by=alice, at=OUT)
    tick(OUT + MINUTE)
    undo_last(lead, by=alice, at=BACK)
    if is_seen:
        tick(BACK + MINUTE)
        assert stands(one)[0] == "active"
    engage(lead.person, topic=topic, at=BACK + 2 * MINUTE)

    for minutes in range(3, 9):
        tick(BACK + minutes * MINUTE)

    assert (stands(one)[:2], asked(lead)) == (("ended", "goal"), ["Look them up"])
    assert one.passages.filter(what="resumed", because="taken_back").count() == is_seen
    assert broken(BACK + 9 * MINUTE) == {}


def test_one_that_rested_rests_again(alice):
    lead, one = begun(alice, LOOK)
    was = one.step_id
    pause(one, by=alice, at=AT + MINUTE)
    take_out(one, by=alice, at=OUT)

    undo_last(lead, by=alice, at=BACK)
    tick(BACK + MINUTE)

    assert (stands(one), one.paused_because) == (("paused", "", was), "by_hand")


def test_where_another_has_begun_meanwhile_the_step_goes(client, alice):
    now = timezone.now()
    lead, one = begun(alice, ASK, at=now - 3 * HOUR)
    take_out(one, by=alice, at=now - 2 * HOUR)
    out = LeadEvent.objects.filter(lead=lead, data__has_key="skipped").get()
    enrol(lead.person, track=one.track, by=alice, at=now - HOUR)

    undo_last(lead, by=alice, at=now - 30 * MINUTE, event_id=out.pk)
    tick(now - 29 * MINUTE)
    tick(now - 28 * MINUTE)

    assert [row.state for row in Enrolment.objects.order_by("pk")] == ["ended", "active"]
    assert asked(lead) == ["Ask why now"]
    assert Enrolment.objects.get(state="active").step == lead.steps.open().get(made_by="flow")
    assert broken(now) == {}
    client.force_login(alice)
    page = client.get(reverse("leads:lead", args=[lead.public_id])).text
    assert "“Ask why now” is passed over: nothing asks for it any more" in page


def test_what_a_track_out_of_use_has_left_to_its_rep_stays_hers(alice):
    lead, one = begun(alice, LOOK)
    empty(one.track, by=alice, at=OUT)

    tick(OUT + MINUTE)

    assert (stands(one)[:2], asked(lead)) == (("ended", "stopped"), ["Look them up"])
    assert broken(OUT + DAY) == {}


def test_one_that_ended_before_its_step_came_back_is_named(alice):
    lead, one = begun(alice, LOOK)
    take_out(one, by=alice, at=OUT)
    undo_last(lead, by=alice, at=BACK)

    assert check_tracks(at=BACK + 5 * MINUTE)["ended_beside_its_step"] == []
    assert check_tracks(at=BACK + 9 * DAY)["ended_beside_its_step"] == [one.pk]


@pytest.mark.parametrize("act", [take_out, skip])
def test_what_was_late_before_a_play_is_late_again_once_it_is_taken_out(alice, act):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(time_zone="Europe/London"), at=AT - HOUR)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=AT - HOUR)
    was = Step.objects.open().get(lead=lead)
    later = was.due_at + 3 * DAY
    track = make_track(ASK, kind="play", name="Early buyer", is_by_hand=True)
    one = enrol(lead.person, track=track, by=alice, at=later)
    tick(later)

    act(one, by=alice, at=later + MINUTE)

    again = Step.objects.open().get(lead=lead)
    lead.refresh_from_db()
    assert (again.attempt, again.due_at, lead.due_at) == (was.attempt, was.due_at, was.due_at)
    assert broken(later + MINUTE) == {}
    undo_last(lead, by=alice, at=later + 2 * MINUTE)
    tick(later + 3 * MINUTE)
    assert asked(lead) == ["Ask why now"]


def test_whoever_has_tried_meanwhile_is_not_late_with_the_next_attempt(alice):
    lead, one = begun(alice, ASK)
    log_touch(lead, kind="social", by=alice, at=AT + HOUR)

    take_out(one, by=alice, at=AT + 2 * HOUR)

    again = Step.objects.open().get(lead=lead)
    assert (again.attempt, again.due_at > AT + 2 * HOUR) == (3, True)
    assert broken(AT + 2 * HOUR) == {}
