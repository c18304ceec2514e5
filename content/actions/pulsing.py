"""Asking reps a few questions every few weeks, and what is done about what they say: each giver hears once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from content.models import Asset, Feedback, Pulse, PulseAsked, PulseRound
from content.models.pulse import ASKED
from team.bulk import insert_unless_there
from team.models import Installation, User

if TYPE_CHECKING:
    from uuid import UUID


class FeedbackRefused(Exception):
    """What was asked of this is not possible. Safe to show."""


@dataclass(frozen=True)
class Questions:
    first: str
    second: str
    third: str
    every_weeks: int
    next_on: date
    is_anonymous: bool


def set_pulse(asked: Questions, *, by: User, at: datetime) -> Pulse:
    """The questions from the next round on; one that is open keeps its own. FeedbackRefused where the next would open
    on a day that is past, or on which one has opened already."""
    fields, today = dict(vars(asked)), timezone.localdate(at)
    with transaction.atomic():
        held = Pulse.objects.select_for_update().filter(retired_at=None)
        pulse = held.first()
        is_moved = pulse is None or pulse.next_on != asked.next_on
        if is_moved and asked.next_on < today:
            raise FeedbackRefused(_("Choose today or a later day."))
        if pulse and pulse.rounds.filter(opens_on__gte=asked.next_on).exists():
            raise FeedbackRefused(_("They were asked today already: choose a later day."))
        if pulse is None:
            # Whoever sets the first ones beside has set them.
            made = fields | {"made_by_id": by.pk, "made_at": at}
            insert_unless_there(Pulse, tuple(made), tuple(made.values()))
            pulse = held.get()
        for name, value in fields.items():
            setattr(pulse, name, value)
        pulse.save(update_fields=list(fields))
    return pulse


def stop_pulse(*, at: datetime) -> bool:
    """Nobody is asked any more, and what waits for an answer waits no longer."""
    with transaction.atomic():
        stopped = Pulse.objects.filter(retired_at=None).update(retired_at=at)
        PulseAsked.objects.filter(answered_on=None).delete()
    return bool(stopped)


def open_rounds(*, on: date) -> int:
    """Open the round that is due, once whoever runs this beside: the UPDATE names the day it expects. A round that was
    due long ago opens today, and only once."""
    opened = 0
    # One that should open on the day of another waits for the next day.
    for pulse in Pulse.objects.due(on=on).exclude(rounds__opens_on__gte=on):
        following = on + timedelta(weeks=pulse.every_weeks)
        with transaction.atomic():
            if not Pulse.objects.filter(pk=pulse.pk, retired_at=None, next_on=pulse.next_on).update(next_on=following):
                continue
            # Who did not answer the last one is asked anew, not twice.
            PulseAsked.objects.filter(answered_on=None).delete()
            begun = PulseRound.objects.create(
                pulse=pulse,
                opens_on=on,
                closes_on=following,
                questions=pulse.questions,
                is_anonymous=pulse.is_anonymous,
            )
            reps = User.objects.filter(is_active=True, memberships__role__in=ASKED).distinct()
            rows = [PulseAsked(round=begun, user_id=pk) for pk in reps.order_by("pk").values_list("pk", flat=True)]
            PulseAsked.objects.bulk_create(rows)
        opened += 1
    return opened


def answer_round(asked: PulseAsked, texts: Sequence[str], *, by: User, on: date) -> int:
    """Each answer becomes a line of the list; none at all skips the round."""
    answered, due = asked.round, promised(on)
    with transaction.atomic():
        if not PulseAsked.objects.filter(pk=asked.pk, user=by, answered_on=None).update(answered_on=on):
            raise FeedbackRefused(_("You have answered these, or they are not asked any more."))
        said = [
            Feedback(
                round=answered,
                question=question,
                text=text,
                given_by=by,
                is_anonymous=answered.is_anonymous,
                given_on=on,
                answer_by=due,
            )
            for question, text in zip(answered.questions, texts, strict=True)
            if text
        ]
        Feedback.objects.bulk_create(said)
    return len(said)


def give_feedback(text: str, *, by: User, on: date, asset: Asset | None = None, lead: UUID | None = None) -> Feedback:
    """Unasked, with her name; about an asset or a lead, where she stood at one."""
    return Feedback.objects.create(
        text=text, given_by=by, is_anonymous=False, given_on=on, answer_by=promised(on), asset=asset, lead=lead
    )


def promised(on: date) -> date:
    """By when somebody says what became of what is said on this day."""
    return on + timedelta(days=Installation.objects.values_list("feedback_days", flat=True).get(pk=1))


def take_feedback_on(feedback: Feedback, *, by: User) -> None:
    """She answers for it."""
    rows = Feedback.objects.filter(pk=feedback.pk, state__in=Feedback.OPEN_STATES)
    if not rows.update(state=Feedback.State.IN_WORK, owner=by):
        raise FeedbackRefused(_("Somebody has said already what became of this."))


def close_feedback(feedback: Feedback, *, to: str, outcome: str, by: User, at: datetime) -> None:
    """What became of it, which its giver hears once: whoever is second is refused."""
    rows = Feedback.objects.filter(pk=feedback.pk, state__in=Feedback.OPEN_STATES)
    if not rows.update(state=to, outcome=outcome, closed_at=at, owner=feedback.owner or by):
        raise FeedbackRefused(_("Somebody has said already what became of this."))


def hear_feedback(ids: Sequence[UUID], *, by: User, at: datetime) -> int:
    """What she was shown is heard."""
    return Feedback.objects.unheard_by(by).filter(public_id__in=ids).update(heard_at=at)
