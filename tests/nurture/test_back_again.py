"""Whoever is back before the day she gave is away no more: she writes so herself, or a rep says it."""

from datetime import UTC, date, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from accounts.models import Person
from agreement.models import Phase
from leads.actions.logging import log_touch
from leads.actions.merging import merge_people
from leads.models import Step
from nurture.actions.absences import begin_absence, end_absence
from nurture.actions.advancing import advance
from nurture.actions.claiming import claim_messages
from nurture.actions.erasing import forget_person
from nurture.actions.receiving import take_mail
from nurture.models import Away, Enrolment, Message
from nurture.wishes import Wishes
from tests.make import NOON, make_lead, make_person
from tests.nurture import mails
from tests.nurture.making import email, make_enrolment, make_message, make_track, wait

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Noon on Wednesday; she had said Friday of next week.
BACK = NOON + 2 * DAY
UNTIL, SOONER = datetime(2027, 3, 12, 8, 0, tzinfo=UTC), datetime(2027, 3, 8, 8, 0, tzinfo=UTC)


@pytest.fixture
def jo(rules):
    return make_person(email="jo@brevik.example", given_name="Jo", family_name="Prentice", time_zone="UTC")


def goes_away(*, at=NOON):
    words = "I am away and back on 12 March."
    take_mail(
        mails.mail(words, subject="Automatic reply: Our offer", Date="Mon, 1 Mar 2027 11:30:00 +0000"),
        source="imap", at=at,
    )  # fmt: skip


def writes(words="I am back early, please call me.", *, date="Wed, 3 Mar 2027 11:30:00 +0000", **headers):
    return take_mail(mails.mail(words, Date=date, **headers), source="imap", at=BACK)


def is_away(jo, *, at=BACK):
    return Wishes([jo.pk]).away(jo.pk, at=at) is not None


def test_who_writes_herself_is_back_and_her_history_says_so(client, jo, alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=jo)
    goes_away()
    assert is_away(jo)

    writes()

    assert not is_away(jo)
    assert Away.objects.get().ended_at == BACK
    client.force_login(alice)
    assert "Back before the day they gave" in client.get(f"/leads/{lead.public_id}/").text
    assert "Out of office" not in client.get(f"/leads/{lead.public_id}/track/").text


def test_what_she_wrote_before_she_went_and_what_others_write_ends_nothing(jo):
    make_lead(phase=Phase.NURTURE, person=jo)
    goes_away()

    writes("See you.", date="Mon, 1 Mar 2027 11:00:00 +0000")
    writes("Jo is away, I answer.", sender="pa@brevik.example", Message_ID="<pa@brevik.example>")

    assert is_away(jo)


@pytest.mark.parametrize(
    ("sender", "date", "leaves_her_away"),
    [
        ("jo@brevik.example", "Mon, 1 Mar 2027 11:45:00 +0000", False),
        ("jo@brevik.example", "Mon, 1 Mar 2027 11:15:00 +0000", True),
        ("pa@brevik.example", "Mon, 1 Mar 2027 11:45:00 +0000", True),
    ],
)
def test_an_answer_of_her_mail_program_that_is_read_after_what_she_wrote_since_begins_nothing(
    client, jo, alice, sender, date, leaves_her_away
):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=jo)
    offer = make_letter_to(jo, alice)
    writes("I am in, call me.", date=date, sender=sender, In_Reply_To=offer)

    goes_away(at=BACK)

    assert is_away(jo) == leaves_her_away
    client.force_login(alice)
    assert "I am away and back on 12 March." in client.get(f"/leads/{lead.public_id}/").text


def test_of_two_answers_of_her_mail_program_the_one_that_was_sent_last_holds(jo):
    make_lead(phase=Phase.NURTURE, person=jo)
    later = mails.mail(
        "I am away and back on 8 March.", subject="Automatic reply", Date="Wed, 3 Mar 2027 11:30:00 +0000"
    )
    take_mail(later, source="imap", at=BACK)

    goes_away(at=BACK)

    assert [one.back_on for one in Away.objects.all()] == [date(2027, 3, 8)]


def test_what_a_rep_noted_since_holds(jo, alice):
    make_lead(phase=Phase.NURTURE, bdr=alice, person=jo)
    goes_away()
    end_absence(jo.pk, by=alice, at=BACK)
    sent_before = mails.mail(
        "I am away and back on 15 March.", subject="Automatic reply", Date="Wed, 3 Mar 2027 09:30:00 +0000"
    )

    take_mail(sent_before, source="imap", at=BACK + HOUR)

    assert not is_away(jo, at=BACK + HOUR)


