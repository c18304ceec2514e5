"""A manager spreads leads over who is here, evenly by the room each has; what cannot go says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from agreement.models import Phase
from leads.actions.acts import one_act
from leads.actions.changing import lock_leads
from leads.actions.claiming import MOVED, reassign_leads
from leads.actions.moving import MANY_MAX
from leads.actions.sharing import share_act
from leads.models import Lead, SharedAct
from team.models import Role, User

if TYPE_CHECKING:
    from team.models import Team

SPREAD = (Phase.QUEUED, Phase.WORKING)


@dataclass
class Share:
    """What one rep gets, and what she would hold then."""

    rep: User
    held: int
    leads: list[Lead] = field(default_factory=list)

    @property
    def room(self) -> int:
        return self.rep.open_limit - self.held - len(self.leads)

    @property
    def then_held(self) -> int:
        return self.held + len(self.leads)


@dataclass
class Spread:
    """Who gets how many, and what stays with the reason."""

    shares: list[Share] = field(default_factory=list)
    skipped: list[tuple[Lead, str]] = field(default_factory=list)
    # By which it is taken back.
    act: SharedAct | None = None

    @property
    def count(self) -> int:
        return sum(len(share.leads) for share in self.shares)


def shares_of(team: Team, *, at: datetime) -> list[Share]:
    """The reps of a team who are here and have been before, each with what she holds: two statements."""
    found = User.objects.present(at).with_role(Role.BDR, team).order_by("name", "pk")
    reps = [rep for rep in found if rep.last_login]
    rows = Lead.objects.filter(bdr__in=reps, phase__in=SPREAD).order_by().values("bdr").annotate(held=Count("pk"))
    held = dict(rows.values_list("bdr", "held"))
    return [Share(rep, held.get(rep.pk, 0)) for rep in reps]


def newcomers_of(team: Team, *, at: datetime) -> list[User]:
    """Who gets nothing because she has never signed in: nobody would see it. A manager may move leads to her."""
    return list(User.objects.present(at).newcomers().with_role(Role.BDR, team).order_by("name", "pk"))


def plan_spread(leads: Sequence[Lead], shares: list[Share], *, team: Team, newcomers: Sequence[User] = ()) -> Spread:
    """In the order of the list each goes to who has most room then. Reads nothing."""
    spread = Spread(shares)
    for lead in leads:
        if lead.team_id != team.pk or lead.phase not in SPREAD:
            why = _("Only what waits in the pool or is being worked is spread.")
            spread.skipped.append((lead, why))
            continue
        others = [share for share in shares if share.rep.pk != lead.bdr_id]
        free = [share for share in others if share.room > 0]
        if not free:
            spread.skipped.append((lead, _why_nobody(lead, others, newcomers)))
            continue
        max(free, key=lambda share: share.room).leads.append(lead)
    return spread


def _why_nobody(lead: Lead, others: Sequence[Share], newcomers: Sequence[User]) -> str:
    if others:
        return _("Nobody who is here has room for it.")
    # Of what somebody works, she is not asked.
    if any(rep.pk != lead.bdr_id for rep in newcomers):
        words = (_("Whoever else is here has never signed in."), _("Whoever is here has never signed in."))
    else:
        words = (_("Nobody else of the team is here."), _("Nobody of the team is here."))
    return words[0] if lead.bdr_id else words[1]


def spread_leads(ids: Sequence[int], *, team: Team, by: User, at: datetime) -> Spread:
    """Give each to a rep who is here and has room, as one act with one event a lead; clocks run on.

    Planned again under lock, so that the preview may be old. Whoever has room before others of equal room comes first
    by name, so that the preview and the act agree while nothing has changed.
    """
    with transaction.atomic(), one_act() as act:
        place = {pk: number for number, pk in enumerate(ids)}
        leads = sorted(lock_leads(ids[:MANY_MAX]), key=lambda lead: place[lead.pk])
        spread = plan_spread(leads, shares_of(team, at=at), team=team, newcomers=newcomers_of(team, at=at))
        for share in spread.shares:
            if share.leads:
                found = [lead.pk for lead in share.leads]
                reassign_leads(found, to=share.rep, by=by, at=at, because=MOVED, side="bdr")
        spread.act = share_act(act, verb=SharedAct.Verb.MOVE, by=by, at=at)
        return spread
