"""What is looked for in the library for the person of a lead."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from content.actions.using import correct_searches, follow_offer, miss_search
from content.words import query_words

if TYPE_CHECKING:
    from nurture.suggesting import Fit
    from team.models import User


def note_search(fit: Fit, q: str, *, is_missed: bool, instead_of: str = "", place: str, by: User, at: datetime) -> None:
    """A search that led to nothing (`is_missed`) is demand for her role and where she stands; what was put right by
    this one, and what it was offered `instead_of`, is none any more. Words of nothing but signs are no search."""
    words = query_words(q)
    if not words:
        return
    follow_offer(query_words(instead_of), fit.asked, by=by, at=at)
    correct_searches(words, fit.asked, place=place, by=by, at=at)
    if is_missed:
        miss_search(words, fit.asked, place=place, by=by, at=at)
