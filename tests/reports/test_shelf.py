"""Is the library used: never used by us, and written without it, with n and an interval beside what others say."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Benchmark
from content.actions.using import miss_search, open_asset, use_assets
from nurture.models import Message
from reports.shelf import shelf_of
from tests.make import make_asset, make_lead, make_person


def written(alice, *, asset=None, at):
    person = make_person()
    Message.objects.create(
        kind="by_hand", person=person, lead=make_lead(bdr=alice, person=person), by=alice, asset=asset, state="sent",
        planned_at=at, sent_at=at, claimed_at=at, claimed_by="me", to_hash="x",
    )  # fmt: skip


def test_shares_have_their_n_and_interval_and_every_number_its_list(client, alice, django_assert_num_queries):
    now = timezone.now()
    long_ago = now - timedelta(days=100)
    used, *never = (make_asset(at=long_ago) for _number in range(3))
    make_asset("New", at=now - timedelta(days=5))
    make_asset("Over", at=long_ago, expires_on=timezone.localdate())
    use_assets([used.pk], place="lead", by=alice, at=now - timedelta(days=99))
    for asset in (used, None, None, None):
        written(alice, asset=asset, at=now - timedelta(days=1))
    written(alice, at=now - timedelta(days=91))

    with django_assert_num_queries(6):
        shelf = shelf_of(at=now, on=timezone.localdate())

    assert [(one.part, one.whole) for one in (shelf.unused, shelf.own_words)] == [(2, 3), (3, 4)]
    assert (round(shelf.own_words.estimate.low, 3), round(shelf.own_words.estimate.high, 3)) == (0.301, 0.954)
    assert (shelf.unused.band.percents, shelf.own_words.band.percents) == ("90 %", "40 %")
    assert shelf.own_words.verdict == "unknown"
    client.force_login(alice)
    page = client.get(reverse("reports:shelf")).text
    assert "75.0 %" in page
    assert "n = 4" in page
    listed = client.get(reverse("content:library"), {"state": "never", "days": "90"}).context["listed"]
    assert {card.asset for card in listed.cards} == set(never)


def test_from_where_the_library_is_reached_is_counted_for_90_days(client, alice, bob):
    now = timezone.now()
    asset = make_asset()
    for place, days in (("lead", 1), ("lead", 89), ("lead", 91), ("composer", 2)):
        use_assets([asset.pk], place=place, by=alice, at=now - timedelta(days=days))
    for user in (alice, bob):
        open_asset(asset, place="mobile", by=user, at=now)
    miss_search(["pump"], {}, place="library", by=bob, at=now)
    miss_search(["pump"], {}, place="library", by=bob, at=now - timedelta(days=91))

    places = shelf_of(at=now, on=timezone.localdate()).places

    assert [(one.place, one.opened, one.used, one.missed) for one in places] == [
        ("Library", 0, 0, 1), ("Lead page", 0, 2, 0), ("E-mail", 0, 1, 0), ("Its address", 0, 0, 0),
        ("Telephone", 2, 0, 0),
    ]  # fmt: skip
    client.force_login(alice)
    page = client.get(reverse("reports:shelf")).text
    assert '<th scope="row">Telephone</th><td class="number" data-label="Opened">2</td>' in page


@pytest.mark.django_db
def test_a_figure_of_others_may_be_one_and_is_never_upside_down():
    Benchmark.objects.filter(key="own_words").update(low=35, high=35)

    assert shelf_of(at=timezone.now(), on=timezone.localdate()).own_words.band.percents == "35 %"
    assert shelf_of(at=timezone.now(), on=timezone.localdate()).own_words.verdict == "unknown"
