"""The rules of mail have changed, or what somebody asked for: what tracks have planned gets the moment that they give,
by other rules part by part by the tick.

What may not go any more when it was to is found out by whoever claims it, too; what may go sooner would wait in vain.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import takewhile

from django.db import connection, transaction

from accounts.models import ContactPoint
from leads.actions.sweeping import BATCH
from nurture.actions.claiming import spread_at
from nurture.models import Enrolment, MailRules, Message
from nurture.pace import leaves_at, letters_went
from nurture.recipients import recipients_today
from nurture.same import living_of
from nurture.wishes import Wishes
from team.bulk import update_rows

# A ring ends well before its worker is told to.
BUDGET_SECONDS = 60.0


@transaction.atomic
def follow_rules(*, at: datetime) -> int:
    """The next of what is planned, in order of its key, leaves when hours and caps as they are now let it. Returns how
    many were looked at; 0 where all follow, another one is at it, or whoever is next says something just now."""
    changed = MailRules.objects.filter(pk=1, followed_to__isnull=False)
    if not changed.exists():
        return 0
    skip = connection.features.has_select_for_update_skip_locked
    rules = changed.select_for_update(skip_locked=skip).first()
    if rules is None or rules.followed_to is None:
        return 0
    # Those that are due, too: whoever claims them now may be putting them off by the former rules.
    planned = Message.objects.planned_by_tracks().filter(pk__gt=rules.followed_to).order_by("pk")
    letters = list(planned.select_for_update(of=("self",))[:BATCH])
    heard = _heard(letters)
    _follow(heard, rules, at=at)
    if len(heard) < len(letters):
        # The next ring goes on there, and knows what was said.
        rules.followed_to = heard[-1].pk if heard else rules.followed_to
    else:
        rules.followed_to = letters[-1].pk if len(letters) == BATCH else None
    rules.save(update_fields=["followed_to"])
    return len(heard)


def _heard(letters: Sequence[Message]) -> list[Message]:
    """Of these letters those before the first to somebody whose addresses another one holds: whoever is writing down
    what she asks for passes by what is taken here, and nobody knows it yet. The other addresses are locked."""
    whose = living_of({letter.person_id for letter in letters})
    rows = ContactPoint.objects.filter(person__in=set(whose.values()), kind=ContactPoint.Kind.EMAIL)
    can_skip = connection.features.has_select_for_update_skip_locked
    mine = {row.pk for row in rows.order_by("pk").select_for_update(skip_locked=can_skip, no_key=True)}
    held = {person for pk, person in rows.values_list("pk", "person_id") if pk not in mine}
    return list(takewhile(lambda letter: whose[letter.person_id] not in held, letters))


def follow_wishes(people: Collection[int], *, at: datetime) -> None:
    """What is planned for these rows of hers leaves when pace and pause as they are now let it.

    Whoever writes down what she asked for has locked her and her addresses: a claim that has taken such a letter waits
    for that, and judges it by what is said now; whoever lets letters follow other rules leaves it to the next ring.
    """
    planned = Message.objects.planned_by_tracks().filter(person__in=people).order_by("pk")
    can_skip = connection.features.has_select_for_update_skip_locked
    letters = list(planned.select_for_update(skip_locked=can_skip, of=("self",)))
    # Read under their lock, and not locked: who changes the rules after this has these letters follow.
    _follow(letters, MailRules.objects.get(pk=1), at=at)


def follow_return(people: Collection[int], *, at: datetime) -> int:
    """What is planned for these rows of hers leaves when it may now that she is back, or is to be back, sooner: also
    what fell outside her hours on the day that she gave before. How many got another moment.

    What a claim has taken is waited for: whoever calls holds no address.
    """
    planned = Message.objects.planned_by_tracks().filter(person__in=people).order_by("pk")
    letters = list(planned.select_for_update(of=("self",)))
    return _follow(letters, MailRules.objects.get(pk=1), at=at) if letters else 0


def _follow(letters: Sequence[Message], rules: MailRules, *, at: datetime) -> int:
    moved = _moved(letters, rules, at=at)
    update_rows(Message, ("id", "due_at"), [(one.pk, one.due_at) for one in moved])
    _look_sooner({one.enrolment_id for one in moved if one.enrolment_id}, at=at)
    return len(moved)


def _moved(letters: Sequence[Message], rules: MailRules, *, at: datetime) -> list[Message]:
    """Those that get another moment. What a mail server put off and a track that rests wait for reasons of their own,
    and what is due is judged by the next claim."""
    resting = Enrolment.objects.filter(pk__in=[one.enrolment_id for one in letters], state=Enrolment.State.PAUSED)
    held = set(resting.values_list("pk", flat=True))
    waiting = [
        one
        for one in letters
        if one.due_at and one.due_at > at and one.put_off_since is None and one.enrolment_id not in held
    ]
    if not waiting:
        return []
    recipients = recipients_today({one.person_id for one in waiting}, at=at)
    went = letters_went(recipients.values(), at=at)
    wishes = Wishes([one.person.pk for one in recipients.values()], rules)
    moved = []
    for letter in waiting:
        to = recipients[letter.person_id]
        # What was spread because it was late stays so.
        is_old = letter.planned_at < at - timedelta(hours=rules.hours_late)
        begins = min(letter.due_at or at, spread_at(letter, at=at)) if is_old else at
        moment = leaves_at(to, went[to.person.pk], wishes, rules, at=begins)
        if moment != letter.due_at:
            letter.due_at = moment
            moved.append(letter)
    return moved


def _look_sooner(enrolments: Collection[int], *, at: datetime) -> None:
    """Whoever waits for such a letter is looked at now, and then when it leaves; who is looked at is passed by."""
    rows = Enrolment.objects.filter(pk__in=enrolments, state=Enrolment.State.ACTIVE, due_at__gt=at).order_by("pk")
    can_skip = connection.features.has_select_for_update_skip_locked
    free = list(rows.select_for_update(skip_locked=can_skip, of=("self",)).values_list("pk", flat=True))
    Enrolment.objects.filter(pk__in=free).update(due_at=at)
