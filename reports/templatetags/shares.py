"""Shares and their intervals in words."""

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from reports.bands import Band, Verdict
from reports.survival import Estimate
from team.templatetags.midfield import icon

register = template.Library()

# How a verdict is coloured, beside its word. Missed is no alarm: the figure is somebody else's.
MEANING = {Verdict.MET: ("done", "done"), Verdict.MISSED: ("due", "late")}


@register.filter
def percent(share: float) -> str:
    return f"{number_format(round(share * 100, 1), 1)} %"


@register.filter
def points(share: float) -> str:
    """A difference, with its sign."""
    sign = "+" if share >= 0 else "−"
    return f"{sign}{number_format(round(abs(share) * 100, 1), 1)}"


@register.filter
def interval(estimate: Estimate) -> str:
    """Its two ends; where they are not known, that."""
    if estimate.low is None or estimate.high is None:
        return _("no interval yet")
    return f"{number_format(round(estimate.low * 100, 1), 1)}–{number_format(round(estimate.high * 100, 1), 1)} %"


@register.simple_tag
def beside(verdict: str, band: Band) -> SafeString:
    """What the sources say, and whether ours is more or less."""
    # Of what is no promise, more is not better.
    is_, drawn = MEANING.get(Verdict(verdict), ("", "")) if band.is_promise else ("", "")
    said = _("others: %(share)s, %(which)s") % {"share": band.percents, "which": band.of}
    return format_html(
        '<span class="when"{}>{}{}</span> <small title="{}">{}</small>',
        format_html(' data-is="{}"', is_) if is_ else "",
        icon(drawn) if drawn else "",
        band.words_of(verdict),
        band.source,
        said,
    )
