"""What a file brought becomes leads day by day: until her release is due, a person is an inquiry without a clock."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, Max, Q, Sum
from django.db.models.functions import Coalesce

from accounts.actions.people import is_out_of_reach, suppressed_channels
from accounts.models import ContactPoint, Person
from agreement.models import AgreementVersion, CadenceStep, Phase
from leads.actions.entering import NewLead, last_pursuits, open_leads
from leads.models import Engagement, Import, Lead, Release, Verdict
from team.bulk import rows_that_fit, update_rows
from team.calendars import worktime_of
from team.models import Role, Team, Tick, User
from team.worktime import WorkCalendar, add_working_days, next_opening

BATCH = 500
# On SQLite one writes at a time: as many as fit in this, then as long for everybody else.
SQLITE_SECONDS = 0.04
SQLITE_FIRST, SQLITE_LEAST, SQLITE_MOST = 60, 60, 250
BUDGET_SECONDS = 20.0
TRY_AGAIN = timedelta(hours=1)
# What a file brings becomes leads within this, or the file is not begun.
PLAN_MAX = timedelta(days=2 * 365)
# Beyond so many working days a plan is only estimated.
PLANNED_DAYS = 800

logger = structlog.get_logger(__name__)


class ReleaseDays:
    """On which day the n-th lead of a file is released: now, or so many every working day of the default team."""

    def __init__(self, run: Import, *, start: datetime | None = None) -> None:
        self.run = run
        self.start = start or run.started_at or run.created_at
        self._days: dict[int, datetime] = {}

    @property
    def is_paced(self) -> bool:
        return self.run.pace in (Import.Pace.PER_DAY, Import.Pace.CAPACITY) and bool(self.run.per_day)

    def due_at(self, position: int) -> datetime:
        """The moment of the release at this place, counted from 0."""
        if not self.is_paced:
            return self.start
        day = position // (self.run.per_day or 1)
        if day not in self._days:
            self._days[day] = self._opening(day)
        return self._days[day]

    def last_at(self, leads: int) -> datetime:
        """When the last of so many is released; an estimate where that is years away."""
        if not leads or not self.is_paced:
            return self.start
        day = (leads - 1) // (self.run.per_day or 1)
        if day <= PLANNED_DAYS:
            return self._opening(day)
        first = self._opening(0)
        return first + (self._opening(PLANNED_DAYS) - first) * (min(day, 1_000_000) / PLANNED_DAYS)

    def least_a_day(self, leads: int) -> int:
        """The slowest pace at which so many are released in time."""
        first = self._opening(0)
        days = PLANNED_DAYS * ((PLAN_MAX - (first - self.start)) / (self._opening(PLANNED_DAYS) - first))
        return math.ceil(leads / max(int(days), 1))

    def by_rank(self) -> Iterator[tuple[datetime, list[int]]]:
        """The releases of this file by interest, strongest first, a day at a time; none where all ranks are equal.

        It counts those already released too, so that doing it again gives the same dates.
        """
        if not self.is_paced:
            return
        releases = Release.objects.filter(import_run=self.run)
        ranks = releases.order_by().values_list("rank", flat=True).distinct()[:2]
        if len(ranks) < 2:
            return
        ids = list(releases.order_by("-rank", "id").values_list("pk", flat=True))
        per_day = self.run.per_day or 1
        for first in range(0, len(ids), per_day):
            yield self.due_at(first), ids[first : first + per_day]

    def set_date(self, ids: Sequence[int], due_at: datetime) -> None:
        for first in range(0, len(ids), BATCH):
            part = ids[first : first + BATCH]
            Release.objects.filter(pk__in=part, state=Release.State.WAITING).update(due_at=due_at)

    def _opening(self, day: int) -> datetime:
        worktime = self._worktime
        if worktime is None:
            return self.start + timedelta(days=day)
        first = next_opening(worktime, self.start)
        return add_working_days(worktime, first, day, at_minute=0) if day else first

    @cached_property
    def _worktime(self) -> WorkCalendar | None:
        team = Team.objects.filter(is_default=True).select_related("calendar").first()
        return worktime_of(team.calendar, at=self.start) if team else None


def release_due(*, at: datetime, budget: float = BUDGET_SECONDS) -> int:
    """Turn releases that are due into queued leads, for at most so many seconds; returns how many were visited.

    Run twice, late or beside itself: a release is locked while it is worked, and a person has one open lead.
    """
    is_sqlite = connection.vendor == "sqlite"
    size = SQLITE_FIRST if is_sqlite else BATCH
    ends, visited = time.monotonic() + budget, 0
    while time.monotonic() < ends:
        began = time.monotonic()
        count = _release_batch(at=at, size=size)
        visited += count
        if count < size:
            break
        if is_sqlite:
            held_for = time.monotonic() - began
            size = rows_that_fit(size, count, held_for, seconds=SQLITE_SECONDS, least=SQLITE_LEAST, most=SQLITE_MOST)
            time.sleep(min(held_for, SQLITE_SECONDS))
    Tick.objects.update_or_create(kind="release_due", defaults={"last_at": at, "worked": visited})
    return visited


@transaction.atomic
def _release_batch(*, at: datetime, size: int) -> int:
    due = Release.objects.filter(state=Release.State.WAITING, due_at__lte=at).select_related("import_run")
    due = due.order_by("due_at", "-rank", "id")
    # People before their releases, as a merge and an erasure lock them; who is being changed now is left to the next.
    whom = list(due.values_list("person_id", flat=True)[:size])
    people = Person.objects.select_for_update(skip_locked=True, no_key=True).filter(pk__in=whom).order_by("pk")
    locked = set(people.values_list("pk", flat=True))
    rows = list(due.filter(person__in=locked).select_for_update(skip_locked=True, of=("self",))[:size])
    if not rows:
        return 0
    now, later = _within_capacity(rows)
    _put_off(later, at=at)
    skipped = _why_not(now)
    wanted = [row for row in now if row.pk not in skipped]
    leads = _opened(wanted, at=at)
    if leads is None:
        # One of them stands in the way: the others are not kept waiting, and it is tried again in an hour.
        leads, failed = {}, set()
        for row in wanted:
            one = _opened([row], at=at)
            leads |= one or {}
            failed |= {row.pk} if one is None else set()
        Release.objects.filter(pk__in=failed).update(due_at=at + TRY_AGAIN)
        now = [row for row in now if row.pk not in failed]
    done = []
    for row in now:
        row.done_at = at
        lead = leads.get(row.person_id)
        because = skipped.get(row.pk) or ("" if isinstance(lead, Lead) else lead or "no_lead")
        if because:
            row.state, row.skipped_for = Release.State.SKIPPED, because[:20]
        else:
            row.state, row.lead = Release.State.RELEASED, lead if isinstance(lead, Lead) else None
        done.append(row)
    update_rows(
        Release,
        ("id", "state", "done_at", "lead_id", "skipped_for"),
        [(row.pk, str(row.state), row.done_at, row.lead_id, row.skipped_for) for row in done],
    )
    _record_verdicts(done, at=at)
    return len(rows)


def _opened(rows: Sequence[Release], *, at: datetime) -> dict[int, Lead | str] | None:
    """As `_open`; None where something that is no trouble of the database stood in the way."""
    try:
        with transaction.atomic():
            return _open(rows, at=at)
    except (DatabaseError, SoftTimeLimitExceeded):
        raise
    except Exception:
        logger.exception("release_failed", releases=len(rows))
        return None


def _open(rows: Sequence[Release], *, at: datetime) -> dict[int, Lead | str]:
    """A queued lead for each, or why routing let none through."""
    ids = [row.person_id for row in rows]
    previous = last_pursuits(ids)
    what = _evidence(rows)
    by_owner: dict[int, list[Release]] = {}
    for row in rows:
        by_owner.setdefault(row.import_run.by_id, []).append(row)
    found: dict[int, Lead | str] = {}
    for owner_id, own in by_owner.items():
        entered = open_leads(
            [
                NewLead(
                    person_id=row.person_id,
                    lane=row.import_run.lane,
                    origin=Lead.Origin.IMPORT,
                    source=row.import_run.source,
                    evidence=what.get(row.person_id, []),
                    previous_id=previous[row.person_id].pk if row.person_id in previous else None,
                    data={"import": row.import_run_id},
                )
                for row in own
            ],
            by=User.objects.get(pk=owner_id),
            at=at,
            as_system=True,
        )
        found |= {lead.person_id: lead for lead in entered.leads}
        found |= entered.refused
    return found


def _why_not(rows: Sequence[Release]) -> dict[int, str]:
    """Releases whose person may not be reached any more: by every way we know she asked to be left alone."""
    ids = [row.person_id for row in rows]
    silent = suppressed_channels(ids)
    if not silent:
        return {}
    kinds: dict[int, set[str]] = {}
    for person_id, kind in ContactPoint.objects.filter(person__in=silent).values_list("person_id", "kind"):
        kinds.setdefault(person_id, set()).add(kind)
    return {
        row.pk: "suppressed"
        for row in rows
        if row.person_id in silent and is_out_of_reach(silent[row.person_id], kinds.get(row.person_id, ()))
    }


def _evidence(rows: Sequence[Release]) -> dict[int, list[list[object]]]:
    """By value: what the file says each of these people did."""
    files = {row.import_run_id for row in rows}
    told = Engagement.objects.filter(person__in=[row.person_id for row in rows], import_id__in=files)
    found: dict[int, list[list[object]]] = {}
    for person_id, kind, when in told.order_by("-at", "-id").values_list("person_id", "kind", "at"):
        if len(found.setdefault(person_id, [])) < 3:
            found[person_id].append([kind, None, None, when.isoformat()])
    return found


def _record_verdicts(rows: Sequence[Release], *, at: datetime) -> None:
    """The definition's answer to the engagement behind each release, once."""
    answers = {row.person_id: _verdict_of(row) for row in rows}
    files = {row.import_run_id for row in rows}
    told = Engagement.objects.filter(person__in=answers, import_id__in=files).values_list("person_id", "pk")
    version = AgreementVersion.objects.in_force()
    Verdict.objects.bulk_create(
        [
            Verdict(person_id=person_id, engagement_id=pk, version=version, answer=answers[person_id], at=at)
            for person_id, pk in told
        ],
        ignore_conflicts=True,
        batch_size=BATCH,
    )


