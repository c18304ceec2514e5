"""What comes back is taken once, and the right thing follows from it."""

import re
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.actions.people import suppression_key
from accounts.models import ContactPoint, Suppression
from agreement.models import Phase, StepKind
from leads.actions.logging import log_call, set_step
from leads.checking import check_all
from leads.models import Engagement, Lead, Note, Step
from leads.naming import Names
from leads.timeline import Timeline
from nurture.actions.bouncing import SOFT_MAX
from nurture.actions.receiving import ATTEMPTS_MAX, take_mail
from nurture.models import Enrolment, Incoming, Message, MessageBody
from tests.constraints import constraints_of, put, refuses
from tests.make import NOON, disposition, make_asset, make_lead, make_person
from tests.nurture import mails
from tests.nurture.mails import complaint, report
from tests.nurture.making import email as node
from tests.nurture.making import make_track

LATER = NOON + timedelta(hours=2)
JO = "jo@brevik.example"
UNKNOWN = ("5.1.1", "550 5.1.1 user unknown")
FULL = ("5.2.2", "552 5.2.2 mailbox full")


def mail(body, **more):
    return mails.mail(body, **{"Date": "Mon, 1 Mar 2027 13:30:00 +0000", **more})


@pytest.fixture
def jo(db):
    return make_person(email=JO, given_name="Jo", family_name="Prentice")


def sent(person, *, by, at=NOON, **fields):
    """A message that left for her."""
    point = person.contact_points.get(kind="email")
    message = Message.objects.create(
        kind="by_hand", person=person, by=by, point=point, state="sent", planned_at=at, claimed_at=at, sent_at=at,
        to_hash=suppression_key(point.normalised), **fields,
    )  # fmt: skip
    MessageBody.objects.create(message=message, to_address=point.value, subject="Our offer")
    return message


def id_of(message):
    return f"<{message.public_id}@{settings.SITE_HOST}>"


def bounce(message, said=UNKNOWN, action="failed"):
    return report((JO, action, *said), original=id_of(message))


def take(raw, at=LATER):
    return take_mail(raw, source="imap", at=at)


def broken(at=LATER):
    return {name: ids for name, ids in check_all(at=at).items() if ids}


def told(lead, reader):
    """The newest lines of the timeline, with their words."""
    pursuits = list(Lead.objects.filter(person=lead.person_id))
    timeline, names = Timeline(lead, pursuits), Names()
    timeline.read_notes([])
    timeline.want(names)
    names.load()
    history = timeline.say(names, reader=reader.pk, now=LATER)
    return [(str(entry.text), entry.words) for _day, entries in history.days for entry in entries]


def test_a_reply_wakes_who_sleeps_and_its_words_stand_in_her_history(alice, jo):
    asleep = make_lead(phase=Phase.NURTURE, bdr=alice, person=jo)
    message = sent(jo, by=alice, asset=make_asset(), lead=asleep)
    raw = mail("Yes, call me on Tuesday.", In_Reply_To=id_of(message))

    row = take(raw)

    lead = Lead.objects.open().get(person=jo)
    assert (row.kind, row.effect, row.message, row.person) == ("reply", "in_front", message, jo)
    assert (lead.previous, lead.phase, lead.reserved_until is not None) == (asleep, Phase.QUEUED, True)
    assert ("Their reply by e-mail", ["Yes, call me on Tuesday."]) in told(lead, alice)
    message.refresh_from_db()
    assert message.replied_at == LATER
    assert broken() == {}


def test_the_same_mail_is_taken_once_wherever_it_is_moved(alice, jo):
    make_lead(phase=Phase.WORKING, bdr=alice, person=jo)
    raw = mail("Yes.")

    first = take(raw)
    again = take(b"Received: from elsewhere\r\n" + raw, at=LATER + timedelta(days=900))

    assert first.pk == again.pk
    assert Engagement.objects.filter(person=jo, kind="replied").count() == 1
    assert Note.objects.filter(text="Yes.").count() == 1


def test_a_reply_from_an_address_nobody_knows_is_of_whom_we_wrote_to_and_a_strangers_is_left_alone(alice, jo):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=jo)
    message = sent(jo, by=alice)

    known = take(mail("Hi", sender="assistant@elsewhere.example", In_Reply_To=id_of(message), Message_ID="<a@x>"))
    stranger = take(mail("Hi", sender="nobody@elsewhere.example", Message_ID="<b@x>"))
    forged = take(mail("Hi", sender="nobody@elsewhere.example", In_Reply_To="<0@127.0.0.1>", Message_ID="<c@x>"))
    own = take(mail("Hi", sender=alice.email, Message_ID="<d@x>"))

    assert [row.effect for row in (known, stranger, forged, own)] == ["in_front", "stranger", "stranger", "none"]
    lead.refresh_from_db()
    assert lead.due_at < LATER + timedelta(minutes=16)
    assert lead.steps.open().filter(kind=StepKind.REPLY).count() == 1


