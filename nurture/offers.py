"""What the library has for somebody: one rule for what a track brings by itself and for what a rep is offered.

Of what may be used, on what they showed interest in, and that they have not had: first their first topic, then their
language, then their role, then where they stand, then the newest. All there is is looked through. `Taste.best_first` is
that rule for a statement that ends at a page, `Offers` the same for many people at once, and for what is brought by
itself: what is marked for another role or stage than theirs is offered last to a rep, and brought by no track.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from heapq import merge

from django.conf import settings

from content.languages import code_of
from content.models import Asset, Label
from content.models.asset import AssetQuerySet

# In which order labels count, as `Taste` has them.
DIMENSIONS = (Label.Dimension.PERSONA.value, Label.Dimension.STAGE.value)

# A label with its dimension; language and labels, which are all a taste asks of an asset; how well these suit, the
# lower the better; an asset with the day on which it expires.
type Mark = tuple[str, int]
type Looks = tuple[str, frozenset[Mark]]
type Place = tuple[int, ...]
type Offer = tuple[int, date | None]


@dataclass(frozen=True)
class Taste:
    """For whom something is looked for, apart from topics: languages in their order, and labels by what they answer."""

    languages: tuple[tuple[str, ...], ...]
    # Of whom the language is not known takes what there is, ours first.
    any_language: bool
    personas: tuple[int, ...]
    stages: tuple[int, ...]
    # Labels of another role or stage than theirs, as far as theirs is known.
    others: frozenset[int] = frozenset()

    def best_first(self, rows: AssetQuerySet, *, topics: Sequence[int], without: Collection[int] = ()) -> AssetQuerySet:
        labels = dict(zip(DIMENSIONS, self._asked, strict=True))
        spoken = rows if self.any_language else rows.in_languages([one for some in self.languages for one in some])
        return spoken.fitting(topics=topics, languages=self.languages, labels=labels, without=without)

    def place_of(self, language: str, marks: Collection[Mark]) -> Place | None:
        """Where `best_first` puts what is in this language and bears these labels, among what is on one topic: a lower
        place is better. None where it leaves it out, and where it is marked for another role or stage."""
        spoken = next((place for place, some in enumerate(self.languages) if language in some), len(self.languages))
        if spoken == len(self.languages) and not self.any_language:
            return None
        bears = [{label for dimension, label in marks if dimension == one} for one in DIMENSIONS]
        if any(some and some <= self.others for some in bears):
            return None
        fits = [
            0 if some.intersection(asked) else 2 if some else 1 for some, asked in zip(bears, self._asked, strict=True)
        ]
        return (spoken, *fits)

    @property
    def _asked(self) -> tuple[tuple[int, ...], ...]:
        return self.personas, self.stages


def languages_of(written: str) -> tuple[tuple[tuple[str, ...], ...], bool]:
    """In which order languages suit somebody of whom this is known, and whether others do as well. What nobody said of
    an asset is the language of this installation."""
    ours, hers = settings.LANGUAGE_CODE[:2], code_of(written)
    known = ((hers,), (ours, "")) if hers and hers != ours else ((ours, ""),)
    return known, not hers


class Offers:
    """What may be sent on these topics on one day, read at once for whoever is asked about: however many tastes they
    have, none asks the database anew. Snippets are not among it: they are words of a rep's own letter, for the moment
    at which she writes it."""

    def __init__(self, topics: Collection[int], *, on: date) -> None:
        marks = Asset.labels.through.objects.filter(asset__topic__in=topics, label__dimension__in=DIMENSIONS)
        marked: dict[int, set[Mark]] = defaultdict(set)
        for asset, dimension, label in marks.values_list("asset", "label__dimension", "label"):
            marked[asset].add((dimension, label))
        # By topic and by what a taste asks of it, each with the day it expires, the newest first.
        self._alike: dict[int, dict[Looks, list[Offer]]] = defaultdict(lambda: defaultdict(list))
        rows = Asset.objects.brought_by_itself(on=on).filter(topic__in=topics).order_by("-pk")
        for asset, topic, language, expires_on in rows.values_list("pk", "topic", "language", "expires_on"):
            self._alike[topic][language, frozenset(marked[asset])].append((asset, expires_on))
        self._ordered: dict[tuple[int, Taste], list[list[list[Offer]]]] = {}

    def best_first(self, topic: int, taste: Taste) -> Iterator[Offer]:
        """What may be brought by itself, as `Taste.best_first` orders it, each with the day it expires."""
        if (topic, taste) not in self._ordered:
            places: dict[Place, list[list[Offer]]] = defaultdict(list)
            for looks, alike in self._alike[topic].items():
                if (place := taste.place_of(*looks)) is not None:
                    places[place].append(alike)
            self._ordered[topic, taste] = [places[place] for place in sorted(places)]
        for alike_to_her in self._ordered[topic, taste]:
            yield from merge(*alike_to_her, key=lambda offer: -offer[0])