def _verdict_of(row: Release) -> str:
    if row.state == Release.State.RELEASED:
        return Verdict.Answer.LEAD
    if row.skipped_for == "suppressed":
        return Verdict.Answer.SUPPRESSED
    return Verdict.Answer.OLD if row.skipped_for in ("open_lead", "no_team", "no_lead") else Verdict.Answer.STANDING


def _within_capacity(rows: Sequence[Release]) -> tuple[list[Release], list[Release]]:
    """Of files released at capacity only as many as reps have room for; the rest waits for the next working day."""
    if not any(row.import_run.pace == Import.Pace.CAPACITY for row in rows):
        return list(rows), []
    room = room_of_default_team()
    now, later = [], []
    for row in rows:
        if row.import_run.pace != Import.Pace.CAPACITY:
            now.append(row)
        elif room > 0:
            room -= 1
            now.append(row)
        else:
            later.append(row)
    return now, later


def _put_off(rows: Sequence[Release], *, at: datetime) -> None:
    if not rows:
        return
    team = Team.objects.filter(is_default=True).select_related("calendar").first()
    due_at = at + timedelta(days=1)
    if team is not None:
        worktime = worktime_of(team.calendar, at=at)
        due_at = add_working_days(worktime, at, 1, at_minute=0)
    Release.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=due_at)