def test_old_mail_of_a_mailbox_is_history_and_some_days_of_it_still_wait(alice, jo):
    asleep = make_lead(phase=Phase.NURTURE, bdr=alice, person=jo)

    take(mail("Long ago", Date="Mon, 1 Jun 2026 09:00:00 +0000", Message_ID="<a@x>"))
    asleep.refresh_from_db()
    assert asleep.phase == Phase.NURTURE

    take(mail("Last week", Date="Mon, 22 Feb 2027 09:00:00 +0000", Message_ID="<b@x>"))
    asleep.refresh_from_db()
    assert asleep.phase == Phase.CLOSED


def test_an_address_that_takes_no_mail_is_used_no_more_and_its_planned_mail_is_not_written(alice, jo):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=jo)
    Step.objects.filter(lead=lead, state="open").update(kind=StepKind.EMAIL)
    message = sent(jo, by=alice, lead=lead)

    row = take(bounce(message))

    assert (row.kind, row.effect, row.status) == ("bounce_hard", "bounced", "5.1.1")
    assert jo.contact_points.get(kind="email").state == ContactPoint.State.BOUNCED
    assert StepKind.EMAIL not in lead.steps.open().values_list("kind", flat=True)
    assert lead.steps.open().count() == 1
    lines = [text for text, _words in told(lead, alice)]
    assert "Their e-mail address takes no mail: nothing is sent there any more" in lines
    assert "The planned e-mail is not written: no address is left" in lines
    assert broken() == {}


def test_a_report_that_names_no_message_of_ours_says_nothing_of_an_address(alice, jo):
    sent(jo, by=alice)

    row = take(report((JO, "failed", *UNKNOWN), original="<somebody@elsewhere.example>"))

    assert row.effect == "stranger"
    assert jo.contact_points.get(kind="email").state == ContactPoint.State.OK


def test_what_was_not_delivered_is_counted_and_the_fifth_in_a_row_ends_it(alice, jo):
    effects = []
    for number in range(SOFT_MAX):
        at = NOON + timedelta(minutes=number)
        message = sent(jo, by=alice, at=at)
        effects.append(take(report((JO, "delayed", *FULL), original=id_of(message), words=f"late {at}")).effect)
        Incoming.objects.all().delete()
        effects.append(take(bounce(message, FULL)).effect)
        Incoming.objects.all().delete()

    assert effects == [*["none", "counted"] * 4, "none", "bounced"]
    assert jo.contact_points.get(kind="email").state == ContactPoint.State.BOUNCED


@pytest.mark.parametrize(
    "said",
    [
        ("5.7.1", "550 5.7.1 rejected as spam"),
        ("5.1.0", f"550 5.1.0 <{settings.DEFAULT_FROM_EMAIL}>: Sender address rejected: undeliverable address"),
        ("5.2.0", "554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException"),
        ("5.0.0", ""),
    ],
)
def test_what_came_back_for_our_sake_is_told_and_counts_against_no_address(alice, jo, said):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=jo)
    for number in range(SOFT_MAX):
        message = sent(jo, by=alice, at=NOON + timedelta(minutes=number), lead=lead)
        take(bounce(message, said))
        Incoming.objects.all().delete()

    message.refresh_from_db()
    assert message.bounced_at is not None
    assert jo.contact_points.get(kind="email").state == ContactPoint.State.OK
    assert told(lead, alice)[0][0] == "An e-mail could not be delivered"


def test_what_came_back_for_our_sake_ends_no_row_of_what_did_for_her_mailbox(alice, jo):
    listed = ("5.7.1", "550 5.7.1 rejected as spam")
    for number, said in enumerate([FULL, FULL, listed, FULL, FULL, listed]):
        take(bounce(sent(jo, by=alice, at=NOON + timedelta(minutes=number)), said))
        Incoming.objects.all().delete()
    assert jo.contact_points.get(kind="email").state == ContactPoint.State.OK

    take(bounce(sent(jo, by=alice, at=NOON + timedelta(hours=1)), FULL))

    assert jo.contact_points.get(kind="email").state == ContactPoint.State.BOUNCED


