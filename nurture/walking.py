"""How somebody goes through a flow: from node to node until she waits. Nothing here reads or writes.

The engine walks many people to where each waits now; a trial walks one to the end and supposes that every e-mail leaves
and every step is done on its day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from agreement.models import StepKind
from nurture.flow import Flow
from nurture.had import had_step
from nurture.knowing import People
from nurture.models import Passage, TrackNode

Kind, Question, What = TrackNode.Kind, TrackNode.Question, Passage.What


@dataclass(slots=True)
class Walker:
    """One person under way: what belongs to her enrolment alone. What belongs to the person is asked of `People`."""

    person: int
    flow: Flow
    # What her track is about, where what it brings says nothing else.
    topic: int | None = None
    is_play: bool = False
    has_clicked: bool = False
    has_replied: bool = False
    # Whether there is somebody who would do a step of ours.
    is_worked: bool = True
    # What she had by another enrolment is not sent by this one; since when her pursuit goes on.
    enrolment: int = 0
    since: datetime | None = None
    # The day for which it is asked what may be sent; empty: the day of `People`.
    on: date | None = None
    # What she was given on this walk.
    given: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Deed:
    """She came by a node, and what became of it."""

    node: TrackNode
    what: str
    because: str = ""
    asset: int | None = None
    # Of a wait, and of a step that a play plans ahead.
    days: int = 0


def answers(node: TrackNode, walker: Walker, people: People) -> bool:
    """What a branch or a goal asks of her."""
    match node.question:
        case Question.TOPIC:
            return people.interest.get(walker.person, {}).get(node.topic_id or 0, 0) > 0
        case Question.ROLE:
            return people.roles.get(walker.person, "") == node.role
        case Question.CLICKED:
            return walker.has_clicked
        case Question.REPLIED:
            return walker.has_replied
        case Question.CRITERION:
            return node.criterion_id in people.answered.get(walker.person, set())
    return False


def walk(node: TrackNode | None, walker: Walker, people: People) -> Iterator[Deed]:
    """From this node on, one deed after the other. The caller stops where she waits: at what was planned or waited for.

    It ends by itself at a goal that was reached, and after the last node.
    """
    # In so many days a step of ours that stands next is due.
    ahead = 0
    while node is not None:
        following = walker.flow.after(node)
        if node.kind == Kind.WAIT:
            is_ahead = walker.is_play and following is not None and following.kind == Kind.STEP
            if is_ahead:
                # Whoever is worked always has a next step: it is planned now, for the day after the wait.
                ahead += node.days or 0
                yield Deed(node, What.ENTERED)
            else:
                yield Deed(node, What.WAITED, days=node.days or 0)
        elif node.kind == Kind.EMAIL:
            yield _email(node, walker, people)
        elif node.kind == Kind.STEP:
            yield _step(node, walker, people, ahead=ahead)
            ahead = 0
        elif node.kind == Kind.GOAL:
            is_reached = answers(node, walker, people)
            yield Deed(node, What.REACHED if is_reached else What.NO)
            if is_reached:
                return
        else:
            is_yes = answers(node, walker, people)
            yield Deed(node, What.YES if is_yes else What.NO)
            following = walker.flow.into(node, yes=is_yes)
        node = following


def _email(node: TrackNode, walker: Walker, people: People) -> Deed:
    """Nobody gets the same thing twice, and nothing where there is no way to send it."""
    if not people.may_be_mailed(walker.person):
        return Deed(node, What.SKIPPED, because="unreachable")
    if not node.brings_what_fits:
        # What fits is looked for among what she wants to hear of.
        topic = people.topic_of.get(node.asset_id or 0) or walker.topic
        if people.wishes.refuses(walker.person, topic):
            return Deed(node, What.SKIPPED, because="preference")
        if people.wishes.lacks_consent(walker.person, topic):
            return Deed(node, What.SKIPPED, because="consent")
    if one := had_step(node, people.steps.get(walker.person, ()), since=walker.since, enrolment=walker.enrolment):
        return Deed(node, What.SKIPPED, because="refused" if one.is_refused else "had_it")
    linked = people.linked(node, walker.flow)
    had = people.had.get(walker.person, set()) | walker.given
    asset = node.asset_id
    if node.brings_what_fits:
        asset = people.best_for(walker.person, without=walker.given | linked, on=walker.on)
    if node.brings_what_fits and asset is None:
        return Deed(node, What.SKIPPED, because="nothing_fits")
    if asset in had or linked & had:
        return Deed(node, What.SKIPPED, because="had_it")
    if asset is not None and not node.brings_what_fits and not people.may_be_sent(asset, on=walker.on):
        return Deed(node, What.SKIPPED, because="expired")
    walker.given |= linked if asset is None else {asset, *linked}
    return Deed(node, What.PLANNED, asset=asset)


def _step(node: TrackNode, walker: Walker, people: People, *, ahead: int) -> Deed:
    if not walker.is_worked:
        return Deed(node, What.SKIPPED, because="nobody")
    if because := why_not_tried(node.step_kind, walker.person, people):
        return Deed(node, What.SKIPPED, because=because)
    return Deed(node, What.PLANNED, days=ahead)


def why_not_tried(kind: str, person: int, people: People) -> str:
    """Why nothing is left of a step of this kind with the ways to reach her that there are; empty while any is."""
    match kind:
        case StepKind.CALL | StepKind.CALL_BACK:
            return "" if people.may_be_called(person) else "asked_not"
        case StepKind.EMAIL:
            return "" if people.may_be_written_to(person) else "unreachable"
        case StepKind.CALL_EMAIL:
            return "" if people.may_be_called(person) or people.may_be_written_to(person) else "not_contacted"
        case StepKind.SOCIAL:
            return "not_contacted" if people.wishes.wants_no_contact(person) else ""
    return ""
