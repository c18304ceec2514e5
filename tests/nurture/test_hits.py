"""However often somebody comes by, about a hundred hits of a message are kept, and what a person did is among them."""

import random
from datetime import timedelta
from itertools import pairwise

import pytest

from leads.models import Engagement
from nurture.actions.hearing import hear, judge_hits
from nurture.hit_room import MOST, Kept, gives_way
from nurture.models import Hit, Message
from nurture.scanners import Seen, machines_among
from tests.make import NOON
from tests.nurture.making import leave, make_message

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.fixture
def sent(db):
    """Sent an hour ago, with three links."""
    message = make_message()
    leave(message, at=NOON - HOUR)
    for number in (1, 2, 3):
        message.links.create(number=number, url=f"https://{number}.example/")
    return Message.objects.get(pk=message.pk)


def hit(message, number, *, at=NOON, address="192.0.2.1", agent=BROWSER, method="GET"):
    link = message.links.get(number=number) if number else None
    hear(message.pk, link=link, method=method, address=address, agent=agent, at=at)


def flood(message, *, at, times=MOST + 20, **more):
    for number in range(times):
        hit(message, number % 3 + 1, at=at + SECOND * (number / times), **more)


@pytest.mark.parametrize("waits", [timedelta(seconds=30), HOUR])
def test_a_click_of_a_person_counts_after_a_scanner_has_filled_the_hundred(sent, waits):
    flood(sent, at=NOON)
    if waits == HOUR:
        judge_hits(at=NOON + timedelta(minutes=2))
    hit(sent, 2, at=NOON + waits, address="198.51.100.7")

    judge_hits(at=NOON + waits + timedelta(minutes=2))

    sent.refresh_from_db()
    assert Hit.objects.count() == MOST
    assert sent.clicked_at == NOON + waits
    (deed,) = Engagement.objects.all()
    assert deed.at == NOON + waits


def test_a_click_that_counts_and_the_first_opening_stay_whoever_comes_after(sent):
    hit(sent, 0, at=NOON)
    hit(sent, 1, at=NOON + SECOND * 90)
    judge_hits(at=NOON + HOUR)
    sent.refresh_from_db()
    was = (sent.opened_at, sent.clicked_at)

    for hour in (1, 2, 3):
        flood(sent, at=NOON + HOUR * hour, address=f"203.0.{hour}.1")
        judge_hits(at=NOON + HOUR * hour + timedelta(minutes=2))

    sent.refresh_from_db()
    assert (sent.opened_at, sent.clicked_at) == was == (NOON, NOON + SECOND * 90)
    assert Hit.objects.count() == MOST
    assert Hit.objects.filter(engagement_id__isnull=False, reversed_by=None).count() == 1


def test_a_machine_that_is_found_late_takes_back_what_counted_before_the_flood(sent):
    hit(sent, 1, at=NOON)
    judge_hits(at=NOON + SECOND * 70)
    assert Engagement.objects.count() == 1
    # A moment later, from the same network, with the method of a machine.
    hit(sent, 2, at=NOON + SECOND * 50, method="HEAD")
    flood(sent, at=NOON + SECOND * 55, address="203.0.113.1")

    judge_hits(at=NOON + HOUR)

    assert Hit.objects.get(engagement_id__isnull=False).reversed_by is not None


def test_one_ring_judges_more_than_fit_in_one_part(sent, monkeypatch):
    monkeypatch.setattr("nurture.actions.hearing.PART", 4)
    others = [make_message() for _ in range(4)]
    for message in others:
        leave(message, at=NOON - HOUR)
        message.links.create(number=1, url="https://1.example/")
    for message in (sent, *others):
        hit(message, 0, at=NOON)
        hit(message, 1, at=NOON + SECOND * 20)
        hit(message, 1, at=NOON + SECOND * 40)

    assert judge_hits(at=NOON + HOUR) == 5
    assert Engagement.objects.filter(kind="clicked").count() == 5
    assert not Hit.objects.filter(judge_at__isnull=False).exists()


def test_the_largest_crowd_gives_way_and_what_counts_never():
    kept = [Kept(pk, NOON, "a", 1, is_machine=False) for pk in range(MOST - 2)]
    kept += [Kept(998, NOON, "b", 1), Kept(999, NOON, "a", 1, is_judged=True, counts=True)]

    assert gives_way(kept[:-1], Kept(None, NOON, "c", 1)) is None
    assert gives_way(kept, Kept(None, NOON, "c", 1)).pk == MOST - 3
    assert gives_way(kept, Kept(None, NOON, "a", 1)).pk is None


def test_machines_are_told_as_by_comparing_each_hit_with_every_other():
    draws = random.Random(7)
    for _round in range(300):
        hits = [
            Seen(
                pk,
                NOON + timedelta(seconds=draws.randrange(200)),
                draws.choice(["GET"] * 9 + ["HEAD"]),
                draws.choice([BROWSER] * 9 + ["curl/8"]),
                draws.choice("abc"),
                draws.choice([None, 1, 2, 3]),
            )
            for pk in range(draws.randrange(1, 14))
        ]
        assert machines_among(hits, sent_at=NOON - HOUR) == _by_comparing(hits)


def _by_comparing(hits):
    found = {}
    hits = sorted(hits, key=lambda hit: (hit.at, hit.pk))
    clicks = [hit for hit in hits if hit.link is not None]
    for one in hits:
        if one.method == "HEAD":
            found[one.pk] = "head"
        elif one.agent != BROWSER:
            found[one.pk] = "program"
    for place, one in enumerate(clicks):
        together = [other for other in clicks[place:] if other.at <= one.at + SECOND * 5]
        if len({other.link for other in together}) >= 3:
            for other in together:
                found.setdefault(other.pk, "burst")
    for before, after in pairwise(clicks):
        if before.network != after.network and after.at - before.at < SECOND * 60:
            found.setdefault(before.pk, "network")
    signs = [one for one in hits if found.get(one.pk) in ("head", "burst")]
    for one in hits:
        near = [sign for sign in signs if sign.network == one.network and abs(sign.at - one.at) < SECOND * 60]
        if near:
            found.setdefault(one.pk, "one_go")
    return found
