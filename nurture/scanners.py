"""Whether a hit on a message was a person or a machine: mail filters follow links before anybody reads them. Pure.

R29 of the house: a machine asks by HEAD, comes within ten seconds of the mail server's answer, follows three different
links of a message within five seconds, follows the link that nobody can see, says by its name what it is, or comes from
another network within a minute of somebody else. Everything a machine did in one go is a machine's.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

AT_ONCE = timedelta(seconds=10)
BURST, BURST_LINKS = timedelta(seconds=5), 3
OTHER_NETWORK = timedelta(seconds=60)
# What one machine does around a sign that it is one.
ONE_GO = timedelta(seconds=60)
# Names by which programs call themselves. A browser's begins with Mozilla and names none of these.
PROGRAMS = re.compile(
    r"bot\b|bot/|bots\b|crawl|spider|slurp|preview|scanner|scan\b|archiver|monitor|validator|fetch|http[ _-]?client|"
    r"\bpython|\bcurl|\bwget|\bjava/|go-http|okhttp|libwww|headless|phantomjs|barracuda|proofpoint|mimecast|safelinks|"
    r"messagelabs|trendmicro|sophos|fortiguard|checkpoint|symantec|link[ _-]?check|facebookexternalhit|lighthouse|"
    r"googleimageproxy|feed|agent\b(?!s)|\+https?://|@",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Seen:
    """One hit, as it is judged. `link` is None for an opening; `is_hidden`: on the link that nobody can see."""

    pk: int
    at: datetime
    method: str
    agent: str
    network: str
    link: int | None
    is_hidden: bool = False


def machines_among(
    hits: Sequence[Seen], *, sent_at: datetime | None, known: Mapping[int, str] | None = None
) -> dict[int, str]:
    """Which hits on one message were a machine's, and by which sign. What is `known` of some of them stays."""
    found: dict[int, str] = dict(known or {})
    hits = sorted(hits, key=lambda hit: (hit.at, hit.pk))
    clicks = [hit for hit in hits if hit.link is not None]
    for hit in hits:
        if hit.pk in found:
            continue
        if hit.method == "HEAD":
            found[hit.pk] = "head"
        elif hit.is_hidden:
            found[hit.pk] = "hidden"
        elif not hit.agent or PROGRAMS.search(hit.agent):
            found[hit.pk] = "program"
        elif hit.link is not None and sent_at is not None and hit.at < sent_at + AT_ONCE:
            found[hit.pk] = "at_once"
    for hit in _bursts(clicks):
        found.setdefault(hit.pk, "burst")
    for before, after in pairwise(clicks):
        is_other = bool(before.network and after.network) and before.network != after.network
        if is_other and after.at - before.at < OTHER_NETWORK:
            # The machine is first: whoever reads the mail comes after whatever let it in.
            found.setdefault(before.pk, "network")
    signs: dict[str, list[datetime]] = defaultdict(list)
    for hit in hits:
        if found.get(hit.pk) in ("head", "hidden", "burst"):
            signs[hit.network].append(hit.at)
    for hit in hits:
        if hit.pk not in found and _is_near(hit.at, signs.get(hit.network, ())):
            found[hit.pk] = "one_go"
    return found


def _bursts(clicks: Sequence[Seen]) -> Iterator[Seen]:
    """Whatever lies in five seconds with three different links, each once: one walk with two ends."""
    within: Counter[int | None] = Counter()
    end = told = 0
    for start, first in enumerate(clicks):
        while end < len(clicks) and clicks[end].at <= first.at + BURST:
            within[clicks[end].link] += 1
            end += 1
        if len(within) >= BURST_LINKS:
            yield from clicks[max(start, told) : end]
            told = end
        within[first.link] -= 1
        if not within[first.link]:
            del within[first.link]


def _is_near(at: datetime, signs: Sequence[datetime]) -> bool:
    """Whether one of these moments, in order, is less than a minute away."""
    place = bisect_left(signs, at)
    return any(abs(at - sign) < ONE_GO for sign in signs[max(place - 1, 0) : place + 1])
