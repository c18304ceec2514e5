"""The look at a spread of days, and its answer: how many days are over before and after, who stays, when and why."""

import html
import re
from datetime import date

import pytest
import time_machine
from django.urls import reverse

from team.actions.submitting import new_form_id
from team.models import Absence
from tests.leads.test_return_days import DAY, MIDNIGHT, TUESDAY, asleep
from tests.make import NOON

WEDNESDAY, THURSDAY = date(2027, 3, 17), date(2027, 3, 18)
NO_DAY = "No day within a month of it has room."
GIVEN = "Somebody gave the day, and no day within a week of it has room."


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture(autouse=True)
def _three_days(alice, bob):
    """Alice takes up two a day from Tuesday to Thursday, and nobody else anything."""
    for rep, limit in ((alice, 24), (bob, 0)):
        rep.open_limit = limit
        rep.save(update_fields=["open_limit"])
    for first, until in ((0, 15), (18, 90)):
        Absence.objects.create(user=alice, starts_at=MIDNIGHT + first * DAY, ends_at=MIDNIGHT + until * DAY)


def words_of(response):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.text)).split())


def sleep(bdr, **many):
    """So many of each day, by nobody's word."""
    for day, count in zip((TUESDAY, WEDNESDAY, THURSDAY), many.values(), strict=True):
        for _lead in range(count):
            asleep(bdr, day)


@pytest.fixture
def spread(client, mona, team):
    """Looked at, and done."""
    client.force_login(mona)
    asked = {"team": team.pk, "first": TUESDAY.isoformat(), "last": THURSDAY.isoformat()}

    def both():
        looked = client.get(reverse("leads:spread_days"), asked)
        done = client.post(reverse("leads:spread_days"), asked | {"form_id": new_form_id()}, follow=True)
        return looked, words_of(done)

    return both


@pytest.mark.parametrize(
    ("of_days", "before", "after"),
    [
        ((3, 3, 1), "2 days are over now, 1 then", "1 day of 2 is still over. 1 stayed: " + NO_DAY),
        ((5, 5, 1), "2 days are over now, 2 then", "2 days are over as before. 5 stayed: " + NO_DAY),
        ((3, 2, 1), "1 day is over now, none then", "1 lead comes back on another day. 1 day was over and is no more."),
        ((3, 3, 0), "2 days are over now, none then", "2 days were over, none is any more."),
    ],
)
def test_a_spread_says_before_and_after_how_many_days_are_over(alice, spread, of_days, before, after):
    sleep(alice, tuesday=of_days[0], wednesday=of_days[1], thursday=of_days[2])

    looked, done = spread()

    assert before in words_of(looked)
    assert after in done


@pytest.mark.parametrize(
    ("count", "looked", "said"),
    [
        (9, "1 day is over now, 1 then", "1 day is over as before. 3 stayed: " + NO_DAY),
        (5, "1 day is over now, none then", "1 day was over and is no more."),
        (2, "", "Nobody is to be moved any more."),
    ],
)
def test_a_spread_of_days_off_alone_says_how_the_day_after_them_stands(client, alice, mona, team, count, looked, said):
    for _lead in range(count):
        asleep(alice, TUESDAY - DAY)
    client.force_login(mona)
    url, off = reverse("leads:spread_days"), (TUESDAY - 2 * DAY, TUESDAY - DAY)
    asked = {"team": team.pk} | dict(zip(("first", "last"), (day.isoformat() for day in off), strict=True))

    look = client.get(url, asked)
    done = client.post(url, asked | {"form_id": new_form_id()}, follow=True)

    assert [looked in words_of(look), "over now" in words_of(look)] == [True, bool(looked)]
    assert said in words_of(done)


def test_the_look_draws_who_is_in_the_queue_of_each_day_now_and_then(alice, spread):
    sleep(alice, tuesday=2, wednesday=5, thursday=1)

    looked, _done = spread()

    lines = [words for row in looked.text.split("<tr>")[2:] if (words := re.findall(r"[0-9]+ of [0-9]+(?=<)", row))]
    assert lines == [["5 of 2", "4 of 2"], ["1 of 2", "2 of 2"]]
    assert re.findall(r'<meter value="([0-9])" max="([0-9])"', looked.text) == [
        ("5", "5"), ("4", "5"), ("1", "5"), ("2", "5"),
    ]  # fmt: skip


def test_where_nobody_can_be_moved_the_look_says_that_days_stay_over(alice, spread):
    sleep(alice, tuesday=2, wednesday=3, thursday=2)

    looked, _done = spread()

    assert "1 day is over now, and would stay so" in words_of(looked)
    assert "Nobody can be moved" in looked.text
    assert "Nobody is to be moved" not in looked.text


def test_who_stays_stands_by_reason_and_day_each_with_its_day(alice, spread):
    sleep(alice, tuesday=3, wednesday=3, thursday=1)
    for _lead in range(3):
        asleep(alice, TUESDAY, key="not_ready")

    looked, done = spread()

    plan = looked.context["plan"]
    assert [(why, number, [(day, len(ones)) for day, ones in days]) for why, number, days in plan.staying] == [
        (NO_DAY, 3, [(TUESDAY, 2), (WEDNESDAY, 1)]),
        (GIVEN, 1, [(TUESDAY, 1)]),
    ]
    stays = looked.text.split("These stay")[1]
    assert re.findall(r"<summary>(.*?) <small", stays) == ["Tue 16 Mar 2027", "Wed 17 Mar 2027", "Tue 16 Mar 2027"]
    assert re.findall(r'<span class="when">.*?([A-Z][a-z]+ [0-9]+ [A-Z][a-z]+)</span>', stays) == (
        ["Tue 16 Mar"] * 2 + ["Wed 17 Mar"] + ["Tue 16 Mar"]
    )
    assert f"4 stayed, 3 because: {NO_DAY}" in done


@pytest.mark.parametrize(
    ("to", "said"), [("2027-03-29", "16 Mar to 29 Mar"), ("2029-03-16", "16 Mar 2027 to 16 Mar 2029")]
)
def test_a_day_that_is_moved_as_far_as_one_likes_promises_no_week_and_names_another_year(
    client, alice, mona, team, to, said
):
    asleep(alice, TUESDAY, "not_ready")
    client.force_login(mona)

    page = words_of(client.get(reverse("leads:spread_days"), {"team": team.pk, "first": TUESDAY.isoformat(), "to": to}))

    assert f"Somebody gave the day {said}" in page
    assert "by a week at most" not in page
