"""Everybody under way in a track goes on in its newest version, or leaves it: a batch at once, so that few are done by
the answer, and the rest batch by batch by a tick. What is asked for is a row until it is done.

The track is locked before what is asked of its people, and that before leads, people and enrolments.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import structlog
from django.db import OperationalError, connection, transaction

from nurture.actions.enrolling import empty_some, move_some
from nurture.models import Track, TrackMove, TrackVersion
from team.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Collection

    from team.models import User

logger = structlog.get_logger(__name__)

BATCH = 500
# On SQLite everybody else's writes wait for a batch.
SQLITE_BATCH = 100
BUDGET_SECONDS = 60.0
# Where so many of one track cannot be moved it is no fault of theirs: the rest waits for the next ring.
MOST_ASIDE = 50
# Whoever came in by what held a moment before is seen once her transaction is over: none lasts longer than this.
SETTLES = timedelta(minutes=10)


class Worked(NamedTuple):
    """One batch: how many were looked at, how many of those who are fed went on or left, and how many of these began
    another track."""

    looked_at: int = 0
    done: int = 0
    began: int = 0


class Progress(NamedTuple):
    """Of how many people who are fed how many are done; into which version, None where they leave."""

    people: int
    done: int
    version: int | None
    # The enrolments of whom something stands in the way just now.
    stuck: tuple[int, ...] = ()

    @property
    def goes_on(self) -> bool:
        return self.done < self.people

    @property
    def follow(self) -> int:
        """How many are left that nothing stands in the way of."""
        return max(self.people - self.done - len(self.stuck), 0)


def ask_to_move(version: TrackVersion, *, by: User, at: datetime) -> None:
    """Everybody under way in an older version goes on in this one, where she stood. In the transaction that publishes
    it, so that no wish is lost."""
    _ask(TrackMove(track_id=version.track_id, version=version, by=by, asked_at=at))


def ask_to_empty(track: Track, *, into: Track | None, by: User, at: datetime) -> None:
    """Everybody under way in it leaves it, and begins `into` where that may be; else their date wakes them, and of an
    inquiry it is the end. What a rep has to do for one of them stays hers, to be done or left out. In the transaction
    that takes the track out of use."""
    _ask(TrackMove(track=track, into=into, by=by, asked_at=at))


@transaction.atomic
def _ask(move: TrackMove) -> None:
    """What is asked last holds, also of whoever is coming in just now and cannot be seen yet."""
    Track.objects.select_for_update(of=("self",), no_key=True).get(pk=move.track_id)
    TrackMove.objects.filter(track=move.track_id).delete()
    move.people = move.left().fed().count()
    move.save(force_insert=True)


def let_them_stay(track: int) -> None:
    """It is in use again: whoever was to leave it, and has not left, stays."""
    TrackMove.objects.filter(track=track, version=None).delete()


def work_moves(*, budget: float = BUDGET_SECONDS) -> int:
    """Batch by batch what was asked of each track, at least one of each and for at most so many seconds; how many
    people. A track that cannot be worked holds up no other, nor a person the others of hers: both are tried again by
    the next ring."""
    ends, total = time.monotonic() + budget, 0
    for track in Track.objects.filter(move__isnull=False).order_by("move__asked_at", "pk"):
        aside = set[int]()
        try:
            while looked_at := _next_batch(track, aside):
                total += looked_at
                if time.monotonic() > ends or len(aside) >= MOST_ASIDE:
                    break
        except Exception:
            logger.exception("track_not_moved", track=track.pk)
        _note_aside(track, aside)
        total -= len(aside)
    return total


def _note_aside(track: Track, aside: Collection[int]) -> None:
    """Who was set aside by this ring is named on the page of the track until one goes by without."""
    TrackMove.objects.filter(track=track).exclude(aside=sorted(aside)).update(aside=sorted(aside))


def _next_batch(track: Track, aside: set[int]) -> int:
    """How many were looked at; on SQLite, then as long for everybody else."""
    begun = time.monotonic()
    looked_at = work_on(track, aside=aside, at=database_now()).looked_at
    if not connection.features.has_select_for_update_skip_locked:
        time.sleep(min(time.monotonic() - begun, 1))
    return looked_at


def work_at_once(track: Track, *, at: datetime) -> Worked:
    """The first batch, for whoever asked and waits for the page. What stands in its way is the tick's."""
    try:
        return work_on(track, at=at)
    except Exception:
        logger.exception("track_not_moved_at_once", track=track.pk)
        return Worked()


@transaction.atomic
def work_on(track: Track, *, aside: set[int] | None = None, at: datetime) -> Worked:
    """The next batch of what is asked of everybody in it, but for those `aside`, to whom whoever cannot be moved is
    added. Nobody, where another one is at it."""
    aside = set() if aside is None else aside
    skip = connection.features.has_select_for_update_skip_locked
    moves = TrackMove.objects.select_for_update(skip_locked=skip, of=("self",))
    move = moves.select_related("version", "into", "by").filter(track=track).first()
    if move is None:
        return Worked()
    most = BATCH if skip else min(BATCH, SQLITE_BATCH)
    ids = list(move.left().exclude(pk__in=aside).order_by("pk").values_list("pk", flat=True)[:most])
    done, began = _work_apart(move, ids, aside, at=at)
    if at > move.asked_at + SETTLES and not move.left().exists():
        move.delete()
    return Worked(len(ids), done, began)


def _work_apart(move: TrackMove, ids: list[int], aside: set[int], *, at: datetime) -> tuple[int, int]:
    """How many of these were done, and began another track. Who cannot be moved is found by halves and set aside; what
    is locked is no fault of theirs."""
    if len(aside) >= MOST_ASIDE:
        return 0, 0
    try:
        with transaction.atomic():
            if move.version is not None:
                return move_some(ids, move.version, by=move.by, at=at), 0
            return empty_some(ids, into=move.into, by=move.by, at=at)
    except OperationalError:
        raise
    except Exception:
        if len(ids) <= 1:
            logger.exception("person_not_moved", track=move.track_id, enrolments=ids)
            aside.update(ids)
            return 0, 0
    half = len(ids) // 2
    done, began = _work_apart(move, ids[:half], aside, at=at)
    more_done, more_began = _work_apart(move, ids[half:], aside, at=at)
    return done + more_done, began + more_began


def progress_of(track: Track) -> Progress | None:
    """How far it is, or has come a moment ago; None where nothing was asked of anybody who is fed."""
    move = TrackMove.objects.select_related("version").filter(track=track, people__gt=0).first()
    if move is None:
        return None
    left = move.left().fed()
    done = max(move.people - left.count(), 0)
    stuck = left.filter(pk__in=move.aside).order_by("pk").values_list("pk", flat=True) if move.aside else ()
    return Progress(move.people, done, move.version.number if move.version else None, tuple(stuck))
