"""The rows of the manager's morning, written in one piece, as those of the lists a rep has open all day.

A row of the reps has some thirty values, and a team has forty reps: through template variables they cost more than
everything the page asks the database.
"""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.why import address_of
from team.templatetags.midfield import countdown, day, hidden, icon, moment, until

if TYPE_CHECKING:
    from leads.oversight.pool import PoolRow
    from leads.oversight.red import Item, Named
    from leads.oversight.reps import Rep
    from team.models import Team

register = template.Library()

# The name of a field.
TOKEN = "csrfmiddlewaretoken"  # noqa: S105  # nosec B105
# What an AE owes, of what is red.
WITH_AE = ("answer", "outcome")


@register.simple_tag
def pool_ages(rows: "Sequence[PoolRow]", list_url: str, team: "Team") -> SafeString:
    """A lane or a tier a line: how many wait how long, each number with the list behind it."""
    every, lines = escape(_("All")), []
    for row in rows:
        there = escape(f"{list_url}?team={team.pk}&{row.name}={row.value}")
        cells = []
        for age, label, count in row.cells:
            state = {"today": ' data-is="due"', "in_time": ""}.get(age, ' data-is="overdue"')
            link = f'<a href="{there}&amp;age={age}"{state}>{count}</a>' if count else "0"
            soft = "" if count else " soft"
            cells.append(f'<td class="number{soft}" data-label="{escape(label)}">{link}</td>')
        total = f'<a href="{there}&amp;phase=queued">{row.total}</a>' if row.total else '<span class="soft">0</span>'
        cells.append(f'<td class="number" data-label="{every}">{total}</td>')
        lines.append(f'<tr><th scope="row">{escape(row.label)}</th>{"".join(cells)}</tr>')
    # Every value in a line was escaped above.
    return SafeString("\n".join(lines))  # nosec B703


@register.simple_tag(takes_context=True)
def red_lines(context: Context, key: str, items: "Sequence[Item]") -> SafeString:
    """Who (the link), with whom she is, since when it is late, what was done about it."""
    with_ae, nobody = _("with %(name)s"), _("in the pool")
    lines = []
    for item in items:
        lead = item.lead
        owner = with_ae % {"name": lead.ae} if key in WITH_AE else lead.bdr or nobody
        told = escape(f"{owner} · {lead.lane_words} · {lead.tier}")
        lines.append(
            f'<li class="row" id="red-{key}-{lead.pk}"><span class="who"><a class="row-link"'
            f' href="{address_of("leads:lead", lead.public_id)}">{escape(lead.person)}</a>'
            f' {escape(lead.account)}</span><span class="what">{told}</span>'
            f'{countdown(context, item.since)}<span class="why">{escape(item.done)}</span></li>'
        )
    # Every value in a line was escaped above.
    return SafeString("\n".join(lines))  # nosec B703


@register.simple_tag(takes_context=True)
def look_lines(context: Context, looks: "Sequence[Item]") -> SafeString:
    """Who was disqualified by whom and why, until when it can be put back; a button for either answer."""
    token = hidden(TOKEN, context["csrf_token"])
    keep, back, until = escape(_("Keep closed")), escape(_("Put back")), escape(_("Until"))
    lines = []
    for look in looks:
        lead, name = look.lead, escape(look.lead.person)
        tried = ngettext("after %(times)s attempt", "after %(times)s attempts", lead.attempts)
        why = f"{lead.reason}, {tried % {'times': lead.attempts}}."
        lines.append(
            f'<li><span>{_link(lead)}</span><span class="actions">'
            f'<form method="post" action="{address_of("leads:approve", look.ref)}">{token}'
            f'<button class="quiet">{keep}<span class="only-read"> {name}</span></button></form>'
            f'<form method="post" action="{address_of("leads:put_back", look.ref)}">{token}'
            f'<button>{back}<span class="only-read"> {name}</span></button></form></span>'
            f"<small>{_by(lead)}{escape(why)} {until} {day(context, look.since, midline=True)}</small></li>"
        )
    # Every value in a line was escaped above.
    return SafeString("\n".join(lines))  # nosec B703


