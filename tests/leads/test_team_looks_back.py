"""What a manager looks back at: who was passed over, who was given up early, a rep's sheet, the month as a file."""

import csv
import io
from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.actions.people import suppress_person
from agreement.models import Phase, StepKind
from leads.actions.claiming import claim_lead, take_next
from leads.actions.handing import accept_hand_off, hand_off_lead, reject_hand_off
from leads.actions.logging import log_call
from leads.actions.moving import Target, move_leads
from leads.actions.outcomes import record_qualified
from leads.actions.recycling import recycle_lead
from leads.actions.reteaming import retire_team
from leads.models import Activity, HandOff, Lead
from leads.oversight.days import days_of
from leads.oversight.month import month_rows
from leads.oversight.reps import reps_of
from leads.today import today_of
from team.models import Membership, Role, Team
from tests.make import NOON, disposition, give_verdicts, make_lead, make_person, make_team, reason


@pytest.fixture
def now():
    return timezone.now()


def ahead_of(lead):
    return lead.events.get(verb="claim").data.get("ahead")


def test_a_claim_says_how_many_were_passed_over_and_taking_the_next_says_nothing(team, alice, now):
    leads = [make_lead(team=team, at=now - timedelta(minutes=9 - n)) for n in range(4)]

    claim_lead(leads[2], by=alice, at=now)
    claim_lead(leads[0], by=alice, at=now)
    taken = take_next(by=alice, at=now)

    assert (ahead_of(leads[2]), ahead_of(leads[0])) == (2, 0)
    assert taken == leads[1]
    assert ahead_of(taken) is None


def test_who_waits_counts_as_passed_over_and_who_is_reserved_does_not(team, alice, bob, now):
    make_lead(team=team, at=now, lane="hand_raiser")
    make_lead(bdr=bob, reserved=True, at=now - timedelta(minutes=5))
    hers = make_lead(bdr=alice, reserved=True, at=now)
    lead = make_lead(team=team, at=now)

    claim_lead(lead, by=alice, at=now)
    claim_lead(hers, by=alice, at=now)

    assert ahead_of(lead) == 1
    assert ahead_of(hers) is None


def test_no_more_are_counted_than_say_many(team, alice, now, monkeypatch):
    monkeypatch.setattr("leads.actions.claiming.AHEAD_MAX", 2)
    leads = [make_lead(team=team, at=now - timedelta(minutes=9 - n)) for n in range(4)]

    claim_lead(leads[3], by=alice, at=now)

    assert ahead_of(leads[3]) == 2


def test_the_morning_names_who_passed_others_over_and_the_sheet_whom(client, team, alice, mona, now):
    leads = [make_lead(team=team, at=now - timedelta(minutes=9 - n)) for n in range(3)]
    claim_lead(leads[2], by=alice, at=now)
    claim_lead(leads[0], by=alice, at=now)
    client.force_login(mona)

    page = client.get(reverse("leads:team"))
    sheet = client.get(reverse("leads:rep_sheet", args=[alice.pk]))

    assert "1 of 2 chosen leads stood behind others" in page.text
    assert [event.lead for event in sheet.context["sheet"].skips] == [leads[2]]


def test_given_up_early_is_who_sleeps_without_a_conversation_while_attempts_were_left(client, team, alice, mona, now):
    early, talked, old = (make_lead(phase="working", bdr=alice, at=now - timedelta(days=3)) for _ in range(3))
    log_call(early, disposition=disposition("no_answer"), by=alice, at=now - timedelta(days=2))
    Activity.objects.create(
        lead=talked, person=talked.person, kind="call", by=alice, at=now - timedelta(days=2), is_conversation=True
    )
    for lead in (early, talked, old):
        lead.refresh_from_db()
        at = now - timedelta(days=40) if lead == old else now - timedelta(days=1)
        if lead.phase == "working":
            recycle_lead(lead, reason=reason("unresponsive"), by=alice, at=at)
    client.force_login(mona)

    morning = client.get(reverse("leads:team")).context["morning"]
    sheet = client.get(reverse("leads:rep_sheet", args=[alice.pk])).context["sheet"]

    assert [(item.lead.pk, item.attempts_of) for item in morning.early] == [(early.pk, 6)]
    assert morning.early_total == 1
    assert [one.lead_id for one in sheet.early] == [early.pk]


