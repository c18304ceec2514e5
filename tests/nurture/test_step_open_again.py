"""What did a step of a play or track is taken back after it had gone on: it stands at that step again."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from agreement.models import Phase
from leads.actions.logging import add_note, finish_step, log_call, log_touch
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.models import Step
from nurture.actions.advancing import advance, follow
from nurture.actions.claiming import begin_message, claim_messages
from nurture.actions.enrolling import enrol, move_some, pause, resume, skip
from nurture.actions.planning import write_message
from nurture.actions.taking_up import take_up_again
from nurture.actions.unsent import settle_unsent
from nurture.checking import check_tracks
from nurture.models import Enrolment, Message
from tests.make import disposition, make_lead, make_person
from tests.nurture.making import add_version, email, make_track, step, wait

pytestmark = pytest.mark.usefixtures("rules")

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# A Tuesday, at ten in London.
AT = datetime(2027, 3, 2, 10, tzinfo=UTC)
DONE, BACK = AT + HOUR, AT + 2 * HOUR
LOOK, THIRD = step("Look them up", step_kind="task"), step("Ask who decides", step_kind="task")


def tick(at):
    follow(at=at)
    take_up_again(at=at)
    advance(at=at)


def send(kind="call"):
    return step("Ask why now", step_kind=kind)


def begun(rep, *nodes, phase=Phase.WORKING):
    """In a play or track of these, and where it stands first."""
    person = make_person(email="jo@brevik.example", time_zone="Europe/London")
    lead = make_lead(phase=phase, bdr=rep, person=person, at=AT - HOUR)
    if phase == Phase.WORKING:
        log_call(lead, disposition=disposition("no_answer"), by=rep, at=AT - HOUR)
    track = make_track(*nodes, kind="play" if phase == Phase.WORKING else "track", name="Early buyer")
    one = enrol(person, track=track, by=rep, at=AT)
    tick(AT)
    one.refresh_from_db()
    lead.refresh_from_db()
    return lead, one


def call(lead, rep, *, at=DONE):
    log_call(lead, disposition=disposition("no_answer"), by=rep, at=at)
    tick(at + MINUTE)


def stands(one):
    one.refresh_from_db()
    return one.state, one.node.words or one.node.kind, one.step.state if one.step else None


def asked(lead):
    """What a play or track asks for, as the queue shows it."""
    return [row.title.split(" · ")[0] for row in Step.objects.open().filter(lead=lead, made_by="flow").order_by("pk")]


def holds(at):
    for later in (at, at + 20 * MINUTE):
        found = {
            **check_all(at=at),
            **{name: ids for name, ids in check_tracks(at=later).items() if "idle" not in name},
        }
        assert {name: ids for name, ids in found.items() if ids} == {}


def undo(lead, rep):
    undo_last(lead, by=rep, at=BACK)


def refused(lead, _rep):
    Message.objects.update(state="cancelled", because="no_address", due_at=None)
    settle_unsent(at=BACK)


def refused_below_a_note(lead, rep):
    add_note(lead, text="I wrote to them", by=rep, at=DONE + 2 * MINUTE)
    refused(lead, rep)


def write(lead, rep):
    write_message(lead, subject="Why", text="Now?", by=rep, at=DONE)


ACTS = {
    "call": ("call", lambda lead, rep: log_call(lead, disposition=disposition("no_answer"), by=rep, at=DONE), undo),
    "e-mail": ("email", lambda lead, rep: log_touch(lead, kind="email", by=rep, at=DONE), undo),
    "letter": ("email", write, undo),
    "refused": ("email", write, refused),
    "refused below a note": ("email", write, refused_below_a_note),
    "ticked": ("task", lambda lead, rep: finish_step(lead, step=lead.steps.open().get(), by=rep, at=DONE), undo),
}


@pytest.mark.parametrize("phase", [Phase.WORKING, Phase.NURTURE])
@pytest.mark.parametrize("act", ACTS)
def test_it_stands_at_the_step_again_and_what_follows_comes_once_that_is_done(alice, act, phase):
    kind, do, take_back = ACTS[act]
    lead, one = begun(alice, send(kind), LOOK, THIRD, phase=phase)
    first = one.step
    do(lead, alice)
    tick(DONE + MINUTE)
    assert asked(lead) == ["Look them up"]

    take_back(lead, alice)
    tick(BACK + MINUTE)

    assert (stands(one), one.step, asked(lead)) == (("active", "Ask why now", "open"), first, ["Ask why now"])
    holds(BACK + MINUTE)
    tick(BACK + 2 * MINUTE)
    assert asked(lead) == ["Ask why now"]
    lead.refresh_from_db()
    finish_step(lead, step=one.step, by=alice, at=BACK + HOUR)
    tick(BACK + HOUR + MINUTE)
    assert (stands(one), asked(lead)) == (("active", "Look them up", "open"), ["Look them up"])
    holds(BACK + HOUR + MINUTE)


def test_a_play_of_two_steps_does_not_come_to_its_end(alice):
    lead, one = begun(alice, send(), LOOK)
    call(lead, alice)

    undo(lead, alice)
    tick(BACK + MINUTE)

    assert (stands(one), asked(lead)) == (("active", "Ask why now", "open"), ["Ask why now"])


@pytest.mark.parametrize("following", [email(subject="The figures"), wait(3)])
def test_a_letter_or_a_wait_behind_it_waits_for_it_again(alice, following):
    lead, one = begun(alice, send(), following, email(subject="The price"))
    call(lead, alice)
    assert stands(one)[1] == following[0]["kind"]

    undo(lead, alice)
    tick(BACK + MINUTE)

    assert stands(one) == ("active", "Ask why now", "open")
    assert not Message.objects.exists()
    holds(BACK + MINUTE)
    call(lead, alice, at=BACK + HOUR)
    assert stands(one)[1] == following[0]["kind"]
    assert Message.objects.filter(state="planned").count() == (following[0]["kind"] == "email")


def test_what_follows_is_not_left_out_where_it_is_done_again_before_anybody_looked(alice):
    lead, one = begun(alice, send(), LOOK, THIRD)
    call(lead, alice)
    undo(lead, alice)

    call(lead, alice, at=BACK + MINUTE)

    assert (stands(one), asked(lead)) == (("active", "Look them up", "open"), ["Look them up"])
    holds(BACK + 2 * MINUTE)


def test_a_step_that_went_with_what_was_done_before_it_is_planned_again(alice):
    lead, one = begun(alice, send(), LOOK)

    undo_last(lead, by=alice, at=AT + HOUR)
    tick(AT + HOUR + MINUTE)

    assert (stands(one), asked(lead)) == (("active", "Ask why now", "open"), ["Ask why now"])


@pytest.mark.parametrize("is_seen", [True, False])
def test_one_that_rests_goes_on_from_the_step_that_is_open_again(alice, is_seen):
    lead, one = begun(alice, send(), LOOK, THIRD)
    call(lead, alice)
    pause(one, by=alice, at=DONE + 2 * MINUTE)
    undo(lead, alice)
    if is_seen:
        tick(BACK + MINUTE)
        assert stands(one) == ("paused", "Ask why now", "open")

    resume(one, by=alice, at=BACK + 2 * MINUTE)
    tick(BACK + 3 * MINUTE)

    assert (stands(one), asked(lead)) == (("active", "Ask why now", "open"), ["Ask why now"])


def test_a_letter_behind_it_does_not_leave_before_anybody_looked(alice):
    lead, one = begun(alice, send(), email(subject="As we said on the phone"))
    call(lead, alice)
    undo(lead, alice)

    assert claim_messages(by="me", at=BACK + timedelta(seconds=15)) == []

    tick(BACK + MINUTE)
    assert (stands(one)[1], Message.objects.count()) == ("Ask why now", 0)
    call(lead, alice, at=BACK + HOUR)
    assert len(claim_messages(by="me", at=BACK + 2 * HOUR)) == 1


def test_a_letter_behind_it_that_was_taken_up_already_does_not_leave_either(alice):
    lead, _one = begun(alice, send(), email(subject="As we said on the phone"))
    call(lead, alice)
    (letter,) = claim_messages(by="me", at=BACK - MINUTE)
    undo(lead, alice)

    assert not begin_message(letter, at=BACK)

    tick(BACK + MINUTE)
    assert not Message.objects.exists()


def test_what_is_left_out_before_anybody_looked_is_the_step_that_is_open_again(alice):
    lead, one = begun(alice, send(), LOOK, THIRD)
    call(lead, alice)
    undo(lead, alice)

    skip(one, by=alice, at=BACK + MINUTE)
    tick(BACK + 2 * MINUTE)

    assert (stands(one), asked(lead)) == (("active", "Look them up", "open"), ["Look them up"])


def test_a_letter_that_was_planned_behind_it_leaves_where_the_step_is_left_out(alice):
    lead, one = begun(alice, send(), email(subject="The figures"), THIRD)
    call(lead, alice)
    undo(lead, alice)

    skip(one, by=alice, at=BACK + MINUTE)
    tick(BACK + 2 * MINUTE)

    assert (stands(one)[1], list(Message.objects.values_list("state", flat=True))) == ("email", ["planned"])
    holds(BACK + 2 * MINUTE)


def test_in_a_newer_version_without_what_followed_it_stands_at_the_step_again(alice):
    lead, one = begun(alice, send(), LOOK, THIRD)
    call(lead, alice)
    undo(lead, alice)
    old = {node.words: node.key for node in one.version.nodes.all()}
    add_version(one.track, (send()[0] | {"key": old["Ask why now"]}, (), ()), THIRD)

    move_some([one.pk], one.track.versions.get(number=2), by=alice, at=BACK + MINUTE)
    tick(BACK + 2 * MINUTE)

    assert (stands(one), asked(lead)) == (("active", "Ask why now", "open"), ["Ask why now"])
    holds(BACK + 2 * MINUTE)


def newer(one, *kept):
    """The next version of its flow, with these of its steps: their places in it."""
    old = list(
        one.version.nodes.order_by("position").values("key", "kind", "words", "step_kind", "days", "subject", "text")
    )
    add_version(one.track, *[(old[place], (), ()) for place in kept])
    return one.track.versions.order_by("number").last()


def test_a_letter_that_waits_behind_it_takes_it_for_nobody_in_a_newer_version(alice):
    lead, one = begun(alice, send(), email(subject="The figures"), THIRD)
    first = one.step
    call(lead, alice)
    undo(lead, alice)

    move_some([one.pk], newer(one, 0, 1, 2), by=alice, at=BACK + MINUTE)
    tick(BACK + 2 * MINUTE)

    assert (stands(one), one.step) == (("active", "Ask why now", "open"), first)
    assert (one.version.number, one.node.version, Message.objects.count()) == (2, one.version, 0)
    holds(BACK + 2 * MINUTE)
    call(lead, alice, at=BACK + HOUR)
    assert Message.objects.filter(state="planned").count() == 1


@pytest.mark.parametrize("phase", [Phase.WORKING, Phase.NURTURE])
@pytest.mark.parametrize("following", [email(subject="The figures"), wait(3), LOOK])
def test_what_a_newer_version_asks_for_no_more_leaves_the_queue(client, alice, following, phase):
    lead, one = begun(alice, send(), following, email(subject="The price"), phase=phase)
    call(lead, alice)
    move_some([one.pk], newer(one, 1, 2), by=alice, at=DONE + 2 * MINUTE)
    undo(lead, alice)
    assert "Ask why now" in asked(lead)

    tick(BACK + MINUTE)

    what = following[0].get("words") or following[0]["kind"]
    assert (stands(one)[:2], asked(lead)) == (("active", what), [what] if following is LOOK else [])
    assert not Enrolment.objects.to_go_back().exists()
    holds(BACK + MINUTE)
    client.force_login(alice)
    page = client.get(reverse("leads:lead", args=[lead.public_id])).text
    assert "“Ask why now” is passed over: nothing asks for it any more" in page


def test_what_somebody_leaves_out_stays_left_out(alice):
    lead, one = begun(alice, send(), LOOK, THIRD)
    finish_step(lead, step=one.step, by=alice, at=DONE, is_skipped=True)
    tick(DONE + MINUTE)
    one.refresh_from_db()
    finish_step(lead, step=one.step, by=alice, at=BACK, is_skipped=True)

    tick(BACK + MINUTE)

    assert (stands(one), asked(lead)) == (("active", "Ask who decides", "open"), ["Ask who decides"])
    holds(BACK + MINUTE)
