"""What stands in the outbox, and whether what the installation needs to send mail is there. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, QuerySet
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from nurture.models import MailRules, MailServer, Message, SendingHost

LATELY = timedelta(days=7)
SHOWN = 50
# What somebody has to look at, the most pressing first; then what is on its way.
NEEDS_SOMEBODY = (Message.State.UNKNOWN, Message.State.REFUSED, Message.State.DEAD)


@dataclass(frozen=True)
class Check:
    """One thing that mail needs, and whether it is so."""

    is_well: bool
    says: str


@dataclass(frozen=True)
class Outbox:
    counts: list[tuple[str, str, int]]
    oldest: datetime | None
    is_late: bool
    server_asks_at: datetime | None


def outbox(*, at: datetime) -> Outbox:
    """How many messages stand in each state: all that are under way or need somebody, and what ended within a week."""
    State = Message.State
    lasting = (State.PLANNED, State.SENDING, State.UNKNOWN)
    found = _by_state(Message.objects.filter(state__in=lasting)) | _by_state(Message.objects.ended_since(at - LATELY))
    oldest = Message.objects.longest_due(at)
    server = MailServer.objects.filter(ask_again_at__gt=at).order_by("ask_again_at").first()
    return Outbox(
        counts=[(state.value, str(state.label), found.get(state.value, 0)) for state in State],
        oldest=oldest,
        is_late=bool(oldest and oldest < at - timedelta(minutes=5)),
        server_asks_at=server.ask_again_at if server else None,
    )


def _by_state(messages: QuerySet[Message]) -> dict[str, int]:
    return dict(messages.values_list("state").annotate(n=Count("pk")).order_by())


def first_state(messages: QuerySet[Message], *, at: datetime) -> str:
    """What the page opens on: what needs somebody, of what ended within a week; else what is planned, or went."""
    for state in NEEDS_SOMEBODY:
        rows = messages.filter(state=state)
        if (rows if state == Message.State.UNKNOWN else rows.filter(planned_at__gt=at - LATELY)).exists():
            return state
    is_planned = messages.filter(state=Message.State.PLANNED).exists()
    return Message.State.PLANNED if is_planned else Message.State.SENT


def in_state(messages: QuerySet[Message], state: str) -> list[Message]:
    """The newest of this state, with whom they go to."""
    rows = messages.filter(state=state).select_related("person", "asset", "node", "enrolment__track", "lead", "by")
    return list(rows.order_by("-id")[:SHOWN])


def checks(rules: MailRules, *, at: datetime) -> list[Check]:
    """What makes mail arrive, as far as this installation can say it: plain, each with what to do."""
    sender = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2]
    has_server = bool(settings.EMAIL_HOST_NAME)
    hosts = list(SendingHost.objects.at_work(at).order_by("name", "pk").values_list("name", flat=True))
    several = [Check(True, _("It is sent by %(names)s.") % {"names": get_text_list(hosts, _("and"))})]
    return [
        Check(has_server, _("Mail goes to %(host)s.") % {"host": settings.EMAIL_HOST_NAME} if has_server
              else _("No mail server is set (SMTP_HOST): mail is written to files and reaches nobody.")),
        Check(settings.IS_HTTPS, _("Links are https.") if settings.IS_HTTPS
              else _("SITE_URL is not https: links look unsafe, and one click to stop asks for https (RFC 8058).")),
        Check("." in sender and sender != "127.0.0.1", _("Mail is from %(sender)s: publish SPF, DKIM, DMARC.")
              % {"sender": settings.DEFAULT_FROM_EMAIL}),
        Check(bool(settings.MAIL_REPLY_TO), _("Answers go to %(address)s.") % {"address": settings.MAIL_REPLY_TO}
              if settings.MAIL_REPLY_TO else _("MAIL_REPLY_TO is empty: answers are not read here.")),
        Check(bool(rules.postal_address), _("The foot has a postal address.") if rules.postal_address
              else _("The foot has no postal address: many countries ask for one.")),
        *(several if len(hosts) > 1 else []),
    ]  # fmt: skip