def test_only_what_came_back_did_for_our_sake(alice, jo):
    message = sent(jo, by=alice)

    refuses(constraints_of("nurture")["message_block_came_back"], lambda: put(message, is_block_bounce=True))


@pytest.mark.parametrize(
    "raw",
    [
        lambda message: complaint(original=id_of(message)),
        lambda _message: complaint(original="<hidden@provider.example>"),
        lambda message: mail("Please remove me from your list.", sender="x@y.example", In_Reply_To=id_of(message)),
        lambda _message: mail("STOP"),
        lambda _message: mail("", subject="unsubscribe"),
    ],
)
def test_who_complains_or_wants_out_is_silent_at_once(alice, jo, raw):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=jo)
    Step.objects.filter(lead=lead, state="open").update(kind=StepKind.EMAIL)
    message = sent(jo, by=alice, lead=lead)

    assert take(raw(message)).effect == "silenced"

    assert Suppression.objects.filter(person=jo, channel="email").exists()
    assert StepKind.EMAIL not in lead.steps.open().values_list("kind", flat=True)
    assert told(lead, alice)[0][0] in (
        "Complained about our e-mail: they get no more of it",
        "Asked by e-mail for no more of it",
    )
    assert broken() == {}


def test_the_wish_of_a_stranger_holds_for_her_address(db):
    assert take(mail("unsubscribe", sender="who@elsewhere.example")).effect == "stranger"
    assert Suppression.objects.filter(person=None, channel="email").count() == 1


def test_who_is_away_hears_from_us_on_the_morning_she_is_back(alice, jo):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=jo)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    track = make_track(node(), node())
    version = track.versions.get()
    first, second = version.nodes.order_by("position")
    enrolment = Enrolment.objects.create(
        person=jo, track=track, version=version, node=first, due_at=LATER + timedelta(days=1), started_at=NOON
    )
    planned = Message.objects.create(
        kind="nurture", person=jo, enrolment=enrolment, node=second, planned_at=NOON, due_at=LATER
    )
    jo.time_zone = "Europe/Oslo"
    jo.save()
    raw = mail("I am away and back on 8 March.", subject="Automatic reply: Our offer")

    row = take(raw)

    morning = datetime(2027, 3, 8, 7, 0, tzinfo=UTC)  # Eight in Oslo.
    planned.refresh_from_db()
    enrolment.refresh_from_db()
    lead.refresh_from_db()
    assert (row.kind, row.effect, str(row.back_on)) == ("out_of_office", "postponed", "2027-03-08")
    assert (planned.due_at, enrolment.due_at) == (morning, morning)
    # In the first hour of her rep after it.
    assert lead.due_at == morning + timedelta(hours=1)
    lines = [text for text, _words in told(lead, alice)]
    assert lines[0].startswith("Attempts wait until")
    assert lines[1].startswith("Out of office, back on")
    assert broken() == {}


def test_until_when_attempts_wait_is_said_on_both_clocks(client, alice, jo):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=jo)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    jo.time_zone = "Asia/Tokyo"
    jo.save()
    take(mail("I am away and back on 8 March.", subject="Automatic reply: Our offer"))
    client.force_login(alice)

    page = client.get(reverse("leads:lead", args=[lead.public_id])).text
    older = client.get(reverse("leads:timeline", args=[lead.public_id]), headers={"HX-Request": "true"}).text

    for answer in (page, older):
        assert re.search(r"Attempts wait until [^<]* 8:00 \(17:00 theirs\)", answer)


def soft_of(lead, reader):
    """What the newest lines of the timeline add."""
    pursuits = list(Lead.objects.filter(person=lead.person_id))
    timeline, names = Timeline(lead, pursuits), Names()
    timeline.read_notes([])
    timeline.want(names)
    names.load()
    history = timeline.say(names, reader=reader.pk, now=LATER)
    return [str(entry.soft) for _day, entries in history.days for entry in entries]


@pytest.mark.parametrize(
    ("promised", "back", "says"),
    [
        (True, "8 March", "Call back of tomorrow 16:00 was promised and stays: you may put it off"),
        (False, "8 March", "Call of tomorrow 16:00 was set by hand and stays: you may put it off"),
    ],
)
def test_what_was_promised_before_she_is_back_stays_and_the_history_says_so(alice, jo, promised, back, says):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=jo)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    at_four = datetime(2027, 3, 2, 16, 0, tzinfo=UTC)
    set_step(lead, kind="call_back" if promised else "call", by=alice, at=NOON, due=at_four)

    take(mail(f"I am away and back on {back}.", subject="Automatic reply: Our offer"))

    lead.refresh_from_db()
    assert lead.due_at == at_four
    assert says in soft_of(lead, alice)
    assert broken() == {}


