"""What somebody without a name is called, in every list and on every page: her best facts, kept with her.

The facts are joined by ", " and hold no word of ours, so that every reader may read them in every language. They are
written with what they are made of, in the same transaction: by `index_people`, and by what a set of rows writes.
"""

from __future__ import annotations

from collections.abc import Iterable

from accounts.models import ContactPoint, CustomField, Person

FACTS_MAX = 5
OWN_FACTS_MAX = 3
# An own word is as short as a name, and one fact leaves room for the next.
OWN_WORD = range(4, 41)
FACT_MAX = 60
LENGTH_MAX = 160


class OwnFields:
    """The own fields of people as they stand, read when somebody without a name has one filled."""

    def __init__(self) -> None:
        self._places: dict[str, int] | None = None
        self._late: set[str] = set()

    def words_of(self, person: Person) -> list[str]:
        """What they say of her in a few words, in the order of the pages. A figure, a yes or a no names nobody, nor
        does what was written after sales had spoken to her."""
        if not person.custom:
            return []
        if self._places is None:
            fields = CustomField.objects.filter(entity=CustomField.Entity.PERSON).order_by("position", "pk")
            found = list(fields.values_list("key", "not_for_scores"))
            self._places = {key: place for place, (key, _late) in enumerate(found)}
            self._late = {key for key, is_late in found if is_late}
        places, last = self._places, len(self._places)
        said = sorted(person.custom.items(), key=lambda item: (places.get(item[0], last), item[0]))
        return [value for key, value in said if key not in self._late and isinstance(value, str) and _is_word(value)]


def known_by(
    person: Person, points: Iterable[ContactPoint], *, account: str = "", title: str = "", own: OwnFields
) -> str:
    """Empty for whoever has a name, and for somebody of whom nothing is known; never an id."""
    if person.name or person.erased_at:
        return ""
    facts = (
        title,
        account,
        _address(points),
        *own.words_of(person)[:OWN_FACTS_MAX],
        person.city or person.region or person.country,
        person.source,
    )
    chosen: list[str] = []
    for fact in dict.fromkeys(_short(fact) for fact in facts if fact):
        if len(chosen) < FACTS_MAX and len(", ".join([*chosen, fact])) <= LENGTH_MAX:
            chosen.append(fact)
    return ", ".join(chosen)


def without_address(designation: str) -> str:
    """The same for a file that must not say how to reach her."""
    return ", ".join(fact for fact in designation.split(", ") if "@" not in fact)


def _address(points: Iterable[ContactPoint]) -> str:
    """Her first: which is the primary one changes with what was tried."""
    mails = [point for point in points if point.kind == ContactPoint.Kind.EMAIL]
    return min(mails, key=lambda point: point.pk or _NEW).value if mails else ""


_NEW = 2**63


def _is_word(value: str) -> bool:
    return len(value) in OWN_WORD and not value[0].isdigit()


def _short(fact: str) -> str:
    words = " ".join(fact.split())
    return words if len(words) <= FACT_MAX else f"{words[: FACT_MAX - 1].rstrip()}…"
