"""What stands in the outbox, and whether what the installation needs to send mail is there. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from accounts.actions.people import keys_of_email, suppression_key
from accounts.search import matching
from nurture.models import MailRules, MailServer, Message, SendingHost
from nurture.models.message import MessageQuerySet
from nurture.same import rows_of
from team.addresses import read_moment, read_number

LATELY = timedelta(days=7)
SHOWN = 50
# Whoever looks for a word that so many people are found by says more.
PEOPLE_MOST = 200
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


@dataclass(frozen=True)
class Listed:
    """A page of the list, and where the next begins; `is_too_many`: more people are called so than are looked at."""

    rows: list[Message]
    next_after: str
    is_too_many: bool


def listed(messages: MessageQuerySet, state: str, *, q: str = "", after: str = "") -> Listed:
    """The next of this state, or of all, with whom they go to; of who is called like `q`, or is written to there."""
    is_too_many = False
    if q:
        people = list(matching(q).filter(person__isnull=False).values_list("person", flat=True)[: PEOPLE_MOST + 1])
        is_too_many = len(people) > PEOPLE_MOST
        keys = [suppression_key(form) for form in keys_of_email(q.strip().lower())] if "@" in q else []
        messages = messages.filter(Q(person__in=list(rows_of(people[:PEOPLE_MOST]))) | Q(to_hash__in=keys))
    is_planned = state == Message.State.PLANNED
    rows = _behind(messages.in_order(state), after, is_planned=is_planned)
    rows = rows.select_related("person", "asset", "node", "enrolment__track", "lead", "by")
    found = list(rows[: SHOWN + 1])
    last = found[SHOWN - 1] if len(found) > SHOWN else None
    moment = f"{last.due_at.isoformat()}~" if last and last.due_at and is_planned else ""
    return Listed(found[:SHOWN], f"{moment}{last.pk}" if last else "", is_too_many)


def _behind(rows: MessageQuerySet, after: str, *, is_planned: bool) -> MessageQuerySet:
    """From where the page before ended; the top of the list where that cannot be read."""
    moment, _tilde, key = after.rpartition("~")
    pk, at = read_number(key), read_moment(moment)
    if pk is None or (is_planned and at is None):
        return rows
    return rows.filter(Q(due_at__gt=at) | Q(due_at=at, pk__gt=pk)) if is_planned else rows.filter(pk__lt=pk)


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
