"""A manager puts many leads to sleep with one reason; what cannot sleep says why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from agreement.models import AgreementVersion, Reason, ReasonRule, StepKind
from leads.actions.acts import one_act
from leads.actions.changing import lock_leads
from leads.actions.moving import MANY_MAX, Moved
from leads.actions.recycling import recycle_together, why_no_sleep
from leads.actions.sharing import share_act
from leads.models import Lead, SharedAct, Step

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from team.models import User

# What may be left open: the day follows from the reason.
OPTIONAL = {"wake_on"}


def reasons_for_many() -> QuerySet[Reason]:
    """Those that claim nothing which only somebody who spoke to the person knows."""
    rules = ReasonRule.objects.filter(
        version=AgreementVersion.objects.in_force(),
        reason__kind=Reason.Kind.RECYCLE,
        category=ReasonRule.Category.UNRESPONSIVE,
    )
    ids = [reason_id for reason_id, facts in rules.values_list("reason", "facts") if set(facts) <= OPTIONAL]
    return Reason.objects.in_use().filter(pk__in=ids)


def sort_out_sleepers(leads: Sequence[Lead]) -> Moved:
    """Which of these would sleep, and why the others would not."""
    found = Moved()
    steps = Step.objects.open().filter(Q(promised=True) | Q(kind=StepKind.REPLY), lead__in=[lead.pk for lead in leads])
    waited_for = set(steps.values_list("lead", flat=True))
    for lead in leads:
        why = why_no_sleep(lead, is_waited_for=lead.pk in waited_for)
        if why:
            found.skipped.append((lead, why))
        else:
            found.leads.append(lead)
    return found


def recycle_leads(ids: Sequence[int], *, reason: Reason, by: User, at: datetime) -> Moved:
    """Put to sleep what can be, as one act with one event a lead. Looked at again under lock."""
    with transaction.atomic(), one_act() as act:
        found = sort_out_sleepers(lock_leads(ids[:MANY_MAX]))
        refused = recycle_together(found.leads, reason=reason, by=by, at=at)
        found.skipped += [(lead, refused[lead.pk]) for lead in found.leads if lead.pk in refused]
        found.leads = [lead for lead in found.leads if lead.pk not in refused]
        found.act = share_act(act, verb=SharedAct.Verb.RECYCLE, by=by, at=at)
        return found
