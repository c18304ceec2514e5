"""The library: found by words and marks, in the title first, and what was looked for in vain is kept."""

import re
from datetime import timedelta
from html import unescape
from importlib import import_module
from types import SimpleNamespace

import pytest
import time_machine
from django.apps import apps
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from content.actions.keeping import retire_asset
from content.actions.using import open_asset, use_assets
from content.backlog import missed
from content.library import PAGE
from content.models import Asset, AssetAccess, Label, LibrarySearch, LibraryWord, Topic
from content.models.use import Place
from team.models import Role
from tests.make import make_asset, make_user


@pytest.fixture
def mark(db):
    return make_user("mark", Role.MARKETER)


@pytest.fixture
def now():
    return timezone.now()


def titles(client, **asked):
    answer = client.get(reverse("content:library"), asked)
    assert answer.status_code == 200
    return [card.asset.title for card in answer.context["listed"].cards]


def label(dimension, key):
    return Label.objects.get(dimension=dimension, key=key)


def test_words_find_what_they_begin_in_the_title_first_however_they_are_written(client, alice, mark, now):
    client.force_login(alice)
    make_asset("Standstill: what it costs", at=now)
    make_asset("The planner's week", at=now, when_to_use="After they spoke of a standstill")
    make_asset("Überstunden im Café", at=now)
    make_asset("Nothing of the kind", at=now)

    assert titles(client, q="stand") == ["Standstill: what it costs", "The planner's week"]
    assert titles(client, q="COSTS standstill") == ["Standstill: what it costs"]
    assert titles(client, q="uberstunden cafe") == ["Überstunden im Café"]
    assert titles(client, q="planners") == ["The planner's week"]
    assert titles(client, q="stil") == []


def test_words_that_stand_in_what_it_says_are_shown_where_they_stand(client, alice, mark, now):
    client.force_login(alice)
    text = "Good morning, <b>you</b> asked for the " + "very " * 40 + "Café's figures: standstill costs you an hour."
    make_asset("After a voicemail", at=now, form="snippet", text=text)
    make_asset("Standstill", at=now, form="snippet", text="Nothing of the kind.")

    page = client.get(reverse("content:library"), {"q": "cafes stand"}).text
    assert "very <mark>Café&#x27;s</mark> figures: <mark>standstill</mark> costs you an hour.</blockquote>" in page
    assert "Good morning" not in page
    # What is found by its title needs no more.
    assert "<blockquote>" not in client.get(reverse("content:library"), {"q": "standstill"}).text.split("</ul>")[0]
    begin = client.get(reverse("content:library"), {"q": "morning"}).text
    assert "<blockquote>Good <mark>morning</mark>, &lt;b&gt;you&lt;/b&gt; asked for the very" in begin
    assert "very …</blockquote>" in begin


def test_filters_of_the_address_hold_together_and_nonsense_is_left_out(client, alice, mark, now):
    client.force_login(alice)
    topic = Topic.objects.create(key="uptime", label="Uptime")
    doer, price = label("persona", "doer"), label("objection", "price")
    make_asset("All of it", at=now, topic=topic, labels=(doer, price), language="de", form="snippet")
    make_asset("Only the topic", at=now, topic=topic)
    make_asset("Only the persona", at=now, labels=(doer,))

    assert titles(client, topic="uptime") == ["Only the topic", "All of it"]
    assert titles(client, persona="doer") == ["Only the persona", "All of it"]
    assert titles(client, persona="doer", objection="price", topic="uptime", form="snippet", language="de") == [
        "All of it"
    ]
    assert titles(client, persona="doer", kind="webinar") == []
    assert titles(client, persona="nobody", topic="\0", q="of it") == ["All of it"]


