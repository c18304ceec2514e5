"""What a rep did: calls, e-mails sent elsewhere, social touches, notes.

A note is appended and never refused for a race. An attempt is counted once: with `expect` it is refused where another
one, or another hand, came between.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import ContactPoint
from agreement.models import Disposition, Phase, SLAClause, StepKind
from leads.actions.changing import LeadConflict, MoveRefused, alter, lock_lead, write
from leads.actions.claiming import claim_lead
from leads.actions.effects import Effects, says_something
from leads.actions.holding import settle_first_touch
from leads.actions.knowing import must_know
from leads.actions.planning import due_as_before
from leads.actions.silencing import refuse_shut, ways_of
from leads.actions.stages import connected_stage
from leads.actions.stepping import (
    CALLED,
    Moment,
    hers_of,
    next_moment,
    of_another_kind,
    planned,
    put_off,
    set_by_hand,
    settled,
    who_will,
    why_later,
)
from leads.cadence import CALL, EMAIL, Reach, first_step, goes_on, next_step, reach_of, soon
from leads.clocks import first_touch_of
from leads.models import Activity, Lead, LeadEvent, Step
from leads.models.work import next_of
from team.bulk import insert_objects
from team.calendars import KeptCalendars

if TYPE_CHECKING:
    from team.models import User

FORWARD = (Disposition.Follows.BOOK_MEETING, Disposition.Follows.RECYCLE, Disposition.Follows.DISQUALIFY)


@transaction.atomic
def log_call(
    lead: Lead,
    *,
    disposition: Disposition,
    by: User,
    at: datetime,
    note: str = "",
    call_back: tuple[datetime, str] | None = None,
    expect: int | None = None,
    is_about: bool = False,
) -> LeadEvent:
    """A call and what it came to: the attempt is done, the first touch is met, and what follows is planned.

    `call_back` is the moment she promised as wall time and zone. A disposition that needs a form of its own (meeting,
    not now, not interested) is logged with that form: see `log_and_go_on`. MoveRefused when a fact is missing.
    `is_about`: a colleague's number was called, and they were spoken of.
    """
    if disposition.follows in FORWARD:
        raise MoveRefused(_("Say what follows: %(label)s needs its own form.") % {"label": disposition.label})
    lead = _mine(lead, by=by, at=at, expect=expect)
    effects = Effects(lead, by=by, at=at)
    said: dict[str, Any] = {"disposition": disposition, "note": note, "call_back": call_back, "is_about": is_about}
    return _log_call(lead, effects, by=by, at=at, **said)


@transaction.atomic
def log_and_go_on(lead: Lead, *, disposition: Disposition, by: User, at: datetime, note: str = "") -> LeadEvent:
    """The call that ended in a meeting, a recycling or a refusal; the caller does that in the same transaction."""
    lead = _mine(lead, by=by, at=at)
    effects = Effects(lead, by=by, at=at)
    return _log_call(lead, effects, disposition=disposition, by=by, at=at, note=note)


@transaction.atomic
def log_touch(
    lead: Lead,
    *,
    kind: str,
    by: User,
    at: datetime,
    note: str = "",
    step_done: bool = True,
    is_letter: bool = False,
    expect: int | None = None,
) -> LeadEvent:
    """An e-mail sent elsewhere or a social touch: a human attempt, so that it meets the first touch.

    Where she has written and waits, an e-mail is the answer to that, and no attempt: it does that step, and what else
    is planned stays. A call that a play or track asks for stays, too. `is_letter`: it leaves from here, and the note is
    its subject.
    """
    lead = _mine(lead, by=by, at=at, expect=expect)
    effects = Effects(lead, by=by, at=at)
    reach = reach_of(lead)
    if kind == Activity.Kind.EMAIL:
        must_know(lead, (EMAIL,), reach)
    asked = [step for step in effects.open_steps if step.kind == StepKind.REPLY] if kind == Activity.Kind.EMAIL else []
    activity = _activity(lead, kind, by=by, at=at, is_attempt=not asked)
    effects.add("activities", activity.pk)
    effects.note(note, activity_id=activity.pk)
    if lead.phase == Phase.WORKING and step_done:
        _attempt_done(lead, effects, reach, kind, at=at, only=asked)
    elif step_done:
        stands = _left_by(effects, kind, at=at)
        if asked:
            stands = [step for step in effects.open_steps if step not in asked]
        _answer_who_waits(lead, effects, by=by, stands=stands)
    data = {"kind": kind, "activity": activity.pk} | ({"letter": True} if is_letter else {})
    return _touched(lead, effects, by=by, at=at, data=data, is_attempt=not asked)


@transaction.atomic
def add_note(lead: Lead, *, text: str, by: User, at: datetime) -> LeadEvent:
    """Words about a lead. A note is no touch and meets nothing."""
    if not says_something(text):
        raise MoveRefused(_("Write something first."), field="text")
    held = lock_lead(lead)
    effects = Effects(held, by=by, at=at)
    note = effects.note(text)
    if held.phase == Phase.CLOSED:
        # History of a closed lead takes words, but its state has ended.
        return LeadEvent(
            lead=held, verb="log", at=at, by=by, to_phase=held.phase, data={"note": note.pk if note else None}
        )
    event = alter(held, "log", by=by, at=at, data=effects.data(kind="note", note=note.pk if note else None))
    return write(held, event)


@transaction.atomic
def set_step(
    lead: Lead,
    *,
    kind: str,
    by: User,
    at: datetime,
    due: tuple[datetime, str] | datetime,
    title: str = "",
    promised: bool = False,
    seen: str = "",
) -> LeadEvent:
    """What is done next, and when, in place of the planned attempt; beyond the installation's limit is recycling.

    `seen`: the mark of the next step she was shown; LeadConflict when another one stands there by now. MoveRefused for
    a call or an e-mail to whom nobody knows how, or who asked for none.
    """
    lead = _mine(lead, by=by, at=at, seen=seen)
    reach = reach_of(lead)
    refuse_shut(lead, kind, reach.shut, field="kind")
    must_know(lead, ways_of(kind), reach, field="kind")
    moment = next_moment(due, at=at)
    effects = Effects(lead, by=by, at=at)
    data = set_by_hand(effects, kind, moment, by=by, at=at, title=title, promised=promised)
    return _planned(effects, by=by, at=at, data=data)


@transaction.atomic
def snooze_step(
    lead: Lead, *, by: User, at: datetime, until: tuple[datetime, str] | datetime, seen: str = ""
) -> LeadEvent:
    """The next step later. The clocks stand where they stood. A meeting is not snoozed: it is moved, for both sides.

    `seen` as for `set_step`: what was promised since is not put off by somebody who has not read of it.
    """
    lead = _mine(lead, by=by, at=at, seen=seen)
    due_at, _local, _zone = next_moment(until, at=at)
    effects = Effects(lead, by=by, at=at)
    return _planned(effects, by=by, at=at, data=put_off(effects, due_at, by=by, at=at))


@transaction.atomic
def finish_step(lead: Lead, *, step: Step, by: User, at: datetime, is_skipped: bool = False) -> LeadEvent:
    """A step that was no call is done, or left out; if nothing is left, the cadence goes on.

    A search that found nothing is not asked for again: the next attempt is the one that a known channel is left for.
    """
    lead = _mine(lead, by=by, at=at)
    effects = Effects(lead, by=by, at=at)
    done = [one for one in effects.open_steps if one.pk == step.pk]
    if not done:
        raise LeadConflict(_("This step is done already."))
    if done[0] not in hers_of(effects, by):
        raise LeadConflict(_("This step is not yours to finish."))
    effects.close_steps(done, state=Step.State.SKIPPED if is_skipped else Step.State.DONE)
    if lead.phase == Phase.WORKING and not effects.open_steps:
        # Who could not be reached at all and was decided to go on with has a day to be found.
        is_decided = done[0].kind == StepKind.DECIDE
        left_out = done[0] if is_skipped else None
        after = max(lead.attempts, done[0].attempt or 0)
        _plan_next(lead, effects, after=after, at=at, is_decided=is_decided, left_out=left_out)
    word = "skipped" if is_skipped else "done"
    return _planned(effects, by=by, at=at, data={word: step.pk, "kind": step.kind})


def plan_after_contact(lead: Lead, *, by: User, at: datetime) -> LeadEvent | None:
    """A phone or an e-mail was found: looking for one is done and the attempt that waited for it is planned; nobody has
    to decide about her for want of it."""
    held = lock_lead(lead)
    effects = Effects(held, by=by, at=at)
    looking = [step for step in effects.open_steps if step.kind == StepKind.FIND_CONTACT]
    looking = looking or [step for step in effects.open_steps if step.kind == StepKind.DECIDE and goes_on(held)]
    if held.phase != Phase.WORKING or not looking:
        return None
    effects.close_steps(looking, state=Step.State.DONE)
    if not effects.open_steps:
        _plan_next(held, effects, after=held.attempts, at=at)
    return _planned(effects, by=by, at=at, data={"done": looking[0].pk, "kind": looking[0].kind})


def mark_of_next(steps: Sequence[Step], *, at: datetime) -> str:
    """What stands next, for a form to be shown with."""
    step = next_of(steps, at=at)
    return step.mark if step else "none"


def promised_ahead(steps: Sequence[Step], *, at: datetime) -> list[Step]:
    """Calls at a moment that she was told and that has not come: only a conversation keeps them sooner."""
    return [step for step in steps if step.kind == StepKind.CALL_BACK and step.promised and step.due_at > soon(at)]


def _mine(lead: Lead, *, by: User, at: datetime, expect: int | None = None, seen: str = "") -> Lead:
    """The lead locked, open, and with the next step she was shown. One that waits in the pool, or reserved for her, is
    taken then: taking it plans its first attempt."""
    held = lock_lead(lead, expect=expect)
    if held.phase == Phase.CLOSED:
        raise LeadConflict(_("This lead is closed."))
    if seen and seen != mark_of_next(Effects(held, by=by, at=at).open_steps, at=at):
        raise LeadConflict(_("The next step has changed since you opened this page."))
    if held.phase == Phase.QUEUED:
        claim_lead(held, by=by, at=at)
        held = lock_lead(held)
    return held


def _log_call(
    lead: Lead,
    effects: Effects,
    *,
    disposition: Disposition,
    by: User,
    at: datetime,
    note: str,
    call_back: tuple[datetime, str] | None = None,
    is_about: bool = False,
) -> LeadEvent:
    follows = disposition.follows
    promised = None
    if follows == Disposition.Follows.CALL_BACK and call_back is None:
        raise MoveRefused(_("When did you promise to call back?"), field="call_back")
    reach = reach_of(lead)
    if call_back and follows == Disposition.Follows.CALL_BACK:
        refuse_shut(lead, StepKind.CALL_BACK, reach.shut, field="call_back")
        promised = next_moment(call_back, at=at)
    if not is_about:
        must_know(lead, (CALL, EMAIL) if disposition.with_email else (CALL,), reach)

    activity = _activity(lead, Activity.Kind.CALL, by=by, at=at, disposition=disposition)
    effects.add("activities", activity.pk)
    ways = {CALL}
    if disposition.with_email and EMAIL in reach.known:
        ways.add(EMAIL)
        effects.add("activities", _activity(lead, Activity.Kind.EMAIL, by=by, at=at).pk)
    effects.note(note, activity_id=activity.pk)

    # Who was not reached before the moment she was told still waits for it; another moment replaces it.
    stands = [] if disposition.is_conversation or promised else promised_ahead(effects.open_steps, at=at)
    # In whose place nothing is planned.
    other = of_another_kind(effects.open_steps, ways)
    if lead.phase == Phase.WORKING:
        done = [step for step in effects.open_steps if step.kind in CALLED and step not in [*stands, *other]]
        effects.close_steps(done, state=Step.State.DONE)
        if promised:
            effects.make_step(_promise(lead, promised, by=by, at=at))
        elif follows == Disposition.Follows.FIND_CONTACT:
            _number_is_wrong(lead, effects)
            if not other:
                _go_on(lead, effects, reach_of(lead), at=at)
        elif not effects.open_steps or (follows == Disposition.Follows.NEXT_ATTEMPT and not stands and not other):
            _go_on(lead, effects, reach.having_done(done), at=at)
    else:
        _answer_who_waits(lead, effects, by=by, stands=[*stands, *other])
        if promised:
            effects.make_step(_promise(lead, promised, by=by, at=at))
    return _touched(
        lead, effects, by=by, at=at, data={"kind": "call", "disposition": disposition.pk, "activity": activity.pk},
        is_conversation=disposition.is_conversation,
    )  # fmt: skip


def _touched(
    lead: Lead,
    effects: Effects,
    *,
    by: User,
    at: datetime,
    data: dict[str, Any],
    is_conversation: bool = False,
    is_attempt: bool = True,
) -> LeadEvent:
    """One more human touch: the first one meets its clock, a conversation moves the stage."""
    new: dict[str, Any] = {"last_touched_at": at}
    if is_attempt:
        new["attempts"] = lead.attempts + 1
    more: dict[str, Any] = {}
    if lead.first_touched_at is None:
        new["first_touched_at"] = at
        effects.end_clocks(SLAClause.Kind.FIRST_TOUCH)
        if lead.phase == Phase.WORKING:
            more["sweep_at"] = None
    if lead.phase == Phase.WORKING:
        new["due_at"] = effects.next_due
        if is_conversation:
            new["stage"] = connected_stage()
    elif lead.phase in (Phase.ACCEPTED, Phase.QUALIFIED) and effects.open_steps:
        new["due_at"] = effects.next_due
    elif lead.phase == Phase.NURTURE:
        new["due_at"] = effects.due_at
    event = alter(lead, "log", by=by, at=at, data=effects.data(**data, because=why_later(effects)), **new)
    return write(lead, event, **more)


def _planned(effects: Effects, *, by: User | None, at: datetime, data: dict[str, Any]) -> LeadEvent:
    """The lead's due moment after its steps changed."""
    more = settled(effects, at=at)
    return write(effects.lead, planned(effects, by=by, at=at, data=data), **more)


