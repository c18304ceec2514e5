"""From inquiry to lead: on the day, in the order of interest, and only who may be worked then."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db.models import Max

from accounts.actions.people import suppress_person
from accounts.models import Account, Person, Standing
from agreement.models import CadenceStep
from leads.actions.importing import PaceRefused
from leads.actions.releasing import capacity_a_day, release_due, room_of_default_team
from leads.models import Clock, Lead, Release, Verdict
from team.clock import database_now
from team.models import User
from tests.leads.files import answered, bring, decided, received
from tests.make import make_lead

pytestmark = pytest.mark.django_db


def people(number, start=0):
    return "email,first name\n" + "".join(f"p{n}@x{n}.io,P{n}\n" for n in range(start, start + number))


def test_until_its_day_there_is_no_lead_and_no_clock(team, lea, bob):
    bring(people(12), by=lea, pace="per_day", per_day=5)
    days = sorted(set(Release.objects.values_list("due_at", flat=True)))

    assert (Lead.objects.count(), len(days)) == (0, 3)
    for number, day in enumerate(days, 1):
        release_due(at=day)
        assert Lead.objects.count() == Clock.objects.count() == min(5 * number, 12)
        release_due(at=day)
        assert Lead.objects.count() == min(5 * number, 12)


def test_released_days_are_the_teams_working_days(team, lea):
    bring(people(12), by=lea, pace="per_day", per_day=1)

    days = list(Release.objects.order_by("due_at").values_list("due_at", flat=True))

    assert all(day.weekday() < 5 for day in days)
    assert len({day.date() for day in days}) == 12
    assert all((day.hour, day.minute) == (8, 0) for day in days[1:])


def test_lead_says_where_it_comes_from(team, lea):
    run = bring(people(1), by=lea)
    release_due(at=database_now())

    lead, release = Lead.objects.get(), Release.objects.get()
    assert (lead.phase, lead.lane, lead.origin, lead.source, lead.team) == (
        "queued",
        "list",
        "import",
        "Spring list",
        team,
    )
    assert lead.evidence[0][0] == "listed"
    assert (release.state, release.lead) == ("released", lead)
    assert lead.events.get().data["import"] == run.pk
    assert list(Verdict.objects.values_list("answer", flat=True)) == ["lead"]


def test_strongest_interest_goes_first(team, lea):
    columns = {"when": {"target": "moment", "format": "iso"}}
    rows = "email,when\n" + "".join(f"p{n}@x.io,2026-0{n}-01\n" for n in range(1, 7))

    bring(rows, by=lea, columns=columns, pace="per_day", per_day=2)

    order = Release.objects.order_by("due_at", "-rank").values_list("person__contact_points__normalised", flat=True)
    assert list(order) == [f"p{n}@x.io" for n in (6, 5, 4, 3, 2, 1)]


def test_who_became_a_customer_or_fell_silent_or_has_a_lead_is_skipped_with_a_reason(team, lea, alice):
    bring(people(4), by=lea)
    p0, p1, p2, _p3 = Person.objects.order_by("pk")
    Person.objects.filter(pk=p0.pk).update(standing=Standing.CUSTOMER)
    suppress_person(p1, "email", source="test", at=database_now())
    make_lead(person=p2, team=team, at=database_now())

    release_due(at=database_now())

    states = Release.objects.order_by("person").values_list("state", "skipped_for")
    assert list(states) == [
        ("skipped", "customer"),
        ("skipped", "suppressed"),
        ("skipped", "open_lead"),
        ("released", ""),
    ]


def test_colleague_of_a_new_customer_is_skipped(team, lea):
    bring("email,company\na@corvane.io,Corvane\n", by=lea)
    Account.objects.update(standing=Standing.CUSTOMER)

    release_due(at=database_now())

    assert Release.objects.get().skipped_for == "customer"


def test_at_capacity_only_as_many_as_reps_have_room_for(team, lea, alice):
    alice.open_limit = 3
    alice.save()
    assert room_of_default_team() == 3

    bring(people(8), by=lea, pace="capacity")
    now = database_now()
    Release.objects.update(due_at=now)
    release_due(at=now)

    assert (Lead.objects.count(), room_of_default_team()) == (3, 0)
    assert all(day > now for day in Release.objects.filter(state="waiting").values_list("due_at", flat=True))


def test_new_pursuit_continues_the_closed_one(team, lea):
    bring(
        "email,status\na@x.io,junk\n",
        by=lea,
        columns={"status": {"target": "status"}},
        meanings={"junk": "disqualified"},
    )
    closed = Lead.objects.get()

    bring("email\na@x.io\n", by=lea, source="Autumn list", at=database_now() - timedelta(days=1))
    release_due(at=database_now())

    assert Lead.objects.get(phase="queued").previous == closed


def test_capacity_is_what_the_reps_may_hold_over_the_days_of_the_attempts(team, lea, alice, bob):
    days = CadenceStep.objects.filter(cadence__lane="list", cadence__is_current=True).aggregate(n=Max("day_offset"))[
        "n"
    ]
    User.objects.update(open_limit=4 * days)

    assert capacity_a_day("list") == 8
    run = bring(people(20), by=lea, pace="capacity")

    assert run.per_day == 8
    per_day = Counter(Release.objects.values_list("due_at", flat=True))
    assert [count for _day, count in sorted(per_day.items())] == [8, 8, 4]


def test_team_that_is_full_today_still_has_its_pace(team, lea, alice):
    for _n in range(alice.open_limit):
        make_lead(team=team, bdr=alice, at=database_now())

    assert (room_of_default_team(), capacity_a_day("list") > 1) == (0, True)


@pytest.mark.parametrize(("pace", "per_day", "field"), [("per_day", 1, "per_day"), ("capacity", None, "pace")])
def test_a_plan_that_ends_years_from_now_is_refused(team, lea, alice, pace, per_day, field):
    alice.open_limit = 1
    alice.save()
    run = decided(received(people(900), by=lea), by=lea)

    said = r"At 1 a working day the last of 900 would become a lead on .* 20\d\d\. Choose at least 2 a day"
    with pytest.raises(PaceRefused, match=said) as refused:
        answered(run, by=lea, pace=pace, per_day=per_day)

    assert refused.value.field == field
    run.refresh_from_db()
    assert (run.state, run.pace) == ("uploaded", "")


def test_only_rows_that_become_leads_count_for_the_plan(team, lea, alice):
    rows = "email,status\n" + "".join(f"p{n}@x{n}.io,{'New' if n < 5 else 'Junk'}\n" for n in range(900))
    run = decided(received(rows, by=lea), by=lea, columns={"status": {"target": "status"}})

    answered(run, by=lea, pace="per_day", per_day=1)

    assert run.state == "ready"


def test_team_where_nobody_takes_leads_has_no_capacity(team, lea):
    run = decided(received(people(3), by=lea), by=lea)

    with pytest.raises(PaceRefused, match="no capacity"):
        answered(run, by=lea, pace="capacity")
