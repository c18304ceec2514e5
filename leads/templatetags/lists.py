"""The rows of the lists that are open all day, written in one piece.

A row has a dozen values; through template variables fifty of them cost more than everything the page asks the database.
"""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agreement.models import Phase
from leads.why import address_of
from team.templatetags.midfield import countdown, day, day_words, hidden, icon

if TYPE_CHECKING:
    from leads.finding import FoundAccount, FoundPerson
    from leads.lead_list import Line
    from leads.pool import PoolRow
    from leads.queue import Row

register = template.Library()


@register.simple_tag(takes_context=True)
def queue_lines(context: Context, rows: "Sequence[Row]") -> SafeString:
    """Who (the link), what to do, by when, why; and a box to select her by."""
    hers, select_her = _("theirs"), _("Select %(name)s")
    lines = []
    for row in rows:
        if row.when:
            when = f'<span class="when">{icon(row.icon)}<span>{escape(row.when)}</span></span>'
        else:
            clock = countdown(context, row.due_at, zone=row.zone, whose=hers, exact=row.is_exact, icon_name=row.icon)
            when = str(clock)
        label = escape(select_her % {"name": row.name})
        box = f'<input type="checkbox" name="lead" value="{row.public_id}" form="bulk" aria-label="{label}">'
        lines.append(f'<li class="row">{box}{_who(row)}{_what(row.what)}{when}{_why(row.why)}</li>')
    # Every value in a line was escaped above.
    return SafeString("\n".join(lines))  # nosec B703


@register.simple_tag
def tab_links(tabs: "Sequence[tuple[str, str, int, bool]]", first: str = "") -> SafeString:
    """The same list in other cuts: name, query of the address, how many, whether it is this one. `first` stands at the
    head of every query."""
    lines = []
    for name, query, count, is_this in tabs:
        mark = ' aria-current="true"' if is_this else ""
        lines.append(f'<a href="?{escape(first + query)}"{mark}>{escape(name)} <span class="soft">{count}</span></a>')
    # Every value in a line was escaped above.
    return SafeString("\n".join(lines))  # nosec B703


@register.simple_tag(takes_context=True)
def pool_lines(context: Context, rows: "Sequence[PoolRow]") -> SafeString:
    """The same with a button to take the lead, where it is a pool she takes from."""
    takes_from, token = context["takes_from"], context["csrf_token"]
    take, take_her = escape(_("Take")), _("Take %(name)s")
    lines = []
    for row in rows:
        when = countdown(context, row.due_at, exact=row.is_exact)
        act = ""
        if row.team_id in takes_from:
            act = (
                f'<form class="act" method="post" action="{row.claim_url}" hx-post="{row.claim_url}"'
                f' hx-target="#lead-{row.lead_id}" hx-swap="outerHTML">'
                f'<input type="hidden" name="csrfmiddlewaretoken" value="{token}">'
                f'<button class="quiet" aria-label="{escape(take_her % {"name": row.name})}">{take}</button></form>'
            )
        lines.append(
            f'<li class="row has-act" id="lead-{row.lead_id}">'
            f"{_who(row)}{_what(row.what)}{when}{_why(row.why)}{act}</li>"
        )
    # Every value in a line was escaped above.
    return SafeString("\n".join(lines))  # nosec B703


@register.simple_tag(takes_context=True)
def lead_lines(context: Context, lines: "Sequence[Line]") -> SafeString:
    """Who, where she stands and with whom, by when, and what else tells leads apart."""
    now = context["now"]
    written = []
    for line in lines:
        if line.closed_at:
            when = f'<span class="when">{icon("stop")}{day(context, line.closed_at)}</span>'
        elif line.phase == Phase.NURTURE:
            when = f'<span class="when" data-is="asleep">{icon("asleep")}{day(context, line.due_at)}</span>'
        else:
            when = str(countdown(context, line.due_at))
        tells = [line.lane, line.tier, line.source, _touched(line, now)]
        written.append(
            f'<li class="row">{_who(line)}{_what(line.where)}{when}'
            f"{_why(' · '.join(part for part in tells if part))}</li>"
        )
    # Every value in a line was escaped above.
    return SafeString("\n".join(written))  # nosec B703


def _touched(line: "Line", now: datetime) -> str:
    """When somebody last touched her, how often she was tried; of whom nobody touched, when she came in."""
    if not line.touched_at:
        return _("came in %(day)s") % {"day": day_words(line.came_at, now=now, midline=True)}
    touched = _("touched %(day)s") % {"day": day_words(line.touched_at, now=now, midline=True)}
    if not line.attempts:
        return touched
    tried = ngettext("%(count)s attempt", "%(count)s attempts", line.attempts) % {"count": line.attempts}
    return f"{tried} · {touched}"


@register.simple_tag(takes_context=True)
def found_people(context: Context, people: "Sequence[FoundPerson]") -> SafeString:
    """Who was found, how she is reached, where her pursuit stands and who works it; a button to begin one."""
    may_add, add_her = context["may_add"], _("Add a lead for %(name)s")
    add, none, token = (
        escape(_("Add lead")),
        escape(_("No lead")),
        hidden("csrfmiddlewaretoken", context["csrf_token"]),
    )
    lines = []
    for one in people:
        name = escape(one.name)
        who = f'<a class="row-link" href="{one.url}">{name}</a>' if one.url else f"<strong>{name}</strong>"
        act = ""
        if may_add and one.may_have_lead:
            label = escape(add_her % {"name": one.name})
            act = (
                f'<form class="act" method="post" action="{address_of("leads:lead_new", one.public_id)}">{token}'
                f'<button class="quiet" aria-label="{label}">{add}</button></form>'
            )
        lines.append(
            f'<li class="row has-act"><span class="who">{who} {escape(one.about)}</span>{_what(one.reached)}'
            f'<span class="when"><span>{escape(one.standing) or none}</span></span>'
            f'<span class="why">{escape(one.owner)}</span>{act}</li>'
        )
    # Every value in a line was escaped above.
    return SafeString("\n".join(lines))  # nosec B703


@register.simple_tag
def found_accounts(accounts: "Sequence[FoundAccount]") -> SafeString:
    """Which companies were found, and how many people each has; a row leads to its page."""
    lines = []
    for one in accounts:
        people = ngettext("%(people)s person", "%(people)s people", one.people) % {"people": one.people}
        url = address_of("leads:account", one.public_id)
        lines.append(
            f'<li class="row"><span class="who"><a class="row-link" href="{url}">'
            f"{escape(one.name)}</a> {escape(one.about)}</span>{_what(people)}"
            f'<span class="when">{escape(one.standing)}</span><span class="why"></span></li>'
        )
    # Every value in a line was escaped above.
    return SafeString("\n".join(lines))  # nosec B703


def _who(row: "Row | PoolRow | Line") -> str:
    return f'<span class="who"><a class="row-link" href="{row.url}">{escape(row.name)}</a> {escape(row.about)}</span>'


def _what(what: str) -> str:
    return f'<span class="what">{escape(what)}</span>'


def _why(why: str) -> str:
    said = escape(why)
    return f'<span class="why" title="{said}">{said}</span>'
