"""From inquiry to lead: on the day, in the order of interest, and only who may be worked then."""

from datetime import timedelta

import pytest

from accounts.actions.people import suppress_person
from accounts.models import Account, Person, Standing
from leads.actions.releasing import release_due, room_of_default_team
from leads.models import Clock, Lead, Release, Verdict
from team.clock import database_now
from tests.leads.files import bring
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
