"""What was planned, in words, and what stays planned while somebody is out of office."""

from __future__ import annotations

from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agreement.models import Phase, StepKind
from leads.actions.planning import BY_FLOW, OF_FLOW
from leads.actions.silencing import NOT_ASKED
from leads.models import LeadEvent
from leads.telling import BECAUSE, Teller, Told, because_of, joined, new_value

STAYS: dict[str, str | Promise] = {
    "promised": gettext_lazy("%(step)s of %(moment)s was promised and stays: you may put it off"),
    "planned": gettext_lazy("%(step)s of %(moment)s was set by hand and stays: you may put it off"),
    "long": gettext_lazy("%(step)s of %(moment)s stays: so long an absence is yours to decide on"),
    "": gettext_lazy("%(step)s of %(moment)s stays"),
}
SHUT: dict[str, str | Promise] = {
    "all": gettext_lazy("Asked not to be contacted"),
    "phone": gettext_lazy("Asked for no calls"),
    "email": gettext_lazy("Asked for no e-mail"),
    "no_address": gettext_lazy("No address takes their mail"),
    "not_agreed": gettext_lazy("They have not agreed to get e-mail"),
    "phone_no_address": gettext_lazy("Asked for no calls, and no address takes their mail"),
}


def stays(t: Teller, e: LeadEvent) -> str:
    """What is due before she is back, and does not wait for it."""
    kind = e.data.get("stays", "")
    if kind not in StepKind.values:
        return ""
    sentence = STAYS.get(e.data.get("stays_because", ""), STAYS[""])
    return str(sentence) % {"step": StepKind(kind).label, "moment": t.moment(e.data.get("stays_at"))}


def _of_flow(t: Teller, e: LeadEvent) -> tuple[str, str]:
    """What a flow planned, and its name, as its step bears them."""
    what, bar, name = t.names.find("step", e.data.get("planned")).rpartition(OF_FLOW)
    return (what, name) if bar else ("", "")


def _wait(until: str) -> str:
    """No moment is known where the lead is due before, with something else."""
    return _("Attempts wait until %(moment)s") % {"moment": until} if until else _("Attempts wait")


def _go_on(since: str) -> str:
    return _("Attempts go on %(moment)s") % {"moment": since} if since else _("Attempts go on")


def steps_passed_over(e: LeadEvent) -> list[int]:
    """What a shut way, or what asks for it no more, has taken from the queue; history tells it by its title."""
    is_told = e.data.get("shut") or e.data.get("because") == NOT_ASKED
    closed: list[int] = e.data.get("effects", {}).get("steps_closed", []) if is_told else []
    return closed


def _passed_over(t: Teller, e: LeadEvent, due: str) -> Told:
    is_of_flow, why = e.data.get("of_flow"), e.data.get("shut", "")
    titles = [t.names.find("step", pk) for pk in steps_passed_over(e)]
    whats = [title.rpartition(OF_FLOW)[0] if is_of_flow and OF_FLOW in title else title for title in titles]
    named = ", ".join(_("“%(what)s”") % {"what": what} for what in whats if what)
    if not why:
        return Told("step", _("%(what)s is passed over: nothing asks for it any more") % {"what": named}, "")
    if named:
        text = _("%(why)s: %(what)s is passed over") % {"why": SHUT[why], "what": named}
    elif why == "no_address":
        text = _("The planned e-mail is not written: no address is left")
    else:
        text = _("%(why)s: the planned attempt is not made") % {"why": SHUT[why]}
    # A play or track plans what comes next with its next look, and says so.
    following = _("next %(moment)s") % {"moment": due} if due and not is_of_flow else ""
    return Told("clock", text, following) if why == "no_address" else Told("stop", text, following, "overdue")


