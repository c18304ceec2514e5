"""Where a rep is in her block: at which place this lead stands, who comes after it, who was passed over and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agreement.models import Phase
from leads.models import BlockLead, Lead
from leads.models.lead import AE_PHASES
from leads.neighbours import lead_after, owed_now
from leads.seeing import seen_as, shape_of, standing_for
from leads.why import address_of
from team.models import Role
from team.prepared import Prepared

if TYPE_CHECKING:
    from team.models import User

# As many leads as one block holds: more than anybody works through before it has gone stale.
BLOCK_MAX = 200


@dataclass(frozen=True)
class BlockPlace:
    """The place of one lead in the block she works."""

    block_id: int
    title: str
    position: int
    total: int
    done: int
    skipped: int
    before: str
    after: str

    @property
    def over(self) -> int:
        return self.done + self.skipped


def place_of(row_id: int, user: User) -> BlockPlace | None:
    """Read only where a lead is in her block: its page has looked already."""
    found = _PLACE.rows(shape=shape_of(user), row=row_id, **seen_as(user))
    if not found:
        return None
    *said, before, after = found[0]
    links = [address_of("leads:lead", one) if one else "" for one in (before, after)]
    return BlockPlace(*said, *links)


def _place(roles: tuple[str, ...], *, row: int, **seer: Any) -> QuerySet[Any, Any]:
    # What has left her teams since is no page of hers; the figures count it all the same.
    seen = BlockLead.objects.filter(
        block=OuterRef("block"), lead__in=Lead.objects.visible_to(standing_for(roles, **seer))
    )
    before = seen.filter(position__lt=OuterRef("position")).order_by("-position")
    after = seen.filter(position__gt=OuterRef("position")).order_by("position")
    return BlockLead.objects.filter(pk=row).values_list(
        "block_id", "block__title", "position", _count(), _count(BlockLead.State.DONE),
        _count(BlockLead.State.SKIPPED),
        Subquery(before.values("lead__public_id")[:1]), Subquery(after.values("lead__public_id")[:1]),
    )  # fmt: skip


def _count(state: str = "") -> Any:
    rows = BlockLead.objects.filter(block=OuterRef("block"), **({"state": state} if state else {}))
    return Coalesce(Subquery(rows.order_by().values("block").annotate(n=Count("pk")).values("n")), 0)


_PLACE = Prepared(_place)


@dataclass
class Course:
    """Where the act on a lead leads: the lead that comes next, if any, and what is said of it."""

    to: UUID | None = None
    words: str = ""
    # Rows of the block that are hers no more.
    passed: list[int] = field(default_factory=list)


def course_from(lead: Lead, *, user: User, at: datetime, path: str = "") -> Course:
    """Ask before the act. In a block the next that is still hers, whatever list she came from; but who waits for her
    now stands first, and leads back into the block."""
    block_id, row_id = getattr(lead, "open_block", None), getattr(lead, "in_block", None)
    if block_id is None:
        return Course(lead_after(lead, user=user, at=at, path=path))
    owed = owed_now(user=user, at=at)
    others = [entry for entry in owed if entry.lead_id != lead.pk]
    # Outside the block and not with somebody who waited: she has left it aside for a list of her own.
    is_aside = row_id is None and bool(path) and len(others) == len(owed)
    if is_aside and (below := lead_after(lead, user=user, at=at, path=path)):
        return Course(below)
    course = next_of_block(block_id, user=user, at=at, after=row_id)
    if others:
        words = _("Somebody is waiting: your block goes on after that.")
        return Course(others[0].public_id, " ".join(filter(None, [course.words, words])), course.passed)
    return course


def next_of_block(block_id: int, *, user: User, at: datetime, after: int | None = None) -> Course:
    """The first lead of the block that waits and is still hers: behind the row `after`, else behind the one that was
    worked last, and from the front again when the end is reached."""
    rows = list(rows_of_block(block_id, user=user, at=at))
    here = next((row for row in rows if row.pk == after), None)
    if here is None:
        worked = [row for row in rows if row.state == BlockLead.State.DONE]
        here = max(worked, key=lambda row: (row.at, row.position), default=None)
    place = here.position if here else 0
    waiting = [row for row in rows if row.state == BlockLead.State.WAITING and row.pk != after]
    waiting.sort(key=lambda row: (row.position <= place, row.position))
    passed: list[BlockLead] = []
    for row in waiting:
        if is_hers(row):
            return Course(row.lead.public_id, _passed_words(passed, user), [one.pk for one in passed])
        passed.append(row)
    return Course(None, _passed_words(passed, user), [one.pk for one in passed])


def rows_of_block(block_id: int, *, user: User, at: datetime) -> QuerySet[BlockLead]:
    """Every row in its order, with its lead and whether she still works it."""
    hers = Lead.objects.filter(worked_by(user, at=at), pk=OuterRef("lead"))
    seen = Lead.objects.visible_to(user).filter(pk=OuterRef("lead"))
    rows = BlockLead.objects.filter(block=block_id).annotate(is_hers=Exists(hers), is_seen=Exists(seen))
    return rows.select_related("lead__person", "lead__account", "lead__bdr").order_by("position")


def is_hers(row: BlockLead) -> bool:
    return bool(getattr(row, "is_hers", False))


def worked_by(user: User, *, at: datetime) -> Q:
    """What she works herself: her own, what she has a step of, and what is free in her teams' pools."""
    awake = ~Q(phase__in=[Phase.CLOSED, Phase.NURTURE])
    steps: Any = Lead._meta.get_field("steps").related_model
    own = Q(bdr=user) | Q(ae=user, phase__in=AE_PHASES) | Q(pk__in=steps.objects.open().of(user).values("lead"))
    free = Q(phase=Phase.QUEUED, team__in=user.teams_as(Role.BDR)) & (
        Q(reserved_until=None) | Q(reserved_until__lte=at)
    )
    return awake & (own | free)


def _passed_words(passed: Sequence[BlockLead], user: User) -> str:
    if not passed:
        return ""
    first = passed[0]
    words = {"name": first.lead.person, "why": why_passed(first, user), "more": len(passed) - 1}
    said = _("Skipped %(name)s: %(why)s.") % words
    if len(passed) > 1:
        said += " " + ngettext("%(more)s more was skipped.", "%(more)s more were skipped.", len(passed) - 1) % words
    return said


def why_passed(row: BlockLead, user: User) -> str:
    """Why a lead of the block is hers no more."""
    lead = row.lead
    if lead.phase == Phase.CLOSED:
        return _("this pursuit is over")
    if lead.phase == Phase.NURTURE:
        return _("asleep until its day")
    if lead.phase in AE_PHASES:
        return _("with sales by now")
    if lead.bdr_id is not None and lead.bdr_id != user.pk:
        return _("%(name)s works them now") % {"name": lead.bdr}
    return _("another team’s by now")
