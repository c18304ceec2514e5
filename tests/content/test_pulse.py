"""Three questions to reps on a schedule: each answered once, each answer followed up, its giver told once."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db.models import QuerySet
from django.urls import reverse

from content.actions.pulsing import (
    FeedbackRefused,
    Questions,
    answer_round,
    close_feedback,
    give_feedback,
    open_rounds,
    set_pulse,
    stop_pulse,
)
from content.models import Feedback, Pulse, PulseAsked, PulseRound
from content.promise import Promise, promise_of
from leads.rail import rail_of
from team.models import Installation, Role
from tests.make import NOON, make_asset, make_lead, make_user

TODAY = NOON.date()
ASKED = ("What is missing?", "What is old?", "What worked?")


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def lea(db):
    return make_user("lea", Role.MARKETER)


def ask(lea, *, is_anonymous=True, next_on=TODAY):
    return set_pulse(Questions(*ASKED, every_weeks=2, next_on=next_on, is_anonymous=is_anonymous), by=lea, at=NOON)


def waits(user):
    return rail_of(user, path="/", at=NOON).counts["feedback"]


def test_a_round_opens_on_its_day_once_for_every_rep_and_again_after_so_many_weeks(alice, bob, peter, lea):
    ask(lea, next_on=TODAY + timedelta(days=1))

    assert [open_rounds(on=TODAY + timedelta(days=day)) for day in (0, 1, 1, 2, 14, 15)] == [0, 1, 0, 0, 0, 1]
    assert set(PulseAsked.objects.values_list("user", flat=True)) == {alice.pk, bob.pk, peter.pk}
    assert (waits(alice), waits(lea)) == (1, 0)
    stop_pulse(at=NOON)
    assert (waits(alice), open_rounds(on=TODAY + timedelta(days=40))) == (0, 0)


def test_she_answers_in_the_page_once_and_hears_once_what_became_of_it(client, alice, lea, peter):
    ask(lea)
    open_rounds(on=TODAY)
    client.force_login(alice)
    page = client.get(reverse("content:feedback"))
    assert all(question in page.text for question in ASKED)
    said = {"asked": page.context["asked"].pk, "answer_1": "A pharma case", "answer_2": "", "answer_3": "The sheet"}
    client.post(reverse("content:feedback_answer"), said)
    client.post(reverse("content:feedback_answer"), said)

    first, second = Feedback.objects.order_by("pk")
    assert [(one.question, one.text) for one in (first, second)] == [
        (ASKED[0], said["answer_1"]),
        (ASKED[2], "The sheet"),
    ]
    assert waits(alice) == 0

    # Nobody reads whose words they are, and no other rep reads them.
    client.force_login(lea)
    listed = client.get(reverse("content:feedback")).text
    assert ("A pharma case" in listed, "without a name" in listed, alice.name in listed) == (True, True, False)
    closing = reverse("content:feedback_close", args=[first.public_id])
    assert client.post(closing, {"state": "done", "outcome": ""}).status_code == 422
    client.post(closing, {"state": "done", "outcome": "It is in the library since today."})
    client.post(closing, {"state": "declined", "outcome": "Another word"})
    client.force_login(peter)
    assert "A pharma case" not in client.get(reverse("content:feedback"), {"state": "done"}).text

    first.refresh_from_db()
    assert (first.state, first.outcome, first.owner) == ("done", "It is in the library since today.", lea)
    assert waits(alice) == 1
    client.force_login(alice)
    shown = client.get(reverse("content:feedback")).context["unheard"]
    client.post(reverse("content:feedback_heard"), {"shown": [one.public_id for one in shown] + ["x\0"]})
    assert (shown, waits(alice)) == ([first], 0)


def test_what_is_typed_for_questions_that_are_answered_already_comes_back(client, alice, lea):
    """In another tab; where the browser keeps what is typed, the page shows it with a way to copy it."""
    ask(lea)
    open_rounds(on=TODAY)
    client.force_login(alice)
    asked = client.get(reverse("content:feedback")).context["asked"]
    answer_round(asked, ["First", "", ""], by=alice, on=TODAY)

    late = client.post(
        reverse("content:feedback_answer"), {"asked": asked.pk, "answer_1": "Twice", "answer_3": "<b>More</b>"}
    )

    assert late.status_code == 409
    assert "You have answered these, or they are not asked any more." in late.text
    assert "<blockquote>Twice</blockquote><blockquote>&lt;b&gt;More&lt;/b&gt;</blockquote>" in late.text
    assert '<section data-kept-drafts="pulse"' in late.text
    assert Feedback.objects.get().text == "First"


def test_an_empty_answer_is_asked_again_and_only_skipping_says_nothing(client, alice, lea):
    ask(lea)
    open_rounds(on=TODAY)
    client.force_login(alice)
    page = client.get(reverse("content:feedback"))
    empty = {"asked": page.context["asked"].pk, "answer_1": " ", "answer_2": "\u200b", "answer_3": ""}
    assert "Skip this time" in page.text

    refused = client.post(reverse("content:feedback_answer"), empty)
    both = client.post(reverse("content:feedback_answer"), empty | {"answer_2": "A film", "skip": "1"})

    assert (refused.status_code, waits(alice), Feedback.objects.count()) == (422, 1, 0)
    assert refused.context["answers"].errors == {"answer_1": ["Answer one of the three, or skip them this time."]}
    assert (both.status_code, "A film" in both.text, waits(alice)) == (422, True, 1)
    client.post(reverse("content:feedback_answer"), empty | {"skip": "1"})
    assert (waits(alice), Feedback.objects.count()) == (0, 0)


def test_a_round_that_is_open_keeps_the_words_and_the_promise_it_was_opened_with(alice, lea):
    ask(lea)
    open_rounds(on=TODAY)
    set_pulse(Questions("A?", "B?", "C?", 4, TODAY + timedelta(days=14), False), by=lea, at=NOON)

    one = PulseRound.objects.get()
    assert (one.questions, one.is_anonymous) == (list(ASKED), True)
    open_rounds(on=TODAY + timedelta(days=14))
    assert PulseRound.objects.order_by("-pk")[0].questions == ["A?", "B?", "C?"]
    # Who did not answer the first is asked once, the second.
    assert waits(alice) == 1


def test_what_was_said_becomes_of_it_once(alice, lea):
    one = Feedback.objects.create(text="Shorter", given_by=alice, is_anonymous=False, given_on=TODAY)
    close_feedback(one, to="declined", outcome="No", by=lea, at=NOON)

    with pytest.raises(FeedbackRefused):
        close_feedback(one, to="done", outcome="Yes", by=lea, at=NOON)


def test_what_is_said_of_an_asset_or_a_lead_is_promised_an_answer_by_a_day_that_is_watched(client, alice, lea):
    guide, lead = make_asset("The guide"), make_lead(phase="working", bdr=alice)
    Installation.objects.update(feedback_days=3)
    client.force_login(alice)
    names = {"content:asset_feedback": guide, "nurture:lead_feedback": lead}
    about = [reverse(name, args=[one.public_id]) for name, one in names.items()]

    assert client.post(about[0], {"text": "   "}).status_code == 422
    for url, text in zip(about, ("Page 4 is of last year", "She left the company"), strict=True):
        assert client.post(url, {"text": text}).status_code == 302
    said = Feedback.objects.order_by("pk")
    assert list(said.values_list("text", "asset", "lead", "answer_by")) == [
        ("Page 4 is of last year", guide.pk, None, TODAY + timedelta(days=3)),
        ("She left the company", None, lead.public_id, TODAY + timedelta(days=3)),
    ]

    close_feedback(said[0], to="done", outcome="Mended", by=lea, at=NOON + timedelta(days=3))
    on = TODAY + timedelta(days=4)
    assert promise_of(Feedback.objects.all(), on=on) == Promise(kept=1, all=2, late=1)
    # Nobody kept what was answered a day too late; what is not due yet says nothing.
    close_feedback(said[1], to="declined", outcome="Marketing keeps no leads", by=lea, at=NOON + timedelta(days=4))
    give_feedback("More of it", by=alice, on=on)
    assert promise_of(Feedback.objects.all(), on=on) == Promise(kept=1, all=2, late=0)
    with time_machine.travel(NOON + timedelta(days=9), tick=False):
        client.force_login(lea)
        page = client.get(reverse("content:feedback"), {"state": "late"})
    assert [one.text for one in page.context["found"]] == ["More of it"]
    assert "answer was promised by 8 Mar" in page.text


def test_on_the_day_of_a_round_no_other_is_asked_and_no_day_that_is_past(client, alice, lea):
    ask(lea)
    open_rounds(on=TODAY)
    client.force_login(lea)
    asked = {"first": "A?", "second": "B?", "third": "C?", "every_weeks": "2"}

    for day, said in [(TODAY, "asked today already"), (TODAY - timedelta(days=1), "Choose today or a later day.")]:
        page = client.post(reverse("content:pulse"), asked | {"next_on": day.isoformat()})
        assert (page.status_code, said in page.text) == (422, True)

    # One that stands so all the same waits for the next day.
    Pulse.objects.update(next_on=TODAY)
    assert [open_rounds(on=TODAY + timedelta(days=day)) for day in (0, 0, 1)] == [0, 0, 1]


def test_of_two_who_set_the_first_questions_at_once_the_later_overwrites(lea, monkeypatch):
    first = QuerySet.first

    def slower(rows):
        found = first(rows)
        monkeypatch.undo()
        Pulse.objects.create(first="Theirs?", second="B?", third="C?", next_on=TODAY, made_by=lea, made_at=NOON)
        return found

    monkeypatch.setattr(QuerySet, "first", slower)
    ask(lea)

    assert [pulse.first for pulse in Pulse.objects.all()] == [ASKED[0]]


@pytest.mark.parametrize("place", ["list", "asset"])
def test_what_is_sent_twice_is_said_once(client, alice, place):
    client.force_login(alice)
    about = reverse("content:asset_feedback", args=[make_asset("The guide").public_id])
    shown, there = {"list": ("content:feedback", "content:feedback_give"), "asset": (None, None)}[place]
    shown, there = (reverse(shown), reverse(there)) if shown else (about, about)
    form_id = re.search(r'name="form_id" value="([^"]+)"', client.get(shown).text)[1]

    for _time in range(2):
        assert client.post(there, {"text": "A film", "form_id": form_id}).status_code == 302

    assert Feedback.objects.count() == 1


def test_no_page_tells_which_answers_are_of_one_person_nor_when_they_came(client, alice, bob, lea):
    ask(lea)
    open_rounds(on=TODAY)
    for rep in (alice, bob):
        asked = PulseAsked.objects.get(user=rep)
        answer_round(asked, [f"{rep.name} {number}" for number in range(3)], by=rep, on=TODAY)
    client.force_login(lea)

    page = client.get(reverse("content:feedback"))

    found = page.context["found"]
    assert {one.public_id.version for one in found} == {4}
    assert [one.pk for one in found] == [one.pk for one in sorted(found, key=lambda one: one.public_id)]
    # Neither the number of a row, nor what is made of it.
    numbered = re.findall(r'="(?:feedback|state|outcome)-([^"]+)"', page.text)
    assert {str(one.public_id) for one in found} == set(numbered) - {"give"}
