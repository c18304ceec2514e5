"""Two rows that are one person, and a person who wants to be forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.actions.people import BY_REP, PARTED, lock_addresses, suppress_key, suppress_person
from accounts.models import ContactPoint, Employment, Person, PersonMerge, SearchText, Suppression
from accounts.search import index_people
from agreement.models import Lane, Phase, StepKind
from agreement.models.vocabulary import PHASE_ORDER
from leads.actions.changing import LeadConflict, MoveRefused, alter, lock_leads, write
from leads.actions.effects import Effects
from leads.actions.engaging import kept_for_one, promise_of_hand_raisers, was_promised_less
from leads.actions.entering import NewLead, open_leads
from leads.actions.holding import hold_attempts
from leads.actions.silencing import pass_over_shut
from leads.actions.standing import stand_down
from leads.actions.undoing import take_back
from leads.bands import CLAIM_GRACE, band_of, is_waiting, sweep_of_queued
from leads.cadence import soon
from leads.models import (
    Activity,
    Consent,
    Engagement,
    HandOff,
    Interest,
    Lead,
    Note,
    Recycling,
    Release,
    Step,
    Verdict,
)
from leads.models.lead import REP_PHASES
from leads.scoring import recompute_interest
from team.calendars import KeptCalendars

if TYPE_CHECKING:
    from team.models import User

# What somebody waits for, whether or not she was told a moment; and what stands or falls with its own pursuit.
PROMISES = (StepKind.CALL_BACK, StepKind.REPLY)
OWN = (StepKind.MEETING, StepKind.OUTCOME, StepKind.FIND_CONTACT)


@transaction.atomic
def merge_people(kept: Person, merged: Person, *, by: User | None, at: datetime) -> PersonMerge:
    """Make `merged` part of `kept`: everything moves; of two open leads the further one survives (a tie: the older).

    MoveRefused when they are one row already or one of them was merged or erased.
    """
    # Leads before people, as a wake locks them; then again, for what came in between.
    _further(kept, merged)
    kept, merged = _both_locked(kept, merged)
    lock_addresses([kept.pk, merged.pk])
    survivor, other = _further(kept, merged)
    inherited: dict[str, Any] | None = None
    if survivor is not None and other is not None:
        waits = _what_waits(other, at=at)
        _close(other, Lead.ClosedAs.MERGED, "merge", by=by, at=at, survivor=survivor.pk)
        inherited = _inherit(survivor, waits, by=by, at=at)
    moved: dict[str, Any] = {
        "contact_points": _move_contact_points(kept, merged),
        "employments": _move_employments(kept, merged, at=at),
        "external_ids": _moved(merged.external_ids.all(), kept),
        "engagements": _moved(Engagement.objects.filter(person=merged), kept),
        "activities": _moved(Activity.objects.filter(person=merged), kept),
        "consents": _moved(Consent.objects.filter(person=merged), kept),
        "leads": _moved(Lead.objects.filter(person=merged), kept),
        "suppressions": _move_suppressions(kept, merged),
        "closed_lead": other.pk if other else None,
        "inherited": inherited,
    }
    Verdict.objects.filter(person=merged).update(person=kept)
    Release.objects.filter(person=merged, state=Release.State.WAITING).update(
        state=Release.State.SKIPPED, done_at=at, skipped_for="merged"
    )
    pass_over_shut([kept.pk], at=at)
    # Where the one works may be for no rep.
    stand_down(Lead.objects.filter(person=kept), by=by, at=at)
    Interest.objects.filter(person=merged).delete()
    recompute_interest([kept.pk], at=at)
    merged.merged_into = kept
    merged.save(update_fields=["merged_into"])
    SearchText.objects.filter(person=merged).delete()
    index_people([kept.pk])
    return PersonMerge.objects.create(kept=kept, merged=merged, at=at, by=by, moved=moved)


@transaction.atomic
def undo_merge(merge: PersonMerge, *, by: User | None, at: datetime) -> Lead | None:
    """Two people again, each with her own pursuits. The lead that the merge had closed is not opened again: a new
    pursuit follows it, and has what was promised there."""
    # Leads before people, as the merge locked them: an undo of an act reads whose its lead is.
    both = [merge.kept_id, merge.merged_id]
    list(Lead.objects.filter(person__in=both).order_by("pk").select_for_update(of=("self",)))
    list(Person.objects.select_for_update().filter(pk__in=both).order_by("pk"))
    lock_addresses(both)
    if not PersonMerge.objects.filter(pk=merge.pk, undone_at=None).update(undone_at=at):
        raise LeadConflict(_("This merge was taken back already."))
    merged, moved = merge.merged, merge.moved
    merged.merged_into = None
    merged.save(update_fields=["merged_into"])
    ContactPoint.objects.filter(pk__in=moved["contact_points"]).update(person=merged)
    Employment.objects.filter(pk__in=moved["employments"]["moved"]).update(person=merged)
    Employment.objects.filter(pk__in=moved["employments"]["ended"]).update(is_current=True, until_on=None)
    merge.kept.external_ids.filter(pk__in=moved["external_ids"]).update(person=merged)
    Engagement.objects.filter(pk__in=moved["engagements"]).update(person=merged)
    Activity.objects.filter(pk__in=moved["activities"]).update(person=merged)
    Consent.objects.filter(pk__in=moved.get("consents", [])).update(person=merged)
    Lead.objects.filter(pk__in=_with_what_followed(moved["leads"])).update(person=merged)
    _part_suppressions(merge)
    recompute_interest([merge.kept_id, merged.pk], at=at)
    index_people([merge.kept_id, merged.pk])
    closed = Lead.objects.filter(pk=moved["closed_lead"], next=None).first() if moved["closed_lead"] else None
    if closed is None:
        return None
    seed = NewLead(
        person_id=closed.person_id,
        lane=closed.lane,
        origin=Lead.Origin.MANUAL,
        previous_id=closed.pk,
        team_id=closed.team_id,
        bdr_id=closed.bdr_id,
        because="unmerged",
    )
    new = next(iter(open_leads([seed], by=by, at=at, as_system=True).leads), None)
    if new is not None and moved.get("inherited"):
        _give_back(moved["inherited"], new, by=by, at=at)
    return new


@transaction.atomic
def erase_person(person: Person, *, by: User | None, at: datetime) -> None:
    """Forget who it was. The lead ends as erased, words are blanked, history stays without them, and hashed keys keep
    her from coming back by a file. MoveRefused of who is forgotten already."""
    same = rows_of(person)
    # What is over, too: somebody may be taking its end back.
    list(Lead.objects.filter(person__in=same).order_by("pk").select_for_update(of=("self",)))
    rows = list(Person.objects.select_for_update().filter(pk__in=[one.pk for one in same]).order_by("pk"))
    if all(row.erased_at for row in rows):
        raise MoveRefused(_("They are forgotten already."))
    for one in same:
        _forget(one, by=by, at=at)


def rows_of(person: Person) -> list[Person]:
    """She and every row that was found to be her."""
    found = [person]
    while more := list(Person.objects.filter(merged_into__in=found).exclude(pk__in=[one.pk for one in found])):
        found += more
    return found


def _forget(person: Person, *, by: User | None, at: datetime) -> None:
    for lead in Lead.objects.open().filter(person=person).order_by("pk").select_for_update(of=("self",)):
        _close(lead, Lead.ClosedAs.ERASED, "erase", by=by, at=at)
    for point in person.contact_points.all():
        if point.kind == ContactPoint.Kind.EMAIL:
            suppress_key(point.normalised, Suppression.Channel.ALL, source="erasure", at=at)
        elif point.kind in ContactPoint.PHONES:
            suppress_key(point.normalised, Suppression.Channel.PHONE, source="erasure", at=at)
    leads = Lead.objects.filter(person=person)
    Note.objects.filter(lead__in=leads).update(text="", erased_at=at)
    Step.objects.filter(lead__in=leads).update(title="")
    HandOff.objects.filter(lead__in=leads).update(line="", place="", sequence=F("sequence") + 1)
    Recycling.objects.filter(lead__in=leads).update(vendor="", satisfaction="")
    Release.objects.filter(person=person, state=Release.State.WAITING).update(
        state=Release.State.SKIPPED, done_at=at, skipped_for="erased"
    )
    person.contact_points.all().delete()
    person.external_ids.all().delete()
    person.employments.all().delete()
    person.suppressions.all().delete()
    Consent.objects.filter(person=person).delete()
    SearchText.objects.filter(person=person).delete()
    Interest.objects.filter(person=person).delete()
    Person.objects.filter(pk=person.pk).update(
        given_name="", family_name="", city="", region="", time_zone="", source="", custom={}, known_by="",
        away_until=None, erased_at=at, version=F("version") + 1,
    )  # fmt: skip


def _both_locked(kept: Person, merged: Person) -> tuple[Person, Person]:
    if kept.pk == merged.pk:
        raise MoveRefused(_("That is the same person."))
    rows = {
        row.pk: row for row in Person.objects.select_for_update().filter(pk__in=[kept.pk, merged.pk]).order_by("pk")
    }
    kept, merged = rows[kept.pk], rows[merged.pk]
    if any(row.merged_into_id or row.erased_at for row in (kept, merged)):
        raise MoveRefused(_("One of them is no longer a person of their own."))
    return kept, merged


def _further(kept: Person, merged: Person) -> tuple[Lead | None, Lead | None]:
    """Of the open leads of both: which goes on, which ends. Fewer than two end none. What is over is locked, too:
    somebody may be taking its end back."""
    leads = Lead.objects.filter(person__in=[kept, merged]).order_by("pk").select_for_update(of=("self",))
    found = [lead for lead in leads if lead.phase != Phase.CLOSED]
    if len(found) < 2:
        return next(iter(found), None), None
    found.sort(key=lambda lead: (-PHASE_ORDER.index(lead.phase), lead.created_at, lead.pk))
    return found[0], found[1]


def _with_what_followed(ids: list[int]) -> list[int]:
    """These pursuits and the ones they went on in."""
    found = list(ids)
    while more := list(Lead.objects.filter(previous__in=found).exclude(pk__in=found).values_list("pk", flat=True)):
        found += more
    return found


def _close(
    lead: Lead, closed_as: str, verb: str, *, by: User | None, at: datetime, survivor: int | None = None
) -> None:
    effects = Effects(lead, by=by, at=at)
    effects.close_steps()
    effects.end_clocks(excused=True)
    had_a_meeting = lead.hand_offs.open().filter(meeting_at__gt=at).exists()
    lead.hand_offs.open().update(state=HandOff.State.WITHDRAWN, outcome_at=at, sequence=F("sequence") + 1)
    event = alter(lead, verb, to=Phase.CLOSED, by=by, at=at, closed_as=closed_as, data=effects.data(into=survivor))
    write(lead, event, sweep_at=None)
    if had_a_meeting:
        hold_attempts(lead.account_id, at=at)


def _what_waits(lead: Lead, *, at: datetime) -> list[Step]:
    """What she was promised and what she waits for. Whoever asked to be contacted, and was not called yet, waits for a
    call; of that no step is planned, so that one is made here."""
    told = [
        step
        for step in lead.steps.open().order_by("due_at", "id")
        if step.kind in PROMISES or (step.promised and step.kind not in OWN)
    ]
    is_planned = any(step.kind == StepKind.CALL_BACK and step.due_at <= soon(at) for step in told)
    if lead.phase in REP_PHASES and is_waiting(lead) and not is_planned:
        told.append(Step(kind=StepKind.CALL_BACK, due_at=soon(at), promised=True, made_by=Step.MadeBy.SYSTEM))
    return told


def _inherit(lead: Lead, waits: list[Step], *, by: User | None, at: datetime) -> dict[str, Any] | None:
    """What waits goes on here, at its moment, by one event. Returns what `_give_back` must know."""
    effects = Effects(lead, by=by, at=at)
    wanted = [step for step in waits if not _is_there(step, lead, effects.open_steps)]
    if not wanted:
        return None
    for step in wanted:
        effects.make_step(
            Step(
                lead=lead,
                kind=step.kind,
                title=step.title,
                due_at=step.due_at,
                local_due=step.local_due,
                zone=step.zone,
                assignee_id=_who_keeps(lead, step),
                promised=step.promised,
                made_by=step.made_by,
                created_at=at,
                snoozed=step.snoozed,
            )
        )
    new: dict[str, Any] = {"due_at": _due_with(lead, effects)}
    more: dict[str, Any] = {}
    if any(step.pk is None for step in wanted) and was_promised_less(lead):
        clock = promise_of_hand_raisers(lead, effects, at=at)
        new["lane"] = Lane.HAND_RAISER
        if lead.phase == Phase.WORKING and clock:
            more["sweep_at"] = max(clock.due_at, at + CLAIM_GRACE)
    worktime = KeptCalendars(at=at).of_team(lead.team_id)
    has_asked = any(step.pk is None for step in wanted)
    is_reserved = lead.phase == Phase.QUEUED and lead.reserved_until is not None and lead.reserved_until > at
    if is_reserved and (has_asked or any(step.kind == StepKind.REPLY for step in wanted)):
        new |= kept_for_one(lead, effects, worktime, has_asked=has_asked, at=at)
    event = alter(lead, "merge", by=by, at=at, as_system=True, data=effects.data(), **new)
    if lead.phase == Phase.QUEUED:
        more["band"], changes_at = band_of(lead, at=at, worktime=worktime, step=effects.open_steps[0])
        more["sweep_at"] = sweep_of_queued(lead, changes_at)
    write(lead, event, **more)
    made = effects.codes["steps_made"]
    return {"lead": lead.pk, "event": event.pk, "steps": [pk for pk, step in zip(made, wanted, strict=True) if step.pk]}


def _is_there(step: Step, lead: Lead, there: list[Step]) -> bool:
    """Whether the same is asked of the other pursuit already: a reply is answered once, and so is who asked."""
    if step.pk is None and is_waiting(lead) and lead.phase in REP_PHASES:
        return True
    alike = [one for one in there if one.kind == step.kind]
    if step.kind == StepKind.REPLY or step.pk is None:
        return any(one.due_at <= step.due_at for one in alike)
    return any(one.due_at == step.due_at for one in alike)


def _who_keeps(lead: Lead, step: Step) -> int | None:
    """Its BDR, until sales has taken it; then whichever of the two had promised it, else who is responsible."""
    if lead.phase in (Phase.QUEUED, Phase.WORKING, Phase.HANDED_OFF):
        return lead.bdr_id
    if step.assignee_id in (lead.bdr_id, lead.ae_id):
        return step.assignee_id or lead.responsible_id
    return lead.responsible_id or step.assignee_id


def _due_with(lead: Lead, effects: Effects) -> datetime | None:
    """The lead's due moment after its steps changed."""
    moments = [moment for moment in (effects.next_due, lead.wake_at) if moment is not None]
    if lead.phase == Phase.HANDED_OFF:
        return lead.due_at
    if lead.phase == Phase.QUEUED and lead.due_at is not None:
        moments.append(lead.due_at)
    return min(moments, default=lead.due_at)