def test_each_part_of_the_library_holds_what_its_name_says(client, mark, now):
    client.force_login(mark)
    day = timezone.localdate()
    make_asset("Fine", at=now)
    make_asset("Runs out", at=now, expires_on=day + timedelta(days=20))
    make_asset("Expired", at=now, expires_on=day)
    make_asset("Look", at=now, review_on=day)
    retire_asset(make_asset("Retired", at=now), because="x", successor=None, by=mark, at=now)
    make_asset("Handed in", at=now, by=make_user("peter", Role.AE))
    used, unused = make_asset("Used", at=now - timedelta(days=200)), make_asset("Unused", at=now - timedelta(days=200))
    use_assets([used.pk], place="lead", by=mark, at=now - timedelta(days=3))
    use_assets([unused.pk], place="lead", by=mark, at=now - timedelta(days=100))
    Asset.objects.create(title="Only a name", kind="page")

    assert titles(client) == ["Unused", "Used", "Look", "Runs out", "Fine"]
    assert titles(client, state="expiring") == ["Runs out"]
    assert titles(client, state="expiring", days=10) == []
    assert titles(client, state="unused") == ["Unused"]
    assert titles(client, state="unused", days=2) == ["Unused", "Used"]
    assert titles(client, state="expired") == ["Expired"]
    assert titles(client, state="review") == ["Look"]
    assert titles(client, state="retired") == ["Retired"]
    assert titles(client, state="waiting") == ["Handed in"]
    assert titles(client, state="nothing") == ["Only a name"]


def test_what_was_handed_in_is_seen_by_who_made_it_and_who_decides(client, mark, alice, peter, now):
    asset = make_asset("Mine", at=now, by=peter)
    page, seen = reverse("content:asset_page", args=[asset.public_id]), {}

    for user in (alice, peter, mark):
        client.force_login(user)
        seen[user.name] = client.get(page).status_code, titles(client, state="mine"), titles(client, state="waiting")

    assert seen == {
        "Alice": (404, [], []),
        "Peter": (200, ["Mine"], []),
        "Mark": (200, [], ["Mine"]),
    }


def test_what_is_looked_for_in_vain_is_kept_once_with_its_place_and_nothing_else_is(client, alice, mark, now):
    client.force_login(alice)
    make_asset("Standstill", at=now)
    for _again in range(2):
        titles(client, q="  PHARMA café ", persona="doer", **{"from": "lead"})
    titles(client, q="stand")
    titles(client, q="pharma", state="expired")
    titles(client)
    client.get(reverse("content:library"), {"q": "steel"}, headers={"User-Agent": "Mozilla (iPhone) Mobile"})

    kept = LibrarySearch.objects.order_by("pk").values_list("user", "q", "asked", "place")
    assert list(kept) == [
        (alice.pk, "pharma cafe", {"persona": "doer"}, "lead"),
        (alice.pk, "steel", {}, "mobile"),
    ]


@pytest.mark.parametrize("q", ['"', "%", "\N{PILE OF POO}", "_ -"])
def test_what_has_no_letter_finds_nothing_and_is_no_demand(client, alice, now, q):
    make_asset("The guide", at=now, topic=None)
    client.force_login(alice)

    assert titles(client, q=q) == titles(client, q=q, order="used") == []
    assert "Write a word to look for" in client.get(reverse("content:library"), {"q": q, "persona": "doer"}).text
    assert not LibrarySearch.objects.exists()


def test_a_search_that_is_put_right_within_a_minute_is_no_demand_and_another_search_is(client, alice, bob, now):
    make_asset("Price calculator", at=now)
    make_asset("Pumps", at=now)
    looked = [
        # What they are put right by finds nothing either, and is not offered.
        (alice, 0, "pumps calclator"), (alice, 20, "pharma"), (bob, 30, "pumps calclator"),
        (alice, 40, "pumps calculator"), (alice, 100, "pumps calculater"), (alice, 170, "pumps calculator"),
        (alice, 180, "ster"), (alice, 185, "sterile"),
    ]  # fmt: skip
    for user, seconds, q in looked:
        client.force_login(user)
        with time_machine.travel(now + timedelta(seconds=seconds), tick=False):
            titles(client, q=q)

    kept = LibrarySearch.objects.order_by("pk").values_list("user", "q")
    assert list(kept) == [
        (alice.pk, "pharma"), (bob.pk, "pumps calclator"), (alice.pk, "pumps calculator"),
        (alice.pk, "pumps calculater"), (alice.pk, "sterile"),
    ]  # fmt: skip


