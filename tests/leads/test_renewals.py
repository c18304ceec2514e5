"""The radar of contracts with others, and what was let go of and lives again: every figure opens its list."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Account
from agreement.models import Phase
from leads import renewing, resurrecting
from leads.actions.claiming import claim_lead
from leads.actions.closing import disqualify_lead
from leads.actions.engaging import NewEngagement, engage
from leads.actions.recycling import change_wake, recycle_lead, wake_lead
from leads.actions.sweeping import sweep_leads
from leads.models import Lead
from leads.renewing import listed, radar_of
from leads.resurrecting import credits_of, resurrections_of
from leads.waking import Facts
from team.models import Role
from tests.make import NOON, make_account, make_lead, make_person, make_user, reason

TODAY = NOON.date()
MARCH = date(2027, 3, 1)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def contract(bdr, ends, at=NOON, precision="day", **more):
    """Notice is 90 days, and somebody is back 30 days before it."""
    lead = make_lead(phase=Phase.WORKING, bdr=bdr, at=at, **more)
    facts = Facts(contract_ends=ends, precision=precision)
    recycle_lead(lead, reason=reason("mid_contract"), by=bdr, at=at, facts=facts, vendor="Torqline")
    return Lead.objects.get(pk=lead.pk)


def in_days(days):
    return TODAY + timedelta(days=days)


def figures(user, at=NOON):
    return [(window.days, *window.counts.values(), window.coverage) for window in radar_of(user, at=at).windows]


# Renewals
def test_what_is_known_of_a_company_counts_too_where_nobody_there_was_recycled_for_it(client, alice, mona):
    long_ago = NOON - timedelta(days=300)

    def company(name, ends, **fields):
        return make_account(name=name, incumbent="Torqline", contract_ends_on=in_days(ends), **fields)

    def asleep(account, days):
        lead = at_work(account, phase=Phase.NURTURE)
        wakes = NOON + timedelta(days=days)
        Lead.objects.filter(pk=lead.pk).update(wake_at=wakes, due_at=wakes)

    def at_work(account, phase=Phase.WORKING):
        return make_lead(phase=phase, bdr=alice, at=long_ago, person=make_person(account=account))

    in_time, late, passed, told = (
        company(name, ends) for name, ends in [("A", 170), ("B", 120), ("C", 20), ("D", 100)]
    )
    for account, days in [(in_time, 60), (late, 40), (passed, 10)]:
        asleep(account, days)
    in_hand = company("E", 95)
    at_work(in_hand)
    contract(alice, in_days(100), at=long_ago, person=make_person(account=told))
    Account.objects.filter(pk=at_work(company("Ours", 50)).account_id).update(standing="customer")
    # Nobody there was ever a lead of hers.
    company("Strange", 60)

    assert figures(alice) == figures(mona) == [
        (30, 0, 0, 1, 0), (60, 0, 0, 1, 0), (90, 0, 0, 1, 0), (180, 3, 1, 1, 60),
    ]  # fmt: skip
    said = {one.name: (one.state, one.why) for one in radar_of(alice, at=NOON).contracts if one.is_of_account}
    assert said == {
        "A": ("covered", "Back on 30 Apr 2027, 20 days before notice ends"),
        "B": ("open", "Back on 10 Apr 2027, but notice ends on 31 Mar 2027"),
        "C": ("missed", "Notice ended on 21 Dec 2026, and nobody is back"),
        "E": ("covered", "Somebody there is in hand, and notice ends on 6 Mar 2027"),
    }
    client.force_login(alice)
    page = client.get(reverse("leads:renewals"), {"within": "180", "state": "open"}).text
    assert reverse("leads:account", args=[late.public_id]) in page


def test_what_ends_is_covered_open_or_missed_and_every_figure_has_its_list(client, alice, mona):
    long_ago = NOON - timedelta(days=300)
    covered = contract(alice, in_days(170), at=long_ago)
    late = contract(alice, in_days(175), at=long_ago)
    change_wake(late, wake_on=in_days(100), by=alice, at=NOON)
    # Its wake was not looked at in time, and notice has ended.
    missed = contract(alice, in_days(25), at=long_ago)
    met = contract(alice, in_days(50), at=long_ago)
    wake_lead(met, by=alice, at=NOON - timedelta(days=60))
    contract(alice, in_days(300), at=long_ago)
    past = contract(alice, in_days(-40), at=long_ago)
    wake_lead(past, by=alice, at=NOON - timedelta(days=45))

    assert (
        figures(alice) == figures(mona) == [(30, 0, 0, 1, 0), (60, 1, 0, 1, 50), (90, 1, 0, 1, 50), (180, 2, 1, 1, 50)]
    )
    radar = radar_of(alice, at=NOON)

    def names(within, state=""):
        return [one.lead_id for one in listed(radar, within=within, state=state, today=TODAY)]

    assert names(180, "covered") == [met.pk, covered.pk]
    assert (names(180, "open"), names(30, "missed"), names(None)) == ([late.pk], [missed.pk], [past.pk])
    assert radar.past_missed == 1
    client.force_login(mona)
    page = client.get(reverse("leads:renewals"), {"within": "180", "state": "open"}).text
    assert "Back on 9 Jun 2027, but notice ends on 25 May 2027" in page
    assert page.count('<li class="row') == 1
    ended = client.get(reverse("leads:renewals"), {"within": "past"}).text
    assert "Came back on 15 Jan 2027; notice had ended on 22 Oct 2026" in ended


def test_the_end_of_a_month_or_quarter_and_the_notice_that_was_said_count(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    facts = Facts(contract_ends=date(2027, 5, 2), precision="quarter", notice_days=10)
    recycle_lead(lead, reason=reason("mid_contract"), by=alice, at=NOON, facts=facts)

    (one,) = radar_of(alice, at=NOON).contracts

    assert (one.ends, one.last, one.state) == (date(2027, 6, 30), date(2027, 6, 20), "covered")


def test_the_last_that_was_said_holds_and_whom_we_gave_up_has_no_contract(alice, bob, eve):
    person = make_person()
    first = contract(alice, in_days(150), at=NOON - timedelta(days=300), person=person)
    back = wake_lead(first, by=alice, at=NOON - timedelta(days=100))
    claim_lead(back, by=alice, at=NOON - timedelta(days=100))
    again = Facts(contract_ends=in_days(160), precision="day")
    recycle_lead(back, reason=reason("mid_contract"), by=alice, at=NOON - timedelta(days=90), facts=again)
    given_up = contract(alice, in_days(120))
    disqualify_lead(given_up, reason=reason("not_our_market"), by=alice, at=NOON)

    assert [one.ends for one in radar_of(alice, at=NOON).contracts] == [in_days(160)]
    assert [len(radar_of(user, at=NOON).contracts) for user in (bob, eve)] == [0, 0]


# What stands now
def woken(bdr, *, at=NOON - timedelta(days=100), ends=170):
    lead = contract(bdr, in_days(ends), at=at - timedelta(days=100))
    pursuit = wake_lead(lead, by=bdr, at=at)
    claim_lead(pursuit, by=bdr, at=at)
    return Lead.objects.get(pk=pursuit.pk)


def said(user):
    return [(one.state, one.why) for one in radar_of(user, at=NOON).contracts]


def test_whoever_came_back_and_was_put_to_sleep_beyond_the_notice_is_not_covered(alice):
    lead = woken(alice)

    assert said(alice) == [("covered", "Came back on 21 Nov 2026, in time")]
    recycle_lead(lead, reason=reason("not_ready"), by=alice, at=NOON, facts=Facts(wake_on=in_days(120)))
    assert said(alice) == [("open", "Back on 29 Jun 2027, but notice ends on 20 May 2027")]
    change_wake(lead, wake_on=in_days(60), by=alice, at=NOON)
    assert said(alice) == [("covered", "Back on 30 Apr 2027, 20 days before notice ends")]
    (one,) = radar_of(alice, at=NOON).contracts
    assert (one.public_id, one.may_wake) == (lead.public_id, True)


def test_whoever_came_back_and_was_given_up_has_no_contract(alice):
    disqualify_lead(woken(alice), reason=reason("not_our_market"), by=alice, at=NOON)

    assert radar_of(alice, at=NOON).contracts == []


def test_whoever_was_in_hand_until_notice_ended_stays_covered_whatever_came_after(alice):
    # Notice ended on 29 Jan 2027.
    until_then, before = woken(alice, ends=59), woken(alice, ends=59)
    facts = Facts(wake_on=in_days(120))
    recycle_lead(until_then, reason=reason("not_ready"), by=alice, at=NOON - timedelta(days=20), facts=facts)
    recycle_lead(before, reason=reason("not_ready"), by=alice, at=NOON - timedelta(days=60), facts=facts)

    assert said(alice) == [
        ("covered", "Came back on 21 Nov 2026, in time"), ("missed", "Notice ended on 29 Jan 2027, and nobody is back"),
    ]  # fmt: skip


def test_of_a_company_too_only_who_was_talked_to_until_notice_ended_counts(alice):
    long_ago = NOON - timedelta(days=100)

    def company(name, ends, *, slept):
        account = make_account(name=name, incumbent="Torqline", contract_ends_on=in_days(ends))
        lead = make_lead(phase=Phase.WORKING, bdr=alice, at=long_ago, person=make_person(account=account))
        facts = Facts(wake_on=in_days(150))
        recycle_lead(lead, reason=reason("not_ready"), by=alice, at=NOON - timedelta(days=slept), facts=facts)

    company("A", 50, slept=20)
    company("B", 51, slept=60)
    company("C", 170, slept=20)

    assert said(alice) == [
        ("covered", "Talked to on 21 Nov 2026, in time"),
        ("missed", "Notice ended on 21 Jan 2027, and nobody is back"),
        ("open", "Back on 29 Jul 2027, but notice ends on 20 May 2027"),
    ]


# Back to life
def test_what_was_let_go_of_and_lives_is_credited_to_who_did_with_a_list_behind_it(client, alice, bob, mona):
    recycled = make_lead(phase=Phase.NURTURE, bdr=alice, at=NOON - timedelta(days=40))
    by_date = make_lead(phase=Phase.NURTURE, bdr=alice, at=NOON - timedelta(days=90))
    dead = make_lead(phase=Phase.WORKING, bdr=bob, at=NOON - timedelta(days=30))
    disqualify_lead(dead, reason=reason("not_our_market"), by=bob, at=NOON - timedelta(days=30))
    sweep_leads(at=by_date.wake_at)
    for lead in (recycled, dead):
        engage([NewEngagement(person_id=lead.person_id, kind="replied", at=NOON)], at=NOON)
    won = Lead.objects.get(previous=by_date)
    Lead.objects.filter(pk=won.pk).update(
        phase="closed", closed_as="won", closed_at=NOON, stage=None, due_at=None, wake_at=None, reserved_until=None,
        first_qualified_at=NOON - timedelta(days=40),
    )  # fmt: skip

    found = resurrections_of(mona, MARCH)

    lines = [(line.name, *line.counts.values(), line.dead) for line in credits_of(found)]
    assert lines == [("Alice", 1, 0, 1, 0), ("Bob", 1, 0, 0, 1)]
    assert resurrections_of(mona, date(2027, 2, 1)) == []
    client.force_login(mona)
    url = reverse("leads:lives_again")
    page = client.get(url, {"month": "2027-03"}).text
    assert page.count('<li class="row"') == 3
    assert "1 had been disqualified" in page
    narrowed = client.get(url, {"month": "2027-03", "by": str(bob.pk), "what": "dead"}).text
    assert narrowed.count('<li class="row"') == 1
    assert "Disqualified: Not our market, Bob" in narrowed


def test_a_rep_of_another_team_sees_nothing_and_a_marketer_all(alice, eve):
    lead = make_lead(phase=Phase.NURTURE, bdr=alice, at=NOON - timedelta(days=40))
    engage([NewEngagement(person_id=lead.person_id, kind="replied", at=NOON)], at=NOON)

    marketer = make_user("marketer", Role.MARKETER)
    assert [len(resurrections_of(user, MARCH)) for user in (alice, eve, marketer)] == [1, 0, 1]


def test_what_does_not_fit_on_a_page_stands_on_the_next(client, alice, mona, monkeypatch):
    monkeypatch.setattr(renewing, "SHOWN", 2)
    monkeypatch.setattr(resurrecting, "SHOWN", 2)
    for n in range(3):
        contract(alice, date(2027, 8, 20 + n))
        lead = make_lead(phase=Phase.NURTURE, bdr=alice, at=NOON - timedelta(days=40))
        engage([NewEngagement(person_id=lead.person_id, kind="replied", at=NOON)], at=NOON)
    client.force_login(mona)

    for page, asked, place in (
        ("renewals", {"within": "180"}, "#contracts"), ("lives_again", {"month": "2027-03"}, "#leads"),
    ):  # fmt: skip
        url = reverse(f"leads:{page}")
        first, last, beyond = (client.get(url, {**asked, "page": n}).text for n in ("1", "2", "9"))
        rows = [set(re.findall(r'class="row-link" href="([^"]+)"', text)) for text in (first, last)]
        assert [len(some) for some in rows] == [2, 1]
        assert not rows[0] & rows[1]
        assert re.search(rf'href="[?][^"]*page=2{place}" rel="next"', first)
        assert "That is everybody." in last
        assert 'rel="next">Show more' not in last
        assert beyond.count("row-link") == 1


@pytest.mark.parametrize("page", ["renewals", "lives_again"])
@pytest.mark.parametrize("asked", [
    {"within": "9" * 40, "state": "\x00"}, {"month": "2027-00", "by": "9" * 40},
    {"month": "\x00", "what": "x", "by": "-1"},
])  # fmt: skip
def test_nonsense_in_the_address_opens_what_is_there(client, mona, page, asked):
    client.force_login(mona)

    assert client.get(reverse(f"leads:{page}"), asked).status_code == 200


@pytest.mark.parametrize(("page", "queries"), [("renewals", 9), ("lives_again", 6)])
def test_the_pages_cost_the_same_however_many_there_are(
    client, alice, mona, page, queries, django_assert_max_num_queries
):
    for _lead in range(12):
        lead = contract(alice, in_days(100), at=NOON - timedelta(days=20))
        engage([NewEngagement(person_id=lead.person_id, kind="replied", at=NOON)], at=NOON)
    client.force_login(mona)
    client.get(reverse(f"leads:{page}"))

    with django_assert_max_num_queries(queries):
        client.get(reverse(f"leads:{page}"))
