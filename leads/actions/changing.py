"""How every action changes a lead: look it up under a lock, ask the table of moves, write the row and one event.

A lock is taken in id order and the row is read after it, so that a check and its write see the same lead on
PostgreSQL; on SQLite the transaction is IMMEDIATE and nobody else writes meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from agreement.models import Phase
from leads.actions.acts import belongs
from leads.models import Lead, LeadEvent
from leads.transitions import ACTOR, BEGIN, is_allowed, who_may
from team.bulk import insert_objects, update_row, update_rows
from team.models import Role
from team.prepared import in_one_trip
from team.prepared_objects import PreparedObjects

if TYPE_CHECKING:
    from team.models import User


class LeadConflict(Exception):
    """The lead is no longer in the state this action needs. Safe to show to a rep."""


class MoveRefused(Exception):
    """What was asked for is not possible or not complete. Safe to show; `field` names the place of the mistake."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


RESPONSIBLE = ("bdr", "ae", "team")
# What a form that counts or decides something must have been shown with; words, answers and steps make none stale.
VERSIONED = ("phase", *RESPONSIBLE, "attempts")
COLUMNS = {field.name: field.attname for field in Lead._meta.concrete_fields if field.name in Lead.FOLDED}
PHASE_MOMENTS = {
    Phase.QUEUED: "first_queued_at",
    Phase.WORKING: "first_working_at",
    Phase.HANDED_OFF: "first_handed_off_at",
    Phase.ACCEPTED: "first_accepted_at",
    Phase.QUALIFIED: "first_qualified_at",
    Phase.NURTURE: "first_nurture_at",
}


def lock_leads(ids: Sequence[int]) -> list[Lead]:
    """The leads with these ids, locked in id order so that two batches cannot wait for each other."""
    return list(Lead.objects.select_for_update().filter(pk__in=ids).order_by("pk"))


def lock_lead(lead: Lead, *, expect: int | None = None) -> Lead:
    """The lead as it is now, locked. LeadConflict when its version is no longer the one the form was shown with."""
    # A merge that gave it to another person while we waited has taken it out of the join: it is there when asked again.
    found: list[Lead] = _LOCKED.objects(lead=lead.pk) or _LOCKED.objects(lead=lead.pk)
    if not found:
        raise Lead.DoesNotExist
    locked = found[0]
    if expect is not None and locked.version != expect:
        raise LeadConflict(_("This lead has changed since you opened this page."))
    return locked


_LOCKED = PreparedObjects(
    lambda lead: Lead.objects.select_for_update(of=("self",)).select_related("person").filter(pk=lead)
)


def settle(lead: Lead, held: Lead) -> None:
    """What the locked row has become, in the object the caller holds: as if it were read again, without reading."""
    for field in Lead._meta.concrete_fields:
        setattr(lead, field.attname, getattr(held, field.attname))


def alter(
    lead: Lead,
    verb: str,
    *,
    by: User | None,
    at: datetime,
    to: str | None = None,
    asked: str | None = None,
    data: dict[str, Any] | None = None,
    corrects: int | None = None,
    as_system: bool = False,
    **new: Any,
) -> LeadEvent:
    """Change the lead in memory along one arrow and return its event, not yet written.

    LeadConflict when the table of moves or the lead's agreement knows no such arrow. `as_system`: it follows from what
    was hers to do already, and the event only says in whose name. `asked`: where she would have brought it; that is
    what must be allowed, and `to` is what the system makes of it.
    """
    begin = lead.phase
    to = to or lead.phase
    must_allow(lead, verb, asked or to, by=None if as_system else by)

    if verb != "correct":
        new = _with_consequences(lead, to, at, new)
    changes: dict[str, list[Any]] = {}
    for field, value in new.items():
        column = COLUMNS[field]
        old, value = getattr(lead, column), getattr(value, "pk", value)
        if old != value:
            changes[field] = [as_code(old), as_code(value)]
            setattr(lead, column, value)
    if any(field in changes for field in VERSIONED):
        lead.version += 1
    if to == Phase.QUEUED != begin:
        # The pool gives it another; undo puts this one back.
        data = (data or {}) | {"band": lead.band}
    return LeadEvent(
        lead=lead,
        verb=verb,
        at=at,
        by=by,
        from_phase=begin,
        to_phase=to,
        changes=changes,
        data=data or {},
        corrects=corrects,
    )


def must_allow(lead: Lead, verb: str, to: str, *, by: User | None) -> None:
    """LeadConflict unless this arrow exists, MoveRefused unless it is hers to go. Asked before an action writes what
    only makes sense along it."""
    allowed = partial(is_allowed, lead.phase, verb, to, version_id=lead.agreement_id)
    if not allowed(by_system=by is None) and not (allowed(by_system=True) and "system" in parts_of(by, lead)):
        raise LeadConflict(_("This lead is %(phase)s now.") % {"phase": _phase_label(lead.phase)})
    must_be_of(who_may(lead.phase, verb, to), lead, by=by)


def must_be_of(who: Collection[str], lead: Lead, *, by: User | None) -> None:
    """MoveRefused unless she is one of these to the lead, in the words of the table of moves."""
    if who != ACTOR and not parts_of(by, lead) & set(who):
        raise MoveRefused(_("That is not yours to do: it takes another role in the team of this lead."))


