"""What somebody chose of our e-mail on their own page, in words: how long none, how often, about what none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from team.templatetags.midfield import written_day

CHOSE = "chose"
# By the code of a pace; whoever takes it as it comes has asked for nothing.
PACES: dict[str, str | Promise] = {
    "weekly": gettext_lazy("e-mail at most once a week"),
    "monthly": gettext_lazy("e-mail at most once a month"),
}


def asked_for(*, until: datetime | None, pace: str, topics: Sequence[str]) -> list[str]:
    """What follows "Asked for", a phrase each; empty for whoever takes everything as it comes."""
    said = []
    if until:
        said.append(_("a pause until %(day)s") % {"day": written_day(timezone.localtime(until).date())})
    if pace in PACES:
        said.append(str(PACES[pace]))
    if topics:
        said.append(_("nothing about %(topics)s") % {"topics": ", ".join(topics)})
    return said


def chosen(*, until: datetime | None, pace: str, topics: Sequence[str]) -> str:
    """The line of history on the day it was chosen."""
    said = asked_for(until=until, pace=pace, topics=topics)
    if not said:
        return _("Chose on their own page to get our e-mail as it comes")
    return _("Asked on their own page for %(what)s") % {"what": ", ".join(said)}
