"""Whoever was merged is one person to mail: what she asked for by an old letter holds, and what she does counts."""

from datetime import timedelta

import pytest
from django.urls import reverse

from agreement.models import Phase
from leads.actions.merging import merge_people
from nurture.actions.advancing import follow
from nurture.actions.claiming import claim_messages
from nurture.actions.preferring import prefer
from nurture.actions.sorting import enrol_recycled
from nurture.models import Enrolment, Message
from nurture.tokens import PERSON, STOP, token_of
from nurture.wishes import Wishes
from tests.make import NOON, make_lead, make_person
from tests.nurture.making import email, leave, make_letter_track, make_message, make_topic, make_track, wait

pytestmark = pytest.mark.django_db


def twice_merged():
    """Of three rows the first was merged into the second, and that into the third, which is she."""
    first, second, kept = (make_person(time_zone="UTC") for _ in range(3))
    return first, second, kept


def merge(first, second, kept):
    merge_people(second, first, by=None, at=NOON)
    second.refresh_from_db()
    merge_people(kept, second, by=None, at=NOON)


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
