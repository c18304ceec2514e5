"""Who asks for the same with several leads counts once, and each of her leads with what it is worth."""

import pytest

from content.actions.asking import Need, Voice, accept_request, ask_for, join_into, join_request
from content.backlog import ranked
from content.models import ContentRequest, News
from team.models import Role
from tests.make import NOON, make_user

WORDS = "Case study of a paper mill"


@pytest.fixture
def lea(db):
    return make_user("lea", Role.MARKETER)


def eur(lead, worth):
    return Voice(lead=lead, worth=worth, currency="EUR" if worth is not None else "")


def ask(by, voice, words=WORDS):
    return ask_for(Need(words), voice, by=by, at=NOON)


def backlog(by):
    return [(one.request.need, one.demand, one.worth) for one in ranked(ContentRequest.objects.open(), by=by, at=NOON)]


def test_a_smaller_second_lead_hides_no_larger_one(alice, bob):
    other = ask(bob, eur(9, 60_000_00), "A price comparison")
    asked = ask(alice, eur(1, 100_000_00))
    join_request(asked, eur(2, 5_000_00), by=alice, at=NOON)
    assert backlog(alice) == [
        (WORDS, 1, {"EUR": 105_000_00}), (other.need, 1, {"EUR": 60_000_00}),
    ]  # fmt: skip

    # What she says of a lead anew holds for that lead alone; that she needs it still changes nothing.
    join_request(asked, eur(1, 80_000_00), by=alice, at=NOON)
    join_request(asked, Voice(), by=alice, at=NOON)
    assert backlog(alice)[0] == (WORDS, 1, {"EUR": 85_000_00})


def test_a_lead_is_said_later_of_a_request_that_was_asked_for_without(alice, bob):
    asked = ask(alice, Voice())
    join_request(asked, eur(1, 500_00), by=alice, at=NOON)
    assert list(asked.voices.values_list("lead", "worth")) == [(1, 500_00)]


def test_who_asked_for_two_leads_hears_once_and_keeps_both_when_two_requests_become_one(alice, bob, lea):
    first, second = ask(alice, eur(1, 100_00)), ask(alice, eur(2, 900_00), "The same")
    join_request(second, eur(1, 50_00), by=alice, at=NOON)
    join_into(second, first, by=lea, at=NOON)
    accept_request(first, by=lea, at=NOON)
    assert backlog(alice) == [(WORDS, 1, {"EUR": 1000_00})]
    heard = News.objects.unheard_by(alice).order_by("pk").values_list("change__verb", flat=True)
    assert list(heard) == ["join", "accept"]
