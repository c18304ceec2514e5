"""Readiness: one answer to one criterion at a time, with its evidence in somebody's words."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from agreement.models import Criterion, Phase
from leads.actions.changing import LeadConflict, MoveRefused, alter, lock_lead, write
from leads.actions.effects import Effects
from leads.actions.signalling import tell_answered
from leads.models import Answer, Lead, LeadEvent

if TYPE_CHECKING:
    from team.models import User


@transaction.atomic
def answer_criteria(lead: Lead, *, answers: dict[Criterion, tuple[str, str]], by: User, at: datetime) -> LeadEvent:
    """What is known now: value and evidence for each of these criteria. Appended; the newest counts.

    MoveRefused when nothing was answered or a value is none of yes, no, unknown.
    """
    held = lock_lead(lead)
    if held.phase == Phase.CLOSED:
        raise LeadConflict(_("This lead is closed."))
    if not answers:
        raise MoveRefused(_("Answer at least one."), field="answers")
    effects = Effects(held, by=by, at=at)
    codes: list[list[Any]] = []
    for criterion, (value, evidence) in answers.items():
        if value not in Answer.Value.values:
            raise MoveRefused(_("Yes, no or unknown."), field=criterion.key)
        note = effects.note(evidence)
        answer = Answer.objects.create(
            lead=held, criterion=criterion, value=value, at=at, by=by, note_id=note.pk if note else None
        )
        codes.append([criterion.pk, value])
        effects.add("answers", answer.pk)
    tell_answered(held, dict(codes), at=at)
    event = alter(held, "answer", by=by, at=at, data=effects.data(answers=codes))
    return write(held, event)
