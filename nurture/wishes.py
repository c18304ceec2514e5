"""What people asked for: silence on a channel, a pause, a pace, no word about a topic. The one place that is asked,
by whoever plans, enrols, claims and sends. Reads only.

She is silent by her own row and by the key of any address of hers, used or not: what stops the one stops the other.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cached_property

from accounts.actions.people import suppressed_channels
from accounts.models import Suppression
from nurture.models import Preference


class Wishes:
    """Of these people, each thing read once for all of them when it is first asked for."""

    def __init__(self, people: Collection[int]) -> None:
        self.people = sorted(set(people))

    @cached_property
    def silent(self) -> dict[int, set[str]]:
        return suppressed_channels(self.people)

    @cached_property
    def preferences(self) -> dict[int, Preference]:
        found = Preference.objects.filter(person__in=self.people).prefetch_related("refused")
        return {one.person_id: one for one in found}

    def wants_no_mail(self, person: int) -> bool:
        return Suppression.Channel.EMAIL in self.silent.get(person, set())

    def wants_no_call(self, person: int) -> bool:
        return Suppression.Channel.PHONE in self.silent.get(person, set())

    def refuses(self, person: int, topic: int | None) -> bool:
        preference = self.preferences.get(person)
        return preference is not None and topic in {refused.pk for refused in preference.refused.all()}

    def paused_until(self, person: int) -> datetime | None:
        preference = self.preferences.get(person)
        return preference.paused_until if preference else None

    def pace(self, person: int) -> timedelta:
        """The least time between two letters of tracks; none where she said nothing."""
        preference = self.preferences.get(person)
        return timedelta(days=Preference.DAYS[Preference.Pace(preference.pace)] if preference else 0)
