"""Filling one's hands from the pool: up to the open limit, in the order of the pool, nobody twice."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from agreement.models import Phase
from leads.actions.changing import MoveRefused
from leads.actions.taking import take_many
from leads.models import Lead, LeadEvent
from team.models import User
from tests.make import NOON, make_lead

MINUTE = timedelta(minutes=1)


def pool(count, team):
    return [make_lead(team=team, at=NOON - (count - number) * MINUTE) for number in range(count)]


def test_twenty_five_are_taken_in_the_order_of_the_pool_each_by_a_claim_of_its_own(alice, team):
    made = pool(27, team)

    taken = take_many(by=alice, at=NOON)

    assert [lead.pk for lead in taken.leads] == [lead.pk for lead in made[:25]]
    assert taken.why_not_more == ""
    assert LeadEvent.objects.filter(verb="claim", by=alice).count() == 25
    assert Lead.objects.worked_by(alice).count() == 25


def test_her_open_limit_is_the_end_of_it_and_is_said(alice, team):
    pool(6, team)
    User.objects.filter(pk=alice.pk).update(open_limit=4)
    make_lead(phase=Phase.WORKING, bdr=alice, at=NOON)

    taken = take_many(by=alice, at=NOON)

    assert (len(taken.leads), taken.why_not_more) == (3, "You hold 4 open leads, your limit.")
    assert take_many(by=alice, at=NOON).leads == []


def test_an_empty_pool_is_said(alice, team):
    pool(2, team)

    taken = take_many(by=alice, at=NOON)

    assert (len(taken.leads), taken.why_not_more) == (2, "The pool is empty.")


def test_who_works_no_pool_takes_nothing(peter):
    with pytest.raises(MoveRefused):
        take_many(by=peter, at=NOON)


def test_it_is_told_and_taken_back_as_one(client, alice, team):
    with time_machine.travel(NOON, tick=False):
        made = pool(3, team)
        client.force_login(alice)
        assert "Take 25" in client.get("/").text

        page = client.post(reverse("leads:take_many"), follow=True).text
        assert "You took 3 leads. The pool is empty." in page

        undo = page.split('action="/acts/')[1].split('"')[0]
        client.post(f"/acts/{undo}")

    assert set(Lead.objects.filter(pk__in=[lead.pk for lead in made]).values_list("phase", "bdr")) == {("queued", None)}
