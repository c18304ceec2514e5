"""One act on several leads: each has its own event, and all of them are taken back together."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from leads.actions.changing import LeadConflict, lock_leads
from leads.actions.undoing import undo_many
from leads.models import Lead, LeadEvent, SharedAct

if TYPE_CHECKING:
    from leads.actions.acts import Act
    from team.models import User


@dataclass
class TakenBack:
    """What is as before, and what is not and why."""

    leads: list[Lead] = field(default_factory=list)
    stayed: list[tuple[Lead, str]] = field(default_factory=list)


def share_act(act: Act, *, verb: str, by: User, at: datetime) -> SharedAct | None:
    """Keep what this act has written of her own, if it has; in its transaction."""
    last: dict[int, int] = {}
    for event in act.events:
        if event.by_id == by.pk:
            last[event.lead_id] = event.pk
    if not last:
        return None
    return SharedAct.objects.create(key=act.key, by=by, at=at, verb=verb, events=sorted(last.items()))


def shared_act_of(event: LeadEvent | None, *, verb: str) -> SharedAct | None:
    """The act on several leads that this event is a part of."""
    key = event.data.get("act") if event else None
    return SharedAct.objects.filter(key=key, verb=verb, undone_at=None).first() if key else None


@transaction.atomic
def undo_shared(act: SharedAct, *, by: User, at: datetime) -> TakenBack:
    """Take it back on every lead on which nobody has acted since; what cannot be taken back says why and stays.

    LeadConflict when it was taken back already, or is not hers.
    """
    held = SharedAct.objects.select_for_update().get(pk=act.pk)
    if held.undone_at is not None or held.by_id != by.pk:
        raise LeadConflict(_("This was taken back already."))
    done = TakenBack()
    events = dict(held.events)
    # Leads are locked in the order of their ids, as everybody locks many of them.
    leads = {lead.pk: lead for lead in lock_leads(list(events))}
    named = Lead.objects.filter(pk__in=leads).select_related("person").in_bulk()
    undone = undo_many(list(leads.values()), events, act=held.key, by=by, at=at)
    done.leads = [named[pk] for pk in undone.corrections]
    done.stayed = [(named[pk], str(refused)) for pk, refused in undone.refused.items()]
    if not done.leads:
        raise LeadConflict(done.stayed[0][1] if done.stayed else _("This was taken back already."))
    held.undone_at = at
    held.save(update_fields=["undone_at"])
    return done
