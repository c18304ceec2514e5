"""The system's own due work. A tick finds due rows by the database's clock, works them as a set and moves their moment.

The lock of the transaction is the lease and its commit the fence: nothing here talks to the outside.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models import QuerySet

from agreement.models import Phase, SLAClause
from leads.actions.changing import alter, write
from leads.actions.claiming import release_lead
from leads.actions.noticing import managers_of, settle_second_looks
from leads.actions.recycling import wake_leads
from leads.bands import band_of, sweep_of_queued
from leads.models import Clock, HandOff, Lead, Notice, SecondLook, Step
from team.calendars import Calendars
from team.clock import database_now
from team.models import Role, Tick, User

BATCH = 500
TRY_AGAIN = timedelta(hours=1)
# SQLite's word for it (SQLITE_BUSY).
LOCKED = "database is locked"

logger = structlog.get_logger(__name__)


def ring(kind: str, work: Callable[[datetime], int], *, budget: float = math.inf) -> int:
    """One tick of this kind: work until nothing is due, or for so many seconds and the batch that is begun by then.
    Two at once do no harm.

    It says after each batch that it lives: a worker that has much to do is not taken for a deaf one. Where somebody
    else writes for so long that SQLite waits no more, as while the demo is made, the rest is left to the next ring.
    """
    ends, total = time.monotonic() + budget, 0
    while True:
        try:
            done = work(database_now())
            total += done
            Tick.objects.update_or_create(kind=kind, defaults={"last_at": database_now(), "worked": total})
        except OperationalError as error:
            if str(error) != LOCKED:
                raise
            logger.warning("tick_left_to_the_next", kind=kind)
            return total
        if done < BATCH or time.monotonic() >= ends:
            return total


def sweep_leads(*, at: datetime) -> int:
    """Up to 500 leads the system must look at: wake, end reservations, move what was missed.

    One team's trouble is no other team's: what cannot be worked is looked at again in an hour, and counted until then.
    """
    with transaction.atomic():
        due = list(_locked(Lead.objects.to_sweep(at)[:BATCH]))
        teams: dict[int, list[Lead]] = defaultdict(list)
        for lead in due:
            teams[lead.team_id].append(lead)
        calendars = Calendars(at=at)
        for leads in teams.values():
            if _swept(leads, calendars=calendars, at=at):
                continue
            for lead in leads:
                lead.refresh_from_db()
                if not _swept([lead], calendars=calendars, at=at):
                    Lead.objects.filter(pk=lead.pk).update(sweep_at=at + TRY_AGAIN)
        return len(due)


def _swept(leads: list[Lead], *, calendars: Calendars, at: datetime) -> bool:
    """False where something that is no trouble of the database stood in the way: nothing is written then."""
    try:
        with transaction.atomic():
            _sweep(leads, calendars=calendars, at=at)
    except (DatabaseError, SoftTimeLimitExceeded):
        raise
    except Exception:
        logger.exception("sweep_failed", team=leads[0].team_id, leads=len(leads))
        return False
    return True


def _sweep(due: list[Lead], *, calendars: Calendars, at: datetime) -> None:
    wake_leads([lead.pk for lead in due if lead.phase == Phase.NURTURE], by=None, at=at)
    queued = [lead for lead in due if lead.phase == Phase.QUEUED]
    steps = _next_steps(queued)
    for lead in queued:
        _sweep_queued(lead, steps.get(lead.pk), calendars=calendars, at=at)
    for lead in due:
        if lead.phase == Phase.WORKING:
            _sweep_working(lead, at=at)
    stale = [lead.pk for lead in due if lead.phase not in (Phase.NURTURE, Phase.QUEUED, Phase.WORKING)]
    Lead.objects.filter(pk__in=stale).update(sweep_at=None)


def notice_clocks(*, at: datetime) -> int:
    """Up to 500 clocks: notice before the end, a recorded miss at the end, an unanswered hand-off to the backup."""
    with transaction.atomic():
        due = Clock.objects.to_notice(at)
        wanted = sorted(set(due.values_list("lead_id", flat=True)[:BATCH]))
        # Leads before clocks, as every action locks them; another worker's leads are left to it.
        leads = {lead.pk: lead for lead in _locked(Lead.objects.filter(pk__in=wanted).order_by("pk"))}
        clocks = list(due.filter(lead__in=leads))
        managers = Managers()
        for clock in clocks:
            lead = leads[clock.lead_id]
            if at < clock.due_at:
                _notice(clock, lead, Notice.Kind.SOON, _who_answers(clock, lead), at=at)
                clock.next_notice_at = clock.due_at
                clock.save(update_fields=["next_notice_at"])
            else:
                _miss(clock, lead, managers, at=at)
        return len(clocks)


def expire_second_looks(*, at: datetime) -> int:
    """Nobody looked in five working days: it stays closed, and asks nobody any more."""
    late = SecondLook.objects.filter(state=SecondLook.State.OPEN, due_at__lte=at).order_by("due_at", "id")
    rows = list(late.values_list("pk", "lead")[:BATCH])
    ids = [pk for pk, _lead in rows]
    settle_second_looks([lead_id for _pk, lead_id in rows], at=at)
    return SecondLook.objects.filter(pk__in=ids, state=SecondLook.State.OPEN).update(
        state=SecondLook.State.EXPIRED, decided_at=at
    )


def _sweep_queued(lead: Lead, step: Step | None, *, calendars: Calendars, at: datetime) -> None:
    """A reservation that ran out is free for all; a band that has changed is written down."""
    worktime = calendars.of_team(lead.team_id)
    if lead.reserved_until and lead.reserved_until <= at:
        event = alter(lead, "expire", by=None, at=at, bdr=None, reserved_until=None, data={"bdr": lead.bdr_id})
        Step.objects.open().filter(lead=lead).update(assignee=None, lent_from=None)
        band, changes_at = band_of(lead, at=at, worktime=worktime, step=step)
        write(lead, event, band=band, sweep_at=sweep_of_queued(lead, changes_at))
        return
    band, changes_at = band_of(lead, at=at, worktime=worktime, step=step)
    Lead.objects.filter(pk=lead.pk).update(band=band, sweep_at=sweep_of_queued(lead, changes_at))


def _sweep_working(lead: Lead, *, at: datetime) -> None:
    """An untouched claim goes back when its first touch was missed; a touched one never does."""
    Lead.objects.filter(pk=lead.pk).update(sweep_at=None)
    if lead.first_touched_at is not None:
        return
    bdr = lead.bdr
    release_lead(lead, by=None, at=at, because="missed")
    if bdr is not None:
        Notice.objects.create(user=bdr, lead=lead, kind=Notice.Kind.RELEASED, at=at)


class Managers:
    """Who manages each team, asked for once a batch."""

    def __init__(self) -> None:
        self._of: dict[int, list[int]] = {}

    def of(self, team_id: int) -> list[int]:
        if team_id not in self._of:
            self._of[team_id] = [manager.pk for manager in managers_of(team_id)]
        return self._of[team_id]


def _miss(clock: Clock, lead: Lead, managers: Managers, *, at: datetime) -> None:
    """A promise was not kept: recorded once, with its moment, told to who answers for it and to the manager."""
    clock.state, clock.missed_at = Clock.State.MISSED, clock.due_at
    clock.ended_at, clock.next_notice_at = at, None
    clock.save(update_fields=["state", "missed_at", "ended_at", "next_notice_at"])
    data = {"clause": clock.clause_id, "kind": clock.kind, "clock": clock.pk}
    write(lead, alter(lead, "miss", by=None, at=at, data=data))
    _notice(clock, lead, Notice.Kind.MISSED, [*_who_answers(clock, lead), *managers.of(lead.team_id)], at=at)
    if clock.kind == SLAClause.Kind.RESPONSE and lead.phase == Phase.HANDED_OFF:
        _escalate(clock, lead, managers, at=at)


def _escalate(clock: Clock, lead: Lead, managers: Managers, *, at: datetime) -> None:
    """The hand-off goes to the AE's backup while the meeting stands; the manager hears of it."""
    hand_off = HandOff.objects.unanswered().filter(lead=lead).select_related("ae__backup").first()
    if hand_off is None:
        return
    backup: User | None = hand_off.ae.backup
    if backup is not None and not (backup.is_active and backup.has_role(Role.AE)):
        backup = None
    hand_off.escalated_to = backup
    hand_off.save(update_fields=["escalated_to"])
    data = {"hand_off": hand_off.pk, "to": backup.pk if backup else None}
    write(lead, alter(lead, "escalate", by=None, at=at, data=data))
    _notice(clock, lead, Notice.Kind.ESCALATED, [backup.pk if backup else None, *managers.of(lead.team_id)], at=at)


