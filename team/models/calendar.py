"""When somebody works. Windows are local wall time; `team.worktime` turns them into moments."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from team.one_at_a_time import OneAtATime


class Calendar(models.Model):
    name = models.CharField(max_length=80, unique=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    # ISO 3166 codes whose public holidays are kept; empty keeps none.
    country = models.CharField(max_length=2, blank=True, default="")
    subdivision = models.CharField(max_length=10, blank=True, default="")
    # Moves with every change of its windows and days, so that a computed week can be kept by (id, version).
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        constraints = [
            models.CheckConstraint(name="calendar_has_time_zone", condition=~Q(time_zone="")),
        ]

    def __str__(self) -> str:
        return self.name


class CalendarWindow(models.Model):
    """Hours of one weekday (0 is Monday), in minutes after local midnight; a day may have several."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="windows")
    weekday = models.PositiveSmallIntegerField()
    opens = models.PositiveSmallIntegerField()
    closes = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")
        ordering = ["weekday", "opens"]
        constraints = [
            models.CheckConstraint(name="calendarwindow_weekday_is_monday_to_sunday", condition=Q(weekday__lte=6)),
            models.CheckConstraint(
                name="calendarwindow_opens_before_it_closes",
                condition=Q(opens__lt=F("closes"), closes__lte=1440),
            ),
            models.UniqueConstraint(fields=["calendar", "weekday", "opens"], name="calendarwindow_opens_once"),
        ]

    def __str__(self) -> str:
        return (
            f"{self.weekday}: {self.opens // 60:02}:{self.opens % 60:02}-{self.closes // 60:02}:{self.closes % 60:02}"
        )


class CalendarDay(models.Model):
    """A day of the company's own: closed, or open at other hours than its weekday. It stands above a public holiday."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="days")
    day = models.DateField()
    label = models.CharField(max_length=80, blank=True, default="")
    # Both empty: closed all day. A day with several windows has several rows.
    opens = models.PositiveSmallIntegerField(null=True, blank=True)
    closes = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("own day")
        verbose_name_plural = _("own days")
        ordering = ["day", "opens"]
        constraints = [
            models.CheckConstraint(
                name="calendarday_is_closed_or_has_hours",
                condition=Q(opens=None, closes=None)
                | Q(opens__isnull=False, closes__isnull=False, opens__lt=F("closes"), closes__lte=1440),
            ),
            models.UniqueConstraint(fields=["calendar", "day", "opens"], name="calendarday_opens_once"),
            models.UniqueConstraint(
                fields=["calendar", "day"], condition=Q(opens=None), name="calendarday_is_closed_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.label}"


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def covering(self, at: datetime | Now) -> "AbsenceQuerySet":
        return self.filter(starts_at__lte=at, ends_at__gt=at)

    def covered(self, at: datetime | Now) -> "AbsenceQuerySet":
        """Those at `at` whose cover works here and is not away herself."""
        hers = Absence.objects.covering(at).filter(user=OuterRef("cover"))
        return self.covering(at).filter(~Exists(hers), cover__is_active=True)

    def covered_in_sales(self, at: datetime | Now) -> "AbsenceQuerySet":
        """Those of an account executive whose cover may decide for her: only somebody who sells, too."""
        return self.covered(at).filter(cover__memberships__role="ae")

    def covered_in_team(self, at: datetime | Now, team: Any) -> "AbsenceQuerySet":
        """Those at `at` whose cover does there what a rep does: only a rep of that team."""
        return self.covered(at).filter(cover__memberships__role="bdr", cover__memberships__team=team)


class Absence(models.Model):
    """A user is away. With cover, somebody works her promised moments; without, long absence releases her leads."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    cover = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="covering_absences"
    )
    # Set when leads of an absence were given back, with the teams (by key) that gave theirs: none is visited twice. Of
    # one that an earlier version gave back it is not known, and all of it was.
    released_at = models.DateTimeField(null=True, blank=True)
    released_teams = models.JSONField(null=True, blank=True, editable=False)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        constraints = [
            models.CheckConstraint(name="absence_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(
                name="absence_is_not_covered_by_herself", condition=Q(cover=None) | ~Q(cover=F("user"))
            ),
            # Of two at once, which says who covers her?
            OneAtATime(
                name="absence_of_one_user_is_one_at_a_time",
                owner="user",
                first="starts_at",
                last="ends_at",
                violation_error_message=_("They are away then already."),
            ),
        ]
        indexes = [models.Index(fields=["user", "ends_at"], name="absence_of_user")]

    def __str__(self) -> str:
        # A last day ends at the midnight after it.
        first, last = (timezone.localtime(one) for one in (self.starts_at, self.ends_at - timedelta(minutes=1)))
        said = (
            gettext("%(name)s, %(first)s to %(last)s") if first.date() < last.date() else gettext("%(name)s, %(first)s")
        )
        return said % {
            "name": self.user,
            "first": date_format(first, "j M Y"),
            "last": date_format(last, "j M Y"),
        }
