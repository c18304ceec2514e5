"""Why somebody sleeps, and why she is here again: how a hand-off ended, what she slept for, what woke her."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from agreement.models import ReasonRule
from leads.models import HandOff, Lead, Recycling, Signal
from team.templatetags.midfield import day_words

# A month that is nearer than this is named without its year.
NEAR = timedelta(days=300)
Category = ReasonRule.Category
Kind = Signal.Kind


def _moment(text: str | None) -> datetime | None:
    """A moment out of the database's JSON; SQLite writes it without its zone, which is UTC."""
    at = parse_datetime(text) if text else None
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at


@dataclass(frozen=True, slots=True)
class HandedOff:
    """How the last hand-off of a lead ended."""

    state: str
    reason: str
    ae: str
    meeting_at: datetime | None

    @classmethod
    def of(cls, was: dict[str, str | None] | None) -> HandedOff | None:
        if not was:
            return None
        return cls.told(was["state"], was["reason"], was["ae"], _moment(was["meeting"]))

    @classmethod
    def told(cls, state: str | None, reason: str | None, ae: str | None, meeting_at: datetime | None) -> HandedOff:
        return cls(state or "", reason or "", ae or "", meeting_at)


@dataclass(frozen=True, slots=True)
class Slept:
    """Why a lead sleeps or slept, with the facts of its category."""

    category: str
    since: datetime | None
    vendor: str = ""
    ends_on: date | None = None
    precision: str = ""
    missing: str = ""
    satisfaction: str = ""

    @classmethod
    def of(cls, was: dict[str, str | None] | None) -> Slept | None:
        if not was:
            return None
        ends_on = parse_date(was["ends_on"] or "")
        words = (was["vendor"] or "", ends_on, was["precision"] or "", was["missing"] or "", was["satisfaction"] or "")
        return cls(was["category"] or "", _moment(was["since"]), *words)

    @classmethod
    def by(cls, one: Recycling) -> Slept:
        missing = one.missing.label if one.missing else ""
        return cls(one.category, one.at, one.vendor, one.contract_ends_on, one.precision, missing, one.satisfaction)


@dataclass(frozen=True, slots=True)
class Woke:
    """What brought somebody back, as the first event of her new pursuit says it, with what that names."""

    code: str
    # The colleague who did it, and what was done.
    whose: str = ""
    did: str = ""


def came_back_words(handed: HandedOff, *, now: datetime) -> str:
    """How the last hand-off ended, when it ended here."""
    values = {"name": handed.ae, "reason": handed.reason}
    if handed.state == HandOff.State.REJECTED:
        return _("Rejected by %(name)s: %(reason)s") % values
    if handed.state == HandOff.State.NO_SHOW and handed.meeting_at:
        day = day_words(handed.meeting_at, now=now, midline=True)
        return _("Did not come to the meeting %(day)s with %(name)s") % {"day": day, "name": handed.ae}
    if handed.state == HandOff.State.RETURNED:
        return _("Returned by %(name)s") % values
    if handed.state == HandOff.State.NOT_QUALIFIED:
        return _("Met %(name)s, not qualified: %(reason)s") % values
    if handed.state == HandOff.State.WITHDRAWN:
        return _("The hand-off to %(name)s was withdrawn") % values
    return ""


def woke_words(slept: Slept, origin: str, *, now: datetime, woke: Woke | None = None) -> str:
    """Why somebody who slept is here again: what brought her back, if that was not the day, and why she slept."""
    words = slept_words(slept, now=now)
    signal = _signal_words(woke) if woke else _("Wrote again") if origin == Lead.Origin.SIGNAL else ""
    return f"{signal} · {words}" if signal else words


def _signal_words(woke: Woke) -> str:
    did = woke.did or _("showed interest again")
    if woke.code == Kind.COLLEAGUE:
        return _("%(name)s, a colleague, %(did)s") % {"name": woke.whose or _("Somebody there"), "did": did}
    words = {
        "reply": _("Wrote again"),
        "asked": _("Asked to be contacted"),
        Kind.ENGAGED: capfirst(did),
        Kind.ANSWERED: _("Answered meanwhile"),
        Kind.JOB_CHANGE: _("Has a new job"),
        Kind.PROMOTION: _("Has a new title"),
    }
    return words.get(woke.code, "")


def slept_words(slept: Slept, *, now: datetime) -> str:
    """Why somebody sleeps or slept, with the fact that says most: "Contract with Torqline ends 14 Feb"."""
    category = slept.category
    if category == Category.MID_CONTRACT:
        return contract_words(slept.vendor, slept.ends_on, slept.precision, slept.satisfaction)
    month = month_words(slept.since, now=now) if slept.since else ""
    if category == Category.NOT_READY and slept.missing:
        return _("Not ready in %(month)s: %(missing)s was missing") % {"month": month, "missing": slept.missing.lower()}
    if category == Category.LOST_DEAL and slept.vendor:
        return _("Deal lost to %(vendor)s in %(month)s") % {"month": month, "vendor": slept.vendor}
    sentences = {
        Category.NOT_READY: _("Not ready in %(month)s"),
        Category.NO_AUTHORITY: _("Could not decide in %(month)s"),
        Category.UNRESPONSIVE: _("Never answered, until %(month)s"),
        Category.WRONG_PERSON: _("The wrong person in %(month)s"),
        Category.LEFT_COMPANY: _("Had left the company in %(month)s"),
        Category.LOST_DEAL: _("Deal lost in %(month)s"),
    }
    return sentences.get(Category(category), _("Slept since %(month)s")) % {"month": month}


def month_words(at: datetime, *, now: datetime) -> str:
    """The month of a moment, with its year where it could be mistaken for another."""
    is_near = abs(now - at) < NEAR
    text = pgettext("date format: month", "F") if is_near else pgettext("date format: month and year", "F Y")
    return date_format(timezone.localtime(at), text)


def contract_words(vendor: str, ends_on: date | None, precision: str, satisfaction: str = "") -> str:
    """With whom a contract is, when it ends, as exactly as that is known, and how content they are there."""
    words = _contract(vendor, ends_on, precision)
    return f"{words}, {Recycling.Satisfaction(satisfaction).label}" if satisfaction else words


def _contract(vendor: str, ends_on: date | None, precision: str) -> str:
    if ends_on is None or precision == Recycling.Precision.UNKNOWN:
        return _("Contract with %(vendor)s, end unknown") % {"vendor": vendor or _("somebody else")}
    if precision == Recycling.Precision.QUARTER:
        end = _("in quarter %(quarter)s of %(year)s") % {"quarter": (ends_on.month + 2) // 3, "year": ends_on.year}
    elif precision == Recycling.Precision.MONTH:
        end = _("in %(month)s") % {"month": date_format(ends_on, pgettext("date format: month and year", "F Y"))}
    else:
        end = date_format(ends_on, pgettext("date format: day and year", "j M Y"))
    return _("Contract with %(vendor)s ends %(end)s") % {"vendor": vendor or _("somebody else"), "end": end}
