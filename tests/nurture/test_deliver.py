"""The outbox against a real mail server: each message at most once, and what the server said decides its state."""

from datetime import timedelta

import pytest

from accounts.actions.people import suppress_person
from accounts.models import ContactPoint
from content.models import Topic
from leads.actions.recycling import wake_lead
from nurture.actions.claiming import LEASE, begin_message, claim_messages, free_leases
from nurture.actions.planning import titles_in, write_message
from nurture.actions.preferring import prefer, unsubscribe
from nurture.actions.sending import FAILURES_MOST, deliver
from nurture.actions.switching import start_mail, stop_mail
from nurture.demo import make_tracks
from nurture.models import Enrolment, MailServer, Message
from nurture.recipients import permalink
from tests.make import NOON, make_asset, make_lead, make_person
from tests.nurture.making import leave, make_letter_track, make_message

pytestmark = pytest.mark.django_db


def states():
    return dict(Message.objects.values_list("person__given_name", "state"))


def test_a_message_is_a_mail_with_both_parts_its_links_by_ours_and_a_way_to_stop_it(sink, rules, clock, settings):
    asset = make_asset("The planner's guide")
    track = make_letter_track(text="Look at [this]({{ asset_link }}), {{ first_name | you }}.", asset=asset)
    message = make_message(
        track, make_person(time_zone="UTC", given_name="Ada", family_name='Holm, "A"', email="ada@corvane.example")
    )

    assert deliver(by="me", clock=clock) == 1

    (mail,) = sink.taken
    assert (mail["Subject"], mail["To"].addresses[0].display_name) == ("Hello Ada", 'Ada Holm, "A"')
    # One word however long: encoded, no mail program finds it.
    assert f"\r\nList-Unsubscribe: <{settings.SITE_URL}/mail/stop/{message.pk}.".encode() in sink.raw[0]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    link = message.links.get(number=1)
    assert link.asset == asset
    for part in (text, html):
        assert "/m/" in part
        assert str(asset.public_id) not in part
    assert "color-scheme" in html
    assert "<script" not in html
    message.refresh_from_db()
    assert (message.state, message.sent_at, message.asset_version) == ("sent", NOON, 1)
    assert message.body.to_address == "ada@corvane.example"


def test_an_address_without_words_is_a_link_of_ours_in_both_parts(sink, rules, clock, settings):
    asset = make_asset("The planner's guide")
    track = make_letter_track(text="Look:\n\n{{ asset_link }}\n\nOr https://x.example/a_b, too.", asset=asset)
    message = make_message(track, make_person(time_zone="UTC", email="ada@corvane.example"))

    deliver(by="me", clock=clock)

    (mail,) = sink.taken
    assert list(message.links.filter(number__gt=0).values_list("asset", flat=True)) == [asset.pk, None]
    text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert (text.count("/m/"), html.count(f'<a href="{settings.SITE_URL}/m/')) == (2, 2)
    assert "x.example" not in text
    # Who reads it as HTML sees what it leads to, and no address with a number in it.
    assert (html.count(">The planner's guide</a>"), str(asset.public_id) in html) == (1, False)
    assert "The planner's guide" not in text


def test_an_address_of_the_library_is_called_by_its_title_whatever_the_letter_brings(
    sink, rules, clock, django_assert_num_queries
):
    brought, *others = (make_asset(title) for title in ("The guide", "Spare parts", "Audits", "Uptime"))
    pasted = [permalink(str(asset.public_id)) for asset in others]
    lead = make_lead(phase="working", person=make_person(time_zone="UTC", email="ada@corvane.example"))
    write_message(
        lead, subject="Hi", text="\n\n".join([*pasted, f"[so]({pasted[0]})"]), asset=brought, by=lead.bdr, at=NOON
    )
    track = make_letter_track(text=f"Look: {pasted[0]}")
    make_message(track, make_person(time_zone="UTC", email="bo@corvane.example"))

    deliver(by="me", clock=clock)

    found = {mail["To"].addresses[0].username: mail.get_body(("html",)).get_content() for mail in sink.taken}
    said = ("The guide", "Spare parts", "Audits", "Uptime", "so")
    assert [found["ada"].count(f">{words}</a>") for words in said] == [1] * 5
    assert (found["bo"].count(">Spare parts</a>"), "/c/" in found["ada"] + found["bo"]) == (1, False)
    # However many are named, they are looked up at once, and nobody is asked where none is.
    with django_assert_num_queries(1):
        assert list(titles_in(pasted).values()) == ["Spare parts", "Audits", "Uptime"]
    with django_assert_num_queries(0):
        assert titles_in(["Hello"]) == {}