def test_only_the_same_words_spelt_right_at_the_same_place_and_for_the_same_people_are_no_demand_before(
    client, alice, now
):
    make_asset("GDPR checklist 2026 for retail details", at=now)
    client.force_login(alice)
    looked = [
        # Another number, another word that is known, a word more, another persona, another place.
        {"q": "gdpr checklist 2025"}, {"q": "gdpr checklist 2026"},
        {"q": "gdpr retail bank"}, {"q": "gdpr retail bank sap"},
        {"q": "gdpr details bank"}, {"q": "gdpr detail bank"},
        {"q": "chekclist", "persona": "doer"}, {"q": "checklist"},
        {"q": "retial bank", "from": "lead"}, {"q": "retail bank"},
        # The same, spelt right.
        {"q": "detials", "persona": "doer"}, {"q": "details", "persona": "doer"},
    ]  # fmt: skip
    for seconds, asked in enumerate(looked):
        with time_machine.travel(now + timedelta(seconds=seconds), tick=False):
            titles(client, **asked)

    kept = LibrarySearch.objects.order_by("pk").values_list("q", flat=True)
    assert list(kept) == [
        "gdpr checklist 2025", "gdpr retail bank", "gdpr retail bank sap", "gdpr details bank", "gdpr detail bank",
        "chekclist", "retial bank", "retail bank", "details",
    ]  # fmt: skip


def test_a_word_that_is_written_wrong_is_put_right_by_those_of_titles_topics_and_labels(client, alice, now):
    topic = Topic.objects.create(key="compliance", label="Compliance")
    make_asset("Price calculator", at=now, topic=topic, labels=[label("persona", "influencer")])
    make_asset("Warehouse", at=now)
    client.force_login(alice)

    def offered(**asked):
        page = client.get(reverse("content:library"), asked)
        return page.context["meant"], re.findall(r'Did you mean <a href="([^"]+)">', page.text)

    assert offered(q="price calclator", kind="guide") == (
        "price calculator",
        [reverse("content:library") + "?q=price+calculator&amp;kind=guide&amp;instead_of=price+calclator"],
    )
    assert offered(q="complaince")[0] == "compliance"
    assert offered(q="calculater") == (
        "calculator",
        [reverse("content:library") + "?q=calculator&amp;instead_of=calculater"],
    )
    assert offered(q="influencr")[0].startswith("influencer")
    # What is near a word and yet finds nothing, what is near none, and what is there.
    assert [offered(q=q)[0] for q in ("calclator warehouse", "pharma", "pri", "pumps 24")] == [""] * 4
    assert offered(q="price calclator", kind="webinar")[0] == ""


def test_words_that_are_there_are_no_reason_to_take_what_is_like_them_and_missing_for_a_slip(client, alice, mark, now):
    like = {
        "contract": "contact", "training": "trading", "pricing": "printing", "planning": "planting",
        "monitor": "motor", "progress": "process", "personnel": "personal",
    }  # fmt: skip
    make_asset(", ".join(like.values()), at=now)
    client.force_login(alice)

    pages = {q: client.get(reverse("content:library"), {"q": q}) for q in like}

    assert {q: page.context["meant"] for q, page in pages.items()} == like
    assert all("If you meant what you wrote, it is noted" in page.text for page in pages.values())
    assert list(LibrarySearch.objects.order_by("pk").values_list("q", flat=True)) == list(like)