def _give_back(inherited: dict[str, Any], new: Lead, *, by: User | None, at: datetime) -> None:
    """What is still open of what the surviving pursuit took over: there no longer, and promised here again."""
    survivor = lock_leads([inherited["lead"]])[0]
    event = survivor.events.get(pk=inherited["event"])
    effects = Effects(survivor, by=by, at=at)
    made = set(event.data["effects"]["steps_made"])
    carried = [step for step in effects.open_steps if step.pk in made]
    if not carried:
        return
    last = survivor.events.order_by("-id").first()
    # Where an absence or a meeting has moved what is planned since, that stands: what was before it is no longer so.
    if last is not None and last.pk == event.pk:
        take_back(survivor, event, by=by, at=at)
    elif len(carried) < len(effects.open_steps) or survivor.phase in (Phase.HANDED_OFF, Phase.NURTURE):
        # Somebody has acted on it since: only this goes. Where nothing else is planned, it stays with both.
        effects.close_steps(carried)
        parted = alter(
            survivor, "merge", by=by, at=at, as_system=True, due_at=_due_with(survivor, effects),
            data=effects.data(because="parted"),
        )  # fmt: skip
        write(survivor, parted)
    _inherit(new, [step for step in carried if step.pk in inherited["steps"]], by=by, at=at)