@register.simple_tag(takes_context=True)
def early_lines(context: Context, items: "Sequence[Item]") -> SafeString:
    """Who was given up early, after which attempt of how many, by whom, why and when."""
    of_all, silent = escape(_("attempt %(done)s of %(all)s")), escape(_("without a conversation"))
    lines = []
    for item in items:
        attempt = of_all % {"done": item.lead.attempts, "all": item.attempts_of}
        lines.append(
            f'<li id="early-{item.lead.pk}"><span>{_link(item.lead)}</span><span class="soft">{attempt}</span>'
            f"<small>{_by(item.lead)}{escape(item.category)}, {silent}. {day(context, item.since)}</small></li>"
        )
    # Every value in a line was escaped above.
    return SafeString("\n".join(lines))  # nosec B703


def _link(lead: "Named") -> str:
    company = f", {escape(lead.account)}" if lead.account else ""
    return f'<a href="{address_of("leads:lead", lead.public_id)}">{escape(lead.person)}</a>{company}'


def _by(lead: "Named") -> str:
    return f"{escape(lead.bdr)}: " if lead.bdr else ""


@register.simple_tag(takes_context=True)
def rep_lines(context: Context, reps: "Sequence[Rep]", list_url: str, team: "Team") -> SafeString:
    """A rep a line: here or away, what is due, what she did today and this week, her load, what can be done."""
    table = _RepsTable()
    lines = [table.line(context, rep, f"team={team.pk}&amp;rep={rep.user.pk}", list_url) for rep in reps]
    # Every value in a line was escaped where it was written.
    return SafeString("\n".join(lines))  # nosec B703


@register.simple_tag
def sum_line(sums: "Rep") -> SafeString:
    """The last line of the table: the same numbers of all of them together."""
    # Every value in the line was escaped where it was written.
    return SafeString(_RepsTable().sum_line(sums))  # nosec B703


