"""Tracks and plays to begin with: practice of the field, as drafts to be read, changed and published. Reads nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import Employment
from agreement.models import ReasonRule, StepKind
from nurture.models import Track, TrackNode

Kind, Question, Category = TrackNode.Kind, TrackNode.Question, ReasonRule.Category
type Node = tuple[dict[str, Any], list[Any], list[Any]]


@dataclass(frozen=True)
class Shipped:
    name: Any
    about: Any
    nodes: list[Node]
    kind: str = Track.Kind.TRACK
    fields: dict[str, Any] = field(default_factory=dict)
    # By key: a criterion that is not there is asked of nobody.
    need: str = ""
    fallback: Any = ""


def _email(subject: Any, text: Any) -> Node:
    return {"kind": Kind.EMAIL, "subject": subject, "text": text, "brings_what_fits": True}, [], []


def _wait(days: int) -> Node:
    return {"kind": Kind.WAIT, "days": days}, [], []


def _step(kind: str, words: Any) -> Node:
    return {"kind": Kind.STEP, "step_kind": kind, "words": words}, [], []


def _branch(question: str, yes: list[Node], no: list[Node], **asks: Any) -> Node:
    return {"kind": Kind.BRANCH, "question": question, **asks}, yes, no


READ = _(
    "Hello {{ first_name | there }},\n\nI came across this and thought of you. It is short, and on a subject "
    "that you looked into: [{{ asset_title | the page }}]({{ asset_link }})\n\n{{ sender_name | }}"
)
HOW = _(
    "Hello {{ first_name | there }},\n\nthis is how somebody in a similar position went about it, and what they would "
    "do again: [{{ asset_title | the page }}]({{ asset_link }})\n\n{{ sender_name | }}"
)
LONG = _(
    "Hello {{ first_name | there }},\n\nnothing urgent: one more piece on the subject, for when it comes up again: "
    "[{{ asset_title | the page }}]({{ asset_link }})\n\n{{ sender_name | }}"
)

SHIPPED: tuple[Shipped, ...] = (
    Shipped(
        _("The long road"),
        _("One piece a quarter for whoever came to the end of another track."),
        [_email(_("For when it comes up again"), LONG), _wait(90), _email(_("Since we last spoke"), LONG), _wait(90),
         _email(_("A year on"), LONG)],
        fields={"is_by_hand": True},
    ),
    Shipped(
        _("Not ready yet"),
        _("What was missing when we spoke, one piece at a time; whoever reads it is asked what has changed."),
        [
            _email(_("About what you asked"), READ), _wait(14), _email(_("How somebody else did it"), HOW), _wait(14),
            _branch(Question.CLICKED, [_step(StepKind.CALL, _("Ask what has changed since we spoke"))],
                    [_email(_("One question most teams ask first"), READ)]),
            _wait(30), _email(_("For when it comes up again"), LONG),
        ],
        fields={"category": Category.NOT_READY},
        fallback=_("The long road"),
    ),
    Shipped(
        _("Under contract elsewhere"),
        _("Kept in mind until the notice: what to look at before a renewal, and a question in time."),
        [
            _email(_("What to look at before you renew"), READ), _wait(45),
            _email(_("How somebody else changed over"), HOW), _wait(45),
            _step(StepKind.EMAIL, _("Ask what they would want to be different at the renewal")),
        ],
        fields={"category": Category.MID_CONTRACT},
        fallback=_("The long road"),
    ),
    Shipped(
        _("Could not decide"),
        _("For champions and influencers: what helps them to win over who decides."),
        [
            _email(_("Something to pass on"), HOW), _wait(21),
            _step(StepKind.REACH_UP, _("Ask who else would gain from it, and whether they would introduce us")),
            _wait(30),
            _email(_("The case in one page"), READ), _wait(60),
        ],
        fields={
            "category": Category.NO_AUTHORITY, "goal": Track.Goal.ROLE,
            "goal_role": Employment.Role.DECISION_MAKER,
        },
        fallback=_("The long road"),
    ),
    Shipped(
        _("Fans"),
        _("Doers who read everything: fed and invited, in nobody’s queue. What they are worth is whom they name."),
        [
            _email(_("New this month"), READ), _wait(30), _email(_("How somebody else did it"), HOW), _wait(30),
            _email(_("Who else at your company would want this?"), READ), _wait(60), _email(_("New this month"), READ),
        ],
        fields={"is_fan_base": True},
    ),
    Shipped(
        _("Whoever sleeps"),
        _("For everybody no other track takes: a piece on their subject now and then, until their date."),
        [_email(_("On a subject you looked at"), READ), _wait(30), _email(_("How somebody else did it"), HOW),
         _wait(45), _email(_("For when it comes up again"), LONG)],
        fallback=_("The long road"),
    ),
    Shipped(
        _("Early buyer: shape the question"),
        _("Seven tenths of a decision are made before anybody asks for an offer: help them say what they need."),
        [
            _step(StepKind.CALL, _("Ask what made them look into it now, and what happens if nothing changes")),
            _wait(3),
            _step(StepKind.EMAIL, _("Send the closest case; ask which part of it is theirs")), _wait(4),
            _step(StepKind.CALL, _("Ask who else has to agree, and what they would ask first")),
        ],
        kind=Track.Kind.PLAY,
        fields={"cycle": Track.Cycle.EARLY},
    ),
    Shipped(
        _("Champion: reach up together"),
        _("A champion is a good outcome: the next step is theirs, to bring in who decides."),
        [
            _step(StepKind.CALL, _("Ask how a decision like this was made the last time")), _wait(2),
            _step(StepKind.EMAIL, _("Send what they can pass on; ask when they will")), _wait(5),
            _step(StepKind.REACH_UP, _("Ask for the introduction to who decides")),
        ],
        kind=Track.Kind.PLAY,
        fields={"role": Employment.Role.CHAMPION},
    ),
    Shipped(
        _("When, and what before?"),
        _("The need is known and the time is not: what has to be decided first, by whom."),
        [
            _step(StepKind.CALL, _("Ask what has to be decided before, and who decides it")), _wait(5),
            _step(StepKind.CALL, _("Agree on the day by which they will know")),
        ],
        kind=Track.Kind.PLAY,
        fields={"cycle": Track.Cycle.MIDDLE},
        need="timeframe",
    ),
    Shipped(
        _("Demo first"),
        _("Kept to be compared. Where the need is not known yet, “Early buyer: shape the question” is what to start."),
        [_step(StepKind.CALL, _("Offer a demo")), _wait(3), _step(StepKind.EMAIL, _("Ask what they thought of it"))],
        kind=Track.Kind.PLAY,
    ),
)  # fmt: skip
