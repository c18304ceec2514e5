"""What the library has for somebody: one rule for what a track brings by itself and for what a rep is offered.

Of what may be used, on what they showed interest in, and that they have not had: first their first topic, then their
language, then their role, then where they stand, then the newest. All there is is looked through.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from content.languages import code_of
from content.models import Asset, Label
from content.models.asset import AssetQuerySet

# So much is read at a time, as far as somebody has had what stands before.
PAGE = 50


@dataclass(frozen=True)
class Taste:
    """For whom something is looked for, apart from topics: languages in their order, and labels by what they answer."""

    languages: tuple[tuple[str, ...], ...]
    # Of whom the language is not known takes what there is, ours first.
    any_language: bool
    personas: tuple[int, ...]
    stages: tuple[int, ...]

    def best_first(self, rows: AssetQuerySet, *, topics: Sequence[int], without: Collection[int] = ()) -> AssetQuerySet:
        labels = {Label.Dimension.PERSONA.value: self.personas, Label.Dimension.STAGE.value: self.stages}
        spoken = rows if self.any_language else rows.in_languages([one for some in self.languages for one in some])
        return spoken.fitting(topics=topics, languages=self.languages, labels=labels, without=without)


def languages_of(written: str) -> tuple[tuple[tuple[str, ...], ...], bool]:
    """In which order languages suit somebody of whom this is known, and whether others do as well. What nobody said of
    an asset is the language of this installation."""
    ours, hers = settings.LANGUAGE_CODE[:2], code_of(written)
    known = ((hers,), (ours, "")) if hers and hers != ours else ((ours, ""),)
    return known, not hers


class Offers:
    """What may be sent on one topic on one day, for whoever has this taste, best first. It is read as far as it is
    asked for, and whoever is alike shares it."""

    def __init__(self, topic: int, taste: Taste, *, on: date) -> None:
        self._rows = taste.best_first(Asset.objects.sendable(on=on).filter(topic=topic), topics=[topic])
        self._read: list[int] = []
        self._is_whole = False

    def __iter__(self) -> Iterator[int]:
        place = 0
        while place < len(self._read) or self._read_on():
            yield self._read[place]
            place += 1

    def _read_on(self) -> bool:
        if not self._is_whole:
            begin = len(self._read)
            page = list(self._rows.values_list("pk", flat=True)[begin : begin + PAGE])
            self._read += page
            self._is_whole = len(page) < PAGE
            return bool(page)
        return False