def test_whoever_follows_what_is_offered_takes_back_what_they_looked_for_in_vain_and_nobody_elses(
    client, alice, bob, mark, now
):
    make_asset("Guide to spare parts", at=now, labels=[label("persona", "doer")])
    asked = {"q": "sparepart", "kind": "guide", "persona": "doer"}

    def looks(who, said=None, *, after=0):
        client.force_login(who)
        with time_machine.travel(now + timedelta(minutes=after), tick=False):
            return client.get(said or reverse("content:library"), {} if said else asked)

    looks(bob)
    for minutes in (5, 15):
        page = looks(alice, after=minutes)
    (offer,) = re.findall(r'Did you mean <a href="([^"]+)">', page.text)
    looks(alice, reverse("content:library") + "?q=sparepart", after=15)
    assert LibrarySearch.objects.count() == 4

    for minutes in (30, 31):
        found = looks(alice, unescape(offer), after=minutes)
        kept = missed(at=now + timedelta(hours=1)).order_by("pk").values_list("user", "q", "asked")
        assert [card.asset.title for card in found.context["listed"].cards] == ["Guide to spare parts"]
        # What she looked for without saying for whom was another search.
        assert list(kept) == [(bob.pk, "sparepart", {"persona": "doer", "kind": "guide"}), (alice.pk, "sparepart", {})]


def test_whoever_goes_back_to_the_page_that_offered_what_they_meant_has_missed_nothing_and_later_has(
    client, alice, bob, mark, now
):
    make_asset("Guide to spare parts", at=now)
    url, seconds = reverse("content:library"), timedelta(seconds=1)

    def looks(who, said, *, after):
        client.force_login(who)
        with time_machine.travel(now + after, tick=False):
            return client.get(said).context["meant"]

    assert looks(alice, f"{url}?q=sparepart", after=0 * seconds) == "spare part"
    looks(alice, f"{url}?q=spare+part&instead_of=sparepart", after=5 * seconds)
    for after in (8 * seconds, timedelta(minutes=20)):
        assert looks(alice, f"{url}?q=sparepart", after=after) == "spare part"
    assert not missed(at=now + timedelta(hours=1)).exists()

    looks(bob, f"{url}?q=sparepart", after=timedelta(minutes=21))
    looks(alice, f"{url}?q=sparepart&persona=doer", after=timedelta(minutes=22))
    looks(alice, f"{url}?q=sparepart", after=timedelta(hours=2))

    kept = missed(at=now + timedelta(hours=3)).order_by("pk").values_list("user", "asked")
    assert list(kept) == [(bob.pk, {}), (alice.pk, {"persona": "doer"}), (alice.pk, {})]


def test_what_is_written_with_another_space_within_a_minute_or_instead_of_nothing_takes_nothing_else_back(
    client, alice, now
):
    make_asset("Guide to spare parts", at=now)
    client.force_login(alice)

    titles(client, persona="doer")
    titles(client, q="bakery")
    titles(client, q="spareparts")
    titles(client, q="spare parts", persona="")
    titles(client, q="guide", persona="doer", instead_of="-\x00")

    assert list(LibrarySearch.objects.order_by("pk").values_list("q", flat=True)) == ["", "bakery", "guide"]


def test_a_word_that_is_two_is_taken_apart_and_two_that_are_one_are_joined(client, alice, now):
    make_asset("Guide to spare parts", at=now)
    make_asset("What downtime costs", at=now)
    client.force_login(alice)

    def offered(q):
        return client.get(reverse("content:library"), {"q": q}).context["meant"]

    assert [offered(q) for q in ("sparepart", "guide sparepart", "down time", "costs down time", "sparetime")] == [
        "spare part", "guide spare part", "downtime", "costs downtime", "",
    ]  # fmt: skip


def test_words_of_assets_that_were_there_before_are_known_too_and_twice_is_once(mark, now):
    topic = Topic.objects.create(key="compliance", label="Compliance")
    make_asset("Price calculator 2027 for us", at=now, topic=topic, labels=[label("persona", "influencer")])
    known = set(LibraryWord.objects.values_list("word", flat=True))
    LibraryWord.objects.all().delete()
    fill = import_module("content.migrations.0025_library_words_filled").fill

    for _time in range(2):
        fill(apps, SimpleNamespace(connection=connection))

    assert {"price", "calculator", "compliance"} < known
    assert not {"2027", "for", "us"} & known
    assert set(LibraryWord.objects.values_list("word", flat=True)) == known


