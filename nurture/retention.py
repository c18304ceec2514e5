"""Who was kept long enough: their pursuits ended, nothing was heard since, and they agreed to nothing. Reads only."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery

from accounts.models import Employment, Person, Standing
from agreement.models import Phase, Reason
from leads.models import Activity, Consent, Engagement, Lead

# A customer, and a company that sales talks to, is nobody to be forgotten.
OURS = (Standing.CUSTOMER, Standing.OPEN_OPPORTUNITY)
ENDED = (Lead.ClosedAs.LOST, Lead.ClosedAs.DISQUALIFIED, Lead.ClosedAs.DO_NOT_CONTACT)


def months_before(at: datetime, months: int) -> datetime:
    """The same day so many months ago, or the last of that month."""
    count = at.year * 12 + at.month - 1 - months
    year, month = divmod(count, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))


def kept_long_enough(*, at: datetime) -> QuerySet[Person]:
    """With `ended_at` and `because` of their last pursuit, who waits longest first. What a reason says counts for whom
    it ended last."""
    rules = Reason.objects.exclude(keep_months=None).values_list("pk", "keep_months")
    limits = {pk: months_before(at, months) for pk, months in rules if months}
    if not limits:
        return Person.objects.none()
    hers = {"person": OuterRef("pk")}
    pursuits = Lead.objects.filter(**hers)
    last = pursuits.filter(phase=Phase.CLOSED, closed_as__in=ENDED).order_by("-closed_at", "-pk")
    over = reduce(or_, (Q(because=pk, ended_at__lte=limit) for pk, limit in limits.items()))
    heard = Engagement.objects.filter(**hers).order_by().values("person").annotate(n=Max("at")).values("n")
    done = Activity.objects.filter(**hers).order_by().values("person").annotate(n=Max("at")).values("n")
    people = Person.objects.filter(erased_at=None, merged_into=None).exclude(standing__in=OURS)
    people = people.filter(Exists(last.filter(reason__in=limits))).alias(heard=Subquery(heard), done=Subquery(done))
    people = people.annotate(
        because=Subquery(last.values("reason")[:1]), ended_at=Subquery(last.values("closed_at")[:1])
    ).filter(over)
    quiet = reduce(
        or_,
        (
            Q(because=pk) & (Q(heard=None) | Q(heard__lte=limit)) & (Q(done=None) | Q(done__lte=limit))
            for pk, limit in limits.items()
        ),
    )
    works = Employment.objects.filter(**hers, is_current=True, account__standing__in=OURS)
    later = pursuits.filter(~Q(phase=Phase.CLOSED) | Q(closed_as=Lead.ClosedAs.WON))
    agreed = Consent.objects.standing().filter(**hers)
    return people.filter(quiet, ~Exists(later), ~Exists(works), ~Exists(agreed)).order_by(F("ended_at"), "pk")