def _promise(lead: Lead, moment: Moment, *, by: User, at: datetime) -> Step:
    """The call back she was promised."""
    due_at, local, zone = moment
    return Step(
        lead=lead,
        kind=StepKind.CALL_BACK,
        due_at=due_at,
        local_due=local,
        zone=zone,
        assignee_id=who_will(lead, by),
        promised=True,
        made_by=Step.MadeBy.PERSON,
        created_at=at,
    )


def _answer_who_waits(lead: Lead, effects: Effects, *, by: User, stands: Sequence[Step]) -> None:
    """After the hand-off, or asleep: who replied has been answered, and who was promised a call by this one; what else
    stands, stays."""
    hers = hers_of(effects, by)
    # What a track has planned for somebody who sleeps is done by trying her.
    of_track = lead.phase == Phase.NURTURE
    waiting = [
        step
        for step in effects.open_steps
        if step not in stands
        and (
            step.kind == StepKind.REPLY
            or (step.kind == StepKind.CALL_BACK and step in hers)
            or (of_track and step.made_by == Step.MadeBy.FLOW and step.kind in CALLED)
        )
    ]
    if lead.phase in (Phase.HANDED_OFF, Phase.NURTURE) or len(waiting) < len(effects.open_steps):
        effects.close_steps(waiting, state=Step.State.DONE)


