"""Which play fits a lead: where in the buying cycle, who, and what they need. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import Employment
from agreement.models import Criterion
from leads.models import Answer, Lead
from nurture.models import Track

# Of what has to be known so much, in hundredths. People talk to us before they have decided seven tenths.
MIDDLE_FROM, LATE_FROM = 34, 70
MOST = 3


@dataclass(frozen=True)
class Suggested:
    """A play, and why it fits, in words."""

    play: Track
    why: str


@dataclass(frozen=True)
class Stand:
    """Where somebody is: the part of the cycle, her role, and what is not known yet."""

    cycle: str
    known: int
    of: int
    role: str
    needs: dict[int, str]


def cycle_at(known: int, *, of: int) -> Track.Cycle:
    """The part of the cycle where so many of the criteria are answered with yes."""
    share = 100 * known // max(of, 1)
    return Track.Cycle.EARLY if share < MIDDLE_FROM else Track.Cycle.MIDDLE if share < LATE_FROM else Track.Cycle.LATE


def stand_of(lead: Lead) -> Stand:
    criteria = {criterion.pk: criterion.label for criterion in Criterion.objects.in_use()}
    newest: dict[int, str] = {}
    for criterion, value in Answer.objects.filter(lead=lead).order_by("id").values_list("criterion_id", "value"):
        newest[criterion] = value
    known = [pk for pk in criteria if newest.get(pk) == Answer.Value.YES]
    cycle = cycle_at(len(known), of=len(criteria))
    role = Employment.objects.filter(person=lead.person_id, is_current=True).values_list("role", flat=True).first()
    needs = {pk: label for pk, label in criteria.items() if pk not in known}
    return Stand(cycle, len(known), len(criteria), role or Employment.Role.UNKNOWN, needs)


def suggested(stand: Stand, plays: Iterable[Track]) -> list[Suggested]:
    """What fits first, then the order of the list. A play that asks for something else is not
    suggested, nor one that asks for nothing: that is somebody's own choice."""
    found = []
    for play in plays:
        asked = [
            (play.cycle, play.cycle == stand.cycle, _cycle(stand)),
            (play.role, play.role == stand.role, str(Employment.Role(stand.role).label).lower()),
            (play.need_id, play.need_id in stand.needs, _need(play, stand)),
        ]
        because = [why for wanted, _holds, why in asked if wanted]
        if because and all(holds for wanted, holds, _why in asked if wanted):
            found.append((-len(because), play.position, Suggested(play, ", ".join(because))))
    found.sort(key=lambda one: one[:2])
    return [one for _fit, _position, one in found[:MOST]]


def _cycle(stand: Stand) -> str:
    label = str(Track.Cycle(stand.cycle).label).split(":")[0].lower()
    return _("%(cycle)s in the cycle, %(known)s of %(of)s known") % {
        "cycle": label,
        "known": stand.known,
        "of": stand.of,
    }


def _need(play: Track, stand: Stand) -> str:
    return _("%(what)s is not known") % {"what": stand.needs.get(play.need_id or 0, "")}
