"""What one of us says of mail that could not be read, or that nobody was found for: whose it is and what it says."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Person
from leads.actions.changing import LeadConflict, MoveRefused
from nurture.actions.receiving import FOLLOWS, count_waiting
from nurture.inbound.absence import DAYS_AWAY_MAX
from nurture.inbound.mail import InMail, Kind
from nurture.models import Incoming, IncomingBody, Message
from nurture.recipients import zone_of
from team.actions.auditing import note_audit
from team.models import AuditEntry

if TYPE_CHECKING:
    from team.models import User

# What somebody can tell by looking at it.
TOLD = (Kind.REPLY, Kind.OUT_OF_OFFICE, Kind.AUTO_REPLY, Kind.UNSUBSCRIBE, Kind.COMPLAINT, Kind.BOUNCE_HARD)


class DayRefused(MoveRefused):
    """The day says of no absence: it is not ahead, or too far."""


@transaction.atomic
def assign_mail(
    row: Incoming, person: Person, *, kind: str, back_on: date | None = None, by: User, at: datetime
) -> str:
    """It is hers and says this: what follows is what would have followed had it been known when it came. Returns what
    that was. LeadConflict when somebody has decided meanwhile, DayRefused for a day that says of no absence."""
    held = _held(row)
    if person.merged_into_id or person.erased_at:
        raise MoveRefused(_("This person stands under another one now."))
    body = IncomingBody.objects.filter(incoming=held).first() or IncomingBody()
    last = Message.objects.left().filter(person=person).order_by("-claimed_at", "-id").first()
    if kind == Kind.BOUNCE_HARD and last is None:
        raise MoveRefused(_("Nothing was sent to %(name)s that could have come back.") % {"name": person})
    if kind == Kind.OUT_OF_OFFICE and back_on:
        _must_be_ahead(back_on, today=at.astimezone(ZoneInfo(zone_of(person.pk, at=at))).date())
    held.person = person
    found = InMail(
        Kind(kind), sender=body.sender, subject=body.subject, at=held.sent_at or held.taken_at, words=body.text,
        back_on=back_on,
    )  # fmt: skip
    followed = FOLLOWS[found.kind](found, last if found.kind is Kind.BOUNCE_HARD else None, held, at=at)
    held.back_on, held.effect, held.kind = back_on, followed.effect, kind
    _decide(held, "assigned", by=by, at=at)
    return str(held.get_effect_display())


@transaction.atomic
def put_mail_away(row: Incoming, *, by: User, at: datetime) -> None:
    """It concerns nobody. LeadConflict when somebody has decided meanwhile."""
    held = _held(row)
    held.effect, held.kind = Incoming.Effect.NONE, held.kind or Incoming.Kind.OTHER
    _decide(held, "put away", by=by, at=at)


def _must_be_ahead(back_on: date, *, today: date) -> None:
    """`today`: by her clock."""
    if back_on <= today:
        raise DayRefused(_("They are back by then. Leave it empty, or look at the date."))
    if back_on > today + timedelta(days=DAYS_AWAY_MAX):
        # No track would write to her until then.
        raise DayRefused(_("Nobody is away for more than %(days)s days: look at the year.") % {"days": DAYS_AWAY_MAX})


def _held(row: Incoming) -> Incoming:
    held = Incoming.objects.for_a_human().select_for_update(of=("self",)).filter(pk=row.pk).first()
    if held is None:
        raise LeadConflict(_("Somebody has dealt with it meanwhile."))
    return held


def _decide(held: Incoming, what: str, *, by: User, at: datetime) -> None:
    held.state, held.error, held.decided_at, held.read_at = Incoming.State.DONE, "", at, held.read_at or at
    held.save(update_fields=["state", "error", "decided_at", "read_at", "kind", "effect", "person", "back_on"])
    count_waiting()
    note_audit(AuditEntry.Verb.SETTING, by=by, at=at, about="nurture.incoming", about_id=str(held.pk), detail=what)
