"""Of a message at most about a hundred hits are kept: which of them gives way to another one. Pure.

Whoever comes again and again says nothing new by it, so the largest crowd gives way: hits of one network on one link.
What counts, what is first of its link, and what is yet to be judged beside it, stays as long as there is such a crowd.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nurture.scanners import ONE_GO

MOST = 100


@dataclass(frozen=True)
class Kept:
    """One hit, as it is weighed. `pk` is None for the one that comes."""

    pk: int | None
    at: datetime
    network: str
    link: int | None
    is_machine: bool = False
    is_judged: bool = False
    counts: bool = False

    @property
    def crowd(self) -> tuple[str, int | None]:
        return self.network, self.link


def gives_way(kept: Sequence[Kept], new: Kept) -> Kept | None:
    """Which one is kept no more, the new one itself among them; None while there is room."""
    if len(kept) < MOST:
        return None
    firsts = _first_of_links(kept)
    # Beside what is not judged yet, a sign is needed for a minute.
    long_ago = min((hit.at for hit in kept if not hit.is_judged), default=new.at) - ONE_GO
    settled = [hit for hit in kept if hit.is_judged and not hit.counts and hit.pk not in firsts and hit.at < long_ago]
    if settled:
        # Machines first, and the oldest of them.
        return min(settled, key=lambda hit: (not hit.is_machine, hit.at, hit.pk))
    crowds = Counter(hit.crowd for hit in (*kept, new))
    may_go = [hit for hit in kept if not hit.counts]
    if not may_go or crowds[new.crowd] >= max(crowds[hit.crowd] for hit in may_go) > 1:
        return new
    return max(may_go, key=lambda hit: (crowds[hit.crowd], hit.is_machine, hit.at, hit.pk))


def _first_of_links(kept: Sequence[Kept]) -> set[int | None]:
    """The first hit of a person on each link, and the first opening: they say since when she has read it."""
    firsts: dict[int | None, Kept] = {}
    for hit in kept:
        if not hit.is_machine and (hit.link not in firsts or hit.at < firsts[hit.link].at):
            firsts[hit.link] = hit
    return {hit.pk for hit in firsts.values()}