def _who_answers(clock: Clock, lead: Lead) -> list[int | None]:
    """Who keeps this promise: the responsible, and to whom her answer is lent while she is away."""
    if clock.kind != SLAClause.Kind.RESPONSE:
        return [lead.responsible_id]
    covers = HandOff.objects.unanswered().filter(lead=lead, lent_to__isnull=False).values_list("lent_to", flat=True)
    return [lead.responsible_id, *covers]


def _notice(clock: Clock, lead: Lead, kind: str, users: list[int | None], *, at: datetime) -> None:
    """Once per clock, kind and user, whoever else is looking."""
    Notice.objects.bulk_create(
        [Notice(user_id=pk, lead=lead, clock=clock, kind=kind, at=at) for pk in dict.fromkeys(users) if pk],
        ignore_conflicts=True,
    )


def _next_steps(leads: list[Lead]) -> dict[int, Step]:
    """The earliest open step of each of these leads."""
    found: dict[int, Step] = {}
    for step in Step.objects.open().filter(lead__in=leads).order_by("due_at", "id"):
        found.setdefault(step.lead_id, step)
    return found


def _locked(rows: QuerySet) -> QuerySet:
    """Locked against other workers; on PostgreSQL what another one holds is left to it."""
    skip = connection.features.has_select_for_update_skip_locked
    return rows.select_for_update(skip_locked=skip, of=("self",)) if skip else rows