def _move_contact_points(kept: Person, merged: Person) -> list[int]:
    """Hers become the kept one's; what both have is kept once, and the kept one's primary stays primary."""
    have = set(kept.contact_points.values_list("kind", "normalised"))
    primary = set(kept.contact_points.filter(is_primary=True).values_list("kind", flat=True))
    moved = []
    for point in merged.contact_points.all():
        if (point.kind, point.normalised) in have:
            continue
        point.person = kept
        point.is_primary = point.is_primary and point.kind not in primary
        point.save(update_fields=["person", "is_primary"])
        moved.append(point.pk)
    return moved


def _move_employments(kept: Person, merged: Person, *, at: datetime) -> dict[str, list[int]]:
    has_current = kept.employments.filter(is_current=True).exists()
    moved, ended = [], []
    for employment in merged.employments.all():
        if employment.is_current and has_current:
            employment.is_current = False
            employment.until_on = max(at.date(), employment.from_on or at.date())
            ended.append(employment.pk)
        employment.person = kept
        employment.save(update_fields=["person", "is_current", "until_on"])
        moved.append(employment.pk)
    return {"moved": moved, "ended": ended}


def _move_suppressions(kept: Person, merged: Person) -> list[int]:
    """What she asked for goes with her, the same row, so that who said it may still take it back. What both asked for
    stays with each, and the kept one's is nobody's alone, and as new as the later of the two."""
    have = set(Suppression.objects.filter(person=kept).values_list("channel", flat=True))
    moved = []
    for suppression in Suppression.objects.select_for_update().filter(person=merged).order_by("pk"):
        if suppression.channel in have:
            suppress_person(kept, suppression.channel, source=suppression.source, at=suppression.at)
            # What two reps have heard bears the moment of neither, by which each would take back her own word.
            of_both = Suppression.objects.filter(person=kept, channel=suppression.channel, source=BY_REP)
            of_both.update(at=F("at") + timedelta(microseconds=1))
            continue
        Suppression.objects.filter(pk=suppression.pk).update(person=kept)
        moved.append(suppression.pk)
    return moved


