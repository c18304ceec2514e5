"""Whoever was merged is one person to mail: what she asked for by an old letter holds, and what she does counts."""

from datetime import timedelta

import pytest
from django.urls import reverse

from agreement.models import Phase
from leads.actions.merging import merge_people
from nurture.actions.advancing import follow
from nurture.actions.claiming import begin_message, claim_messages
from nurture.actions.planning import write_message
from nurture.actions.preferring import prefer, unsubscribe
from nurture.actions.sending import deliver
from nurture.actions.sorting import enrol_recycled
from nurture.models import Enrolment, Message
from nurture.tokens import PERSON, STOP, token_of
from nurture.wishes import Wishes
from tests.make import NOON, make_lead, make_person
from tests.nurture.making import (
    email,
    leave,
    make_asset,
    make_letter_track,
    make_message,
    make_topic,
    make_track,
    wait,
)

pytestmark = pytest.mark.django_db


def twice_merged():
    """Of three rows the first was merged into the second, and that into the third, which is she."""
    first, second, kept = (make_person(time_zone="UTC") for _ in range(3))
    return first, second, kept


def merge(first, second, kept):
    merge_people(second, first, by=None, at=NOON)
    second.refresh_from_db()
    merge_people(kept, second, by=None, at=NOON)


def write_to_first(alice, first, **more):
    """By hand, a minute before whoever it is to is merged twice."""
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=first)
    return write_message(lead, subject="As promised", text="Here it is.", by=alice, at=NOON, **more)


def test_a_pause_a_pace_and_a_topic_of_any_row_of_hers_hold_the_strictest_first(rules, client):
    topic, (first, second, kept) = make_topic(), twice_merged()
    until = NOON + timedelta(days=90)
    prefer(first, pace="monthly", paused_until=None, refused=[topic], at=NOON)
    prefer(second, pace="weekly", paused_until=until, refused=[], at=NOON)
    merge(first, second, kept)

    wishes = Wishes([kept.pk])

    assert wishes.paused_until(kept.pk) == until
    assert wishes.pace(kept.pk) == timedelta(days=30)
    assert wishes.refuses(kept.pk, topic.pk)
    page = reverse("nurture:preferences", args=[token_of(PERSON, first.pk)])
    assert client.get(page).context["form"].initial["pace"] == "monthly"
    assert client.post(page, {"topics": [topic.pk], "pace": "normal", "pause": ""}).status_code == 302
    said = Wishes([kept.pk])
    assert (said.paused_until(kept.pk), said.pace(kept.pk), said.refuses(kept.pk, topic.pk)) == (
        None, timedelta(0), False,
    )  # fmt: skip


@pytest.mark.parametrize("by", ["page", "one click"])
def test_who_stops_by_a_letter_from_before_a_merge_is_written_to_no_more(rules, client, by):
    first, second, kept = twice_merged()
    letter = make_message(person=first)
    leave(letter, at=NOON)
    merge(first, second, kept)
    planned = make_message(make_letter_track(), kept)

    if by == "page":
        client.post(reverse("nurture:preferences", args=[token_of(PERSON, first.pk)]), {"stop": "1"})
    else:
        client.post(reverse("nurture:stop", args=[token_of(STOP, letter.pk)]), {"List-Unsubscribe": "One-Click"})

    assert claim_messages(by="me", at=NOON) == []
    assert Message.objects.get(pk=planned.pk).because == "suppressed"


def test_a_sleeper_who_was_merged_goes_on_being_fed(rules, alice):
    make_track(email(), wait(5), category="not_ready")
    lead, kept = make_lead(phase=Phase.NURTURE, bdr=alice), make_person()
    enrol_recycled(at=NOON)
    merge_people(kept, lead.person, by=None, at=NOON)

    follow(at=NOON + timedelta(minutes=1))
    enrol_recycled(at=NOON + timedelta(hours=1), everybody=True)

    assert list(Enrolment.objects.order_by("pk").values_list("person", "state", "outcome")) == [
        (lead.person_id, "ended", "merged"), (kept.pk, "active", ""),
    ]  # fmt: skip


def test_a_letter_by_hand_goes_to_whoever_she_was_merged_into(rules, alice, sink, clock):
    kept = make_person(email="jo@kept.example", time_zone="UTC")
    first, second = make_person(email="jo@first.example"), make_person(email="jo@second.example")
    letter = write_to_first(alice, first)
    merge(first, second, kept)

    deliver(by="me", clock=clock)

    letter.refresh_from_db()
    assert (letter.state, letter.because, letter.point.normalised) == ("sent", "", "jo@kept.example")
    assert [mail["To"].addresses[0].addr_spec for mail in sink.taken] == ["jo@kept.example"]


def test_a_letter_by_hand_is_put_together_anew_where_she_was_merged_since_it_was_claimed(rules, alice):
    first, second, kept = twice_merged()
    write_to_first(alice, first)
    (claimed,) = claim_messages(by="me", at=NOON)
    merge(first, second, kept)

    assert not begin_message(claimed, at=NOON)
    (again,) = claim_messages(by="me", at=NOON)

    assert (again.pk, again.point.person_id) == (claimed.pk, kept.pk)
    assert begin_message(again, at=NOON)


def test_silence_asked_for_by_the_row_that_was_kept_holds_for_a_letter_by_hand_to_the_other(rules, alice):
    first, second, kept = twice_merged()
    letter = write_to_first(alice, first)
    unsubscribe(kept, at=NOON)
    merge(first, second, kept)

    assert claim_messages(by="me", at=NOON) == []
    assert Message.objects.get(pk=letter.pk).because == "suppressed"


def test_what_the_row_that_was_kept_has_had_is_not_brought_again_by_hand(rules, alice):
    asset, (first, second, kept) = make_asset(), twice_merged()
    letter = write_to_first(alice, first, asset=asset)
    leave(make_message(make_letter_track(asset=asset), kept), at=NOON)
    merge(first, second, kept)

    assert claim_messages(by="me", at=NOON) == []
    assert Message.objects.get(pk=letter.pk).because == "had_it"


@pytest.mark.parametrize("claimed_before", [False, True])
def test_a_letter_of_a_track_ends_with_the_enrolment_of_the_row_that_was_merged(rules, alice, claimed_before):
    first, second, kept = twice_merged()
    letter = make_message(make_letter_track(), lead=make_lead(phase=Phase.NURTURE, bdr=alice, person=first))
    claimed = claim_messages(by="me", at=NOON) if claimed_before else []
    merge(first, second, kept)

    assert [begin_message(one, at=NOON) for one in claimed] == [False] * len(claimed)
    assert claim_messages(by="me", at=NOON) == []

    assert Message.objects.get(pk=letter.pk).because == "ended"
