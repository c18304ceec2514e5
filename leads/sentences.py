"""What happened, in words: one sentence for every verb of `leads.transitions`, and for whatever a person does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.functional import Promise
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from agreement.models import Disposition, Phase, SLAClause, StepKind
from leads.actions.planning import OF_FLOW
from leads.models import Engagement, Lead, LeadEvent
from leads.naming import Names
from leads.routing import sentence as routing_sentence
from leads.stops import STOPS
from team.templatetags.midfield import clock_words, day_words, moment_words

DEED_ICONS = {
    "asked": "flag", "downloaded": "download", "registered": "webinar", "attended": "webinar", "read": "library",
    "clicked": "visit", "followed": "visit", "replied": "mail", "visited": "visit", "listed": "leads",
}  # fmt: skip


def deed_words(deed: Engagement, name: str) -> SafeString:
    """What somebody did, in one sentence."""
    # Of a list it reads the same of one person and of "they".
    is_listed = deed.kind == Engagement.Kind.LISTED
    verb = _("came with a list") if is_listed else str(Engagement.Kind(deed.kind).label)
    if deed.asset:
        return format_html("{} {} <b>{}</b>", name, verb, deed.asset.title)
    if deed.topic:
        return format_html('{} {} <span class="soft">· {}</span>', name, verb, deed.topic.label)
    return format_html("{} {}", name, verb)


@dataclass
class Told:
    icon: str
    text: SafeString | str
    soft: str = ""
    state: str = ""


class Teller:
    """A sentence for every verb of `leads.transitions`."""

    def __init__(self, names: Names, pursuits: dict[int, Lead], *, reader: int, now: datetime) -> None:
        self.names, self.pursuits, self.reader, self.now = names, pursuits, reader, now

    def __call__(self, event: LeadEvent) -> Told:
        return SENTENCES[event.verb](self, event)

    def who(self, event: LeadEvent) -> str:
        return who_words(self.names, event.by_id, self.reader)

    def user(self, pk: Any) -> str:
        return pgettext("object", "you") if pk == self.reader else self.names.say("user", pk)

    def reason(self, event: LeadEvent) -> str:
        pk = event.data.get("pick") or event.data.get("reason") or _new(event, "reason")
        return self.names.say("reason", pk) if pk else ""

    def day(self, event: LeadEvent, column: str = "wake_at") -> str:
        moment = new_moment(event, column)
        return day_words(moment, now=self.now, midline=True) if moment else ""

    def moment(self, text: str | None) -> str:
        moment = parse_datetime(text or "")
        return moment_words(moment, now=self.now) if moment else ""


def who_words(names: Names, pk: int | None, reader: int) -> str:
    if pk is None:
        return _("Midfield")
    return pgettext("subject", "You") if pk == reader else names.say("user", pk)


def _begun(t: Teller, e: LeadEvent) -> Told:
    lead = t.pursuits[e.lead_id]
    return Told(
        "arrow",
        _("Became a lead: %(lane)s") % {"lane": lead.get_lane_display().lower()},
        routed_words(e.data, t.names),
    )


def _added(t: Teller, e: LeadEvent) -> Told:
    return Told("add", _("%(who)s added the lead by hand") % {"who": t.who(e)})


def _slept(t: Teller, e: LeadEvent) -> Told:
    return Told(
        "asleep", _("Asleep from the start: %(reason)s. Back on %(day)s") % {"reason": t.reason(e), "day": t.day(e)},
        routed_words(e.data, t.names), "asleep",
    )  # fmt: skip


def _recorded(t: Teller, e: LeadEvent) -> Told:
    return Told("stop", _("Recorded as over already: %(reason)s") % {"reason": t.reason(e)})


def _claimed(t: Teller, e: LeadEvent) -> Told:
    return Told("person", _("%(who)s took the lead") % {"who": t.who(e)}, _because(e))


def _expired(t: Teller, e: LeadEvent) -> Told:
    return Told("clock", _("No longer reserved for %(name)s: free for the team") % {"name": t.user(e.data.get("bdr"))})


BECAUSE = {
    "missed": gettext_lazy("nobody touched it in time"),
    "away": gettext_lazy("away without cover"),
    "away_covered": gettext_lazy("away, and covered"),
    "back": gettext_lazy("back earlier"),
    "not_awaited": gettext_lazy("its rep is waited for no more"),
    "left": gettext_lazy("left the company"),
    "cover": gettext_lazy("cover for a day"),
    "undo": gettext_lazy("what opened it was taken back"),
    "reply": gettext_lazy("replied"),
    "asked": gettext_lazy("asked to be contacted"),
    "date": gettext_lazy("the day came"),
    "job_change": gettext_lazy("a new job"),
    "engaged": gettext_lazy("showed interest again"),
    "colleague": gettext_lazy("a colleague showed interest"),
    "answered": gettext_lazy("what was missing is known"),
    "promotion": gettext_lazy("a new title"),
    "offered": gettext_lazy("for what a file or a late signal says"),
    "room": gettext_lazy("the day before had no room"),
    "by_hand": gettext_lazy("by hand"),
    "meeting_at_account": gettext_lazy("a colleague meets somebody there first"),
    "meeting_gone": gettext_lazy("no colleague meets anybody there now"),
    "hours": gettext_lazy("the working hours were changed"),
    "team_retired": gettext_lazy("its team was retired"),
    "team_back": gettext_lazy("its team works again"),
    "customer": gettext_lazy("a customer now"),
    "open_opportunity": gettext_lazy("an opportunity is open there"),
    "competitor": gettext_lazy("a competitor"),
    "do_not_work": gettext_lazy("not to be worked"),
    "suppressed": gettext_lazy("not to be contacted"),
    "gone": gettext_lazy("no longer a person of their own"),
    "put_back": gettext_lazy("Put back after a second look"),
    "lost_deal": gettext_lazy("Opened by a lost deal"),
    "prospect_again": gettext_lazy("A prospect again"),
    "file": gettext_lazy("As the file says"),
    "fan": gettext_lazy("a fan: fed, and in nobody’s queue"),
}


def _because(e: LeadEvent) -> str:
    code = e.data.get("because", "")
    return str(BECAUSE.get(code, str(code).replace("_", " ")))


def _released(t: Teller, e: LeadEvent) -> Told:
    if e.by_id is None:
        return Told("back_to", _("Given back to the pool"), _because(e), "overdue" if e.data.get("because") else "")
    return Told("back_to", _("%(who)s gave it back to the pool") % {"who": t.who(e)}, _because(e))


def _reassigned(t: Teller, e: LeadEvent) -> Told:
    to = e.data.get("to")
    if to:
        text = _("%(who)s moved it to %(to)s") % {"who": t.who(e), "to": t.user(to)}
    elif team := _new(e, "team"):
        text = _("%(who)s moved it to %(team)s") % {"who": t.who(e), "team": t.names.say("team", team)}
    else:
        text = _("%(who)s moved it to the pool") % {"who": t.who(e)}
    old = e.data.get("old")
    was = _("from %(name)s") % {"name": t.user(old)} if old else ""
    # That somebody moved it is said by the sentence.
    return Told("person", text, _and(was, "" if e.data.get("because") == "moved" else _because(e)))


def _missed(t: Teller, e: LeadEvent) -> Told:
    kind = e.data.get("kind", "")
    label = str(SLAClause.Kind(kind).label) if kind in SLAClause.Kind.values else _("A promise")
    return Told("late", _("%(promise)s was missed") % {"promise": label}, state="overdue")


LOGGED: dict[str, tuple[str, str | Promise]] = {
    "email": ("mail", gettext_lazy("%(who)s e-mailed")),
    "social": ("leads", gettext_lazy("%(who)s got in touch on a network")),
    "note": ("note", gettext_lazy("%(who)s noted")),
    "meeting": ("meeting", gettext_lazy("%(who)s met")),
}


def _logged(t: Teller, e: LeadEvent) -> Told:
    kind = e.data.get("kind", "note")
    first = _("first touch") if _new(e, "first_touched_at") else ""
    state = "done" if first else ""
    if kind == "call":
        pk = e.data.get("disposition")
        follows = t.names.more("disposition", pk)
        what = call_words(t.names.say("disposition", pk), follows).lower()
        due = t.moment(_new(e, "due_at")) if follows == Disposition.Follows.CALL_BACK else ""
        waits = _waits(t, e) or (_("next %(moment)s") % {"moment": due} if due else "")
        attempt = _new(e, "attempts")
        called = _("%(who)s called, attempt %(number)s:") if attempt else _("%(who)s called:")
        text = format_html("{} <b>{}</b>", called % {"who": t.who(e), "number": attempt}, what)
        return Told("phone", text, _and(first, waits), state)
    icon, sentence = LOGGED.get(kind, LOGGED["note"])
    return Told(icon, str(sentence) % {"who": t.who(e)}, _and(first, _waits(t, e)), state)


def call_words(label: str, follows: str) -> str:
    """What a call came to, once that is said: a label that ends with … leads into a form, and this was its answer."""
    if follows == Disposition.Follows.CALL_BACK and label.endswith("…"):
        return _("Call back promised")
    return label.rstrip("…")


def _waits(t: Teller, e: LeadEvent) -> str:
    """What holds up the attempt that follows."""
    if e.data.get("because") != "meeting_at_account":
        return ""
    due = t.moment(_new(e, "due_at"))
    return _and(_("next %(moment)s") % {"moment": due} if due else "", _because(e))


def _and(*said: str) -> str:
    return " · ".join(one for one in said if one)


def _engaged(t: Teller, e: LeadEvent) -> Told:
    if e.data.get("kind") == Engagement.Kind.ASKED:
        return Told("flag", _("In front of the queue: asked to be contacted, and waits for a call"), state="due")
    return Told("flag", _("In front of the queue: a reply waits for an answer"), state="due")


RECEIVED: dict[str, tuple[str, str | Promise, str]] = {
    "reply": ("mail", gettext_lazy("Their reply by e-mail"), ""),
    "auto_reply": ("mail", gettext_lazy("A machine answered our e-mail"), ""),
    "out_of_office": ("asleep", gettext_lazy("Out of office"), ""),
    "bounce_soft": ("late", gettext_lazy("An e-mail could not be delivered"), ""),
    **{kind: ("stop", words, "overdue") for kind, words in STOPS.items()},
}


def _received(t: Teller, e: LeadEvent) -> Told:
    icon, sentence, state = RECEIVED.get(e.data.get("kind", ""), RECEIVED["auto_reply"])
    day = parse_date(str(e.data.get("back_on") or ""))
    if day is None:
        about = _("about one topic") if e.data.get("is_topic") else ""
        return Told(icon, str(sentence) % {"who": who_words(t.names, e.data.get("heard_by"), t.reader)}, about, state)
    noon = datetime.combine(day, time(12), tzinfo=timezone.get_current_timezone())
    text = _("Out of office, back on %(day)s") % {"day": day_words(noon, now=t.now, midline=True)}
    return Told(icon, text, _stays(t, e), state)


STAYS: dict[str, str | Promise] = {
    "promised": gettext_lazy("%(step)s of %(moment)s was promised and stays: you may put it off"),
    "planned": gettext_lazy("%(step)s of %(moment)s was set by hand and stays: you may put it off"),
    "long": gettext_lazy("%(step)s of %(moment)s stays: so long an absence is yours to decide on"),
    "": gettext_lazy("%(step)s of %(moment)s stays"),
}


def _stays(t: Teller, e: LeadEvent) -> str:
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


def _planned(t: Teller, e: LeadEvent) -> Told:
    due = t.moment(_new(e, "due_at"))
    kind = e.data.get("kind", "")
    label = str(StepKind(kind).label).lower() if kind in StepKind.values else _("the next step")
    if e.data.get("because") == "suppressed":
        following = _("next %(moment)s") % {"moment": due} if due else ""
        return Told("stop", _("Asked not to be contacted: the planned attempt is not made"), following, "overdue")
    if e.data.get("because") == "bounced":
        following = _("next %(moment)s") % {"moment": due} if due else ""
        return Told("clock", _("The planned e-mail is not written: no address is left"), following)
    if e.data.get("because") == "out_of_office":
        return Told("pause", _("Attempts wait until %(moment)s") % {"moment": due}, _("out of office"))
    if e.to_phase == Phase.QUEUED:
        return Told("clock", _("The first touch is promised by %(moment)s") % {"moment": due}, _because(e))
    if e.data.get("because") == "hours":
        return Told("clock", _("The answer is promised by %(moment)s") % {"moment": due}, _because(e))
    if e.data.get("because") == "meeting_at_account" and not e.data.get("done"):
        return Told("pause", _("Attempts wait until %(moment)s") % {"moment": due}, _because(e))
    if e.data.get("because") == "meeting_gone":
        # What waited may have been due before the meeting was over: a day that has passed is no news.
        is_ahead = bool(due) and datetime.fromisoformat(_new(e, "due_at")) > e.at
        return Told("clock", _("Attempts go on %(moment)s") % {"moment": due if is_ahead else _("now")}, _because(e))
    if e.data.get("because") == "away_covered":
        return Told("asleep", _("Waits for its rep until %(moment)s") % {"moment": due}, _because(e))
    if e.data.get("because") in ("back", "not_awaited"):
        return Told("clock", _("Due again %(moment)s") % {"moment": due}, _because(e))
    if e.data.get("because") == "flow":
        # Which one, its step says; history keeps no names.
        following = _("next %(moment)s") % {"moment": due} if due else ""
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
        return Told("done", text, _and(_("next %(moment)s") % {"moment": due} if due else "", _because(e)))
    if due:
        text = _("%(who)s set the next step: %(what)s, %(moment)s") % {"who": t.who(e), "what": label, "moment": due}
    else:
        text = _("%(who)s planned a step: %(what)s") % {"who": t.who(e), "what": label}
    return Told("step", text)


VALUES = {"yes": gettext_lazy("yes"), "no": gettext_lazy("no"), "unknown": gettext_lazy("unknown")}


def _answered(t: Teller, e: LeadEvent) -> Told:
    said = [
        _("%(criterion)s %(value)s") % {"criterion": t.names.say("criterion", pk), "value": VALUES.get(value, value)}
        for pk, value in e.data.get("answers", [])
    ]
    return Told("done", _("%(who)s answered: %(what)s") % {"who": t.who(e), "what": ", ".join(said)})


def _restaged(t: Teller, e: LeadEvent) -> Told:
    stage = t.names.say("stage", _new(e, "stage"))
    return Told("arrow", _("%(who)s moved it to %(stage)s") % {"who": t.who(e), "stage": stage})


def _handed_off(t: Teller, e: LeadEvent) -> Told:
    words = {"who": t.who(e), "ae": t.user(e.data.get("ae")), "moment": t.moment(e.data.get("meeting"))}
    if e.data.get("meeting"):
        return Told("meeting", _("%(who)s booked a meeting with %(ae)s, %(moment)s") % words, state="done")
    return Told("handoff", _("%(who)s handed it off to %(ae)s, without a meeting") % words, state="done")


def _escalated(t: Teller, e: LeadEvent) -> Told:
    to = e.data.get("to")
    passed = _("passed on to %(name)s and the manager") % {"name": t.user(to)} if to else _("the manager was told")
    return Told("late", _("The hand-off was not answered in time: %(passed)s") % {"passed": passed}, state="overdue")


def _moved(t: Teller, e: LeadEvent) -> Told:
    words = {"who": t.who(e), "moment": t.moment(e.data.get("meeting"))}
    return Told("meeting", _("%(who)s moved the meeting to %(moment)s") % words)


def _accepted(t: Teller, e: LeadEvent) -> Told:
    return Told("done", _("%(who)s accepted the hand-off") % {"who": t.who(e)}, state="done")


def _went(t: Teller, e: LeadEvent) -> str:
    """Where a refused lead went."""
    if e.to_phase == Phase.WORKING:
        return _("back to %(name)s, due now") % {"name": t.user(_new(e, "bdr") or t.pursuits[e.lead_id].bdr_id)}
    if e.to_phase == Phase.NURTURE:
        return _("back on %(day)s") % {"day": t.day(e)}
    if e.to_phase == Phase.QUEUED:
        return _("to another team's pool")
    return _ended(e) or _("closed")


def _ended(e: LeadEvent) -> str:
    """Why it went to no rep any more."""
    if _new(e, "closed_as") != Lead.ClosedAs.STANDING:
        return ""
    return _("ended: its company is not for reps, %(why)s") % {"why": _because(e)}


def _rejected(t: Teller, e: LeadEvent) -> Told:
    words = {"who": t.who(e), "reason": t.reason(e).lower()}
    return Told("back_to", _("%(who)s rejected the hand-off: %(reason)s") % words, _went(t, e))


def _withdrew(t: Teller, e: LeadEvent) -> Told:
    return Told("back_to", _("%(who)s withdrew the hand-off") % {"who": t.who(e)}, _ended(e))


def _not_shown(t: Teller, e: LeadEvent) -> Told:
    return Told("late", _("Nobody came to the meeting, %(who)s says") % {"who": t.who(e)}, _went(t, e), "due")


def _returned(t: Teller, e: LeadEvent) -> Told:
    return Told("back_to", _("%(who)s gave it back") % {"who": t.who(e)}, _ended(e) or _because(e) or _went(t, e))


def _qualified(t: Teller, e: LeadEvent) -> Told:
    return Told("done", _("%(who)s met and qualified") % {"who": t.who(e)}, state="done")


def _not_qualified(t: Teller, e: LeadEvent) -> Told:
    words = {"who": t.who(e), "reason": t.reason(e).lower()}
    return Told("meeting", _("%(who)s met and did not qualify: %(reason)s") % words, _went(t, e))


def _won(t: Teller, e: LeadEvent) -> Told:
    return Told("done", _("%(who)s won the deal") % {"who": t.who(e)}, state="done")


def _lost(t: Teller, e: LeadEvent) -> Told:
    return Told("stop", _("%(who)s lost the deal: %(reason)s") % {"who": t.who(e), "reason": t.reason(e).lower()})


def _stalled(t: Teller, e: LeadEvent) -> Told:
    words = {"who": t.who(e), "reason": t.reason(e).lower(), "day": t.day(e)}
    return Told("asleep", _("%(who)s let the deal rest: %(reason)s. Back on %(day)s") % words, state="asleep")


def _recycled(t: Teller, e: LeadEvent) -> Told:
    words = {"who": t.who(e), "reason": t.reason(e).lower(), "day": t.day(e)}
    early = _("before the cadence had ended") if e.data.get("early") else ""
    return Told("recycle", _("%(who)s recycled it: %(reason)s. Back on %(day)s") % words, early, "asleep")


def _rewoken(t: Teller, e: LeadEvent) -> Told:
    words = {"who": t.who(e), "day": t.day(e)}
    return Told("asleep", _("%(who)s changed the day it comes back to %(day)s") % words, _because(e), "asleep")


def _woken(t: Teller, e: LeadEvent) -> Told:
    if e.by_id:
        return Told("back", _("%(who)s woke it") % {"who": t.who(e)})
    if whose := e.data.get("whose"):
        return Told(
            "back", _("Came back"), _("%(name)s, a colleague, showed interest") % {"name": t.names.say("person", whose)}
        )
    return Told("back", _("Came back"), _because(e))


def _disqualified(t: Teller, e: LeadEvent) -> Told:
    words = {"who": t.who(e), "reason": t.reason(e).lower()}
    second = _("a second look was asked for") if e.data.get("effects", {}).get("second_looks") else ""
    # Whoever opts out is reached on no channel from then on, by the word of whoever ended it.
    is_silent = _new(e, "closed_as") == Lead.ClosedAs.DO_NOT_CONTACT
    silent = _("nobody calls or writes to them any more") if is_silent else ""
    return Told("stop", _("%(who)s disqualified it: %(reason)s") % words, _and(silent, second))


def _stood_down(t: Teller, e: LeadEvent) -> Told:
    return Told("stop", _("Ended: its company is not for reps"), _because(e))


def _merged(t: Teller, e: LeadEvent) -> Told:
    if e.to_phase != Phase.CLOSED:
        if e.data.get("because") == "parted":
            return Told("merge", _("Two people again: what was promised to the other stands there"))
        return Told("merge", _("What was promised in another pursuit of the same person stands here now"))
    return Told("merge", _("Closed: goes on in another pursuit of the same person"), _because(e))


def _erased(t: Teller, e: LeadEvent) -> Told:
    return Told("stop", _("The person was erased"))


def _corrected(t: Teller, e: LeadEvent) -> Told:
    if e.data.get("because") == "unsent":
        return Told("back_to", _("The e-mail never left: it is no attempt"), "", "overdue")
    return Told("back_to", _("%(who)s took the last act back") % {"who": t.who(e)}, _because(e))


SENTENCES: dict[str, Callable[[Teller, LeadEvent], Told]] = {
    "queue": _begun,
    "add": _added,
    "sleep": _slept,
    "record": _recorded,
    "claim": _claimed,
    "expire": _expired,
    "release": _released,
    "reassign": _reassigned,
    "miss": _missed,
    "log": _logged,
    "engage": _engaged,
    "receive": _received,
    "plan": _planned,
    "answer": _answered,
    "restage": _restaged,
    "hand_off": _handed_off,
    "escalate": _escalated,
    "move": _moved,
    "accept": _accepted,
    "reject": _rejected,
    "withdraw": _withdrew,
    "no_show": _not_shown,
    "return": _returned,
    "qualify": _qualified,
    "not_qualify": _not_qualified,
    "win": _won,
    "lose": _lost,
    "stall": _stalled,
    "recycle": _recycled,
    "rewake": _rewoken,
    "wake": _woken,
    "disqualify": _disqualified,
    "stand_down": _stood_down,
    "merge": _merged,
    "erase": _erased,
    "correct": _corrected,
}


def want(names: Names, event: LeadEvent) -> None:
    """Ask for everything that the sentence of this event may name."""
    data = event.data
    names.want("user", event.by_id, data.get("ae"), data.get("bdr"), data.get("old"), data.get("to"))
    names.want("user", data.get("heard_by"))
    names.want("user", *_pair(event, "ae"), *_pair(event, "bdr"))
    names.want("team", data.get("team"), *_pair(event, "team"))
    names.want("person", data.get("whose"))
    names.want("step", data.get("planned"))
    names.want(*_ref(data))


def want_routing(names: Names, data: dict[str, Any]) -> None:
    """Ask for everything that `routed_words` of this first event may name."""
    names.want("user", data.get("bdr"))
    names.want("team", data.get("team"))
    names.want(*_ref(data))


def told(event: LeadEvent, lead: Lead, *, reader: int, now: datetime) -> str:
    """One event as a sentence by itself, without marks: what somebody else did, or what was taken back."""
    names = Names()
    want(names, event)
    names.want("user", lead.bdr_id)
    text = Teller(names.load(), {lead.pk: lead}, reader=reader, now=now)(event).text
    return unescape(strip_tags(text)) if isinstance(text, SafeString) else str(text)


def routed_words(data: dict[str, Any], names: Names) -> str:
    """Why a lead came to whom it came, as the router said it."""
    because = data.get("because", "")
    if not because:
        return ""
    kind, ref = _ref(data)
    if because in BECAUSE:
        return str(BECAUSE[because])
    return routing_sentence(
        because,
        ref=names.say(kind, ref) if ref else "",
        team=names.say("team", data.get("team")) if data.get("team") else "",
        bdr=names.say("user", data.get("bdr")) if data.get("bdr") else "",
    )


def _ref(data: dict[str, Any]) -> tuple[str, Any]:
    """What routing's `ref` is the id of."""
    kind = {"works_account": "account", "territory": "territory", "wake": "user"}.get(data.get("because", ""), "")
    return (kind, data.get("ref")) if kind else ("user", None)


def both_clocks(moment: datetime | None, zone: str, *, now: datetime) -> str:
    """A moment on the reader's clock, and on hers where that shows something else."""
    if moment is None:
        return ""
    ours = moment_words(moment, now=now)
    hers = moment.astimezone(ZoneInfo(zone)) if zone else None
    if hers is None or hers.utcoffset() == timezone.localtime(moment).utcoffset():
        return ours
    return _("%(ours)s (%(theirs)s theirs)") % {"ours": ours, "theirs": clock_words(hers)}


def new_moment(event: LeadEvent, column: str) -> datetime | None:
    """What this event has set a moment to, if it has."""
    return parse_datetime(_new(event, column) or "")


def _new(event: LeadEvent, column: str) -> Any:
    pair = event.changes.get(column)
    return pair[1] if pair else None


def _pair(event: LeadEvent, column: str) -> list[Any]:
    return event.changes.get(column) or []
