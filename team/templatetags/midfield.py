"""How moments, icons and counts are written on every page."""

import html
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import template
from django.conf import settings
from django.contrib.messages.storage.base import Message
from django.forms import BaseForm
from django.template.context import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from team.actions.submitting import new_form_id
from team.keys import KEYS, Key

register = template.Library()

DUE_SOON = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
TICKING = SafeString(" data-countdown")


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """A picture beside a word that says the same; it is hidden from readers.

    Kept, because a list draws dozens and the hashed address of the sprite is slow to find.
    """
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("icons.svg"), name)


@register.simple_tag
def same_for_all(name: str) -> SafeString:
    """A part of every page that depends on nobody and nothing but the language: drawn once for each."""
    return _drawn(name, get_language()) if not settings.DEBUG else render_to_string(name)


@cache
def _drawn(name: str, language: str | None) -> SafeString:
    return render_to_string(name)


@register.simple_tag
def places(doors: Iterable[Any]) -> SafeString:
    """The doors of the rail: where to, what waits there. See leads.rail.Place."""
    lines = []
    for door in doors:
        marks = ' aria-current="page"' if door.is_current else ""
        marks += f' data-key="{escape(door.key)}"' if door.key else ""
        count = f' <span class="count">{escape(door.count)}</span>' if door.count else ""
        lines.append(f'<li><a href="{escape(door.url)}"{marks}>{icon(door.icon)} {escape(door.label)}{count}</a></li>')
    # Every value in a line was escaped above.
    return SafeString("\n".join(lines))  # nosec B703


def hidden(name: str, value: object, mark: str = "") -> str:
    """A hidden input of a form that is written in one piece."""
    said = "" if value is None else escape(str(value))
    return f'<input type="hidden" name="{name}" value="{said}"{mark}>'


@register.simple_tag
def options(choices: Iterable[tuple[object, object]], chosen: object = "") -> SafeString:
    """What a `select` offers, the chosen one marked; in one piece, because a filter has dozens."""
    is_chosen = str(chosen)
    lines = []
    for value, label in choices:
        mark = " selected" if str(value) == is_chosen else ""
        lines.append(f'<option value="{_escaped(value)}"{mark}>{_escaped(label)}</option>')
    # Every value in a line was escaped above.
    return SafeString("".join(lines))  # nosec B703


def _escaped(value: object) -> str:
    """As `conditional_escape`, which asks each word whether it is lazy and costs three times as much."""
    return str(value) if isinstance(value, SafeString) else html.escape(str(value))


@register.simple_tag
def form_id() -> str:
    """The one-time name of a form, for a page with many of them."""
    return new_form_id()


@register.simple_tag
def key_table() -> Sequence[tuple[Any, Sequence[Key]]]:
    return KEYS


@register.simple_tag(takes_context=True)
def moment(
    context: Context,
    at: datetime | None,
    now: datetime | None = None,
    zone: str | tzinfo | None = None,
    whose: str = "",
) -> SafeString | str:
    """A moment in words, with the exact one (and the other person's) in `title`."""
    if at is None:
        return ""
    now = now or _now(context)
    words = moment_words(at, now=now)
    theirs = _zone(zone)
    if theirs and _differs(at, theirs):
        words = _("%(ours)s (%(theirs)s %(whose)s)") % {
            "ours": words,
            "theirs": clock_words(at.astimezone(theirs)),
            "whose": whose or _("theirs"),
        }
    return _time(at, words, theirs, whose)


@register.simple_tag(takes_context=True)
def day(
    context: Context,
    at: datetime | None,
    now: datetime | None = None,
    *,
    midline: bool = False,
    promised: bool = False,
) -> SafeString | str:
    """The day of a moment: Today, Tomorrow, Mon 24 Nov, 12 Mar 2027; see `day_words`."""
    if at is None:
        return ""
    return _time(at, day_words(at, now=now or _now(context), midline=midline, promised=promised), None, "")


@register.simple_tag(takes_context=True)
def countdown(
    context: Context,
    due_at: datetime | None,
    now: datetime | None = None,
    zone: str | tzinfo | None = None,
    whose: str = "",
    icon_name: str = "",
    exact: bool = False,
) -> SafeString | str:
    """How long until something is due, or how late it is; the page keeps it ticking.

    `exact` shows the moment itself for as long as it is ahead: a promised
    call-back is a time of day, not a remainder.
    """
    if due_at is None:
        return ""
    now = now or _now(context)
    theirs = _zone(zone)
    if exact and due_at > now:
        inner: SafeString | str = moment(context, due_at, now, zone, whose)
    else:
        inner = _time(due_at, countdown_words(due_at, now=now), theirs, whose, ticking=True)
    state = due_state(due_at, now=now)
    mark = f' data-is="{state}"' if state else ""
    picture = icon(icon_name or ("late" if state == "overdue" else "clock"))
    return SafeString(f'<span class="when"{mark}>{picture}{_escaped(inner)}</span>')  # nosec B703


