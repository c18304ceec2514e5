"""Until when somebody is away: what her mail program said, and what ends it before that day.

What a track or a cadence has planned meanwhile lies on the morning of her return, and goes back from there once she is
back sooner. Leads are locked before what is kept of her, and her rows before what her tracks have planned; and before
any of it is read, as two of her mails may be read at once.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.models import Person
from leads.actions.receiving import go_on_from_return, record_received, wait_for_return
from nurture.actions.enrolling import wait_ends
from nurture.actions.holding import hold_her
from nurture.actions.replanning import follow_return
from nurture.models import Away, Enrolment, MailRules, Message
from nurture.same import rows_of
from nurture.wishes import Wishes
from team.localtime import resolve

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

    from team.models import User

# How the history of her lead names it: she wrote herself, or one of us knew it.
BACK, HEARD = "back", "heard_back"


@transaction.atomic
def begin_absence(
    person_id: int, *, kind: str, words: str, back_on: date, zone: str, said_at: datetime, at: datetime
) -> bool:
    """She is away until the morning of that day, by the clock of `zone`. What a track or a cadence has planned for her
    before waits until then, and what waited for a later day that she gave before goes back to it; returns whether
    anything waits."""
    person_id = hold_her(person_id).pk
    former = Wishes([person_id]).away_until(person_id, at=at)
    morning = time(MailRules.objects.values_list("opens", flat=True).get(pk=1))
    until = resolve(datetime.combine(back_on, morning), zone)
    Away.objects.create(person_id=person_id, said_at=said_at, back_on=back_on, until=until)
    record_received(person_id, kind=kind, words=words, back_on=back_on, until=until, at=at)
    _note_away(person_id, until)
    moved = 0
    if former is not None and former > until:
        moved += _go_back(person_id, former, back_at=until, at=at)
        moved += go_on_from_return(person_id, until=former, back_at=until, at=at) is not None
    moved += _letters([person_id]).filter(due_at__lt=until).update(due_at=until)
    moved += _waiting([person_id]).filter(due_at__lt=until).update(due_at=until)
    return wait_for_return(person_id, until=until, at=at) is not None or moved > 0


@transaction.atomic
def end_absence(person_id: int, *, by: User | None = None, said_at: datetime | None = None, at: datetime) -> bool:
    """She is back before the day she gave: she wrote so herself at `said_at`, or `by` knows it.

    What waited for that day goes back to where it would be: a wait ends when it would have, a letter leaves in her
    hours, an attempt or a step of a track is due when it would have been, or now. False where she is not away, or said
    so only after she wrote.
    """
    person_id = hold_her(person_id).pk
    away = Wishes([person_id]).away(person_id, at=at)
    if away is None or (said_at is not None and said_at <= away.said_at):
        return False
    if not Away.objects.filter(pk=away.pk, ended_at=None).update(ended_at=at, back_said_at=said_at or at):
        return False
    _note_away(person_id, None)
    _go_back(person_id, away.until, back_at=at, at=at)
    record_received(person_id, kind=HEARD if by else BACK, heard_by=by, at=at)
    go_on_from_return(person_id, until=away.until, at=at)
    return True


def _go_back(person_id: int, until: datetime, *, back_at: datetime, at: datetime) -> int:
    """She is back at `back_at`, before `until`: a letter that waited for that leaves then, in her hours, a wait ends
    when it would have, no earlier. How many did."""
    people = list(rows_of([person_id]))
    moved = _letters(people).filter(due_at=until).update(due_at=back_at)
    moved += follow_return(people, at=at)
    waiting = _waiting(people).filter(due_at=until).select_related("node").order_by("pk")
    for one in waiting.select_for_update(of=("self",)):
        one.due_at = max(back_at, wait_ends(one) or back_at)
        one.save(update_fields=["due_at"])
        moved += 1
    return moved


def _note_away(person_id: int, until: datetime | None) -> None:
    """Where whoever plans an attempt reads it, with each row of hers. Behind her leads, as a merge locks them, and
    before her tracks, as an unsubscription does."""
    Person.objects.filter(pk__in=rows_of([person_id])).update(away_until=until)


def _letters(people: Collection[int]) -> QuerySet[Message]:
    return Message.objects.planned_by_tracks().filter(person__in=people)


def _waiting(people: Collection[int]) -> QuerySet[Enrolment]:
    """Who waits for one of us goes on when that is done."""
    return Enrolment.objects.filter(person__in=people, state=Enrolment.State.ACTIVE, is_held_out=False, step=None)
