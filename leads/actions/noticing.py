"""Who is told, and what she has seen: a notice is seen by her, or settled once somebody did what it asks for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q

from agreement.models import SLAClause
from leads.actions.acts import act_in_hand
from leads.models import HandOff, Lead, Notice
from team.models import Membership, Role

if TYPE_CHECKING:
    from team.models import User


def see_notices(*, by: User, at: datetime, shown: Collection[int]) -> int:
    """Of these notices those that are hers are seen now; what came meanwhile, or stood further down, stays unseen."""
    return Notice.objects.unseen_by(by).filter(pk__in=shown).update(seen_at=at)


def tell(user: User | None, lead: Lead, kind: str, *, by: User | None, at: datetime) -> None:
    """Whoever did it herself need not be told."""
    if user is not None and user != by:
        Notice.objects.create(user=user, lead=lead, kind=kind, at=at)


def tell_of_many(user_id: int, leads: Sequence[int], kind: str, *, at: datetime) -> None:
    """One notice for all that one act gave her or took from her; what the same act does later is added to it."""
    if not leads:
        return
    act = act_in_hand()
    own = Notice.objects.filter(user=user_id, kind=kind, act=act, seen_at=None) if act else Notice.objects.none()
    if told := own.order_by("pk").first():
        known = set(told.leads)
        told.others = [*(told.others or ()), *(pk for pk in leads if pk not in known)] or None
        told.save(update_fields=["others"])
        return
    first, *others = dict.fromkeys(leads)
    Notice.objects.create(user_id=user_id, lead_id=first, others=others or None, kind=kind, act=act, at=at)


def forget_notices(leads: Collection[int], *, at: datetime, acts: Collection[str]) -> None:
    """What was done at that moment did not happen: who has not seen it yet is told no more of these leads."""
    undone = set(leads)
    unseen = Notice.objects.filter(seen_at=None)
    of_many = unseen.filter(act__in=acts) if acts else Notice.objects.none()
    for told in of_many:
        _leave_out(told, undone)
    unseen.filter(lead__in=undone, at=at, act="").delete()


def leave_out_hand_offs(leads: Collection[int], *, of: Collection[int]) -> list[Notice]:
    """What was lent to these people waits for them no more: what tells of it, unseen yet, tells of the rest. Returns
    what told of it."""
    if not leads or not of:
        return []
    # Two of them may be answered at the same moment.
    told = Notice.objects.select_for_update().filter(user__in=of, seen_at=None, clock=None)
    told = told.filter(kind=Notice.Kind.HAND_OFF).order_by("pk")
    theirs = [notice for notice in told if not set(leads).isdisjoint(notice.leads)]
    for notice in theirs:
        _leave_out(notice, leads)
    return theirs


def _leave_out(told: Notice, leads: Collection[int]) -> None:
    left = [pk for pk in told.leads if pk not in leads]
    if not left:
        told.delete()
    elif left != told.leads:
        told.lead_id, told.others = left[0], left[1:] or None
        told.save(update_fields=["lead", "others"])


# What waits for an answer to a hand-off, or for a second look.
_HAND_OFF = Q(kind__in=[Notice.Kind.HAND_OFF, Notice.Kind.ESCALATED]) | Q(
    kind=Notice.Kind.SOON, clock__kind=SLAClause.Kind.RESPONSE
)
_SECOND_LOOK = Q(kind=Notice.Kind.SECOND_LOOK)


def settle_hand_off(lead: Lead, *, at: datetime) -> None:
    """It is answered, or asks for no answer any more: nobody is told of it as of something new."""
    # Of what was lent together this one alone is settled, and may wait again (`wait_again`).
    for told in leave_out_hand_offs([lead.pk], of=covers_of(lead)):
        Notice.objects.create(user_id=told.user_id, lead=lead, kind=told.kind, at=told.at, seen_at=at)
    Notice.objects.filter(_HAND_OFF, lead=lead, seen_at=None, others__isnull=True).update(seen_at=at)


def covers_of(lead: Lead) -> list[int]:
    """To whom an answer to its hand-offs is lent."""
    lent = HandOff.objects.filter(lead=lead, lent_to__isnull=False).values_list("lent_to", flat=True)
    return [pk for pk in lent.distinct() if pk]


def settle_second_looks(leads: Collection[int], *, at: datetime) -> None:
    """One of the team's managers has decided, or nobody has in time."""
    Notice.objects.filter(_SECOND_LOOK, lead__in=leads, seen_at=None).update(seen_at=at)


def wait_again(lead: Lead, *, since: datetime) -> None:
    """The answer given then is taken back: what was settled by it waits to be seen again."""
    Notice.objects.filter(_HAND_OFF, lead=lead, seen_at=since).update(seen_at=None)


def managers_of(team_id: int) -> list[User]:
    """Who manages this team and works here."""
    held = Membership.objects.filter(team=team_id, role=Role.MANAGER, user__is_active=True)
    return [membership.user for membership in held.select_related("user").order_by("pk")]
