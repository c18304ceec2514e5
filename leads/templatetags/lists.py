"""The rows of the lists that are open all day, written in one piece.

A row has a dozen values; through template variables fifty of them cost more than everything the page asks the database.
"""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from team.templatetags.midfield import countdown, icon

if TYPE_CHECKING:
    from leads.pool import PoolRow
    from leads.queue import Row

register = template.Library()


@register.simple_tag(takes_context=True)
def queue_lines(context: Context, rows: "Sequence[Row]") -> SafeString:
    """Who (the link), what to do, by when, why."""
    lines = []
    for row in rows:
        if row.when:
            when = f'<span class="when">{icon(row.icon)}<span>{escape(row.when)}</span></span>'
        else:
            when = str(countdown(context, row.due_at, zone=row.zone, exact=row.is_exact, icon_name=row.icon))
        lines.append(f'<li class="row">{_who(row)}{_what(row.what)}{when}{_why(row.why)}</li>')
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


def _who(row: "Row | PoolRow") -> str:
    return f'<span class="who"><a class="row-link" href="{row.url}">{escape(row.name)}</a> {escape(row.about)}</span>'


def _what(what: str) -> str:
    return f'<span class="what">{escape(what)}</span>'


def _why(why: str) -> str:
    said = escape(why)
    return f'<span class="why" title="{said}">{said}</span>'
