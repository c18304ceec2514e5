"""What waits in the pool for somebody who is away waits for who covers her, or for everybody, and is hers again.

That follows from her absence, whoever has said it: the system moves it, as she herself could not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from agreement.models import Lane, Phase
from leads.actions.changing import lock_leads
from leads.actions.claiming import BACK, COVER, reassign_leads
from leads.actions.last_act import ASIDE
from leads.actions.noticing import tell_of_many
from leads.actions.unattended import keeps_while_away
from leads.models import Lead, LeadEvent, Notice, Step
from team.models import Absence, Role, User


def reserved_while_away(user: User, *, ends_at: datetime, at: datetime) -> QuerySet[Lead]:
    """What is reserved for her and cannot wait until she is back: who asked to be called, and what is due before."""
    return Lead.objects.reserved_for(user, at=at).filter(Q(due_at__lt=ends_at) | Q(lane=Lane.HAND_RAISER))


class WhileAway:
    """What the next tick would do to what this rep is given: as `pass_on_all_reserved` and `release_absent` of one
    lead."""

    def __init__(self, user: User, *, at: datetime) -> None:
        rows = list(Absence.objects.covering(at).filter(user=user).select_related("cover").order_by("pk"))
        covered = set(Absence.objects.covered(at).filter(user=user).values_list("pk", flat=True)) if rows else set()
        self.absences = [(row, row.cover if row.pk in covered else None) for row in rows]
        self.kept = keeps_while_away(user, at=at) if rows else []

    def gives_back(self, lead: Lead) -> bool:
        """Whether it would go back to the pool, because for long nobody does what she does."""
        return any(lead.team_id not in teams for teams in self.kept)

    def lends_to(self, leads: Iterable[Lead]) -> User | None:
        """Who has, of what she would work of these, the steps that are due before she is back."""
        for absence, cover in self.absences:
            teams = cover.teams_as(Role.BDR) if cover else []
            ids = [lead.pk for lead in leads if lead.phase == Phase.WORKING and lead.team_id in teams]
            if ids and Step.objects.open().filter(lead__in=ids, due_at__lt=absence.ends_at).exists():
                return cover
        return None

    def passes_on(self, lead: Lead) -> bool:
        return any(_cannot_wait(lead, absence) for absence, _cover in self.absences)

    def cover_of(self, lead: Lead) -> User | None:
        """Who has it meanwhile, where it cannot wait; without anybody it is everybody's."""
        covers = (cover for absence, cover in self.absences if _cannot_wait(lead, absence))
        cover = next(covers, None)
        return cover if cover is not None and lead.team_id in cover.teams_as(Role.BDR) else None


def _cannot_wait(lead: Lead, absence: Absence) -> bool:
    """As `reserved_while_away` says of what is reserved already."""
    return lead.lane == Lane.HAND_RAISER or (lead.due_at is not None and lead.due_at < absence.ends_at)


def pass_on_reserved(absence: Absence, ids: Collection[int], *, cover: User | None, at: datetime) -> int:
    """Of these leads, which are locked, what cannot wait passes to who covers her where he may take it, else to
    everybody, and she is told. Returns leads."""
    reserved = reserved_while_away(absence.user, ends_at=absence.ends_at, at=at).filter(pk__in=ids).order_by("pk")
    teams = cover.teams_as(Role.BDR) if cover else []
    found = list(reserved.values_list("pk", "team_id"))
    theirs = [pk for pk, team_id in found if team_id in teams]
    if theirs:
        reassign_leads(theirs, to=cover, by=None, at=at, because=COVER, side="bdr")
    if others := [pk for pk, team_id in found if team_id not in teams]:
        reassign_leads(others, by=None, at=at, because="away", side="bdr")
        tell_of_many(absence.user_id, others, Notice.Kind.RELEASED, at=at)
    return len(found)


def pass_on_all_reserved(*, at: datetime) -> int:
    """As `pass_on_reserved`, for every absence that has begun. Returns leads."""
    count = 0
    covered = set(Absence.objects.covered(at).values_list("pk", flat=True))
    for absence in Absence.objects.covering(at).select_related("user", "cover").order_by("pk"):
        reserved = reserved_while_away(absence.user, ends_at=absence.ends_at, at=at)
        if ids := list(reserved.values_list("pk", flat=True)):
            with transaction.atomic():
                lock_leads(ids)
                cover = absence.cover if absence.pk in covered else None
                count += pass_on_reserved(absence, ids, cover=cover, at=at)
    return count


def passed_on(*, at: datetime, of: User | None = None) -> QuerySet[LeadEvent]:
    """By which event each lead that is reserved for a cover went to him, where nobody has acted on it since; with `of`,
    only hers. What the system plans anew is no act."""
    last = LeadEvent.objects.filter(lead=OuterRef("lead")).exclude(**ASIDE).order_by("-id").values("pk")[:1]
    waiting = LeadEvent.objects.filter(lead__phase=Phase.QUEUED, lead__reserved_until__gt=at)
    passed = waiting.filter(verb="reassign", data__because=COVER).annotate(last=Subquery(last)).filter(pk=F("last"))
    return passed.filter(data__old=of.pk) if of else passed


def take_back_reserved(events: Iterable[LeadEvent], *, at: datetime) -> int:
    """What went to a cover by these events, whose leads are locked, is reserved again for whose it was, where she is
    here and still takes leads of that team. Returns leads."""
    hers: dict[int, list[Lead]] = defaultdict(list)
    for event in events:
        hers[event.data["old"]].append(event.lead)
    count = 0
    for user in User.objects.present(at).filter(pk__in=hers).order_by("pk"):
        teams = user.teams_as(Role.BDR)
        ids = [lead.pk for lead in hers[user.pk] if lead.team_id in teams]
        if ids:
            reassign_leads(ids, to=user, by=None, at=at, because=BACK, side="bdr")
        count += len(ids)
    return count


@transaction.atomic
def take_back_all_reserved(*, at: datetime) -> int:
    """What a cover has not taken yet is reserved again for whoever is back by now. Returns leads."""
    ids = list(passed_on(at=at).values_list("lead", flat=True))
    if not ids:
        return 0
    lock_leads(ids)
    return take_back_reserved(passed_on(at=at).filter(lead__in=ids).select_related("lead"), at=at)
