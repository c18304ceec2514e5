"""Name servers are asked, outside of any transaction; then what they said is kept with its moment."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from nurture.models import SenderCheck
from nurture.sender_checks import look_up, sender_domain

if TYPE_CHECKING:
    from team.models import User


def check_sender(*, selector: str, by: User, at: datetime) -> SenderCheck:
    findings = look_up(selector=selector)
    said = {"domain": sender_domain(), "selector": selector, "at": at, "by": by, "findings": findings}
    check, _made = SenderCheck.objects.update_or_create(pk=1, defaults=said)
    return check
