"""Working a lead from its page: a digit logs a call, and the answer is the next lead."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase, StepKind
from leads.actions.claiming import claim_lead
from leads.actions.recycling import recycle_lead
from leads.models import Activity, HandOff, Lead, Note, Step
from team.actions.submitting import new_form_id
from tests.make import disposition, make_lead, make_person, reason

HTMX = {"HX-Request": "true"}


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def lead(alice, now):
    person = make_person(given_name="Sam", family_name="Oduya", time_zone="America/New_York")
    return make_lead(phase=Phase.WORKING, person=person, bdr=alice, at=now - timedelta(days=2))


@pytest.fixture
def second(alice, now):
    person = make_person(given_name="Jo", family_name="Prentice")
    return make_lead(phase=Phase.WORKING, person=person, bdr=alice, at=now - timedelta(days=1))


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


def url_of(lead, name="lead"):
    return reverse(f"leads:{name}", args=[lead.public_id])


def call(client, lead, key, htmx=True, **more):
    data = {"disposition": disposition(key).pk, "version": lead.version, "form_id": new_form_id(), **more}
    return client.post(url_of(lead, "log_call"), data, headers=HTMX if htmx else {})


def test_no_answer_answers_with_the_next_lead_in_one_request(signed_in, lead, second):
    response = call(signed_in, lead, "no_answer", next="on")

    assert response.headers["HX-Push-Url"] == url_of(second)
    assert "<h1>Jo Prentice</h1>" in response.text
    assert "No answer: Sam Oduya. Next " in response.text
    assert Activity.objects.get().lead == lead


def test_without_htmx_it_redirects_to_the_next_lead(signed_in, lead, second):
    response = call(signed_in, lead, "no_answer", htmx=False, next="on")

    assert (response.status_code, response.headers["Location"]) == (302, url_of(second))


def test_the_row_below_in_the_list_one_came_from_is_next(signed_in, alice, lead, second, now):
    third = make_lead(phase=Phase.WORKING, bdr=alice, at=now)

    response = call(signed_in, lead, "no_answer", next="on", after=url_of(third))

    assert response.headers["HX-Push-Url"] == url_of(third)


def test_after_the_last_lead_comes_the_queue(signed_in, lead):
    response = call(signed_in, lead, "no_answer", next="on")

    assert (response.status_code, response.headers["HX-Redirect"]) == (204, reverse("leads:queue"))


def test_a_call_sent_twice_is_logged_once(signed_in, lead):
    form_id = new_form_id()

    first = call(signed_in, lead, "voicemail", form_id=form_id)
    again = call(signed_in, lead, "voicemail", form_id=form_id)

    assert (first.status_code, again.headers["HX-Redirect"]) == (200, url_of(lead))
    assert Activity.objects.count() == 1


def test_a_call_back_is_kept_at_her_time(signed_in, lead, now):
    wall = (now + timedelta(days=3)).strftime("%Y-%m-%dT09:00")

    response = call(signed_in, lead, "call_back", call_back=wall, zone="America/New_York", note="Asked for mornings")

    step = lead.steps.open().get()
    assert (step.kind, step.promised, step.zone) == (StepKind.CALL_BACK, True, "America/New_York")
    assert step.local_due.strftime("%Y-%m-%dT%H:%M") == wall
    assert "9:00 hers" in response.text
    assert Note.objects.get().text == "Asked for mornings"


def test_a_call_back_without_a_moment_comes_back_with_the_note(signed_in, lead):
    response = call(signed_in, lead, "call_back", call_back="", zone="Mars/Olympus", note="Typed for a while")

    assert response.status_code == 422
    assert "When did you promise to call back?" in response.text
    assert "Name a place on her clock" in response.text
    assert "Typed for a while" in response.text
    assert Activity.objects.count() == 0


def test_what_follows_is_said_on_both_clocks(signed_in, lead):
    data = {"disposition": disposition("call_back").pk, "call_back": "2099-01-05T09:00", "zone": "America/New_York"}

    response = signed_in.post(url_of(lead, "log_call") + "?preview", data, headers=HTMX)

    assert response.text == "call back 5 Jan 2099 14:00 (9:00 hers), promised"
    assert Activity.objects.count() == 0


@pytest.mark.parametrize(
    ("key", "title"), [("meeting", "Book meeting"), ("not_now", "Recycle lead"), ("not_interested", "Disqualify")]
)
def test_a_disposition_that_goes_on_opens_its_form_with_the_note(signed_in, peter, lead, key, title):
    response = call(signed_in, lead, key, note="She said so")

    form = response.text.partition("The call is logged with it.")
    assert title in form[0][-300:]
    assert "She said so" in form[2]
    assert f'name="disposition" value="{disposition(key).pk}"' in response.text
    assert Activity.objects.count() == 0


def test_not_interested_can_mean_not_now(signed_in, lead):
    response = call(signed_in, lead, "not_interested", note="Next year", instead="recycle")

    assert "Recycle and open next" in response.text
    assert "Next year" in response.text


def test_a_wrong_number_stands_crossed_out_and_another_way_is_looked_for(signed_in, alice, now):
    lead = make_lead(phase=Phase.WORKING, person=make_person(email=None), bdr=alice, at=now)

    response = call(signed_in, lead, "wrong_number")

    assert "<s>" in response.text
    assert lead.steps.open().get().kind == StepKind.FIND_CONTACT


def test_a_found_number_ends_the_search(signed_in, alice, now):
    lead = make_lead(phase=Phase.WORKING, person=make_person(email=None), bdr=alice, at=now)
    call(signed_in, lead, "wrong_number")
    lead.person.refresh_from_db()

    data = {"person_version": lead.person.version, "phone": "+47 22 12 34 56", "given_name": "Kaja", "version": "2"}
    response = signed_in.post(url_of(lead, "correct"), data, headers=HTMX)

    assert response.status_code == 200
    assert "<h1>Kaja" in response.text
    assert "+4722123456" in response.text
    assert StepKind.FIND_CONTACT not in lead.steps.open().values_list("kind", flat=True)


def test_somebody_faster_is_named_and_nothing_typed_is_lost(signed_in, bob, now):
    lead = make_lead(at=now)
    page = signed_in.get(url_of(lead))
    assert page.status_code == 200
    version = lead.version
    claim_lead(lead, by=bob, at=now)

    data = {"disposition": disposition("voicemail").pk, "version": version, "note": "A long voicemail"}
    response = signed_in.post(url_of(lead, "log_call"), data, headers=HTMX)

    assert response.status_code == 409
    assert "Bob took the lead" in response.text
    assert "A long voicemail" in response.text


def test_a_lead_changed_meanwhile_refuses_a_decision_and_keeps_its_words(signed_in, alice, mona, lead, now):
    old = lead.version
    recycle_lead(lead, reason=reason("not_ready"), by=mona, at=now)

    data = {"reason": reason("bad_data").pk, "version": old, "note": "The line is dead"}
    response = signed_in.post(url_of(lead, "disqualify"), data, headers=HTMX)

    assert response.status_code == 409
    assert "Mona recycled it: not ready" in response.text
    assert "The line is dead" in response.text
    assert Lead.objects.get(pk=lead.pk).phase == Phase.NURTURE


def test_a_touch_meets_the_first_touch(signed_in, lead):
    response = signed_in.post(
        url_of(lead, "log_touch"), {"kind": "email", "note": "The webinar question"}, headers=HTMX
    )

    assert "E-mail logged: Sam Oduya." in response.text
    assert Lead.objects.get(pk=lead.pk).first_touched_at is not None


def test_the_next_step_is_picked_or_written(signed_in, lead, now):
    signed_in.post(url_of(lead, "set_step"), {"kind": "task", "when": "days3", "title": "Send the case"})
    step = lead.steps.open().order_by("due_at").first()
    assert (step.kind, step.title) == (StepKind.TASK, "Send the case")

    response = signed_in.post(url_of(lead, "set_step"), {"kind": "call", "when": "", "due": "nonsense"})

    assert response.status_code == 422
    assert "Write it as a date and a time." in response.text


def test_a_step_without_a_kind_is_the_same_step_later(signed_in, lead, now):
    before = lead.steps.open().get()

    response = signed_in.post(url_of(lead, "snooze"), {"when": "days3"}, headers=HTMX)

    after = Step.objects.get(pk=before.pk)
    assert (after.kind, after.snoozed, after.due_at > now) == (before.kind, 1, True)
    assert "Snoozed: Sam Oduya." in response.text


def test_a_step_too_far_away_is_recycling(signed_in, lead, now):
    due = (now + timedelta(days=60)).strftime("%Y-%m-%dT10:00")

    response = signed_in.post(url_of(lead, "set_step"), {"kind": "call", "when": "at", "due": due}, headers=HTMX)

    assert response.status_code == 422
    assert "longer is recycling" in response.text


def test_a_finished_task_leaves_the_cadence_going(signed_in, lead):
    signed_in.post(url_of(lead, "set_step"), {"kind": "task", "when": "days3"})
    step = lead.steps.open().get()

    signed_in.post(url_of(lead, "finish_step"), {"step": step.pk}, headers=HTMX)

    assert lead.steps.open().get().made_by == Step.MadeBy.CADENCE


def test_undo_takes_the_call_back(signed_in, lead):
    call(signed_in, lead, "no_answer")

    response = signed_in.post(url_of(lead, "undo"), follow=True)

    assert "Taken back: Sam Oduya is as before." in response.text
    assert "taken back" in response.text
    assert Lead.objects.get(pk=lead.pk).attempts == 0


def test_one_corrects_ones_own_last_act_of_the_day_from_the_history(signed_in, lead):
    page = call(signed_in, lead, "no_answer").text
    event = re.search(r'name="event" value="(\d+)"', page)[1]

    signed_in.post(url_of(lead, "undo"), {"event": event})

    assert Lead.objects.get(pk=lead.pk).attempts == 0


def test_nobody_hands_off_by_a_digit_alone(signed_in, peter, lead):
    call(signed_in, lead, "meeting", next="on")

    assert HandOff.objects.count() == 0