def capacity_a_day(lane: str) -> int:
    """How many leads of this lane the default team's BDRs take up in a working day; 0 where nobody takes any.

    What they may hold open, over the working days that the attempts of the lane last: at a faster pace they would
    fill up. Whether there is room on the day is asked on the day.
    """
    team = Team.objects.filter(is_default=True).first()
    if team is None:
        return 0
    held = User.objects.active().with_role(Role.BDR, team).aggregate(most=Sum("open_limit"))["most"] or 0
    attempts = CadenceStep.objects.filter(cadence__lane=lane, cadence__is_current=True)
    days = attempts.aggregate(last=Max("day_offset"))["last"] or 1
    return max(held // days, 1) if held else 0


def room_of_default_team() -> int:
    """How many more leads the default team's BDRs may hold open, less what waits in its pool."""
    team = Team.objects.filter(is_default=True).first()
    if team is None:
        return 0
    held = Count("leads_as_bdr", filter=Q(leads_as_bdr__phase__in=[Phase.QUEUED, Phase.WORKING]))
    reps = User.objects.active().with_role(Role.BDR, team).annotate(held=Coalesce(held, 0))
    room = sum(max(rep.open_limit - rep.held, 0) for rep in reps)
    pool = Lead.objects.filter(team=team, phase=Phase.QUEUED, bdr=None).count()
    return max(room - pool, 0)
