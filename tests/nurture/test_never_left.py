"""A letter of a rep that never leaves is no attempt, and she hears of it; a passing refusal is tried for a day."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.actions.people import suppress_person
from agreement.models import SLAClause
from leads.actions.changing import LeadConflict
from leads.actions.handing import hand_off_lead
from leads.actions.last_act import last_act
from leads.actions.logging import add_note, log_call, log_touch, snooze_step
from leads.actions.receiving import record_received
from leads.actions.undoing import undo_last
from leads.checking import check_all
from leads.models import Activity, Clock, Notice, Step
from leads.noticed import noticed_by
from nurture.actions import unsent
from nurture.actions.deciding import send_again
from nurture.actions.planning import take_back, write_message
from nurture.actions.preferring import unsubscribe
from nurture.actions.sending import deliver
from nurture.actions.unsent import settle_unsent
from nurture.models import Message
from tests.make import NOON, disposition, make_lead, make_person, make_user

pytestmark = pytest.mark.django_db


def written(address, *, phase="working", **fields):
    lead = make_lead(phase=phase, person=make_person(email=address), **fields)
    return lead, write_message(lead, subject="Hello", text="As promised.", by=lead.bdr, at=NOON)


def refused(clock, address="listed.x@brevik.example", **fields):
    lead, letter = written(address, **fields)
    deliver(by="me", clock=clock)
    return lead, letter


def first_touch(lead):
    return Clock.objects.get(lead=lead, kind=SLAClause.Kind.FIRST_TOUCH).state


def all_well(at):
    return {name: found for name, found in check_all(at=at).items() if found}


def test_a_refused_letter_is_no_first_touch_and_its_writer_is_told_why(client, sink, rules, clock):
    lead, letter = written("nobody.x@brevik.example")
    step = Step.objects.get(lead=lead, state="done")
    assert first_touch(lead) == "met"
    deliver(by="me", clock=clock)

    settle_unsent(at=clock.on(minutes=1))
    settle_unsent(at=clock.on(minutes=1))

    lead.refresh_from_db()
    assert (lead.first_touched_at, lead.attempts, first_touch(lead)) == (None, 0, "running")
    step.refresh_from_db()
    assert step.state == "open"
    assert list(Activity.objects.filter(lead=lead, reverses__isnull=False).values_list("by", flat=True)) == [
        lead.bdr_id
    ]
    (row,) = noticed_by(lead.bdr, at=clock.at).unseen
    assert row.said == "Your e-mail did not leave: refused by their mail server"
    assert row.url == reverse("nurture:message", args=[letter.public_id])
    client.force_login(lead.bdr)
    history = client.get(reverse("leads:lead", args=[lead.public_id])).text
    assert "The e-mail never left: it is no attempt" in history
    assert (
        '</s> <span class="soft">· did not leave: refused by their mail server: 5.1.1 no such mailbox</span>' in history
    )
    assert "· taken back" not in history
    assert client.get(row.url).status_code == 200
    assert all_well(clock.at) == {}


def test_what_stops_it_in_the_house_takes_the_attempt_back_too(rules, sink, clock):
    lead, _letter = written("ada@brevik.example")
    suppress_person(lead.person, "email", source="import", at=NOON)
    deliver(by="me", clock=clock)

    settle_unsent(at=clock.on(minutes=1))

    lead.refresh_from_db()
    assert (lead.first_touched_at, lead.attempts, sink.taken) == (None, 0, [])
    assert [row.said for row in noticed_by(lead.bdr, at=clock.at).unseen] == [
        "Your e-mail did not leave: they asked for no e-mail"
    ]


def test_whoever_stops_all_mail_before_it_left_is_tried_by_another_way_where_that_attempt_stood(rules, sink, clock):
    person = make_person(email="ada@brevik.example", phone="+4755512345")
    lead = make_lead(phase="working", person=person)
    log_touch(lead, kind=Activity.Kind.SOCIAL, by=lead.bdr, at=NOON)
    step = Step.objects.open().get(lead=lead)
    write_message(lead, subject="Hello", text="As promised.", by=lead.bdr, at=NOON)
    unsubscribe(person, at=NOON)
    deliver(by="me", clock=clock)

    settle_unsent(at=clock.on(minutes=1))

    again = Step.objects.open().get(lead=lead)
    lead.refresh_from_db()
    assert (lead.attempts, again.attempt, again.due_at) == (step.attempt - 1, step.attempt, step.due_at)
    assert sink.taken == []
    assert all_well(clock.at) == {}


def test_where_she_has_acted_since_her_call_is_the_first_touch(sink, rules, clock):
    lead, _letter = refused(clock)
    later = clock.on(minutes=5)
    log_touch(lead, kind=Activity.Kind.SOCIAL, by=lead.bdr, at=later)

    settle_unsent(at=clock.on(minutes=5))

    lead.refresh_from_db()
    assert (lead.first_touched_at, lead.last_touched_at, lead.attempts) == (later, later, 1)
    assert Clock.objects.get(lead=lead, kind=SLAClause.Kind.FIRST_TOUCH).ended_at == later
    assert all_well(clock.at) == {}


def test_where_something_else_has_happened_since_the_first_touch_is_still_promised(sink, rules, clock):
    lead, _letter = refused(clock)
    record_received(lead.person_id, kind="auto_reply", words="Away.", at=clock.on(minutes=5))

    settle_unsent(at=clock.on(minutes=5))

    lead.refresh_from_db()
    assert (lead.first_touched_at, lead.attempts, first_touch(lead)) == (None, 0, "running")
    assert all_well(clock.at) == {}


def note(lead, *, at):
    add_note(lead, text="I wrote to them", by=lead.bdr, at=at)


def snooze_taken_back(lead, *, at):
    snooze_step(lead, until=at + timedelta(days=2), by=lead.bdr, at=at)
    undo_last(lead, by=lead.bdr, at=at)


@pytest.mark.parametrize("since", [note, snooze_taken_back])
def test_what_was_only_said_or_was_taken_back_since_changes_nothing_of_it(rules, clock, since):
    lead = make_lead(phase="working", person=make_person(email="ada@brevik.example"))
    promised = first_touch(lead)
    called = log_call(lead, disposition=disposition("no_answer"), by=lead.bdr, at=NOON)
    lead.refresh_from_db()
    was = lead.due_at, lead.attempts, list(lead.steps.open())
    write_message(lead, subject="Hello", text="As promised.", by=lead.bdr, at=NOON)
    Message.objects.update(state="cancelled", because="no_address", due_at=None)
    since(lead, at=clock.on(minutes=1))

    settle_unsent(at=clock.on(minutes=1))

    lead.refresh_from_db()
    assert (lead.due_at, lead.attempts, list(lead.steps.open())) == was
    assert all_well(clock.at) == {}
    undo_last(lead, by=lead.bdr, at=clock.on(minutes=1), event_id=called.pk)
    lead.refresh_from_db()
    assert (lead.attempts, first_touch(lead)) == (0, promised)
    assert all_well(clock.at) == {}


def test_what_was_done_before_two_letters_that_never_left_cannot_be_taken_back(rules, clock):
    lead = make_lead(phase="working", person=make_person(email="ada@brevik.example"))
    called = log_call(lead, disposition=disposition("no_answer"), by=lead.bdr, at=NOON)
    for words in ("Hello", "Once more"):
        write_message(lead, subject=words, text="As promised.", by=lead.bdr, at=NOON)
    Message.objects.update(state="cancelled", because="no_address", due_at=None)

    settle_unsent(at=clock.on(minutes=1))

    lead.refresh_from_db()
    assert (lead.attempts, last_act(lead)) == (1, [])
    with pytest.raises(LeadConflict, match="acted on this lead since"):
        undo_last(lead, by=lead.bdr, at=clock.on(minutes=1), event_id=called.pk)
    assert all_well(clock.at) == {}


def test_a_lead_that_has_gone_to_sales_since_keeps_its_history_and_loses_the_attempt(sink, rules, clock):
    lead, _letter = refused(clock)
    hand_off_lead(lead, ae=make_user("peter", "ae"), by=lead.bdr, at=clock.on(minutes=5))

    settle_unsent(at=clock.on(minutes=5))

    lead.refresh_from_db()
    assert (lead.phase, lead.attempts, lead.first_touched_at) == ("handed_off", 0, NOON)
    assert all_well(clock.at) == {}


def test_letters_that_cannot_be_settled_hold_up_none_behind_them(sink, rules, clock, monkeypatch):
    monkeypatch.setattr(unsent, "BATCH", 2)
    odd = [refused(clock, f"listed.x@host-{number}.example")[1] for number in range(5)]
    # A reason that nothing knows any more.
    Message.objects.filter(pk__in=[letter.pk for letter in odd]).update(because="long_gone")
    lead, letter = refused(clock)

    assert settle_unsent(at=clock.on(minutes=1)) == 1
    assert settle_unsent(at=clock.on(minutes=1)) == 0

    letter.refresh_from_db()
    lead.refresh_from_db()
    assert (letter.settled_at is not None, lead.attempts) == (True, 0)
    assert list(Message.objects.unsettled()) == odd


def test_who_takes_her_own_letter_back_is_not_told_of_it_and_it_is_no_attempt(rules, clock):
    lead, letter = written("ada@brevik.example")

    assert take_back(letter, by=lead.bdr, at=clock.on(minutes=1))

    lead.refresh_from_db()
    assert (lead.first_touched_at, lead.attempts, Notice.objects.count()) == (None, 0, 0)


def test_a_letter_that_is_sent_again_is_an_attempt_again(sink, rules, clock):
    lead, letter = refused(clock, "full.x@brevik.example")
    settle_unsent(at=clock.on(minutes=1))
    letter.refresh_from_db()

    send_again(letter, by=lead.bdr, at=clock.on(hours=1))
    Message.objects.filter(pk=letter.pk).update(point=None)
    person = lead.person
    person.contact_points.update(value="ada@brevik.example", normalised="ada@brevik.example")
    deliver(by="me", clock=clock)

    lead.refresh_from_db()
    letter.refresh_from_db()
    assert (letter.state, lead.first_touched_at, lead.attempts) == ("sent", clock.at, 1)
    assert settle_unsent(at=clock.at) == 0
    assert all_well(clock.at) == {}


def test_a_passing_refusal_is_tried_for_a_day_and_then_given_up_and_told(sink, rules, clock):
    lead, letter = written("later.x@brevik.example")
    waits = []
    while True:
        deliver(by="me", clock=clock)
        letter.refresh_from_db()
        if letter.state != "planned":
            break
        waits.append(letter.due_at - clock.at)
        clock.at = letter.due_at

    assert (letter.state, letter.because, clock.at) == ("refused", "too_often", NOON + timedelta(hours=24))
    assert timedelta(minutes=1) <= waits[0] <= timedelta(minutes=5)
    assert max(waits) <= timedelta(hours=4)
    settle_unsent(at=clock.at)
    (row,) = noticed_by(lead.bdr, at=clock.at).unseen
    assert row.said == "Your e-mail did not leave: it was tried too often"
