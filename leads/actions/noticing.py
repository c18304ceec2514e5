"""Who is told, and what she has seen: a notice is seen by her, or settled once somebody did what it asks for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q

from agreement.models import SLAClause
from leads.actions.acts import act_in_hand
from leads.models import Lead, Notice
from team.models import Membership, Role

if TYPE_CHECKING:
    from team.models import User


def see_notices(*, by: User, at: datetime, up_to: int, only: int | None = None) -> int:
    """Her unseen notices up to this id are seen now, or only one of them; one that came meanwhile stays unseen."""
    unseen = Notice.objects.unseen_by(by).filter(pk__lte=up_to)
    if only is not None:
        unseen = unseen.filter(pk=only)
    return unseen.update(seen_at=at)


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
        left = [pk for pk in told.leads if pk not in undone]
        if left and left != told.leads:
            told.lead_id, told.others = left[0], left[1:] or None
            told.save(update_fields=["lead", "others"])
        elif not left:
            told.delete()
    unseen.filter(lead__in=undone, at=at, act="").delete()


# What waits for an answer to a hand-off, or for a second look.
_HAND_OFF = Q(kind__in=[Notice.Kind.HAND_OFF, Notice.Kind.ESCALATED]) | Q(
    kind=Notice.Kind.SOON, clock__kind=SLAClause.Kind.RESPONSE
)
_SECOND_LOOK = Q(kind=Notice.Kind.SECOND_LOOK)


def settle_hand_off(lead: Lead, *, at: datetime) -> None:
    """It is answered, or asks for no answer any more: nobody is told of it as of something new."""
    Notice.objects.filter(_HAND_OFF, lead=lead, seen_at=None).update(seen_at=at)


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