@register.filter
def wrong_fields(form: BaseForm) -> str:
    """The labels of the fields that need another look."""
    return ", ".join(str(form[name].label) for name in form.errors if name in form.fields)


@register.filter
def as_sentence(text: str) -> str:
    """With a full stop at its end, where whoever wrote it has put no mark there."""
    return text if text.rstrip('”»"’)').endswith((".", "?", "!", "…")) else f"{text}."


@register.filter
def breakable(address: str) -> SafeString:
    """An e-mail address that, where it does not fit, goes on below before its at sign or a point, not inside a word,
    and never with its ending alone."""
    begins, last, ending = str(escape(address)).rpartition(".")
    marked = begins.replace("@", "<wbr>@").replace(".", "<wbr>.") + last + ending
    # The address was escaped above.
    return SafeString(marked)  # nosec B703


@register.filter
def undo_url(message: Message) -> str:
    """Where the Undo of this message goes; see team.http.tell."""
    return next((mark for mark in _marks(message) if mark.startswith("/")), "")


@register.filter
def undo_event(message: Message) -> str:
    """What this message told of, so that its Undo takes nothing else back."""
    return next((mark.removeprefix("event:") for mark in _marks(message) if mark.startswith("event:")), "")


@register.filter
def why_stands(message: Message) -> str:
    """Why what this message told is not taken back; empty where it can be, or where nobody would try."""
    return unquote(next((mark.removeprefix("stands:") for mark in _marks(message) if mark.startswith("stands:")), ""))


@register.filter
def kept_drafts(message: Message) -> str:
    """What the user typed and the server has now taken over, by the keys of the drafts."""
    return " ".join(mark.removeprefix("draft:") for mark in _marks(message) if mark.startswith("draft:"))


@register.filter
def meaning(message: Message) -> str:
    return {"success": "done", "warning": "due", "error": "overdue"}.get(message.level_tag, "")


def due_state(due_at: datetime, *, now: datetime) -> str:
    """`overdue` a minute after the moment, `due` from an hour before it, else nothing."""
    if due_at <= now - MINUTE:
        return "overdue"
    return "due" if due_at - now <= DUE_SOON else ""


def moment_words(at: datetime, *, now: datetime) -> str:
    """A moment in the reader's zone, as short as it can be said without doubt."""
    zone = timezone.get_current_timezone()
    return _moment_words(at, now.astimezone(zone).date(), zone, get_language())


def day_words(at: datetime, *, now: datetime, midline: bool = False, promised: bool = False) -> str:
    """The day in the reader's zone; `midline` where it does not begin the text, `promised` where it is said with its
    year as soon as that is another one."""
    zone = timezone.get_current_timezone()
    return _day_words(at, now.astimezone(zone).date(), zone, midline, get_language(), promised)


def on_day_words(at: datetime, *, now: datetime) -> str:
    """A day that was promised, as a sentence goes on with it: today, tomorrow, on Fri, on 12 Mar 2027."""
    said = day_words(at, now=now, midline=True, promised=True)
    return said if abs(_days_between(at, now)) <= 1 else _("on %(day)s") % {"day": said}


def until_words(ends_at: datetime, *, now: datetime) -> str:
    """Until when somebody is away: an absence that ends with a day is called by that day, another by its moment."""
    last = ends_at - MINUTE
    if timezone.localtime(last).date() < timezone.localtime(ends_at).date():
        return day_words(last, now=now, midline=True)
    return moment_words(ends_at, now=now)


@register.simple_tag(takes_context=True)
def until(context: Context, ends_at: datetime) -> SafeString:
    return _time(ends_at, until_words(ends_at, now=_now(context)), None, "")


def away_words(name: str, until: datetime, cover: str, *, now: datetime) -> str:
    """Who is away, until when, and who covers her: for whoever waits for an answer."""
    values = {"name": name, "day": day_words(until - MINUTE, now=now, midline=True), "cover": cover}
    if not cover:
        return _("%(name)s is away until %(day)s") % values
    return _("%(name)s is away until %(day)s; %(cover)s covers") % values


@register.simple_tag(takes_context=True)
def away(context: Context, name: str, until: datetime, cover: str = "") -> str:
    return away_words(name, until, cover, now=_now(context))


def written_day(day: date) -> str:
    """A day that was promised, always with its year: what a form says before is said in the same words after."""
    return date_format(day, pgettext("date format: day and year", "j M Y"))


