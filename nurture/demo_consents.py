"""What people of the demo company agreed to: most by a form, some by a file, a few took it back."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min

from accounts.models import Suppression
from leads.models import Consent, Engagement

SEED = 22
# Of a hundred who filled in a form, and of a hundred of a list, so many agreed.
BY_FORM, BY_FILE = 62, 18
FORM, FILE = "Download form: “Yes, send me more of this”", "Plant Fair scans.csv"
Source = Consent.Source


@transaction.atomic
def make_consents(*, at: datetime) -> int:
    """Of everybody who was met first before now and of whom nothing was said yet."""
    draws = random.Random(SEED)  # noqa: S311 # nosec B311
    met = Engagement.objects.filter(reverses=None, at__lt=at, person__erased_at=None, person__merged_into=None)
    first = met.values_list("person").annotate(at=Min("at")).order_by("person")
    listed = set(met.filter(kind=Engagement.Kind.LISTED).values_list("person", flat=True))
    told = set(Consent.objects.values_list("person", flat=True))
    silent = dict(
        Suppression.objects.filter(
            person__isnull=False, channel__in=[Suppression.Channel.EMAIL, Suppression.Channel.ALL]
        ).values_list("person", "at")
    )
    said = []
    for person, began in first:
        drawn = draws.randrange(100)
        source, share, evidence = (Source.IMPORT, BY_FILE, FILE) if person in listed else (Source.FORM, BY_FORM, FORM)
        if person in told or drawn >= share:
            continue
        said.append(
            Consent(person_id=person, is_given=True, at=began, noted_at=began, source=source, evidence=evidence)
        )
        ended = silent.get(person)
        if ended is not None and began < ended <= at:
            back = max(ended, began + timedelta(minutes=1))
            said.append(Consent(person_id=person, is_given=False, at=back, noted_at=back, source=Source.PREFERENCES))
    Consent.objects.bulk_create(said, batch_size=500)
    return len(said)
