"""Everybody under way in a track goes on in its newest version, or leaves it: a batch at once, so that few are done by
the answer, and the rest batch by batch by a tick. What is asked for is a row until it is done.

The track is locked before what is asked of its people, and that before leads, people and enrolments.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, connection, transaction

from nurture.actions.enrolling import empty_some, move_some
from nurture.models import Enrolment, Track, TrackMove, TrackVersion
from team.clock import database_now

if TYPE_CHECKING:
    from team.models import User

logger = structlog.get_logger(__name__)

BATCH = 500
# On SQLite everybody else's writes wait for a batch.
SQLITE_BATCH = 100
BUDGET_SECONDS = 60.0
# Where a ring finds so many of one track who cannot be moved, the next one goes on behind them.
MOST_ASIDE = 50
# So many of them are kept.
ASIDE_KEPT = 500
# Whoever came in by what held a moment before is seen once her transaction is over: none lasts longer than this.
SETTLES = timedelta(minutes=10)


class Worked(NamedTuple):
    """One batch: how many were looked at, how many of those who are fed went on or left, how many of these began
    another track, and how many could not be moved."""

    looked_at: int = 0
    done: int = 0
    began: int = 0
    aside: int = 0


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
    # Of whoever comes back when that is done and forgotten.
    is_emptied = move.version is None
    Track.objects.filter(pk=move.track_id).update(emptied_at=move.asked_at if is_emptied else None)
    if move.version is not None:
        TrackVersion.objects.filter(pk=move.version.pk).update(moved_at=move.asked_at)


def let_them_stay(track: int) -> None:
    """It is in use again: whoever was to leave it, and has not left, stays."""
    TrackMove.objects.filter(track=track, version=None).delete()
    Track.objects.filter(pk=track).update(emptied_at=None)


def move_who_came_back(enrolments: Sequence[Enrolment], *, at: datetime) -> None:
    """Of these, which are locked and under way again, those in an older version than everybody was moved to go on in
    that one, as everybody did; who cannot be moved stays, and the log says why."""
    asked = TrackVersion.objects.filter(track__in={one.track_id for one in enrolments}, moved_at__isnull=False)
    newest = {version.track_id: version for version in asked.select_related("published_by").order_by("number")}
    for track, version in newest.items():
        older = TrackVersion.objects.filter(track=track, number__lt=version.number).values_list("pk", flat=True)
        ids = [one.pk for one in enrolments if one.version_id in set(older)]
        if ids and version.published_by is not None:
            move = TrackMove(track_id=track, version=version, by=version.published_by, asked_at=at)
            _work_apart(move, ids, set(), most=len(ids) + 1, at=at)


def work_moves(*, budget: float = BUDGET_SECONDS) -> int:
    """Batch by batch what was asked of each track, at least one of each and for at most so many seconds; how many
    people. A track that cannot be worked holds up no other, nor a person the others of hers: both are tried again, she
    once the others have been looked at."""
    ends, total = time.monotonic() + budget, 0
    for track in Track.objects.filter(move__isnull=False).order_by("move__asked_at", "pk"):
        aside = 0
        try:
            while (worked := _next_batch(track, most_aside=MOST_ASIDE - aside)).looked_at:
                aside += worked.aside
                total += worked.looked_at - worked.aside
                if time.monotonic() > ends or aside >= MOST_ASIDE:
                    break
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            logger.exception("track_not_moved", track=track.pk)
    return total


def _next_batch(track: Track, *, most_aside: int) -> Worked:
    """The next batch; on SQLite, then as long for everybody else."""
    begun = time.monotonic()
    worked = work_on(track, most_aside=most_aside, at=database_now())
    if not connection.features.has_select_for_update_skip_locked:
        time.sleep(min(time.monotonic() - begun, 1))
    return worked


def work_at_once(track: Track, *, at: datetime) -> Worked:
    """The first batch, for whoever asked and waits for the page. What stands in its way is the tick's."""
    try:
        return work_on(track, at=at)
    except Exception:
        logger.exception("track_not_moved_at_once", track=track.pk)
        return Worked()


@transaction.atomic
def work_on(track: Track, *, most_aside: int = MOST_ASIDE, at: datetime) -> Worked:
    """The next batch of what is asked of everybody in it, up to the last of so many who cannot be moved: who stands
    behind them is the next batch's. Nobody, where another one is at it, and where all have been looked at, who are then
    looked at anew."""
    skip = connection.features.has_select_for_update_skip_locked
    moves = TrackMove.objects.select_for_update(skip_locked=skip, of=("self",))
    move = moves.select_related("version", "into", "by").filter(track=track).first()
    if move is None:
        return Worked()
    most = BATCH if skip else min(BATCH, SQLITE_BATCH)
    ids = list(move.left().filter(pk__gt=move.looked_to).order_by("pk").values_list("pk", flat=True)[:most])
    aside = set[int]()
    done, began = _work_apart(move, ids, aside, most=most_aside, at=at)
    if len(aside) >= most_aside:
        ids = [pk for pk in ids if pk <= max(aside)]
    if at > move.asked_at + SETTLES and not move.left().exists():
        move.delete()
    else:
        _note(move, ids, aside)
    return Worked(len(ids), done, began, len(aside))


def _note(move: TrackMove, ids: list[int], aside: set[int]) -> None:
    """How far it has come, and whom it could not do. Whoever was looked at is named on the page of the track only
    where it was so this time."""
    former, move.looked_to = move.looked_to, ids[-1] if ids else 0
    elsewhere = {pk for pk in move.aside if pk <= former or (ids and pk > ids[-1])}
    move.aside = sorted(aside | elsewhere)[:ASIDE_KEPT]
    move.save(update_fields=["looked_to", "aside"])


def _work_apart(move: TrackMove, ids: list[int], aside: set[int], *, most: int, at: datetime) -> tuple[int, int]:
    """How many of these were done, and began another track. Who cannot be moved is found by halves and set aside, up to
    so many, behind whom nobody is looked at; what is locked is no fault of theirs."""
    if len(aside) >= most:
        return 0, 0
    try:
        with transaction.atomic():
            if move.version is not None:
                return move_some(ids, move.version, by=move.by, at=at), 0
            return empty_some(ids, into=move.into, by=move.by, at=at)
    except (OperationalError, SoftTimeLimitExceeded):
        raise
    except Exception:
        if len(ids) <= 1:
            logger.exception("person_not_moved", track=move.track_id, enrolments=ids)
            aside.update(ids)
            return 0, 0
    half = len(ids) // 2
    done, began = _work_apart(move, ids[:half], aside, most=most, at=at)
    more_done, more_began = _work_apart(move, ids[half:], aside, most=most, at=at)
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
