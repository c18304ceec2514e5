"""The rail: where each role may go, what waits there, and the clock of the oldest due item, in one query."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agreement.models import Lane, Phase
from leads.actions.handing import hand_off_lead
from leads.actions.logging import log_call
from leads.actions.recycling import recycle_lead
from leads.models import Notice, Step
from leads.queue import Wanted, queue_of
from leads.rail import DOORS, rail_of
from leads.waking import Facts
from team.keys import KEYS
from team.models import Installation, Role
from tests.make import NOON, disposition, make_lead, make_person, make_user, reason


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def rail(user, at=NOON):
    return rail_of(user, path="/", at=at)


def labels(user):
    found = rail(user)
    return [place.label for place in found.main], [place.label for place in found.rest]


def test_every_door_leads_somewhere():
    assert [reverse(door.name) for door in DOORS]


def test_the_help_lists_only_keys_that_press_something():
    pages = "".join(path.read_text() for path in Path(settings.BASE_DIR, "templates").rglob("*.html"))
    pressed = {*re.findall(r'data-key="([^"{]+)"', pages), *(door.key for door in DOORS)}
    by_the_module = {"1", "9", "j", "k", "Enter", "x", "Shift x", "Ctrl Enter", "Ctrl K", "Esc", "y"}

    listed = {press for _group, keys in KEYS for key in keys for press in key.presses}

    assert listed - pressed - by_the_module == set()
    assert {door.key for door in DOORS if door.key} <= listed


def test_each_role_finds_its_own_places_first(team, alice, mona, peter):
    assert labels(alice)[0] == ["My queue", "Hand-offs", "Pool"]
    assert labels(mona)[0] == ["Team queues", "Hand-offs", "Pool"]
    assert labels(peter)[0][0] == "Hand-offs"
    assert labels(make_user("mark", Role.MARKETER))[0][0] == "Imports"
    assert "Imports" in labels(mona)[1]
    assert "Settings" in labels(make_user("ada", Role.ADMIN))[0]


def test_a_user_of_several_roles_has_the_places_of_all_of_them(team):
    both = make_user("both", Role.BDR, Role.MANAGER, team=team)

    assert labels(both)[0] == ["My queue", "Team queues", "Hand-offs"]


def test_the_place_one_stands_in_is_marked(alice):
    found = rail_of(alice, path="/pool/", at=NOON)

    assert [place.label for place in found.main + found.rest if place.is_current] == ["Pool"]


def test_the_count_of_the_queue_is_what_the_queue_shows_unfolded(alice):
    make_lead(bdr=alice, reserved=True)
    make_lead(phase=Phase.WORKING, bdr=alice, lane=Lane.LIST)
    tomorrow = make_lead(phase=Phase.WORKING, bdr=alice)
    log_call(tomorrow, disposition=disposition("no_answer"), by=alice, at=NOON)

    assert rail(alice).counts["queue"] == queue_of(alice, wanted=Wanted(), at=NOON).shown == 2


def test_pool_hand_offs_notices_and_who_comes_back_are_counted(alice, peter):
    make_lead()
    hand_off_lead(make_lead(phase=Phase.WORKING, bdr=alice), ae=peter, by=alice, at=NOON)
    sleeper = make_lead(phase=Phase.WORKING, bdr=alice)
    recycle_lead(sleeper, reason=reason("not_ready"), by=alice, at=NOON, facts=Facts(wake_on=date(2027, 3, 5)))
    Notice.objects.create(user=alice, lead=sleeper, kind=Notice.Kind.RETURNED, at=NOON)

    counts = rail(alice).counts

    assert (counts["pool"], counts["notices"], counts["back"]) == (1, 1, 1)
    assert rail(peter).counts["hand_offs"] == 1
    assert (rail(peter).counts["pool"], rail(peter).counts["queue"]) == (0, 0)


def test_the_oldest_due_item_is_a_step_or_a_reserved_lead_whichever_is_earlier(alice):
    make_lead(phase=Phase.WORKING, bdr=alice)
    assert rail(alice).oldest.due_at == NOON + timedelta(hours=4)

    asked = make_lead(bdr=alice, reserved=True, lane=Lane.HAND_RAISER)
    assert rail(alice).oldest.url == reverse("leads:lead", args=[asked.public_id])
    assert rail(alice).oldest.due_at == NOON + timedelta(minutes=5)


def test_a_reply_that_waits_stands_before_what_is_older_until_it_is_put_off(client, alice):
    older, replied = (make_lead(phase=Phase.WORKING, bdr=alice, person=make_person(given_name=n)) for n in ("Al", "Bo"))
    Step.objects.filter(lead=older).update(due_at=NOON - timedelta(days=1))
    step = Step.objects.filter(lead=replied)
    step.update(kind="reply", due_at=NOON)

    oldest = rail(alice).oldest
    assert (oldest.url, oldest.is_reply) == (reverse("leads:lead", args=[replied.public_id]), True)
    client.force_login(alice)
    assert "A reply waits: Bo" in client.get(reverse("leads:now")).text

    step.update(due_at=NOON + timedelta(days=1))
    oldest = rail(alice).oldest
    assert (oldest.url, oldest.is_reply) == (reverse("leads:lead", args=[older.public_id]), False)


def test_who_has_nothing_to_do_has_no_oldest_item(alice):
    assert rail(alice).oldest is None


def test_beyond_500_a_count_says_only_that_it_is_more(alice, monkeypatch):
    monkeypatch.setattr("leads.rail.COUNT_MAX", 2)
    for _ in range(4):
        make_lead()

    (pool,) = [place for place in rail(alice).main if place.label == "Pool"]
    assert pool.count == "2+"


def test_the_rail_is_one_query_for_every_role(team):
    for role in Role:
        user = make_user(role.value, role, team=team)
        assert user.held
        with CaptureQueriesContext(connection) as queries:
            rail(user)
        assert len(queries) == 1


def test_a_fragment_asks_for_no_rail(client, alice):
    lead = make_lead()
    client.force_login(alice)

    with CaptureQueriesContext(connection) as queries:
        client.post(reverse("leads:claim", args=[lead.public_id]), headers={"HX-Request": "true"})

    assert not [one for one in queries if "counted" in one["sql"]]


def test_shifted_hours_are_said_on_every_page(client, alice):
    Installation.objects.update(calendar_shift="The demo team works at night today.")
    client.force_login(alice)

    for name in ("leads:queue", "leads:pool", "leads:search"):
        assert "The demo team works at night today." in client.get(reverse(name)).text