# A list says the same moments again with every page, and a translated, formatted date is slow to make.
@lru_cache(maxsize=8192)
def _moment_words(at: datetime, today: date, zone: tzinfo, language: str | None) -> str:
    local = at.astimezone(zone)
    clock = clock_words(local)
    if local.date() == today:
        return clock
    return _("%(day)s %(clock)s") % {"day": _day_words(at, today, zone, True, language), "clock": clock}


@lru_cache(maxsize=8192)
def _day_words(
    at: datetime, today: date, zone: tzinfo, midline: bool, _language: str | None, promised: bool = False
) -> str:
    local = at.astimezone(zone)
    days = (local.date() - today).days
    if days == 0:
        return _("today") if midline else _("Today")
    if days == 1:
        return _("tomorrow") if midline else _("Tomorrow")
    if days == -1:
        return _("yesterday") if midline else _("Yesterday")
    if midline and 1 < days < 7:
        return date_format(local, "D")
    if abs(days) < 7:
        return date_format(local, pgettext("date format: weekday and day", "D j M"))
    if local.year == today.year or (abs(days) < 183 and not promised):
        return date_format(local, pgettext("date format: day", "j M"))
    return date_format(local, pgettext("date format: day and year", "j M Y"))


def clock_words(local: datetime) -> str:
    return date_format(local, pgettext("date format: time of day", "G:i"))


def countdown_words(due_at: datetime, *, now: datetime) -> str:
    """`3 min left`, `now`, `4 h 42 min late`, `1 day late`; beyond today the moment itself. Late begins with a minute.

    static/js/page.js keeps these words up to date: the two follow the same rule.
    """
    if due_at <= now:
        return _late_words(_minutes(now - due_at), get_language())
    if due_at - now > timedelta(hours=12) and _days_between(due_at, now) > 0:
        return moment_words(due_at, now=now)
    # What is left is rounded up: a minute that has begun can still be used.
    return _left_words(_minutes(due_at - now + timedelta(seconds=59)), get_language())


def span_words(span: timedelta) -> str:
    """A length of time in at most two units, rounded down."""
    return _span_words(_minutes(span), get_language())


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds()) // 60


@lru_cache(maxsize=4096)
def _late_words(minutes: int, language: str | None) -> str:
    return _("%(span)s late") % {"span": _span_words(minutes, language)} if minutes else _("now")


@lru_cache(maxsize=4096)
def _left_words(minutes: int, language: str | None) -> str:
    return _("%(span)s left") % {"span": _span_words(minutes, language)}


@lru_cache(maxsize=4096)
def _span_words(minutes: int, _language: str | None) -> str:
    if minutes >= 24 * 60:
        days = minutes // (24 * 60)
        return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return _("%(minutes)s min") % {"minutes": minutes}
    if not minutes:
        return _("%(hours)s h") % {"hours": hours}
    return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}


def exact_words(at: datetime, zone: tzinfo | None = None, whose: str = "") -> str:
    """The moment with its date in the reader's zone and, where it differs, in the other person's."""
    return _exact_words(at, timezone.get_current_timezone(), zone, whose or _("theirs"), get_language())


@lru_cache(maxsize=8192)
def _exact_words(at: datetime, ours: tzinfo, theirs: tzinfo | None, whose: str, _language: str | None) -> str:
    """The same moments come back with every page of a list, and formatting a date is slow."""
    full = date_format(at.astimezone(ours), pgettext("date format: exact", "D j M Y, G:i"))
    if theirs is None or not _differs(at, theirs):
        return f"{full} ({ours})"
    return _("%(ours)s yours, %(theirs)s %(whose)s (%(zone)s)") % {
        "ours": full,
        "theirs": date_format(at.astimezone(theirs), pgettext("date format: exact, short", "D G:i")),
        "whose": whose,
        "zone": theirs,
    }


def _time(at: datetime, words: str, zone: tzinfo | None, whose: str, *, ticking: bool = False) -> SafeString:
    title = _escaped(exact_words(at, zone, whose))
    mark = TICKING if ticking else ""
    return SafeString(  # nosec B703
        f'<time datetime="{at.isoformat(timespec="seconds")}" title="{title}"{mark}>{_escaped(words)}</time>'
    )


def _now(context: Context) -> datetime:
    """The moment the view decided with, so that one page speaks of one instant."""
    return context.get("now") or timezone.now()


def _zone(zone: str | tzinfo | None) -> tzinfo | None:
    if not isinstance(zone, str):
        return zone
    try:
        return ZoneInfo(zone) if zone else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _differs(at: datetime, zone: tzinfo) -> bool:
    return at.astimezone(zone).utcoffset() != timezone.localtime(at).utcoffset()


def _days_between(at: datetime, now: datetime) -> int:
    return (timezone.localtime(at).date() - timezone.localtime(now).date()).days


def _marks(message: Message) -> list[str]:
    return (message.extra_tags or "").split()
