"""Whoever says that she is away hears of no track before she is back, whichever begins meanwhile."""

import json
import zipfile
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from django.db import IntegrityError, transaction

from agreement.models import Phase, StepKind
from leads.models import Step
from nurture.actions.advancing import advance
from nurture.actions.claiming import claim_messages
from nurture.actions.enrolling import enrol
from nurture.actions.erasing import forget_person
from nurture.actions.planning import write_message
from nurture.actions.receiving import take_mail
from nurture.held import export_of, held_of
from nurture.models import Away, Enrolment, Message
from tests.make import NOON, make_lead, make_person
from tests.nurture import mails
from tests.nurture.making import email, make_aside, make_enrolment, make_letter_track, make_track, step

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Monday, at eight in Oslo.
MORNING = datetime(2027, 3, 8, 7, 0, tzinfo=UTC)


@pytest.fixture
def jo(rules):
    return make_person(email="jo@brevik.example", given_name="Jo", family_name="Prentice", time_zone="Europe/Oslo")


@pytest.fixture
def sleeping(jo, alice):
    return make_lead(phase=Phase.NURTURE, bdr=alice, person=jo)


def says(words, *, at=NOON, subject="Automatic reply: Our offer"):
    return take_mail(mails.mail(words, subject=subject, Date="Mon, 1 Mar 2027 10:30:00 +0000"), source="imap", at=at)


def test_what_begins_while_she_is_away_waits_for_her_return(sleeping, alice, rules):
    says("I am away and back on 8 March.")

    hers = enrol(sleeping.person, track=make_track(email()), by=alice, at=NOON + HOUR)
    advance(at=NOON + HOUR)

    assert Message.objects.get(enrolment=hers).due_at == MORNING
    hers.refresh_from_db()
    assert hers.due_at == MORNING
    assert claim_messages(by="me", at=MORNING - HOUR) == []
    assert len(claim_messages(by="me", at=MORNING)) == 1


def test_a_letter_that_is_due_all_the_same_does_not_leave(jo, rules):
    says("I am away and back on 8 March.")
    hers = make_enrolment(make_letter_track(), jo)
    late = Message.objects.create(
        kind="nurture", person=jo, enrolment=hers, node=hers.version.nodes.get(), planned_at=NOON, due_at=NOON
    )

    assert claim_messages(by="me", at=NOON + HOUR) == []
    late.refresh_from_db()
    assert (late.state, late.due_at) == ("planned", MORNING)


def test_a_step_of_a_track_is_due_when_she_is_back(sleeping, alice):
    says("I am away and back on 8 March.")

    enrol(sleeping.person, track=make_track(step()), by=alice, at=NOON + HOUR)
    advance(at=NOON + HOUR)

    made = Step.objects.open().get(lead=sleeping, kind=StepKind.CALL)
    assert made.due_at >= MORNING


def test_what_was_said_last_holds_whichever_row_of_hers_it_was_said_of(jo, rules):
    other = make_person(merged_into=jo)
    says("I am away and back on 8 March.")
    Away.objects.create(person=other, said_at=NOON + HOUR, back_on=date(2027, 3, 3), until=MORNING - 5 * DAY)
    make_enrolment(make_track(email()), jo)

    advance(at=NOON + 2 * HOUR)

    assert Message.objects.get().due_at == MORNING - 5 * DAY


def test_a_rep_is_told_and_writes_all_the_same(client, alice, jo):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=jo)
    says("I am away and back on 8 March.", at=NOON)
    client.force_login(alice)

    told = client.get(f"/leads/{lead.public_id}/write/").content.decode()
    panel = client.get(f"/leads/{lead.public_id}/track/").content.decode()

    assert "Jo Prentice is out of office. Back on Mon 8 Mar 2027." in told
    assert "Back on Mon 8 Mar 2027." in panel
    assert write_message(lead, subject="Hello", text="Hello.", by=alice, at=NOON).due_at == NOON


def test_that_something_waits_is_said_only_where_something_does(sleeping, jo, alice):
    asked_for_nothing = says("I am away and back on 8 March.")
    make_enrolment(make_track(email()), lead=sleeping, due_at=NOON + DAY)
    moved = says("I am away and back on 9 March.", at=NOON + HOUR, subject="Out of office: Our offer")

    assert (asked_for_nothing.effect, moved.effect) == ("noted", "postponed")
    assert Enrolment.objects.get().due_at == MORNING + DAY


def test_it_is_kept_exported_and_forgotten_with_her(sleeping, jo):
    says("I am away and back on 8 March.")

    told = json.loads(zipfile.ZipFile(BytesIO(export_of(held_of([jo.pk])))).read("person.json"))
    assert [one["back_on"] for one in told["nurture.Away"]] == ["2027-03-08"]

    forget_person(jo, by=None, at=NOON + HOUR)
    assert not Away.objects.exists()


def test_nobody_is_back_before_she_said_so(jo):
    with pytest.raises(IntegrityError), transaction.atomic():
        Away.objects.create(person=jo, said_at=NOON, back_on=NOON.date(), until=NOON)


def test_a_year_that_was_typed_wrong_is_asked_for_again(client, marketer, jo):
    row = make_aside(text="Away until 8 March.")
    client.force_login(marketer)

    said = {"person": jo.public_id, "kind": "out_of_office", "back_on": "2037-03-08"}
    answer = client.post(f"/mail/in/{row.pk}/decide/", said)

    assert answer.status_code == 422
    assert answer.context["form"].errors["back_on"] == ["Nobody is away for more than 200 days: look at the year."]


def test_whoever_is_back_today_by_her_own_clock_is_not_away(client, marketer, jo, monkeypatch):
    # Noon of 2 March in Auckland, where the morning of that day is over.
    at = datetime(2027, 3, 1, 23, 0, tzinfo=UTC)
    monkeypatch.setattr("nurture.views.incoming.timezone.now", lambda: at)
    jo.time_zone = "Pacific/Auckland"
    jo.save(update_fields=["time_zone"])

    read = says("I am away and back on 2 March.", at=at)
    client.force_login(marketer)
    said = {"person": jo.public_id, "kind": "out_of_office"}
    row = make_aside(text="Away until 2 March.")
    today = client.post(f"/mail/in/{row.pk}/decide/", {**said, "back_on": "2027-03-02"})
    tomorrow = client.post(f"/mail/in/{row.pk}/decide/", {**said, "back_on": "2027-03-03"})

    assert (read.state, read.kind, read.effect) == ("done", "out_of_office", "none")
    assert today.status_code == 422
    assert today.context["form"].errors["back_on"] == ["They are back by then. Leave it empty, or look at the date."]
    assert tomorrow.status_code == 302
    assert [one.back_on for one in Away.objects.all()] == [date(2027, 3, 3)]
