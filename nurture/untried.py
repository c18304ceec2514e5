"""Steps that a play or track has planned, and e-mails of cadences, that nobody can try any more, whatever shut the way.
Reads only."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from agreement.models import StepKind
from leads.actions.silencing import BOUNCED, NOT_AGREED, SUPPRESSED
from leads.models import Step
from leads.models.work import StepQuerySet
from nurture.knowing import People
from nurture.walking import why_not_tried

# So many steps are asked about at once.
AT_ONCE = 500


def planned_by_flows() -> StepQuerySet:
    """Open, wherever their play or track stands: it may be paused, or have ended."""
    return Step.objects.open().filter(made_by=Step.MadeBy.FLOW)


def planned_by_us() -> StepQuerySet:
    """These, and e-mails that a cadence has planned: what is agreed to, no cadence knows."""
    flows, mails = Q(made_by=Step.MadeBy.FLOW), Q(made_by=Step.MadeBy.CADENCE, kind=StepKind.EMAIL)
    return Step.objects.open().filter(flows | mails)


def untried(steps: StepQuerySet, *, at: datetime) -> dict[int, str]:
    """Of these up to 500 steps, by key, those that nothing is left of, and why, as history says it."""
    rows = list(steps.order_by("pk").values_list("pk", "kind", "lead__person_id"))
    people = People({person for _pk, _kind, person in rows}, at=at)
    return {pk: _why(kind, person, people) for pk, kind, person in rows if why_not_tried(kind, person, people)}


def _why(kind: str, person: int, people: People) -> str:
    if kind != StepKind.EMAIL or people.wishes.wants_no_mail(person):
        return SUPPRESSED
    return NOT_AGREED if person in people.with_address else BOUNCED
