"""Moments are written in the reader's zone, relative where that helps, with the exact moment in the title."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import CookieStorage
from django.template import engines
from django.utils import timezone

from team.http import tell
from team.keys import KEYS
from team.templatetags.midfield import (
    countdown_words,
    day_words,
    due_state,
    kept_drafts,
    meaning,
    moment_words,
    span_words,
    undo_event,
    undo_url,
    why_stands,
)

ROOT = Path(__file__).resolve().parents[2]
# A Friday; in Berlin it is 14:02.
NOON = datetime(2025, 11, 21, 13, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_berlin():
    with timezone.override("Europe/Berlin"):
        yield


@pytest.mark.parametrize(
    ("later", "words"),
    [
        (timedelta(minutes=3), "3 min left"),
        (timedelta(minutes=2, seconds=1), "3 min left"),
        (timedelta(seconds=1), "1 min left"),
        (timedelta(minutes=88), "1 h 28 min left"),
        (timedelta(hours=2), "2 h left"),
        (timedelta(0), "now"),
        (-timedelta(seconds=59), "now"),
        (-timedelta(seconds=60), "1 min late"),
        (-timedelta(minutes=282), "4 h 42 min late"),
        (-timedelta(hours=24), "1 day late"),
        (-timedelta(days=5, hours=3), "5 days late"),
        (timedelta(hours=20, minutes=58), "tomorrow 11:00"),
        (timedelta(days=2, hours=19, minutes=58), "Mon 10:00"),
        (timedelta(days=80), "9 Feb 14:02"),
        # Past midnight, but tonight's shift still counts the hours.
        (timedelta(hours=11), "11 h left"),
    ],
)
def test_a_countdown_says_what_is_left_or_how_late_it_is(later, words):
    assert countdown_words(NOON + later, now=NOON) == words


@pytest.mark.parametrize(
    ("later", "state"),
    [
        (timedelta(hours=1), "due"),
        (timedelta(minutes=61), ""),
        (timedelta(0), "due"),
        (-timedelta(minutes=1), "overdue"),
    ],
)
def test_the_last_hour_is_due_and_a_minute_after_the_moment_it_is_overdue(later, state):
    assert due_state(NOON + later, now=NOON) == state


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (datetime(2025, 11, 21, 13, 15, tzinfo=UTC), "14:15"),
        (datetime(2025, 11, 21, 8, 5, tzinfo=UTC), "9:05"),
        (datetime(2025, 11, 20, 13, 0, tzinfo=UTC), "yesterday 14:00"),
        (datetime(2025, 11, 25, 13, 0, tzinfo=UTC), "Tue 14:00"),
        (datetime(2025, 11, 17, 13, 0, tzinfo=UTC), "Mon 17 Nov 14:00"),
        (datetime(2026, 3, 12, 8, 0, tzinfo=UTC), "12 Mar 9:00"),
        (datetime(2027, 3, 12, 8, 0, tzinfo=UTC), "12 Mar 2027 9:00"),
        # 23:30 in London is the next day in Berlin.
        (datetime(2025, 11, 21, 23, 30, tzinfo=UTC), "tomorrow 0:30"),
    ],
)
def test_a_moment_is_as_short_as_can_be_said_without_doubt(at, words):
    assert moment_words(at, now=NOON) == words


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "Today"),
        (1, "Tomorrow"),
        (-1, "Yesterday"),
        (4, "Tue 25 Nov"),
        (-4, "Mon 17 Nov"),
        (20, "11 Dec"),
        (111, "12 Mar"),
        (-200, "5 May"),
        (400, "26 Dec 2026"),
    ],
)
def test_a_day_is_named_by_its_distance(days, words):
    assert day_words(NOON + timedelta(days=days), now=NOON) == words


@pytest.mark.parametrize(("days", "words"), [(4, "Tue 25 Nov"), (20, "11 Dec"), (111, "12 Mar 2026")])
def test_a_day_that_was_promised_has_its_year_where_that_is_another(days, words):
    assert day_words(NOON + timedelta(days=days), now=NOON, promised=True) == words


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "0 min"), (59, "59 min"), (60, "1 h"), (1439, "23 h 59 min"), (1440, "1 day"), (2880, "2 days")],
)
def test_a_span_has_at_most_two_units(minutes, words):
    assert span_words(timedelta(minutes=minutes)) == words


def render(source, **context):
    return engines["django"].from_string("{% load midfield %}" + source).render({"now": NOON, **context})


def test_a_moment_shows_both_clocks_where_they_differ():
    at = datetime(2025, 11, 21, 13, 15, tzinfo=UTC)

    html = render('{% moment at zone="America/New_York" whose="hers" %}', at=at)

    assert html == (
        '<time datetime="2025-11-21T13:15:00+00:00"'
        ' title="Fri 21 Nov 2025, 14:15 yours, Fri 8:15 hers (America/New_York)">14:15 (8:15 hers)</time>'
    )


def test_a_moment_shows_one_clock_where_both_show_the_same():
    html = render('{% moment at zone="Europe/Paris" %}', at=NOON)

    assert html == (
        '<time datetime="2025-11-21T13:02:00+00:00" title="Fri 21 Nov 2025, 14:02 (Europe/Berlin)">14:02</time>'
    )


@pytest.mark.parametrize("zone", ["", "EST5EDT6", "../../etc/passwd", "Nowhere/Land"])
def test_an_unknown_zone_adds_nothing(zone):
    assert ">14:02<" in render("{% moment at zone=zone %}", at=NOON, zone=zone)


def test_what_is_not_dated_is_not_written():
    assert render("{% moment at %}{% day at %}{% countdown at %}", at=None) == ""


def test_a_countdown_is_coloured_and_marked_by_the_same_state():
    html = render("{% countdown at %}", at=NOON - timedelta(minutes=5))

    assert html.startswith('<span class="when" data-is="overdue"><svg class="icon"')
    assert "#late" in html
    assert " data-countdown>5 min late</time>" in html


def test_a_promised_call_back_shows_its_moment_until_it_has_passed():
    promised = datetime(2025, 11, 21, 13, 15, tzinfo=UTC)
    source = '{% countdown at now zone="America/New_York" whose="hers" exact=True %}'

    before = render(source, at=promised)
    after = render(source, at=promised, now=promised + timedelta(minutes=2))

    assert ">14:15 (8:15 hers)</time>" in before
    assert ">2 min late</time>" in after


def test_a_message_carries_its_undo_and_the_drafts_it_frees():
    message = Message(
        messages.SUCCESS, "Logged", extra_tags="/leads/1/undo/ event:7 draft:lead-1-call draft:lead-1-note"
    )

    assert (undo_url(message), undo_event(message)) == ("/leads/1/undo/", "7")
    assert kept_drafts(message) == "lead-1-call lead-1-note"
    assert why_stands(message) == ""


def test_a_message_carries_why_nothing_takes_it_back(rf):
    request = rf.get("/")
    request._messages = CookieStorage(request)

    tell(request, "Corrected", stands="Nobody takes “it” back: 100 % sure")

    (message,) = request._messages
    assert (undo_url(message), why_stands(message)) == ("", "Nobody takes “it” back: 100 % sure")


@pytest.mark.parametrize(
    ("level", "is_"),
    [(messages.SUCCESS, "done"), (messages.WARNING, "due"), (messages.ERROR, "overdue"), (messages.INFO, "")],
)
def test_a_message_is_coloured_by_its_level(level, is_):
    assert meaning(Message(level, "x")) == is_


def test_every_icon_of_a_template_is_in_the_sprite():
    sprite = ElementTree.parse(ROOT / "static" / "icons.svg")  # noqa: S314 - our own file
    drawn = {symbol.get("id") for symbol in sprite.iter("{http://www.w3.org/2000/svg}symbol")}

    used = {
        part.split('"')[1]
        for template in (ROOT / "templates").rglob("*.html")
        for part in template.read_text().split("{% icon")[1:]
        if part.startswith(' "')
    }

    assert used - drawn == set()


def test_no_key_is_listed_twice():
    """But those of a form, where no other presses."""
    groups = [[press for key in keys for press in key.presses] for _group, keys in KEYS]
    presses = [press for group in groups if group != ["y", "n", "?"] for press in group]

    assert len(presses) == len(set(presses))
