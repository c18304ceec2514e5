"""Working a block: frozen once, marked lead by lead, one at a time for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from leads.actions.changing import MoveRefused
from leads.models import Block, BlockLead, Lead
from team.models import User


@transaction.atomic
def start_block(ids: Sequence[int], *, title: str, query: str = "", by: User, at: datetime) -> Block:
    """Freeze these leads, in this order, as the block she works; the one she had is left where it stands.

    MoveRefused when there is nobody in it.
    """
    if not ids:
        raise MoveRefused(_("Nobody is in this list: there is no block to start."))
    # Her own row, so that two windows cannot both begin one.
    list(User.objects.select_for_update(no_key=True).filter(pk=by.pk).values_list("pk"))
    leave_block(by=by, at=at)
    block = Block.objects.create(user=by, title=title[:120], query=query[:600], made_at=at)
    BlockLead.objects.bulk_create(
        BlockLead(block=block, lead_id=lead_id, position=position)
        for position, lead_id in enumerate(dict.fromkeys(ids), start=1)
    )
    return block


def leave_block(*, by: User, at: datetime) -> bool:
    """She stops working it; what she did stays done."""
    return bool(Block.objects.open_of(by).update(state=Block.State.LEFT, ended_at=at))


@transaction.atomic
def work_in_block(lead: Lead, *, by: User, at: datetime, passed: Sequence[int] = ()) -> Block | None:
    """This lead of her block is done, and `passed` were hers no more. Returns the block if that was the last of it."""
    block = Block.objects.open_of(by).first()
    if block is None:
        return None
    waiting = BlockLead.objects.waiting().filter(block=block)
    waiting.filter(lead=lead).update(state=BlockLead.State.DONE, at=at)
    waiting.filter(pk__in=passed).update(state=BlockLead.State.SKIPPED, at=at)
    left = BlockLead.objects.waiting().filter(block=OuterRef("pk"))
    ended = Block.objects.open_of(by).filter(~Exists(left), pk=block.pk)
    return block if ended.update(state=Block.State.FINISHED, ended_at=at) else None


def wait_in_block(leads: Sequence[Lead], *, by: User) -> None:
    """What was done to them is taken back: they wait in her block again."""
    done = BlockLead.objects.in_open_block_of(by).filter(lead__in=leads, state=BlockLead.State.DONE)
    done.update(state=BlockLead.State.WAITING, at=None)
