"""Many stories told at once, in the order of their moments, while the system's own due work is done in between."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import F, QuerySet

from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.holding import hold_forgotten_attempts
from leads.actions.sweeping import expire_second_looks, notice_clocks, sweep_leads
from leads.models import Clock, Lead, SecondLook
from team.prepared import Prepared

# A career yields the moment of its next act, and acts when it is called again.
type Career = Generator[datetime]

MINUTE = timedelta(minutes=1)


class Agenda:
    """Careers by the moment of their next act. What lies after `until` does not happen."""

    def __init__(self, *, until: datetime) -> None:
        self.until = until
        self.at = until
        # Careers that the others have made impossible; their leads stay where they were.
        self.overtaken: list[str] = []
        self._heap: list[tuple[datetime, int, Career]] = []
        self._number = count()

    def start(self, career: Career) -> None:
        self._go_on(career)

    def play(self, *, tell: Callable[[float], None]) -> None:
        """Act after act until now. `tell` hears which part of the time is over."""
        begin = self._heap[0][0]
        while self._heap and self._heap[0][0] <= self.until:
            moment, _number, career = heapq.heappop(self._heap)
            self._work_what_is_due(moment)
            self.at = moment
            try:
                self._go_on(career)
            except (LeadConflict, MoveRefused, ObjectDoesNotExist) as refusal:
                self.overtaken.append(str(refusal))
            tell((moment - begin) / (self.until - begin))
        self._work_what_is_due(self.until)
        # Who came into the pool behind a meeting at her account waits for it.
        hold_forgotten_attempts(at=self.until)
        self.at = self.until

    def _go_on(self, career: Career) -> None:
        moment = next(career, None)
        if moment is not None:
            heapq.heappush(self._heap, (moment, next(self._number), career))

    def _work_what_is_due(self, until: datetime) -> None:
        """What the ticks would have done by then, each at its minute."""
        while (moment := _next_due()) is not None and moment <= until:
            at = min(moment + MINUTE, until)
            sweep_leads(at=at)
            notice_clocks(at=at)
            expire_second_looks(at=at)


def _next_due() -> datetime | None:
    """The first moment at which the system must look at something: one query, for it is asked before every act."""
    ((moment,),) = _NEXT.rows() or [(None,)]
    return moment


def _looks() -> QuerySet[Any, Any]:
    leads = Lead.objects.filter(sweep_at__isnull=False).annotate(moment=F("sweep_at"))
    clocks = Clock.objects.filter(next_notice_at__isnull=False).annotate(moment=F("next_notice_at"))
    second_looks = SecondLook.objects.filter(state=SecondLook.State.OPEN).order_by().annotate(moment=F("due_at"))
    first, *others = (looks.values_list("moment") for looks in (leads, clocks, second_looks))
    return first.union(*others, all=True).order_by("moment")[:1]


_NEXT = Prepared(_looks)
