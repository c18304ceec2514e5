"""Notices: unseen first, said in words, seen once."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.urls import reverse

from agreement.models import Phase
from leads.actions.closing import approve_second_look, disqualify_lead
from leads.actions.handing import accept_hand_off, reject_hand_off, withdraw_hand_off
from leads.actions.logging import log_call
from leads.actions.moving import Target, move_leads
from leads.actions.outcomes import record_no_show
from leads.actions.sharing import undo_shared
from leads.actions.undoing import undo_last
from leads.models import HandOff, Notice, SecondLook
from leads.noticed import noticed_by
from team.models import Role
from tests.make import NOON, disposition, make_account, make_lead, make_person, make_user, reason

Kind = Notice.Kind


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def notice(user, *, kind=Kind.RETURNED, lead=None, **fields):
    return Notice.objects.create(user=user, lead=lead or make_lead(), kind=kind, **{"at": NOON, **fields})


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_words_with_and_without_a_clock(alice, kind):
    lead = make_lead()
    notice(alice, kind=kind, lead=lead)
    notice(alice, kind=kind, lead=lead, clock=lead.clocks.get())

    assert all(row.said for row in noticed_by(alice, at=NOON).unseen)


def test_a_notice_of_a_clock_names_what_was_promised(alice):
    lead = make_lead()
    notice(alice, kind=Kind.SOON, lead=lead, clock=lead.clocks.get())

    (row,) = noticed_by(alice, at=NOON).unseen
    assert (row.said, row.due_at) == ("The first touch runs out soon", lead.due_at)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda one, ae: accept_hand_off(one, by=ae, at=NOON), "Peter accepted your hand-off"),
        (
            lambda one, ae: reject_hand_off(one, reason=reason("reject_brief_empty"), by=ae, at=NOON),
            "Peter rejected your hand-off",
        ),
    ],
)
def test_an_answer_says_which_and_whose(alice, peter, answer, said):
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter, at=NOON - timedelta(hours=2))

    answer(lead.hand_offs.get(), peter)

    assert [row.said for row in noticed_by(alice, at=NOON).unseen] == [said]


def test_a_promise_that_was_kept_meanwhile_no_longer_runs_out(alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice)
    notice(alice, kind=Kind.SOON, lead=lead, clock=lead.clocks.get())
    log_call(lead, disposition=disposition("no_answer"), by=alice, at=NOON)

    (row,) = noticed_by(alice, at=NOON).unseen
    assert (row.said, row.meaning, row.due_at) == ("The first touch was kept in time", "", None)


def test_unseen_ones_stand_first_newest_on_top(alice, bob):
    old, new = notice(alice, at=NOON - timedelta(hours=1)), notice(alice)
    seen = notice(alice, seen_at=NOON)
    notice(bob)

    noticed = noticed_by(alice, at=NOON)

    assert [row.pk for row in noticed.unseen] == [new.pk, old.pk]
    assert [row.pk for row in noticed.seen] == [seen.pk]


def test_marking_all_leaves_what_came_after_the_page_was_shown(client, alice):
    shown = notice(alice)
    client.force_login(alice)
    later = notice(alice)

    client.post(reverse("leads:notices_seen"), {"shown": [shown.pk]})

    assert list(Notice.objects.unseen_by(alice)) == [later]


def test_marking_all_leaves_what_stood_below_the_end_of_the_page(client, alice):
    lead = make_lead()
    for _ in range(102):
        notice(alice, lead=lead)
    client.force_login(alice)

    page = client.get(reverse("leads:notices"))
    shown = set(re.findall(r'name="shown" value="(\d+)"', page.text))
    client.post(reverse("leads:notices_seen"), {"shown": list(shown)})

    assert Notice.objects.unseen_by(alice).count() == 2


def test_one_notice_is_marked_alone_and_never_somebody_elses(client, alice, bob):
    mine, other, bobs = notice(alice), notice(alice), notice(bob)
    client.force_login(alice)

    client.post(reverse("leads:notices_seen"), {"shown": [mine.pk]})
    client.post(reverse("leads:notices_seen"), {"shown": [bobs.pk]})

    assert set(Notice.objects.filter(seen_at=None)) == {other, bobs}


def test_one_act_on_many_is_one_notice_that_says_how_many_and_leads_to_their_list(client, team, alice, bob, mona):
    leads = [make_lead(phase=Phase.WORKING, bdr=bob, at=NOON - timedelta(hours=1)) for _ in range(4)]
    moved = move_leads([lead.pk for lead in leads], target=Target(user=alice), by=mona, at=NOON)
    assert Notice.objects.unseen_by(alice).count() == 1

    client.force_login(alice)
    page = client.get(reverse("leads:notices")).text
    assert '<a class="row-link" href="/">4 leads</a>' in page
    assert "Mona moved them to you" in page

    # Of one that was worked since the act stays: she is told of that one still.
    log_call(leads[0], disposition=disposition("no_answer"), by=alice, at=NOON)
    undo_shared(moved.act, by=mona, at=NOON)
    assert [told.leads for told in Notice.objects.unseen_by(alice)] == [[leads[0].pk]]


@pytest.mark.parametrize("form", [{}, {"shown": "x"}, {"shown": "-1"}, {"shown": 2**70}])
def test_a_form_that_makes_no_sense_marks_nothing(client, alice, form):
    notice(alice)
    client.force_login(alice)

    assert client.post(reverse("leads:notices_seen"), form).status_code == 302
    assert Notice.objects.unseen_by(alice).count() == 1


@pytest.mark.parametrize("rows", [1, 50])
def test_the_page_costs_the_same_queries_however_long_it_is(client, alice, rows, django_assert_num_queries):
    lead = make_lead()
    for _ in range(rows):
        notice(alice, lead=lead)
    client.force_login(alice)
    client.get(reverse("leads:notices"))  # the first page of a session notes when it began

    # Session, user, unseen, seen, what was done, memberships, rail.
    with django_assert_num_queries(7):
        response = client.get(reverse("leads:notices"))

    assert response.text.count('<li class="row has-act"') == rows


def test_nothing_new_is_said_in_words(client, alice):
    client.force_login(alice)

    assert "Nothing new" in client.get(reverse("leads:notices")).text


def test_what_she_saw_lately_is_found_and_ordered_by_an_index(alice):
    seen = Notice.objects.of(alice).filter(seen_at__isnull=False, at__gte=NOON).order_by("-at", "-pk")[:50]
    if connection.vendor == "sqlite":
        assert seen.explain().count("INDEX notice_seen") == 1
        assert "TEMP B-TREE" not in seen.explain()
        return
    with connection.cursor() as cursor:
        # A table of no rows is read as it is, by whatever plan.
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "notice_seen" in seen.explain()
    assert "Sort" not in seen.explain()


def test_a_notice_of_a_lead_she_may_no_longer_see_names_nobody(client, alice, eve):
    lead = make_lead(team=eve.memberships.get().team, person=make_person(account=make_account(name="Halden Tools")))
    notice(alice, lead=lead)
    notice(alice, lead=lead, seen_at=NOON)
    client.force_login(alice)

    page = client.get(reverse("leads:notices")).text

    assert page.count('<span class="who">A lead that is no longer yours to see') == 2
    assert str(lead.person) not in page
    assert "Halden Tools" not in page
    assert str(lead.public_id) not in page


def not_there(hand_off):
    """Nobody had answered it when nobody came."""
    met_at = NOON - timedelta(hours=1)
    HandOff.objects.filter(pk=hand_off.pk).update(meeting_at=met_at, local_meeting=met_at, zone="UTC")
    return record_no_show(HandOff.objects.get(pk=hand_off.pk), by=hand_off.bdr, at=NOON)


@pytest.mark.parametrize(
    "end",
    [
        not_there,
        lambda one: accept_hand_off(one, by=one.ae, at=NOON),
        lambda one: reject_hand_off(one, reason=reason("reject_brief_empty"), by=one.ae, at=NOON),
        lambda one: withdraw_hand_off(one, by=one.bdr, at=NOON),
    ],
)
def test_a_hand_off_that_waits_no_more_is_nothing_new_until_its_end_is_taken_back(alice, peter, end):
    lead = make_lead(phase=Phase.HANDED_OFF, bdr=alice, ae=peter, at=NOON - timedelta(hours=2))
    waits = notice(peter, kind=Kind.HAND_OFF, lead=lead, at=NOON - timedelta(hours=2))

    event = end(lead.hand_offs.get())

    waits.refresh_from_db()
    assert waits.seen_at == NOON
    undo_last(lead, by=event.by, at=NOON)
    waits.refresh_from_db()
    assert waits.seen_at is None


def test_a_second_look_that_one_manager_decided_is_nothing_new_for_another(alice, mona, team):
    other = make_user("marco", Role.MANAGER, team=team)
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=NOON)
    disqualify_lead(lead, reason=reason("bad_data"), by=alice, at=NOON)
    assert Notice.objects.unseen_by(other).count() == 1

    approve_second_look(SecondLook.objects.get(), by=mona, at=NOON)

    assert Notice.objects.unseen_by(other).count() == 0
