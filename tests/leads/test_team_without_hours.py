"""A team whose calendar says no hours, or a zone that does not exist, is no other team's trouble."""

from datetime import timedelta

import pytest

from agreement.models import Phase
from leads.actions.engaging import NewEngagement, engage
from leads.actions.logging import log_call
from leads.actions.sweeping import sweep_leads
from leads.checking import check_all
from leads.models import Lead
from team.calendars import forget_kept_calendars
from team.models import Calendar, CalendarDay
from tests.make import NOON, disposition, make_lead, make_person


def broken(at):
    return {name for name, ids in check_all(at=at).items() if ids}


def spoil(team, how):
    if how == "no hours":
        team.calendar.windows.all().delete()
    else:
        Calendar.objects.filter(pk=team.calendar_id).update(time_zone="Foo/Bar")
    Calendar.objects.filter(pk=team.calendar_id).update(version=2)
    forget_kept_calendars()


@pytest.mark.parametrize("how", ["no hours", "no zone"])
def test_everybody_wakes_on_her_day(alice, eve, how):
    leads = [make_lead(phase=Phase.NURTURE, bdr=rep) for rep in (eve, alice)]
    spoil(leads[0].team, how)

    sweep_leads(at=max(lead.wake_at for lead in leads))

    assert {Lead.objects.get(pk=lead.pk).closed_as for lead in leads} == {"woken"}
    assert broken(max(lead.wake_at for lead in leads)) == {"calendar_without_hours"}


@pytest.mark.parametrize("how", ["no hours", "no zone"])
def test_who_asks_is_a_lead_with_a_date_and_can_be_called(eve, how):
    south = eve.memberships.get().team
    person = make_person()
    spoil(south, how)
    lead = make_lead(phase=Phase.WORKING, bdr=eve, person=person)
    engage([NewEngagement(person.pk, "asked", NOON)], at=NOON)

    log_call(lead, disposition=disposition("no_answer"), by=eve, at=NOON)

    assert broken(NOON) == {"calendar_without_hours"}


def test_a_team_that_never_opens_again_keeps_no_other_asleep_and_is_counted(alice, eve):
    """Open on Mondays only, and closed on each of them for longer than anybody looks ahead."""
    leads = [make_lead(phase=Phase.NURTURE, bdr=rep) for rep in (eve, alice)]
    at = max(lead.wake_at for lead in leads)
    calendar = leads[0].team.calendar
    calendar.windows.exclude(weekday=0).delete()
    CalendarDay.objects.bulk_create(
        CalendarDay(calendar=calendar, day=NOON.date() + timedelta(weeks=week)) for week in range(42 * 53)
    )
    Calendar.objects.filter(pk=calendar.pk).update(version=2)

    assert [sweep_leads(at=at), sweep_leads(at=at)] == [2, 0]

    waiting, woken = (Lead.objects.get(pk=lead.pk) for lead in leads)
    assert (waiting.phase, waiting.sweep_at) == (Phase.NURTURE, at + timedelta(hours=1))
    assert woken.closed_as == "woken"
    assert broken(at) == {"sweep_is_missing"}
