"""A rep does the same to many leads of hers, as one act; what it cannot be done to says why and stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from agreement.models import AgreementVersion, Cadence, Phase, Reason, ReasonRule, StepKind
from leads.actions.acts import Act, one_act
from leads.actions.changing import LeadConflict, MoveRefused, lock_leads
from leads.actions.claiming import release_leads
from leads.actions.knowing import why_no_way
from leads.actions.logging import set_step, snooze_step
from leads.actions.recadencing import change_cadence
from leads.actions.recycling import recycle_together, why_no_sleep
from leads.actions.sharing import share_act
from leads.actions.stepping import set_steps, snooze_steps
from leads.bands import is_waiting
from leads.cadence import reaches_of
from leads.models import Lead, SharedAct, Step
from leads.models.work import next_of
from leads.waking import Facts
from team.models import Role

if TYPE_CHECKING:
    from team.models import User

# So many leads an act: one transaction, for which everybody else's writes wait on SQLite.
MANY_MAX = 500
Verb = SharedAct.Verb
VERBS = (Verb.SNOOZE, Verb.STEP, Verb.CADENCE, Verb.RECYCLE, Verb.RELEASE)


@dataclass(frozen=True)
class Wish:
    """What is to be done to each of them."""

    verb: str
    due: tuple[datetime, str] | datetime | None = None
    kind: str = ""
    title: str = ""
    cadence: Cadence | None = None
    reason: Reason | None = None
    wake_on: date | None = None


@dataclass
class Sorted:
    """To whom it is done, and to whom not and why."""

    leads: list[Lead] = field(default_factory=list)
    skipped: list[tuple[Lead, str]] = field(default_factory=list)
    act: SharedAct | None = None

    @property
    def taken(self) -> int:
        """How many of them are only kept for her so far."""
        return sum(lead.phase == Phase.QUEUED for lead in self.leads)


def sort_out_many(leads: Sequence[Lead], wish: Wish, *, by: User, at: datetime) -> Sorted:
    """What would be done. A few statements, however many they are, and nothing is written."""
    ids = [lead.pk for lead in leads]
    workable = set(Lead.objects.workable_by(by).filter(pk__in=ids).values_list("pk", flat=True))
    steps: dict[int, list[Step]] = defaultdict(list)
    for step in Step.objects.open().filter(lead__in=ids).order_by("due_at", "id"):
        steps[step.lead_id].append(step)
    versions = _versions_with(wish.reason)
    found = Sorted()
    reaches = reaches_of(leads) if wish.verb == Verb.STEP else {}
    for lead in leads:
        why = _not_hers(lead)
        if lead.pk in workable:
            why = _why_not(lead, steps[lead.pk], wish, by=by, at=at, versions=versions)
        if not why and wish.verb == Verb.STEP:
            why = why_no_way(lead, wish.kind, reaches[lead.person_id])
        if why:
            found.skipped.append((lead, why))
        else:
            found.leads.append(lead)
    return found


def do_to_many(ids: Sequence[int], wish: Wish, *, by: User, at: datetime) -> Sorted:
    """Do it to everybody it can be done to, as one act with one event a lead. Looked at again under lock."""
    with transaction.atomic(), one_act() as act:
        locked = lock_leads(ids[:MANY_MAX])
        named = {
            lead.pk: lead
            for lead in Lead.objects.filter(pk__in=ids[:MANY_MAX]).select_related("person", "account", "bdr")
        }
        planned = sort_out_many([named[lead.pk] for lead in locked], wish, by=by, at=at)
        if wish.verb == Verb.RECYCLE and wish.reason:
            facts = Facts(wake_on=wish.wake_on)
            refused = recycle_together(planned.leads, reason=wish.reason, by=by, at=at, facts=facts)
        elif wish.verb == Verb.RELEASE:
            release_leads([lead.pk for lead in planned.leads], by=by, at=at)
            refused = {}
        else:
            # Whom she only holds a place for is taken first, each by an event of its own.
            kept = [lead for lead in planned.leads if lead.phase == Phase.QUEUED or wish.verb == Verb.CADENCE]
            refused = _do_one_by_one(kept, wish, act, by=by, at=at)
            refused |= _step_together([lead for lead in planned.leads if lead not in kept], wish, by=by, at=at)
        done = Sorted([lead for lead in planned.leads if lead.pk not in refused], planned.skipped)
        done.skipped += [(lead, refused[lead.pk]) for lead in planned.leads if lead.pk in refused]
        done.act = share_act(act, verb=wish.verb, by=by, at=at)
        return done


def _step_together(leads: Sequence[Lead], wish: Wish, *, by: User, at: datetime) -> dict[int, str]:
    """Returns why some stay, by lead."""
    if not leads or wish.due is None:
        return {}
    try:
        if wish.verb == Verb.SNOOZE:
            return snooze_steps(leads, by=by, at=at, until=wish.due)
        return set_steps(leads, kind=wish.kind, by=by, at=at, due=wish.due, title=wish.title)
    except MoveRefused as why:
        return dict.fromkeys((lead.pk for lead in leads), str(why))


def _do_one_by_one(leads: Sequence[Lead], wish: Wish, act: Act, *, by: User, at: datetime) -> dict[int, str]:
    """Returns why some stay, by lead."""
    refused: dict[int, str] = {}
    for lead in leads:
        written = len(act.events)
        try:
            with transaction.atomic():
                _do(lead, wish, by=by, at=at)
        except (LeadConflict, MoveRefused) as why:
            # What it had begun to write is rolled back.
            del act.events[written:]
            refused[lead.pk] = str(why)
    return refused


def _do(lead: Lead, wish: Wish, *, by: User, at: datetime) -> None:
    if wish.verb == Verb.SNOOZE and wish.due:
        snooze_step(lead, by=by, at=at, until=wish.due)
    elif wish.verb == Verb.STEP and wish.due:
        set_step(lead, kind=wish.kind, by=by, at=at, due=wish.due, title=wish.title)
    elif wish.verb == Verb.CADENCE and wish.cadence:
        change_cadence(lead, cadence=wish.cadence, by=by, at=at)


def _not_hers(lead: Lead) -> str:
    return _("It is closed.") if lead.phase == Phase.CLOSED else _("It is not yours to work any more.")


def _versions_with(reason: Reason | None) -> frozenset[int]:
    """The agreements that know this reason; empty where every lead may be given it, because the version in force knows
    it (`ReasonRule.under`)."""
    rules = ReasonRule.objects.filter(reason=reason) if reason else ReasonRule.objects.none()
    versions = frozenset(rules.values_list("version", flat=True))
    return frozenset() if versions and AgreementVersion.objects.in_force().pk in versions else versions


def _why_not(lead: Lead, steps: Sequence[Step], wish: Wish, *, by: User, at: datetime, versions: frozenset[int]) -> str:
    if lead.phase == Phase.CLOSED:
        return _("It is closed.")
    if wish.verb in (Verb.SNOOZE, Verb.STEP):
        return _why_no_step(lead, steps, wish, by=by, at=at)
    if wish.verb == Verb.RELEASE:
        return "" if lead.phase == Phase.WORKING else _("Only a lead that is being worked can be given back.")
    if wish.verb == Verb.CADENCE:
        return _why_no_cadence(lead, wish)
    if versions and lead.agreement_id not in versions and lead.phase in (Phase.QUEUED, Phase.WORKING):
        return _("The agreement it came in under has no such reason.")
    return why_no_sleep(lead, is_waited_for=any(step.promised or step.kind == StepKind.REPLY for step in steps))


def _why_no_step(lead: Lead, steps: Sequence[Step], wish: Wish, *, by: User, at: datetime) -> str:
    if lead.phase == Phase.HANDED_OFF:
        return _("It waits for the answer of sales.")
    hers = [step for step in steps if step.assignee_id == by.pk or lead.team_id in by.teams_as(Role.MANAGER)]
    first = next_of(hers if lead.phase in (Phase.ACCEPTED, Phase.QUALIFIED) else steps, at=at)
    if first is not None and first.kind == StepKind.MEETING:
        return _("A meeting is moved with the other side.")
    if first is not None and first.kind == StepKind.REPLY:
        return _("They wait for an answer.")
    if any(step.promised for step in steps):
        return _("A moment was promised: open the lead.")
    if is_waiting(lead):
        return _("They asked to be contacted, and nobody has tried yet.")
    if first is None and wish.verb == Verb.SNOOZE and lead.phase != Phase.QUEUED:
        return _("There is no step to snooze.")
    return ""


def _why_no_cadence(lead: Lead, wish: Wish) -> str:
    if lead.phase != Phase.WORKING:
        return _("Only a lead that is being worked has a cadence to change.")
    if wish.cadence and lead.cadence_id == wish.cadence.pk:
        return _("It goes by this cadence already.")
    if is_waiting(lead):
        return _("They asked to be contacted, and nobody has tried yet.")
    return ""
