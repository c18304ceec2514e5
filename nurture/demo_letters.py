"""Letters that reps of the demo company wrote: most bring something of the library, many do not, as everywhere."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.db import transaction

from accounts.actions.people import suppression_key
from content.models import Asset
from leads.models import Activity
from nurture.actions.counting import count_assets, count_use
from nurture.models import Message, MessageBody
from nurture.recipients import points_of
from team.company_time import company_day

SEED = 21
LATELY = timedelta(days=85)
MOST = 160
# Of a hundred letters by hand so many bring something of the library, are followed, are answered.
BROUGHT, CLICKED, REPLIED = 58, 31, 12


@transaction.atomic
def make_letters(*, at: datetime) -> int:
    """For e-mails of the last weeks that were logged: the letters they were. Once."""
    if Message.objects.filter(kind=Message.Kind.BY_HAND).exists():
        return 0
    draws = random.Random(SEED)  # noqa: S311 # nosec B311
    logged = Activity.objects.filter(kind=Activity.Kind.EMAIL, by__isnull=False, at__gt=at - LATELY, at__lt=at)
    written = list(logged.select_related("lead", "by").order_by("-at", "-pk")[:MOST])
    points = points_of({one.lead.person_id for one in written})
    shelf = list(Asset.objects.sendable(on=company_day(at)).order_by("pk"))
    had = set(Message.objects.filter(asset__isnull=False).values_list("person_id", "asset_id"))
    letters, subjects = [], []
    for one in reversed(written):
        point = points.get(one.lead.person_id)
        if point is None:
            continue
        # A few are used every day, most are not.
        asset = shelf[min(int(draws.expovariate(0.45)), len(shelf) - 1)] if shelf else None
        if draws.randrange(100) >= BROUGHT or asset is None or (one.lead.person_id, asset.pk) in had:
            asset = None
        else:
            had.add((one.lead.person_id, asset.pk))
        drawn = draws.randrange(100)
        letters.append(
            Message(
                kind=Message.Kind.BY_HAND, person_id=one.lead.person_id, lead=one.lead, by=one.by, asset=asset,
                asset_version=1 if asset else None, state=Message.State.SENT, planned_at=one.at, sent_at=one.at,
                claimed_at=one.at, claimed_by="demo", attempt=1, to_hash=suppression_key(point.normalised),
                domain=point.normalised.rpartition("@")[2], point=point,
                clicked_at=one.at + timedelta(hours=1) if asset and drawn < CLICKED else None,
                replied_at=one.at + timedelta(hours=5) if drawn < REPLIED else None,
            )
        )  # fmt: skip
        subjects.append(asset.title if asset else "After our talk")
    Message.objects.bulk_create(letters, batch_size=500)
    MessageBody.objects.bulk_create(
        MessageBody(message=letter, subject=subject, text=_text(letter))
        for letter, subject in zip(letters, subjects, strict=True)
    )
    for letter in letters:
        if letter.claimed_at is not None:
            count_use(letter, at=letter.claimed_at)
    # Nobody waits an hour for the first figures.
    count_assets(at=at)
    return len(letters)


def _text(letter: Message) -> str:
    """What she wrote, in two lines."""
    said = f"here is what we spoke of: {letter.asset.title}." if letter.asset else "thank you for your time."
    return f"Hello,\n\n{said} I will call again as we agreed.\n\n{letter.by.name if letter.by else ''}"
