"""The life of a lead as data: every arrow is one row here, one function in `leads.actions`, one event.

A published agreement may narrow these rows with rows of its own; it can add none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from agreement.models import Phase, Transition
from agreement.models.vocabulary import OPEN_PHASES

BEGIN = ""  # before the first event there is no phase
# Whoever did what is taken back, wherever it has brought the lead.
ACTOR = ("actor",)


@dataclass(frozen=True)
class Move:
    from_phase: str
    verb: str
    to_phase: str
    # Who may, as `leads.actions.changing.parts_of` says: bdr (of the team, or hers), pool (any BDR of the team), ae
    # (any: what was sent to another may come to her), manager (of the team), system (and the admin whom it obeys).
    who: tuple[str, ...]
    # What must be known for it.
    facts: tuple[str, ...] = ()
    # What `due_at` becomes.
    due: str = "unchanged"
    # What happens to the clocks.
    clocks: str = ""


def _rows(
    from_phases: tuple[str, ...],
    verb: str,
    to_phase: str | None,
    who: tuple[str, ...],
    facts: tuple[str, ...] = (),
    due: str = "unchanged",
    clocks: str = "",
) -> list[Move]:
    return [Move(phase, verb, to_phase or phase, who, facts, due, clocks) for phase in from_phases]


Q, W, H, A, S, N, C = (
    Phase.QUEUED.value,
    Phase.WORKING.value,
    Phase.HANDED_OFF.value,
    Phase.ACCEPTED.value,
    Phase.QUALIFIED.value,
    Phase.NURTURE.value,
    Phase.CLOSED.value,
)
OPEN = tuple(phase.value for phase in OPEN_PHASES)

MOVES: tuple[Move, ...] = (
    # Entering
    *_rows((BEGIN,), "queue", Q, ("system",), due="first touch", clocks="first touch starts"),
    *_rows((BEGIN,), "add", W, ("bdr", "manager"), due="first attempt"),
    *_rows((BEGIN,), "sleep", N, ("system", "ae"), ("reason", "wake"), due="wake"),
    *_rows((BEGIN,), "record", C, ("system",), ("reason",), due="none"),
    # The pool
    *_rows((Q,), "claim", W, ("pool",), due="next step"),
    *_rows((Q,), "expire", Q, ("system",)),
    *_rows((Q,), "plan", Q, ("system",), due="first touch", clocks="first touch waits for a meeting, or goes on"),
    *_rows((W,), "release", Q, ("bdr", "manager", "system"), due="next step or first touch"),
    *_rows((Q, W, H, A, S, N), "reassign", None, ("manager", "system"), due="unchanged"),
    *_rows((Q, W, H, A, S, N), "miss", None, ("system",), clocks="missed"),
    # Work
    *_rows(OPEN, "log", None, ("bdr", "ae", "manager"), due="next step", clocks="first touch met"),
    *_rows((Q, W, H, A, S), "engage", None, ("system",), due="now: they replied or asked"),
    *_rows(OPEN, "receive", None, ("system",)),
    *_rows((W, H, A, S, N), "plan", None, ("bdr", "ae", "manager", "system"), due="next step"),
    *_rows(OPEN, "answer", None, ("bdr", "ae", "manager")),
    *_rows(OPEN, "restage", None, ("bdr", "ae", "manager", "system")),
    # Sales
    *_rows((W,), "hand_off", H, ("bdr", "manager"), ("ae",), due="response", clocks="response starts"),
    *_rows((H,), "escalate", H, ("system",), clocks="response missed"),
    *_rows((H, A), "move", None, ("bdr", "ae", "manager"), ("meeting",), due="response, or the meeting"),
    *_rows((H,), "accept", A, ("ae", "manager"), due="meeting or next step", clocks="response met, outcome starts"),
    *_rows((H,), "reject", W, ("ae", "manager"), ("reason",), due="now", clocks="response met"),
    *_rows((H,), "reject", N, ("ae", "manager"), ("reason",), due="wake", clocks="response met"),
    *_rows((H,), "reject", Q, ("ae", "manager"), ("reason",), due="now", clocks="response met"),
    *_rows((H,), "reject", C, ("ae", "manager"), ("reason",), due="none", clocks="response met"),
    *_rows((H,), "withdraw", W, ("bdr", "manager", "system"), due="now", clocks="response excused"),
    *_rows((H, A), "no_show", W, ("bdr", "ae", "manager"), due="now", clocks="outcome met"),
    *_rows((A, S), "return", W, ("ae", "manager", "system"), due="now", clocks="outcome excused"),
    # Whom no rep may work any more goes back to none.
    *_rows((H,), "withdraw", C, ("bdr", "manager", "system"), ("standing",), due="none", clocks="response excused"),
    *_rows((H, A), "no_show", C, ("bdr", "ae", "manager"), ("standing",), due="none", clocks="outcome met"),
    *_rows((A, S), "return", C, ("ae", "manager", "system"), ("standing",), due="none", clocks="outcome excused"),
    *_rows((A,), "qualify", S, ("ae", "manager"), ("answers",), due="outcome check", clocks="outcome met"),
    *_rows((A,), "not_qualify", W, ("ae", "manager"), ("reason",), due="now", clocks="outcome met"),
    *_rows((A,), "not_qualify", N, ("ae", "manager"), ("reason",), due="wake", clocks="outcome met"),
    *_rows((A,), "not_qualify", Q, ("ae", "manager"), ("reason",), due="now", clocks="outcome met"),
    *_rows((A,), "not_qualify", C, ("ae", "manager"), ("reason",), due="none", clocks="outcome met"),
    *_rows((S,), "win", C, ("ae", "manager"), due="none"),
    *_rows((A, S), "lose", C, ("ae", "manager"), ("reason",), due="none"),
    *_rows((A, S), "stall", N, ("ae", "manager"), ("reason", "wake"), due="wake"),
    # Recycling and the end
    *_rows((Q, W), "recycle", N, ("bdr", "pool", "manager"), ("reason", "wake"), due="wake", clocks="excused"),
    *_rows((N,), "rewake", N, ("bdr", "manager", "system"), ("wake",), due="wake"),
    *_rows((N,), "wake", C, ("system", "bdr", "manager"), due="none"),
    *_rows((Q, W, N), "disqualify", C, ("bdr", "pool", "manager"), ("reason",), due="none", clocks="excused"),
    *_rows((Q, W), "stand_down", C, ("system",), ("standing",), due="none", clocks="excused"),
    *_rows(OPEN, "merge", C, ("manager", "bdr", "ae", "system"), due="none", clocks="excused"),
    *_rows(OPEN, "merge", None, ("system",), due="what was promised there, if that is sooner"),
    *_rows(OPEN, "erase", C, ("manager", "system"), due="none", clocks="excused"),
    # Taken back: the only verb that may cross any two phases.
    *(Move(a, "correct", b, ACTOR, due="as before", clocks="as before") for a in (*OPEN, C) for b in (*OPEN, C)),
)

TABLE: dict[tuple[str, str, str], Move] = {(move.from_phase, move.verb, move.to_phase): move for move in MOVES}
VERBS = frozenset(move.verb for move in MOVES)
# What keeps the promises is nobody's to leave out: how leads begin, come back, are joined, forgotten and corrected.
LASTING = frozenset({"queue", "sleep", "record", "wake", "merge", "erase", "correct"})


def is_allowed(from_phase: str, verb: str, to_phase: str, *, version_id: int, by_system: bool = False) -> bool:
    """Whether this arrow exists, and whether the agreement version has not left it out.

    A version narrows what people choose. What the system must do for nobody to be left behind stays.
    """
    arrow = (from_phase, verb, to_phase)
    if arrow not in TABLE:
        return False
    if from_phase == to_phase or verb in LASTING or (by_system and "system" in TABLE[arrow].who):
        return True
    narrowed = _narrowed(version_id)
    return not narrowed or arrow in narrowed


def who_may(from_phase: str, verb: str, to_phase: str) -> tuple[str, ...]:
    """Whose this arrow is."""
    return TABLE[from_phase, verb, to_phase].who


@lru_cache(maxsize=64)
def _narrowed(version_id: int) -> frozenset[tuple[str, str, str]]:
    """The moves of a version. A published version is immutable, so that its rows may be kept."""
    rows = Transition.objects.filter(version=version_id).values_list("from_phase", "verb", "to_phase")
    return frozenset(rows)
