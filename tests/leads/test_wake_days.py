"""When a sleeping lead comes back: 200 cases, reckoned by SQLite's calendar and GNU date, and each exact.

They are ends of months and of years, leap years, notice and lead time, months and quarters, ends that nobody knows or
that are past, given days, and zones where it is another day or the clocks change.
"""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from agreement.installation import REASONS
from agreement.models import ReasonRule
from leads.actions.recycling import today_of
from leads.waking import Facts, wake_day, wake_moment, years_on

RULES = {key: rule for key, _label, kind, rule in REASONS if kind == "recycle"}
CASES = [line.split() for line in Path(__file__).with_name("wake_days.txt").read_text().splitlines()[1:]]


def back(at, zone, category, ends, precision, notice, lead, given):
    asked = {name: RULES[category].get(name) for name in ("category", "wake_days", "notice_days", "lead_days")}
    facts = Facts(
        wake_on=None if given == "-" else date.fromisoformat(given),
        contract_ends=None if ends == "-" else date.fromisoformat(ends),
        precision="" if precision == "-" else precision,
        notice_days=None if notice == "-" else int(notice),
        lead_days=None if lead == "-" else int(lead),
    )
    today = today_of(datetime.fromisoformat(at), zone)
    return wake_moment(wake_day(ReasonRule(**asked), facts, today=today), zone=zone)


def test_every_day_is_exact():
    wrong = [case for case in CASES if back(*case[:-1]) != datetime.fromisoformat(case[-1])]

    assert len(CASES) >= 200
    assert wrong == []


@pytest.mark.parametrize(
    ("day", "years", "same"),
    [("2027-03-31", 5, "2032-03-31"), ("2028-02-29", 1, "2029-02-28"), ("2028-02-29", 4, "2032-02-29"),
     ("2027-12-31", -1, "2026-12-31")],
)  # fmt: skip
def test_the_same_day_in_another_year(day, years, same):
    assert years_on(date.fromisoformat(day), years) == date.fromisoformat(same)


def test_mornings_are_the_teams_own():
    assert wake_moment(date(2027, 3, 14), zone="America/New_York") == datetime(2027, 3, 14, 12, tzinfo=UTC)
