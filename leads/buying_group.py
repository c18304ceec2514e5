"""Whom we must know at a company before anybody there can decide."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.models import Employment

WANTED = (Employment.Role.DECISION_MAKER, Employment.Role.CHAMPION)


def missing_roles(held: Iterable[str]) -> list[str]:
    """The parts nobody has yet, in words."""
    known = set(held)
    return [str(role.label) for role in WANTED if role not in known]
