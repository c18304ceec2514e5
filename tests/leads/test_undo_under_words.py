"""What changed nothing since does not stand in the way of Undo: a note, whoever wrote it, and what was taken back."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from leads.actions.changing import LeadConflict
from leads.actions.logging import add_note, log_call, log_touch, snooze_step
from leads.actions.many import Verb, Wish, do_to_many
from leads.actions.receiving import record_received
from leads.actions.recycling import change_wake, recycle_lead
from leads.actions.sharing import undo_shared
from leads.actions.undoing import undo_last
from leads.actions.unsending import count_no_attempt
from leads.checking import check_all
from leads.folding import fold
from leads.models import LeadEvent, Note
from tests.make import NOON, disposition, make_lead, make_person, reason

MINUTE = timedelta(minutes=1)
AT = NOON + 5 * MINUTE
SINCE, LATER = AT + MINUTE, AT + 2 * MINUTE


def recycled(rep, *, at=AT):
    lead = make_lead(phase=Phase.WORKING, bdr=rep, person=make_person(), at=at - 5 * MINUTE)
    log_call(lead, disposition=disposition("no_answer"), by=rep, at=at - MINUTE)
    return lead, recycle_lead(lead, reason=reason("not_ready"), by=rep, at=at)


def her_note(lead, alice, _bob):
    add_note(lead, text="Call them in June", by=alice, at=SINCE)


def his_note(lead, _alice, bob):
    add_note(lead, text="Call them in June", by=bob, at=SINCE)


def note_taken_back(lead, alice, bob):
    her_note(lead, alice, bob)
    undo_last(lead, by=alice, at=SINCE)


def two_notes_one_taken_back(lead, alice, bob):
    his_note(lead, alice, bob)
    note_taken_back(lead, alice, bob)


def another_day_taken_back(lead, _alice, mona):
    change_wake(lead, wake_on=(AT + timedelta(days=50)).date(), by=mona, at=SINCE)
    undo_last(lead, by=mona, at=SINCE)


SINCE_THEN = [her_note, his_note, note_taken_back, two_notes_one_taken_back, another_day_taken_back]


def whole(lead, at=LATER):
    assert fold(lead.events.order_by("id")).contradictions == []
    assert {name: ids for name, ids in check_all(at=at + 6 * MINUTE).items() if ids} == {}


@pytest.mark.parametrize("since", SINCE_THEN)
@pytest.mark.parametrize("is_bulk", [False, True])
def test_an_act_is_taken_back_and_the_words_stay(alice, bob, mona, since, is_bulk):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    lead.refresh_from_db()
    was = lead.phase, lead.stage, lead.due_at, list(lead.steps.open())
    done = do_to_many([lead.pk], Wish(Verb.RECYCLE, reason=reason("not_ready")), by=alice, at=AT)
    since(lead, alice, mona if since is another_day_taken_back else bob)

    if is_bulk:
        assert undo_shared(done.act, by=alice, at=LATER).stayed == []
    else:
        undo_last(lead, by=alice, at=LATER, event_id=dict(done.act.events)[lead.pk])

    lead.refresh_from_db()
    assert (lead.phase, lead.stage, lead.due_at, list(lead.steps.open())) == was
    assert Note.objects.filter(text="Call them in June").exists() == (since is not another_day_taken_back)
    assert LeadEvent.objects.filter(lead=lead, verb="recycle").count() == 1
    whole(lead)


def test_what_stands_still_stands_in_the_way_and_so_does_what_was_taken_back_of_before(alice, bob):
    lead, act = recycled(alice)
    change_wake(lead, wake_on=(AT + timedelta(days=50)).date(), by=alice, at=SINCE)
    other = make_lead(phase=Phase.WORKING, bdr=alice)
    letter = log_touch(other, kind="email", by=alice, at=NOON)
    snoozed = snooze_step(other, until=AT + timedelta(days=2), by=alice, at=AT)
    count_no_attempt(other, letter.pk, at=SINCE)

    for held, event in ((lead, act), (other, snoozed)):
        with pytest.raises(LeadConflict, match="acted on this lead since"):
            undo_last(held, by=alice, at=LATER, event_id=event.pk)


def offers(client, lead):
    """The events that the history offers to take back, and which of them by the key."""
    page = client.get(reverse("leads:lead", args=[lead.public_id])).text
    found = [part.partition(">")[0] for part in page.split('form="undo-last"')[1:]]
    return [(int(marks.split('value="')[1].partition('"')[0]), "data-key" in marks) for marks in found]


def test_the_history_offers_the_note_and_the_act_below_it_and_then_the_act_alone(client, alice, bob):
    lead, act = recycled(alice, at=timezone.now())
    note = add_note(lead, text="Call them in June", by=alice, at=timezone.now())
    client.force_login(alice)
    url = reverse("leads:undo", args=[lead.public_id])

    assert offers(client, lead) == [(note.pk, True), (act.pk, False)]
    client.post(url, {"event": note.pk})
    assert offers(client, lead) == [(act.pk, False)]
    add_note(lead, text="I know them", by=bob, at=timezone.now())
    assert offers(client, lead) == [(act.pk, False)]
    answer = client.post(url, {"event": act.pk}, follow=True)

    assert "is as before. Taken back: You recycled" in answer.text
    assert "You recycled" in answer.text
    whole(lead, at=timezone.now())


def test_a_second_press_takes_nothing_more_back(client, alice):
    lead, act = recycled(alice, at=timezone.now())
    client.force_login(alice)
    url = reverse("leads:undo", args=[lead.public_id])

    first, second = (client.post(url, {"event": act.pk}) for _ in range(2))

    assert (first.status_code, second.status_code) == (302, 409)
    assert LeadEvent.objects.filter(lead=lead, verb="correct").count() == 1


def test_what_came_by_mail_since_is_no_mere_word_as_more_may_follow_from_it(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person())
    call = log_call(lead, disposition=disposition("no_answer"), by=alice, at=AT)
    record_received(lead.person_id, kind="out_of_office", words="I am away.", at=SINCE)

    with pytest.raises(LeadConflict, match="Somebody has acted"):
        undo_last(lead, by=alice, at=LATER, event_id=call.pk)