def test_who_goes_away_again_after_what_she_wrote_is_away_although_that_was_read_late(jo):
    make_lead(phase=Phase.WORKING, person=jo)
    goes_away()
    writes(date="Tue, 2 Mar 2027 10:00:00 +0000")
    assert not is_away(jo)
    again = mails.mail(
        "I am away and back on 15 March.", subject="Automatic reply", Date="Tue, 2 Mar 2027 11:00:00 +0000"
    )

    read = take_mail(again, source="imap", at=BACK + MINUTE)

    assert (read.effect, is_away(jo, at=BACK + HOUR)) == ("noted", True)
    assert Away.objects.get(ended_at=None).back_on == date(2027, 3, 15)


def make_letter_to(person, rep):
    """A letter of ours that she may answer, or somebody in her stead; its name."""
    message = Message.objects.create(
        kind="by_hand", person=person, by=rep, state="sent", planned_at=NOON, claimed_at=NOON, sent_at=NOON, to_hash="x"
    )
    return f"<{message.public_id}@{settings.SITE_HOST}>"


def test_a_rep_says_that_she_is_back_and_what_waited_goes_on(client, jo, alice, bob, monkeypatch):
    monkeypatch.setattr("nurture.views.lead_panel.timezone.now", lambda: BACK)
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=jo)
    hers = make_enrolment(make_track(wait(1), email()), lead=lead)
    advance(at=NOON)
    goes_away()
    hers.refresh_from_db()
    assert hers.due_at == UNTIL
    address = f"/leads/{lead.public_id}/track/"
    client.force_login(alice)
    panel = client.get(address).text

    said = client.post(f"{address}act/", {"does": "back", "form_id": "one"}, follow=True)
    again = client.post(f"{address}act/", {"does": "back", "form_id": "two"}, headers={"HX-Request": "true"})

    assert ">They are back</button>" in panel
    assert ("They are back: what waited for them goes on." in said.text, is_away(jo)) == (True, False)
    assert again.status_code == 409
    hers.refresh_from_db()
    assert hers.due_at == BACK
    assert "You noted that they are back before the day they gave" in client.get(f"/leads/{lead.public_id}/").text


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_rep_who_is_held_up_for_too_long_is_asked_to_try_again(client, jo, alice, monkeypatch, headers):
    def waits(*_args, **_named):
        raise OperationalError("canceling statement due to lock timeout")

    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=jo)
    goes_away()
    monkeypatch.setattr("nurture.views.lead_panel.timezone.now", lambda: BACK)
    client.force_login(alice)
    address = f"/leads/{lead.public_id}/track/act/"

    with monkeypatch.context() as held_up:
        held_up.setattr("nurture.views.lead_panel.end_absence", waits)
        said = client.post(address, {"does": "back", "form_id": "one"}, headers=headers, follow=True)
    assert "That could not be kept just now. Please try again in a moment." in said.text
    assert (said.status_code, is_away(jo)) == (409 if headers else 200, True)
    client.post(address, {"does": "back", "form_id": "one"})

    assert not is_away(jo)


def test_a_wait_that_is_not_over_ends_when_it_would_have(jo):
    lead = make_lead(phase=Phase.WORKING, person=jo)
    hers = make_enrolment(make_track(wait(5), email(), kind="play"), lead=lead)
    advance(at=NOON)
    goes_away()

    writes()

    left = Enrolment.objects.get(pk=hers.pk)
    assert left.due_at == NOON + 5 * DAY


def test_a_letter_leaves_within_her_hours_at_once(client, jo, alice, monkeypatch):
    monkeypatch.setattr("nurture.views.lead_panel.timezone.now", lambda: BACK)
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=jo)
    make_enrolment(make_track(email()), lead=lead)
    advance(at=NOON)
    goes_away()
    assert Message.objects.get().due_at == UNTIL

    client.force_login(alice)
    client.post(f"/leads/{lead.public_id}/track/act/", {"does": "back", "form_id": "one"})

    assert len(claim_messages(by="me", at=BACK)) == 1


@pytest.mark.parametrize("says", ["a rep", "her mail program"])
def test_a_letter_that_was_put_off_to_her_hours_after_the_day_she_gave_goes_back_too(jo, alice, says):
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=jo)
    hers = make_enrolment(make_track(email()), lead=lead)
    advance(at=NOON)
    begin_absence(
        jo.pk, kind="out_of_office", words="", back_on=date(2027, 3, 13), zone="UTC", said_at=NOON - HOUR, at=NOON
    )
    saturday = Message.objects.get().due_at
    Message.objects.update(due_at=NOON)
    claim_messages(by="me", at=NOON)
    monday = Message.objects.get().due_at
    Enrolment.objects.update(due_at=monday)

    if says == "a rep":
        end_absence(jo.pk, by=alice, at=BACK)
    else:
        gives_an_earlier_day()

    assert (saturday.strftime("%a"), monday.strftime("%a")) == ("Sat", "Mon")
    # What is as late as that leaves over the next six hours.
    sooner, least = Message.objects.get().due_at, BACK if says == "a rep" else SOONER
    assert least <= sooner < least + 6 * HOUR
    hers.refresh_from_db()
    assert hers.due_at == least


