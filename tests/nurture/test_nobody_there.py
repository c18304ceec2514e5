"""A server that says while we send that nobody has the address is heard as a report that comes back later is."""

import pytest

from accounts.actions.people import mark_contact_point
from accounts.models import ContactPoint
from agreement.models import Phase, StepKind
from leads.actions.logging import log_touch
from leads.checking import check_all
from leads.models import Lead, Notice, Step
from leads.naming import Names
from leads.timeline import Timeline
from nurture.actions import sending
from nurture.actions.planning import write_message
from nurture.actions.sending import deliver
from nurture.actions.unsent import settle_unsent
from nurture.models import Message
from tests.make import NOON, make_lead, make_person
from tests.nurture.making import make_letter_track, make_message

pytestmark = pytest.mark.django_db
NOBODY = "nobody.x@brevik.example"
SHUT = "Their e-mail address takes no mail: nothing is sent there any more"
PASSED = "The planned e-mail is not written: no address is left"
SAID = "5.1.1 no such mailbox"


def worked(alice, **fields):
    """Somebody who was written to once, and whom the play writes to while an e-mail of the cadence is planned."""
    jo = make_person(email=NOBODY, time_zone="UTC")
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=jo, **fields)
    log_touch(lead, kind="call", by=alice, at=NOON)
    Step.objects.filter(lead=lead, state="open").update(kind=StepKind.EMAIL)
    return Lead.objects.get(pk=lead.pk)


def told(lead, reader, at):
    timeline, names = Timeline(lead, list(Lead.objects.filter(person=lead.person_id))), Names()
    timeline.read_notes([])
    timeline.want(names)
    names.load()
    history = timeline.say(names, reader=reader.pk, now=at)
    return {str(entry.text): entry.words for _day, entries in history.days for entry in entries}


def all_well(at):
    return {name: found for name, found in check_all(at=at).items() if found}


def test_her_history_says_so_and_the_planned_email_is_passed_over(sink, rules, clock, alice):
    lead = worked(alice)
    letter = make_message(make_letter_track(kind="play"), lead=lead)

    deliver(by="me", clock=clock)

    letter.refresh_from_db()
    assert letter.state == "refused"
    assert lead.person.contact_points.get(kind="email").state == ContactPoint.State.BOUNCED
    lines = told(lead, alice, clock())
    assert lines[SHUT] == [SAID]
    assert PASSED in lines
    assert list(lead.steps.open().values_list("kind", flat=True)) == [StepKind.CALL]
    assert all_well(clock()) == {}


def test_an_address_that_was_corrected_meanwhile_stays_good(sink, rules, clock, alice, monkeypatch):
    lead = worked(alice)
    make_message(make_letter_track(kind="play"), lead=lead)
    speak = sending._Line.send

    def corrected_meanwhile(line, mail):
        outcome = speak(line, mail)
        ContactPoint.objects.filter(value=NOBODY).update(value="jo@brevik.example", normalised="jo@brevik.example")
        return outcome

    monkeypatch.setattr(sending._Line, "send", corrected_meanwhile)

    deliver(by="me", clock=clock)

    assert Message.objects.get().state == "refused"
    assert lead.person.contact_points.get(kind="email").state == ContactPoint.State.OK
    assert SHUT not in told(lead, alice, clock())
    assert list(lead.steps.open().values_list("kind", flat=True)) == [StepKind.EMAIL]


@pytest.mark.parametrize("planned", [StepKind.EMAIL, StepKind.CALL_EMAIL])
def test_a_letter_by_hand_is_no_attempt_and_the_email_it_was_is_not_planned_again(sink, rules, clock, alice, planned):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(email=NOBODY))
    first = lead.steps.open().get()
    Step.objects.filter(pk=first.pk).update(kind=planned)
    write_message(lead, subject="Hello", text="As promised.", by=alice, at=NOON)

    deliver(by="me", clock=clock)
    settle_unsent(at=clock.on(minutes=1))

    lead.refresh_from_db()
    assert (lead.first_touched_at, lead.attempts) == (None, 0)
    assert SHUT in told(lead, alice, clock())
    (left,) = lead.steps.open()
    assert left.kind in (StepKind.CALL, StepKind.CALL_EMAIL)
    assert (left.pk == first.pk) == (planned == StepKind.CALL_EMAIL)
    assert Notice.objects.filter(user=alice, kind=Notice.Kind.UNSENT).count() == 1
    assert all_well(clock()) == {}


def test_an_email_that_is_planned_again_since_its_letter_never_left_is_passed_over(sink, rules, clock, alice):
    """The address is gone by the time the letter would leave."""
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(email="jo@brevik.example"))
    lead.steps.open().update(kind=StepKind.EMAIL)
    write_message(lead, subject="Hello", text="As promised.", by=alice, at=NOON)
    mark_contact_point(lead.person.contact_points.get(kind="email"), ContactPoint.State.BOUNCED, by=None, at=NOON)

    deliver(by="me", clock=clock)
    settle_unsent(at=clock.on(minutes=1))

    assert Message.objects.get().because == "no_address"
    assert list(lead.steps.open().values_list("kind", flat=True)) == [StepKind.CALL]
    assert all_well(clock()) == {}


def test_whoever_sleeps_is_told_of_in_the_same_words(sink, rules, clock, alice):
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=make_person(email=NOBODY, time_zone="UTC"))
    make_message(make_letter_track(), lead=lead)

    deliver(by="me", clock=clock)

    assert told(lead, alice, clock())[SHUT] == [SAID]
