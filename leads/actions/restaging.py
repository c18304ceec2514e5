"""The admin's stages change; no lead is left standing in one that is gone."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from agreement.models import Stage
from leads.actions.changing import LeadConflict, MoveRefused, alter, lock_lead, lock_leads, write, write_all
from leads.models import Lead, LeadEvent

if TYPE_CHECKING:
    from team.models import User


LATECOMERS = 200
# What may enter at a stage.
ENTRIES = ("is_entry", "is_connected", "is_without_meeting")


@transaction.atomic
def retire_stage(stage: Stage, *, successor: Stage, by: User | None, at: datetime) -> int:
    """End a stage: its leads go on in the successor, which stands in the same phase, and what entered at the one
    enters at the other. Returns how many moved.

    MoveRefused when the successor is another phase's, or retired itself.
    """
    rows = _all_held(stage.phase)
    stage, successor_held = rows[stage.pk], rows.get(successor.pk)
    successor_held = must_succeed(stage, successor_held)
    # It keeps what it had, to have it again when it is taken up.
    stage.retired_at, stage.successor = at, successor_held
    stage.save(update_fields=["retired_at", "successor"])
    for part in ENTRIES:
        setattr(successor_held, part, getattr(successor_held, part) or getattr(stage, part))
    successor_held.save(update_fields=ENTRIES)
    leads = lock_leads(list(Lead.objects.open().filter(stage=stage).values_list("pk", flat=True)))
    retired = {"retired": stage.pk}
    write_all([(lead, alter(lead, "restage", by=by, at=at, stage=successor_held, data=retired)) for lead in leads])
    return len(leads)


def must_succeed(stage: Stage, successor: Stage | None) -> Stage:
    """The stage that may go on for this one; MoveRefused where it may not, LeadConflict where this one has ended."""
    if stage.retired_at:
        raise LeadConflict(_("This stage was retired already."))
    if successor is None or successor.pk == stage.pk or successor.phase != stage.phase or successor.retired_at:
        raise MoveRefused(_("Choose another stage of the same phase."), field="successor")
    return successor


def must_come_back(stage: Stage) -> None:
    """MoveRefused where its successor ended as well and has what it had, LeadConflict where this one did not end."""
    if stage.retired_at is None:
        raise LeadConflict(_("This stage is in use."))
    if stage.successor and stage.successor.retired_at:
        raise MoveRefused(_("“%(stage)s” was retired since: revert that first.") % {"stage": stage.successor})


@transaction.atomic
def take_up_stage(stage: Stage, *, by: User | None, at: datetime) -> int:
    """A retired stage is in use again, at its old place, and the leads that its end has moved stand in it again, less
    those that somebody or something has moved since. What entered here does again, unless the successor has given it
    away. Returns how many. MoveRefused where the successor ended since."""
    rows = _all_held(stage.phase)
    stage = rows[stage.pk]
    must_come_back(stage)
    leads = lock_leads(list(moved_by_retiring(stage).values_list("pk", flat=True)))
    successor = rows[stage.successor_id or 0]
    for part in ENTRIES:
        comes_back = getattr(stage, part) and getattr(successor, part)
        setattr(stage, part, comes_back)
        setattr(successor, part, getattr(successor, part) and not comes_back)
    successor.save(update_fields=ENTRIES)
    stage.retired_at = stage.successor = None
    stage.save(update_fields=[*ENTRIES, "retired_at", "successor"])
    again = {"taken_up": stage.pk}
    write_all([(lead, alter(lead, "restage", by=by, at=at, stage=stage, data=again)) for lead in leads])
    return len(leads)


@transaction.atomic
def move_latecomers(*, at: datetime) -> int:
    """Leads that entered a stage while it was being retired go on in its successor. Returns how many."""
    late = Lead.objects.open().filter(stage__retired_at__isnull=False).order_by("pk")
    ids = list(late.values_list("pk", flat=True)[:LATECOMERS])
    if not ids:
        return 0
    stages = {stage.pk: stage for stage in Stage.objects.all()}
    moved = []
    for lead in lock_leads(ids):
        was = stages.get(lead.stage_id or 0)
        now = was
        while now is not None and now.retired_at is not None:
            now = stages.get(now.successor_id or 0)
        if was is not None and now is not None and now.pk != was.pk and lead.phase == was.phase:
            moved.append((lead, alter(lead, "restage", by=None, at=at, stage=now, data={"retired": was.pk})))
    write_all(moved)
    return len(moved)


def moved_by_retiring(stage: Stage) -> QuerySet[Lead]:
    """Whom the end of this stage has moved to its successor, and nothing has moved or taken further since: there and
    back with the successor, which ended and was taken up again, is nothing."""
    of_lead = LeadEvent.objects.filter(lead=OuterRef("pk"))
    moved = of_lead.filter(verb="restage", data__retired=stage.pk).order_by("-id")
    since = of_lead.filter(changes__has_key="stage", id__gt=OuterRef("moved_by"))
    since = since.exclude(data__has_any_keys=["retired", "taken_up"])
    stand = Lead.objects.open().filter(stage=stage.successor_id)
    return stand.annotate(moved_by=Subquery(moved.values("id")[:1])).filter(~Exists(since), moved_by__isnull=False)


@transaction.atomic
def let_enter(stage: Stage, part: str) -> None:
    """From now on what `part` names enters here, and no more where it did. MoveRefused when the stage is retired."""
    rows = _all_held(stage.phase)
    held = rows.get(stage.pk)
    if held is None or held.retired_at:
        raise MoveRefused(_("“%(stage)s” is retired: nothing enters there.") % {"stage": stage})
    others = [row.pk for row in rows.values() if row.pk != held.pk and row.retired_at is None]
    Stage.objects.filter(pk__in=others).update(**{part: False})
    Stage.objects.filter(pk=held.pk).update(**{part: True})


def _all_held(phase: str) -> dict[int, Stage]:
    """The stages of this phase, all of them, always in the same order. A lead that enters a stage holds its key alone:
    who holds leads and who holds the stage never wait for each other."""
    return {row.pk: row for row in Stage.objects.select_for_update(no_key=True).filter(phase=phase).order_by("pk")}


@transaction.atomic
def restage_lead(lead: Lead, *, stage: Stage, by: User, at: datetime) -> LeadEvent:
    """Another stage of the phase the lead is in."""
    held = lock_lead(lead)
    if stage.phase != held.phase or stage.retired_at:
        raise MoveRefused(_("That stage is not in this lead's phase."), field="stage")
    return write(held, alter(held, "restage", by=by, at=at, stage=stage))
