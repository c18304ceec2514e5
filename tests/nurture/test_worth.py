"""What came of each asset, from rows; the order of the library by it; who is told when its day comes."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from content.actions.using import use_assets
from content.actions.watching import tell_owners
from content.models import Asset, AssetFigures, AssetNotice
from leads.actions import sweeping
from leads.actions.merging import merge_people, undo_merge
from leads.actions.sweeping import ring
from nurture.actions import counting
from nurture.actions.counting import count_assets
from nurture.models import Message
from nurture.worth import Worth, letters, versions_of, worth_of
from team.models import Role
from tests.make import NOON, make_asset, make_lead, make_person, make_team, make_user
from tests.nurture.making import leave, make_message


def sent(asset, *, at=NOON, version=1, person=None, **came):
    message = make_message(asset=asset, person=person or make_person())
    leave(message, at=at)
    Message.objects.filter(pk=message.pk).update(asset_version=version, **came)
    return message


@pytest.fixture
def guide(db):
    return make_asset("The guide")


def test_what_came_of_an_asset_is_counted_from_letters_uses_meetings_and_deals(guide, alice, django_assert_num_queries):
    met, bought = make_person(), make_person()
    late = timedelta(days=31)
    sent(guide, opened_at=NOON, replied_at=NOON)
    sent(guide, version=2, person=met, clicked_at=NOON)
    sent(guide, version=2, person=bought, at=NOON - late)
    sent(guide, at=NOON - timedelta(days=400), replied_at=NOON)
    sent(make_asset("Another"), replied_at=NOON)
    agreed = make_lead(phase="handed_off", bdr=alice, person=met, at=NOON + timedelta(days=1))
    agreed.hand_offs.update(meeting_at=NOON, local_meeting=NOON, zone="UTC")
    # Within 90 days a deal, but its meeting came after more than 30.
    late_one = make_lead(phase="qualified", bdr=alice, person=bought, at=NOON)
    late_one.hand_offs.update(meeting_at=NOON, local_meeting=NOON, zone="UTC")
    use_assets([guide.pk], place="lead", by=alice, at=NOON)
    at = NOON + timedelta(days=2)

    ids = list(Asset.objects.values_list("pk", flat=True))
    with django_assert_num_queries(2):
        worth = worth_of(ids, at=at)

    assert worth[guide.pk] == Worth(used=4, sent=3, opened=2, answered=1, met=1, promoted=1)
    assert versions_of(guide, at=at) == [(2, Worth(2, 2, 1, 0, 1, 1)), (1, Worth(1, 1, 1, 1, 0, 0))]


def test_what_came_of_a_letter_stays_with_it_when_whoever_got_it_is_merged_and_merged_again(client, guide, alice, mona):
    """The deal is hers under the row that is left; a merge taken back takes it back."""
    got_it, between, today = (make_person() for _person in range(3))
    message = sent(guide, person=got_it)
    lead = make_lead(phase="qualified", bdr=alice, person=today, at=NOON + timedelta(days=1))
    lead.hand_offs.update(meeting_at=NOON, local_meeting=NOON, zone="UTC")
    at = NOON + timedelta(days=2)
    assert worth_of([guide.pk], at=at)[guide.pk] == Worth(used=1, sent=1)

    merge_people(between, got_it, by=mona, at=at)
    last = merge_people(today, between, by=mona, at=at)

    assert worth_of([guide.pk], at=at)[guide.pk] == Worth(used=1, sent=1, met=1, promoted=1)
    assert list(letters(at=at).filter(is_promoted=True)) == [message]
    undo_merge(last, by=mona, at=at)
    assert worth_of([guide.pk], at=at)[guide.pk] == Worth(used=1, sent=1)


def test_the_library_is_put_in_the_order_of_what_came_of_it_page_by_page(client, alice):
    assets = [make_asset(f"Asset {n:02}") for n in range(30)]
    AssetFigures.objects.bulk_create(
        AssetFigures(asset=asset, used=n // 2, as_of=NOON) for n, asset in enumerate(assets)
    )
    client.force_login(alice)
    url = reverse("content:library")

    first = client.get(url, {"order": "used"}).context["listed"]
    rest = client.get(url, {"order": "used", "after": first.next_after}).context["listed"]

    shown = [card.asset for card in (*first.cards, *rest.cards)]
    # What nobody used stands in no such order.
    assert shown == [*reversed(assets[2:])]
    for odd in ("x", "1_", "99999999999999999999_1", "\x00"):
        assert client.get(url, {"order": "used", "after": odd}).status_code == 200
    assert client.get(url, {"order": "password"}).status_code == 200


def test_figures_are_counted_anew_and_drawn_on_the_page_of_the_asset(client, guide, alice):
    sent(guide, at=timezone.now() - timedelta(days=3), replied_at=timezone.now())
    gone = make_asset("Used a year ago")
    AssetFigures.objects.create(asset=gone, used=7, as_of=timezone.now() - timedelta(hours=1))

    for _time in range(2):
        count_assets(at=timezone.now())

    assert list(AssetFigures.objects.order_by("asset").values_list("asset", "used", "answered")) == [
        (guide.pk, 1, 1),
        (gone.pk, 0, 0),
    ]
    client.force_login(alice)
    page = client.get(reverse("content:asset_page", args=[guide.public_id]))
    assert ("Answered", 1) in page.context["page"].figures
    assert '<meter value="1" max="1" aria-label="Answered">' in page.text
    by_version = client.get(reverse("nurture:asset_worth", args=[guide.public_id]))
    assert "By version" in by_version.text


def test_counting_ends_however_much_there_is_and_goes_on_where_it_stopped(alice, monkeypatch):
    for module in (sweeping, counting):
        monkeypatch.setattr(module, "BATCH", 2)
    assets = [make_asset(f"Asset {n}") for n in range(6)]
    use_assets([one.pk for one in assets], place="lead", by=alice, at=timezone.now() - timedelta(days=2))
    counted = []

    def work(at):
        done = count_assets(at=at)
        counted.append(done)
        assert len(counted) < 9, "it rings without end"
        return done

    assert count_assets(at=timezone.now() - timedelta(days=1)) == 2
    assert ring("count_assets", work) == 6
    assert counted == [2, 2, 2, 0]
    assert ring("count_assets", work) == 0
    assert set(AssetFigures.objects.values_list("asset", "used")) == {(one.pk, 1) for one in assets}


def test_what_is_due_is_told_to_keepers_once_its_owner_keeps_the_library_no_more(client, db):
    mark, rose = make_user("mark", Role.MARKETER), make_user("rose", Role.MARKETER)
    team = make_team("North")
    today = NOON.date()
    asset = make_asset("Costs", by=mark, owner=rose, review_on=today)
    told_before = tell_owners(on=today, at=NOON)
    # She changes into sales, and has not heard of it.
    rose.memberships.update(role=Role.BDR, team=team)
    Asset.objects.filter(pk=make_asset("Plans", by=mark, owner=rose).pk).update(expires_on=today)

    told = tell_owners(on=today, at=NOON), tell_owners(on=today, at=NOON)

    assert (told_before, told) == (1, (2, 0))
    seen = {}
    for user in (mark, rose):
        client.force_login(user)
        page = client.get(reverse("content:library"))
        seen[user.name] = page.context["rail"].counts["library"], [one.asset.title for one in page.context["notices"]]
    assert seen == {mark.name: (2, ["Plans", "Costs"]), rose.name: (0, [])}
    # What was heard is told to nobody else, whoever comes and goes.
    AssetNotice.objects.filter(asset=asset, user=mark).update(heard_at=NOON)
    mark.memberships.update(role=Role.AE)
    moira = make_user("moira", Role.MARKETER)
    assert tell_owners(on=today, at=NOON) == 1
    assert [one.asset.title for one in AssetNotice.objects.unheard_by(moira)] == ["Plans"]


def test_who_answers_for_an_asset_is_told_once_of_each_day_that_comes(client, db):
    mark, moira = make_user("mark", Role.MARKETER), make_user("moira", Role.MARKETER)
    left = make_user("lea", Role.MARKETER, is_active=False)
    today = NOON.date()
    hers = make_asset("Hers", by=mark, owner=mark, review_on=today, expires_on=today + timedelta(days=5))
    make_asset("Of nobody who is here", by=mark, owner=left, expires_on=today)
    make_asset("Later", by=mark, owner=mark, review_on=today + timedelta(days=1))
    make_asset("Long over", by=mark, owner=mark, expires_on=today - timedelta(days=100))

    for on in (today, today, today + timedelta(days=5)):
        tell_owners(on=on, at=NOON)

    told = AssetNotice.objects.order_by("pk").values_list("asset__title", "user", "kind", "day")
    assert list(told) == [
        ("Hers", mark.pk, "review", today),
        ("Of nobody who is here", mark.pk, "expired", today),
        ("Of nobody who is here", moira.pk, "expired", today),
        ("Later", mark.pk, "review", today + timedelta(days=1)),
        ("Hers", mark.pk, "expired", today + timedelta(days=5)),
    ]
    client.force_login(mark)
    page = client.get(reverse("content:library"))
    assert (page.context["rail"].counts["library"], "New to you" in page.text) == (4, True)
    client.post(reverse("content:library_heard"), {"shown": [one.pk for one in page.context["notices"][1:]]})
    assert AssetNotice.objects.unheard_by(mark).count() == 1
    # What is no key marks nothing.
    client.post(reverse("content:library_heard"), {"shown": ["x", "-1", "9" * 30, ""]})
    assert AssetNotice.objects.unheard_by(mark).count() == 1
    # Another day is another notice.
    Asset.objects.filter(pk=hers.pk).update(expires_on=today + timedelta(days=6))
    assert tell_owners(on=today + timedelta(days=6), at=NOON) == 1


def test_of_more_notices_than_the_page_shows_only_those_it_shows_are_heard(client, db):
    mark, today = make_user("mark", Role.MARKETER), NOON.date()
    for n in range(23):
        make_asset(f"Asset {n}", by=mark, owner=mark, expires_on=today)
    tell_owners(on=today, at=NOON)
    client.force_login(mark)

    read = [hear_all(client, "content:library") for _page in range(2)]

    assert [len(titles) for titles in read] == [20, 3]
    assert set(read[0]) | set(read[1]) == {f"Asset {n}" for n in range(23)}
    assert not AssetNotice.objects.unheard_by(mark).exists()


def hear_all(client, name):
    """Reads the list, and sends the form above it as a browser would."""
    page = client.get(reverse(name))
    form = re.search(r'<form method="post" action="([^"]*heard[^"]*)">(.*?)</form>', page.text)
    client.post(form[1], {"shown": re.findall(r'name="shown" value="(\d+)"', form[2])})
    return [one.asset.title for one in page.context["notices"]]