def planned(t: Teller, e: LeadEvent) -> Told:
    due = t.moment(new_value(e, "due_at"))
    hers = t.on_both_clocks(new_value(e, "due_at"))
    kind = e.data.get("kind", "")
    label = str(StepKind(kind).label).lower() if kind in StepKind.values else _("the next step")
    if e.data.get("shut") in SHUT or e.data.get("because") == NOT_ASKED:
        return _passed_over(t, e, due)
    if e.data.get("because") == "suppressed":
        following = _("next %(moment)s") % {"moment": due} if due else ""
        return Told("stop", _("Asked not to be contacted: the planned attempt is not made"), following, "overdue")
    if e.data.get("because") == "bounced":
        following = _("next %(moment)s") % {"moment": due} if due else ""
        return Told("clock", _("The planned e-mail is not written: no address is left"), following)
    if e.data.get("because") == "not_agreed":
        following = _("next %(moment)s") % {"moment": due} if due else ""
        return Told("stop", _("The planned e-mail is not written: they have not agreed to get it"), following)
    if e.data.get("because") == "out_of_office":
        return Told("pause", _wait(hers), _("out of office"))
    if e.data.get("because") == "returned":
        return Told("clock", _go_on(hers), _("back from out of office"))
    if e.data.get("because") == "returns_sooner":
        return Told("clock", _go_on(hers), _("back sooner than they had said"))
    if e.to_phase == Phase.QUEUED:
        return Told("clock", _("The first touch is promised by %(moment)s") % {"moment": due}, because_of(e))
    if e.data.get("because") == "hours":
        return Told("clock", _("The answer is promised by %(moment)s") % {"moment": due}, because_of(e))
    if e.data.get("because") == "meeting_at_account" and not e.data.get("done"):
        return Told("pause", _wait(hers), because_of(e))
    if e.data.get("because") == "meeting_gone":
        # What waited may have been due before the meeting was over: a day that has passed is no news.
        is_ahead = bool(due) and datetime.fromisoformat(new_value(e, "due_at")) > e.at
        return Told("clock", _go_on(hers if is_ahead or not due else _("now")), because_of(e))
    if e.data.get("because") == "away_covered":
        return Told("asleep", _("Waits for its rep until %(moment)s") % {"moment": due}, because_of(e))
    if e.data.get("because") in ("back", "not_awaited"):
        return Told("clock", _("Due again %(moment)s") % {"moment": due}, because_of(e))
    if e.data.get("because") == BY_FLOW:
        # Which one, its step says; history keeps no names.
        number = e.data.get("in_place_of")
        following = joined(
            _("next %(moment)s") % {"moment": due} if due else "",
            _("in place of attempt %(number)s") % {"number": number} if number else "",
            str(BECAUSE.get(e.data.get("later", ""), "")),
        )
        what, name = _of_flow(t, e)
        if name:
            return Told("step", _("“%(flow)s” planned a step: %(what)s") % {"flow": name, "what": what}, following)
        return Told("step", _("Its track planned a step: %(what)s") % {"what": label}, following)
    if e.data.get("because") == "flow_waits":
        _what, name = _of_flow(t, e)
        text = _("“%(flow)s” waits") % {"flow": name} if name else _("Its play waits")
        return Told("pause", text, _("somebody set the next step by hand"))
    if e.data.get("skipped"):
        return Told("step", _("%(who)s left a step out: %(what)s") % {"who": t.who(e), "what": label})
    if e.data.get("cadence"):
        text = _("%(who)s went on with another cadence, next %(moment)s") % {
            "who": t.who(e),
            "moment": due or _("as planned"),
        }
        return Told("step", text)
    if e.data.get("snoozed"):
        return Told("clock", _("%(who)s snoozed the next step to %(moment)s") % {"who": t.who(e), "moment": due})
    if e.data.get("done"):
        text = _("%(who)s finished a step: %(what)s") % {"who": t.who(e), "what": label}
        return Told("done", text, joined(_("next %(moment)s") % {"moment": due} if due else "", because_of(e)))
    if due:
        text = _("%(who)s set the next step: %(what)s, %(moment)s") % {"who": t.who(e), "what": label, "moment": due}
    else:
        text = _("%(who)s planned a step: %(what)s") % {"who": t.who(e), "what": label}
    return Told("step", text)