def test_her_queue_is_shown_as_she_sees_it_and_to_her_manager_only(client, team, alice, bob, eve, mona, now):
    lead = make_lead(phase="working", bdr=alice, at=now - timedelta(minutes=3))
    other = make_lead(phase="working", bdr=bob, at=now - timedelta(minutes=3))
    client.force_login(alice)
    hers = client.get(reverse("leads:queue")).context["queue"]
    assert client.get(reverse("leads:rep_queue", args=[alice.pk])).status_code == 403
    client.force_login(mona)

    page = client.get(reverse("leads:rep_queue", args=[alice.pk]))

    assert page.context["queue"].groups == hers.groups
    assert str(lead.public_id) in page.text
    assert str(other.public_id) not in page.text
    assert "<button" not in page.text.partition("<main")[2].partition("</main>")[0]
    assert client.get(reverse("leads:rep_queue", args=[eve.pk])).status_code == 404


def test_the_sheet_has_her_misses_and_what_is_overdue(client, team, alice, mona, now):
    late = make_lead(phase="working", bdr=alice, at=now - timedelta(days=4))
    late.clocks.update(due_at=now - timedelta(days=1), state="missed", missed_at=now - timedelta(days=1),
                       ended_at=now - timedelta(days=1), next_notice_at=None)  # fmt: skip
    late.steps.update(due_at=now - timedelta(days=1), kind=StepKind.CALL_EMAIL, title="")
    client.force_login(mona)

    sheet = client.get(reverse("leads:rep_sheet", args=[alice.pk])).context["sheet"]

    assert [clock.lead_id for clock in sheet.misses] == [late.pk]
    assert [(step.lead_id, what) for step, what in sheet.overdue] == [(late.pk, "Call and e-mail")]

    suppress_person(late.person, "email", source="unsubscribed", at=now)
    assert ">Call<" in client.get(reverse("leads:rep_sheet", args=[alice.pk])).text


def test_the_first_touch_figure_counts_what_its_lists_show(client, team, alice, mona, now):
    kept = make_lead(phase="working", bdr=alice, at=now - timedelta(days=2))
    log_call(kept, disposition=disposition("no_answer"), by=alice, at=now - timedelta(days=2) + timedelta(minutes=1))
    lost = make_lead(phase="working", bdr=alice, at=now - timedelta(days=2))
    for lead in (kept, lost):
        lead.clocks.filter(kind="first_touch").update(due_at=now - timedelta(days=1))
    client.force_login(mona)

    figures = client.get(reverse("leads:team")).context["morning"].figures
    url = reverse("leads:team_leads")
    shown = {what: client.get(url, {"promise": what}).context["leads"] for what in ("met", "missed")}

    assert (figures.met, figures.promised, figures.percent) == (1, 2, 50)
    assert shown == {"met": [kept], "missed": [lost]}


def test_a_lead_with_nothing_planned_is_a_leak(client, team, alice, mona, now):
    lead = make_lead(phase="working", bdr=alice, at=now)
    client.force_login(mona)
    assert client.get(reverse("leads:team")).context["morning"].leaks == 0
    lead.steps.update(state="cancelled", closed_at=now)

    morning = client.get(reverse("leads:team")).context["morning"]

    assert morning.leaks == 1
    assert [one.pk for one in client.get(reverse("leads:team_leads"), {"red": "leak"}).context["leads"]] == [lead.pk]


def test_the_month_credits_who_sourced_the_lead_and_no_cell_is_a_formula(client, team, alice, bob, peter, mona, now):
    alice.name = "=HYPERLINK(1)"
    alice.save(update_fields=["name"])
    yes, no = (make_lead(phase="working", bdr=bob, at=now) for _ in range(2))
    Lead.objects.filter(pk__in=[yes.pk, no.pk]).update(sourced_by=alice)
    accept_hand_off(hand_off_lead(yes, ae=peter, by=bob, at=now), by=peter, at=now)
    reject_hand_off(hand_off_lead(no, ae=peter, by=bob, at=now), reason=reason("reject_no_need"), by=peter, at=now)
    HandOff.objects.update(meeting_at=now, local_meeting=now, zone="UTC")
    client.force_login(mona)

    answer = client.get(reverse("leads:team_month"))
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))

    assert rows[0] == ["Rep", "E-mail", "Booked", "Held", "Accepted", "Qualified", "Rejected"]
    assert rows[1:] == [
        ["'=HYPERLINK(1)", alice.email, "2", "0", "1", "0", "1"],
        ["Bob", bob.email, "0", "0", "0", "0", "0"],
    ]
    last = client.get(reverse("leads:team_month"), {"month": "2020-02"}).getvalue().decode()
    assert last.splitlines()[1].endswith(',"0","0","0","0","0"')
    assert client.get(reverse("leads:team_month"), {"month": "nonsense"}).status_code == 404


