"""Two rows that are one person, and a person who wants to be forgotten."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.actions.people import BY_REP, PARTED, suppress_key, suppress_person
from accounts.models import ContactPoint, Employment, Person, PersonMerge, SearchText, Suppression
from accounts.search import index_people
from agreement.models import Phase
from agreement.models.vocabulary import PHASE_ORDER
from leads.actions.changing import LeadConflict, MoveRefused, alter, write
from leads.actions.effects import Effects
from leads.actions.entering import NewLead, open_leads
from leads.actions.holding import hold_attempts
from leads.actions.silencing import pass_over_shut
from leads.actions.standing import stand_down
from leads.models import (
    Activity,
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
from leads.scoring import recompute_interest

if TYPE_CHECKING:
    from team.models import User


@transaction.atomic
def merge_people(kept: Person, merged: Person, *, by: User | None, at: datetime) -> PersonMerge:
    """Make `merged` part of `kept`: everything moves; of two open leads the further one survives (a tie: the older).

    MoveRefused when they are one row already or one of them was merged or erased.
    """
    # Leads before people, as a wake locks them; then again, for what came in between.
    _further(kept, merged)
    kept, merged = _both_locked(kept, merged)
    survivor, other = _further(kept, merged)
    if other is not None:
        _close(other, Lead.ClosedAs.MERGED, "merge", by=by, at=at, survivor=survivor.pk if survivor else None)
    moved: dict[str, Any] = {
        "contact_points": _move_contact_points(kept, merged),
        "employments": _move_employments(kept, merged, at=at),
        "external_ids": _moved(merged.external_ids.all(), kept),
        "engagements": _moved(Engagement.objects.filter(person=merged), kept),
        "activities": _moved(Activity.objects.filter(person=merged), kept),
        "leads": _moved(Lead.objects.filter(person=merged), kept),
        "suppressions": _move_suppressions(kept, merged, at=at),
        "closed_lead": other.pk if other else None,
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
    pursuit follows it."""
    # Leads before people, as the merge locked them: an undo of an act reads whose its lead is.
    both = [merge.kept_id, merge.merged_id]
    list(Lead.objects.filter(person__in=both).order_by("pk").select_for_update(of=("self",)))
    list(Person.objects.select_for_update().filter(pk__in=both).order_by("pk"))
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
    return next(iter(open_leads([seed], by=by, at=at, as_system=True).leads), None)


@transaction.atomic
def erase_person(person: Person, *, by: User | None, at: datetime) -> None:
    """Forget who it was. The lead ends as erased, words are blanked, history stays without them, and hashed keys keep
    her from coming back by a file."""
    same = _merged_into(person)
    # What is over, too: somebody may be taking its end back.
    list(Lead.objects.filter(person__in=same).order_by("pk").select_for_update(of=("self",)))
    list(Person.objects.select_for_update().filter(pk__in=[one.pk for one in same]).order_by("pk"))
    for one in same:
        _forget(one, by=by, at=at)


def _merged_into(person: Person) -> list[Person]:
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
    Recycling.objects.filter(lead__in=leads).update(vendor="")
    Release.objects.filter(person=person, state=Release.State.WAITING).update(
        state=Release.State.SKIPPED, done_at=at, skipped_for="erased"
    )
    person.contact_points.all().delete()
    person.external_ids.all().delete()
    person.employments.all().delete()
    person.suppressions.all().delete()
    SearchText.objects.filter(person=person).delete()
    Interest.objects.filter(person=person).delete()
    Person.objects.filter(pk=person.pk).update(
        given_name="", family_name="", city="", region="", time_zone="", source="", custom={}, erased_at=at,
        version=F("version") + 1,
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


def _move_suppressions(kept: Person, merged: Person, *, at: datetime) -> list[int]:
    """What she asked for goes with her, the same row, so that who said it may still take it back. What both asked for
    stays with each, and the kept one's is nobody's alone."""
    have = set(Suppression.objects.filter(person=kept).values_list("channel", flat=True))
    moved = []
    for suppression in Suppression.objects.select_for_update().filter(person=merged).order_by("pk"):
        if suppression.channel in have:
            suppress_person(kept, suppression.channel, source=suppression.source, at=at)
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
