"""Who was declared dead: how many, how soon, after how few attempts, and who lived all the same."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from agreement.models import Phase
from leads.actions.closing import disqualify_lead, put_back
from leads.actions.recycling import recycle_lead, wake_lead
from leads.models import Lead, SecondLook
from reports.given_up import given_up
from team.models import Role
from tests.make import NOON, make_lead, make_user, reason


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def worked(bdr, *, days, attempts=0, source="webinar"):
    lead = make_lead(phase=Phase.WORKING, bdr=bdr, at=NOON - timedelta(days=days), source=source)
    Lead.objects.filter(pk=lead.pk).update(attempts=attempts)
    return Lead.objects.get(pk=lead.pk)


def dead(lead, *, days, key="bad_data"):
    disqualify_lead(lead, reason=reason(key), by=lead.bdr, at=NOON - timedelta(days=days))
    return lead


def test_each_figure_counts_those_its_list_shows(client, alice, bob, mona, eve, django_assert_max_num_queries):
    hasty = dead(worked(alice, days=30, attempts=1), days=28)
    slow = dead(worked(alice, days=60, attempts=5, source="import"), days=20)
    worked(alice, days=10)
    dead(worked(bob, days=400, attempts=1), days=399)
    kept = worked(bob, days=50)
    again = make_lead(phase=Phase.QUALIFIED, bdr=alice, person=slow.person, at=NOON - timedelta(days=5))

    found = given_up(mona, months=6, at=NOON)

    reps = {line.label: (line.came, line.after, *line.counts.values()) for line in found.reps}
    assert reps == {"Alice": (4, 21, 2, 1, 0, 1, 1), "Bob": (1, None, 0, 0, 0, 0, 0)}
    assert {line.key: (line.came, line.counts["dead"]) for line in found.sources} == {
        "webinar": (3, 1), "import": (1, 1), "": (1, 0),
    }  # fmt: skip
    assert (found.all.came, found.all.counts["dead"]) == (5, 2)
    assert kept.closed_as == again.closed_as == ""

    client.force_login(mona)
    page = client.get(reverse("reports:dead"))
    assert page.text.count("what=lived") == 3

    def behind(**asked):
        answer = client.get(reverse("reports:dead_people"), asked)
        return [one["public_id"] for one in answer.context["people"]]

    assert behind(what="lived", rep=alice.pk) == behind(source="import") == [slow.public_id]
    assert behind(what="hasty") == [hasty.public_id]
    assert behind(source="") == []
    with django_assert_max_num_queries(12):
        client.get(reverse("reports:dead"))
    client.force_login(eve)
    assert behind() == []
    assert given_up(make_user("milo", Role.MARKETER), months=24, at=NOON).all.counts["dead"] == 3
    odd = client.get(reverse("reports:dead_people"), {"source": "a\0b", "rep": "9" * 40, "months": "x", "what": "y"})
    assert odd.status_code == 200


def test_a_second_look_that_put_somebody_back_is_told_apart(alice, mona):
    lead = dead(worked(alice, days=30), days=29, key="not_our_market")
    look = SecondLook.objects.filter(lead=lead).first()
    if look is None:
        pytest.fail("This reason asks for a second look.")
    put_back(look, by=mona, at=NOON - timedelta(days=28))

    counts = given_up(mona, months=6, at=NOON).all.counts
    assert (counts["dead"], counts["put_back"], counts["back"]) == (1, 1, 1)


def test_whoever_was_woken_came_in_once(alice, mona):
    lead = worked(alice, days=60)
    recycle_lead(lead, reason=reason("not_ready"), by=alice, at=NOON - timedelta(days=50))
    wake_lead(lead, by=alice, at=NOON - timedelta(days=40))

    found = given_up(mona, months=6, at=NOON)

    assert (found.all.came, [line.came for line in found.reps]) == (1, [1])
