"""The next version of the agreement, as leads can be worked by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from agreement.actions.publishing import AgreementRefused, publish_next
from agreement.models import AgreementVersion, Transition
from leads.transitions import TABLE

if TYPE_CHECKING:
    from team.models import User


def publish_agreement(
    alter: Callable[[AgreementVersion], None], *, by: User | None, at: datetime, note: str = ""
) -> AgreementVersion:
    """`publish_next`, and AgreementRefused as well for a move that leads do not know: a version may only leave out."""

    def altered(draft: AgreementVersion) -> None:
        alter(draft)
        moves = Transition.objects.filter(version=draft).values_list("from_phase", "verb", "to_phase")
        unknown = next((move for move in moves if move not in TABLE), None)
        if unknown:
            raise AgreementRefused(_("There is no such move: %(move)s.") % {"move": " ".join(unknown)})

    return publish_next(altered, by=by, at=at, note=note)
