"""A way that was shut before a letter of a rep left: its attempt stands again by a way that is open, or the next one
does, at once and whatever shut it."""

from datetime import timedelta

import pytest

from accounts.actions.people import suppress_key, suppress_person
from accounts.models import ContactPoint, Person
from agreement.models import CadenceStep
from leads.actions.engaging import NewEngagement, engage
from leads.actions.logging import finish_step
from leads.actions.receiving import record_received
from leads.actions.silencing import pass_over_bounced, pass_over_shut
from leads.folding import fold
from leads.models import Activity
from nurture.actions.absences import begin_absence
from nurture.actions.consenting import note_consent
from nurture.actions.passing import look_for_untried
from nurture.actions.planning import write_message
from nurture.actions.preferring import unsubscribe
from nurture.actions.sending import deliver
from nurture.actions.unsent import settle_unsent
from nurture.models import MailRules, Message
from tests.make import make_person
from tests.nurture.plays import broken, tried_once

pytestmark = pytest.mark.usefixtures("rules")


def shut(person, how, *, by, at):
    match how:
        case "noted":
            note_consent(person, is_given=False, source="by_hand", evidence="On the phone", by=by, at=at)
        case "withdrawn":
            note_consent(person, is_given=False, source="preferences", at=at)
        case "one_click":
            unsubscribe(person, told="one_click", at=at)
        case "wants_no_mail":
            suppress_person(person, "email", source="list", at=at)
            pass_over_shut([person.pk], at=at)
        case "by_key":
            suppress_key("jo@brevik.example", "email", source="file", at=at)
        case "by_another_row":
            row = make_person(email="jo.lund@brevik.example")
            row.merged_into = person
            row.save(update_fields=["merged_into"])
            suppress_person(row, "email", source="list", at=at)
        case "bounced":
            person.contact_points.filter(kind="email").update(state=ContactPoint.State.BOUNCED)
            pass_over_bounced([person.pk], at=at)
        case "rule":
            MailRules.objects.filter(pk=1).update(consent_for="all")


HOWS = [
    "noted", "withdrawn", "one_click", "wants_no_mail", "by_key", "by_another_row", "bounced", "rule",
]  # fmt: skip
# What is known in the room above the cadence alone is found within the hour, where the cadence has planned it since.
SOME = ["noted", "wants_no_mail", "by_key"]


def written(alice, *kinds, at):
    """The second attempt, of these kinds on, was a letter; the step it did."""
    for position, kind in enumerate(kinds, start=2):
        CadenceStep.objects.filter(position=position).update(kind=kind)
    CadenceStep.objects.filter(position__gt=len(kinds) + 1).delete()
    lead = tried_once(alice)
    step = lead.steps.open().get()
    assert (step.kind, step.attempt) == (kinds[0], 2)
    write_message(lead, subject="Hello", text="As promised.", by=alice, at=at)
    lead.refresh_from_db()
    return lead, step


def away(lead, *, at):
    """They wrote that they are back in four days."""
    back_on = (at + timedelta(days=4)).date()
    assert begin_absence(lead.person_id, kind="out_of_office", words="", back_on=back_on, zone="UTC", said_at=at, at=at)
    return Person.objects.get(pk=lead.person_id).away_until


def replied(lead, *, at):
    engage([NewEngagement(person_id=lead.person_id, kind="replied", at=at, source="test", external_id="1")], at=at)
    record_received(lead.person_id, kind="reply", words="Please call instead.", at=at)


SHAPES = [
    pytest.param(("email", "call"), ("call", 3), id="email"),
    pytest.param(("call_email", "email", "call"), ("call_email", 2), id="call_email"),
    pytest.param(("email",), ("decide", None), id="last"),
]


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize(("kinds", "expected"), SHAPES)
def test_its_attempt_stands_again_by_an_open_way_only(alice, sink, clock, kinds, expected, how):
    lead, step = written(alice, *kinds, at=clock.at)
    shut(lead.person, how, by=alice, at=clock.on(seconds=20))
    deliver(by="me", clock=clock)

    settle_unsent(at=clock.on(seconds=20))

    lead.refresh_from_db()
    again = lead.steps.open().get()
    if how == "bounced" and kinds[0] == "email":
        # Another address may be found.
        expected = ("find_contact", None)
    assert (again.kind, again.attempt, lead.attempts, lead.due_at) == (*expected, 1, again.due_at)
    if kinds[0] == "call_email":
        assert (again.pk, again.due_at) == (step.pk, step.due_at)
    assert sink.taken == []
    assert broken(clock.at) == {}
    assert fold(lead.events.order_by("id")).contradictions == []


@pytest.mark.parametrize("how", SOME)
@pytest.mark.parametrize(("kinds", "expected"), SHAPES)
def test_behind_what_they_wrote_meanwhile_it_stands_again_too(alice, sink, clock, kinds, expected, how):
    lead, step = written(alice, *kinds, at=clock.at)
    replied(lead, at=clock.on(seconds=20))
    shut(lead.person, how, by=alice, at=clock.on(seconds=20))
    deliver(by="me", clock=clock)
    settle_unsent(at=clock.on(seconds=20))
    lead.refresh_from_db()
    reply = lead.steps.open().get(kind="reply")
    stands = lead.steps.open().exclude(kind="reply")
    assert list(stands) == ([step] if kinds[0] == "call_email" else [])
    assert (lead.attempts, lead.due_at) == (1, reply.due_at)
    assert broken(clock.at) == {}

    finish_step(lead, step=reply, by=alice, at=clock.on(minutes=1))
    look_for_untried(at=clock.at)

    lead.refresh_from_db()
    again = lead.steps.open().get()
    assert (again.kind, again.attempt, lead.due_at) == (*expected, again.due_at)
    assert Activity.objects.filter(lead=lead, kind="email", reverses=None).count() == 1
    assert broken(clock.at) == {}
    assert fold(lead.events.order_by("id")).contradictions == []


@pytest.mark.parametrize("how", ["one_click", ""])
def test_behind_an_absence_that_was_told_meanwhile_it_waits_for_their_return(alice, sink, clock, how):
    lead, step = written(alice, "call_email", "email", "call", at=clock.at)
    until = away(lead, at=clock.on(seconds=20))
    if how:
        shut(lead.person, how, by=alice, at=clock.on(seconds=20))
    else:
        Message.objects.update(state="cancelled", because="no_address", due_at=None)

    deliver(by="me", clock=clock)
    settle_unsent(at=clock.on(seconds=20))

    lead.refresh_from_db()
    again = lead.steps.open().get()
    assert (again.pk, again.attempt, lead.attempts) == (step.pk, 2, 1)
    assert lead.due_at == again.due_at >= until
    assert broken(clock.at) == {}
    assert fold(lead.events.order_by("id")).contradictions == []
