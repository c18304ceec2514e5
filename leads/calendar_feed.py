"""What somebody's own calendar shows of Midfield: her meetings, the call-backs she promised, when she is away.

Its address is secret and its file is kept by others: without her word it holds kinds and moments, and no name.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vDuration, vUri

from accounts.actions.people import suppressed_channels
from agreement.models import StepKind
from leads.cadence import kind_words
from leads.invitation import GIVEN_BACK, OFF
from leads.models import HandOff, Lead, Step
from leads.why import address_of
from team.models import Absence, CalendarFeed
from team.models.feed import hash_of

# So far back and ahead a calendar is told; what was earlier it keeps or forgets by itself.
BACK, AHEAD = timedelta(days=30), timedelta(days=180)
CALL_MINUTES = 15
# How often a calendar is asked to look again.
EVERY = timedelta(minutes=15)
ENTRIES_MAX = 500


def feed_at(token: str) -> CalendarFeed | None:
    """The feed of this address, while she works here and holds a role."""
    feed = CalendarFeed.objects.select_related("user").filter(token_hash=hash_of(token)).first()
    return feed if feed and feed.user.is_active and feed.user.held else None


def feed_file(feed: CalendarFeed, *, site: str, at: datetime) -> bytes:
    """The whole calendar, equal as long as nothing in it changes."""
    calendar = Calendar()
    calendar.add("prodid", "-//Midfield//Feed//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Midfield"))
    calendar.add("refresh-interval", vDuration(EVERY), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(EVERY))
    for event in (*_meetings(feed, site=site, at=at), *_promises(feed, site=site, at=at), *_absences(feed, at=at)):
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _meetings(feed: CalendarFeed, *, site: str, at: datetime) -> list[Event]:
    user = feed.user
    meetings = (
        (HandOff.objects.filter(ae=user) | HandOff.objects.filter(bdr=user) | HandOff.objects.filter(lent_to=user))
        .filter(meeting_at__gte=at - BACK, meeting_at__lt=at + AHEAD, lead__in=Lead.objects.visible_to(user))
        .exclude(state__in=[*OFF, *GIVEN_BACK])
        .select_related("lead__person", "lead__account", "ae")
        .order_by("meeting_at", "id")
    )
    events = []
    for one in meetings[:ENTRIES_MAX]:
        is_mine = user.pk in (one.ae_id, one.lent_to_id)
        words = _("Meeting") if is_mine else _("Meeting that you booked")
        if feed.has_names:
            who = _who(one.lead)
            words = who if is_mine else _("%(who)s with %(name)s") % {"who": who, "name": one.ae}
        begins: Any = one.meeting_at
        event = _event(f"meeting-{one.public_id}", words, begins, stamp=one.sent_at)
        event.add("dtend", _utc(begins + timedelta(minutes=one.minutes)))
        event.add("sequence", one.sequence)
        event.add("status", "CONFIRMED" if one.state == HandOff.State.ACCEPTED else "TENTATIVE")
        event.add("transp", "OPAQUE" if is_mine else "TRANSPARENT")
        event.add("url", vUri(site + address_of("leads:hand_off_brief", one.public_id)))
        events.append(event)
    return events


def _promises(feed: CalendarFeed, *, site: str, at: datetime) -> list[Event]:
    """What somebody was told a moment of; a meeting with sales stands among the meetings."""
    steps = (
        Step.objects.open()
        .of(feed.user)
        .filter(promised=True, due_at__gte=at - BACK, due_at__lt=at + AHEAD)
        .exclude(kind=StepKind.MEETING)
        .select_related("lead__person", "lead__account")
        .in_queue_order()
    )
    told = list(steps[:ENTRIES_MAX])
    silent = suppressed_channels({step.lead.person_id for step in told})
    events = []
    for step in told:
        words = kind_words(step, silent.get(step.lead.person_id, ()))
        if feed.has_names:
            words = _("%(what)s: %(who)s") % {"what": words, "who": _who(step.lead)}
        event = _event(f"step-{step.pk}", words, step.due_at, stamp=step.created_at)
        event.add("dtend", _utc(step.due_at + timedelta(minutes=CALL_MINUTES)))
        event.add("status", "CONFIRMED")
        event.add("url", vUri(site + address_of("leads:lead", step.lead.public_id)))
        events.append(event)
    return events


def _absences(feed: CalendarFeed, *, at: datetime) -> list[Event]:
    absences = Absence.objects.filter(user=feed.user, ends_at__gte=at - BACK, starts_at__lt=at + AHEAD)
    events = []
    for absence in absences.select_related("cover").order_by("starts_at", "pk")[:ENTRIES_MAX]:
        words = _("Away")
        if absence.cover:
            # A colleague is no customer: but her name leaves with the file all the same.
            words = _("Away, covered by %(name)s") % {"name": absence.cover} if feed.has_names else _("Away, covered")
        event = _event(f"absence-{absence.pk}", words, absence.starts_at, stamp=absence.starts_at)
        event.add("dtend", _utc(absence.ends_at))
        event.add("transp", "OPAQUE")
        events.append(event)
    return events


def _event(uid: str, words: str, starts_at: datetime, *, stamp: datetime) -> Event:
    event = Event()
    event.add("uid", f"{uid}@midfield")
    event.add("dtstamp", _utc(stamp))
    event.add("dtstart", _utc(starts_at))
    # No control character reaches the file, so that nobody's name can begin a line of its own.
    event.add("summary", " ".join(re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]+", " ", words).split()))
    return event


def _who(lead: Lead) -> str:
    person, company = lead.person, lead.account.name if lead.account else ""
    return f"{person} ({company})" if company and person.name else str(person)


def _utc(at: datetime) -> datetime:
    return at.astimezone(ZoneInfo("UTC"))
