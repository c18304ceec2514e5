"""Lists under a name: shipped for everybody, a rep's own, her team's."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from agreement.models import Phase
from content.models import Asset, Topic
from leads.models import Engagement, Lead, SavedView
from leads.queue import CALLABLE, UNKNOWN, Wanted, queue_of
from team.models import Calendar, CalendarDay
from tests.make import NOON, make_account, make_lead, make_person

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TOLL_FREE = "+18005550123"


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def working(alice, *, at=NOON, zone="UTC", **fields):
    person = fields.pop("person", None) or make_person(time_zone=zone, phone=TOLL_FREE)
    return make_lead(phase=Phase.WORKING, bdr=alice, at=at, person=person, **fields)


def rows(user, *, at=NOON, **wanted):
    groups = queue_of(user, wanted=Wanted(**wanted), at=at).groups
    return {heading.value: [row.lead_id for row in found] for heading, found in groups}


def ids(found):
    return [lead_id for rows in found.values() for lead_id in rows]


def keep(client, **given):
    return client.post(reverse("leads:view_save"), {"query": "tier=A", "name": "Best first", **given})


# What the shipped views show


def test_callable_now_puts_whose_day_ends_first_on_top(alice):
    chicago, london, oslo = (
        working(alice, zone=f"{zone}") for zone in ("America/Chicago", "Europe/London", "Europe/Oslo")
    )

    found = rows(alice, at=NOON + 3 * HOUR, callable_now=True)

    assert found == {CALLABLE: [oslo.pk, london.pk, chicago.pk]}


def test_whose_clock_nobody_knows_is_shown_as_that(client, alice):
    known, unknown = working(alice), working(alice, zone="")

    assert rows(alice, callable_now=True) == {CALLABLE: [known.pk], UNKNOWN: [unknown.pk]}
    assert queue_of(alice, wanted=Wanted(), at=NOON).callable_now == 1
    client.force_login(alice)
    assert "Nobody knows their clock" in client.get("/?callable=on").text


@pytest.mark.parametrize(
    ("person", "account"),
    [
        ({"country": "JP"}, {}),
        ({"phone": "+81352345678"}, {}),
        ({}, {"country": "JP"}),
        ({"country": "US", "city": "Anchorage", "phone": "+81352345678"}, None),
    ],
)
def test_the_zone_is_that_of_the_place_the_number_or_the_company(alice, person, account):
    """17:00 UTC is the middle of the night in Japan and the morning in Alaska."""
    where = make_account(**account) if account is not None else None
    lead = working(alice, person=make_person(account=where, **{"phone": TOLL_FREE, **person}))
    if where:
        Lead.objects.filter(pk=lead.pk).update(account=where)

    found = rows(alice, at=NOON + 5 * HOUR + DAY, callable_now=True)

    assert found == ({CALLABLE: [lead.pk]} if person.get("city") else {})


@pytest.mark.parametrize(("hour", "is_callable"), [(7, False), (8, True), (17, True), (18, False)])
def test_people_are_called_from_eight_to_six_on_their_clock(alice, hour, is_callable):
    lead = working(alice, at=NOON - DAY)

    found = rows(alice, at=NOON.replace(hour=hour), callable_now=True)

    assert found == ({CALLABLE: [lead.pk]} if is_callable else {})


def test_nobody_is_called_on_a_weekend(alice):
    working(alice, at=NOON - 3 * DAY)

    assert rows(alice, at=NOON - DAY, callable_now=True) == {}


def test_on_a_weekend_that_her_team_works_people_are_called(client, alice, team):
    lead = working(alice, at=NOON - 3 * DAY)
    CalendarDay.objects.create(calendar=team.calendar, day=(NOON - DAY).date(), opens=9 * 60, closes=14 * 60)
    Calendar.objects.filter(pk=team.calendar_id).update(version=2)
    client.force_login(alice)

    with time_machine.travel(NOON - DAY, tick=False):
        page = client.get(reverse("leads:queue"), {"callable": "on"})
        assert page.context["queue"].callable_now == 1
        assert "callable until 18:00" in client.get(reverse("leads:lead", args=[lead.public_id])).text
    with time_machine.travel(NOON - 2 * DAY, tick=False):
        assert client.get(reverse("leads:queue")).context["queue"].callable_now == 0
        assert "weekend there" in client.get(reverse("leads:lead", args=[lead.public_id])).text


def test_no_activity_is_no_touch_of_ours_since_then(alice):
    old, touched, new = working(alice, at=NOON - 20 * DAY), working(alice, at=NOON - 20 * DAY), working(alice)
    Lead.objects.filter(pk__in=[old.pk, touched.pk]).update(created_at=NOON - 20 * DAY)
    Lead.objects.filter(pk=new.pk).update(created_at=NOON)
    Lead.objects.filter(pk=touched.pk).update(last_touched_at=NOON - 13 * DAY)

    assert ids(rows(alice, idle=14)) == [old.pk]
    assert queue_of(alice, wanted=Wanted(), at=NOON).idle == 1


def test_a_topic_is_what_they_did_something_with(alice):
    parts = Topic.objects.create(key="parts", label="Parts")
    guide = Asset.objects.create(title="Spare parts", kind=Asset.Kind.GUIDE, topic=parts)
    by_asset, by_topic, _other = working(alice), working(alice), working(alice)
    for lead, about in ((by_asset, {"asset": guide}), (by_topic, {"topic": parts})):
        Engagement.objects.create(person=lead.person, kind="read", at=NOON, recorded_at=NOON, **about)

    assert sorted(ids(rows(alice, topic=parts.pk))) == [by_asset.pk, by_topic.pk]


def test_rows_stand_under_their_account_where_that_is_asked_for(client, alice):
    corvane, brevik = make_account(name="Corvane"), make_account(name="Brevik")
    first, second, third = (
        working(alice, at=NOON - place * HOUR, person=make_person(account=account, time_zone="UTC"))
        for place, account in ((3, corvane), (2, brevik), (1, corvane))
    )
    alone = working(alice, at=NOON - 5 * HOUR)

    assert rows(alice, by_account=True) == {
        f"account-{corvane.pk}": [first.pk, third.pk],
        f"account-{brevik.pk}": [second.pk],
        "account-0": [alone.pk],
    }
    assert sorted(ids(rows(alice, account=corvane.public_id))) == [first.pk, third.pk]
    client.force_login(alice)
    page = client.get("/?by_account=on").text
    assert f"account={corvane.public_id}" in page


def test_a_page_by_account_ends_between_two_accounts(alice, monkeypatch):
    monkeypatch.setattr("leads.queue.PAGE", 3)
    for name in ("Corvane", "Brevik", "Halden"):
        account = make_account(name=name)
        for _ in range(2):
            working(alice, person=make_person(account=account, time_zone="UTC"))

    first = queue_of(alice, wanted=Wanted(by_account=True), at=NOON)
    second = queue_of(alice, wanted=Wanted(by_account=True, after=first.next_after), at=NOON)

    sizes = [[len(found) for _heading, found in queue.groups] for queue in (first, second)]
    assert (sizes, second.next_after) == ([[2, 2], [2]], "")


# Her own and her team's


def test_a_view_is_kept_with_its_filter_and_stands_in_the_tabs(client, alice, bob):
    client.force_login(alice)

    response = keep(client, query="tier=A&after=3_x_1_2&nonsense=1")

    assert (SavedView.objects.get().query, response.url) == ("tier=A", "/?tier=A")
    assert '<a href="?tier=A" aria-current="true">Best first</a>' in client.get("/?tier=A").text
    client.force_login(bob)
    assert "Best first" not in client.get("/").text


def test_a_shared_view_stands_in_the_tabs_of_the_team_and_of_no_other(client, alice, bob, eve, team):
    client.force_login(alice)
    keep(client, team=team.pk)

    client.force_login(bob)
    assert "Best first" in client.get("/").text
    client.force_login(eve)
    assert "Best first" not in client.get("/").text


def test_the_owner_shares_and_stops_sharing(client, alice, bob, team):
    client.force_login(alice)
    keep(client)
    view = SavedView.objects.get()

    client.post(reverse("leads:view_share", args=[view.pk]), {"team": team.pk})
    view.refresh_from_db()
    assert view.team == team

    client.post(reverse("leads:view_share", args=[view.pk]))
    view.refresh_from_db()
    assert view.team is None


def test_nobody_shares_with_a_team_she_does_not_work_in(client, alice, eve):
    client.force_login(alice)

    keep(client, team=eve.memberships.get().team_id)

    assert not SavedView.objects.exists()


def test_a_manager_removes_what_is_shared_with_her_team_and_a_colleague_does_not(client, alice, bob, mona, team):
    client.force_login(alice)
    keep(client, team=team.pk)
    view = SavedView.objects.get()

    client.force_login(bob)
    assert client.post(reverse("leads:view_remove", args=[view.pk])).status_code == 404
    client.force_login(mona)
    assert client.post(reverse("leads:view_remove", args=[view.pk])).status_code == 302
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("given", [{"name": "  "}, {"query": ""}, {"name": "BEST FIRST"}])
def test_what_makes_no_view_is_refused_in_words(client, alice, given):
    client.force_login(alice)
    keep(client)

    page = client.post(reverse("leads:view_save"), {"query": "tier=A", "name": "Other", **given}, follow=True).text

    assert SavedView.objects.count() == 1
    assert any(words in page for words in ("Give the view a name", "Filter the list first", "of this name already"))
