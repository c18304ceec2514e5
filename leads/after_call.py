"""What comes after a touch, in words: for the form before a call that nobody answers is sent, and for the answer."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.actions.logging import promised_ahead
from leads.actions.putting_back import effects_of
from leads.actions.stepping import CALLED, of_another_kind
from leads.cadence import CALL, attempts_of, kind_words
from leads.models import Lead, LeadEvent, Step
from team.templatetags.midfield import moment_words

# How the play is called that goes on once its step in hand is done, and what it asks one of us for then, in
# words: the first is empty where none goes on, the second where it asks for nothing, and what the cadence plans stands
# until then. Written by the room of plays as it starts.
ASKED_NEXT: list[Callable[[Lead, datetime], tuple[str, str]]] = []


def after_no_answer(lead: Lead, steps: Sequence[Step], silent: Container[str], *, now: datetime) -> str:
    """A promise stays, and so does what is no call; else what the cadence does, and the play whose call it was. `steps`
    are open, `silent` the channels she asked to be left alone on."""
    if standing := promised_ahead(steps, at=now):
        return _("the call that was promised stays: %(moment)s") % {"moment": moment_words(standing[0].due_at, now=now)}
    if asked := of_another_kind(steps, {CALL}):
        return _("the e-mail of %(moment)s stays until it is sent") % {"moment": moment_words(asked[0].due_at, now=now)}
    is_asked = any(step.made_by == Step.MadeBy.FLOW and step.kind in CALLED for step in steps)
    play, following = _asked_next(lead, at=now) if is_asked else ("", "")
    if following or not play:
        return following or _after_attempt(lead, silent)
    counts = _("“%(play)s” counts it as its call and goes on") % {"play": play}
    return f"{_after_attempt(lead, silent)}; {counts}"


def _after_attempt(lead: Lead, silent: Container[str]) -> str:
    """What its cadence does."""
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


def after_step_of_play(event: LeadEvent, *, at: datetime) -> str:
    """What the play goes on with whose step this act has done; empty where it has done none, has set another one, or
    the play goes on with nothing for one of us."""
    effects = effects_of(event)
    closed, made = effects.get("steps_closed", []), effects.get("steps_made", [])
    if not closed:
        return ""
    made_by = dict(Step.objects.filter(pk__in=[*closed, *made]).values_list("pk", "made_by"))
    did_its_step = any(made_by.get(pk) == Step.MadeBy.FLOW for pk in closed)
    has_own = any(made_by.get(pk) == Step.MadeBy.PERSON for pk in made)
    return _asked_next(event.lead, at=at)[1] if did_its_step and not has_own else ""


def _asked_next(lead: Lead, *, at: datetime) -> tuple[str, str]:
    return next((said for asked in ASKED_NEXT if (said := asked(lead, at))[0]), ("", ""))
