"""The fields of a filter, written in one piece: a list offers hundreds of options, and a template is slow with each."""

from html import escape
from typing import TYPE_CHECKING

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django_filters import ChoiceFilter, DateFilter, NumberFilter

from accounts.search import QUERY_MAX as LONGEST

if TYPE_CHECKING:
    from leads.forms.leads import LeadFilters

register = template.Library()


@register.simple_tag
def filter_select(filters: "LeadFilters", name: str, any_label: str = "") -> SafeString:
    """One choice, its label said to whoever cannot see what it offers; `any_label` is what no choice means."""
    label = escape(str(filters.every[name].label))
    return SafeString(  # nosec B703 - every value in it is escaped
        f'<select name="{escape(name)}" aria-label="{label}">{_options(filters, name, any_label or _("Any"))}</select>'
    )


@register.simple_tag
def filter_fields(filters: "LeadFilters") -> SafeString:
    """Those that are folded away, each with its label above."""
    # Every value in a field was escaped.
    return SafeString("\n".join(_field(filters, name) for name in filters.more))  # nosec B703


def _field(filters: "LeadFilters", name: str) -> str:
    made = filters.every[name]
    label, key = escape(str(made.label)), escape(f"filter-{name}")
    if isinstance(made, ChoiceFilter):
        entry = f'<select id="{key}" name="{escape(name)}">{_options(filters, name, _("Any"))}</select>'
    else:
        kind = "date" if isinstance(made, DateFilter) else "text"
        value = escape(str(filters.data.get(name, "")))
        number = ' inputmode="decimal"' if isinstance(made, NumberFilter) else ""
        entry = f'<input id="{key}" type="{kind}" name="{escape(name)}" value="{value}"{number} maxlength="{LONGEST}">'
    return f'<div class="field"><label for="{key}">{label}</label>{entry}</div>'


def _options(filters: "LeadFilters", name: str, any_label: str) -> str:
    chosen = str(filters.data.get(name, ""))
    lines = [f'<option value="">{escape(str(any_label))}</option>']
    for value, words in filters.options(name):
        mark = " selected" if str(value) == chosen else ""
        lines.append(f'<option value="{escape(str(value))}"{mark}>{escape(str(words))}</option>')
    return "".join(lines)