def test_each_answer_of_the_server_has_its_state_and_none_holds_up_the_others(sink, rules, clock):
    kinds = ["nobody", "listed", "full", "later", "closing", "grey", "hangup", "cut", "silent", "spam"]
    track = make_letter_track()
    for kind in kinds:
        make_message(track, make_person(time_zone="UTC", given_name=kind, email=f"{kind}.x@host-{kind}.example"))
        make_message(
            track,
            make_person(time_zone="UTC", given_name=f"good after {kind}", email=f"good{kind}@host-{kind}.example"),
        )

    deliver(by="me", clock=clock)

    found = states()
    assert {found[f"good after {kind}"] for kind in kinds} == {"sent"}
    assert {kind: found[kind] for kind in kinds} == {
        "nobody": "refused",
        "listed": "refused",
        "full": "refused",
        "spam": "refused",
        "later": "planned",
        "closing": "planned",
        "grey": "planned",
        "hangup": "planned",
        "cut": "unknown",
        "silent": "unknown",
    }
    assert ContactPoint.objects.get(person__given_name="nobody", kind="email").state == "bounced"
    alive = ContactPoint.objects.filter(person__given_name__in=["listed", "full", "spam"], kind="email")
    assert set(alive.values_list("state", flat=True)) == {"ok"}

    clock.on(hours=1)
    deliver(by="me", clock=clock)
    free_leases(at=clock.on(hours=1))
    deliver(by="me", clock=clock)

    assert states()["grey"] == "sent"
    # What the server may have had is never sent again by guess.
    assert len(sink.to("silent.x@host-silent.example")) == 1
    assert len(sink.to("cut.x@host-cut.example")) == 0
    assert {len(sink.to(f"good{kind}@host-{kind}.example")) for kind in kinds} == {1}


def test_a_sender_that_the_server_refuses_costs_neither_a_message_nor_an_address(sink, rules, clock):
    message = make_message()
    sink.refuses_sender = True
    deliver(by="me", clock=clock)
    message.refresh_from_db()
    assert (message.state, message.attempt, message.point.state) == ("planned", 0, "ok")

    sink.refuses_sender = False
    deliver(by="me", clock=clock)

    message.refresh_from_db()
    assert message.state == "sent"


