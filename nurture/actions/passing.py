"""What nobody can try any more leaves the queue; the play or track that planned it goes on with its next look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import batched

from django.db import transaction

from leads.actions.changing import lock_leads
from leads.actions.silencing import pass_over_shut, pass_over_steps
from leads.models import Step
from nurture.untried import AT_ONCE, planned_by_us, untried


@transaction.atomic
def pass_over_untried(steps: Iterable[int], *, at: datetime) -> int:
    """Of these up to 500 steps those of ours that cannot be tried. Returns how many leads it was."""
    hers = planned_by_us().filter(pk__in=list(steps))
    # Whoever writes down what she said holds her leads, too: it is asked under their lock.
    leads = lock_leads(list(hers.values_list("lead_id", flat=True)))
    found: dict[str, list[int]] = defaultdict(list)
    for step, because in untried(hers.filter(lead__in=leads), at=at).items():
        found[because].append(step)
    return sum(pass_over_steps(passed, because, at=at) for because, passed in found.items())


def look_for_untried(*, at: datetime) -> int:
    """All of them, also where a play or track that is paused or has ended left its step open, which no look at it comes
    by; and attempts whose person was silent before whatever passes them over by now. Returns how many leads it was."""
    passed = 0
    for some in batched(planned_by_us().order_by("pk").values_list("pk", flat=True), AT_ONCE):
        if shut := untried(planned_by_us().filter(pk__in=some), at=at):
            passed += pass_over_untried(shut, at=at)
    silent = set(Step.objects.over_shut_channels().values_list("lead__person_id", flat=True))
    for people in batched(sorted(silent), AT_ONCE):
        with transaction.atomic():
            passed += pass_over_shut(people, at=at)
    return passed
