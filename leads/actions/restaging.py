"""The admin's stages change; no lead is left standing in one that is gone."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from agreement.models import Stage
from leads.actions.changing import LeadConflict, MoveRefused, alter, lock_lead, lock_leads, write, write_all
from leads.models import Lead, LeadEvent

if TYPE_CHECKING:
    from team.models import User


@transaction.atomic
def retire_stage(stage: Stage, *, successor: Stage, by: User | None, at: datetime) -> int:
    """End a stage: its leads go on in the successor, which stands in the same phase. Returns how many moved.

    MoveRefused when the successor is another phase's, or retired itself.
    """
    rows = {row.pk: row for row in Stage.objects.select_for_update().filter(pk__in=[stage.pk, successor.pk])}
    stage, successor = rows[stage.pk], rows[successor.pk]
    if stage.retired_at:
        raise LeadConflict(_("This stage was retired already."))
    if successor.pk == stage.pk or successor.phase != stage.phase or successor.retired_at:
        raise MoveRefused(_("Choose another stage of the same phase."), field="successor")
    was_entry, stage.is_entry = stage.is_entry, False
    stage.retired_at, stage.successor = at, successor
    stage.save(update_fields=["is_entry", "retired_at", "successor"])
    if was_entry:
        successor.is_entry = True
        successor.save(update_fields=["is_entry"])
    Stage.objects.filter(successor=stage).update(successor=successor)
    leads = lock_leads(list(Lead.objects.open().filter(stage=stage).values_list("pk", flat=True)))
    write_all([(lead, alter(lead, "restage", by=by, at=at, stage=successor)) for lead in leads])
    return len(leads)


@transaction.atomic
def restage_lead(lead: Lead, *, stage: Stage, by: User, at: datetime) -> LeadEvent:
    """Another stage of the phase the lead is in."""
    held = lock_lead(lead)
    if stage.phase != held.phase or stage.retired_at:
        raise MoveRefused(_("That stage is not in this lead's phase."), field="stage")
    return write(held, alter(held, "restage", by=by, at=at, stage=stage))