@pytest.mark.parametrize("moment", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_closes_costs_no_message_a_try(sink, rules, clock, moment):
    message = make_message()
    sink.closes_at = moment
    deliver(by="me", clock=clock)
    message.refresh_from_db()
    assert (message.state, message.attempt, message.because, message.begun_at) == ("planned", 0, "", None)

    sink.closes_at = ""
    clock.on(minutes=1)
    deliver(by="me", clock=clock)

    message.refresh_from_db()
    assert (message.state, message.attempt, len(sink.taken)) == ("sent", 1, 1)


def test_a_server_that_closes_on_everything_is_asked_once_a_minute_and_then_takes_all(sink, rules, clock):
    track = make_letter_track()
    for _letter in range(FAILURES_MOST + 2):
        make_message(track)
    sink.closes_at = "MAIL"
    deliver(by="me", clock=clock)
    assert MailServer.objects.get().ask_again_at == NOON + timedelta(minutes=1)
    assert set(Message.objects.values_list("state", "attempt")) == {("planned", 0)}

    sink.closes_at = ""
    clock.on(minutes=1)
    deliver(by="me", clock=clock)

    assert len(sink.taken) == FAILURES_MOST + 2
    assert MailServer.objects.get().failures == 0


def test_whoever_makes_the_server_close_holds_up_nobody_and_is_given_up_in_a_day(sink, rules, clock):
    track = make_letter_track()
    closing = make_message(track, make_person(time_zone="UTC", email="closing.x@brevik.example"))
    make_message(track)
    for _try in range(40):
        deliver(by="me", clock=clock)
        closing.refresh_from_db()
        if closing.due_at is None:
            break
        clock.at = max(clock.at, closing.due_at)

    assert (closing.state, closing.because) == ("refused", "too_often")
    assert clock.at - NOON >= timedelta(hours=24)
    assert len(sink.taken) == 1


def test_what_is_put_off_before_a_weekend_is_tried_six_times_before_it_is_given_up(sink, rules, clock):
    friday = clock.on(days=4, hours=5, minutes=55)
    later = make_message(person=make_person(time_zone="UTC", email="later.x@brevik.example"), due_at=friday)
    for _ring in range(40):
        deliver(by="me", clock=clock)
        later.refresh_from_db()
        if later.due_at is None:
            break
        clock.at = max(clock.at, later.due_at)

    assert (later.state, later.because) == ("refused", "too_often")
    assert (sink.asked["later.x@brevik.example"], clock.at.date() - friday.date()) == (6, timedelta(days=3))


def test_what_is_put_off_for_five_days_is_given_up_however_seldom_it_was_tried(sink, rules, clock):
    later = make_message(person=make_person(time_zone="UTC", email="later.x@brevik.example"))
    Message.objects.update(put_off_since=NOON - timedelta(days=4))
    deliver(by="me", clock=clock)
    later.refresh_from_db()
    assert later.state == "planned"

    clock.on(days=1)
    deliver(by="me", clock=clock)

    later.refresh_from_db()
    assert (later.state, later.attempt) == ("refused", 2)


def test_a_server_that_is_away_costs_no_message_a_try_and_is_asked_once_a_minute(settings, tmp_path, rules, clock):
    settings.VAR_DIR = tmp_path
    options = {"host": "127.0.0.1", "port": 1, "timeout": 1}
    settings.MAILERS = {"default": {"BACKEND": "nurture.smtp.OutboxBackend", "OPTIONS": options}}
    message = make_message()

    for _ring in range(FAILURES_MOST + 5):
        deliver(by="me", clock=clock)

    message.refresh_from_db()
    assert (message.state, message.attempt) == ("planned", 0)
    server = MailServer.objects.get()
    assert (server.failures, server.ask_again_at) == (FAILURES_MOST, NOON + timedelta(minutes=1))


def test_what_was_claimed_and_never_begun_goes_again_and_what_had_begun_does_not(sink, rules, clock):
    first, second = make_message(), make_message()
    taken = {message.pk: message for message in claim_messages(by="one", at=NOON)}
    assert begin_message(taken[second.pk], at=NOON)

    free_leases(at=NOON + LEASE / 2)
    assert set(states().values()) == {"sending"}
    free_leases(at=clock.on(minutes=3))

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("planned", "unknown")
    # Whoever had it wakes up late: another claims it, and the old claim begins nothing.
    claim_messages(by="two", at=clock.at)
    assert not begin_message(taken[first.pk], at=clock.at)
    assert sink.taken == []


def test_what_ends_whoever_takes_it_up_is_given_up_after_three_times(rules, clock):
    message = make_message()
    for _time in range(3):
        claim_messages(by="one", at=clock.at)
        free_leases(at=clock.on(minutes=3))
    message.refresh_from_db()
    assert (message.state, message.because) == ("dead", "too_often")


def test_who_asked_for_silence_after_the_claim_is_not_written_to(sink, rules):
    message = make_message()
    (taken,) = claim_messages(by="me", at=NOON)
    unsubscribe(message.person, message=taken, at=NOON)

    assert not begin_message(taken, at=NOON)

    message.refresh_from_db()
    assert (message.state, message.because) == ("cancelled", "suppressed")


def test_one_a_day_and_three_a_week_whichever_track_it_is(sink, rules, clock):
    person = make_person(time_zone="UTC")
    sent = []
    for _day in range(4):
        Enrolment.objects.under_way().update(state="ended", outcome="moved", ended_at=NOON, due_at=None)
        make_message(make_letter_track(), person, due_at=clock.at)
        deliver(by="me", clock=clock)
        sent.append(len(sink.taken))
        deliver(by="me", clock=clock)
        clock.on(days=1, minutes=1)

    assert sent == [1, 2, 3, 3]
    held = Message.objects.get(state="planned")
    # The first of the three went on Monday at noon; it may go when that is a week ago.
    assert held.due_at == NOON + timedelta(days=7)


@pytest.mark.parametrize(
    ("zone", "hour", "goes_at"),
    [
        ("Europe/Oslo", 12, NOON),
        # Four in the morning in Los Angeles: at eight.
        ("America/Los_Angeles", 12, NOON + timedelta(hours=4)),
        # Nine in the evening in Tokyo: tomorrow at eight.
        ("Asia/Tokyo", 12, NOON + timedelta(hours=11)),
    ],
)
def test_a_track_writes_in_the_hours_of_whoever_reads_it(sink, rules, clock, zone, hour, goes_at):
    message = make_message(person=make_person(time_zone=zone))

    deliver(by="me", clock=clock)

    message.refresh_from_db()
    assert (message.sent_at or message.due_at) == goes_at


def test_a_preference_holds_for_what_is_planned_already(sink, rules, clock):
    paused, refused = (
        make_message(),
        make_message(make_letter_track(topic=Topic.objects.create(key="planning", label="Planning"))),
    )
    prefer(paused.person, pace="normal", paused_until=NOON + timedelta(days=30), refused=[], at=NOON)
    prefer(refused.person, pace="normal", paused_until=None, refused=[refused.enrolment.track.topic], at=NOON)

    deliver(by="me", clock=clock)

    paused.refresh_from_db()
    refused.refresh_from_db()
    assert (paused.state, paused.due_at) == ("planned", NOON + timedelta(days=30))
    assert (refused.state, refused.because) == ("cancelled", "preference")


def test_nothing_expired_is_sent_and_nothing_to_who_is_worked_again(sink, rules, clock):
    asset = make_asset()
    expired = make_message(make_letter_track(asset=asset))
    asset.expires_on = NOON.date()
    asset.save(update_fields=["expires_on"])
    lead = make_lead(phase="nurture", person=make_person(time_zone="UTC"))
    ended = make_message(lead=lead)
    wake_lead(lead, by=lead.bdr, at=NOON)

    deliver(by="me", clock=clock)

    expired.refresh_from_db()
    ended.refresh_from_db()
    assert (expired.because, ended.because) == ("expired", "ended")
    assert sink.taken == []


def test_whose_time_is_over_gives_back_the_rest_untouched_and_the_next_ring_goes_on(sink, rules, clock, monkeypatch):
    for _number in range(3):
        make_message()
    monkeypatch.setattr("nurture.actions.sending.SECONDS_MAX", -1)

    assert deliver(by="me", clock=clock) == 1

    assert sorted(Message.objects.values_list("state", "attempt", "lapses")) == [
        ("planned", 0, 0), ("planned", 0, 0), ("sent", 1, 0),
    ]  # fmt: skip
    assert [deliver(by="me", clock=clock) for _ring in range(3)] == [1, 1, 0]
    assert len(sink.taken) == 3


def test_the_switch_stops_what_was_claimed_already(sink, rules, clock, marketer):
    deliver(by="me", clock=clock)
    message = make_message()
    (taken,) = claim_messages(by="me", at=NOON)
    stop_mail(by=marketer, at=NOON)

    assert not begin_message(taken, at=NOON)
    assert deliver(by="me", clock=clock) == 0

    start_mail(by=marketer, at=NOON)
    assert deliver(by="me", clock=clock) == 1
    message.refresh_from_db()
    assert (message.state, message.attempt) == ("sent", 1)


def test_a_restored_database_sends_nothing_until_somebody_says_so(sink, rules, clock, marketer):
    make_message()
    deliver(by="me", clock=clock)
    # The dump was taken before: it takes what was sent for planned.
    Message.objects.update(
        state="planned", due_at=NOON, claimed_at=None, to_hash="", sent_at=None, claimed_by="", begun_at=None
    )

    deliver(by="me", clock=clock)

    rules.refresh_from_db()
    assert (rules.is_stopped, rules.stopped_because, len(sink.taken)) == (True, "restored", 1)
    start_mail(by=marketer, at=clock.on(minutes=1))
    deliver(by="me", clock=clock)
    assert len(sink.taken) == 2


def test_the_letters_of_the_demo_stop_no_mail_and_a_copy_of_it_on_another_disk_is_stopped(
    sink, rules, clock, marketer, settings, tmp_path
):
    make_tracks(by=marketer, at=NOON)
    leave(make_message(), at=NOON)

    deliver(by="me", clock=clock)
    rules.refresh_from_db()
    assert not rules.is_stopped

    # Made again beside letters, it answers nothing: they may have gone out from elsewhere.
    settings.VAR_DIR = tmp_path / "another"
    settings.VAR_DIR.mkdir()
    make_tracks(by=marketer, at=NOON)
    clock.on(minutes=11)
    deliver(by="me", clock=clock)
    rules.refresh_from_db()
    assert (rules.is_stopped, rules.stopped_because) == (True, "restored")


def test_a_rep_writes_at_once_and_never_what_she_may_not(sink, rules, clock):
    lead = make_lead(phase="working")
    asset = make_asset()
    written = write_message(lead, subject="Hello", text="As promised.", asset=asset, by=lead.bdr, at=NOON)

    deliver(by="me", clock=clock)

    written.refresh_from_db()
    assert (written.state, sink.taken[0]["From"].addresses[0].display_name) == ("sent", lead.bdr.name)
    assert asset.title in sink.taken[0].get_body(("plain",)).get_content()
    suppress_person(lead.person, "email", source="test", at=NOON)
    with pytest.raises(Exception, match="asked for no e-mail"):
        write_message(lead, subject="Hello", text="Again.", by=lead.bdr, at=NOON)


def test_a_server_that_takes_nothing_for_now_is_asked_ten_times_and_then_once_a_minute(rules, sink, clock, monkeypatch):
    asked = []

    async def says_later(self, server, session, envelope, address, options):
        asked.append(address)
        return "451 4.7.0 sending rate exceeded, try again later"

    with monkeypatch.context() as patch:
        patch.setattr(type(sink), "handle_MAIL", says_later)
        for number in range(20):
            make_message(person=make_person(time_zone="UTC", email=f"a{number}@b{number}.example"))
        deliver(by="one", clock=clock)
        assert (len(asked), Message.objects.filter(attempt=0, state="planned").count()) == (10, 10)
        clock.on(seconds=15)
        deliver(by="one", clock=clock)
        assert len(asked) == 10
        clock.on(minutes=1)
        deliver(by="one", clock=clock)
        assert len(asked) == 11

    clock.on(hours=5)
    deliver(by="one", clock=clock)

    assert Message.objects.filter(state="sent").count() == 20


def test_a_letter_that_is_too_large_stops_nobody_else(rules, sink, clock, monkeypatch):
    async def takes_small_ones(self, server, session, envelope, address, options):
        size = next((int(one[5:]) for one in options if one.upper().startswith("SIZE=")), 0)
        if size > 100_000:
            return "552 5.3.4 message size exceeds fixed limit"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    monkeypatch.setattr(type(sink), "handle_MAIL", takes_small_ones, raising=False)
    large = make_message(make_letter_track(text="word " * 40_000), make_person(time_zone="UTC", email="a@b.example"))
    good = make_message(person=make_person(time_zone="UTC", email="c@d.example"))

    deliver(by="one", clock=clock)

    large.refresh_from_db()
    good.refresh_from_db()
    assert (large.state, large.smtp_code, good.state) == ("refused", 552, "sent")
