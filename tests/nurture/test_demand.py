"""What is wanted beside what there is, and what is new for the leads of one rep."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Employment
from agreement.models import Phase
from content.actions.asking import Need, Voice, ask_for
from content.actions.keeping import Made, add_version
from content.actions.using import look_at_library, miss_search, use_assets
from content.models import ContentRequest, Label, LibraryLook, RequestVoice, Topic
from leads.models import Engagement, Lead
from nurture import fresh
from nurture.demand import matrix_of
from nurture.fresh import digest_of
from nurture.models import Message
from team.models import Membership, Role, User
from tests.make import NOON, make_asset, make_lead, make_person, make_user
from tests.nurture.making import make_message

TODAY = NOON.date()


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def lea(db):
    return make_user("lea", Role.MARKETER)


@pytest.fixture
def topic(db):
    return Topic.objects.create(key="uptime", label="Uptime")


@pytest.fixture
def lead(alice):
    person = make_person(title="Plant manager")
    Employment.objects.filter(person=person).update(role="champion")
    return make_lead(phase=Phase.WORKING, bdr=alice, person=person)


def labels(*keys):
    return tuple(Label.objects.filter(key__in=keys))


def interested(lead, topic):
    Engagement.objects.create(person=lead.person, kind="visited", at=NOON, recorded_at=NOON, topic=topic, points=5)


def test_every_number_of_the_matrix_is_as_long_as_the_list_it_opens(client, alice, lea, lead):
    ask_for(Need("Numbers", labels=labels("champion", "working", "price")), Voice(), by=alice, at=NOON)
    ask_for(Need("A film"), Voice(), by=alice, at=NOON)
    for _time in range(2):
        miss_search(["proof"], {"persona": "champion", "stage": "working"}, place="lead", by=alice, at=NOON)
    old = NOON - timedelta(days=200)
    make_asset("Old", by=lea, at=old, labels=labels("champion", "working"), expires_on=TODAY + timedelta(days=9))
    used = make_asset("Used", by=lea, at=old, labels=labels("champion", "working", "price"))
    make_asset("Over", by=lea, at=old, labels=labels("champion", "working"), expires_on=TODAY)
    use_assets([used.pk], place="lead", by=alice, at=NOON)
    by_hand(lead, alice)

    def cell(objection=""):
        rows = {key: cells for key, _label, cells in matrix(objection).rows}
        return next(cell for cell in rows["working"] if cell.persona == "champion")

    whole, price = cell(), cell("price")
    assert (whole.requests, whole.searches, whole.sends) == (1, 1, 1)
    assert (whole.current, whole.expiring, whole.unused, whole.is_gap) == (2, 1, 1, False)
    assert (price.requests, price.searches, price.sends, price.current) == (1, 0, 0, 1)
    client.force_login(alice)
    asked = {"persona": "champion", "stage": "working"}
    assert len(client.get(reverse("content:requests"), asked).context["found"]) == 1
    assert len(client.get(reverse("content:requests"), {"persona": "none"}).context["found"]) == 1
    assert len(client.get(reverse("content:searches"), asked).context["sought"]) == 1
    assert len(client.get(reverse("nurture:sends"), asked).context["found"]) == 1
    assert len(client.get(reverse("nurture:sends"), {"persona": "none"}).context["found"]) == 0
    assert len(client.get(reverse("content:library"), asked).context["listed"].cards) == 2
    assert len(client.get(reverse("content:library"), {**asked, "state": "unused"}).context["listed"].cards) == 1
    assert len(client.get(reverse("content:library"), {**asked, "state": "expiring"}).context["listed"].cards) == 1
    page = client.get(reverse("nurture:demand"))
    assert "1 e-mail by hand" in page.text


def test_what_is_for_anybody_or_any_time_is_there_for_each_and_opens_its_list(client, alice, lea):
    ask_for(Need("Numbers", labels=labels("champion", "working")), Voice(), by=alice, at=NOON)
    assert matrix().gaps == 1
    for keys in ((), ("champion",), ("working",), ("champion", "working"), ("champion", "doer"), ("doer", "working")):
        make_asset(by=lea, labels=labels(*keys))
    make_asset(by=lea, at=NOON - timedelta(days=200), expires_on=TODAY + timedelta(days=9))
    Label.objects.filter(key="late").update(retired_at=NOON)
    make_asset(by=lea, labels=labels("champion", "late"))

    client.force_login(alice)
    shown = {(cell.persona, cell.stage): cell for _key, _label, cells in matrix().rows for cell in cells}
    assert matrix().gaps == 0
    assert shown["champion", "working"].current == 7
    for (persona, stage), cell in shown.items():
        if not cell.is_known:
            assert cell.current == 0
            continue
        asked = {"persona": persona, "stage": stage, "wide": "1"}
        for state, n in (("", cell.current), ("expiring", cell.expiring), ("unused", cell.unused)):
            found = client.get(reverse("content:library"), {**asked, "state": state}).context["listed"].cards
            assert len(found) == n, (persona, stage, state)
    # Who asks without it gets what is made for just that.
    page = client.get(reverse("content:library"), {"persona": "champion", "stage": "working"})
    assert len(page.context["listed"].cards) == 1


def test_what_was_asked_with_a_label_that_is_retired_stands_under_not_said_and_so_does_its_list(client, alice):
    ask_for(Need("Numbers", labels=labels("champion", "working")), Voice(), by=alice, at=NOON)
    miss_search(["proof"], {"persona": "champion", "stage": "working"}, place="lead", by=alice, at=NOON)
    Label.objects.filter(key="champion").update(retired_at=NOON)

    cells = [cell for _key, _label, cells in matrix().rows for cell in cells if cell.demand]

    assert [(one.persona, one.stage, one.requests, one.searches) for one in cells] == [("none", "working", 1, 1)]
    client.force_login(alice)
    asked = {"persona": "none", "stage": "working"}
    assert len(client.get(reverse("content:requests"), asked).context["found"]) == 1
    assert len(client.get(reverse("content:searches"), asked).context["sought"]) == 1


def matrix(objection=""):
    return matrix_of(objection=objection, none="Not said", at=NOON, on=TODAY)


def by_hand(lead, rep):
    message = make_message()
    Message.objects.filter(pk=message.pk).update(
        kind="by_hand",
        enrolment=None,
        node=None,
        by=rep,
        asset=None,
        person=lead.person,
        lead=lead,
        state="sent",
        due_at=None,
        sent_at=NOON,
        claimed_at=NOON,
        to_hash="x",
    )


def test_what_is_wanted_and_not_there_is_a_gap(alice, lea):
    ask_for(Need("Numbers", labels=labels("champion", "working")), Voice(), by=alice, at=NOON)

    assert matrix().gaps == 1
    make_asset(by=lea, labels=labels("champion", "working"))
    assert matrix().gaps == 0


def test_two_clicks_from_a_lead_ask_with_what_is_known_of_it(client, alice, lead, topic):
    interested(lead, topic)
    client.force_login(alice)
    url = reverse("nurture:ask_for_lead", args=[lead.public_id])
    page = client.get(url)
    known = {name: page.context["form"][name].value() for name in ("persona", "stage", "topic")}
    asked = client.post(url, {**known, "need": "Proof for plants", "worth": "50000", "currency": "EUR"})

    assert known == {"persona": "champion", "stage": "working", "topic": "uptime"}
    assert asked.url == reverse("leads:lead", args=[lead.public_id])
    voice = RequestVoice.objects.get()
    assert (voice.user, voice.lead, voice.worth, voice.currency) == (alice, lead.pk, 5_000_000, "EUR")
    assert (str(voice.request.topic), voice.request.need) == ("Uptime", "Proof for plants")
    assert ContentRequest.objects.count() == 1


def test_what_is_new_for_her_leads_is_one_list_since_she_last_looked(client, alice, bob, lea, lead, topic):
    interested(lead, topic)
    fits = make_asset("Fits", by=lea, topic=topic)
    had = make_asset("Had", by=lea, topic=topic)
    make_asset("Another role", by=lea, topic=topic, labels=labels("doer"))
    make_asset("Another topic", by=lea)
    Engagement.objects.create(person=lead.person, kind="downloaded", at=NOON, recorded_at=NOON, asset=had)

    def fresh(user, at=NOON):
        return [(one.card.asset, one.is_new, one.leads) for one in digest_of(user, at=at, on=TODAY).found]

    assert (fresh(alice), fresh(bob)) == ([(fits, True, [lead])], [])

    client.force_login(alice)
    client.post(reverse("nurture:fresh_seen"), {"up_to": NOON.isoformat()})
    assert fresh(alice) == []

    later = NOON + timedelta(hours=1)
    made = Made("snippet", text="More words")
    add_version(fits, made, is_approved=False, by=lea, at=later)
    assert fresh(alice, later) == []
    add_version(fits, made, is_approved=True, by=lea, at=later)
    assert fresh(alice, later) == [(fits, False, [lead])]


def test_more_that_is_new_than_a_page_shows_is_read_page_by_page(client, alice, lea, lead, topic, monkeypatch):
    interested(lead, topic)
    for n in range(8):
        # Five of them at one moment, as an import brings them; between them what fits nobody.
        made = NOON - timedelta(days=1 if n < 5 else 2)
        make_asset(f"Fits {n}", by=lea, topic=topic, at=made)
        make_asset(f"Fits nobody {n}", by=lea, at=made)
    monkeypatch.setattr(fresh, "SHOWN", 3)
    monkeypatch.setattr(fresh, "CHANGED_MAX", 3)
    client.force_login(alice)
    read = []

    for _page in range(4):
        page = client.get(reverse("nurture:fresh"))
        read.append({one.card.asset.title for one in page.context["digest"].found})
        fields = dict(re.findall(r'name="(up_to|asset)" value="([^"]*)"', page.text))
        if fields:
            client.post(reverse("nurture:fresh_seen"), fields)

    assert read == [{"Fits 5", "Fits 6", "Fits 7"}, {"Fits 0", "Fits 1", "Fits 2"}, {"Fits 3", "Fits 4"}, set()]
    look = LibraryLook.objects.get()
    assert (look.at, look.asset) == (NOON, None)
    # A page that was open longer takes nothing back.
    look_at_library(by=alice, at=NOON, asset=1)
    look_at_library(by=alice, at=NOON - timedelta(days=1))
    look.refresh_from_db()
    assert (look.at, look.asset) == (NOON, None)


def test_what_is_new_is_found_by_its_moment_however_long_the_history_is(alice, lea, lead, topic):
    interested(lead, topic)
    make_asset("Fits", by=lea, topic=topic)
    is_sqlite = connection.vendor == "sqlite"

    with CaptureQueriesContext(connection) as asked, connection.cursor() as cursor:
        digest_of(alice, at=NOON, on=TODAY)
        said = next(one["sql"] for one in asked.captured_queries if 'FROM "content_assetevent"' in one["sql"])
        if not is_sqlite:
            # Of so few rows, reading all of them is the shortest way.
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if is_sqlite else ''}{said}")
        plan = " ".join(str(row) for row in cursor.fetchall())

    assert "assetevent_news" in plan


def test_hers_is_what_she_has_in_hand_and_who_comes_back_to_her(client, alice, bob, eve, peter, lea, topic, team):
    make_asset("Fits", by=lea, topic=topic)
    leads = [make_lead(phase=phase, bdr=alice, ae=peter) for phase in (Phase.WORKING, Phase.ACCEPTED, Phase.NURTURE)]
    gone = make_lead(phase=Phase.NURTURE, bdr=eve)
    Lead.objects.filter(pk__in=[leads[2].pk, gone.pk]).update(ae=peter)
    for lead in (*leads, gone):
        interested(lead, topic)

    def hers(user):
        digest = digest_of(user, at=NOON, on=TODAY)
        return digest.in_hand, digest.asleep, [lead.phase for one in digest.found for lead in one.leads]

    # What sales has accepted is theirs; what stalled there and sleeps is the rep's again.
    assert hers(alice) == (1, 1, ["working", "nurture"])
    assert hers(peter) == (1, 0, ["accepted"])
    assert hers(eve) == (0, 1, ["nurture"])
    Membership.objects.filter(user=eve).update(team=team)
    assert hers(User.objects.get(pk=eve.pk)) == (0, 0, [])
    client.force_login(alice)
    page = client.get(reverse("nurture:fresh")).text
    assert "for 1 lead in your hands and 1 that sleeps and comes back to you" in page


def test_a_request_of_hers_is_joined_for_a_second_lead_and_its_worth_is_filled_in(client, alice):
    first, second = make_lead(phase=Phase.WORKING, bdr=alice), make_lead(phase=Phase.WORKING, bdr=alice)
    client.force_login(alice)
    urls = [reverse("nurture:ask_for_lead", args=[lead.public_id]) for lead in (first, second)]
    client.post(urls[0], {"need": "A case study of a paper mill", "worth": "500", "currency": "USD"})
    asked = ContentRequest.objects.get()

    page = client.get(urls[1], {"alike": "", "need": "Case study of a paper mill"}).text
    client.post(urls[1], {"join": asked.public_id, "need": "x"})

    assert "For this lead, too" in page
    assert set(asked.voices.values_list("user", "lead")) == {(alice.pk, first.pk), (alice.pk, second.pk)}
    again = client.get(urls[0])
    assert (again.context["form"]["worth"].value(), again.context["form"]["currency"].value()) == (500, "USD")
    assert "For this lead, too" not in client.get(urls[0], {"alike": "", "need": "Case study of a paper mill"}).text


@pytest.mark.parametrize("page", ["content:requests", "content:searches", "content:feedback", "nurture:sends"])
def test_behind_the_last_page_of_a_list_there_is_a_way_back(client, db, page):
    client.force_login(make_user("milo", Role.MARKETER))

    beyond = client.get(reverse(page), {"page": 9}).text

    assert "There is nothing beyond this" in beyond
    assert re.search(r'<a class="button" href="\?">Back to the first</a>', beyond)
