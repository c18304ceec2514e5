"""Taking back one's own last act: the pairs of its event swapped, its effects put back, by an event of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import F, Min, Q
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.actions.people import PARTED
from accounts.models import Person, Suppression
from agreement.models import Phase, Stage
from leads.actions.changing import (
    LeadConflict,
    MoveRefused,
    alter,
    lock_lead,
    lock_leads,
    must_be_of,
    parts_of,
    write,
    write_each,
)
from leads.actions.holding import GONE, HELD, hold_attempts_at
from leads.actions.last_act import (
    ASIDE,
    IN_PART,
    History,
    act_among,
    can_undo,
    is_aside,
    is_move,
    is_of_absence,
    newest_of,
)
from leads.actions.noticing import forget_notices
from leads.actions.putting_back import (
    Standing,
    effects_of,
    is_put_back_at_once,
    put_back_at_once,
    standings_of,
    steps_of,
    write_standings,
)
from leads.actions.recounting import hours_changed_since, recount_leads
from leads.actions.silencing import pass_over_bounced, pass_over_shut
from leads.actions.stages import entry_stage
from leads.bands import band_of, sweep_of_queued, sweep_of_untouched
from leads.clocks import first_touch_of
from leads.models import Clock, HandOff, Lead, LeadEvent, Recycling, SecondLook, Step
from leads.models.lead import REP_PHASES
from leads.transitions import who_may
from team.calendars import KeptCalendars
from team.models import Absence, Membership, Role

if TYPE_CHECKING:
    from team.models import User

# Of these something is written at once that no effect names.
AT_ONCE = frozenset({"lose", "reassign"})


@transaction.atomic
def undo_last(lead: Lead, *, by: User, at: datetime, event_id: int | None = None) -> LeadEvent:
    """Take back the last act on this lead, if it was hers, today, and nobody has acted since.

    `event_id` names the act that was meant: LeadConflict when it is no longer the last one; what was only said since,
    or was taken back, does not stand in its way. An act that wrote several events is taken back whole, the last one
    first; returns the correction of its first. MoveRefused when it would not be hers to do any more, as when she no
    longer covers whose lead it is. What an act opened is closed again; LeadConflict when that was worked on meanwhile,
    or when she is no prospect any more and would come to the reps again. Where a colleague's meeting has moved the
    attempt since, the lead is put back to before that, and the meetings that are booked now are asked once more. What
    an absence has moved since goes with the act only where the act had planned it; the rest stays where it is.
    """
    held = lock_lead(lead)
    undone = _undo([act_among(held, newest_of(held), event_id)], {held.pk: event_id}, by=by, at=at)
    if held.pk in undone.refused:
        raise undone.refused[held.pk]
    return undone.corrections[held.pk]


@dataclass
class Undone:
    """By lead: the correction of the first event of the act, or why it could not be taken back."""

    corrections: dict[int, LeadEvent] = field(default_factory=dict)
    refused: dict[int, LeadConflict | MoveRefused] = field(default_factory=dict)


def undo_many(
    leads: Sequence[Lead],
    meant: Mapping[int, int],
    *,
    act: str,
    by: User,
    at: datetime,
    asked_at: datetime | None = None,
) -> Undone:
    """Take back on each of these leads, which are locked, the act of this name, as `undo_last` does on one: what that
    reads is read once for all and what comes of it is written once. `meant` is the last event of the act on each.
    `asked_at` is when she asked for it, where that was before `at`: the act must have been of that day."""
    return _undo(_histories(leads, act, meant), meant, by=by, at=at, asked_at=asked_at)


def _histories(leads: Sequence[Lead], act: str, meant: Mapping[int, int]) -> list[History]:
    of_leads = LeadEvent.objects.filter(lead__in=leads)
    first = of_leads.filter(data__act=act).aggregate(first=Min("pk"))["first"]
    since: dict[int, list[LeadEvent]] = defaultdict(list)
    for event in of_leads.filter(pk__gte=first).order_by("-pk") if first else ():
        since[event.lead_id].append(event)
    return [act_among(lead, since[lead.pk], meant[lead.pk]) for lead in leads]


def _undo(
    histories: Sequence[History],
    meant: Mapping[int, int | None],
    *,
    by: User,
    at: datetime,
    asked_at: datetime | None = None,
) -> Undone:
    undone, events = Undone(), [event for history in histories for event in history.since]
    undoing = Undoing([history.lead for history in histories], events, by=by, at=at)
    for history in histories:
        try:
            _may_be_taken_back(history, meant[history.lead.pk], by=by, at=asked_at or at)
            undone.corrections[history.lead.pk] = undoing.take_back_whole(history)
        except (LeadConflict, MoveRefused) as refused:
            undone.refused[history.lead.pk] = refused
    undoing.write()
    look_again([one for one in histories if one.lead.pk in undone.corrections], at=at)
    return undone


def _may_be_taken_back(history: History, meant: int | None, *, by: User, at: datetime) -> None:
    if not history.act or meant not in (None, history.act[0].pk):
        raise LeadConflict(_("Somebody has acted on this lead since; it cannot be taken back."))
    if not all(can_undo(event, by=by, at=at) for event in history.act):
        raise LeadConflict(_("Only your own last act of today can be taken back."))


def look_again(histories: Sequence[History], *, at: datetime) -> None:
    """What has happened elsewhere meanwhile holds for what is planned and promised again."""
    accounts: dict[int, bool] = {}
    for history in histories:
        # What a meeting has let go meanwhile is due now, as it was for a colleague who took nothing back.
        by_meeting = any(is_aside(one) and one.data.get("because") in (HELD, GONE) for one in history.since)
        if history.lead.account_id is not None:
            account_id = history.lead.account_id
            accounts[account_id] = accounts.get(account_id, True) and not by_meeting
    hold_attempts_at(accounts, at=at)
    # An attempt that stands again may be one that somebody has asked not to be made since, or to an address that is
    # used no more.
    people = [history.lead.person_id for history in histories]
    pass_over_shut(people, at=at)
    pass_over_bounced(people, at=at)
    if histories and hours_changed_since(min(history.act[-1].at for history in histories)):
        recount_leads([history.lead.pk for history in histories], at=at)


def take_back(held: Lead, event: LeadEvent, *, by: User | None, at: datetime) -> LeadEvent:
    """One event of a lead that is locked, and nothing since: as it was."""
    undoing = Undoing([held], [event], by=by, at=at)
    correction = undoing.take_back(held, event)
    undoing.keep()
    undoing.write()
    return correction


def _put_off_by_absence(events: Sequence[LeadEvent], planned: set[int]) -> dict[int, set[int]]:
    """Of these events, the last first, the steps that stay where a later absence has put them: all that the act to be
    taken back has not planned itself."""
    stay: dict[int, set[int]] = {}
    so_far: set[int] = set()
    for event in events:
        if is_of_absence(event):
            so_far = so_far | ({pk for pk, _was in effects_of(event).get("steps_moved", [])} - planned)
        if is_of_absence(event) or (so_far and is_aside(event)):
            stay[event.pk] = so_far
    return stay


class Undoing:
    """Events of one or many leads taken back at one moment: read once, changed in memory, written once."""

    def __init__(
        self,
        leads: Sequence[Lead],
        events: Sequence[LeadEvent],
        *,
        by: User | None,
        at: datetime,
        because: str = "",
    ) -> None:
        self.leads, self.events, self.by, self.at = leads, events, by, at
        # What history says of it, where nobody took it back.
        self._because = because
        calendars = KeptCalendars(at=at)
        self._of_team, self._of_calendar = cache(calendars.of_team), cache(calendars.of)
        self._standings = standings_of(leads, events, at=at)
        # Of what has moved steps of the lead in hand, those that stay where an absence has put them.
        self._stay: dict[int, set[int]] = {}
        # Of the lead in hand, and of all that are taken back.
        self._altered: list[tuple[Lead, LeadEvent]] = []
        self._kept: list[tuple[Lead, LeadEvent]] = []

    @cached_property
    def _successors(self) -> dict[int, int | None]:
        """Of every stage there is the one its leads went on in, where it was retired."""
        return dict(Stage.objects.values_list("pk", "successor_id"))

    @cached_property
    def _working(self) -> frozenset[tuple[int, str, int | None]]:
        """Who works here, as what and in which team, of those who had a lead before it was given to somebody else."""
        had = {event.changes[name][0] for event in self.events for name in ("bdr", "ae") if name in event.changes}
        here = Membership.objects.filter(user__in=had - {None}, user__is_active=True)
        return frozenset(here.values_list("user", "role", "team"))

    @cached_property
    def _at_no_prospect(self) -> frozenset[int]:
        found = Lead.objects.at_no_prospect().filter(pk__in=[lead.pk for lead in self.leads])
        return frozenset(found.values_list("pk", flat=True))

    def take_back_whole(self, history: History) -> LeadEvent:
        """All events of one lead, hers to take back; returns the correction of the first."""
        held, was = history.lead, history.lead.phase
        self._altered = []
        planned = {pk for event in history.act for pk in steps_of(event)}
        self._stay = _put_off_by_absence(history.since, planned)
        # Of what is written at once nothing may stay when the rest is refused.
        at_once = any(is_put_back_at_once(event) or event.verb in AT_ONCE for event in history.since)
        with transaction.atomic() if at_once else nullcontext():
            corrections = [self.take_back(held, event, is_hers=True) for event in history.since]
            if held.phase in REP_PHASES and was not in REP_PHASES and held.pk in self._at_no_prospect:
                raise LeadConflict(_("No rep works this company any more; it cannot be taken back."))
        self.keep()
        return corrections[-1]

    def take_back(self, held: Lead, event: LeadEvent, *, is_hers: bool = False) -> LeadEvent:
        """One event, as it was. `is_hers` asks whether that is hers to do."""
        by, at, effects, standing = self.by, self.at, effects_of(event), self._standings[held.pk]
        _close_what_it_opened(event, at=at, by=by)
        _must_be_untouched(held, effects)

        old = {field: _value(field, pair[0]) for field, pair in event.changes.items()}
        if old.get("stage"):
            old["stage"] = self._stage_in_use(old["stage"], old.get("phase", held.phase))
        if (stay := self._stay.get(event.pk)) is not None:
            moved = [one for one in effects.get("steps_moved", []) if one[0] not in stay]
            # What an absence lent is given back by its end.
            effects = ({} if is_of_absence(event) else effects) | {"steps_moved": moved}
        standing.put_back(effects, of_calendar=self._of_calendar)
        put_back_at_once(held, event, by=by, at=at)
        self._must_work_here(held, old)
        if is_move(event) and "ae" in old:
            # Who holds an invitation gets a newer one, as when it was moved.
            sent = HandOff.objects.open().filter(lead=held)
            sent.update(ae=old["ae"], lent_to=None, sequence=F("sequence") + 1)
        if old.get("phase", held.phase) == Phase.QUEUED:
            old["due_at"] = _due_in_pool(standing, old.get("due_at", held.due_at))
        elif (self._stay or self._because) and old.get("phase", held.phase) == Phase.WORKING:
            # Nor is what came in since a letter that never left taken back with it.
            old["due_at"] = min((step.due_at for step in standing.open_steps), default=old.get("due_at", held.due_at))
        corrected = alter(
            held,
            "correct",
            to=old.get("phase", held.phase),
            by=by,
            at=at,
            corrects=event.pk,
            data={"verb": event.verb} | self._why(event),
            **old,
        )
        if is_hers and by is not None and not is_aside(event):
            _must_be_hers_still(held, event, by=by, at=at)
        self._put_in_order(held, event, standing)
        self._altered.append((held, corrected))
        return corrected

    def _why(self, event: LeadEvent) -> dict[str, Any]:
        because = event.data["because"] if is_aside(event) else self._because
        said = {"because": because} if because else {}
        return said | ({IN_PART: True} if IN_PART in event.data else {})

    def _put_in_order(self, held: Lead, event: LeadEvent, standing: Standing) -> None:
        """Its band, and when the system must look at it next."""
        steps = standing.open_steps
        held.band, held.sweep_at = event.data.get("band", held.band), None
        if held.phase == Phase.QUEUED:
            step = next(iter(steps), None)
            held.band, changes_at = band_of(held, at=self.at, worktime=self._of_team(held.team_id), step=step)
            held.sweep_at = sweep_of_queued(held, changes_at)
        elif held.phase == Phase.NURTURE:
            held.sweep_at = held.wake_at
        elif held.phase == Phase.WORKING:
            clock = first_touch_of(standing.running_clocks)
            held.sweep_at = sweep_of_untouched(held, clock, steps, at=self.at)

    def _must_work_here(self, held: Lead, old: dict[str, Any]) -> None:
        """LeadConflict when somebody else who had the lead before has left since, or works there no more."""
        bdr, ae, team = old.get("bdr"), old.get("ae"), old.get("team", held.team_id)
        mine = self.by.pk if self.by else None
        is_bdr = bdr in (None, mine) or {(bdr, role, team) for role in (Role.BDR, Role.MANAGER)} & self._working
        if not is_bdr or (ae not in (None, mine) and (ae, Role.AE, None) not in self._working):
            raise LeadConflict(_("Who had it before does not work there any more; it cannot be taken back."))

    def _stage_in_use(self, pk: int, phase: str) -> int:
        """The stage it stood in; where that was retired meanwhile, the one its leads went on in, and where its addition
        was reverted, where leads enter the phase."""
        if pk not in self._successors:
            return entry_stage(phase).pk
        while successor := self._successors[pk]:
            pk = successor
        return pk

    def keep(self) -> None:
        """The lead in hand is taken back: what was altered is to be written."""
        self._kept += self._altered
        self._altered = []

    def write(self) -> None:
        kept = {lead.pk for lead, _event in self._kept}
        write_standings([one for pk, one in self._standings.items() if pk in kept], at=self.at)
        write_each(self._kept)
        self._forget_notices()

    def _forget_notices(self) -> None:
        """Nobody is told any more of what did not happen."""
        taken_back = {event.corrects for _lead, event in self._kept}
        told: dict[datetime, list[LeadEvent]] = defaultdict(list)
        for event in self.events:
            if event.pk in taken_back and not is_aside(event):
                told[event.at].append(event)
        for at, events in told.items():
            acts = {act for event in events if (act := event.data.get("act"))}
            forget_notices([event.lead_id for event in events], at=at, acts=acts)


def _must_be_hers_still(lead: Lead, event: LeadEvent, *, by: User, at: datetime) -> None:
    """MoveRefused unless she might do it again to the lead as it is now put back: who may act is asked of the same
    table. What she did as the cover of an account executive is hers to take back only while she covers."""
    who = who_may(event.from_phase, event.verb, event.to_phase)
    must_be_of(who, lead, by=by)
    parts = parts_of(by, lead) & set(who)
    if parts != {"ae"} or lead.ae_id in (None, by.pk) or lead.hand_offs.open().filter(escalated_to=by).exists():
        return
    if not Absence.objects.covered_in_sales(at).filter(user=lead.ae_id, cover=by).exists():
        raise MoveRefused(
            _("You no longer cover for %(name)s: what you did meanwhile is theirs to change now.") % {"name": lead.ae}
        )


def _value(field: str, code: Any) -> Any:
    """A code of history as the column holds it."""
    if isinstance(code, str) and isinstance(Lead._meta.get_field(field), models.DateTimeField):
        return parse_datetime(code)
    return code


def _due_in_pool(standing: Standing, due_at: Any) -> Any:
    """When it was due; but where a promise was given anew, as that says."""
    first_touch, step = first_touch_of(standing.running_clocks), next(iter(standing.open_steps), None)
    if first_touch is None:
        return due_at
    return min(first_touch.due_at, step.due_at) if step else first_touch.due_at


def _must_be_untouched(lead: Lead, effects: dict[str, Any]) -> None:
    """LeadConflict when the manager has looked at it again, or the person is pursued anew: both are acts of others.
    What is over opens again for nobody who was erased meanwhile; of that, a closed lead has no line in its history."""
    if lead.phase == Phase.CLOSED:
        # Leads before people, as whatever opens or ends a pursuit locks them.
        lead.person = Person.objects.select_for_update(no_key=True).get(pk=lead.person_id)
    if why := why_it_stands(lead, effects):
        raise LeadConflict(why)


def why_it_stands(lead: Lead, effects: dict[str, Any]) -> str:
    """Why an end, or what a manager has decided of it, cannot be taken back any more; empty where it can."""
    looks = SecondLook.objects.filter(pk__in=effects.get("second_looks", []))
    if looks.exclude(state__in=[SecondLook.State.OPEN, SecondLook.State.EXPIRED]).exists():
        return _("Somebody has acted on this lead since; it cannot be taken back.")
    if lead.phase != Phase.CLOSED:
        return ""
    if lead.person.erased_at or lead.person.merged_into_id:
        return _("This person is no longer with us; it cannot be taken back.")
    if Lead.objects.filter(Q(previous=lead.pk) | ~Q(phase=Phase.CLOSED) & Q(person=lead.person_id)).exists():
        return _("There is another lead of this person by now; it cannot be taken back.")
    if Suppression.objects.filter(pk__in=effects.get("suppressions", []), source=PARTED).exists():
        return _("Two people were one when this was said, so it holds for both; it cannot be taken back.")
    return ""


def _close_what_it_opened(event: LeadEvent, *, by: User | None, at: datetime) -> None:
    """The next pursuit that a lost deal opened asleep, the lead of somebody referred to: gone again if untouched."""
    ids = list(event.data.get("effects", {}).get("leads_opened", []))
    if event.verb == "lose":
        ids += Lead.objects.filter(previous=event.lead_id).values_list("pk", flat=True)
    for opened in lock_leads(ids):
        if opened.events.exclude(**ASIDE).count() > 1 or opened.phase == Phase.CLOSED:
            raise LeadConflict(_("What followed from it is being worked already."))
        Step.objects.open().filter(lead=opened).update(state=Step.State.CANCELLED, closed_at=at)
        Clock.objects.running().filter(lead=opened).update(state=Clock.State.EXCUSED, ended_at=at, next_notice_at=None)
        Recycling.objects.filter(lead=opened, undone_at=None).update(undone_at=at)
        closed = alter(
            opened, "merge", to=Phase.CLOSED, by=by, at=at, closed_as=Lead.ClosedAs.MERGED, data={"because": "undo"}
        )
        write(opened, closed, sweep_at=None)
        # It never followed: the place behind the lead is free for the pursuit that will.
        Lead.objects.filter(pk=opened.pk).update(previous=None)
