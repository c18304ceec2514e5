"""When a letter of a track leaves: in the hours of who gets it, not while she has paused it or is away, at her pace and
under the caps. Asked by whoever claims letters, and by whoever says before when they will leave. Reads only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from nurture.hours import next_moment
from nurture.models import MailRules, Message
from nurture.recipients import Recipient
from nurture.same import rows_of
from nurture.wishes import Wishes

DAY, WEEK, MONTH = timedelta(days=1), timedelta(days=7), timedelta(days=30)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
# What is read of a letter that counts in a cap.
_WENT = ("pk", "person", "claimed_at")


def leaves_at(to: Recipient, went: Sequence[datetime], wishes: Wishes, rules: MailRules, *, at: datetime) -> datetime:
    """The first moment from `at` on at which another letter may go to her; `went` is when the last ones did."""
    person = to.person.pk
    caps = [(rules.most_a_day, DAY), (rules.most_a_week, WEEK)]
    if pace := wishes.pace(person):
        caps.append((1, pace))
    moments = [wishes.not_before(person, at=at), *(_after_the_cap(went, most, span) for most, span in caps)]
    return next_moment(max(moments), zone=to.zone, hours=rules)


def _after_the_cap(went: Sequence[datetime], most: int, span: timedelta) -> datetime:
    """When the one that fills the cap is so long ago that another may go: of the last `most`, the earliest."""
    if len(went) < most:
        return LONG_AGO
    return sorted(went)[-most] + span


def letters_went(recipients: Iterable[Recipient], *, at: datetime) -> dict[int, list[datetime]]:
    """By person: when a track wrote to her during the last month, whichever track it was, by whichever row of hers she
    was known then and to whichever address; and what went to her address while it was somebody else's."""
    people = {one.key: one.person.pk for one in recipients if one.key}
    same = rows_of(people.values())
    letters = Message.objects.left().filter(kind=Message.Kind.NURTURE, claimed_at__gt=at - MONTH)
    rows = [(pk, same[row], moment) for pk, row, moment in letters.filter(person__in=same).values_list(*_WENT)]
    to_hers = letters.filter(to_hash__in=people).values_list("pk", "to_hash", "claimed_at")
    rows += [(pk, people[key], moment) for pk, key, moment in to_hers]
    found: dict[int, list[datetime]] = defaultdict(list)
    for _pk, person, moment in set(rows):
        if moment is not None:
            found[person].append(moment)
    return found
