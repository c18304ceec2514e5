"""One recipient from the first letter to the last word: a real SMTP server on the way out, a real IMAP one back.

Recycled, fed by a track, she opens and follows, chooses what she wants, answers and stands in front, stops everything,
and is never written to again.
"""

import re
from datetime import timedelta

from django.utils import timezone

from leads.models import Engagement, Lead
from nurture.actions.advancing import advance
from nurture.actions.enrolling import enrol
from nurture.actions.fetching import read_mailbox
from nurture.actions.hearing import judge_hits
from nurture.actions.sending import deliver
from nurture.models import Message
from tests.make import NOON, make_asset, make_lead, make_person
from tests.nurture import imap
from tests.nurture.mails import mail
from tests.nurture.making import email, make_track, wait

BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


def path(url):
    return re.sub(r"^https?://[^/]+", "", url.strip("<>"))


def test_a_recipient_from_the_first_letter_to_the_last_word(client, alice, sink, rules, clock, port):
    person = make_person(given_name="Jo", email="jo@brevik.example", time_zone="UTC")
    lead = make_lead(phase="nurture", bdr=alice, person=person)
    guide, case = make_asset("The guide"), make_asset("The case")
    track = make_track(email(asset=guide), wait(2), email(asset=case), wait(2), email(subject="A last word"))
    enrol(person, track=track, by=alice, at=NOON)

    # Out it goes, once.
    advance(at=NOON)
    deliver(by="me", clock=clock)
    deliver(by="me", clock=clock)
    (letter,) = sink.taken
    html = letter.get_body(("html",)).get_content()

    # She opens and follows it, from where people read. The web's clock is the machine's: the letter left an hour ago.
    Message.objects.update(sent_at=timezone.now() - timedelta(hours=1))
    client.get(path(re.search(r'src="([^"]+\.gif)"', html)[1]), headers=BROWSER)
    link = next(found for found in re.findall(r'href="([^"]+/m/[^"]+)"', html) if "unseen" not in found)
    assert client.get(path(link), headers=BROWSER)["Location"] == f"/c/{guide.public_id}/"
    judge_hits(at=timezone.now() + timedelta(minutes=2))
    first = Message.objects.get(asset=guide)
    assert first.clicked_at is not None
    assert list(Engagement.objects.filter(person=person).values_list("kind", "asset")) == [("clicked", guide.pk)]

    # She chooses: at most once a week. The next letter waits for it.
    chosen = re.search(r'href="([^"]+/mail/preferences/[^"]+)"', html)[1]
    client.post(path(chosen), {"pace": "weekly", "topics": []})
    for _day in range(4):
        advance(at=clock.on(days=1))
        deliver(by="me", clock=clock)
    assert len(sink.taken) == 1
    assert Message.objects.get(asset=case).due_at >= NOON + timedelta(days=7)

    # She answers: the lead wakes and stands in front, its words in view, and the track ends.
    answer = mail(
        "Call me on Friday.", sender="Jo <jo@brevik.example>", subject=f"Re: {letter['Subject']}",
        In_Reply_To=letter["Message-ID"], Message_ID="<answer@brevik.example>",
        Date=clock.at.strftime("%a, %d %b %Y %H:%M:%S +0000"),
    )  # fmt: skip
    imap.put(port, answer)
    assert read_mailbox(at=clock.on(minutes=5)) == 1
    woken = Lead.objects.open().get(person=person)
    assert (woken.previous, woken.phase, woken.band) == (lead, "queued", Lead.Band.WAITING)
    deliver(by="me", clock=lambda: NOON + timedelta(days=8))
    assert (len(sink.taken), Message.objects.get(asset=case).because) == (1, "ended")

    # She stops everything with one click of her program, and nothing reaches her again.
    stopped = client.post(path(letter["List-Unsubscribe"]), {"List-Unsubscribe": "One-Click"})
    assert stopped.status_code == 200
    Message.objects.filter(asset=case).update(state="planned", because="", due_at=NOON)
    deliver(by="me", clock=lambda: NOON + timedelta(days=30))
    assert (len(sink.taken), Message.objects.get(asset=case).because) == (1, "suppressed")
