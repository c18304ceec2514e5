"""Who asks for the same with several leads counts once, and each of her leads with what it is worth."""

import pytest
from django.urls import reverse

from agreement.models import Phase
from content.actions.asking import Need, Voice, accept_request, ask_for, join_into, join_request
from content.backlog import ranked
from content.models import ContentRequest, News
from leads.actions.closing import disqualify_lead
from leads.actions.merging import merge_people
from leads.actions.recycling import recycle_lead, wake_lead
from leads.actions.requests import look_at_voices
from leads.models import Lead
from team.models import Role
from tests.make import NOON, make_lead, make_user, reason

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


def test_two_currencies_are_never_added_and_the_one_of_most_leads_puts_in_order(client, alice, bob):
    """Else 9000 in rupees would go before 5000 in euros."""
    rupees = ask(alice, Voice(lead=1, worth=9000_00, currency="INR"), "A price comparison")
    both = ask(bob, eur(2, 5000_00))
    join_request(both, Voice(lead=3, worth=7000_00, currency="USD"), by=bob, at=NOON)
    ask(alice, eur(4, 10_00), "A glossary")

    found = ranked(ContentRequest.objects.open(), by=alice, at=NOON)

    assert [(one.request.need, one.pipeline, one.sums) for one in found] == [
        (WORDS, 5000, ["5 000 EUR", "7 000 USD"]), ("A glossary", 10, ["10 EUR"]), (rupees.need, 0, ["9 000 INR"]),
    ]  # fmt: skip
    client.force_login(alice)
    assert "never added" in client.get(reverse("content:requests")).text


def test_a_lead_counts_as_long_as_whoever_it_is_of_is_pursued(alice, bob, mona):
    """In that lead or a later one, also after a merge; not asleep, and not when it is over."""
    leads = [make_lead(phase=Phase.WORKING, bdr=alice, at=NOON) for _lead in range(4)]
    asked = ask(alice, eur(leads[0].pk, 100_00))
    for place, lead in enumerate(leads[1:], start=1):
        join_request(asked, eur(lead.pk, 100_00 * 10**place), by=alice, at=NOON)
    join_request(asked, eur(None, 7_00), by=bob, at=NOON)
    assert look_at_voices() == 0
    assert backlog(alice) == [(WORDS, 2, {"EUR": 111_107_00})]

    disqualify_lead(leads[0], reason=reason("bad_data"), by=alice, at=NOON)
    recycle_lead(leads[1], reason=reason("not_ready"), by=alice, at=NOON)
    merge_people(leads[3].person, leads[2].person, by=mona, at=NOON)
    assert look_at_voices() == 2
    assert backlog(alice) == [(WORDS, 2, {"EUR": 110_007_00})]

    # The next pursuit is another lead of hers.
    wake_lead(Lead.objects.get(pk=leads[1].pk), by=alice, at=NOON)
    assert (look_at_voices(), look_at_voices()) == (1, 0)
    assert backlog(alice) == [(WORDS, 2, {"EUR": 111_007_00})]
