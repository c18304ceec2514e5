"""What every sentence of history is told with: who, when, why, and what an event has set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from leads.models import Lead, LeadEvent
from leads.naming import Names
from team.templatetags.midfield import clock_words, day_words, moment_words, on_day_words


@dataclass
class Told:
    icon: str
    text: SafeString | str
    soft: str = ""
    state: str = ""


class Teller:
    """Who reads it, when, and what everything that a sentence may name is called."""

    def __init__(self, names: Names, pursuits: dict[int, Lead], *, reader: int, now: datetime, zone: str = "") -> None:
        self.names, self.pursuits, self.reader, self.now = names, pursuits, reader, now
        # Where the person of the lead lives; empty where nobody can know it.
        self.zone = zone

    def who(self, event: LeadEvent) -> str:
        return who_words(self.names, event.by_id, self.reader)

    def user(self, pk: Any) -> str:
        return pgettext("object", "you") if pk == self.reader else self.names.say("user", pk)

    def reason(self, event: LeadEvent) -> str:
        pk = event.data.get("pick") or event.data.get("reason") or new_value(event, "reason")
        return self.names.say("reason", pk) if pk else ""

    def day(self, event: LeadEvent, column: str = "wake_at") -> str:
        moment = new_moment(event, column)
        return day_words(moment, now=self.now, midline=True, promised=True) if moment else ""

    def on_day(self, event: LeadEvent, column: str = "wake_at") -> str:
        moment = new_moment(event, column)
        return on_day_words(moment, now=self.now) if moment else ""

    def moment(self, text: str | None) -> str:
        moment = parse_datetime(text or "")
        return moment_words(moment, now=self.now) if moment else ""

    def on_both_clocks(self, text: str | None) -> str:
        """A moment that is of hers, not of ours."""
        return both_clocks(parse_datetime(text or ""), self.zone, now=self.now)


def both_clocks(moment: datetime | None, zone: str, *, now: datetime) -> str:
    """A moment on the reader's clock, and on hers where that shows something else, with the day where that differs."""
    if moment is None:
        return ""
    ours = moment_words(moment, now=now)
    hers = moment.astimezone(ZoneInfo(zone)) if zone else None
    if hers is None or hers.utcoffset() == timezone.localtime(moment).utcoffset():
        return ours
    theirs = clock_words(hers)
    if hers.date() != timezone.localtime(moment).date():
        theirs = _("%(day)s %(clock)s") % {"day": date_format(hers, "D"), "clock": theirs}
    return _("%(ours)s (%(theirs)s theirs)") % {"ours": ours, "theirs": theirs}


def who_words(names: Names, pk: int | None, reader: int) -> str:
    if pk is None:
        return _("Midfield")
    return pgettext("subject", "You") if pk == reader else names.say("user", pk)


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
    "open_lead": gettext_lazy("a lead is open already"),
    "no_team": gettext_lazy("no team takes what no territory names"),
    "unmerged": gettext_lazy("Two people again after a merge was taken back"),
    "gone": gettext_lazy("no longer a person of their own"),
    "put_back": gettext_lazy("Put back after a second look"),
    "lost_deal": gettext_lazy("Opened by a lost deal"),
    "prospect_again": gettext_lazy("A prospect again"),
    "file": gettext_lazy("As the file says"),
    "fan": gettext_lazy("a fan: fed, and in nobody’s queue"),
}


def because_of(e: LeadEvent) -> str:
    """Nothing where a code has no words: what a sentence says without them is true all the same."""
    return str(BECAUSE.get(e.data.get("because", ""), ""))


def joined(*said: str) -> str:
    return " · ".join(one for one in said if one)


def new_moment(event: LeadEvent, column: str) -> datetime | None:
    """What this event has set a moment to, if it has."""
    return parse_datetime(new_value(event, column) or "")


def new_value(event: LeadEvent, column: str) -> Any:
    pair = event.changes.get(column)
    return pair[1] if pair else None


def pair_of(event: LeadEvent, column: str) -> list[Any]:
    return event.changes.get(column) or []
