"""How far the year is, said on every page until it is whole: below the hours, where the demo's other line stands."""

from __future__ import annotations

from django.utils.translation import gettext as _

from team.models import Installation


def say_on_pages(part: float) -> None:
    """One line that goes away by itself; what stands there about shifted hours stays."""
    line = _("Demo: the year behind today is still being written, %(percent)s %% so far.")
    _say(line % {"percent": round(part * 100)} if part < 1 else "")


def say_of_tracks(*, is_done: bool) -> None:
    """The same of what tracks did in it, which is told once it is there."""
    _say("" if is_done else _("Demo: what tracks did in the year behind today is still being written."))


def _say(line: str) -> None:
    hours = Installation.objects.values_list("calendar_shift", flat=True).get().partition("\n")[0]
    Installation.objects.update(calendar_shift=f"{hours}\n{line}" if line else hours)
