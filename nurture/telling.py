"""A flow in words: what each node does, as a sentence, and the figures that stand beside it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Employment
from agreement.models import Criterion
from content.models import Asset, Topic
from nurture.flow import Flow
from nurture.letter_checks import Concern, warnings_of
from nurture.listing import BY_LOT, CAME, LATELY, OF_NODE, STEPS, fans_of, of_track
from nurture.models import Enrolment, Message, Passage, Track, TrackNode
from nurture.over import named_in, over_among
from nurture.passing import BECAUSE
from team.company_time import company_day

Kind, Question, What = TrackNode.Kind, TrackNode.Question, Passage.What
ICONS = {Kind.EMAIL: "mail", Kind.WAIT: "clock", Kind.STEP: "person", Kind.BRANCH: "merge", Kind.GOAL: "done"}
MAIL: tuple[Literal["sent"], Literal["opened"], Literal["clicked"], Literal["replied"]] = (
    "sent", "opened", "clicked", "replied",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """One node as the page shows it, with what stands in its arms."""

    node: TrackNode
    icon: str
    title: str
    soft: str
    # What is counted there in words, and the name of the list behind it.
    figures: list[tuple[str, str]]
    yes: list[Part]
    no: list[Part]
    is_first: bool = False
    is_last: bool = False
    # Why it cannot be published as it stands.
    faults: Sequence[str] = ()
    # What to look at before it is published.
    warnings: Sequence[Concern] = ()

    @property
    def is_branch(self) -> bool:
        return self.node.kind == Kind.BRANCH


class Names:
    """What nodes name, of a whole flow in three statements."""

    def __init__(self, nodes: list[TrackNode]) -> None:
        self.assets = Asset.objects.in_bulk({node.asset_id for node in nodes if node.asset_id})
        self.topics = Topic.objects.in_bulk({node.topic_id for node in nodes if node.topic_id})
        named = {asset.public_id for asset in self.assets.values()} | named_in(*(node.text for node in nodes))
        self.over = {one.asset.public_id: one.words for one in over_among(named, on=company_day(timezone.now()))}
        self.criteria = Criterion.objects.in_bulk({node.criterion_id for node in nodes if node.criterion_id})

    def title(self, node: TrackNode) -> str:
        match node.kind:
            case Kind.EMAIL:
                return node.subject
            case Kind.WAIT:
                return ngettext("Wait %(days)s day", "Wait %(days)s days", node.days or 0) % {"days": node.days}
            case Kind.STEP:
                kind = node.get_step_kind_display()
                return f"{kind}: {node.words}" if node.words else str(kind)
            case Kind.GOAL:
                return _("Ends here if: %(what)s") % {"what": self.question(node)}
        return self.question(node)

    def question(self, node: TrackNode) -> str:
        match node.question:
            case Question.TOPIC:
                return _("showed interest in %(topic)s") % {"topic": self.topics[node.topic_id or 0]}
            case Question.ROLE:
                return _("is %(role)s") % {"role": str(Employment.Role(node.role).label).lower()}
            case Question.CRITERION:
                return _("answered yes to %(what)s") % {"what": self.criteria[node.criterion_id or 0]}
            case Question.CLICKED:
                return _("clicked in this track")
        return _("replied in this track")

    def soft(self, node: TrackNode) -> str:
        if node.kind != Kind.EMAIL:
            return ""
        if node.brings_what_fits:
            return self._over(named_in(node.text)) or _("brings whatever fits best and they have not had")
        brought = {self.assets[node.asset_id].public_id} if node.asset_id else set()
        if over := self._over(brought | named_in(node.text)):
            return over
        return _("brings “%(title)s”") % {"title": self.assets[node.asset_id]} if node.asset_id else _("brings nothing")

    def _over(self, named: set[UUID]) -> str:
        """Why it does not go out as it is, and what comes after it."""
        return " ".join(self.over[one] for one in sorted(named) if one in self.over)


def goal_words(track: Track) -> str:
    """What ends it for whoever comes there, wherever she stands; empty where nothing but its last step does."""
    match track.goal:
        case Track.Goal.TOPIC:
            return _("Ends once they showed interest in %(topic)s") % {"topic": track.goal_topic}
        case Track.Goal.ROLE:
            return _("Ends once somebody is %(role)s") % {"role": str(Employment.Role(track.goal_role).label).lower()}
        case Track.Goal.CRITERION:
            return _("Ends once they answered yes to %(what)s") % {"what": track.goal_criterion}
        case Track.Goal.CLICKED:
            return _("Ends once they clicked in it")
    return ""


@dataclass
class Figures:
    """How many came by each node, and what came of it; how many stand there now."""

    came: Counter[tuple[int, str]] = field(default_factory=Counter)
    by_anybody: Counter[int] = field(default_factory=Counter)
    here: dict[int, int] = field(default_factory=dict)
    # Of whoever passed it over, how many for each reason; of a step of ours, what became of it.
    why: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    steps: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    mail: dict[int, dict[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, version: int) -> Figures:
        found = cls()
        by_node = Passage.objects.filter(node__version=version).order_by().values_list("node", "what")
        for node, what, n in by_node.annotate(n=Count("enrolment", distinct=True)):
            found.came[node, what] = n
        anybody = Passage.objects.filter(node__version=version, what__in=CAME).order_by().values_list("node")
        found.by_anybody = Counter(dict(anybody.annotate(n=Count("enrolment", distinct=True))))
        asked = Passage.objects.filter(node__version=version, what__in=[What.SKIPPED, What.RESUMED]).exclude(because="")
        for node, what, because, n in (
            asked.order_by().values_list("node", "what", "because").annotate(n=Count("enrolment", distinct=True))
        ):
            (found.why if what == What.SKIPPED else found.steps)[node][because] = n
        under_way = Enrolment.objects.under_way().filter(version=version, node__isnull=False).order_by()
        found.here = dict(under_way.values_list("node").annotate(n=Count("pk")))
        letters = Message.objects.filter(node__version=version).order_by().values("node")
        counted = letters.annotate(
            sent=Count("pk", filter=Q(state__in=Message.LEFT)),
            opened=Count("pk", filter=Q(opened_at__isnull=False, state__in=Message.LEFT)),
            clicked=Count("pk", filter=Q(clicked_at__isnull=False, state__in=Message.LEFT)),
            replied=Count("pk", filter=Q(replied_at__isnull=False, state__in=Message.LEFT)),
        )
        found.mail = {row["node"]: {name: row[name] for name in MAIL} for row in counted}
        return found

    def told(self, node: TrackNode) -> list[tuple[str, str]]:
        """The figures of one node in words, each with the name of its list; none where nobody has come by."""
        came = self.by_anybody[node.pk]
        if not came:
            return []
        row = self.mail.get(node.pk, defaultdict(int))
        counted = {"came": came}
        if node.kind == Kind.EMAIL:
            counted |= {name: row[name] for name in MAIL}
        elif node.kind == Kind.BRANCH:
            counted["yes"] = self.came[node.pk, What.YES]
        elif node.kind == Kind.GOAL:
            counted["reached"] = self.came[node.pk, What.REACHED]
        elif node.kind == Kind.STEP:
            counted |= {name: n for name in STEPS if (n := self.steps[node.pk][name])}
        left = self.came[node.pk, What.ENDED] if node.kind != Kind.GOAL else 0
        passed = (("skipped", self.came[node.pk, What.SKIPPED]), ("left", left), ("here", self.here.get(node.pk, 0)))
        for name, n in passed:
            if n:
                counted[name] = n
        words = {name: f"{n} {OF_NODE[name]}" for name, n in counted.items()}
        if reasons := self.why[node.pk].most_common():
            said = ", ".join(f"{BECAUSE.get(because, because)} ({n})" for because, n in reasons)
            words["skipped"] = f"{words.get('skipped', '')}: {said}"
        return [(words[name], name if n else "") for name, n in counted.items()]


def parts_of(
    flow: Flow, figures: Figures | None = None, faults: Mapping[int, Sequence[str]] | None = None
) -> list[Part]:
    """The flow as it is read; of a draft each node with its `faults`."""
    names = Names(list(flow.nodes.values()))
    figures = figures or Figures()

    def line(branch: TrackNode | None, arm: str) -> list[Part]:
        nodes = flow.line(branch, arm)
        return [
            Part(
                node, ICONS[Kind(node.kind)], names.title(node), names.soft(node), figures.told(node),
                line(node, TrackNode.Arm.YES), line(node, TrackNode.Arm.NO), place == 0, place == len(nodes) - 1,
                (faults or {}).get(node.pk, ()),
                warnings_of(node.subject, node.text) if faults is not None and node.kind == Kind.EMAIL else (),
            )
            for place, node in enumerate(nodes)
        ]  # fmt: skip

    return line(None, "")


@dataclass
class Tally:
    """How a track does."""

    under_way: int = 0
    entered: int = 0
    reached: int = 0
    replied: int = 0
    ended: int = 0
    unreachable: int = 0


def tallies(tracks: list[Track], *, at: datetime) -> dict[int, Tally]:
    """Of each of these tracks: who is under way, and what became of those who came in the last ninety days."""
    found: dict[int, Tally] = {track.pk: Tally() for track in tracks}
    going = Enrolment.objects.fed().filter(track__in=tracks).order_by()
    for track, n in going.values_list("track").annotate(n=Count("pk")):
        found[track].under_way = n
    lately = Enrolment.objects.filter(track__in=tracks, started_at__gt=at - LATELY, is_held_out=False).order_by()
    rows: Iterator[Any] = lately.values_list("track", "outcome").annotate(n=Count("pk")).iterator()
    for track, outcome, n in rows:
        tally = found[track]
        tally.entered += n
        tally.reached += n if outcome in (Enrolment.Outcome.GOAL, Enrolment.Outcome.MET) else 0
        tally.replied += n if outcome == Enrolment.Outcome.REPLIED else 0
        tally.ended += n if outcome in (Enrolment.Outcome.EXHAUSTED, Enrolment.Outcome.MOVED) else 0
        tally.unreachable += n if outcome == Enrolment.Outcome.UNREACHABLE else 0
    return found


def draws_of(track: Track, *, at: datetime) -> dict[str, int]:
    """Of those for whom it was drawn, in the last ninety days: who was fed, who was left without, who of each is back.
    Whom somebody put into it by hand is in neither: they would be compared with nobody like them. Empty where nobody
    is left without."""
    if not track.hold_out_percent and not of_track(track, "held_out", at=at).exists():
        return {}
    return {what: of_track(track, what, at=at).count() for what in BY_LOT}


@dataclass(frozen=True)
class FanFigures:
    """What fans are worth who never buy: whom they named, and who of them decides by now."""

    fans: int
    referrals: int
    step_ups: int


def fan_figures(track: Track) -> FanFigures:
    return FanFigures(fans_of(track).count(), fans_of(track, "named").count(), fans_of(track, "rose").count())
