"""A step set by hand pauses a play; where it is taken back, the play goes on as if it had not been set."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from leads.actions.logging import finish_step, log_call, set_step
from leads.actions.recycling import recycle_lead
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.models import Step
from nurture.actions.advancing import advance, follow
from nurture.actions.enrolling import enrol
from nurture.actions.taking_up import take_up_again
from nurture.checking import check_tracks
from tests.make import disposition, make_lead, make_person, reason
from tests.nurture.making import email, make_track, step, wait

pytestmark = pytest.mark.usefixtures("rules")

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# A Tuesday, at ten in London.
AT = datetime(2027, 3, 2, 10, tzinfo=UTC)
SET, BACK = AT + HOUR, AT + 2 * HOUR


def tick(at):
    follow(at=at)
    take_up_again(at=at)
    advance(at=at)


def begun(rep, *nodes, at=AT):
    person = make_person(email="jo@brevik.example", time_zone="Europe/London")
    lead = make_lead(phase=Phase.WORKING, bdr=rep, person=person, at=at - HOUR)
    log_call(lead, disposition=disposition("no_answer"), by=rep, at=at - HOUR)
    one = enrol(person, track=make_track(*nodes, kind="play", name="Early buyer"), by=rep, at=at)
    tick(at)
    return lead, one


def set_by_hand(lead, rep, *, kind="call", at=SET):
    set_step(lead, kind=kind, by=rep, at=at, due=at + DAY)
    tick(at + MINUTE)


def stands(one):
    one.refresh_from_db()
    return one.state, one.paused_because, one.node.words or one.node.kind


def broken(at):
    found = check_all(at=at) | check_tracks(at=at)
    return {name: ids for name, ids in found.items() if ids}


@pytest.mark.parametrize("kind", ["call", "task"])
def test_it_goes_on_with_the_step_it_waited_for(alice, kind):
    lead, one = begun(alice, step("Ask why now", step_kind=kind), step("Ask who decides"))
    was = list(Step.objects.open().filter(lead=lead).values_list("pk", "due_at"))
    set_by_hand(lead, alice)
    assert stands(one) == ("paused", "own_step", "Ask why now")

    undo_last(lead, by=alice, at=BACK)
    tick(BACK + MINUTE)

    assert stands(one) == ("active", "", "Ask why now")
    assert list(Step.objects.open().filter(lead=lead).values_list("pk", "due_at")) == was
    assert [(one.step_id, one.step.due_at)] == was
    assert broken(BACK + MINUTE) == {}
    finish_step(lead, step=one.step, by=alice, at=BACK + HOUR)
    tick(BACK + HOUR)
    assert stands(one)[2] == "Ask who decides"


@pytest.mark.parametrize("first", [wait(3), email(subject="The figures")])
def test_a_wait_and_a_letter_are_as_they_were(alice, first):
    lead, one = begun(alice, first, email(subject="The price"))
    one.refresh_from_db()
    due_at = one.due_at
    set_by_hand(lead, alice)
    assert stands(one)[0] == "paused"

    undo_last(lead, by=alice, at=BACK)
    tick(BACK + MINUTE)

    assert stands(one) == ("active", "", first[0]["kind"])
    assert first[0]["kind"] == "email" or one.due_at == due_at
    assert list(one.messages.values_list("state", flat=True)) == (["planned"] if first[0]["kind"] == "email" else [])
    assert broken(BACK + MINUTE) == {}


def test_it_rests_on_where_another_step_of_hers_had_paused_it_or_hers_was_done(alice):
    lead, one = begun(alice, step("Ask why now"))
    set_by_hand(lead, alice)
    set_by_hand(lead, alice, at=SET + 10 * MINUTE)
    undo_last(lead, by=alice, at=BACK)
    tick(BACK + MINUTE)
    assert stands(one)[:2] == ("paused", "own_step")

    log_call(lead, disposition=disposition("no_answer"), by=alice, at=BACK + HOUR)
    tick(BACK + HOUR + MINUTE)
    undo_last(lead, by=alice, at=BACK + 2 * HOUR)
    tick(BACK + 2 * HOUR + MINUTE)

    assert stands(one)[:2] == ("paused", "own_step")
    assert broken(BACK + 2 * HOUR + MINUTE) == {}


def test_until_the_next_minute_the_page_says_so_and_history_says_that_it_went_on(client, alice):
    now = timezone.now()
    lead, _one = begun(alice, step("Ask why now"), at=now - HOUR)
    set_by_hand(lead, alice, at=now - 30 * MINUTE)
    undo_last(lead, by=alice, at=now - 10 * MINUTE)
    client.force_login(alice)
    panel = reverse("nurture:lead_panel", args=[lead.public_id])

    said = client.get(panel).text
    assert "What paused it was taken back. It goes on within a minute." in said
    assert ('value="resume"' in said, 'value="pause"' in said) == (False, False)
    tick(now - 5 * MINUTE)
    assert ("Paused" in client.get(panel).text, 'value="pause"' in client.get(panel).text) == (False, True)
    page = client.get(reverse("leads:lead", args=[lead.public_id])).text
    assert "“Early buyer” goes on: what had stopped it was taken back" in page


def test_one_that_rests_for_what_was_taken_back_long_ago_is_named(alice):
    lead, one = begun(alice, step("Ask why now"))
    set_by_hand(lead, alice)
    undo_last(lead, by=alice, at=BACK)

    assert check_tracks(at=BACK + 5 * MINUTE)["paused_for_what_was_taken_back"] == []
    assert check_tracks(at=BACK + HOUR)["paused_for_what_was_taken_back"] == [one.pk]


def test_it_stays_under_way_where_its_lead_leaves_and_comes_back_later(alice):
    lead, one = begun(alice, step("Ask why now"))
    set_by_hand(lead, alice)
    undo_last(lead, by=alice, at=BACK)
    tick(BACK + MINUTE)
    lead.refresh_from_db()
    recycle_lead(lead, reason=reason("not_ready"), by=alice, at=BACK + HOUR)
    tick(BACK + HOUR + MINUTE)

    undo_last(lead, by=alice, at=BACK + 2 * HOUR)
    tick(BACK + 2 * HOUR + MINUTE)

    assert stands(one) == ("active", "", "Ask why now")
    assert broken(BACK + 2 * HOUR + MINUTE) == {}