def test_every_minute_only_what_changes_is_sent(client, team, alice, mona):
    client.force_login(mona)

    part = client.get(reverse("leads:team"), headers={"HX-Request": "true"})

    assert part.text.lstrip().startswith('<div id="morning"')
    assert "<html" not in part.text


def test_a_manager_of_one_team_reads_nothing_of_another_by_way_of_a_rep_of_both(client, team, mona, alice):
    south = make_team("South")
    Membership.objects.create(user=alice, role=Role.BDR, team=south)
    lead = make_lead(
        phase=Phase.WORKING,
        bdr=alice,
        team=south,
        at=timezone.now(),
        person=make_person(given_name="Ida", family_name="Souther"),
    )
    client.force_login(mona)
    assert "Souther" not in client.get(reverse("leads:rep_queue", args=[alice.pk])).text

    recycle_lead(lead, reason=reason("unresponsive"), by=alice, at=timezone.now())

    assert "Souther" not in client.get(reverse("leads:rep_sheet", args=[alice.pk])).text


def test_who_booked_is_credited_where_nobody_sourced_the_lead(team, alice, peter):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=NOON)
    hand_off_lead(lead, ae=peter, by=alice, at=NOON, meeting=(datetime(2027, 3, 2, 9), "UTC"))

    _head, *rows = month_rows(team, date(2027, 3, 1))

    assert [(row[0], row[2]) for row in rows] == [("Alice", 1)]


def test_what_was_booked_stays_hers_and_her_teams_wherever_the_lead_goes(team, alice, peter, mona):
    """The same in the month, on the morning and in the head of her own queue."""
    south, at = make_team("South"), NOON + timedelta(hours=1)
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=NOON)
    booked = hand_off_lead(lead, ae=peter, by=alice, at=NOON, meeting=(datetime(2027, 3, 2, 9), "UTC"))
    reject_hand_off(booked, reason=reason("reject_brief_empty"), by=peter, at=at)

    def counted():
        _head, *rows = month_rows(team, date(2027, 3, 1))
        (hers,) = [rep for rep in reps_of(team, days_of(at))[0] if rep.user == alice]
        return next(row[2] for row in rows if row[0] == "Alice"), hers.month["booked"], today_of(alice, at=at).meetings

    assert counted() == (1, 1, 1)
    move_leads([lead.pk], target=Target(team=south), by=mona, at=at, of=team)

    assert counted() == (1, 1, 1)
    assert not any(any(row[2:]) for row in list(month_rows(south, date(2027, 3, 1)))[1:])


def test_what_a_retired_team_booked_is_in_the_month_of_its_successor(team, eve, peter):
    south = Team.objects.exclude(pk=team.pk).get()
    last = make_team("Last")
    lead = make_lead(phase=Phase.WORKING, bdr=eve, team=south, at=NOON)
    hand_off_lead(lead, ae=peter, by=eve, at=NOON, meeting=(datetime(2027, 3, 2, 9), "UTC"))

    retire_team(south, successor=last, at=NOON)
    retire_team(last, successor=team, at=NOON)

    _head, *rows = month_rows(team, date(2027, 3, 1))
    assert [(row[0], row[2]) for row in rows if row[2]] == [("Eve", 1)]


def test_a_meeting_booked_half_a_year_before_counts_in_the_month_it_was_held(alice, peter, team):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=NOON)
    start = NOON + timedelta(days=150)
    hand_off = hand_off_lead(lead, ae=peter, by=alice, at=NOON, meeting=(start.replace(tzinfo=None), "UTC"))
    accept_hand_off(hand_off, by=peter, at=NOON)
    over = start + timedelta(hours=2)
    give_verdicts(lead, by=peter, at=over)
    hand_off.refresh_from_db()
    record_qualified(hand_off, by=peter, at=over)

    (hers,) = [row for row in month_rows(team, over.date().replace(day=1)) if row[0] == alice.name]
    assert hers[2:] == [0, 1, 0, 1, 0]
