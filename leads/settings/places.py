"""Where a thing stood in an order that others have come into, or gone from, since."""

from __future__ import annotations

from collections.abc import Sequence


def same_among(those: Sequence[int], order: Sequence[int], now: Sequence[int]) -> bool:
    """Whether the ones that stand in both stand in the same order; `those` must be among them."""
    both = set(order) & set(now)
    return set(those) <= both and [pk for pk in order if pk in both] == [pk for pk in now if pk in both]


def ordered_as(order: Sequence[int], now: Sequence[int]) -> list[int]:
    """Those of now, in the order of then; who came since stays where it is."""
    known = iter([pk for pk in order if pk in set(now)])
    return [next(known) if pk in set(order) else pk for pk in now]


def put_at_its_place(pk: int, order: Sequence[int], now: Sequence[int]) -> list[int]:
    """Those of now, with this one behind the nearest of those that stood before it then."""
    others = [one for one in now if one != pk]
    before = [one for one in order[: order.index(pk)] if one in others] if pk in order else others
    place = others.index(before[-1]) + 1 if before else 0
    return [*others[:place], pk, *others[place:]]
