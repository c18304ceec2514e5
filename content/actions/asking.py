"""What is asked of marketing and what becomes of it: each change is one transaction, one RequestChange, and news for
everybody who asked, except for who made it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from content.models import Asset, ContentRequest, Label, News, RequestChange, RequestVoice, Topic
from team.company_time import company_day
from team.templatetags.midfield import clock_words

if TYPE_CHECKING:
    from team.models import User

State = ContentRequest.State
Verb = RequestChange.Verb


# Within so long the same need once more is a slip: Back, and *Ask for it*.
A_SLIP = timedelta(minutes=15)


class RequestRefused(Exception):
    """What was asked of this request is not possible. Safe to show."""


class AskedAlready(RequestRefused):
    """She has just asked for the same: `asked` is that request, and takes another lead of hers."""

    def __init__(self, words: str, *, asked: ContentRequest) -> None:
        super().__init__(words)
        self.asked = asked


@dataclass(frozen=True)
class Need:
    """What is missing, for whom, when and against what."""

    words: str
    topic: Topic | None = None
    labels: tuple[Label, ...] = ()
    needed_on: date | None = None


@dataclass(frozen=True)
class Voice:
    """For which lead, by value, and what it is worth in minor units of a currency."""

    lead: int | None = None
    worth: int | None = None
    currency: str = ""


def ask_for(need: Need, voice: Voice, *, by: User, at: datetime) -> ContentRequest:
    """Who asks is its first voice. AskedAlready for what she asked for a few minutes ago, word for word;
    RequestRefused for a day that is over."""
    today = company_day(at)
    if need.needed_on and need.needed_on < today:
        raise RequestRefused(_("The day by which it is needed is over. Give a later one, or none."))
    with transaction.atomic():
        _must_be_new(need, by=by, at=at)
        asked = ContentRequest.objects.create(
            need=need.words, topic=need.topic, needed_on=need.needed_on, made_by=by, made_at=at, asked_on=today
        )
        asked.labels.set(need.labels)
        _raise_voice(asked, voice, by=by, at=at)
        RequestChange.objects.create(request=asked, verb=Verb.ASK, by=by, at=at)
    return asked


def _must_be_new(need: Need, *, by: User, at: datetime) -> None:
    lately = ContentRequest.objects.open().filter(made_by=by, made_at__gt=at - A_SLIP, need=need.words)
    for asked in lately.filter(topic=need.topic).prefetch_related("labels").order_by("-pk"):
        if set(asked.labels.all()) == set(need.labels):
            clock = clock_words(timezone.localtime(asked.made_at))
            raise AskedAlready(_("You asked for this at %(clock)s.") % {"clock": clock}, asked=asked)


def join_request(request: ContentRequest, voice: Voice, *, by: User, at: datetime) -> None:
    """She needs it, too, and hears what becomes of it from now on. Who has asked already says it anew for another lead.

    The row is locked, so that whoever joins while it changes either hears of this change or reads it.
    """
    with transaction.atomic():
        locked = ContentRequest.objects.select_for_update().get(pk=request.pk)
        if not locked.is_open:
            raise RequestRefused(_("Nobody works on this any more: see what became of it."))
        _raise_voice(locked, voice, by=by, at=at)


def accept_request(request: ContentRequest, *, by: User, at: datetime) -> None:
    """Marketing will make it; who does is not said yet."""
    _change(request, Verb.ACCEPT, to=State.ACCEPTED, was=(State.OPEN,), by=by, at=at)


def take_request_on(request: ContentRequest, *, by: User, at: datetime) -> None:
    """She makes it herself, also what a colleague had begun."""
    if request.state == State.IN_WORK and request.owner_id == by.pk:
        return
    _change(request, Verb.TAKE_ON, to=State.IN_WORK, was=ContentRequest.OPEN_STATES, by=by, at=at, owner=by)


def answer_request(request: ContentRequest, asset: Asset, *, by: User, at: datetime, on: date) -> None:
    """It is there: an asset that may be used on this day."""
    if not Asset.objects.in_use(on=on).filter(pk=asset.pk).exists():
        raise RequestRefused(_("Nobody can use this asset now: it has no current version, or it is over."))
    owner = request.owner or by
    _change(request, Verb.ANSWER, to=State.DONE, was=ContentRequest.OPEN_STATES, by=by, at=at, asset=asset, owner=owner)


def decline_request(request: ContentRequest, *, because: str, by: User, at: datetime) -> None:
    _change(request, Verb.DECLINE, to=State.DECLINED, was=ContentRequest.OPEN_STATES, by=by, at=at, because=because)


def reopen_request(request: ContentRequest, *, by: User, at: datetime) -> None:
    """What was answered or declined is asked for again."""
    _change(
        request, Verb.REOPEN, to=State.OPEN, was=(State.DONE, State.DECLINED), by=by, at=at,
        because="", asset=None, owner=None,
    )  # fmt: skip


def join_into(request: ContentRequest, other: ContentRequest, *, by: User, at: datetime) -> None:
    """Both ask for the same: who asked here asks there from now on, each once, and hears so."""
    if request.pk == other.pk:
        raise RequestRefused(_("That is this request itself."))
    with transaction.atomic():
        # In the order of their keys, as everybody locks them.
        locked = {row.pk: row for row in _lock_both(request.pk, other.pk)}
        if not locked[other.pk].is_open:
            raise RequestRefused(_("Nobody works on the other one any more."))
        _change(request, Verb.JOIN, to=State.JOINED, was=ContentRequest.OPEN_STATES, by=by, at=at, joined_to=other)
        there = {(voice.user_id, voice.lead): voice for voice in other.voices.all()}
        for voice in request.voices.all():
            known = there.get((voice.user_id, voice.lead))
            said: dict[str, Any] = {"worth": voice.worth, "currency": voice.currency}
            if known is None:
                RequestVoice.objects.create(request=other, user_id=voice.user_id, lead=voice.lead, at=voice.at, **said)
            elif known.worth is None and voice.worth is not None:
                RequestVoice.objects.filter(pk=known.pk).update(**said)


def hear_news(*, by: User, at: datetime, shown: Collection[int]) -> int:
    """What she was shown is heard; what came meanwhile, or stood further down, is not."""
    return News.objects.unheard_by(by).filter(pk__in=shown).update(heard_at=at)


def _lock_both(*keys: int) -> Iterable[ContentRequest]:
    return ContentRequest.objects.select_for_update().filter(pk__in=keys).order_by("pk")


def _raise_voice(request: ContentRequest, voice: Voice, *, by: User, at: datetime) -> None:
    """For each lead once: what she says of a lead anew takes the place of what she said of it, and of no other. That
    she needs it, without more, adds nothing to what she has said."""
    said = {"worth": voice.worth, "currency": voice.currency if voice.worth is not None else ""}
    hers = RequestVoice.objects.filter(request=request, user=by)
    if voice.lead is None and voice.worth is None and hers.exists():
        return
    # What she said of no lead and gave no figure was but that she needs it.
    bare = Q(lead=None, worth=None) if voice.lead is not None else Q(pk=None)
    if not hers.filter(lead=voice.lead).update(**said):
        first = hers.filter(bare).first()
        if first is not None:
            RequestVoice.objects.filter(pk=first.pk).update(lead=voice.lead, **said)
        else:
            RequestVoice.objects.create(request=request, user=by, lead=voice.lead, at=at, **said)


def _change(
    request: ContentRequest,
    verb: RequestChange.Verb,
    *,
    to: str,
    was: tuple[str, ...],
    by: User,
    at: datetime,
    **fields: Any,
) -> None:
    """The one door: the UPDATE names the states it expects, so that of two who decide at once one is refused."""
    closed_at = None if to in ContentRequest.OPEN_STATES else at
    with transaction.atomic():
        rows = ContentRequest.objects.filter(pk=request.pk, state__in=was)
        if verb == Verb.TAKE_ON:
            rows = rows.filter(owner=request.owner_id)
        if not rows.update(state=to, closed_at=closed_at, **fields):
            raise RequestRefused(_("Somebody else has just changed this request."))
        change = RequestChange.objects.create(
            request=request, verb=verb, by=by, at=at, because=fields.get("because", ""), asset=fields.get("asset")
        )
        told = request.voices.exclude(user=by).order_by("user").values_list("user", flat=True).distinct()
        News.objects.bulk_create(News(user_id=user, change=change, at=at) for user in told)
    request.refresh_from_db()
