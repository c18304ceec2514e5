"""A form from a page that is no longer true: one effect, and nothing that was typed is lost."""

import re
from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from leads.actions.claiming import reassign_leads
from leads.actions.logging import log_call
from leads.actions.meetings import move_meeting
from leads.models import Activity, Note, Step
from tests.make import disposition, make_lead, make_person

HTMX = {"HX-Request": "true"}


@pytest.fixture
def lead(alice):
    person = make_person(given_name="Sam", family_name="Oduya")
    return make_lead(phase=Phase.WORKING, person=person, bdr=alice, at=timezone.now() - timedelta(days=3))


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


def tab(client, lead, panel):
    """What the form of this panel sends, as a page that is open now shows it."""
    html = client.get(reverse("leads:lead", args=[lead.public_id], query={"form": panel})).text
    return hidden_of(html, panel)


def hidden_of(html, panel):
    form = re.search(rf'<div id="panel-{panel}".*?</form>', html, re.DOTALL)[0]
    return dict(re.findall(r'type="hidden" name="(form_id|version|seen)" value="([^"]*)"', form))


def log(client, lead, hidden, **more):
    data = {**hidden, "disposition": disposition("no_answer").pk, **more}
    return client.post(reverse("leads:log_call", args=[lead.public_id]), data, headers=HTMX)


def test_the_same_call_from_two_tabs_counts_once(signed_in, lead):
    one, other = tab(signed_in, lead, "call"), tab(signed_in, lead, "call")
    log(signed_in, lead, one)

    late = log(signed_in, lead, other, note="Rang out after nine")

    lead.refresh_from_db()
    assert late.status_code == 409
    assert (lead.attempts, Activity.objects.count()) == (1, 1)
    assert "Rang out after nine" in late.text
    assert "You called, attempt 1: no answer" in re.search(r'role="alert".*?</div>', late.text, re.DOTALL)[0]


def test_who_has_read_what_happened_may_log_the_second_call(signed_in, lead):
    one, other = tab(signed_in, lead, "call"), tab(signed_in, lead, "call")
    log(signed_in, lead, one)
    late = log(signed_in, lead, other, note="This was another one")

    again = log(signed_in, lead, hidden_of(late.text, "call"), note="This was another one")

    lead.refresh_from_db()
    assert (again.status_code, lead.attempts) == (200, 2)


def test_a_call_from_a_fresh_page_is_logged(signed_in, lead):
    log(signed_in, lead, tab(signed_in, lead, "call"), next="on")

    second = log(signed_in, lead, tab(signed_in, lead, "call"))

    lead.refresh_from_db()
    assert (second.status_code, lead.attempts) == (200, 2)


def test_an_answer_carries_the_form_of_the_next_call(signed_in, lead):
    first = log(signed_in, lead, tab(signed_in, lead, "call"))

    second = log(signed_in, lead, hidden_of(first.text, "call"))

    lead.refresh_from_db()
    assert (second.status_code, lead.attempts) == (200, 2)


def test_a_message_sent_elsewhere_counts_once_too(signed_in, lead):
    one, other = tab(signed_in, lead, "touch"), tab(signed_in, lead, "touch")
    url = reverse("leads:log_touch", args=[lead.public_id])
    signed_in.post(url, {**one, "kind": "email"}, headers=HTMX)

    late = signed_in.post(url, {**other, "kind": "email", "note": "Sent the guide"}, headers=HTMX)

    lead.refresh_from_db()
    assert (late.status_code, lead.attempts) == (409, 1)
    assert "Sent the guide" in late.text


def test_a_note_is_taken_from_a_stale_page(signed_in, lead, alice):
    stale = tab(signed_in, lead, "note")
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=timezone.now())

    response = signed_in.post(
        reverse("leads:note", args=[lead.public_id]), {**stale, "text": "Ask for Mia"}, headers=HTMX
    )

    assert (response.status_code, Note.objects.get().text) == (200, "Ask for Mia")


def test_a_call_that_goes_on_with_a_form_is_refused_before_the_form_is_filled_in(signed_in, lead):
    stale = tab(signed_in, lead, "call")
    log(signed_in, lead, tab(signed_in, lead, "call"))

    late = log(signed_in, lead, stale, disposition=disposition("not_now").pk, note="In spring")

    assert late.status_code == 409
    assert "In spring" in late.text
    assert "<strong>You called, attempt 1: no answer" in late.text


