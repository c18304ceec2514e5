"""Who stands behind a figure of a track: the enrolments it counts, a page at a time. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, Max, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Employment, called
from leads.models import Lead, Recycling
from nurture.models import Enrolment, Message, Passage, Track, TrackNode
from nurture.models.enrolment import EnrolmentQuerySet
from nurture.same import row_today

PAGE = 50
LATELY = timedelta(days=90)
Outcome, What = Enrolment.Outcome, Passage.What
CAME = (What.ENTERED, What.PLANNED, What.WAITED, What.YES, What.NO, What.REACHED, What.SKIPPED)
BACK = (Outcome.WOKEN, Outcome.REPLIED)
ENDED_BY: dict[str, tuple[str, ...]] = {
    "reached": (Outcome.GOAL, Outcome.MET),
    "replied": (Outcome.REPLIED,),
    "ended": (Outcome.EXHAUSTED, Outcome.MOVED),
    "unreachable": (Outcome.UNREACHABLE,),
}
# Of a whole track.
OF_TRACK: dict[str, str | Promise] = {
    "under_way": _("under way"),
    "entered": _("came in 90 days"),
    "reached": _("reached its goal"),
    "replied": _("replied"),
    "ended": _("came to its end"),
    "unreachable": _("could not be reached"),
    "named": _("named somebody"),
    "rose": _("decide or champion by now"),
    "drawn_fed": _("fed as drawn by lot"),
    "drawn_fed_back": _("fed as drawn by lot, and came back"),
    "held_out": _("left without, to compare"),
    "held_out_back": _("left without, and came back"),
}
# Of one node of a version.
OF_NODE: dict[str, str | Promise] = {
    "came": _("came by"),
    "sent": _("sent"),
    "opened": _("opened"),
    "clicked": _("clicked"),
    "replied": _("replied"),
    "yes": _("yes"),
    "reached": _("reached it"),
    "done": _("done by us"),
    "left_out": _("left out by us"),
    "skipped": _("passed over"),
    "left": _("left here"),
    "here": _("here now"),
}
# What became of a step of ours, as the engine wrote it down when it went on.
STEPS = ("done", "left_out")
OF_FANS = ("named", "rose")
BY_LOT = ("drawn_fed", "drawn_fed_back", "held_out", "held_out_back")
ROSE = (Employment.Role.DECISION_MAKER, Employment.Role.CHAMPION, Employment.Role.INFLUENCER)
MARKS = {"opened": "opened_at", "clicked": "clicked_at", "replied": "replied_at"}


@dataclass(frozen=True, slots=True)
class One:
    """Somebody in the list. `lead` is empty where there is none."""

    name: str
    company: str
    lead: UUID | None
    stands: str
    at: datetime
    is_under_way: bool


def of_track(track: Track, what: str, *, at: datetime) -> EnrolmentQuerySet:
    """As `telling.tallies` counts them."""
    rows = Enrolment.objects.filter(track=track)
    if what == "under_way":
        return rows.fed()
    if what in OF_FANS:
        return fans_of(track, what)
    rows = rows.filter(started_at__gt=at - LATELY, is_held_out=what.startswith("held_out"))
    if what in BY_LOT:
        # Fed or not, back is who answered, or woke: also after the end of the track, or at its goal.
        came_back = Q(outcome__in=BACK) | Q(lead__closed_as=Lead.ClosedAs.WOKEN)
        return rows.drawn().filter(came_back) if what.endswith("_back") else rows.drawn()
    return rows.filter(outcome__in=ENDED_BY[what]) if what in ENDED_BY else rows


def fans_of(track: Track, what: str = "") -> EnrolmentQuerySet:
    """The fans it ever fed, each once; of these, who named somebody to us, or who decides, champions or influences by
    now."""
    fed = Enrolment.objects.filter(track=track, is_held_out=False)
    last_of_each = fed.order_by().values(is_today=row_today()).annotate(last=Max("pk")).values("last")
    fans = fed.alias(is_today=row_today()).filter(pk__in=last_of_each)
    if what == "named":
        named = Recycling.objects.filter(lead__person=OuterRef("is_today"), undone_at=None, referred_to__isnull=False)
        return fans.filter(Exists(named.order_by()))
    if what == "rose":
        jobs = Employment.objects.filter(person=OuterRef("is_today"), is_current=True, role__in=ROSE)
        return fans.filter(Exists(jobs.order_by()))
    return fans


def of_node(node: TrackNode, what: str) -> EnrolmentQuerySet:
    """As `telling.Figures` counts them."""
    rows = Enrolment.objects.filter(version=node.version_id)
    if what == "here":
        return rows.under_way().filter(node=node)
    by = Passage.objects.filter(enrolment=OuterRef("pk"), node=node).order_by()
    if what == "left":
        return Enrolment.objects.filter(Exists(by.filter(what=What.ENDED)))
    if what in STEPS:
        return Enrolment.objects.filter(Exists(by.filter(what=What.RESUMED, because=what)))
    if what in ("yes", "reached", "skipped"):
        return Enrolment.objects.filter(Exists(by.filter(what=what)))
    if what == "came":
        return Enrolment.objects.filter(Exists(by.filter(what__in=CAME)))
    letters = Message.objects.left().filter(enrolment=OuterRef("pk"), node=node).order_by()
    if mark := MARKS.get(what):
        letters = letters.filter(**{f"{mark}__isnull": False})
    return Enrolment.objects.filter(Exists(letters))


def listed(rows: EnrolmentQuerySet, *, after: int | None = None) -> tuple[list[One], int | None]:
    """One page, who came last on top, and the key of the next: one statement."""
    if after is not None:
        rows = rows.filter(pk__lt=after)
    asked: Any = rows.order_by("-pk").values(
        "pk", "state", "outcome", "is_held_out", "started_at", "ended_at",
        given=F("person__given_name"), family=F("person__family_name"), known_by=F("person__known_by"),
        company=F("lead__account__name"), opens=F("lead__public_id"),
    )[: PAGE + 1]  # fmt: skip
    found = list(asked)
    following = found[PAGE - 1]["pk"] if len(found) > PAGE else None
    return [_one(row) for row in found[:PAGE]], following


def _one(row: dict[str, Any]) -> One:
    is_under_way = row["state"] in Enrolment.UNDER_WAY
    stands = Enrolment.State(row["state"]).label if is_under_way else Outcome(row["outcome"]).label
    return One(
        name=called(row["given"], row["family"], row["known_by"]),
        company=row["company"] or "",
        lead=row["opens"],
        stands=str(_("left without, to compare") if row["is_held_out"] and is_under_way else stands),
        at=row["ended_at"] or row["started_at"],
        is_under_way=is_under_way,
    )


def any_of(what: str, names: dict[str, str | Promise]) -> str:
    """What was asked for, where that is a figure; else the first."""
    return what if what in names else next(iter(names))
