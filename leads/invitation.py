"""The meeting of a hand-off as iCalendar (RFC 5545, 5546): one UID for ever, one SEQUENCE a change, never sent by us.

What is downloaded for one's own calendar is PUBLISHED. What the BDR attaches to her own mail is a REQUEST, which the
other side's calendar answers. A meeting that is off is a CANCEL, under either name.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from icalendar import Calendar, Event, vCalAddress, vText, vUri

from leads.models import HandOff

if TYPE_CHECKING:
    from team.models import User

PUBLISH, REQUEST, CANCEL = "PUBLISH", "REQUEST", "CANCEL"
# The meeting is off in these.
OFF = (HandOff.State.WITHDRAWN, HandOff.State.UNDONE)
# And in these, where they were said before it had begun.
GIVEN_BACK = (HandOff.State.REJECTED, HandOff.State.RETURNED)


def is_off(hand_off: HandOff) -> bool:
    """Whether its meeting will not be: taken back, or sales has rejected or returned the lead before it."""
    said_at = hand_off.outcome_at or hand_off.answered_at
    is_ahead = bool(said_at and hand_off.meeting_at and said_at < hand_off.meeting_at)
    return hand_off.state in OFF or (hand_off.state in GIVEN_BACK and is_ahead)


def method_of(hand_off: HandOff, *, asked: str = PUBLISH) -> str:
    """What the file does to the calendar that reads it."""
    if is_off(hand_off):
        return CANCEL
    return REQUEST if asked == REQUEST else PUBLISH


def invitation(hand_off: HandOff, *, at: datetime, url: str = "", email: str = "", asked: str = PUBLISH) -> bytes:
    """The file. `email` is the prospect's address, who is invited only by a REQUEST; ValueError without a meeting.

    Moments are in UTC, so that no reader has to agree with us about a zone's rules; her own wall time stands in the
    description, as it was said.
    """
    if hand_off.meeting_at is None:
        raise ValueError("a hand-off without a meeting has no invitation")
    method = method_of(hand_off, asked=asked)
    event = Event()
    event.add("uid", f"{hand_off.public_id}@midfield")
    event.add("dtstamp", at)
    event.add("sequence", hand_off.sequence + (hand_off.state == HandOff.State.UNDONE))
    event.add("dtstart", hand_off.meeting_at.astimezone(ZoneInfo("UTC")))
    event.add("dtend", (hand_off.meeting_at + timedelta(minutes=hand_off.minutes)).astimezone(ZoneInfo("UTC")))
    event.add("summary", _one_line(_summary(hand_off)))
    event.add("status", _status(hand_off))
    event.add("transp", "TRANSPARENT" if method == CANCEL else "OPAQUE")
    place = _one_line(hand_off.place)
    if place:
        event.add("location", place)
    # What is sent to the prospect says nothing that was written about her.
    event.add("description", _description(hand_off, inside=method != REQUEST and asked != REQUEST))
    if url and asked != REQUEST:
        event.add("url", vUri(url))
    event.add("organizer", _address(hand_off.ae))
    if method == REQUEST or (method == CANCEL and asked == REQUEST):
        _invite(event, hand_off, email=email)
    calendar = Calendar()
    calendar.add("prodid", "-//Midfield//Hand-off//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _invite(event: Event, hand_off: HandOff, *, email: str) -> None:
    if email:
        event.add("attendee", _attendee(email, hand_off.lead.person.name, answer="NEEDS-ACTION", rsvp=True))
    answer = "ACCEPTED" if hand_off.state == HandOff.State.ACCEPTED else "NEEDS-ACTION"
    event.add("attendee", _attendee(hand_off.ae.email, hand_off.ae.name, answer=answer))
    if hand_off.bdr_id != hand_off.ae_id:
        event.add(
            "attendee", _attendee(hand_off.bdr.email, hand_off.bdr.name, answer="ACCEPTED", role="OPT-PARTICIPANT")
        )


def _attendee(email: str, name: str, *, answer: str, rsvp: bool = False, role: str = "REQ-PARTICIPANT") -> vCalAddress:
    attendee = _named(email, name)
    attendee.params["ROLE"] = vText(role)
    attendee.params["PARTSTAT"] = vText(answer)
    attendee.params["RSVP"] = vText("TRUE" if rsvp else "FALSE")
    return attendee


def _address(user: User) -> vCalAddress:
    return _named(user.email, user.name)


def _named(email: str, name: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{_one_line(email).replace(' ', '')}")
    # A parameter has no escape for a quote in older readers.
    address.params["CN"] = vText(_one_line(name).replace('"', "'") or _one_line(email))
    return address


def _summary(hand_off: HandOff) -> str:
    person, account = hand_off.lead.person, hand_off.lead.account
    who = person.name or str(person)
    if account is None:
        return _("%(who)s and %(ae)s") % {"who": who, "ae": hand_off.ae.name}
    return _("%(who)s (%(account)s) and %(ae)s") % {"who": who, "account": account.name, "ae": hand_off.ae.name}


def _description(hand_off: HandOff, *, inside: bool) -> str:
    lines = []
    if inside and hand_off.line:
        lines.append(_one_line(hand_off.line))
    if hand_off.meeting_at is not None and hand_off.zone:
        local = hand_off.meeting_at.astimezone(ZoneInfo(hand_off.zone))
        lines.append(
            _("%(moment)s in %(zone)s")
            % {
                "moment": date_format(local, pgettext("date format: exact", "D j M Y, G:i")),
                "zone": hand_off.zone.replace("_", " "),
            }
        )
    return "\n".join(lines)


def _status(hand_off: HandOff) -> str:
    if is_off(hand_off):
        return "CANCELLED"
    return "TENTATIVE" if hand_off.state in (HandOff.State.SENT, *GIVEN_BACK) else "CONFIRMED"


def _one_line(text: str) -> str:
    """No control character reaches the file, so that nobody's name can begin a line of its own."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]+", " ", text).split())
