"""Asking for content: alike needs are joined, the backlog has an order, and whoever asked hears each change once."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from content.actions.asking import (
    Need,
    RequestRefused,
    Voice,
    accept_request,
    answer_request,
    ask_for,
    decline_request,
    hear_news,
    join_into,
    join_request,
    reopen_request,
    take_request_on,
)
from content.actions.using import miss_search
from content.asked import sought_by_cell
from content.backlog import ranked
from content.models import ContentRequest, Label, LibrarySearch, News, RequestVoice, Topic
from content.same_need import same_needs
from leads.rail import rail_of
from team.models import Role
from tests.make import NOON, make_asset, make_user

TODAY = NOON.date()
CASE = "A case study of a paper mill that runs around the clock"


@pytest.fixture
def lea(db):
    return make_user("lea", Role.MARKETER)


def label(dimension, key):
    return Label.objects.get(dimension=dimension, key=key)


def ask(by, words=CASE, *labels, **voice):
    return ask_for(Need(words, labels=labels), Voice(**voice), by=by, at=NOON)


def heard_by(user):
    """What she has not heard yet, as (what was done, of what)."""
    return list(News.objects.unheard_by(user).order_by("pk").values_list("change__verb", "change__request__need"))


def test_everybody_who_asked_hears_each_change_once_and_whoever_made_it_does_not(alice, bob, lea):
    asked = ask(alice)
    accept_request(asked, by=lea, at=NOON)
    join_request(asked, Voice(), by=bob, at=NOON)
    join_request(asked, Voice(), by=lea, at=NOON)
    take_request_on(asked, by=lea, at=NOON)
    take_request_on(asked, by=lea, at=NOON)
    answer_request(asked, make_asset(by=lea), by=lea, at=NOON, on=TODAY)

    assert heard_by(alice) == [("accept", CASE), ("take_on", CASE), ("answer", CASE)]
    assert heard_by(bob) == [("take_on", CASE), ("answer", CASE)]
    assert heard_by(lea) == []
    assert rail_of(alice, path="/", at=NOON).counts["requests"] == 3

    assert hear_news(by=alice, at=NOON, shown=News.objects.values_list("pk", flat=True)) == 3
    assert rail_of(alice, path="/", at=NOON).counts["requests"] == 0
    assert (asked.state, asked.owner, asked.closed_at) == ("done", lea, NOON)


def test_of_more_news_than_the_page_shows_only_those_it_shows_are_heard(client, alice, lea):
    for n in range(53):
        accept_request(ask(alice, f"Need {n}"), by=lea, at=NOON)
    client.force_login(alice)
    read = []

    for _page in range(2):
        page = client.get(reverse("content:requests"))
        read.append({line.request.need for line in page.context["news"].lines})
        form = re.search(r'<form method="post" action="([^"]*heard[^"]*)">(.*?)</form>', page.text)
        client.post(form[1], {"shown": re.findall(r'name="shown" value="(\d+)"', form[2])})

    assert [len(needs) for needs in read] == [50, 3]
    assert read[0] | read[1] == {f"Need {n}" for n in range(53)}
    assert not News.objects.unheard_by(alice).exists()


def test_of_two_who_decide_at_once_one_is_refused_and_nobody_hears_twice(alice, bob, lea):
    asked = ask(alice)
    stale = ContentRequest.objects.get(pk=asked.pk)
    decline_request(asked, because="We do not sell to mills any more", by=lea, at=NOON)

    with pytest.raises(RequestRefused):
        accept_request(stale, by=make_user("mark", Role.MARKETER), at=NOON)
    with pytest.raises(RequestRefused):
        join_request(stale, Voice(), by=bob, at=NOON)

    assert heard_by(alice) == [("decline", CASE)]
    assert asked.changes.count() == 2
    reopen_request(asked, by=lea, at=NOON)
    assert (asked.state, asked.because, asked.closed_at) == ("open", "", None)


def test_what_is_expired_or_has_no_version_answers_nothing(alice, lea):
    asked = ask(alice)

    with pytest.raises(RequestRefused):
        answer_request(asked, make_asset(by=lea, expires_on=TODAY), by=lea, at=NOON, on=TODAY)

    asked.refresh_from_db()
    assert asked.state == "open"


def test_two_that_are_the_same_become_one_and_nobody_is_lost_or_counted_twice(alice, bob, lea):
    first, second = ask(alice, lead=7), ask(bob, "The same for mills", lead=8, worth=900, currency="EUR")
    join_request(second, Voice(lead=7, worth=500, currency="EUR"), by=alice, at=NOON)

    join_into(second, first, by=lea, at=NOON)
    accept_request(first, by=lea, at=NOON)

    assert list(first.voices.order_by("user").values_list("user", "lead", "worth")) == [
        (alice.pk, 7, 500),
        (bob.pk, 8, 900),
    ]
    assert heard_by(bob) == [("join", "The same for mills"), ("accept", CASE)]
    assert (second.state, second.joined_to) == ("joined", first)
    with pytest.raises(RequestRefused):
        join_into(first, second, by=lea, at=NOON)


def test_the_backlog_is_in_order_of_demand_times_pipeline(alice, bob, lea):
    champion = label("persona", "champion")
    wide = ask(alice, "A one page overview")
    join_request(wide, Voice(), by=bob, at=NOON)
    rich = ask(alice, "A price comparison", champion, lead=1, worth=2_000_00, currency="EUR")
    # The same lead is worth the same once, whoever asks for it.
    join_request(rich, Voice(lead=1, worth=1_000_00, currency="EUR"), by=bob, at=NOON)
    poor = ask(alice, "A glossary of pumps", champion)
    for user in (bob, lea, alice):
        miss_search(["gloss"], {"persona": "champion"}, place="library", by=user, at=NOON)
        # Another persona, and a word it has not.
        miss_search(["gloss"], {"persona": "doer"}, place="library", by=user, at=NOON)
        miss_search(["over", "valve"], {}, place="library", by=user, at=NOON)

    found = ranked(ContentRequest.objects.open(), by=alice, at=NOON)

    assert [(one.request, one.demand, one.pipeline, one.rank) for one in found] == [
        (rich, 2, 2000, 6000),
        (poor, 3, 0, 3000),
        (wide, 2, 0, 2000),
    ]


def test_what_was_looked_for_long_ago_counts_whatever_was_looked_for_since(client, alice, bob, monkeypatch):
    champion = label("persona", "champion")
    asked = ask(alice, "A glossary of pumps", champion)
    old = {"place": "lead", "q": "gloss", "asked": {"persona": "champion", "stage": "working"}}
    rows = [LibrarySearch(user=bob, at=NOON - timedelta(days=80), **{**old, "asked": {"persona": "champion"}})]
    rows += [LibrarySearch(user=user, at=NOON - timedelta(days=40), **old) for user in (alice, bob, bob)]
    rows += [LibrarySearch(user=alice, at=NOON, place="lead", q=f"new {n}", asked={}) for n in range(1100)]
    rows += [LibrarySearch(user=alice, at=NOON - timedelta(days=91), **old)]
    LibrarySearch.objects.bulk_create(rows)

    assert sought_by_cell(at=NOON) == {("champion", "working"): 2, ("champion", "none"): 1, ("none", "none"): 1100}
    (one,) = ranked(ContentRequest.objects.open(), by=alice, at=NOON)
    assert (one.request, one.seekers) == (asked, {bob.pk})
    url = reverse("content:searches")
    with time_machine.travel(NOON, tick=False):
        client.force_login(alice)
        first = client.get(url).context
        last = client.get(url, {"page": 12}).context
        champions = client.get(url, {"persona": "champion"}).context["sought"]
        unsaid = client.get(url, {"persona": "champion", "stage": "none"}).context["sought"]
        cell = client.get(url, {"persona": "champion", "stage": "working"})
        assert "More was looked for" not in client.get(reverse("content:requests")).text
        monkeypatch.setattr("content.backlog.SEARCHES_MAX", 1000)
        cut = client.get(reverse("content:requests"))
    assert [(one.q, one.labels, one.users, one.times) for one in champions] == [
        ("gloss", ["Champion", "Until there is a conversation"], 2, 4),
    ]
    # Asked for is what all of them looked for.
    assert champions[0].asked == {"persona": "champion"}
    assert [one.users for one in unsaid] == [1]
    # One line of two who looked: as many as the matrix counts, the head of the list says.
    assert (len(cell.context["sought"]), "2 searches, each of us counted once" in cell.text) == (1, True)
    assert "More was looked for in vain in 90 days than is counted here" in cut.text
    assert first["sought"][0] == champions[0]
    assert (len(first["sought"]), len(last["sought"]), last["next_number"]) == (100, 1, 0)


def test_a_word_that_was_looked_for_in_vain_stands_once_whoever_it_was_for_and_no_words_by_what_was_asked(
    client, alice, bob
):
    topic = Topic.objects.create(key="uptime", label="Uptime")
    looked = [
        (alice, "gloss", {"persona": "champion", "topic": topic.key}), (alice, "gloss", {"persona": "doer"}),
        (bob, "gloss", {}), (bob, "", {"persona": "doer"}), (alice, "", {"persona": "champion"}),
    ]  # fmt: skip
    for user, q, asked in looked:
        LibrarySearch.objects.create(user=user, at=NOON, place="lead", q=q, asked=asked)

    with time_machine.travel(NOON, tick=False):
        client.force_login(alice)
        sought = client.get(reverse("content:searches")).context["sought"]

    assert [(one.q, one.labels, one.asked, one.users, one.times) for one in sought] == [
        ("gloss", ["Champion", "Doer", "Uptime"], {}, 2, 3),
        ("", ["Doer"], {"persona": "doer"}, 1, 1),
        ("", ["Champion"], {"persona": "champion"}, 1, 1),
    ]


def test_the_oldest_request_is_on_top_where_it_is_worth_most_however_many_are_open(client, alice):
    oldest = ask(alice, "The oldest", lead=1, worth=1_000_00, currency="EUR")
    rows = [ContentRequest(need=f"Need {n}", made_by=alice, made_at=NOON) for n in range(510)]
    for row in ContentRequest.objects.bulk_create(rows):
        row.voices.create(user=alice, at=NOON)
    client.force_login(alice)

    first = client.get(reverse("content:requests")).context["found"]
    last = client.get(reverse("content:requests"), {"page": 11}).context["found"]

    assert first[0].request == oldest
    assert (len(first), len(last)) == (50, 11)


def test_alike_ones_are_found_by_words_and_by_what_they_are_about(alice, bob, topic):
    late = label("stage", "late")
    words = ask(alice)
    about = ask_for(Need("Numbers to show", topic=topic, labels=(late,)), Voice(), by=alice, at=NOON)
    ask(alice, "A film of our factory")

    same = same_needs(Need("case study: paper mills"), by=bob, at=NOON)
    also = same_needs(Need("Something else", topic=topic, labels=(late,)), by=bob, at=NOON)

    assert ([one.request for one in same], [one.request for one in also]) == ([words], [about])


def test_what_shares_no_word_is_not_alike_and_what_shares_most_words_stands_first_however_old(alice, bob, topic):
    old, about = ask(alice), label("stage", "late")
    half = ask(alice, "A case study of a bakery")
    films = [ask_for(Need(f"Film {n}"), Voice(), by=alice, at=NOON) for n in range(2)]
    ContentRequest.objects.bulk_create(
        [ContentRequest(need=f"Sheet number{n}", made_by=alice, made_at=NOON) for n in range(501)]
    )
    bank = ask(alice, "A customer story of a bank")
    on_topic = ask_for(Need("The paper mill again", topic=topic, labels=(about,)), Voice(), by=alice, at=NOON)

    # By their letters these are as alike as two that mean the same.
    assert bank not in [one.request for one in same_needs(Need("Customs stories of bankers"), by=bob, at=NOON)]
    found = same_needs(Need("Case studys of paper mills", topic=topic), by=bob, at=NOON)
    assert [one.request for one in found] == [old, on_topic, half]
    assert [one.request for one in same_needs(Need("film"), by=bob, at=NOON)] == films[::-1]


@pytest.fixture
def topic(db):
    return Topic.objects.create(key="uptime", label="Uptime")


def test_what_is_alike_is_offered_before_it_is_asked_for_twice_and_one_click_joins(client, alice, bob):
    asked = ask(alice)
    client.force_login(bob)
    url = reverse("content:request_new")
    said = {"need": "Case study of a paper mill", "worth": "1200.50", "currency": "USD"}

    held_up = client.post(url, said)
    assert (held_up.status_code, CASE in held_up.text) == (409, True)
    assert ContentRequest.objects.count() == 1

    joined = client.post(url, {**said, "join": asked.public_id})
    assert joined.url == reverse("content:request", args=[asked.public_id])
    voice = RequestVoice.objects.get(user=bob)
    assert (voice.request, voice.worth, voice.currency) == (asked, 120050, "USD")

    other = client.post(url, {**said, "is_other": "on", "persona": "doer"})
    assert other.status_code == 302
    assert [str(one) for one in ContentRequest.objects.exclude(pk=asked.pk).get().labels.all()] == ["Doer"]


def test_the_same_need_is_asked_for_once_after_back_and_leads_to_what_was_asked(client, alice):
    url = reverse("content:request_new")
    said = {"need": CASE, "persona": "doer", "is_other": "on"}
    with time_machine.travel(NOON, tick=False):
        client.force_login(alice)
        client.post(url, {**said, "form_id": "0198c5d0-0000-7000-8000-000000000001"})
        asked = ContentRequest.objects.get()
    with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
        client.force_login(alice)
        back = client.post(url, {**said, "form_id": "0198c5d0-0000-7000-8000-000000000002"})
        assert (back.status_code, "You asked for this at" in back.text) == (409, True)
        assert f'href="{reverse("content:request", args=[asked.public_id])}"' in back.text
        assert ContentRequest.objects.count() == 1

        client.post(url, {**said, "persona": ""})
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        client.force_login(alice)
        client.post(url, said)
    assert ContentRequest.objects.count() == 3


def test_who_asked_needs_it_for_a_second_lead_and_what_both_are_worth_counts(alice):
    asked = ask(alice, lead=7, worth=500_00, currency="EUR")

    join_request(asked, Voice(lead=8, worth=300_00, currency="EUR"), by=alice, at=NOON)

    assert list(asked.voices.order_by("lead").values_list("user", "lead", "worth")) == [
        (alice.pk, 7, 500_00),
        (alice.pk, 8, 300_00),
    ]
    (one,) = ranked(ContentRequest.objects.open(), by=alice, at=NOON)
    assert (one.demand, one.pipeline, one.my_leads) == (1, 800, {7, 8})


def test_what_is_like_it_is_offered_while_it_is_typed_and_nothing_is_kept(client, alice, bob):
    asked = ask(bob)
    client.force_login(alice)
    url = reverse("content:request_new")

    typed = client.get(
        url, {"alike": "", "need": "case study paper mill around the clock"}, headers={"HX-Request": "true"}
    )
    begun = client.get(url, {"alike": "", "need": "x"}, headers={"HX-Request": "true"})

    assert "<html" not in typed.text
    assert f'name="join" value="{asked.public_id}"' in typed.text
    assert "join" not in begun.text
    assert ContentRequest.objects.count() == 1
    assert "?alike" in client.get(url).text


def test_a_question_that_needs_another_look_keeps_its_own_mark(client, alice):
    client.force_login(alice)
    url = reverse("content:request_new")

    nothing = client.post(url, {"need": ""})
    late = client.post(url, {"need": CASE, "needed_on": "2020-01-01"})

    assert re.search(r"one field needs another look:\s+What do you need\?</p>", nothing.text)
    assert re.search(r"one field needs another look:\s+By when\.</p>", late.text)


def test_nothing_is_asked_for_by_a_day_that_is_over(alice):
    with pytest.raises(RequestRefused, match="is over"):
        ask_for(Need("A film", needed_on=TODAY - timedelta(days=1)), Voice(), by=alice, at=NOON)

    assert not ContentRequest.objects.exists()
    asked = ask_for(Need("A film", needed_on=TODAY), Voice(), by=alice, at=NOON)
    assert (asked.asked_on, asked.needed_on) == (TODAY, TODAY)


def test_what_is_needed_by_a_day_that_is_over_is_asked_about_at_its_field(client, alice):
    client.force_login(alice)
    url = reverse("content:request_new")

    late = client.post(url, {"need": CASE, "needed_on": "2020-01-01"})

    assert (late.status_code, "This day is over. Give a later one, or none." in late.text) == (422, True)
    assert ContentRequest.objects.count() == 0


def test_no_search_is_read_while_a_need_is_typed_and_what_was_looked_for_counts_on_its_page(client, alice, bob):
    asked = ask(bob)
    miss_search(["paper", "mill"], {}, place="library", by=alice, at=timezone.now())
    client.force_login(alice)
    url = reverse("content:request_new")

    with CaptureQueriesContext(connection) as typed:
        shown = client.get(url, {"alike": "", "need": "case study paper mill"}, headers={"HX-Request": "true"})
        client.get(url)

    assert f'name="join" value="{asked.public_id}"' in shown.text
    assert [one["sql"] for one in typed if "librarysearch" in one["sql"]] == []
    assert "1 looked for it in vain" in client.get(reverse("content:requests")).text
