"""When a sleeping lead comes back. Pure: computed from the facts of its category, in the calendar's days."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agreement.models import ReasonRule
from leads.models import Recycling

# Asked again when nobody knows when a contract ends.
UNKNOWN_END_DAYS = 90
WAKE_HOUR = 8
# Nobody plans further ahead, and no contract that matters ends later.
WAKE_YEARS = 5
CONTRACT_YEARS = 10


@dataclass(frozen=True)
class Facts:
    """What somebody said about when to come back."""

    wake_on: date | None = None
    contract_ends: date | None = None
    precision: str = ""
    notice_days: int | None = None
    lead_days: int | None = None


def wake_day(rule: ReasonRule, facts: Facts, *, today: date) -> date:
    """The day on which a lead recycled under `rule` comes back; always later than today.

    A day that was given wins. Mid-contract: end of contract - notice - lead time, in days; an end known to the month or
    the quarter counts from that period's last day; unknown asks again in 90 days. Else the rule's days from today.
    """
    if facts.wake_on:
        day = facts.wake_on
    elif rule.category == ReasonRule.Category.MID_CONTRACT:
        day = _before_the_end(rule, facts, today=today)
    else:
        day = today + timedelta(days=rule.wake_days or UNKNOWN_END_DAYS)
    return min(max(day, today + timedelta(days=1)), years_on(today, CONTRACT_YEARS))


def years_on(day: date, years: int) -> date:
    """The same day so many years on; the end of February stays in it."""
    last = calendar.monthrange(day.year + years, day.month)[1]
    return day.replace(year=day.year + years, day=min(day.day, last))


def wake_moment(day: date, *, zone: str) -> datetime:
    """The morning of that day where the team works."""
    return datetime.combine(day, time(WAKE_HOUR), tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))


def end_of_period(day: date, precision: str) -> date:
    """The last day of what was said: the day, its month or its quarter."""
    if precision == Recycling.Precision.MONTH:
        return day.replace(day=calendar.monthrange(day.year, day.month)[1])
    if precision == Recycling.Precision.QUARTER:
        month = (day.month - 1) // 3 * 3 + 3
        return date(day.year, month, calendar.monthrange(day.year, month)[1])
    return day


def last_day(ends: date, precision: str, notice: int) -> date:
    """The last day on which coming back still makes sense of a contract: notice can be given on it."""
    return end_of_period(ends, precision) - timedelta(days=notice)


def sentence(rule: ReasonRule, facts: Facts, *, today: date) -> str:
    """Why `wake_day` is that day, for the form before it is sent."""
    if facts.wake_on:
        return _("the day that was given")
    if rule.category == ReasonRule.Category.MID_CONTRACT and _is_known(facts):
        words = {"notice": _days(_notice(rule, facts)), "lead": _days(_lead_time(rule, facts))}
        said = _("the end of the contract less %(notice)s of notice and %(lead)s to talk") % words
        if _before_the_end(rule, facts, today=today) <= today:
            said += "; " + _("that day is past, so it is tomorrow")
        return said
    if rule.category == ReasonRule.Category.MID_CONTRACT:
        return _("asked again, since nobody knows the end of the contract")
    return _("%(days)s, as the agreement says") % {"days": _days(rule.wake_days or 0)}


def _days(count: int) -> str:
    return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}


def _before_the_end(rule: ReasonRule, facts: Facts, *, today: date) -> date:
    if not _is_known(facts) or facts.contract_ends is None:
        return today + timedelta(days=rule.wake_days or UNKNOWN_END_DAYS)
    said = min(max(facts.contract_ends, years_on(today, -1)), years_on(today, CONTRACT_YEARS))
    end = end_of_period(said, facts.precision)
    return end - timedelta(days=_notice(rule, facts) + _lead_time(rule, facts))


def _is_known(facts: Facts) -> bool:
    return facts.contract_ends is not None and facts.precision != Recycling.Precision.UNKNOWN


def _notice(rule: ReasonRule, facts: Facts) -> int:
    return facts.notice_days if facts.notice_days is not None else rule.notice_days or 0


def _lead_time(rule: ReasonRule, facts: Facts) -> int:
    return facts.lead_days if facts.lead_days is not None else rule.lead_days or 0
