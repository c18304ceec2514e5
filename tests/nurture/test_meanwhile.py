"""What happens between the moment a letter is planned or taken up and the moment it leaves."""

from datetime import timedelta

import pytest

from agreement.models import Phase
from content.models import Topic
from leads.models import Lead
from nurture.actions.advancing import advance
from nurture.actions.claiming import begin_message, claim_messages
from nurture.actions.enrolling import enrol, pause, take_out
from nurture.actions.preferring import prefer
from nurture.actions.receiving import take_mail
from nurture.actions.sending import deliver
from nurture.models import Enrolment, Message, MessageBody
from tests.make import NOON, make_asset, make_lead, make_person
from tests.nurture import mails
from tests.nurture.making import add_version, email, make_letter_track, make_message, make_track, move_all, wait

pytestmark = pytest.mark.django_db
MOMENT = timedelta(seconds=10)


def answers(alice):
    take_mail(
        mails.mail("Yes please, call me.", Date="Mon, 1 Mar 2027 12:00:00 +0000"), source="imap", at=NOON + MOMENT / 2
    )


def is_taken_out(alice):
    take_out(Enrolment.objects.get(), by=alice, at=NOON + MOMENT / 2)


@pytest.mark.parametrize("happens", [answers, is_taken_out])
def test_what_ends_a_track_stops_the_letter_that_was_taken_up(rules, alice, happens):
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=make_person(email="jo@brevik.example", time_zone="UTC"))
    make_message(lead=lead)
    (letter,) = claim_messages(by="one", at=NOON)

    happens(alice)

    assert not begin_message(letter, at=NOON + MOMENT)
    letter.refresh_from_db()
    assert (letter.state, letter.because) == ("cancelled", "ended")


def test_a_pause_gives_back_the_letter_that_was_taken_up(rules, alice):
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=make_person(email="jo@brevik.example", time_zone="UTC"))
    make_message(lead=lead)
    (letter,) = claim_messages(by="one", at=NOON)

    pause(Enrolment.objects.get(), by=alice, at=NOON + MOMENT / 2)

    assert not begin_message(letter, at=NOON + MOMENT)
    assert claim_messages(by="one", at=NOON + 2 * MOMENT) == []
    letter.refresh_from_db()
    assert letter.state == "planned"


def test_what_she_says_on_her_page_holds_for_the_letter_that_was_taken_up(rules, alice):
    topic = Topic.objects.create(key="planning", label="Planning")
    for person, said in (
        (make_person(time_zone="UTC"), {"paused_until": NOON + timedelta(days=30)}),
        (make_person(time_zone="UTC"), {}),
    ):
        make_message(make_letter_track(asset=make_asset(topic=topic)), person)
        (letter,) = claim_messages(by="one", at=NOON)

        said = {"pace": "normal", "paused_until": None, "refused": [] if said else [topic], **said}
        prefer(person, **said, at=NOON + MOMENT / 2)

        assert not begin_message(letter, at=NOON + MOMENT)
    first, second = Message.objects.order_by("pk")
    assert (first.state, first.attempt, second.state, second.because) == ("planned", 0, "cancelled", "preference")
    assert claim_messages(by="one", at=NOON + 2 * MOMENT) == []
    first.refresh_from_db()
    assert first.due_at >= NOON + timedelta(days=30)


def test_whoever_is_moved_to_the_newest_version_gets_its_words(rules, sink, marketer, clock):
    track = make_track(email(subject="What it costs", text="It costs 10."), wait(5))
    enrol(make_person(time_zone="UTC", email="a@b.example"), track=track, by=marketer, at=NOON)
    advance(at=NOON)
    Message.objects.update(due_at=NOON + timedelta(minutes=5))
    key = track.versions.get().nodes.get(kind="email").key
    newest = add_version(track, email(subject="What it costs", text="It costs 20.", key=key), wait(5))

    assert move_all(newest, by=marketer, at=NOON) == 1
    clock.on(minutes=10)
    deliver(by="one", clock=clock)

    assert "It costs 20." in MessageBody.objects.get().text
    assert [one.state for one in Message.objects.all()] == ["sent"]


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Return on investment: the numbers", "AW: Urlaub planen leicht gemacht", "Re: Automated invoice checks",
        "SV: Re: Absence management in five steps",
    ],
)  # fmt: skip
def test_the_words_of_our_own_subject_make_no_machine_of_who_answers(rules, alice, subject):
    person = make_person(email="jo@brevik.example")
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=person)
    answer = mails.mail(
        "Yes please, call me.", subject=subject, In_Reply_To="<one@localhost>", Date="Mon, 1 Mar 2027 12:00:00 +0000"
    )

    row = take_mail(answer, source="imap", at=NOON + timedelta(hours=1))

    assert (row.kind, row.effect) == ("reply", "in_front")
    assert Lead.objects.open().get(person=person).previous == lead


@pytest.mark.parametrize(
    "mark", [{"Precedence": "bulk"}, {"List-Id": "<all.brevik.example>"}, {"X-Spam-Flag": "YES"}], ids=str
)
def test_what_a_filter_writes_on_an_answer_to_us_loses_it_nowhere(rules, alice, settings, mark):
    make_lead(phase=Phase.NURTURE, bdr=alice, person=make_person(email="jo@brevik.example"))
    named = f"<0190a000-0000-7000-8000-000000000000@{settings.SITE_HOST}>"

    answer = mails.mail(
        "Yes please, call me.", **{"In-Reply-To": named, "Date": "Mon, 1 Mar 2027 12:00:00 +0000"}, **mark
    )
    news = mails.mail("Our newsletter", subject="News", **mark)

    assert take_mail(answer, source="imap", at=NOON + timedelta(hours=1)).kind == "reply"
    assert take_mail(news, source="imap", at=NOON + timedelta(hours=1)).kind == "other"
