"""Why a row of the queue is here, and its place in the whole list, as the address of a page carries it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy

from agreement.models import Lane
from leads.her_clock import NONE, Days, window_in
from leads.models import Lead
from leads.queue_entries import CALLS, Entry
from leads.rail import end_of_today


class Group(models.TextChoices):
    """Why a row is here, in the order in which the groups stand."""

    WAITING = "waiting", gettext_lazy("Waiting for you")
    FIRST = "first", gettext_lazy("First touch")
    TODAY = "today", gettext_lazy("Today’s steps")
    BACK = "back", gettext_lazy("Back")
    MISSED = "missed", gettext_lazy("Missed")
    LATER = "later", gettext_lazy("Tomorrow and later")


ORDER = list(Group)
# The place of a row in the whole list; it stays the same while other rows come and go.
Rank = tuple[int, str, float, int]


def in_order(entries: Iterable[Entry], *, at: datetime, weekend: Days = NONE) -> list[tuple[Rank, Entry]]:
    """The rows as the page shows them at `at`, each with its place."""
    midnight = end_of_today(at)
    return sorted(
        (rank_of(entry, group_of(entry, at=at, midnight=midnight, weekend=weekend)), entry) for entry in entries
    )


def group_of(entry: Entry, *, at: datetime, midnight: datetime, weekend: Days = NONE) -> Group:
    """Why this row is here at `at`, on a day that ends at `midnight`. What waits for an answer never stands behind
    what was missed.

    Waiting: a reply; a promised moment from 15 minutes before; a hand-raiser nobody has touched; each until the end of
    its day. Missed: a first touch past its moment, and whatever a day that is over has left undone. Later: also an
    attempt of today when there is no hour left today to call her.
    """
    is_past_day = entry.due_at < midnight - timedelta(days=1)
    asked = entry.is_first_touch and (entry.lane == Lane.HAND_RAISER or entry.origin == Lead.Origin.SIGNAL)
    if not is_past_day and entry.due_at < midnight:
        if asked or entry.is_waited_for(at):
            return Group.WAITING
    elif asked and not is_past_day:
        return Group.WAITING
    if entry.is_first_touch and entry.previous_id is not None:
        return Group.MISSED if is_past_day else Group.BACK
    if entry.is_first_touch:
        return Group.MISSED if entry.due_at <= at else Group.FIRST
    if is_past_day:
        return Group.MISSED
    if entry.due_at >= midnight or _is_out_of_hours(entry, midnight, at=at, weekend=weekend):
        return Group.LATER
    return Group.TODAY


def _is_out_of_hours(entry: Entry, midnight: datetime, *, at: datetime, weekend: Days) -> bool:
    """An attempt to call that a cadence or a flow planned, where her hours begin again on another day of the
    reader's."""
    if not entry.is_for_a_day or entry.kind not in CALLS:
        return False
    window = window_in(entry.zone, at=at, weekend=weekend)
    return window is not None and window[0] >= midnight


def group_in(rank: Rank) -> Group:
    return ORDER[rank[0]]


def rank_of(entry: Entry, group: Group) -> Rank:
    """Earliest first; what was missed by tier and newest interest."""
    place = ORDER.index(group)
    if group is Group.MISSED:
        return (place, entry.tier, -(entry.interest or 0.0), entry.lead_id)
    return (place, "", entry.due_at.timestamp(), entry.lead_id)


def write_rank(rank: Rank) -> str:
    """A place in the list as the address carries it."""
    return "_".join(str(part) for part in rank)


# The longest place that the address of a queue carries.
RANK_MAX = 100


def read_rank(text: str) -> Rank | None:
    """None where the address carries none, or nonsense: then the list begins at its top."""
    parts = text.split("_")
    try:
        place, tier, number, lead_id = parts
        return (int(place), tier, float(number), int(lead_id)) if len(text) < RANK_MAX else None
    except ValueError:
        return None
