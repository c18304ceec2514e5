"""Whom we put to sleep, and what came of each: her later pursuits, followed along `previous` in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agreement.models import Phase
from leads.models import Lead, Recycling
from nurture.models import Enrolment, Track
from team.models import Role, User

DAY = 24 * 60 * 60

# What counts as converted, with the column of the statement below that says when.
QUALIFIED, WON = "qualified", "won"
COUNTS_AS: dict[str, tuple[str | Promise, int]] = {QUALIFIED: (_("Qualified again"), 0), WON: (_("Won"), 1)}

# Whether a track fed her while she slept. Held out: one was chosen for her and kept from her, to measure what it does.
FED, HELD_OUT, NOT_FED = "fed", "held_out", "not_fed"
# A track that began within so many days of the sleep has fed her from its beginning.
AT_ONCE_DAYS = 7
ARMS = {FED: _("Fed by a track"), NOT_FED: _("Without a track"), HELD_OUT: _("Held out of a track")}

# Closed like this, nobody knows what would have come of it.
GONE = (Lead.ClosedAs.MERGED, Lead.ClosedAs.ERASED)

CONVERTED, UNDER_WAY, OVER, OUT_OF_SIGHT = "converted", "under_way", "over", "out_of_sight"
CAME_OF = {
    CONVERTED: _("Converted"),
    UNDER_WAY: _("Asleep or worked again"),
    OVER: _("Ended without"),
    OUT_OF_SIGHT: _("Merged or erased"),
}


class Draw(NamedTuple):
    """Into which track it was drawn for her, of how many left without in a hundred, and what came out."""

    track: int
    percent: int
    is_held_out: bool


@dataclass(frozen=True, slots=True)
class Slept:
    """One person who was put to sleep, and how long we have watched what comes of it."""

    recycling: int
    category: str
    by: int | None
    arm: str
    at: datetime
    days: int
    came: str
    # After how many days a track began that came too late for her to count as fed from the beginning.
    fed_late: int | None = None
    # The first that was chosen for her.
    track: int | None = None
    # How long ago she was put to sleep, whatever came of it.
    ago: int = 0
    # At once; empty: nobody drew for her.
    draw: Draw | None = None

    @property
    def has_converted(self) -> bool:
        return self.came == CONVERTED

    @property
    def in_arm(self) -> tuple[int, bool]:
        """How long she was watched as one of her arm, and whether that ended with a conversion.

        Whoever a track began to feed later is one of those without a track until then, and of neither afterwards: to
        count her among the fed from the beginning would add days in which she could not but wait for it.
        """
        if self.fed_late is not None and self.fed_late < self.days:
            return self.fed_late, False
        return self.days, self.has_converted


def recyclings_seen_by(user: User) -> QuerySet[Recycling]:
    """Managers see whom their teams put to sleep, marketers and admins all, BDRs and account executives whom they put
    to sleep themselves and may still read."""
    found = Recycling.objects.filter(undone_at=None)
    if user.has_role(Role.ADMIN) or user.has_role(Role.MARKETER):
        return found
    seen = Q(lead__team__in=user.teams_read(Role.MANAGER))
    if user.has_role(Role.BDR):
        seen |= Q(by=user, lead__team__in=user.teams_read(Role.BDR))
    if user.has_role(Role.AE):
        seen |= Q(by=user, lead__ae=user)
    return found.filter(seen)


def with_feeding(recyclings: QuerySet[Recycling], *, track: int | None = None) -> QuerySet[Any]:
    """Each with when a track first fed its lead, when one was first kept from it, and what was first drawn for it; of
    one track, only those it was chosen for."""
    chosen = Enrolment.objects.filter(lead=OuterRef("lead"), track__kind=Track.Kind.TRACK).order_by("started_at", "pk")
    if track is not None:
        chosen = chosen.filter(track=track)
        recyclings = recyclings.filter(Exists(chosen))
    first = {
        name: chosen.filter(is_held_out=held).values("started_at")[:1]
        for name, held in (("fed", False), ("held", True))
    }
    drawn = chosen.filter(hold_out_percent__isnull=False, started_at__gte=OuterRef("at"))
    return recyclings.annotate(
        fed_at=Subquery(first["fed"]), held_at=Subquery(first["held"]), chosen=Subquery(chosen.values("track")[:1]),
        drawn=Subquery(drawn.values("pk")[:1]),
    )  # fmt: skip


def fates_of(recyclings: QuerySet[Any], *, counts_as: str, at: datetime) -> list[Slept]:
    """What came of these, in one statement, the latest first. `recyclings` say when they were fed (`with_feeding`).

    A person who was put to sleep several times counts once, from the first time that was asked for: what she did later
    would otherwise be counted again. Only what comes after that counts; whoever was disqualified stays in the count as
    not converted, whoever was merged or erased is watched until then.
    """
    # Of the pursuit that fell asleep only how it ended counts; it is read with the rest of its row.
    gone = Case(When(lead__closed_as__in=GONE, then="lead__closed_at"))
    is_open = Case(When(lead__phase=Phase.CLOSED, then=0), default=1)
    columns = recyclings.order_by().values_list(
        "pk", "lead", "lead__person", "at", "category", "by", "chosen", "drawn", "fed_at", "held_at", gone,
        is_open,
    )  # fmt: skip
    try:
        asked, params = columns.query.sql_with_params()
    except EmptyResultSet:
        # Nobody of hers, whatever the tables hold.
        return []
    with connection.cursor() as cursor:
        cursor.execute(_HEAD + asked + _REST, params)
        rows = cursor.fetchall()
    column = COUNTS_AS[counts_as][1]
    return [_slept(row[:7], row[7 + column], row[9], row[10], row[11:], at=at) for row in rows]


# Both databases walk the chain by the unique index of `previous`, a round a pursuit.
_HEAD = (
    "WITH RECURSIVE asked "
    "(recycling, lead, person, at, category, by_id, track_id, drawn, fed_at, held_at, gone_at, is_open) AS ("
)
_REST = """),
slept AS (
    SELECT * FROM (
        SELECT asked.*, ROW_NUMBER() OVER (PARTITION BY person ORDER BY at, recycling) AS nth FROM asked
    ) AS numbered WHERE nth = 1
),
pursuit (recycling, lead, qualified_at, won_at, gone_at, is_open) AS (
    SELECT recycling, lead, CASE WHEN 1 = 0 THEN at END, CASE WHEN 1 = 0 THEN at END, gone_at, is_open FROM slept
    UNION ALL
    SELECT pursuit.recycling, later.id, later.first_qualified_at,
        CASE WHEN later.closed_as = 'won' THEN later.closed_at END,
        CASE WHEN later.closed_as IN ('merged', 'erased') THEN later.closed_at END,
        CASE WHEN later.phase = 'closed' THEN 0 ELSE 1 END
    FROM pursuit JOIN leads_lead AS later ON later.previous_id = pursuit.lead
),
fate AS (
    SELECT recycling, MIN(qualified_at) AS qualified_at, MIN(won_at) AS won_at, MIN(gone_at) AS gone_at,
        MAX(is_open) AS is_open
    FROM pursuit GROUP BY recycling
)
SELECT slept.recycling, slept.category, slept.by_id, slept.track_id, slept.at, slept.fed_at, slept.held_at,
    fate.qualified_at, fate.won_at, fate.gone_at, fate.is_open,
    draw.track_id, draw.hold_out_percent, draw.is_held_out, draw.started_at