def parts_of(user: User | None, lead: Lead) -> set[str]:
    """What somebody is to this lead, in the words of the table of moves: by what she holds in its team, or because it
    is hers. Nobody is the system, and so is an admin, whose settings move leads.

    Which lead is whose to open is another question, and `visible_to` and `workable_by` answer it.
    """
    if user is None:
        return {"system"}
    is_bdr = lead.team_id in user.teams_read(Role.BDR)
    found = {
        "bdr": is_bdr or lead.bdr_id == user.pk,
        "pool": is_bdr,
        "ae": user.has_role(Role.AE) or lead.ae_id == user.pk,
        "manager": lead.team_id in user.teams_read(Role.MANAGER),
        "system": user.has_role(Role.ADMIN) or user.is_superuser,
    }
    return {part for part, holds in found.items() if holds}


def begin(
    lead: Lead,
    verb: str,
    *,
    by: User | None,
    at: datetime,
    data: dict[str, Any] | None = None,
    as_system: bool = False,
) -> LeadEvent:
    """The first event of a lead that is about to be written: everything it starts with.

    LeadConflict unless a lead may begin like this, MoveRefused unless it is hers to begin. `as_system`: it follows from
    what was hers to do already, and the event only says in whose name.
    """
    if not is_allowed(BEGIN, verb, lead.phase, version_id=lead.agreement_id):
        raise LeadConflict(_("A lead cannot begin like this."))
    must_be_of(who_may(BEGIN, verb, lead.phase), lead, by=None if as_system else by)
    moment = PHASE_MOMENTS.get(Phase(lead.phase))
    if moment and getattr(lead, moment) is None:
        setattr(lead, moment, at)
    blank = Lead(person_id=lead.person_id)
    changes = {
        field: [None, as_code(getattr(lead, column))]
        for field, column in COLUMNS.items()
        if getattr(lead, column) != getattr(blank, column)
    }
    return LeadEvent(lead=lead, verb=verb, at=at, by=by, to_phase=lead.phase, changes=changes, data=data or {})


def write(lead: Lead, event: LeadEvent, **more: Any) -> LeadEvent:
    """Write one altered lead and its event. `more` are columns outside history: band, sweep_at."""
    for field, value in more.items():
        setattr(lead, field, value)
    columns = {COLUMNS[field] for field in event.changes} | set(more)
    if any(field in event.changes for field in VERSIONED):
        columns.add("version")
    belongs(event)
    with in_one_trip():
        if columns:
            update_row(Lead, lead.pk, {column: getattr(lead, column) for column in sorted(columns)})
        insert_objects([event])
    return event


def write_each(altered: Sequence[tuple[Lead, LeadEvent]]) -> None:
    """Write many altered leads, each with values of its own, and their events in this order: a lead may have several.

    `band` and `sweep_at` are written as they stand in memory, too.
    """
    columns: dict[int, set[str]] = {}
    leads: dict[int, Lead] = {}
    for lead, event in altered:
        leads[lead.pk] = lead
        changed = columns.setdefault(lead.pk, {"band", "sweep_at"})
        changed |= {COLUMNS[field] for field in event.changes}
        if any(field in event.changes for field in VERSIONED):
            changed.add("version")
        belongs(event)
    alike: dict[tuple[str, ...], list[Lead]] = defaultdict(list)
    for pk, lead in leads.items():
        alike[tuple(sorted(columns[pk]))].append(lead)
    for names, rows in alike.items():
        update_rows(Lead, ("id", *names), [tuple(getattr(lead, name) for name in ("id", *names)) for lead in rows])
    insert_objects([event for _lead, event in altered])


def write_all(altered: Sequence[tuple[Lead, LeadEvent]]) -> None:
    """Write many altered leads and their events: one UPDATE for every group of equal new values."""
    groups: dict[tuple[tuple[str, Any], ...], list[int]] = defaultdict(list)
    for lead, event in altered:
        columns = {COLUMNS[field] for field in event.changes} | {"band", "sweep_at", "version"}
        groups[tuple((column, getattr(lead, column)) for column in sorted(columns))].append(lead.pk)
    for values, ids in groups.items():
        Lead.objects.filter(pk__in=ids).update(**dict(values))
    LeadEvent.objects.bulk_create([event for _lead, event in altered], batch_size=500)


def as_code(value: Any) -> Any:
    """A value as history keeps it: ids, codes and moments in ISO 8601."""
    return value.isoformat() if isinstance(value, datetime) else value


def _with_consequences(lead: Lead, to: str, at: datetime, new: dict[str, Any]) -> dict[str, Any]:
    """What always goes with a change of phase, so that no action can forget it."""
    if to == lead.phase:
        return new
    full: dict[str, Any] = {"phase": to, "wake_at": None, "reserved_until": None, "reason": None}
    if to == Phase.CLOSED:
        full |= {"due_at": None, "stage": None, "closed_at": at}
    moment = PHASE_MOMENTS.get(Phase(to))
    if moment and getattr(lead, moment) is None:
        full[moment] = at
    return full | new


def _phase_label(phase: str) -> str:
    return str(Phase(phase).label).lower() if phase else _("not there yet")


def leads_of(altered: Iterable[tuple[Lead, LeadEvent]]) -> list[Lead]:
    return [lead for lead, _event in altered]