def test_whoever_got_the_lead_between_is_named(signed_in, lead, bob, mona):
    stale = tab(signed_in, lead, "call")
    reassign_leads([lead.pk], to=bob, by=mona, at=timezone.now())

    late = log(signed_in, lead, stale, note="Left a message")

    assert late.status_code == 409
    assert "Left a message" in late.text
    assert "Mona" in late.text
    assert Activity.objects.count() == 0


def plan(client, lead, hidden, **more):
    return client.post(reverse("leads:set_step", args=[lead.public_id]), {**hidden, **more}, headers=HTMX)


@pytest.mark.parametrize("kind", ["", "task"])
def test_what_was_promised_meanwhile_is_not_put_off_unread(signed_in, lead, mona, kind):
    hidden = tab(signed_in, lead, "step")
    now = timezone.now()
    tomorrow = (now + timedelta(days=1)).replace(tzinfo=None, second=0, microsecond=0)
    log_call(lead, disposition=disposition("call_back"), by=mona, at=now, call_back=(tomorrow, "UTC"))

    late = plan(signed_in, lead, hidden, kind=kind, when="tomorrow", title="Send the sheet" if kind else "")

    (step,) = Step.objects.open()
    assert late.status_code == 409
    assert (step.kind, step.promised, step.snoozed) == ("call_back", True, 0)
    assert "The next step has changed" in late.text
    assert ("Send the sheet" in late.text) == bool(kind)
    assert plan(signed_in, lead, hidden_of(late.text, "step"), kind=kind, when="tomorrow").status_code == 200


@pytest.mark.parametrize("reserved", [False, True])
def test_a_step_set_on_a_lead_of_the_pool_takes_it(signed_in, alice, team, reserved):
    queued = make_lead(team=team, at=timezone.now())
    if reserved:
        reassign_leads([queued.pk], to=alice, by=None, at=timezone.now())
    hidden = tab(signed_in, queued, "step")

    answer = plan(signed_in, queued, hidden, kind="task", when="tomorrow", title="Read their report")

    queued.refresh_from_db()
    assert answer.status_code == 200
    assert (queued.phase, queued.bdr) == (Phase.WORKING, alice)
    assert [step.title for step in Step.objects.open()] == ["Read their report"]


def test_a_step_snoozed_in_another_tab_is_not_snoozed_from_where_it_was(signed_in, lead):
    one, other = tab(signed_in, lead, "step"), tab(signed_in, lead, "step")
    plan(signed_in, lead, one, when="tomorrow")

    assert plan(signed_in, lead, other, when="tomorrow").status_code == 409
    assert Step.objects.open().get().snoozed == 1


def test_a_meeting_moved_meanwhile_is_not_moved_back_unread(client, alice, peter):
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter, at=timezone.now())
    hand_off, now = lead.hand_offs.get(), timezone.now().replace(second=0, microsecond=0)
    client.force_login(alice)
    brief = reverse("leads:hand_off_brief", args=[hand_off.public_id], query={"form": "move"})
    move = reverse("leads:move_meeting", args=[hand_off.public_id])
    hers, his = [f"{now + timedelta(days=days):%Y-%m-%dT%H:%M}" for days in (2, 3)]

    def send(html):
        form = re.search(r'<form class="form panel" id="sales-move".*?</form>', html, re.DOTALL)[0]
        hidden = dict(re.findall(r'type="hidden" name="(form_id|sequence)" value="([^"]*)"', form))
        return client.post(move, {**hidden, "meeting": hers, "zone": "UTC", "minutes": "30"})

    before = client.get(brief).text
    move_meeting(hand_off, meeting=(datetime.fromisoformat(his), "UTC"), by=peter, at=now)
    late = send(before)

    hand_off.refresh_from_db()
    assert late.status_code == 409
    assert "The meeting was moved since you opened this page." in late.text
    assert hers in late.text
    assert f"{hand_off.meeting_at:%Y-%m-%dT%H:%M}" == his

    send(late.text)

    hand_off.refresh_from_db()
    assert f"{hand_off.meeting_at:%Y-%m-%dT%H:%M}" == hers


def test_words_for_the_same_step_later_are_asked_about_and_kept(client, alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=timezone.now())
    client.force_login(alice)
    typed = {"when": "3", "kind": "", "title": "Ask for the plan of May"}
    due = lead.steps.open().get().due_at

    answer = client.post(reverse("leads:set_step", args=[lead.public_id]), typed)

    assert (answer.status_code, "Choose what it is that has your words" in answer.text) == (422, True)
    assert 'value="Ask for the plan of May"' in answer.text
    assert lead.steps.open().get().due_at == due
