"""What comes back of a message over the web: openings and clicks, judged a minute later, reversed when found late.

An opening never scores (pictures are fetched by proxies), and no stage changes by a click alone: it is an engagement
and says what somebody is interested in.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count

from leads.actions.engaging import NewEngagement, record_engagements, take_back_engagements
from leads.models import Engagement
from nurture.hit_room import MOST, Kept, gives_way
from nurture.models import Hit, Message, MessageLink
from nurture.same import living_of
from nurture.scanners import ONE_GO, Seen, machines_among

SETTLED = timedelta(seconds=60)
BATCH = 500
# So many hits that are due are looked at in one transaction, each with all the others of its message.
PART = 200
AGENT_MOST = 200
SOURCE = "mail"


@transaction.atomic
def hear(message_id: int, *, link: MessageLink | None, method: str, address: str, agent: str, at: datetime) -> None:
    """Write down that somebody opened a message or followed a link of it. Nothing is decided yet.

    About a hundred are kept of a message, whoever comes how often: see `nurture.hit_room`.
    """
    network = network_of(address)
    if not _make_room(message_id, Kept(None, at, network, link.pk if link else None)):
        return
    Hit.objects.create(
        message_id=message_id,
        link=link,
        at=at,
        method=method[:7],
        network=network,
        agent=agent.replace("\x00", "")[:AGENT_MOST],
        verdict=Hit.Verdict.PROBABLE,
        judge_at=at + SETTLED,
    )


def _make_room(message_id: int, new: Kept) -> bool:
    """Whether the new one is kept: while there is room, or since another one has given way."""
    hits = Hit.objects.filter(message=message_id)
    if hits.count() < MOST:
        return True
    # Not while they are judged: whoever does holds them, too.
    held = hits.order_by("pk").select_for_update()
    columns = ("id", "at", "network", "link", "verdict", "judge_at", "engagement_id")
    kept = [
        Kept(pk, at, network, link, verdict == Hit.Verdict.SCANNER, judge_at is None, engagement is not None)
        for pk, at, network, link, verdict, judge_at, engagement in held.values_list(*columns)
    ]
    gone = gives_way(kept, new)
    if gone is not None and gone.pk is not None:
        hits.filter(pk=gone.pk).delete()
    return gone is None or gone.pk is not None


def network_of(address: str) -> str:
    """A keyed hash of the network (/24, or /48 of IPv6) that an address lies in: to compare, not to find anybody by."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return ""
    network = ipaddress.ip_network((ip, 24 if ip.version == 4 else 48), strict=False)
    return hmac.new(settings.SUPPRESSION_PEPPER.encode(), str(network).encode(), hashlib.sha256).hexdigest()[:16]


def judge_hits(*, at: datetime) -> int:
    """About 500 messages with hits that have settled, part by part: people's clicks become engagements, once a link;
    what turns out to have been a machine's is taken back by an engagement of its own. Returns how many messages."""
    total = 0
    while total < BATCH and (judged := _judge_part(at=at)):
        total += judged
    return total


@transaction.atomic
def _judge_part(*, at: datetime) -> int:
    """The hits are held and not their messages, until the end: whoever opens one, or stops by it, waits for nobody."""
    due = Hit.objects.filter(judge_at__lte=at).order_by("judge_at", "id")
    hits = _held(set(due.values_list("message_id", flat=True)[:PART]))
    messages = Message.objects.in_bulk(hits)
    counted: list[Hit] = []
    reversed_: list[Hit] = []
    changed: list[Hit] = []
    seen: list[Message] = []
    for pk, for_message in hits.items():
        message = messages[pk]
        was = (message.opened_at, message.clicked_at)
        changed += _judge(message, for_message)
        reversed_ += [hit for hit in for_message if _counts(hit) and hit.verdict == Hit.Verdict.SCANNER]
        counted += _to_count(for_message)
        if (message.opened_at, message.clicked_at) != was:
            seen.append(message)
    _take_back(reversed_, at=at)
    _count(counted, messages, at=at)
    Hit.objects.bulk_update(changed, ["verdict", "because", "judge_at", "engagement_id", "reversed_by"], batch_size=500)
    Message.objects.bulk_update(seen, ["opened_at", "clicked_at"], batch_size=500)
    return len(hits)


