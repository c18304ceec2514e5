"""History as sentences: every verb has one, words come from notes, pages follow one another without a gap."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from agreement.models import Criterion, Phase
from leads.actions.answering import answer_criteria
from leads.actions.claiming import reassign_leads
from leads.actions.closing import disqualify_lead
from leads.actions.engaging import NewEngagement, engage, record_engagements, take_back_engagements
from leads.actions.handing import accept_hand_off, hand_off_lead, reject_hand_off
from leads.actions.logging import add_note, log_call, log_touch, set_step
from leads.actions.recycling import recycle_lead
from leads.actions.undoing import undo_last
from leads.lead_page import history_of
from leads.models import Engagement, LeadEvent
from leads.sentences import SENTENCES
from leads.timeline import PAGE, Cursor
from leads.transitions import VERBS
from tests.make import NOON, disposition, make_lead, make_person, reason

HTMX = {"HX-Request": "true"}


@pytest.fixture
def lead(alice):
    return make_lead(phase=Phase.WORKING, person=make_person(given_name="Sam", family_name="Oduya"), bdr=alice)


def said(lead, reader, show="all", before=None, now=NOON + timedelta(hours=1)):
    history = history_of(lead, reader, show=show, before=before, now=now)
    return [str(entry.text) for _day, entries in history.days for entry in entries]


def test_every_verb_of_the_table_has_a_sentence():
    assert set(SENTENCES) == VERBS


def test_a_move_says_from_whom_and_nothing_twice(lead, alice, bob, mona):
    reassign_leads([lead.pk], to=bob, by=mona, at=NOON, because="moved", side="bdr")

    (entry, *_earlier) = [
        one for _day, entries in history_of(lead, mona, show="all", before=None, now=NOON).days for one in entries
    ]
    assert (str(entry.text), entry.soft) == ("You moved it to Bob", "from Alice")


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_a_sentence_can_be_said_of_an_event_that_knows_little(lead, alice, verb):
    LeadEvent.objects.create(lead=lead, verb=verb, at=NOON, to_phase="working", data={}, changes={})

    assert said(lead, alice)[0]


def test_every_attempt_says_its_number_whatever_the_way(lead, alice):
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    log_touch(lead, kind="email", by=alice, at=NOON)
    log_touch(lead, kind="social", by=alice, at=NOON)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)
    add_note(lead, text="Nobody there.", by=alice, at=NOON)

    assert said(lead, alice, "touches")[:4] == [
        "You called, attempt 4: <b>no answer</b>",
        "You got in touch on a network, attempt 3",
        "You e-mailed, attempt 2",
        "You called, attempt 1: <b>no answer</b>",
    ]


def test_an_answer_is_no_attempt_and_has_no_number(lead, alice):
    engage([NewEngagement(lead.person_id, "replied", at=NOON)], at=NOON)

    log_touch(lead, kind="email", by=alice, at=NOON + timedelta(minutes=1))

    assert said(lead, alice, "touches")[0] == "You e-mailed"


def test_a_way_is_told_newest_first(lead, alice, peter):
    at = NOON + timedelta(minutes=5)
    log_call(lead, disposition=disposition("gatekeeper"), by=alice, at=at, note="On the floor until ten")
    hand_off = hand_off_lead(lead, ae=peter, by=alice, at=at + timedelta(minutes=1), line="Stops cost her an audit")
    reject_hand_off(hand_off, reason=reason("reject_brief_empty"), by=peter, at=at + timedelta(minutes=2))

    assert said(lead, alice) == [
        "Peter rejected the hand-off: brief empty",
        "You handed it off to Peter, without a meeting",
        "You called, attempt 1: <b>gatekeeper</b>",
        "You took the lead",
        "Became a lead: content",
    ]
    assert said(lead, peter)[0] == "You rejected the hand-off: brief empty"


def test_a_meeting_an_answer_a_plan_and_a_recycling_name_their_moments(lead, alice, peter):
    at = NOON + timedelta(minutes=5)
    set_step(lead, kind="task", by=alice, at=at, due=NOON + timedelta(days=2))
    answer_criteria(lead, answers={criterion("need"): ("yes", "Two stops")}, by=alice, at=at + timedelta(minutes=1))
    recycle_lead(lead, reason=reason("not_ready"), by=alice, at=at + timedelta(minutes=2))

    assert said(lead, alice)[:3] == [
        "You recycled it: not ready. Back on 30 May",
        "You answered: Need yes",
        "You set the next step: task, Wed 12:00",
    ]


def criterion(key):
    return Criterion.objects.get(key=key)


def test_what_was_taken_back_stays_and_says_so(lead, alice):
    at = NOON + timedelta(minutes=5)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=at, note="Rang ten times")
    undo_last(lead, by=alice, at=at + timedelta(seconds=5))

    history = history_of(lead, alice, show="all", before=None, now=at)
    entries = [entry for _day, found in history.days for entry in found]

    assert [(str(entry.text), entry.is_taken_back) for entry in entries[:2]] == [
        ("You took the last act back", False),
        ("You called, attempt 1: <b>no answer</b>", True),
    ]
    assert entries[1].words == ["Rang ten times"]


def test_filters_show_one_kind(lead, alice, peter):
    at = NOON + timedelta(minutes=5)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=at)
    lead.refresh_from_db()
    wall = ((at + timedelta(days=1)).replace(tzinfo=None), "UTC")
    log_call(lead, disposition=disposition("call_back"), by=alice, at=at + timedelta(minutes=1), call_back=wall)
    accept_hand_off(hand_off_lead(lead, ae=peter, by=alice, at=at + timedelta(minutes=2)), by=peter, at=at)
    record_engagements([NewEngagement(lead.person_id, Engagement.Kind.READ, at)], at=at)

    assert said(lead, alice, "conversations") == ["You called, attempt 2: <b>call back promised</b>"]
    assert len(said(lead, alice, "touches")) == 2
    assert said(lead, alice, "hers") == ["Sam read"]
    assert said(lead, alice, "moves") == [
        "You handed it off to Peter, without a meeting",
        "Peter accepted the hand-off",
        "You took the lead",
        "Became a lead: content",
    ]


def test_pages_follow_one_another_without_gap_or_repetition(lead, alice):
    LeadEvent.objects.bulk_create(
        LeadEvent(lead=lead, verb="log", at=NOON + timedelta(minutes=n // 3), by=alice, to_phase="working",
                  data={"kind": "email"})
        for n in range(70)
    )  # fmt: skip
    Engagement.objects.bulk_create(
        Engagement(person_id=lead.person_id, kind="visited", at=NOON + timedelta(minutes=n // 3), recorded_at=NOON)
        for n in range(40)
    )

    seen, before = [], None
    while True:
        history = history_of(lead, alice, show="all", before=before, now=NOON)
        page = [entry.key for _day, found in history.days for entry in found]
        assert len(page) <= PAGE
        seen += page
        if history.next is None:
            break
        before = Cursor.parse(str(history.next))

    assert len(seen) == len(set(seen)) == 112
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize("text", ["", "nonsense", "2027-03-01~2~1", "2027-03-01T12:00:00+00:00~x~1", "~~"])
def test_a_broken_cursor_is_the_first_page(text):
    assert Cursor.parse(text) is None


def test_words_are_shown_as_words(client, lead, alice):
    client.force_login(alice)
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON, note="<script>alert(1)</script>")

    html = client.get(reverse("leads:timeline", args=[lead.public_id]), headers=HTMX).text

    assert "&lt;script&gt;" in html
    assert "<script>" not in html


def test_without_htmx_the_history_is_on_the_page(client, lead, alice):
    client.force_login(alice)

    response = client.get(reverse("leads:timeline", args=[lead.public_id]) + "?show=touches")

    assert response.headers["Location"] == reverse("leads:lead", args=[lead.public_id]) + "?show=touches"


def test_a_disqualified_lead_says_why(lead, alice):
    disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=NOON + timedelta(minutes=5))

    assert said(lead, alice)[0] == "You disqualified it: bad data"


def test_what_turned_out_not_to_be_hers_is_struck_out_and_counts_for_no_topic(client, lead, alice):
    hers, machine = record_engagements(
        [NewEngagement(lead.person_id, kind, at=NOON - timedelta(hours=1)) for kind in ("downloaded", "clicked")],
        at=NOON,
    )
    take_back_engagements([machine.pk], at=NOON)

    history = history_of(lead, alice, show="hers", before=None, now=NOON)
    entries = [entry for _day, entries in history.days for entry in entries]
    with time_machine.travel(NOON, tick=False):
        client.force_login(alice)
        page = client.get(reverse("leads:lead", args=[lead.public_id]))

    assert {entry.pk: entry.is_taken_back for entry in entries} == {hers.pk: False, machine.pk: True}
    assert "clicked</s>" in page.text
    assert [topic.label for topic in page.context["page"].topics] == ["downloaded"]