FROM slept JOIN fate ON fate.recycling = slept.recycling
LEFT JOIN nurture_enrolment AS draw ON draw.id = slept.drawn
ORDER BY slept.at DESC, slept.recycling DESC"""


def _slept(
    known: Sequence[Any], converted: Any, gone: Any, is_open: int, drawn: Sequence[Any], *, at: datetime
) -> Slept:
    recycling, category, by, track, *moments = known
    began, fed_at, held_at, converted_at, gone_at = map(_moment, (*moments, converted, gone))
    if converted_at is not None:
        came, until = CONVERTED, converted_at
    elif gone_at is not None:
        came, until = OUT_OF_SIGHT, gone_at
    else:
        came, until = UNDER_WAY if is_open else OVER, at
    fed, held = (_days(began, moment) for moment in (fed_at, held_at))
    arm, fed_late = NOT_FED, fed
    if fed is not None and fed <= AT_ONCE_DAYS:
        arm, fed_late = FED, None
    elif held is not None and held <= AT_ONCE_DAYS:
        arm = HELD_OUT
    drawn_track, percent, is_held_out, drawn_at = drawn
    draw = None
    if drawn_track is not None and (_days(began, _moment(drawn_at)) or 0) <= AT_ONCE_DAYS:
        draw = Draw(drawn_track, percent, bool(is_held_out))
    days, ago = (_days(began, moment) or 0 for moment in (until, at))
    return Slept(recycling, category, by, arm, began, days, came, fed_late, track, ago, draw)


def _days(began: datetime, moment: datetime | None) -> int | None:
    return None if moment is None else max(int((moment - began).total_seconds() // DAY), 0)


def _moment(value: Any) -> Any:
    """SQLite hands back what it keeps: a moment or the words of one, in UTC without saying so."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found