def test_the_languages_of_the_library_stand_before_the_others(client, mark, now):
    for title, language in (("A", "sv"), ("B", "de"), ("C", "sv"), ("D", "")):
        make_asset(title, at=now, language=language)
    client.force_login(mark)

    for url, form in ((reverse("content:library"), "filters"), (reverse("content:asset_new"), "form")):
        (none, _none), (here, first), (others, rest) = client.get(url).context[form].fields["language"].choices
        assert (none, here, [code for code, _name in first], others) == ("", "In the library", ["de", "sv"], "Others")
        assert {"de", "sv"}.isdisjoint(code for code, _name in rest)
        assert len(rest) > 50
    assert titles(client, language="de") == ["B"]


def test_a_language_in_which_nothing_can_be_had_stands_with_the_others(client, mark, now):
    retired, expired, waiting, before = (make_asset(at=now, language=code) for code in ("da", "fi", "nl", "de"))
    make_asset(at=now, language="de")
    for one in (retired, before):
        retire_asset(one, because="Outdated", successor=None, by=mark, at=now)
    Asset.objects.filter(pk=expired.pk).update(expires_on=now.date() - timedelta(days=1))
    waiting.versions.update(is_current=False, approved_by=None, approved_at=None)
    client.force_login(mark)

    for url, form in ((reverse("content:library"), "filters"), (reverse("content:asset_new"), "form")):
        choices = dict(client.get(url).context[form].fields["language"].choices)
        assert [code for code, _name in choices["In the library"]] == ["de"]
        assert {"da", "fi", "nl"} < {code for code, _name in choices["Others"]}


@pytest.mark.parametrize("rows", [1, PAGE + 5])
def test_a_page_costs_the_same_however_much_there_is_and_the_next_goes_on(
    client, alice, mark, now, rows, django_assert_num_queries
):
    client.force_login(alice)
    made = [make_asset(f"Guide {n:02}" if n % 2 else f"Other {n:02}", at=now, when_to_use="guide") for n in range(rows)]
    expected = [one.title for one in reversed(made) if one.title[0] == "G"]
    expected += [one.title for one in reversed(made) if one.title[0] == "O"]

    titles(client)

    # Session, user, roles, the day; topics, labels, languages; two tiers of ids; assets, versions, their labels; what
    # was just looked for; the rail; what is new.
    with django_assert_num_queries(15):
        first = client.get(reverse("content:library"), {"q": "guide"})

    listed = first.context["listed"]
    found = [card.asset.title for card in listed.cards]
    if listed.next_after:
        found += titles(client, q="guide", after=listed.next_after)
    assert found == expected


def test_what_was_used_once_is_said_so(client, alice):
    asset = make_asset("The guide")
    use_assets([asset.pk], place=Place.COMPOSER, by=alice, at=timezone.now())
    client.force_login(alice)

    page = client.get(reverse("content:asset_page", args=[asset.public_id])).text

    assert "In 90 days used once" in page
    assert " 1 times" not in page


def test_everybody_who_has_seen_or_used_an_asset_stands_on_its_list(client, alice, bob, now):
    guide, reps = make_asset("The guide"), [make_user(f"rep{n}", Role.AE) for n in range(51)]
    AssetAccess.objects.bulk_create(
        AssetAccess(asset=guide, user=rep, at=now - timedelta(days=n), did="opened", place="lead")
        for n, rep in enumerate(reps)
    )
    use_assets([guide.pk], place="lead", by=bob, at=now - timedelta(minutes=5))
    use_assets([make_asset("Another").pk], place="lead", by=alice, at=now)
    open_asset(guide, place="lead", by=bob, at=now)
    client.force_login(alice)
    url = reverse("content:asset_users", args=[guide.public_id])

    first, last = client.get(url), client.get(url, {"page": "2"})

    lines = [
        [(one["user__name"], one["opened"], one["used"]) for one in page.context["found"]] for page in (first, last)
    ]
    assert lines[0][:2] == [("Bob", 1, 1), (reps[0].name, 1, 0)]
    assert lines[1] == [(rep.name, 1, 0) for rep in reps[49:]]
    assert 'rel="next"' in first.text
    assert "That is everybody." in last.text
    assert client.get(url, {"page": "x"}).status_code == 200
    assert url in client.get(reverse("content:asset_page", args=[guide.public_id])).text
