"""Where a cadence has ended its rep decides: what a play asks for stands in the place of that."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agreement.models import Phase
from leads.actions.logging import finish_step, log_call
from leads.actions.undoing import undo_last
from leads.cadence import attempts_of
from leads.checking import check_all
from nurture.actions.advancing import advance, follow
from nurture.actions.enrolling import enrol, pause
from nurture.checking import check_tracks
from tests.make import disposition, make_lead, make_person
from tests.nurture.making import email, make_track, step, wait

pytestmark = pytest.mark.usefixtures("rules")

HOUR = timedelta(hours=1)
LOOK = step("Look them up", step_kind="task")


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def lead(alice, now):
    """Every attempt was made, and nobody answered."""
    person = make_person(email="jo@brevik.example", time_zone="Europe/London")
    lead = make_lead(phase=Phase.WORKING, bdr=alice, person=person, at=now - timedelta(days=3))
    for _attempt in attempts_of(lead.cadence_id):
        log_call(lead, disposition=disposition("no_answer"), by=alice, at=now - 40 * HOUR)
    lead.refresh_from_db()
    return lead


def asked(lead):
    return sorted(row.kind for row in lead.steps.open())


def begin(lead, rep, *nodes, at):
    return enrol(lead.person, track=make_track(*nodes, kind="play", name="Early buyer"), by=rep, at=at)


def broken(at):
    return {name: ids for name, ids in {**check_all(at=at), **check_tracks(at=at)}.items() if ids}


@pytest.mark.parametrize("nodes", [(LOOK,), (wait(3), LOOK)])
def test_a_step_of_a_play_stands_in_its_place_and_once_that_is_done_it_comes_again(alice, lead, now, nodes):
    assert asked(lead) == ["decide"]

    one = begin(lead, alice, *nodes, at=now - 5 * HOUR)
    assert asked(lead) == ["task"]
    lead.refresh_from_db()
    assert lead.due_at == one.step.due_at
    assert broken(now - 5 * HOUR) == {}

    finish_step(lead, step=one.step, by=alice, at=now - 4 * HOUR)
    follow(at=now - 3 * HOUR)
    assert asked(lead) == ["decide"]
    assert broken(now - 3 * HOUR) == {}


def test_it_is_back_where_what_the_play_had_followed_is_taken_back(alice, lead, now):
    one = begin(lead, alice, LOOK, LOOK, at=now - 5 * HOUR)
    finish_step(lead, step=one.step, by=alice, at=now - 4 * HOUR)
    follow(at=now - 4 * HOUR)

    undo_last(lead, by=alice, at=now - 3 * HOUR)
    follow(at=now - 3 * HOUR)

    assert asked(lead) == ["task"]
    assert broken(now - 3 * HOUR) == {}


def test_while_the_play_waits_the_page_says_beside_it_that_it_goes_on(client, alice, lead, now):
    one = begin(lead, alice, wait(3), email(subject="The figures"), LOOK, at=now - 5 * HOUR)
    advance(at=now - 5 * HOUR)
    client.force_login(alice)
    url, said = reverse("leads:lead", args=[lead.public_id]), "“Early buyer” goes on by itself meanwhile"

    under_way = client.get(url).text
    pause(one, by=alice, at=now - HOUR)
    paused = client.get(url).text

    assert asked(lead) == ["decide"]
    assert (said in under_way, said in paused) == (True, False)