def test_an_attempt_that_waited_is_due_when_it_was_planned_or_now(client, jo, alice, monkeypatch):
    monkeypatch.setattr("nurture.views.lead_panel.timezone.now", lambda: BACK)
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=jo)
    log_touch(lead, kind="email", by=alice, at=NOON)
    lead.refresh_from_db()
    attempts = Step.objects.open().filter(lead=lead, made_by=Step.MadeBy.CADENCE)
    planned = attempts.get().due_at
    goes_away()
    assert attempts.get().due_at == UNTIL

    client.force_login(alice)
    client.post(f"/leads/{lead.public_id}/track/act/", {"does": "back", "form_id": "one"})

    assert attempts.get().due_at == max(planned, BACK + timedelta(minutes=1))
    lead.refresh_from_db()
    assert lead.due_at == attempts.get().due_at
    assert "back from out of office" in client.get(f"/leads/{lead.public_id}/").text


def gives_an_earlier_day(*, at=NOON + DAY):
    take_mail(
        mails.mail(
            "I am away and back on 8 March.", subject="Automatic reply: Our offer",
            Date="Tue, 2 Mar 2027 11:30:00 +0000", Message_ID="<sooner@brevik.example>",
        ),
        source="imap", at=at,
    )  # fmt: skip


def test_what_waited_for_the_day_she_gave_goes_back_to_an_earlier_one_that_she_gives(client, jo, alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=jo)
    log_touch(lead, kind="email", by=alice, at=NOON)
    attempts = Step.objects.open().filter(lead=lead, made_by=Step.MadeBy.CADENCE)
    planned = attempts.get().due_at
    letter = make_message(person=jo, due_at=NOON + HOUR)
    goes_away()
    assert (Message.objects.get().due_at, attempts.get().due_at) == (UNTIL, UNTIL)

    gives_an_earlier_day()

    letter.refresh_from_db()
    assert (letter.due_at, attempts.get().due_at) == (SOONER, SOONER)
    client.force_login(alice)
    assert "back sooner than they had said" in client.get(f"/leads/{lead.public_id}/").text
    assert end_absence(jo.pk, at=BACK)
    letter.refresh_from_db()
    assert (letter.due_at, attempts.get().due_at) == (BACK, max(planned, BACK + MINUTE))


@pytest.mark.parametrize(("days", "goes_on"), [(1, SOONER), (10, NOON + 10 * DAY)])
def test_a_wait_goes_back_to_an_earlier_day_or_to_its_own_end(jo, days, goes_on):
    lead = make_lead(phase=Phase.WORKING, person=jo)
    hers = make_enrolment(make_track(wait(days), email(), kind="play"), lead=lead)
    advance(at=NOON)
    goes_away()

    gives_an_earlier_day()

    hers.refresh_from_db()
    assert hers.due_at == goes_on


def test_an_attempt_that_is_planned_meanwhile_goes_back_to_an_earlier_day_and_from_it(jo, alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=jo)
    other = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(time_zone="UTC"))
    goes_away()
    for one in (lead, other):
        log_touch(one, kind="email", by=alice, at=NOON + HOUR)
    attempts = Step.objects.open().filter(made_by=Step.MadeBy.CADENCE)

    gives_an_earlier_day()
    assert attempts.get(lead=lead).due_at == SOONER
    end_absence(jo.pk, by=alice, at=NOON + DAY + HOUR)

    assert attempts.get(lead=lead).due_at == max(attempts.get(lead=other).due_at, NOON + DAY + HOUR + MINUTE)


