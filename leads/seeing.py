"""Who asks, as a prepared list asks it: what somebody may see is a QuerySet of her roles and teams (Lead.visible_to).

A prepared list is compiled for the roles that decide and given the numbers: herself, her teams.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import OuterRef, Subquery

from leads.models import Block, BlockLead
from team.models import Role, User


def shape_of(user: User) -> tuple[Any, ...]:
    """On what, beside numbers, it depends what she may see: the shape of such a list."""
    return (tuple(role for role in (Role.ADMIN, Role.AE, Role.MARKETER) if user.has_role(role)),)


def seer_of(user: User) -> dict[str, Any]:
    return {"user": user.pk, "bdr_of": user.teams_read(Role.BDR), "manager_of": user.teams_read(Role.MANAGER)}


def seen_as(user: User) -> dict[str, Any]:
    """What of it decides what she may see: nothing for those who see all, herself for an account executive only."""
    if user.has_role(Role.ADMIN) or user.has_role(Role.MARKETER):
        return {}
    return {name: value for name, value in seer_of(user).items() if name != "user" or user.has_role(Role.AE)}


def standing_for(
    roles: tuple[str, ...], *, user: int = 0, bdr_of: Sequence[int] = (), manager_of: Sequence[int] = ()
) -> User:
    """Somebody with these roles, so that a prepared list asks the same QuerySet who may see what."""
    someone = User(pk=user)
    held = {(role, None) for role in roles} | {(Role.BDR, team) for team in bdr_of}
    someone.held = frozenset(held | {(Role.MANAGER, team) for team in manager_of})
    # What was retired into her teams is among them already.
    someone.merged = {}
    return someone


def in_block_of(user: User) -> dict[str, Any]:
    """What a lead is asked for beside itself: which block she works, and its row there."""
    rows = BlockLead.objects.in_open_block_of(user.pk).filter(lead=OuterRef("pk"))
    blocks = Block.objects.open_of(user.pk)
    return {"in_block": Subquery(rows.values("pk")[:1]), "open_block": Subquery(blocks.values("pk")[:1])}
