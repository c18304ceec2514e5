"""Mail that is stopped: whose word it is, why, and what waits meanwhile. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from content.models import Asset
from nurture.models import MailRules, Message
from team.company_time import company_day
from team.models import SettingChange

SHOWN = 10


@dataclass(frozen=True)
class Waiting:
    """What is due and has not gone: when mail starts again some of it is late, and some is over."""

    all: int
    # Of tracks, later than the rules let it go at once.
    late: int
    over: int
    hours_late: int

    @property
    def words(self) -> Sequence[str]:
        if not self.all:
            return [_("Nothing waits.")]
        said = [ngettext("%(count)d message waits.", "%(count)d messages wait.", self.all) % {"count": self.all}]
        if self.late:
            said.append(
                ngettext(
                    "%(count)d of a track is more than %(hours)s late by now: it goes over the next six hours.",
                    "%(count)d of tracks are more than %(hours)s late by now: they go over the next six hours.",
                    self.late,
                )
                % {"count": self.late, "hours": _hours(self.hours_late)}
            )
        if self.over:
            said.append(
                ngettext(
                    "%(count)d became too late: what it brings has expired, and it does not go.",
                    "%(count)d became too late: what they bring has expired, and they do not go.",
                    self.over,
                )
                % {"count": self.over}
            )
        return said


@dataclass(frozen=True)
class Switching:
    """One turn of the switch."""

    at: datetime
    by: str
    is_stop: bool
    reason: str


def stopped_rules() -> MailRules | None:
    """The rules of mail while nothing goes out; nothing while mail goes."""
    return MailRules.objects.filter(pk=1, is_stopped=True).select_related("switched_by").first()


def waiting(rules: MailRules, *, at: datetime) -> Waiting:
    due = Message.objects.filter(state=Message.State.PLANNED, due_at__lte=at)
    is_over = Q(asset__isnull=False) & ~Q(asset__in=Asset.objects.sendable(on=company_day(at)))
    late_from = at - timedelta(hours=rules.hours_late)
    is_late = Q(kind=Message.Kind.NURTURE, due_at__lt=late_from) & ~is_over
    found = due.order_by().aggregate(
        all=Count("pk"), late=Count("pk", filter=is_late), over=Count("pk", filter=is_over)
    )
    return Waiting(**found, hours_late=rules.hours_late)


def switchings() -> list[Switching]:
    """The last turns of the switch, the newest first."""
    changes = SettingChange.objects.filter(model=MailRules._meta.label, changes__has_key="is_stopped")
    return [
        Switching(
            at=change.at,
            by=str(change.by or _("the installation")),
            is_stop=change.changes["is_stopped"][1],
            reason=_reason(change),
        )
        for change in changes.select_related("by").order_by("-at", "-id")[:SHOWN]
    ]


def _reason(change: SettingChange) -> str:
    said = change.changes.get("stopped_reason", ["", ""])[1]
    if not said and change.changes.get("stopped_because", ["", ""])[1] == MailRules.RESTORED:
        return _("the database looked restored from a copy")
    return str(said)


def _hours(count: int) -> str:
    return ngettext("%(count)d hour", "%(count)d hours", count) % {"count": count}