@pytest.mark.parametrize("was_merged", [False, True])
def test_an_attempt_that_is_planned_meanwhile_waits_for_the_day_and_goes_back_from_it(jo, alice, was_merged):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=jo)
    other = make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(time_zone="UTC"))
    goes_away()
    if was_merged:
        kept = make_person(time_zone="UTC")
        merge_people(kept, jo, by=None, at=NOON)
        lead.refresh_from_db()
    for one in (lead, other):
        log_touch(one, kind="email", by=alice, at=NOON + HOUR)

    attempts = Step.objects.open().filter(made_by=Step.MadeBy.CADENCE)
    elsewhere = attempts.get(lead=other).due_at
    assert NOON + HOUR < elsewhere < UNTIL
    assert attempts.get(lead=lead).due_at == UNTIL
    lead.refresh_from_db()
    assert lead.due_at == UNTIL

    end_absence(lead.person_id, by=alice, at=NOON + 2 * HOUR)
    assert attempts.get(lead=lead).due_at == elsewhere
    log_touch(lead, kind="email", by=alice, at=NOON + 3 * HOUR)
    assert attempts.get(lead=lead).due_at < UNTIL


def test_so_long_an_absence_puts_off_no_attempt_that_is_planned_meanwhile(jo, alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=jo)
    words = "I am away and back on 30 April."
    take_mail(
        mails.mail(words, subject="Automatic reply: Our offer", Date="Mon, 1 Mar 2027 11:30:00 +0000"),
        source="imap", at=NOON,
    )  # fmt: skip
    log_touch(lead, kind="email", by=alice, at=NOON + HOUR)

    assert Step.objects.open().get(lead=lead).due_at < UNTIL


def test_who_was_away_before_attempts_waited_for_it_is_so_after_an_upgrade(jo):
    now, back = timezone.now(), make_person()
    for person, ended_at in ((jo, None), (back, now)):
        Away.objects.create(person=person, said_at=now - 2 * DAY, back_on=now.date(), until=now + 5 * DAY)
        Away.objects.create(
            person=person, said_at=now - DAY, back_on=now.date(), until=now + 3 * DAY, ended_at=ended_at
        )

    import_module("nurture.migrations.0042_away_until_filled").fill(apps, None)

    assert [Person.objects.get(pk=one.pk).away_until for one in (jo, back)] == [now + 3 * DAY, None]


def test_after_an_upgrade_the_last_word_holds_by_whichever_row_it_was_said(jo):
    """The last word of one is that she is back, of one that another day, of one it was said before she was merged."""
    now, back, sooner = timezone.now(), make_person(), make_person()
    merged = make_person(merged_into=make_person(merged_into=jo))

    def says(person, days, *, ago, **more):
        until = now + days * DAY
        Away.objects.create(person=person, said_at=now - ago * DAY, back_on=until.date(), until=until, **more)

    says(back, 9, ago=5)
    says(back, -1, ago=3)
    says(sooner, 9, ago=5)
    says(sooner, 3, ago=3)
    says(merged, 4, ago=2)
    Person.objects.filter(pk__in=[back.pk, sooner.pk]).update(away_until=now + 9 * DAY)

    import_module("nurture.migrations.0047_away_until_by_the_last_word").fill(apps, connection.schema_editor())

    people = dict(Person.objects.values_list("pk", "away_until"))
    assert (people[back.pk], people[sooner.pk]) == (None, now + 3 * DAY)
    assert {people[pk] for pk in (jo.pk, merged.pk, merged.merged_into_id)} == {now + 4 * DAY}


def test_who_is_forgotten_is_not_away_either(jo):
    make_lead(phase=Phase.NURTURE, person=jo)
    goes_away()
    jo.refresh_from_db()
    assert jo.away_until == UNTIL

    forget_person(jo, by=None, at=NOON + HOUR)

    jo.refresh_from_db()
    assert jo.away_until is None


def test_only_who_may_work_the_lead_says_it(client, jo, alice, bob):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=jo)
    goes_away()
    client.force_login(bob)

    panel = client.get(f"/leads/{lead.public_id}/track/").text
    refused = client.post(f"/leads/{lead.public_id}/track/act/", {"does": "back", "form_id": "one"})

    assert (refused.status_code, ">They are back</button>" in panel) == (403, False)
    assert Away.objects.get().ended_at is None


def test_nobody_is_back_after_the_day_she_gave(jo):
    for ended_at in (NOON - HOUR, NOON + DAY):
        with pytest.raises(IntegrityError), transaction.atomic():
            Away.objects.create(person=jo, said_at=NOON, back_on=NOON.date(), until=NOON + DAY, ended_at=ended_at)


def test_what_ends_a_time_away_is_said_during_it_and_before_it_is_heard(jo):
    for ended_at, said_at in ((NOON + HOUR, NOON + 2 * HOUR), (NOON + HOUR, NOON - HOUR), (None, NOON)):
        with pytest.raises(IntegrityError, match="away_end_was_said_before_it"), transaction.atomic():
            Away.objects.create(
                person=jo, said_at=NOON, back_on=NOON.date(), until=NOON + DAY, ended_at=ended_at, back_said_at=said_at
            )