class _RepsTable:
    """The words of the table, looked up and escaped once for all its lines, and how a line is put together."""

    def __init__(self) -> None:
        self.overdue, self.due = escape(_("Overdue")), escape(_("Due"))
        self.touches, self.talks, self.connect = escape(_("Touches")), escape(_("Talks")), escape(_("Connect"))
        self.meetings = (
            ("booked", escape(_("Booked"))),
            ("held", escape(_("Held"))),
            ("accepted", escape(_("Accepted"))),
        )
        self.of_goal, self.held_of = escape(_("of %(goal)s")), escape(_("%(held)s of %(limit)s"))
        self.held_here = escape(_("%(held)s here"))
        self.with_others = escape(_("%(held)s of %(limit)s with other teams"))
        self.load_of, self.over = escape(_("Load of %(name)s")), escape(_("over the limit"))
        self.away_to, self.covered_by = escape(_("Away to")), escape(_("covered by %(name)s"))
        self.works_until, self.starts = escape(_("Works until")), escape(_("Starts"))
        self.no_hours, self.what_to_do = escape(_("No hours")), escape(_("What to do about %(name)s"))
        self.back_now, self.cover = escape(_("Back now")), escape(_("Cover today, or away…"))
        self.sheet = escape(_("Sheet for the 1:1"))
        self.spread, self.give_back = escape(_("Spread over the others…")), escape(_("Give back to the pool…"))
        self.spread_url, self.move_url = reverse("leads:spread"), reverse("leads:move")
        # The moments at which the hours of the reps turn, as they are written: a team keeps the same few.
        self.turns: dict[datetime, str] = {}

    def line(self, context: Context, rep: "Rep", cut: str, list_url: str) -> str:
        pk, name, there = rep.user.pk, escape(str(rep.user)), f"{escape(list_url)}?{cut}"
        overdue, due = "0", "0"
        if rep.overdue:
            overdue = f'<a href="{there}&amp;steps=overdue" data-is="overdue">{rep.overdue}</a>'
        if rep.due:
            due = f'<a href="{there}&amp;steps=today">{rep.due}</a>'
        touches = f'<a href="{address_of("leads:rep_sheet", pk)}">{rep.today["touches"]}</a>'
        over = f' <span class="only-read">{self.over}</span>' if rep.load_is == "overdue" else ""
        is_split = rep.held != rep.held_here
        said = self.held_here % {"held": rep.held_here} if is_split else self._held(rep)
        held = f'<a href="{there}&amp;phase=held">{said}{over}</a>'
        if is_split:
            held += f"<small>{self.with_others % {'held': rep.held, 'limit': rep.user.open_limit}}</small>"
        return (
            f'<tr id="rep-{pk}"><th scope="row"><a href="{address_of("leads:rep_queue", pk)}">{name}</a></th>'
            f"<td>{self._presence(context, rep)}</td>"
            f"{_number(self.overdue, overdue, is_soft=not rep.overdue)}{_number(self.due, due, is_soft=not rep.due)}"
            f"{self._done(rep, touches)}<td>{_load(rep, self.load_of % {'name': name}, held, rep.load_is)}</td>"
            f'<td class="number">{self._acts(context, rep, name, cut)}</td></tr>'
        )

    def sum_line(self, sums: "Rep") -> str:
        load = _load(sums, escape(_("Load of the team")), f"<span>{self._held(sums)}</span>")
        return (
            f'<tr><th scope="row">{escape(_("Team"))}</th><td></td>{_number(self.overdue, sums.overdue)}'
            f"{_number(self.due, sums.due)}{self._done(sums, str(sums.today['touches']))}<td>{load}</td><td></td></tr>"
        )

    def _presence(self, context: Context, rep: "Rep") -> str:
        """Away until when and covered by whom, at work until when, or when her hours begin."""
        if rep.absence:
            back = until(context, rep.absence.ends_at)
            cover = f" <small>{self.covered_by % {'name': escape(str(rep.cover))}}</small>" if rep.cover else ""
            return f'<span class="tag" data-is="asleep">{icon("asleep")} {self.away_to} {back}</span>{cover}'
        if rep.turns_at is None:
            return f'<span class="soft">{self.no_hours}</span>'
        turns = self.turns.get(rep.turns_at) or str(moment(context, rep.turns_at))
        self.turns[rep.turns_at] = turns
        return f"{self.works_until} {turns}" if rep.is_working else f'<span class="soft">{self.starts} {turns}</span>'

    def _done(self, rep: "Rep", touches: str) -> str:
        """What was done today, and this week beside it."""
        today, week, rate = rep.today, rep.week, rep.connect_rate
        goal = self.of_goal % {"goal": rep.user.touches_goal}
        cells = [
            _number(self.touches, f'{touches} <span class="soft">{goal} · {week["touches"]}</span>'),
            _number(self.talks, _beside(today["talks"], week["talks"])),
            _number(self.connect, '<span class="soft">–</span>' if rate is None else f"{rate} %"),
        ]
        cells += [_number(label, _beside(today[what], week[what])) for what, label in self.meetings]
        return "".join(cells)

    def _held(self, rep: "Rep") -> str:
        return self.held_of % {"held": rep.held, "limit": rep.user.open_limit}

    def _acts(self, context: Context, rep: "Rep", name: str, cut: str) -> str:
        """What a manager can do: end her absence, cover, print her sheet, give her leads to the others or the pool."""
        pk, acts = rep.user.pk, []
        if rep.absence:
            url, token = address_of("leads:absence_end", rep.absence.pk), hidden(TOKEN, context["csrf_token"])
            acts.append(
                f'<form method="post" action="{url}">{token}<button class="quiet">{self.back_now}</button></form>'
            )
        acts.append(f'<a href="{address_of("leads:rep_away", pk)}">{self.cover}</a>')
        acts.append(f'<a href="{address_of("leads:rep_sheet", pk)}">{self.sheet}</a>')
        if rep.held_here:
            acts.append(f'<a href="{self.spread_url}?{cut}&amp;phase=held">{self.spread}</a>')
            acts.append(f'<a href="{self.move_url}?{cut}&amp;phase=held&amp;to=pool">{self.give_back}</a>')
        lines = "".join(f"<li>{act}</li>" for act in acts)
        return (
            f'<details class="fold" id="acts-{pk}"><summary aria-label="{self.what_to_do % {"name": name}}">'
            f'{icon("more")}</summary><ul class="lines">{lines}</ul></details>'
        )


def _beside(today: int, week: int) -> str:
    return f'{today} <span class="soft">· {week}</span>'


def _number(label: str, shown: object, *, is_soft: bool = False) -> str:
    return f'<td class="number{" soft" if is_soft else ""}" data-label="{label}">{shown}</td>'


def _load(rep: "Rep", label: str, said: str, state: str = "") -> str:
    mark = f' data-is="{state}"' if state else ""
    meter = f'<meter value="{rep.shown_load}" max="{rep.user.open_limit or 1}"{mark} aria-label="{label}">'
    return f'<div class="load">{meter}{rep.held}</meter>{said}</div>'