def test_so_long_an_absence_is_for_her_rep_to_decide_on_and_the_history_says_so(alice, jo):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=jo)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    due_at = Lead.objects.get(pk=lead.pk).due_at

    take(mail("I am away and back on 8 May.", subject="Automatic reply: Our offer"))

    lead.refresh_from_db()
    assert lead.due_at == due_at
    assert any("so long an absence is yours to decide on" in soft for soft in soft_of(lead, alice))


def test_a_first_touch_is_promised_whoever_is_away(alice, jo):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=jo)

    take(mail("Back on 8 March.", subject="Out of office"))

    assert Lead.objects.get(pk=lead.pk).due_at == lead.due_at


def test_what_cannot_be_recorded_is_set_aside_with_its_error_and_holds_up_nothing(alice, jo, monkeypatch):
    make_lead(phase=Phase.WORKING, bdr=alice, person=jo)

    def breaks(*args, **more):
        raise ValueError("no such \x00 words")

    with monkeypatch.context() as patch:
        patch.setattr("nurture.actions.receiving.record_received", breaks)
        poison = take(mail("Poison", Message_ID="<a@x>"))
    good = take(mail("Yes.", Message_ID="<b@x>"))

    assert (poison.state, poison.error) == ("aside", "ValueError: no such  words")
    assert good.state == "done"
    assert not Engagement.objects.filter(person=jo).exclude(recorded_at=LATER).exists()
    assert Engagement.objects.filter(person=jo).count() == 1


def test_what_ends_its_reader_again_and_again_is_set_aside(db, monkeypatch):
    def killed(raw):
        raise KeyboardInterrupt

    monkeypatch.setattr("nurture.actions.receiving.read_mail", killed)
    for _ in range(ATTEMPTS_MAX):
        with pytest.raises(KeyboardInterrupt):
            take(mail("Poison"))

    assert take(mail("Poison")).state == "aside"
    assert timezone.is_aware(Incoming.objects.get().taken_at)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("=?utf-8?q?Jo=00_X?=", "Jo X"),
        ("=?utf-7?q?+2AA-?=", "?"),
        ("=?utf-8?b?abcde?=", "=?utf-8?b?abcde?="),
        ("=?utf-8?q?J=C3=B3?= X", "J\u00f3 X"),
    ],
)
def test_what_is_set_aside_is_kept_with_its_words_whatever_its_headers_say(jo, monkeypatch, said, name):
    def breaks(raw):
        raise ZeroDivisionError

    monkeypatch.setattr("nurture.actions.receiving.read_mail", breaks)

    row = take(mail("Poison", sender=f"{said} <{JO}>", subject=said))

    body = row.body
    assert (row.state, body.sender, body.sender_name, body.subject, body.text) == ("aside", JO, name, name, "Poison")


def test_what_no_database_takes_is_left_out_of_her_words(alice, jo):
    make_lead(phase=Phase.WORKING, bdr=alice, person=jo)

    row = take(mail("Y\x00es.", subject="Re:\x00 =?utf-8?B?7aCA?= offer"))

    assert (row.state, row.effect) == ("done", "in_front")
    assert Note.objects.filter(text="Yes.").exists()


def test_after_an_upgrade_what_passed_for_ours_as_it_named_no_address_waits_for_one_of_us(alice):
    at = timezone.now()
    lost = take(mail("Could we talk?", sender="Nora", Message_ID="<a@x>"), at=at)
    put_away = take(mail("Hello.", sender="Nora", Message_ID="<b@x>"), at=at)
    old = take(mail("Hello.", sender="Nora", Message_ID="<c@x>"), at=at - timedelta(days=40))
    ours = take(mail("Hello.", sender=alice.email, Message_ID="<d@x>"), at=at)
    Incoming.objects.update(effect="none")
    Incoming.objects.filter(pk=put_away.pk).update(decided_at=at)

    migration = import_module("nurture.migrations.0052_mail_that_named_no_address")
    for _ in range(2):
        migration.show(apps, connection.schema_editor())

    assert [row.pk for row in Incoming.objects.replies_of_strangers()] == [lost.pk]
    assert set(Incoming.objects.filter(pk__in=[old.pk, ours.pk]).values_list("effect", flat=True)) == {"none"}
