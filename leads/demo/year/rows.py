"""Rows on their way into the tables: kept in memory while a chunk is told, and written with a statement a table.

What is written here can never be changed again: history is append-only. So every row has its codes before it goes in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import models

from accounts.models import Suppression
from leads.models import (
    Activity,
    Answer,
    Clock,
    Engagement,
    HandOff,
    Interest,
    Lead,
    LeadEvent,
    Note,
    Recycling,
    SecondLook,
    Step,
    Verdict,
)
from leads.scoring import HALF_LIVES, POINTS_MAX, interest_rank
from team.bulk import insert_objects


@dataclass
class Rows:
    """Everything that one chunk comes to."""

    engagements: list[Engagement] = field(default_factory=list)
    # By generation: the second pursuit of somebody names the first.
    leads: list[list[tuple[Lead, Lead | None]]] = field(default_factory=list)
    events: list[LeadEvent] = field(default_factory=list)
    of_lead: list[tuple[Lead, Any]] = field(default_factory=list)
    # What a row names that has no id yet: (row, attribute, the other).
    names: list[tuple[Any, str, models.Model]] = field(default_factory=list)
    # The same for the codes of an event.
    codes: list[tuple[LeadEvent, str, models.Model]] = field(default_factory=list)
    verdicts: list[tuple[Verdict, Engagement]] = field(default_factory=list)
    suppressions: list[Suppression] = field(default_factory=list)
    customers: set[int] = field(default_factory=set)

    def add_lead(self, lead: Lead, previous: Lead | None, *, generation: int) -> None:
        while len(self.leads) <= generation:
            self.leads.append([])
        self.leads[generation].append((lead, previous))

    def write(self) -> None:
        """In an order in which whatever is named is there already."""
        insert_objects(self.engagements)
        for generation in self.leads:
            for lead, previous in generation:
                lead.previous_id = previous.pk if previous else None
            insert_objects([lead for lead, _previous in generation])
        for lead, row in self.of_lead:
            row.lead_id = lead.pk
        for event in self.events:
            event.lead_id = event.lead.pk
        for model in (Activity, HandOff, Clock, Note, Answer, Step, Recycling, SecondLook):
            for row, name, other in self.names:
                if isinstance(row, model):
                    setattr(row, name, other.pk)
            insert_objects([row for _lead, row in self.of_lead if type(row) is model])
        for verdict, engagement in self.verdicts:
            verdict.engagement_id = engagement.pk
        insert_objects([verdict for verdict, _engagement in self.verdicts])
        insert_objects(self.suppressions)
        for event, key, other in self.codes:
            if key == "notes":
                event.data.setdefault("effects", {}).setdefault("notes", []).append(other.pk)
            else:
                event.data[key] = other.pk
        # As the whole team did it, one after the other; each lead's own order stays.
        self.events.sort(key=lambda event: event.at)
        insert_objects(self.events)

    def write_interest(self, *, half_life: timedelta) -> None:
        """What everybody's engagements are worth since her last one, as the recorder would have written it."""
        by_person: dict[int, list[Engagement]] = {}
        for one in self.engagements:
            by_person.setdefault(one.person_id, []).append(one)
        rows = []
        for person_id, done in by_person.items():
            last = max(one.recorded_at for one in done)
            recent = (one for one in done if one.at > last - HALF_LIVES * half_life)
            points = min(round(sum(one.points * 0.5 ** ((last - one.at) / half_life) for one in recent)), POINTS_MAX)
            rank = interest_rank(points, at=last, half_life=half_life)
            days = half_life.days
            rows.append(Interest(person_id=person_id, points=points, at=last, rank=rank, half_life_days=days))
        Interest.objects.bulk_create(rows, batch_size=500)