def _part_suppressions(merge: PersonMerge) -> None:
    """What came with her goes back with her. What was said while they were one holds for both and is no single rep's to
    take back: nobody knows which of them said it."""
    kept, merged = merge.kept, merge.merged
    came = list(Suppression.objects.filter(pk__in=merge.moved.get("suppressions", []), person=kept))
    since = list(Suppression.objects.filter(person=kept, at__gt=merge.at).exclude(pk__in=[one.pk for one in came]))
    hers = Suppression.objects.filter(person=merged).values_list("channel", flat=True)
    Suppression.objects.filter(pk__in=[one.pk for one in came]).exclude(channel__in=list(hers)).update(person=merged)
    # Of a rep's word alone it is known that nobody has said it since.
    heard = [one for one in came if one.source != BY_REP or one.at > merge.at]
    Suppression.objects.filter(pk__in=[one.pk for one in (*since, *heard)], source=BY_REP).update(source=PARTED)
    for to, said in ((merged, since), (kept, heard)):
        for one in said:
            suppress_person(to, one.channel, source=PARTED if one.source == BY_REP else one.source, at=one.at)


def _moved(rows: Any, kept: Person) -> list[int]:
    ids = list(rows.values_list("pk", flat=True))
    rows.update(person=kept)
    return ids
