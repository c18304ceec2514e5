"""How far the year is, said on every page until it is whole: below the hours, where the demo's other line stands."""

from __future__ import annotations

from django.utils.translation import gettext as _

from team.models import Installation


def say_on_pages(part: float) -> None:
    """One line that goes away by itself; what stands there about shifted hours stays."""
    hours = Installation.objects.values_list("calendar_shift", flat=True).get().partition("\n")[0]
    line = _("Demo: the year behind today is still being written, %(percent)s %% so far.") % {
        "percent": round(part * 100)
    }
    Installation.objects.update(calendar_shift=hours if part >= 1 else f"{hours}\n{line}")
