"""Whoever calls sees in the history of a lead what its tracks sent and when, and who paused, skipped and ended them."""

from datetime import timedelta

import pytest
from django.urls import reverse

from agreement.models import Phase
from leads.actions.recycling import wake_lead
from leads.lead_page import history_of
from leads.timeline import PAGE
from nurture.actions.advancing import advance, follow
from nurture.actions.enrolling import enrol, pause, resume, skip, take_out
from nurture.models import Enrolment, Message, MessageBody, Passage
from tests.make import NOON, make_lead, make_person
from tests.nurture.making import email, leave, make_asset, make_track, wait

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def told(lead, reader, show="all", before=None):
    history = history_of(lead, reader, show=show, before=before, now=NOON + 9 * DAY)
    return [entry for _day, entries in history.days for entry in entries], history.next


def said(lead, reader, show):
    return [(str(one.text), one.soft) for one in told(lead, reader, show)[0]]


@pytest.fixture
def fed(alice):
    """A sleeper who got one letter and is woken."""
    asset = make_asset(title="The guide")
    track = make_track(email(subject="Read this", asset=asset), wait(3), email(), name="Feed")
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, person=make_person(given_name="Sam"))
    hers = enrol(lead.person, track=track, by=alice, at=NOON)
    advance(at=NOON)
    letter = Message.objects.get(enrolment=hers)
    leave(letter, at=NOON + MINUTE)
    MessageBody.objects.create(message=letter, subject="Read <this>, Sam", text="Words.")
    advance(at=NOON + 20 * MINUTE)
    pause(hers, by=alice, at=NOON + 30 * MINUTE)
    resume(hers, by=alice, at=NOON + 40 * MINUTE)
    skip(hers, by=alice, at=NOON + 50 * MINUTE)
    return lead


def test_letters_and_acts_of_a_track_stand_in_the_history_of_this_and_of_the_next_pursuit(client, alice, bob, fed):
    woken = wake_lead(fed, by=alice, at=NOON + DAY)
    follow(at=NOON + DAY)
    letter = Message.objects.get(state="sent")
    link = reverse("nurture:message", args=[letter.public_id])

    for lead in (fed, woken):
        assert said(lead, alice, "touches") == [
            (f'“Feed” sent “<a href="{link}">Read &lt;this&gt;, Sam</a>”', "The guide")
        ]
        moves = [line for line in said(lead, alice, "moves") if "Feed" in line[0]]
        assert moves == [
            ("“Feed” ended", "is worked again"),
            ("You left out a step of “Feed”", "Wait"),
            ("You let “Feed” go on", ""),
            ("You paused “Feed”", ""),
            ("You started “Feed”", ""),
        ]
        assert len([one for one in told(lead, bob)[0] if "Feed" in one.text]) == 6
        assert [line for line in said(lead, alice, "hers") if "Feed" in line[0]] == []
    client.force_login(alice)
    page = client.get(reverse("leads:lead", args=[woken.public_id]))
    assert "Read &lt;this&gt;, Sam</a>”" in page.text
    assert "Read <this>" not in page.text


def test_who_took_her_out_is_named_and_whom_a_letter_was_erased_of_has_no_subject(alice, bob, fed):
    take_out(Enrolment.objects.get(), by=bob, at=NOON + DAY)
    MessageBody.objects.update(subject="", text="", erased_at=NOON + DAY)

    assert said(fed, alice, "touches") == [("“Feed” sent a letter", "The guide")]
    assert "took them out of “Feed”" in said(fed, alice, "moves")[0][0]


def test_a_track_left_without_tells_nothing_and_pages_follow_one_another_without_a_gap(alice, fed):
    hers = Enrolment.objects.get()
    Passage.objects.bulk_create(
        Passage(enrolment=hers, what="paused", at=NOON + (n // 2) * MINUTE, by=alice) for n in range(2 * PAGE)
    )
    seen, before = [], None
    while True:
        lines, before = told(fed, alice, before=before)
        seen += lines
        if before is None:
            break

    assert len(seen) == len({one.key for one in seen})
    assert [one.key for one in seen] == sorted((one.key for one in seen), reverse=True)
    assert len([one for one in seen if str(one.text) == "You paused “Feed”"]) == 2 * PAGE + 1
    assert len([one for one in seen if "sent" in one.text]) == 1
    Enrolment.objects.update(is_held_out=True, hold_out_percent=10, by=None, node=None, step=None)
    assert [line for line in said(fed, alice, "all") if "Feed" in line[0]] == []
