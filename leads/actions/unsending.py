"""A letter that was logged as an attempt and never left: nobody was touched by it, and whoever wrote it is told."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils.dateparse import parse_datetime

from agreement.models import Phase
from leads.actions.last_act import IN_PART, History, act_among
from leads.actions.putting_back import effects_of, reverse_activities, steps_of
from leads.actions.receiving import wait_for_return
from leads.actions.undoing import Undoing, look_again
from leads.cadence import reach_of
from leads.clocks import ended
from leads.models import Activity, Clock, Lead, LeadEvent, Notice, Step

if TYPE_CHECKING:
    from team.models import User

UNSENT = "unsent"
ENDS = ["state", "ended_at", "missed_at", "next_notice_at"]


def count_no_attempt(held: Lead, event_id: int, *, at: datetime) -> None:
    """The attempt that this event logged did not happen. In the transaction that has locked the lead.

    Where nobody has acted since, as *Undo* asks it, everything is as before it: the step stands again, behind the
    answer to what she wrote meanwhile and until she is back, and the first touch is still promised. Else what was done
    since stays, and only the attempt is not counted; the first touch is whichever came after it.
    """
    event = LeadEvent.objects.filter(pk=event_id, lead=held).first()
    if event is None or LeadEvent.objects.filter(lead=held, corrects=event_id).exists():
        return
    if held.phase == Phase.CLOSED:
        # Its history has ended, but what our days are made of is counted on.
        reverse_activities(effects_of(event).get("activities", []), by=None, at=at)
        return
    since = [one for one in held.events.filter(pk__gte=event_id).order_by("-id") if not _came_in(one, after=event)]
    history = act_among(held, since, event_id)
    if [one.pk for one in history.act] != [event_id]:
        event = _of_the_attempt_alone(held, event)
        history = History(held, [event], [event])
    undoing = Undoing([held], history.since, by=None, at=at, because=UNSENT)
    undoing.take_back_whole(history)
    undoing.write()
    look_again([history], at=at)
    away_until = reach_of(held).away_until
    if away_until is not None and away_until > at:
        # She told of it meanwhile.
        wait_for_return(held.person_id, until=away_until, at=at)


def tell_of_unsent(user: User, lead: Lead, *, letter: UUID, words: str, at: datetime) -> None:
    """Why her letter did not leave, and which it was."""
    Notice.objects.create(user=user, lead=lead, kind=Notice.Kind.UNSENT, letter=letter, words=words[:200], at=at)


def _came_in(event: LeadEvent, *, after: LeadEvent) -> bool:
    """Nobody of us has done it, and it stays: she asked for no mail, or wrote and is to be answered before the attempt.
    What it shuts is asked of the attempt that stands again. Her reply ends a play, which asks for its step no more; and
    who wrote again waits for one answer, not for two."""
    if event.by_id is not None:
        return False
    if event.verb == "receive":
        return not event.changes
    is_reply = event.verb == "engage" and event.changes.keys() <= {"due_at"}
    return is_reply and "attempts" in after.changes and not _did_a_play(after)


def _did_a_play(event: LeadEvent) -> bool:
    return Step.objects.filter(pk__in=steps_of(event), made_by=Step.MadeBy.FLOW).exists()


def _of_the_attempt_alone(held: Lead, event: LeadEvent) -> LeadEvent:
    """What is taken back of it where somebody has acted since: the pairs and effects of its touch."""
    codes = effects_of(event)
    effects: dict[str, Any] = {name: codes[name] for name in ("activities", "notes") if name in codes}
    changes: dict[str, list[Any]] = {}
    if "attempts" in event.changes:
        # The answer to a reply was none.
        changes["attempts"] = [max(held.attempts - 1, 0), held.attempts]
    others = _touches(held).exclude(pk__in=codes.get("activities", []))
    if _was_set_by(event, "last_touched_at", held.last_touched_at):
        last = others.order_by("-at").values_list("at", flat=True).first()
        changes["last_touched_at"] = [last and last.isoformat(), None]
    # Where it is no rep's to try any more, the promise of a first touch has ended with that.
    if held.phase == Phase.WORKING and _was_set_by(event, "first_touched_at", held.first_touched_at):
        first = others.order_by("at").values_list("at", flat=True).first()
        changes["first_touched_at"] = [first and first.isoformat(), None]
        stopped = codes.get("clocks_ended", [])
        if first is None:
            effects["clocks_ended"] = stopped
        else:
            for clock in Clock.objects.filter(pk__in=[pk for pk, _notice in stopped]):
                ended(clock, at=first).save(update_fields=ENDS)
    return LeadEvent(
        pk=event.pk, lead=held, verb=event.verb, at=event.at, by=event.by, from_phase=event.from_phase,
        to_phase=event.to_phase, changes=changes, data={"effects": effects, IN_PART: True},
    )  # fmt: skip


def _touches(held: Lead) -> Any:
    taken_back = Activity.objects.filter(lead=held, reverses=OuterRef("pk"))
    return Activity.objects.filter(~Exists(taken_back), lead=held, kind__in=Activity.TOUCHES, reverses=None)


def _was_set_by(event: LeadEvent, name: str, now: datetime | None) -> bool:
    _old, new = event.changes.get(name, (None, None))
    return new is not None and parse_datetime(new) == now
