"""What would happen to somebody in a flow, and when: the walk of the engine, each deed with its moment. Nothing is
written.

It supposes that each letter leaves as soon as it may, that each step of ours is done on its day, and that she does
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from leads.actions.planning import due_of_step, waits_until
from leads.cadence import held_until_of
from leads.her_clock import zones_of
from leads.models import Lead
from nurture.knowing import People
from nurture.models import MailRules, Passage, TrackNode
from nurture.pace import leaves_at, letters_went
from nurture.recipients import points_of, recipients_of
from nurture.walking import Deed, Walker, walk
from team.calendars import KeptCalendars
from team.company_time import company_zone

Kind, What = TrackNode.Kind, Passage.What


def dated(
    node: TrackNode | None, walker: Walker, people: People, *, lead: Lead | None, at: datetime
) -> Iterator[tuple[datetime, Deed]]:
    """From this node on, which she comes to at `at`. Of a wait it is the moment at which it begins."""
    person, rules, now = walker.person, MailRules.objects.get(pk=1), at
    to = recipients_of([person], points_of([person]), at=people.at)[person]
    went = letters_went([to], at=people.at)[person]
    clock = ZoneInfo(company_zone())
    # Read once, where a step of ours asks for it.
    worktime = cache(KeptCalendars(at=at).of_user)
    zone = cache(lambda lead: zones_of([lead], at=at)[lead.pk])
    held_until = cache(lambda lead: held_until_of([lead]).get(lead.account_id))

    def leaves() -> datetime:
        return leaves_at(to, went, people.wishes, rules, at=now)

    # What it brings is asked of the day on which it leaves.
    walker.on = leaves().astimezone(clock).date()
    for deed in walk(node, walker, people):
        when = now
        if deed.node.kind == Kind.EMAIL and deed.what == What.PLANNED:
            when = leaves()
            went.append(when)
        elif deed.node.kind == Kind.STEP and deed.what == What.PLANNED and lead is not None:
            planned_for = due_of_step(
                lead, kind=deed.node.step_kind, days=deed.days, at=now, worktime=worktime, zone=zone(lead)
            )
            away_until = people.wishes.away_until(person, at=now)
            when, _held_from = waits_until(
                lead, planned_for, kind=deed.node.step_kind, away_until=away_until, held_until=held_until(lead), at=now,
                worktime=worktime, zone=zone(lead),
            )  # fmt: skip
        yield when, deed
        now = when + timedelta(days=deed.days) if deed.what == What.WAITED else when
        walker.on = leaves().astimezone(clock).date()
