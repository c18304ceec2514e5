"""Who sleeps and is fed by nothing, and why: no track fits, no e-mail reaches them, or they were left to a track that
was over. Reads only.

Whom no e-mail reached is looked at again when an address comes: corrected, imported, or by which they wrote.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Case,
    Exists,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.utils.translation import gettext_lazy as _

from accounts.models import ContactPoint, Suppression
from agreement.models import Phase
from leads.models import Consent, Lead, Recycling
from nurture.models import Enrolment, MailRules, Sorting, Track, TrackNode

# So long after they fell asleep no track begins by itself: whoever recycled somebody by mistake takes it back before
# they hear of us.
CAN_BE_UNDONE = timedelta(minutes=15)
Answer, Because = Sorting.Answer, Sorting.Because


class Why(TextChoices):
    NO_TRACK = "no_track", _("no track fits")
    NO_ADDRESS = "no_address", _("no e-mail address is known")
    BAD_ADDRESS = "bad_address", _("their address does not work")
    SILENT = "silent", _("asked for no e-mail")
    NO_CONSENT = "no_consent", _("has not agreed to get e-mail")
    LEFT = "left", _("was in another track, which is over: is looked at within an hour")
    COMING = "coming", _("has an address now: is looked at within a minute")


def track_is_found_at(lead: Lead, *, at: datetime) -> datetime | None:
    """When a track is looked for on behalf of who fell asleep just now; None where that was done, or is about to be."""
    asleep = Recycling.objects.filter(lead=lead, undone_at=None, sorting=None, at__gt=at - CAN_BE_UNDONE)
    since = asleep.order_by("-id").values_list("at", flat=True).first()
    return since + CAN_BE_UNDONE if since is not None else None


def unreached() -> QuerySet[Sorting]:
    """The sleeps that no e-mail reached: at once, or later, when the address of one in a track no longer worked."""
    newest = Enrolment.objects.filter(lead=OuterRef("recycling__lead")).order_by("-id")
    left = Enrolment.objects.filter(
        lead=OuterRef("recycling__lead"), outcome=Enrolment.Outcome.UNREACHABLE, ended_at__gt=OuterRef("at")
    )
    # Few: what drives it, where everybody who sleeps would be read otherwise.
    lost = Enrolment.objects.filter(outcome=Enrolment.Outcome.UNREACHABLE, lead__isnull=False).order_by()
    later = Sorting.objects.asleep().filter(
        Exists(left), ~Q(answer=Answer.UNREACHABLE), recycling__lead__in=lost.values("lead")
    )
    ended = later.alias(last=Subquery(newest.values("outcome")[:1])).filter(last=Enrolment.Outcome.UNREACHABLE)
    at_once = Sorting.objects.asleep().filter(answer=Answer.UNREACHABLE)
    return Sorting.objects.filter(Q(pk__in=at_once.order_by().values("pk")) | Q(pk__in=ended.order_by().values("pk")))


def reachable_again() -> QuerySet[Sorting]:
    """Of those, who has an address that works and wants mail, as far as one statement can say."""
    return with_address(unreached(), "recycling__lead__person").filter(usable=True, silent=False, lacking=False)


def beyond_mail() -> QuerySet[Enrolment]:
    """Fed by a track that sends, while no mail of it may reach her any more: she is silent, said no to all mail, took
    back what she had agreed to, or has no address that works. What only the key of an address says is seen when she is
    due.

    Whom a new rule asks for consent is none of these: she has agreed to nothing, and said no to one topic at most.
    """
    sends = TrackNode.objects.filter(version=OuterRef("version"), kind=TrackNode.Kind.EMAIL).order_by()
    # Of who lacks every word, whatever she has agreed to was taken back.
    about_all_or_given = Q(topic=None) | Q(is_given=True)
    said_no = Consent.objects.filter(about_all_or_given, person=OuterRef("person")).order_by()
    fed = Enrolment.objects.fed().filter(Exists(sends), track__kind=Track.Kind.TRACK)
    found = with_address(fed.alias(said_no=Exists(said_no)), "person")
    return found.filter(Q(silent=True) | Q(usable=False) | Q(lacking=True, said_no=True))


def left_elsewhere() -> QuerySet[Sorting]:
    """The sleeps that were left to another track, which was over for them and has fed them nothing."""
    fed = Enrolment.objects.filter(lead=OuterRef("recycling__lead"), track__kind=Track.Kind.TRACK).filter(
        Q(ended_at=None) | Q(ended_at__gt=OuterRef("slept_at"))
    )
    in_one = Enrolment.objects.under_way().filter(person=OuterRef("recycling__lead__person"))
    return Sorting.objects.asleep().filter(~Exists(fed.order_by()), ~Exists(in_one.order_by()), answer=Answer.ELSEWHERE)


def unfed_leads(leads: QuerySet[Lead]) -> QuerySet[Any]:
    """Of these leads those that sleep and are fed by nothing, each with `why`."""
    no_track = Sorting.objects.asleep().filter(answer=Answer.NO_TRACK).order_by()
    fed = Enrolment.objects.under_way().filter(person=OuterRef("person")).order_by()
    misses = Q(pk__in=no_track.values("recycling__lead"))
    lost = Q(pk__in=unreached().order_by().values("recycling__lead"))
    elsewhere = left_elsewhere().order_by()
    left = Q(pk__in=elsewhere.values("recycling__lead"))
    found = leads.filter(misses | lost | left, ~Exists(fed), phase=Phase.NURTURE)
    asleep = Sorting.objects.asleep().filter(recycling__lead=OuterRef("pk")).order_by()
    found = with_address(
        found.alias(
            misses=Exists(no_track.filter(recycling__lead=OuterRef("pk"))),
            left=Exists(elsewhere.filter(recycling__lead=OuterRef("pk"))),
            found_silent=Exists(asleep.filter(because=Because.SILENT)),
            found_lacking=Exists(asleep.filter(because=Because.CONSENT)),
        ),
        "person",
    )
    return found.annotate(
        why=Case(
            When(misses=True, then=Value(Why.NO_TRACK)),
            When(left=True, then=Value(Why.LEFT)),
            When(Q(silent=True) | Q(usable=True, found_silent=True), then=Value(Why.SILENT)),
            When(Q(lacking=True) | Q(found_lacking=True), usable=True, then=Value(Why.NO_CONSENT)),
            When(usable=True, then=Value(Why.COMING)),
            When(known=True, then=Value(Why.BAD_ADDRESS)),
            default=Value(Why.NO_ADDRESS),
        ),
        sleep=FilteredRelation("recyclings", condition=Q(recyclings__undone_at=None)),
    )


def with_address(rows: QuerySet[Any], person: str) -> QuerySet[Any]:
    """Each with whether whoever stands at `person` is `known` by an address, has a `usable` one, is `silent` by her own
    row, and is `lacking` a word that mail needs."""
    points = ContactPoint.objects.filter(person=OuterRef(person), kind=ContactPoint.Kind.EMAIL).order_by()
    silent = Suppression.objects.filter(
        person=OuterRef(person), channel__in=[Suppression.Channel.EMAIL, Suppression.Channel.ALL]
    ).order_by()
    asked = Exists(MailRules.objects.exclude(consent_for=MailRules.ConsentFor.NONE))
    taken_back = Consent.objects.filter(person=OuterRef(person), topic=None, is_given=False).order_by()
    agreed = Consent.objects.standing().filter(person=OuterRef(person)).order_by()
    return rows.alias(
        known=Exists(points),
        usable=Exists(points.filter(state__in=ContactPoint.USABLE)),
        silent=Exists(silent),
        lacking=(asked | Exists(taken_back)) & ~Exists(agreed),
    )
