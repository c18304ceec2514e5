"""What happened between a rep and sales, in words: hand-offs, meetings, and what came of them."""

from __future__ import annotations

from django.utils.translation import gettext as _

from agreement.models import Phase
from leads.models import Lead, LeadEvent
from leads.telling import Teller, Told, because_of, new_value


def handed_off(t: Teller, e: LeadEvent) -> Told:
    words = {"who": t.who(e), "ae": t.user(e.data.get("ae")), "moment": t.moment(e.data.get("meeting"))}
    if e.data.get("meeting"):
        return Told("meeting", _("%(who)s booked a meeting with %(ae)s, %(moment)s") % words, state="done")
    return Told("handoff", _("%(who)s handed it off to %(ae)s, without a meeting") % words, state="done")


def escalated(t: Teller, e: LeadEvent) -> Told:
    to = e.data.get("to")
    passed = _("passed on to %(name)s and the manager") % {"name": t.user(to)} if to else _("the manager was told")
    return Told("late", _("The hand-off was not answered in time: %(passed)s") % {"passed": passed}, state="overdue")


def moved(t: Teller, e: LeadEvent) -> Told:
    words = {"who": t.who(e), "moment": t.moment(e.data.get("meeting"))}
    return Told("meeting", _("%(who)s moved the meeting to %(moment)s") % words)


def accepted(t: Teller, e: LeadEvent) -> Told:
    return Told("done", _("%(who)s accepted the hand-off") % {"who": t.who(e)}, state="done")


def _went(t: Teller, e: LeadEvent) -> str:
    """Where a refused lead went."""
    if e.to_phase == Phase.WORKING:
        return _("back to %(name)s, due now") % {"name": t.user(new_value(e, "bdr") or t.pursuits[e.lead_id].bdr_id)}
    if e.to_phase == Phase.NURTURE:
        return _("back %(day)s") % {"day": t.on_day(e)}
    if e.to_phase == Phase.QUEUED:
        return _("to another team's pool")
    return ended(e) or _("closed")


def ended(e: LeadEvent) -> str:
    """Why it went to no rep any more."""
    if new_value(e, "closed_as") != Lead.ClosedAs.STANDING:
        return ""
    return _("ended: its company is not for reps, %(why)s") % {"why": because_of(e)}


def rejected(t: Teller, e: LeadEvent) -> Told:
    words = {"who": t.who(e), "reason": t.reason(e).lower()}
    return Told("back_to", _("%(who)s rejected the hand-off: %(reason)s") % words, _went(t, e))


def withdrew(t: Teller, e: LeadEvent) -> Told:
    return Told("back_to", _("%(who)s withdrew the hand-off") % {"who": t.who(e)}, ended(e))


def not_shown(t: Teller, e: LeadEvent) -> Told:
    return Told("late", _("Nobody came to the meeting, %(who)s says") % {"who": t.who(e)}, _went(t, e), "due")


def returned(t: Teller, e: LeadEvent) -> Told:
    return Told("back_to", _("%(who)s gave it back") % {"who": t.who(e)}, ended(e) or because_of(e) or _went(t, e))


def qualified(t: Teller, e: LeadEvent) -> Told:
    return Told("done", _("%(who)s met and qualified") % {"who": t.who(e)}, state="done")


def not_qualified(t: Teller, e: LeadEvent) -> Told:
    words = {"who": t.who(e), "reason": t.reason(e).lower()}
    return Told("meeting", _("%(who)s met and did not qualify: %(reason)s") % words, _went(t, e))


def won(t: Teller, e: LeadEvent) -> Told:
    return Told("done", _("%(who)s won the deal") % {"who": t.who(e)}, state="done")


def lost(t: Teller, e: LeadEvent) -> Told:
    return Told("stop", _("%(who)s lost the deal: %(reason)s") % {"who": t.who(e), "reason": t.reason(e).lower()})


def stalled(t: Teller, e: LeadEvent) -> Told:
    words = {"who": t.who(e), "reason": t.reason(e).lower(), "day": t.on_day(e)}
    return Told("asleep", _("%(who)s let the deal rest: %(reason)s. Back %(day)s") % words, state="asleep")
