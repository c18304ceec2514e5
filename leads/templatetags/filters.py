"""The fields of a filter, written in one piece: a list offers hundreds of options, and a template is slow with each."""

from html import escape
from typing import TYPE_CHECKING

from django import forms, template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from leads.forms.leads import LeadFilters

register = template.Library()


@register.simple_tag
def filter_select(filters: "LeadFilters", name: str, any_label: str = "") -> SafeString:
    """One choice, its label said to whoever cannot see what it offers; `any_label` is what no choice means."""
    field = filters.form.fields[name]
    label = escape(str(field.label))
    return SafeString(  # nosec B703 - every value in it is escaped
        f'<select name="{escape(name)}" aria-label="{label}">{_options(filters, name, any_label or _("Any"))}</select>'
    )


@register.simple_tag
def filter_field(filters: "LeadFilters", name: str) -> SafeString:
    """One filter with its label above."""
    field = filters.form.fields[name]
    label, key = escape(str(field.label)), escape(f"filter-{name}")
    value = escape(str(filters.data.get(name, "")))
    if isinstance(field, forms.ChoiceField):
        entry = f'<select id="{key}" name="{escape(name)}">{_options(filters, name, _("Any"))}</select>'
    else:
        kind = "date" if isinstance(field, forms.DateField) else "text"
        number = ' inputmode="decimal"' if isinstance(field, forms.FloatField) else ""
        longest = f' maxlength="{field.max_length}"' if getattr(field, "max_length", None) else ""
        entry = f'<input id="{key}" type="{kind}" name="{escape(name)}" value="{value}"{number}{longest}>'
    return SafeString(f'<div class="field"><label for="{key}">{label}</label>{entry}</div>')  # nosec B703


def _options(filters: "LeadFilters", name: str, any_label: str) -> str:
    chosen = str(filters.data.get(name, ""))
    offered = filters.offered.get(name) or filters.filters[name].extra["choices"]
    lines = [f'<option value="">{escape(str(any_label))}</option>']
    for value, words in offered:
        mark = " selected" if str(value) == chosen else ""
        lines.append(f'<option value="{escape(str(value))}"{mark}>{escape(str(words))}</option>')
    return "".join(lines)
