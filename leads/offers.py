"""Who sleeps and was heard of since, by a file or too late to wake anybody: offered to the manager of the team."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from leads.actions.recycling import evidence_of
from leads.came_back import Slept, slept_words
from leads.models import Lead, Recycling, Signal
from leads.why import did_words
from team.models import Team, User

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Offer:
    lead: Lead
    # What was heard, when, and why she sleeps.
    heard: str
    at: datetime
    slept: str


def offers_to(user: User, team: Team, *, at: datetime) -> tuple[list[Offer], int]:
    """The first of those who are offered in this team, the most interested first, and how many there are."""
    offered = Signal.objects.offered_to(user).filter(lead__team=team)
    signals = list(offered.select_related("lead__person", "lead__account", "lead__bdr")[:SHOWN])
    evidence = evidence_of(signals)
    facts = {
        one.lead_id: one
        for one in Recycling.objects.filter(lead__in=[one.lead_id for one in signals], undone_at=None).select_related(
            "missing"
        )
    }
    heard = did_words([evidence.get(one.engagement_id or 0) for one in signals], now=at)
    found = []
    for one, did in zip(signals, heard, strict=True):
        recycling = facts.get(one.lead_id or 0)
        if one.lead is None:
            continue
        said = did or _words(one.kind)
        slept = slept_words(Slept.by(recycling), now=at) if recycling else ""
        found.append(Offer(one.lead, capfirst(said), one.at, slept))
    return found, offered.count() if len(signals) == SHOWN else len(found)


def _words(kind: str) -> str:
    return {
        Signal.Kind.JOB_CHANGE.value: _("has a new job, a file says"),
        Signal.Kind.PROMOTION.value: _("has a new title, a file says"),
    }.get(kind, _("showed interest again"))
