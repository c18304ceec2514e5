"""A recipient in her browser, from the first letter to the last: real SMTP on the way out, a real IMAP server back.

She opens and follows what a track sent, says what she wants, answers and stands in front of a queue, stops everything,
and is never written to again, though more was due.
"""

import re
from datetime import timedelta

import pytest
import time_machine
from playwright.sync_api import expect

from leads.models import Engagement, Lead
from nurture.actions.advancing import advance, follow
from nurture.actions.enrolling import enrol
from nurture.actions.fetching import read_mailbox
from nurture.actions.hearing import judge_hits
from nurture.actions.planning import write_message
from nurture.actions.sending import deliver
from nurture.models import MailRules, Message
from tests.make import NOON, make_asset, make_lead, make_person
from tests.nurture import imap
from tests.nurture.mails import mail
from tests.nurture.making import email, make_topic, make_track, wait
from tests.nurture.sink import listening, send_to

pytestmark = [pytest.mark.browser, pytest.mark.walk, pytest.mark.django_db(transaction=True)]

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def sink(settings, tmp_path, live_server):
    """Links of letters lead to the running site; what is sent is taken by a real server."""
    settings.SITE_URL, settings.SITE_HOST = live_server.url, "localhost"
    MailRules.objects.get_or_create(pk=1)
    with listening() as (sink, port):
        send_to(settings, port, tmp_path)
        yield sink


@pytest.fixture
def mailbox(settings):
    with imap.imap_server() as port:
        imap.read_from(settings, port)
        yield port


class Days:
    """The clock of the web, of the ticks and of the mail; `tick` rings whatever is due."""

    def __init__(self, travel):
        self.travel, self.at = travel, NOON

    def on(self, **more):
        self.at += timedelta(**more)
        self.travel.move_to(self.at)
        self.tick()

    def tick(self):
        judge_hits(at=self.at)
        read_mailbox(at=self.at)
        follow(at=self.at)
        advance(at=self.at)
        deliver(by="me", clock=lambda: self.at)


@pytest.fixture
def days(db):
    with time_machine.travel(NOON) as travel:
        yield Days(travel)


def test_a_recipient_from_the_first_letter_to_the_last(new_page, alice, sink, mailbox, days):
    topic, other = make_topic("Backup"), make_topic("Storage")
    guide = make_asset("The guide", topic=topic, form="snippet", text="Count the stops.")
    case = make_asset("The case", topic=other, form="snippet", text="They did.")
    person = make_person(given_name="Jo", family_name="Prentice", email="jo@brevik.example", time_zone="UTC")
    lead = make_lead(phase="nurture", bdr=alice, person=person)
    track = make_track(email(asset=guide), wait(2), email(asset=case), wait(2), email(subject="A last word"))
    enrol(person, track=track, by=alice, at=NOON)
    days.tick()
    (letter,) = sink.taken

    # She reads it an hour later: opened when its pictures come, and followed to the words themselves.
    days.on(hours=1)
    reader = new_page(user_agent=AGENT)
    html = letter.get_body(("html",)).get_content()
    with reader.expect_response("**/mail/o/*.gif"):
        reader.set_content(html)
    chosen = reader.get_by_role("link", name=re.compile("how often"))
    wants = chosen.get_attribute("href")
    reader.get_by_role("link", name="The guide").click()
    expect(reader.locator("main")).to_contain_text("Count the stops.")
    days.on(minutes=5)
    first = Message.objects.get(asset=guide)
    assert (first.opened_at is not None, first.clicked_at is not None) == (True, True)
    assert list(Engagement.objects.filter(person=person).values_list("kind", "asset")) == [("clicked", guide.pk)]

    # She wants nothing on storage, and no more than a letter a week.
    reader.goto(wants)
    reader.get_by_label("Storage").uncheck()
    reader.get_by_label("week").check()
    reader.get_by_role("button", name="Keep this").click()
    expect(reader.locator("main [role=status]")).to_contain_text("Kept")
    for _day in range(6):
        days.on(days=1)
    assert len(sink.taken) == 1
    assert not Message.objects.filter(asset=case).exists()

    # She answers: it stops what a track would send, and stands in front of the rep's queue with her words.
    imap.put(mailbox, answer_to(letter, "Call me on Friday.", at=days.at))
    days.on(minutes=5)
    woken = Lead.objects.open().get(person=person)
    assert (woken.previous, woken.band) == (lead, Lead.Band.WAITING)
    desk = new_page(user=alice)
    desk.goto("/")
    row = desk.locator(".row").first
    expect(row).to_contain_text("Jo Prentice")
    row.get_by_role("link", name="Jo Prentice").click()
    expect(desk.locator("#history")).to_contain_text("Call me on Friday.")
    desk.get_by_role("button", name=re.compile("Take this lead|Begin this lead")).click()
    desk.goto(f"/leads/{woken.public_id}/write/")
    desk.get_by_label("Subject").fill("Friday it is")
    desk.get_by_label("Words", exact=True).fill("At ten?")
    desk.get_by_role("button", name="Send").click()
    expect(desk.locator(".toast")).to_contain_text("Written to Jo Prentice")
    days.on(minutes=1)
    assert [one["Subject"] for one in sink.taken] == [letter["Subject"], "Friday it is"]

    # She stops everything on a page, with one click; what was due besides reaches nobody.
    write_message(woken, subject="One more thing", text="Words", by=alice, at=days.at)
    reader.goto(sink.taken[1]["List-Unsubscribe"].strip("<>"))
    reader.get_by_role("button", name="Stop all e-mail").click()
    expect(reader.locator("main [role=status]")).to_contain_text("You get no more e-mail from us")
    desk.goto(f"/leads/{woken.public_id}/write/")
    expect(desk.locator("main")).to_contain_text("Jo Prentice asked for no e-mail: nothing can be sent.")
    expect(desk.get_by_label("Subject")).to_have_count(0)
    for _week in range(4):
        days.on(days=7)
    assert len(sink.taken) == 2
    assert Message.objects.get(body__subject="One more thing").because == "suppressed"
    reader.goto(wants)
    expect(reader.locator("main [role=status]")).to_contain_text("You get no more e-mail from us")


def answer_to(letter, words, *, at):
    return mail(
        words, sender="Jo <jo@brevik.example>", subject=f"Re: {letter['Subject']}",
        In_Reply_To=letter["Message-ID"], Message_ID="<answer@brevik.example>",
        Date=at.strftime("%a, %d %b %Y %H:%M:%S +0000"),
    )  # fmt: skip
