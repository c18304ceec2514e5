"""What nobody can try any more leaves the queue; the play or track that planned it goes on with its next look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from leads.actions.changing import lock_leads
from leads.actions.silencing import pass_over_steps
from nurture.untried import planned_by_flows, untried


@transaction.atomic
def pass_over_untried(steps: Iterable[int], *, at: datetime) -> int:
    """Of these up to 500 steps those of plays and tracks that cannot be tried. Returns how many leads it was."""
    hers = planned_by_flows().filter(pk__in=list(steps))
    # Whoever writes down what she said holds her leads, too: it is asked under their lock.
    leads = lock_leads(list(hers.values_list("lead_id", flat=True)))
    found: dict[str, list[int]] = defaultdict(list)
    for step, because in untried(hers.filter(lead__in=leads), at=at).items():
        found[because].append(step)
    return sum(pass_over_steps(passed, because, at=at) for because, passed in found.items())
