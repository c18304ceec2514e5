"""Coming back: who sleeps for whom, until when and why; waking one now, or on another day."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from agreement.models import Phase
from leads.actions.recycling import recycle_lead
from leads.models import Lead
from leads.returning import returning_to
from leads.waking import Facts
from team.models import Role
from tests.make import NOON, make_lead, make_user, reason


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def asleep(bdr, *, wake_on, key="not_ready", **facts):
    lead = make_lead(phase=Phase.WORKING, bdr=bdr)
    recycle_lead(lead, reason=reason(key), by=bdr, at=NOON, facts=Facts(wake_on=wake_on), **facts)
    return Lead.objects.get(pk=lead.pk)


def test_who_sleeps_is_listed_by_week_and_month_with_the_reason(alice):
    # NOON is a Monday.
    for day in (date(2027, 6, 2), date(2027, 3, 4), date(2027, 3, 9)):
        asleep(alice, wake_on=day)
    asleep(alice, wake_on=date(2027, 3, 2), key="mid_contract", vendor="Torqline", satisfaction="happy")

    groups = returning_to(alice, at=NOON).groups

    assert [(head, len(rows)) for head, rows in groups] == [("This week", 2), ("Next week", 1), ("June 2027", 1)]
    assert groups[0][1][0].why == "Contract with Torqline, end unknown, happy with them"


def test_a_reason_narrows_the_list(alice):
    asleep(alice, wake_on=date(2027, 6, 2))
    contract = asleep(alice, wake_on=date(2027, 6, 3), key="mid_contract")

    ((_head, (row,)),) = returning_to(alice, category="mid_contract", at=NOON).groups
    assert row.lead_id == contract.pk


def test_a_rep_sees_her_own_and_a_manager_her_team(alice, bob, mona, eve):
    asleep(alice, wake_on=date(2027, 6, 2))
    asleep(eve, wake_on=date(2027, 6, 2))

    assert [len(returning_to(user, at=NOON).groups) for user in (alice, bob, mona, eve)] == [1, 0, 1, 1]


def test_pages_go_on_where_the_last_one_ended(alice, monkeypatch):
    monkeypatch.setattr("leads.returning.PAGE", 2)
    leads = [asleep(alice, wake_on=date(2027, 6, 2)).pk for _ in range(3)]
    first = returning_to(alice, at=NOON)
    second = returning_to(alice, after=first.next_after, at=NOON)

    seen = [row.lead_id for page in (first, second) for _head, rows in page.groups for row in rows]
    assert (seen, second.next_after) == (leads, "")


@pytest.mark.parametrize("rows", [1, 30])
def test_the_page_costs_the_same_queries_however_long_it_is(client, alice, rows, django_assert_num_queries):
    alice.open_limit = 100
    alice.save(update_fields=["open_limit"])
    for _ in range(rows):
        asleep(alice, wake_on=date(2027, 6, 2))
    client.force_login(alice)
    client.get(reverse("leads:coming_back"))  # the first page of a session notes when it began

    # Session, user, memberships, the sleepers, rail.
    with django_assert_num_queries(5):
        response = client.get(reverse("leads:coming_back"))

    assert response.text.count('<li class="row has-act"') == rows


def test_waking_now_opens_the_next_pursuit_once_however_often_it_is_sent(client, alice):
    lead = asleep(alice, wake_on=date(2027, 6, 2))
    client.force_login(alice)
    form = {"form_id": "0192f0c1-8d5b-7c3e-8f00-000000000003"}
    url = reverse("leads:wake", args=[lead.public_id])

    first, again = (client.post(url, form).headers["Location"] for _ in range(2))

    back = Lead.objects.get(previous=lead)
    assert (back.bdr, back.phase) == (alice, Phase.QUEUED)
    assert first == again == reverse("leads:lead", args=[back.public_id])


def test_waking_is_asked_before_as_nothing_takes_it_back(client, alice):
    lead = asleep(alice, wake_on=date(2027, 6, 2))
    client.force_login(alice)
    url = reverse("leads:wake", args=[lead.public_id])

    listed = client.get(reverse("leads:coming_back")).text
    page = client.get(reverse("leads:lead", args=[lead.public_id])).text
    asked = client.get(url).text

    # One click wakes nobody, from either page.
    assert [(f'href="{url}"' in one, f'action="{url}"' in one) for one in (listed, page)] == [(True, False)] * 2
    assert "Waking cannot be taken back." in asked
    assert f'action="{url}"' in asked
    assert not Lead.objects.filter(previous=lead).exists()
    client.post(url)
    assert client.get(url).url == reverse("leads:lead", args=[lead.public_id])


def test_who_was_woken_meanwhile_is_said_to_be(client, alice):
    lead = asleep(alice, wake_on=date(2027, 6, 2))
    client.force_login(alice)
    url = reverse("leads:wake", args=[lead.public_id])
    client.post(url)

    assert "not asleep any more" in client.post(url, follow=True).text


def test_another_day_is_kept_and_said(client, alice):
    lead = asleep(alice, wake_on=date(2027, 6, 2))
    client.force_login(alice)
    url = reverse("leads:wake_on", args=[lead.public_id])
    assert 'value="2027-06-02"' in client.get(url).text

    response = client.post(url, {"wake_on": "2027-07-05"}, follow=True)

    lead.refresh_from_db()
    assert lead.wake_at.date() == date(2027, 7, 5)
    assert "comes back on 5 Jul 2027." in response.text


def test_a_day_too_late_for_the_notice_of_a_contract_is_asked_about_first(client, alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    facts = Facts(contract_ends=date(2027, 10, 7), precision="day", notice_days=60)
    recycle_lead(lead, reason=reason("mid_contract"), by=alice, at=NOON, facts=facts)
    lead = Lead.objects.get(pk=lead.pk)
    was = lead.wake_at
    client.force_login(alice)
    url = reverse("leads:wake_on", args=[lead.public_id])
    page = client.get(url).text
    assert ("Notice of their contract can be given until 8 Aug 2027" in page, 'name="anyway"' in page) == (True, False)

    asked = client.post(url, {"wake_on": "2027-08-09"})

    lead.refresh_from_db()
    assert (asked.status_code, lead.wake_at) == (422, was)
    assert "Notice of their contract can be given until 8 Aug 2027: this day is too late for it." in asked.text
    assert 'name="anyway"' in asked.text
    client.post(url, {"wake_on": "2027-08-06"})
    lead.refresh_from_db()
    assert lead.wake_at.date() == date(2027, 8, 6)
    client.post(url, {"wake_on": "2027-08-09", "anyway": "on"})
    lead.refresh_from_db()
    assert lead.wake_at.date() == date(2027, 8, 9)


@pytest.mark.parametrize("day", ["2027-03-01", "2020-01-01", "2099-01-01", "soon", ""])
def test_a_day_that_cannot_be_is_refused_beside_its_field(client, alice, day):
    lead = asleep(alice, wake_on=date(2027, 6, 2))
    client.force_login(alice)

    response = client.post(reverse("leads:wake_on", args=[lead.public_id]), {"wake_on": day})

    lead.refresh_from_db()
    assert (response.status_code, lead.wake_at.date()) == (422, date(2027, 6, 2))
    assert 'id="id_wake_on_error"' in response.text


def test_a_lead_that_woke_meanwhile_keeps_the_form_and_says_so(client, alice):
    lead = asleep(alice, wake_on=date(2027, 6, 2))
    client.force_login(alice)
    client.post(reverse("leads:wake", args=[lead.public_id]))

    response = client.post(reverse("leads:wake_on", args=[lead.public_id]), {"wake_on": "2027-07-05"})

    assert response.status_code == 409
    assert 'value="2027-07-05"' in response.text


def test_a_colleague_may_look_but_not_wake(client, alice, bob, eve):
    lead = asleep(alice, wake_on=date(2027, 6, 2))
    url = reverse("leads:wake", args=[lead.public_id])
    client.force_login(bob)
    assert client.post(url).status_code == 403
    client.force_login(eve)
    assert client.post(url).status_code == 404


def test_a_marketer_has_nobody_coming_back(client, team):
    client.force_login(make_user("marketer", Role.MARKETER))

    assert client.get(reverse("leads:coming_back")).status_code == 403
