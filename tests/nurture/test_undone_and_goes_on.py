"""An act that ended a play with its lead is taken back: the play goes on where it stood, with the step it waits for."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.claiming import release_lead
from leads.actions.closing import disqualify_lead
from leads.actions.handing import hand_off_lead, reject_hand_off
from leads.actions.logging import finish_step, log_call
from leads.actions.many import Verb, Wish, do_to_many
from leads.actions.recycling import recycle_lead
from leads.actions.sharing import undo_shared
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.models import Step
from leads.settings.changing import change_setting
from nurture import tasks
from nurture.actions.advancing import advance, follow
from nurture.actions.enrolling import enrol, pause, resume, skip, take_out
from nurture.actions.moving import work_on
from nurture.actions.taking_up import take_up_again
from nurture.checking import check_tracks
from nurture.models import Enrolment, Message, Track, TrackMove
from nurture.track_settings import KIND
from tests.make import disposition, make_lead, make_person, make_user, reason
from tests.nurture.making import add_version, email, empty, leave, make_track, move_all, step, wait

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# A Tuesday, at ten in London.
AT = datetime(2027, 3, 2, 10, tzinfo=UTC)


def talked_to(rep, *, at=AT, **person):
    lead = make_lead(phase=Phase.WORKING, bdr=rep, person=make_person(time_zone="Europe/London", **person), at=at)
    log_call(lead, disposition=disposition("no_answer"), by=rep, at=at)
    lead.refresh_from_db()
    return lead


def play_of(*nodes, **fields):
    return make_track(*nodes, **{"kind": "play", "name": "Early buyer", **fields})


def tick(at):
    """What the alarm clocks of tracks do in a minute."""
    follow(at=at)
    take_up_again(at=at)
    advance(at=at)


def holds(at):
    found = {name: ids for name, ids in {**check_all(at=at), **check_tracks(at=at)}.items() if ids}
    assert found == {}


def planned_on(lead):
    return list(Step.objects.open().filter(lead=lead, made_by="flow").values_list("pk", flat=True))


def handed_off(lead, rep, ae):
    hand_off_lead(lead, ae=ae, by=rep, at=AT + HOUR)


WAYS = {
    "recycle": lambda lead, rep, ae: recycle_lead(lead, reason=reason("not_ready"), by=rep, at=AT + HOUR),
    "disqualify": lambda lead, rep, ae: disqualify_lead(lead, reason=reason("bad_data"), by=rep, at=AT + HOUR),
    "hand_off": handed_off,
    "release": lambda lead, rep, ae: release_lead(lead, by=rep, at=AT + HOUR),
}


@pytest.mark.parametrize("is_over", [True, False])
@pytest.mark.parametrize("way", WAYS)
def test_it_goes_on_where_it_stood_whether_it_had_ended_by_then(alice, peter, way, is_over):
    lead = talked_to(alice)
    one = enrol(lead.person, track=play_of(step("Ask why now"), step("Ask who decides")), by=alice, at=AT)
    was = planned_on(lead)
    WAYS[way](lead, alice, peter)
    if is_over:
        tick(AT + HOUR + 2 * MINUTE)
        assert Enrolment.objects.get().state == "ended"

    undo_last(lead, by=alice, at=AT + 2 * HOUR)
    tick(AT + 2 * HOUR + MINUTE)

    one.refresh_from_db()
    assert (one.state, one.outcome, one.node.words, [one.step_id]) == ("active", "", "Ask why now", was)
    assert planned_on(lead) == was
    holds(AT + 2 * HOUR + MINUTE)
    finish_step(lead, step=one.step, by=alice, at=AT + 3 * HOUR)
    tick(AT + 3 * HOUR + MINUTE)
    one.refresh_from_db()
    assert (one.state, one.node.words, len(planned_on(lead))) == ("active", "Ask who decides", 1)


@pytest.mark.parametrize("way", WAYS)
def test_it_goes_on_where_the_clock_of_the_act_was_ahead_of_the_end(alice, peter, way):
    lead = talked_to(alice)
    one = enrol(lead.person, track=play_of(step("Ask why now")), by=alice, at=AT)
    was = planned_on(lead)
    WAYS[way](lead, alice, peter)
    tick(AT + HOUR - MINUTE)
    assert Enrolment.objects.get().state == "ended"

    undo_last(lead, by=alice, at=AT + 2 * HOUR)
    tick(AT + 2 * HOUR + MINUTE)

    one.refresh_from_db()
    assert (one.state, [one.step_id]) == ("active", was)
    holds(AT + 2 * HOUR + MINUTE)


def test_all_of_a_bulk_undo_go_on(alice):
    leads = [talked_to(alice), talked_to(alice)]
    play = play_of(step("Ask why now"))
    for lead in leads:
        enrol(lead.person, track=play, by=alice, at=AT)
    act = do_to_many(
        [lead.pk for lead in leads], Wish(Verb.RECYCLE, reason=reason("not_ready")), by=alice, at=AT + HOUR
    ).act
    tick(AT + HOUR + 2 * MINUTE)

    undo_shared(act, by=alice, at=AT + HOUR + 20 * MINUTE)
    tick(AT + HOUR + 21 * MINUTE)

    assert [one.state for one in Enrolment.objects.all()] == ["active", "active"]
    assert {one.step_id for one in Enrolment.objects.all()} == {pk for lead in leads for pk in planned_on(lead)}
    holds(AT + HOUR + 21 * MINUTE)


def test_a_wait_a_pause_and_one_that_follows_it_are_as_they_were(alice):
    waiting, resting = talked_to(alice), talked_to(alice)
    play = play_of(wait(3), email(subject="The figures"), step("Ask why now"))
    enrol(waiting.person, track=play, by=alice, at=AT)
    hers = enrol(resting.person, track=play_of(step("Ask why now"), name="Late buyer"), by=alice, at=AT)
    was = planned_on(resting)
    pause(hers, by=alice, at=AT + MINUTE)
    for lead in (waiting, resting):
        recycle_lead(lead, reason=reason("not_ready"), by=alice, at=AT + HOUR)
    tick(AT + HOUR + MINUTE)

    for lead in (waiting, resting):
        undo_last(lead, by=alice, at=AT + 2 * HOUR)
    tick(AT + 2 * HOUR)

    first, second = Enrolment.objects.order_by("pk")
    assert (first.state, first.node.kind, first.due_at) == ("active", "wait", AT + 3 * DAY)
    assert (second.state, second.paused_because, [second.step_id]) == ("paused", "by_hand", was)
    resume(second, by=alice, at=AT + 2 * HOUR)
    assert planned_on(resting) == was
    holds(AT + 2 * HOUR)


def test_a_pause_by_hand_outlives_every_undo_and_ends_by_hand(alice):
    lead = talked_to(alice)
    one = enrol(lead.person, track=play_of(step("Ask why now")), by=alice, at=AT)
    pause(one, by=alice, at=AT + MINUTE)
    states = []

    for hours in (1, 2, 3):
        if hours == 3:
            resume(one, by=alice, at=AT + hours * HOUR - MINUTE)
        lead.refresh_from_db()
        recycle_lead(lead, reason=reason("not_ready"), by=alice, at=AT + hours * HOUR)
        tick(AT + hours * HOUR + MINUTE)
        undo_last(lead, by=alice, at=AT + hours * HOUR + 2 * MINUTE)
        tick(AT + hours * HOUR + 3 * MINUTE)
        one.refresh_from_db()
        states.append((one.state, one.paused_because))

    assert states == [("paused", "by_hand"), ("paused", "by_hand"), ("active", "")]
    holds(AT + 3 * HOUR + 3 * MINUTE)


@pytest.mark.parametrize("is_over", [True, False])
def test_a_letter_that_did_not_leave_meanwhile_leaves_after_all(alice, rules, is_over):
    lead = talked_to(alice)
    one = enrol(lead.person, track=play_of(email(subject="The figures"), step("Ask why now")), by=alice, at=AT)
    recycle_lead(lead, reason=reason("not_ready"), by=alice, at=AT + HOUR)
    # A claim finds it out, too.
    Message.objects.update(state="cancelled", because="ended", due_at=None)
    if is_over:
        tick(AT + HOUR + MINUTE)

    undo_last(lead, by=alice, at=AT + 2 * HOUR)
    tick(AT + 2 * HOUR)
    tick(AT + 2 * HOUR + 11 * MINUTE)

    one.refresh_from_db()
    letter = Message.objects.get()
    assert (one.state, one.node.kind, letter.state) == ("active", "email", "planned")
    holds(AT + 2 * HOUR + 11 * MINUTE)


def test_it_stays_over_where_the_lead_came_back_by_another_act(alice, peter):
    lead = talked_to(alice)
    enrol(lead.person, track=play_of(step("Ask why now")), by=alice, at=AT)
    hand_off_lead(lead, ae=peter, by=alice, at=AT + HOUR)
    tick(AT + HOUR + MINUTE)
    reject_hand_off(lead.hand_offs.get(), reason=reason("reject_brief_empty"), by=peter, at=AT + 2 * HOUR)
    recycle_lead(lead, reason=reason("not_ready"), by=alice, at=AT + 3 * HOUR)
    undo_last(lead, by=alice, at=AT + 4 * HOUR)

    tick(AT + 4 * HOUR)

    assert (Enrolment.objects.get().state, Enrolment.objects.get().outcome) == ("ended", "met")


def test_what_was_taken_out_since_stays_out(alice):
    lead = talked_to(alice)
    one = enrol(lead.person, track=play_of(step("Ask why now")), by=alice, at=AT)
    recycle_lead(lead, reason=reason("not_ready"), by=alice, at=AT + HOUR)
    tick(AT + HOUR + MINUTE)
    undo_last(lead, by=alice, at=AT + 2 * HOUR)
    tick(AT + 2 * HOUR)
    take_out(one, by=alice, at=AT + 3 * HOUR)

    tick(AT + 4 * HOUR)

    one.refresh_from_db()
    assert (one.state, one.outcome, planned_on(lead)) == ("ended", "stopped", [])


def test_a_track_of_who_sleeps_on_after_all_goes_on_too(alice, rules):
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=make_person(time_zone="Europe/London"), at=AT)
    one = enrol(lead.person, track=make_track(wait(3), email(), name="Whoever sleeps"), by=alice, at=AT)
    tick(AT)
    disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=AT + HOUR)
    tick(AT + HOUR + MINUTE)
    assert Enrolment.objects.get().outcome == "woken"

    undo_last(lead, by=alice, at=AT + 2 * HOUR)
    tick(AT + 2 * HOUR)

    one.refresh_from_db()
    assert (one.state, one.due_at) == ("active", AT + 3 * DAY)


def moved_long_ago(one, version, *, by):
    """Everybody was moved meanwhile, and nothing is left of the wish."""
    move_all(version, by=by, at=AT + HOUR + 10 * MINUTE)
    work_on(one.track, at=AT + HOUR + 30 * MINUTE)
    assert not TrackMove.objects.exists()


@pytest.mark.parametrize("stood", [wait(1), email(subject="Before it"), step("Ask why now"), wait(2)])
def test_it_goes_on_in_the_version_that_everybody_was_moved_to_meanwhile(alice, rules, stood):
    lead = talked_to(alice, email="jo@brevik.example")
    one = enrol(lead.person, track=play_of(stood, email(subject="The wrong price"), step("Look")), by=alice, at=AT)
    is_kept = stood[0].get("days") != 2
    recycle_lead(lead, reason=reason("not_ready"), by=alice, at=AT + HOUR)
    tick(AT + HOUR + MINUTE)
    first, letter, last = one.version.nodes.order_by("position").values_list("key", flat=True)
    right = (email(subject="The right price")[0] | {"key": letter}, (), ()), (step("Look")[0] | {"key": last}, (), ())
    newer = add_version(one.track, *([(stood[0] | {"key": first}, (), ())] if is_kept else []), *right)
    moved_long_ago(one, newer, by=alice)

    undo_last(lead, by=alice, at=AT + 2 * HOUR)
    tick(AT + 2 * HOUR)

    one.refresh_from_db()
    here = stood[0] if is_kept else right[0][0]
    assert (one.state, one.version, one.node.version, one.node.kind) == ("active", newer, newer, here["kind"])
    holds(AT + 2 * HOUR + MINUTE)
    if one.step:
        assert planned_on(lead) == [one.step.pk]
        finish_step(lead, step=one.step, by=alice, at=AT + 3 * HOUR)
    for before in Message.objects.filter(node__subject="Before it", state="planned"):
        leave(before, at=AT + 3 * HOUR)
    tick(AT + 2 * DAY)
    assert [one.node.subject for one in Message.objects.filter(state="planned")] == ["The right price"]


def test_it_stays_over_where_it_was_ended_for_everybody_meanwhile_and_goes_on_in_use_again(client, alice, rules):
    lead = talked_to(alice, email="jo@brevik.example")
    one = enrol(lead.person, track=play_of(wait(1), email(subject="The withdrawn price")), by=alice, at=AT)
    recycle_lead(lead, reason=reason("not_ready"), by=alice, at=AT + HOUR)
    tick(AT + HOUR + MINUTE)
    empty(one.track, by=alice, at=AT + HOUR + 10 * MINUTE)
    work_on(one.track, at=AT + HOUR + 30 * MINUTE)

    undo_last(lead, by=alice, at=AT + 2 * HOUR)
    tick(AT + 2 * HOUR)
    tick(AT + 26 * HOUR)

    one.refresh_from_db()
    assert (one.state, one.outcome, Message.objects.count()) == ("ended", "left", 0)
    holds(AT + 26 * HOUR)
    client.force_login(alice)
    assert "It goes on within" not in client.get(reverse("nurture:lead_panel", args=[lead.public_id])).text
    change_setting(KIND, one.track_id, {"is_retired": False}, by=make_user("mark", "marketer"), at=AT + 27 * HOUR)
    tick(AT + 27 * HOUR)
    one.refresh_from_db()
    assert one.state == "active"


@pytest.mark.parametrize("ends", [True, False])
def test_a_step_of_a_play_that_was_ended_for_everybody_is_its_reps_again(alice, ends):
    lead = talked_to(alice)
    one = enrol(lead.person, track=play_of(step("Ask why now")), by=alice, at=AT)
    if ends:
        log_call(lead, disposition=disposition("no_answer"), by=alice, at=AT + HOUR)
    else:
        recycle_lead(lead, reason=reason("not_ready"), by=alice, at=AT + HOUR)
    tick(AT + HOUR + MINUTE)
    empty(one.track, by=alice, at=AT + HOUR + 10 * MINUTE)

    undo_last(lead, by=alice, at=AT + 2 * HOUR)
    tick(AT + 2 * HOUR)

    one.refresh_from_db()
    assert (one.state, len(planned_on(lead))) == ("ended", 1)
    holds(AT + 2 * DAY)


def test_who_may_finish_what_was_taken_out_of_use_goes_on(alice):
    lead = talked_to(alice)
    one = enrol(lead.person, track=play_of(step("Ask why now")), by=alice, at=AT)
    recycle_lead(lead, reason=reason("not_ready"), by=alice, at=AT + HOUR)
    tick(AT + HOUR + MINUTE)
    Track.objects.update(retired_at=AT + HOUR + 10 * MINUTE)

    undo_last(lead, by=alice, at=AT + 2 * HOUR)
    tick(AT + 2 * HOUR)

    one.refresh_from_db()
    assert (one.state, [one.step_id]) == ("active", planned_on(lead))


def test_until_the_next_minute_the_page_says_so_and_it_is_not_started_twice(client, alice):
    now = timezone.now()
    lead = talked_to(alice, at=now - HOUR)
    play = play_of(step("Ask why now"))
    enrol(lead.person, track=play, by=alice, at=now - HOUR)
    recycle_lead(lead, reason=reason("not_ready"), by=alice, at=now - 10 * MINUTE)
    follow(at=now - 9 * MINUTE)
    client.force_login(alice)
    event = lead.events.order_by("-id").first()

    answer = client.post(reverse("leads:undo", args=[lead.public_id]), {"event": event.pk}, follow=True)
    panel = client.get(reverse("nurture:lead_panel", args=[lead.public_id])).text

    assert "is as before" in answer.text
    assert ("It goes on within a minute." in panel, 'value="enrol"' in panel) == (True, False)
    with pytest.raises(MoveRefused, match="Early buyer"):
        enrol(lead.person, track=play, by=alice, at=timezone.now())
    tasks.follow_tracks()
    assert Enrolment.objects.get().state == "active"
    assert len(planned_on(lead)) == 1
    history = client.get(reverse("leads:lead", args=[lead.public_id])).text
    assert "“Early buyer” goes on" in history


@pytest.mark.parametrize("act", [pause, skip, take_out])
def test_nothing_is_done_about_a_play_whose_lead_has_left_and_no_look_has_ended_yet(client, alice, act):
    lead = talked_to(alice)
    one = enrol(lead.person, track=play_of(step("Ask why now"), step("Ask who decides")), by=alice, at=AT)
    (asked,) = planned_on(lead)
    recycle_lead(lead, reason=reason("not_ready"), by=alice, at=AT + HOUR)

    with pytest.raises(LeadConflict, match="it is over for them"):
        act(one, by=alice, at=AT + HOUR)
    client.force_login(alice)
    panel = client.get(reverse("nurture:lead_panel", args=[lead.public_id])).text
    assert "It is over for them, and ends within a minute." in panel
    assert 'name="does"' not in panel

    tick(AT + HOUR + MINUTE)
    assert planned_on(lead) == []
    undo_last(lead, by=alice, at=AT + HOUR + 2 * MINUTE)
    tick(AT + HOUR + 3 * MINUTE)
    one.refresh_from_db()
    assert (one.state, planned_on(lead)) == ("active", [asked])
    holds(AT + HOUR + 3 * MINUTE)