def _attempt_done(lead: Lead, effects: Effects, reach: Reach, kind: str, *, at: datetime, only: Sequence[Step]) -> None:
    """The next step was this touch, or `only` these were; the cadence goes on."""
    stands = _left_by(effects, kind, at=at)
    done = list(only) or [step for step in effects.open_steps if step.kind in CALLED and step not in stands][:1]
    effects.close_steps(done, state=Step.State.DONE)
    if not effects.open_steps:
        _go_on(lead, effects, reach.having_done(done), at=at, is_attempt=not only)


def _left_by(effects: Effects, kind: str, *, at: datetime) -> list[Step]:
    """What a touch of this kind that is no call leaves: a call that was promised, which a call keeps, and what a play
    or track asks for otherwise."""
    return [*promised_ahead(effects.open_steps, at=at), *of_another_kind(effects.open_steps, {kind})]


def _go_on(lead: Lead, effects: Effects, reach: Reach, *, at: datetime, is_attempt: bool = True) -> None:
    """What follows the attempt that this act is, or the answer: who asked to be called has been reached by it."""
    touched = copy(lead)
    touched.first_touched_at = lead.first_touched_at or at
    _plan_next(touched, effects, after=lead.attempts + is_attempt, at=at, reach=reach)


def _plan_next(
    lead: Lead,
    effects: Effects,
    *,
    after: int,
    at: datetime,
    is_decided: bool = False,
    reach: Reach | None = None,
    left_out: Step | None = None,
) -> None:
    """The attempt after so many. Before the first it is the first touch, due as that was promised, or now; *Decide*
    that was answered comes back tomorrow, and what a step stood in place of that is left out, when it was due."""
    if any(step.made_by == Step.MadeBy.CADENCE for step in effects.open_steps):
        return
    worktime = KeptCalendars(at=at).of_user(lead.bdr_id or 0)
    if lead.first_touched_at is not None or after or is_decided:
        reach = reach or reach_of(lead)
        step = next_step(lead, after=after, assignee_id=lead.bdr_id, at=at, worktime=worktime, reach=reach)
        if left_out is not None:
            due_as_before(step, left_out=left_out, away_until=reach.away_until)
    else:
        settle_first_touch(effects, at=at)
        clock = first_touch_of(effects.running_clocks)
        due_at = max(clock.due_at, soon(at)) if clock else None
        step = first_step(lead, assignee_id=lead.bdr_id, at=at, worktime=worktime, due_at=due_at)
    effects.make_step(step)


def _number_is_wrong(lead: Lead, effects: Effects) -> None:
    """The number that was tried belongs to somebody else; another one of hers stands up."""
    phones = ContactPoint.objects.filter(
        person=lead.person_id, kind__in=ContactPoint.PHONES, state__in=ContactPoint.USABLE
    ).order_by("-is_primary", "pk")
    tried = phones.first()
    if tried:
        effects.add("contact_points", [tried.pk, tried.state, tried.is_primary])
        tried.state, tried.is_primary = ContactPoint.State.WRONG, False
        tried.save(update_fields=["state", "is_primary"])


def _activity(
    lead: Lead,
    kind: str,
    *,
    by: User,
    at: datetime,
    disposition: Disposition | None = None,
    is_attempt: bool = True,
) -> Activity:
    activity = Activity(
        lead=lead,
        person_id=lead.person_id,
        account_id=lead.account_id,
        kind=kind,
        at=at,
        by=by,
        disposition=disposition,
        is_conversation=bool(disposition and disposition.is_conversation),
        attempt=lead.attempts + 1 if is_attempt else None,
    )
    insert_objects([activity])
    return activity
