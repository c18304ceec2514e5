"""What happened, in words: one sentence for every verb of `leads.transitions`, and for whatever a person does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from html import unescape
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.functional import Promise
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agreement.models import Disposition, Phase, SLAClause
from leads.asked_for import CHOSE, chosen
from leads.models import Engagement, Lead, LeadEvent
from leads.naming import Names
from leads.routing import sentence as routing_sentence
from leads.sales_sentences import (
    accepted,
    escalated,
    handed_off,
    lost,
    moved,
    not_qualified,
    not_shown,
    qualified,
    rejected,
    returned,
    stalled,
    withdrew,
    won,
)
from leads.step_sentences import planned, stays, steps_passed_over
from leads.stops import AGAIN, STOPS
from leads.telling import BECAUSE, Teller, Told, because_of, joined, new_value, pair_of, who_words
from team.templatetags.midfield import on_day_words

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
        "asleep", _("Asleep from the start: %(reason)s. Back %(day)s") % {"reason": t.reason(e), "day": t.on_day(e)},
        routed_words(e.data, t.names), "asleep",
    )  # fmt: skip


def _recorded(t: Teller, e: LeadEvent) -> Told:
    return Told("stop", _("Recorded as over already: %(reason)s") % {"reason": t.reason(e)})


def _claimed(t: Teller, e: LeadEvent) -> Told:
    return Told("person", _("%(who)s took the lead") % {"who": t.who(e)}, because_of(e))


def _expired(t: Teller, e: LeadEvent) -> Told:
    return Told("clock", _("No longer reserved for %(name)s: free for the team") % {"name": t.user(e.data.get("bdr"))})


def _released(t: Teller, e: LeadEvent) -> Told:
    if e.by_id is None:
        return Told("back_to", _("Given back to the pool"), because_of(e), "overdue" if e.data.get("because") else "")
    return Told("back_to", _("%(who)s gave it back to the pool") % {"who": t.who(e)}, because_of(e))


def _reassigned(t: Teller, e: LeadEvent) -> Told:
    to = e.data.get("to")
    if to:
        text = _("%(who)s moved it to %(to)s") % {"who": t.who(e), "to": t.user(to)}
    elif team := new_value(e, "team"):
        text = _("%(who)s moved it to %(team)s") % {"who": t.who(e), "team": t.names.say("team", team)}
    else:
        text = _("%(who)s moved it to the pool") % {"who": t.who(e)}
    old = e.data.get("old")
    was = _("from %(name)s") % {"name": t.user(old)} if old else ""
    # That somebody moved it is said by the sentence.
    return Told("person", text, joined(was, "" if e.data.get("because") == "moved" else because_of(e)))


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
    first = _("first touch") if new_value(e, "first_touched_at") else ""
    state, attempt = "done" if first else "", new_value(e, "attempts")
    if kind == "call":
        pk = e.data.get("disposition")
        follows = t.names.more("disposition", pk)
        what = call_words(t.names.say("disposition", pk), follows).lower()
        due = t.moment(new_value(e, "due_at")) if follows == Disposition.Follows.CALL_BACK else ""
        waits = _waits(t, e) or (_("next %(moment)s") % {"moment": due} if due else "")
        called = _("%(who)s called, attempt %(number)s:") if attempt else _("%(who)s called:")
        text = format_html("{} <b>{}</b>", called % {"who": t.who(e), "number": attempt}, what)
        return Told("phone", text, joined(first, waits), state)
    icon, sentence = LOGGED.get(kind, LOGGED["note"])
    said = str(sentence) % {"who": t.who(e)}
    if attempt:
        said = _("%(said)s, attempt %(number)s") % {"said": said, "number": attempt}
    return Told(icon, said, joined(first, _waits(t, e)), state)


def call_words(label: str, follows: str) -> str:
    """What a call came to, once that is said: a label that ends with … leads into a form, and this was its answer."""
    if follows == Disposition.Follows.CALL_BACK and label.endswith("…"):
        return _("Call back promised")
    return label.rstrip("…")


def _waits(t: Teller, e: LeadEvent) -> str:
    """What holds up the attempt that follows."""
    if e.data.get("because") != "meeting_at_account":
        return ""
    due = t.moment(new_value(e, "due_at"))
    return joined(_("next %(moment)s") % {"moment": due} if due else "", because_of(e))


def _engaged(t: Teller, e: LeadEvent) -> Told:
    if e.data.get("kind") == Engagement.Kind.ASKED:
        return Told("flag", _("In front of the queue: asked to be contacted, and waits for a call"), state="due")
    return Told("flag", _("In front of the queue: a reply waits for an answer"), state="due")


RECEIVED: dict[str, tuple[str, str | Promise, str]] = {
    "reply": ("mail", gettext_lazy("Their reply by e-mail"), ""),
    "auto_reply": ("mail", gettext_lazy("A machine answered our e-mail"), ""),
    "out_of_office": ("asleep", gettext_lazy("Out of office"), ""),
    "back": ("person", gettext_lazy("Back before the day they gave"), ""),
    "heard_back": ("person", gettext_lazy("%(who)s noted that they are back before the day they gave"), ""),
    "bounce_soft": ("late", gettext_lazy("An e-mail could not be delivered"), ""),
    **{kind: ("stop", words, "overdue") for kind, words in STOPS.items()},
    **{kind: ("mail", words, "done") for kind, words in AGAIN.items()},
}


def _received(t: Teller, e: LeadEvent) -> Told:
    if e.data.get("kind") == CHOSE:
        until, topics = parse_datetime(e.data.get("until", "")), e.data.get("topics", ())
        labels = [t.names.say("topic", pk) for pk in topics]
        return Told("mail", chosen(until=until, pace=e.data.get("pace", ""), topics=labels))
    icon, sentence, state = RECEIVED.get(e.data.get("kind", ""), RECEIVED["auto_reply"])
    day = parse_date(str(e.data.get("back_on") or ""))
    if day is None:
        about = _("about one topic") if e.data.get("is_topic") else ""
        return Told(icon, str(sentence) % {"who": who_words(t.names, e.data.get("heard_by"), t.reader)}, about, state)
    noon = datetime.combine(day, time(12), tzinfo=timezone.get_current_timezone())
    text = _("Out of office, back %(day)s") % {"day": on_day_words(noon, now=t.now)}
    return Told(icon, text, stays(t, e), state)


VALUES = {"yes": gettext_lazy("yes"), "no": gettext_lazy("no"), "unknown": gettext_lazy("unknown")}


def _answered(t: Teller, e: LeadEvent) -> Told:
    said = [
        _("%(criterion)s %(value)s") % {"criterion": t.names.say("criterion", pk), "value": VALUES.get(value, value)}
        for pk, value in e.data.get("answers", [])
    ]
    return Told("done", _("%(who)s answered: %(what)s") % {"who": t.who(e), "what": ", ".join(said)})


def _restaged(t: Teller, e: LeadEvent) -> Told:
    stage = t.names.say("stage", new_value(e, "stage"))
    return Told("arrow", _("%(who)s moved it to %(stage)s") % {"who": t.who(e), "stage": stage})


def _recycled(t: Teller, e: LeadEvent) -> Told:
    words = {"who": t.who(e), "reason": t.reason(e).lower(), "day": t.on_day(e)}
    early = _("before the cadence had ended") if e.data.get("early") else ""
    return Told("recycle", _("%(who)s recycled it: %(reason)s. Back %(day)s") % words, early, "asleep")


def _rewoken(t: Teller, e: LeadEvent) -> Told:
    words = {"who": t.who(e), "day": t.day(e)}
    return Told("asleep", _("%(who)s changed the day it comes back to %(day)s") % words, because_of(e), "asleep")


def _woken(t: Teller, e: LeadEvent) -> Told:
    if e.by_id:
        return Told("back", _("%(who)s woke it") % {"who": t.who(e)})
    if whose := e.data.get("whose"):
        return Told(
            "back", _("Came back"), _("%(name)s, a colleague, showed interest") % {"name": t.names.say("person", whose)}
        )
    return Told("back", _("Came back"), because_of(e))


def _disqualified(t: Teller, e: LeadEvent) -> Told:
    words = {"who": t.who(e), "reason": t.reason(e).lower()}
    second = _("a second look was asked for") if e.data.get("effects", {}).get("second_looks") else ""
    # Whoever opts out is reached on no channel from then on, by the word of whoever ended it.
    is_silent = new_value(e, "closed_as") == Lead.ClosedAs.DO_NOT_CONTACT
    silent = _("nobody calls or writes to them any more") if is_silent else ""
    return Told("stop", _("%(who)s disqualified it: %(reason)s") % words, joined(silent, second))


def _stood_down(t: Teller, e: LeadEvent) -> Told:
    return Told("stop", _("Ended: its company is not for reps"), because_of(e))


def _merged(t: Teller, e: LeadEvent) -> Told:
    if e.to_phase != Phase.CLOSED:
        if e.data.get("because") == "parted":
            return Told("merge", _("Two people again: what was promised to the other stands there"))
        return Told("merge", _("What was promised in another pursuit of the same person stands here now"))
    return Told("merge", _("Closed: goes on in another pursuit of the same person"), because_of(e))


def _erased(t: Teller, e: LeadEvent) -> Told:
    return Told("stop", _("The person was erased"))


def _corrected(t: Teller, e: LeadEvent) -> Told:
    if e.data.get("because") == "unsent":
        return Told("back_to", _("The e-mail never left: it is no attempt"), "", "overdue")
    # Why the system had moved what went with it is told where it was moved.
    return Told("back_to", _("%(who)s took the last act back") % {"who": t.who(e)})


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
    "plan": planned,
    "answer": _answered,
    "restage": _restaged,
    "hand_off": handed_off,
    "escalate": escalated,
    "move": moved,
    "accept": accepted,
    "reject": rejected,
    "withdraw": withdrew,
    "no_show": not_shown,
    "return": returned,
    "qualify": qualified,
    "not_qualify": not_qualified,
    "win": won,
    "lose": lost,
    "stall": stalled,
    "recycle": _recycled,
    "rewake": _rewoken,
    "wake": _woken,
    "disqualify": _disqualified,
    "stand_down": _stood_down,
    "merge": _merged,
    "erase": _erased,
    "correct": _corrected,
}


def say(t: Teller, event: LeadEvent) -> Told:
    """The sentence of this event."""
    return SENTENCES[event.verb](t, event)


def want(names: Names, event: LeadEvent) -> None:
    """Ask for everything that the sentence of this event may name."""
    data = event.data
    names.want("user", event.by_id, data.get("ae"), data.get("bdr"), data.get("old"), data.get("to"))
    names.want("user", data.get("heard_by"))
    names.want("user", *pair_of(event, "ae"), *pair_of(event, "bdr"))
    names.want("team", data.get("team"), *pair_of(event, "team"))
    names.want("person", data.get("whose"))
    names.want("step", data.get("planned"), *steps_passed_over(event))
    names.want("topic", *data.get("topics", ()))
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
    text = say(Teller(names.load(), {lead.pk: lead}, reader=reader, now=now), event).text
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
