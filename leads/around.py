"""What stands around the rows of My queue, in one statement: her day, her block, the topics one can filter by."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, JSONObject

from content.models import Topic
from leads.models import Block, BlockLead, SavedView
from leads.rail import end_of_today
from leads.today import Today, as_told, done_since
from team.models import Role, Team, User
from team.prepared import Prepared


@dataclass(frozen=True)
class OpenBlock:
    """The block she works, as the head of her queue says it."""

    title: str
    total: int
    done: int
    skipped: int

    @property
    def over(self) -> int:
        return self.done + self.skipped

    @property
    def left(self) -> int:
        return self.total - self.over


@dataclass(frozen=True)
class View:
    """A tab: a list that is kept under a name, her own or shared with a team."""

    pk: int
    name: str
    query: str
    owner: int
    team_id: int | None
    team: str
    is_changeable: bool = False


@dataclass
class Around:
    today: Today
    block: OpenBlock | None = None
    views: list[View] = field(default_factory=list)
    # Her teams, with which she may share.
    teams: list[tuple[str, str]] = field(default_factory=list)
    topics: list[tuple[str, str]] = field(default_factory=list)


def around_of(user: User, *, at: datetime) -> Around:
    """Everything but the rows and the rail."""
    teams, managed = user.teams_as(Role.BDR, Role.MANAGER), user.teams_as(Role.MANAGER)
    told: dict[str, list[dict[str, Any]]] = {}
    tomorrow = end_of_today(at)
    rows = _AROUND.rows(user=user.pk, midnight=tomorrow - timedelta(days=1), tomorrow=tomorrow, teams=teams)
    for what, _place, said in sorted(rows, key=lambda row: row[1]):
        told.setdefault(what, []).append(said)
    around = Around(as_told(user, told["today"][0], at=at))
    for said in told.get("block", []):
        around.block = OpenBlock(**said)
    for said in told.get("view", []):
        is_changeable = said["owner"] == user.pk or said["team_id"] in managed
        around.views.append(View(**said | {"team": said["team"] or ""}, is_changeable=is_changeable))
    around.teams = [(str(said["pk"]), said["name"]) for said in told.get("team", [])]
    around.topics = [(str(said["pk"]), said["label"]) for said in told.get("topic", [])]
    return around


def _around(*, user: int, midnight: datetime, tomorrow: datetime, teams: list[int]) -> QuerySet[Any, Any]:
    today = User.objects.filter(pk=user).order_by().values_list(
        Value("today"), Value(0), JSONObject(**done_since(user=user, midnight=midnight, tomorrow=tomorrow))
    )  # fmt: skip
    counts = {"total": _rows(), "done": _rows(BlockLead.State.DONE), "skipped": _rows(BlockLead.State.SKIPPED)}
    block = Block.objects.open_of(user).order_by().values_list(
        Value("block"), Value(0), JSONObject(title="title", **counts)
    )  # fmt: skip
    topics = Topic.objects.order_by().values_list(Value("topic"), F("position"), JSONObject(pk="pk", label="label"))
    kept = (
        SavedView.objects.offered_to(user, teams=teams)
        .order_by()
        .values_list(
            Value("view"),
            F("pk"),
            JSONObject(pk="pk", name="name", query="query", owner="user_id", team_id="team_id", team="team__name"),
        )
    )
    hers = Team.objects.filter(pk__in=teams).order_by().values_list(
        Value("team"), F("pk"), JSONObject(pk="pk", name="name")
    )  # fmt: skip
    return today.union(block, topics, kept, hers, all=True)


def _rows(state: str = "") -> Any:
    rows = BlockLead.objects.filter(block=OuterRef("pk"), **({"state": state} if state else {}))
    return Coalesce(Subquery(rows.order_by().values("block").annotate(n=Count("pk")).values("n")), 0)


_AROUND = Prepared(_around)