def _held(messages: Collection[int]) -> dict[int, list[Hit]]:
    """By message all its hits, in order. A message of whose hits somebody else holds any is left to the next ring."""
    rows = Hit.objects.filter(message__in=messages).order_by("pk")
    skips = connection.features.has_select_for_update_skip_locked
    hits: dict[int, list[Hit]] = defaultdict(list)
    for hit in rows.select_related("link__asset").select_for_update(skip_locked=skips, of=("self",)):
        hits[hit.message_id].append(hit)
    there = dict(rows.order_by().values("message").annotate(n=Count("pk")).values_list("message", "n"))
    return {pk: sorted(some, key=lambda hit: (hit.at, hit.pk)) for pk, some in hits.items() if len(some) == there[pk]}


def _judge(message: Message, hits: Sequence[Hit]) -> list[Hit]:
    """Judge what is new, beside what came a minute before: no sign reaches farther. Who was a machine stays one.
    Returns what was looked at; all of them are in order."""
    new = [hit.at for hit in hits if hit.judge_at is not None]
    if not new:
        # What was due has given way meanwhile.
        return []
    begins = min(new) - ONE_GO
    looked_at = [hit for hit in hits if hit.at >= begins]
    seen = [
        Seen(hit.pk, hit.at, hit.method, hit.agent, hit.network, hit.link_id, bool(hit.link and hit.link.is_hidden))
        for hit in looked_at
    ]
    known = {hit.pk: hit.because for hit in looked_at if hit.verdict == Hit.Verdict.SCANNER}
    machines = machines_among(seen, sent_at=message.sent_at, known=known)
    for hit in looked_at:
        hit.because = machines.get(hit.pk, "")
        hit.verdict = Hit.Verdict.SCANNER if hit.because else Hit.Verdict.PROBABLE
        hit.judge_at = None
    people = [hit for hit in hits if hit.verdict != Hit.Verdict.SCANNER]
    clicks = [hit.at for hit in people if hit.link_id]
    message.clicked_at = min(clicks, default=None)
    # Whoever follows a link has opened it, pictures or not.
    message.opened_at = min((hit.at for hit in people), default=None)
    return looked_at


def _counts(hit: Hit) -> bool:
    return hit.engagement_id is not None and hit.reversed_by is None


def _to_count(hits: Sequence[Hit]) -> list[Hit]:
    """Of each link the first click of a person, unless one counts already."""
    done = {hit.link_id for hit in hits if _counts(hit) and hit.verdict != Hit.Verdict.SCANNER}
    found = []
    for hit in hits:
        if hit.link_id and hit.link_id not in done and hit.verdict != Hit.Verdict.SCANNER:
            done.add(hit.link_id)
            found.append(hit)
    return found


def _count(hits: Sequence[Hit], messages: dict[int, Message], *, at: datetime) -> None:
    # Who she is today: a letter names the row it went to.
    whose = living_of({messages[hit.message_id].person_id for hit in hits})
    rows = record_engagements(
        [
            NewEngagement(
                person_id=whose[messages[hit.message_id].person_id],
                kind=Engagement.Kind.CLICKED,
                at=hit.at,
                source=SOURCE,
                external_id=f"hit:{hit.pk}",
                asset_id=hit.link.asset_id if hit.link else None,
            )
            for hit in hits
        ],
        at=at,
    )
    for hit, row in zip(hits, rows, strict=True):
        hit.engagement_id = row.pk


def _take_back(hits: Sequence[Hit], *, at: datetime) -> None:
    reversals = take_back_engagements([hit.engagement_id for hit in hits if hit.engagement_id], at=at)
    for hit in hits:
        if hit.engagement_id:
            hit.reversed_by = reversals[hit.engagement_id]
