"""What comes after a call that nobody answers, in words, for the form before it is sent."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.actions.logging import promised_ahead
from leads.actions.stepping import of_another_kind
from leads.cadence import CALL, attempts_of, kind_words
from leads.models import Lead, Step
from team.templatetags.midfield import moment_words


def after_no_answer(lead: Lead, steps: Sequence[Step], silent: Container[str], *, now: datetime) -> str:
    """A promise stays, and so does what is no call; else what the cadence does. `steps` are open, `silent` the channels
    she asked to be left alone on."""
    if standing := promised_ahead(steps, at=now):
        return _("the call that was promised stays: %(moment)s") % {"moment": moment_words(standing[0].due_at, now=now)}
    if asked := of_another_kind(steps, {CALL}):
        return _("the e-mail of %(moment)s stays until it is sent") % {"moment": moment_words(asked[0].due_at, now=now)}
    if not lead.cadence_id:
        return _("the lead is yours, and its cadence plans the next attempt")
    attempts = attempts_of(lead.cadence_id)
    done = lead.attempts + 1
    later = next((one for one in attempts if one.position > done), None)
    if later is None:
        return _("that was the last attempt: decide tomorrow, recycle or go on")
    this = next((one for one in attempts if one.position == done), None)
    days = later.day_offset - (this.day_offset if this else 0)
    on = ngettext("%(days)s working day on", "%(days)s working days on", days) % {"days": days}
    when = on if days > 0 else _("later today")
    kind = kind_words(later, silent).lower()
    words = {"number": later.position, "all": len(attempts), "kind": kind}
    return _("attempt %(number)s of %(all)s, %(kind)s, ") % words + when
