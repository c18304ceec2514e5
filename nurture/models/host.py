"""The machines whose workers send mail for this database, and those that would."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

# Whoever sends is seen every quarter of a minute; a server that is away, every minute.
QUIET = timedelta(minutes=10)
DAY, LONG = timedelta(days=1), timedelta(days=90)


class SendingHostQuerySet(models.QuerySet["SendingHost"]):
    def let(self) -> SendingHostQuerySet:
        return self.filter(let_at__isnull=False)

    def at_work(self, at: datetime) -> SendingHostQuerySet:
        """Who sends for this database today, and was seen within ten minutes."""
        return self.let().filter(seen_at__gt=at - QUIET)

    def waiting(self, at: datetime) -> SendingHostQuerySet:
        """Who would send, came by within a day, and waits for an admin's word."""
        return self.filter(let_at=None, seen_at__gt=at - DAY).order_by("first_at", "pk")

    def forgotten(self, at: datetime) -> SendingHostQuerySet:
        """Who has gone. One that comes back shows its mark, or asks anew."""
        return self.filter(Q(let_at=None, seen_at__lt=at - DAY) | Q(seen_at__lt=at - LONG))


class SendingHost(models.Model):
    """A `VAR_DIR` with a worker beside it. One that remembers mail of this database sends; a new one waits to be let.

    There are a handful: nothing here needs an index.
    """

    # What stands in `VAR_DIR/mail-host`.
    key = models.UUIDField(unique=True)
    name = models.CharField(max_length=100)
    first_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    let_at = models.DateTimeField(null=True)
    # Empty: nobody had to, it remembers what it sent.
    let_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = SendingHostQuerySet.as_manager()

    class Meta:
        verbose_name = _("machine that sends mail")
        verbose_name_plural = _("machines that send mail")
        constraints = [
            models.CheckConstraint(name="sendinghost_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(
                name="sendinghost_let_says_when", condition=Q(let_by=None) | Q(let_at__isnull=False)
            ),
            models.CheckConstraint(name="sendinghost_seen_since_it_came", condition=Q(seen_at__gte=F("first_at"))),
        ]

    def __str__(self) -> str:
        return self.name
