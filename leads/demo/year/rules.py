"""What the installation has agreed, read once: stages, reasons, dispositions, hours, and who works where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import cached_property
from zoneinfo import ZoneInfo

from agreement.models import AgreementVersion, Cadence, Criterion, Disposition, Phase, Reason, ReasonRule, Stage
from content.models import Asset
from leads.actions.stages import connected_stage, entry_stage, handed_off_stage
from leads.cadence import attempts_of
from leads.demo.cast import Cast
from leads.demo.words import ASSETS
from leads.scoring import points_of
from team.models import Team, Territory, User
from team.worktime import WorkCalendar


@dataclass
class Rules:
    """By key, as the agreement in force has it."""

    cast: Cast
    # The moment everything leads up to.
    now: datetime

    @cached_property
    def version(self) -> AgreementVersion:
        return AgreementVersion.objects.in_force()

    @cached_property
    def office(self) -> WorkCalendar:
        return self.cast.office

    @cached_property
    def zone(self) -> str:
        return self.cast.office.time_zone

    @cached_property
    def here(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def until(self, team: Team) -> datetime:
        """What those who sign in do today they do themselves: their year ends last night."""
        if team == self.cast.abroad:
            return self.now
        return datetime.combine(self.now.astimezone(self.here).date(), time(), tzinfo=self.here).astimezone(UTC)

    @cached_property
    def territories(self) -> dict[str, int]:
        return dict(Territory.objects.exclude(country="").values_list("country", "pk"))

    def route(self, team: Team, country: str) -> tuple[str, int | None]:
        """Why she came to this team, and by which territory."""
        return ("territory", self.territories.get(country)) if team == self.cast.abroad else ("pool", None)

    @cached_property
    def calendar_id(self) -> int:
        return self.cast.team.calendar_id

    @cached_property
    def entry(self) -> dict[str, Stage]:
        return {phase: entry_stage(phase) for phase in Phase.values if phase != Phase.CLOSED}

    @cached_property
    def connected(self) -> Stage:
        return connected_stage()

    @cached_property
    def booked(self) -> Stage:
        return handed_off_stage(with_meeting=True)

    @cached_property
    def dispositions(self) -> dict[str, Disposition]:
        return {row.key: row for row in Disposition.objects.all()}

    @cached_property
    def reasons(self) -> dict[str, Reason]:
        return {row.key: row for row in Reason.objects.all()}

    @cached_property
    def criteria(self) -> dict[str, Criterion]:
        return {row.key: row for row in Criterion.objects.all()}

    @cached_property
    def reason_rules(self) -> dict[str, ReasonRule]:
        rows = ReasonRule.objects.under(self.version.pk).select_related("reason", "destination_reason")
        return {row.reason.key: row for row in rows}

    @cached_property
    def cadences(self) -> dict[str, int]:
        return dict(Cadence.objects.filter(is_current=True).values_list("lane", "pk"))

    @cached_property
    def assets(self) -> dict[str, Asset]:
        """What people read; the library holds more by now."""
        titles = [title for _kind, _topic, title in ASSETS]
        return {row.title: row for row in Asset.objects.filter(title__in=titles).select_related("topic").order_by("pk")}

    @cached_property
    def by_topic(self) -> dict[str, list[Asset]]:
        found: dict[str, list[Asset]] = {}
        for row in self.assets.values():
            if row.topic:
                found.setdefault(row.topic.key, []).append(row)
        return found

    def points(self, kind: str) -> int:
        return points_of(kind, version_id=self.version.pk)

    def attempts(self, cadence_id: int) -> dict[int, tuple[int, str]]:
        """Position: working day and kind."""
        return {one.position: (one.day_offset, one.kind) for one in attempts_of(cadence_id)}

    def reps(self, team: Team) -> list[User]:
        cast = self.cast
        return [cast.dirk, cast.elin, cast.fabien] if team == cast.abroad else [cast.ana, cast.ben, cast.chloe]

    def sellers(self, team: Team) -> list[User]:
        cast = self.cast
        return [cast.ines, cast.tomas] if team == cast.abroad else [cast.clara, cast.per]

    def manager(self, team: Team) -> User:
        return self.cast.nora if team == self.cast.abroad else self.cast.mona
