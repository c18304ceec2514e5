"""The lines of a lead's page, written in one piece: every act answers with it, and its history has no end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from django import template
from django.template.context import Context
from django.template.defaultfilters import linebreaksbr
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from agreement.models import Disposition, Phase
from leads.cadence import kind_words
from leads.why import address_of
from team.templatetags.midfield import day, hidden, icon

if TYPE_CHECKING:
    from leads.forms.working import CallForm
    from leads.lead_known import Known
    from leads.lead_page import LeadPage
    from leads.models import HandOff, Lead
    from leads.naming import Code
    from leads.timeline import Entry

register = template.Library()

# So much of a note stands as evidence beside a criterion; the whole of it is in the history.
EVIDENCE_CHARS = 140


@register.simple_tag
def lead_url(name: str, row: "Lead | HandOff") -> str:
    """As `url`, for what has a public id: a page of a lead names two dozen of its addresses."""
    return address_of(f"leads:{name}", row.public_id)


register.filter(kind_words)


@register.simple_tag
def disposition_choices(codes: "Sequence[Code]", form: "CallForm") -> SafeString:
    """What a call can come to: a digit each for the first nine, and which of them need more to be said."""
    chosen = str(form["disposition"].value()) if form.is_bound else None
    lines = []
    for number, code in enumerate(codes, start=1):
        marks = f' data-key="{number}"' if number < 10 else ""
        marks += " data-needs-more" if code.more == Disposition.Follows.CALL_BACK else ""
        marks += " checked" if str(code.pk) == chosen else ""
        key = f"<kbd>{number}</kbd> " if number < 10 else ""
        choice = f'<input type="radio" name="disposition" value="{code.pk}"{marks}>'
        lines.append(f"<label>{choice}{key}{escape(code.label)}</label>")
    # Every value in a line was escaped above.
    return SafeString("\n".join(lines))  # nosec B703


# The page writes the address of the row below into it.
_NEIGHBOUR = ' data-neighbour="1"'


@register.simple_tag(takes_context=True)
def form_marks(context: Context) -> SafeString:
    """What tells one sending of a form from another, and from which state of the lead it was shown."""
    form = context["form"]
    version = context["lead"].version if context.get("conflict") else form["version"].value()
    marks = {"form_id": form["form_id"].value(), "version": version, "after": form["after"].value()}
    inputs = [hidden("csrfmiddlewaretoken", context["csrf_token"])]
    inputs += [hidden(name, value, _NEIGHBOUR if name == "after" else "") for name, value in marks.items()]
    # Every value was escaped above.
    return SafeString("".join(inputs))  # nosec B703


@register.simple_tag
def people_lines(page: "LeadPage") -> SafeString:
    """Who is known at the account, each one's part, and who works them; a link where she may look."""
    lines = []
    for one in page.colleagues:
        job, is_herself = one.job, one.job.person_id == page.lead.person_id
        name = escape(job.name)
        if one.lead and not is_herself and getattr(one.lead, "is_seen", False):
            name = f'<a href="{lead_url("lead", one.lead)}">{name}</a>'
        told = _("this lead") if is_herself else _worked(one.lead) if one.lead else ""
        small = escape(", ".join(part for part in (job.title, told) if part))
        role = escape(job.role_label)
        lines.append(f'<li><span>{name}</span> <span class="tag">{role}</span><small>{small}</small></li>')
    # Every value in a line was escaped above.
    return SafeString("\n".join(lines))  # nosec B703


def _worked(lead: "Lead") -> str:
    """By whom, in a few words."""
    if lead.phase == Phase.QUEUED and not lead.bdr_id:
        return _("in the pool")
    if lead.phase == Phase.NURTURE:
        return _("asleep")
    if lead.ae and lead.phase != Phase.WORKING:
        return _("with %(name)s") % {"name": lead.ae.name}
    return _("worked by %(name)s") % {"name": lead.bdr.name} if lead.bdr else ""


@register.simple_tag(takes_context=True)
def criteria_lines(context: Context, known: "Sequence[Known]") -> SafeString:
    """The five questions of readiness: what was answered, on what evidence, by whom and when."""
    answers = {"yes": escape(_("yes")), "no": escape(_("no"))}
    unknown = f'<span class="soft">{escape(_("unknown"))}</span>'
    lines = []
    for one in known:
        mark = f' data-is="{one.state}"' if one.state else ""
        why = Truncator(one.evidence).chars(EVIDENCE_CHARS) or (one.criterion.more if not one.value else "")
        told = f"<small>{escape(why)}</small>" if why else ""
        if one.answer:
            told += f"<small>{day(context, one.answer.at)}, {escape(one.by)}</small>"
        answer = answers.get(one.value, unknown)
        lines.append(f"<li{mark}>{icon(one.icon)}<div><b>{escape(one.criterion.label)}</b> {answer}{told}</div></li>")
    # Every value in a line was escaped above.
    return SafeString("\n".join(lines))  # nosec B703


@register.simple_tag(takes_context=True)
def history_days(
    context: Context, days: "Sequence[tuple[datetime, list[Entry]]]", undoable: "Mapping[int, str]"
) -> SafeString:
    """A list a day: what happened, the words that belong to it, when; what is `undoable` with a way back and its
    key."""
    drawn = []
    for at, entries in days:
        lines = "\n".join(_told(entry, undoable) for entry in entries)
        drawn.append(f'<h3 class="day">{day(context, at)}</h3>\n<ol class="timeline">\n{lines}\n</ol>')
    # Every value in a line was escaped where it was written.
    return SafeString("\n".join(drawn))  # nosec B703


def _told(entry: "Entry", undoable: "Mapping[int, str]") -> str:
    told: str = conditional_escape(entry.text)
    mark = f' data-is="{entry.state}"' if entry.state and not entry.is_taken_back else ""
    if entry.is_taken_back:
        told = f'<s>{told}</s> <span class="soft">· {escape(entry.back or _("taken back"))}</span>'
    elif entry.soft:
        told = f'{told} <span class="soft">· {escape(entry.soft)}</span>'
    if undoable and entry.event and entry.event.pk in undoable:
        key = undoable[entry.event.pk]
        marks, shown = (f' data-key="{key}"', f" <kbd>{key}</kbd>") if key else ("", "")
        named = f'name="event" value="{entry.event.pk}"'
        told = f'{told} <button class="link" form="undo-last" {named}{marks}>{escape(_("Undo"))}{shown}</button>'
    words = "".join(f"<blockquote>{linebreaksbr(text)}</blockquote>" for text in entry.words)
    return (
        f"<li{mark}>{icon(entry.icon)}<div><p>{told}</p>{words}</div>"
        f'<time datetime="{entry.iso}">{escape(entry.clock)}</time></li>'
    )
