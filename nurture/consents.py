"""What somebody said of getting mail, as it is shown; and whom each rule would leave. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from accounts.models import ContactPoint, Person, Suppression
from leads.models import Consent
from nurture.models import MailRules


@dataclass(frozen=True)
class Choice:
    """One rule, and how many of those who can be reached tracks could still write to under it."""

    value: str
    label: str
    people: int
    is_now: bool


def choices_of(rules: MailRules) -> tuple[list[Choice], int]:
    """Each rule with whom it leaves; and how many can be reached at all."""
    hers = {"person": OuterRef("pk")}
    points = ContactPoint.objects.filter(**hers, kind=ContactPoint.Kind.EMAIL, state__in=ContactPoint.USABLE)
    silent = Suppression.objects.filter(**hers, channel__in=[Suppression.Channel.EMAIL, Suppression.Channel.ALL])
    reached = Person.objects.filter(Exists(points), ~Exists(silent), merged_into=None, erased_at=None).order_by()
    agreed = Q(Exists(Consent.objects.standing().filter(**hers)))
    taken_back = Q(Exists(Consent.objects.filter(**hers, topic=None, is_given=False)))
    without, with_word = reached.filter(~taken_back | agreed).count(), reached.filter(agreed).count()
    For = MailRules.ConsentFor
    counts = {For.NONE: without, For.TRACKS: with_word, For.ALL: with_word}
    found = [Choice(one.value, str(one.label), counts[one], one == rules.consent_for) for one in For]
    return found, reached.count()


def said_by_person(person: int) -> list[Consent]:
    """All she said, the newest first."""
    return list(Consent.objects.of([person]).select_related("topic", "by"))
