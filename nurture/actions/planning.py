"""A message is planned: a row with a moment. Everything that may stand in its way is asked when it goes out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from content.models import Asset, AssetVersion
from leads.actions.changing import MoveRefused, lock_lead
from leads.actions.logging import log_touch
from leads.models import Activity, Lead
from nurture.actions.unsent import cancel_taken_back, settle_letter
from nurture.fields import BadWords, fields_in, fill
from nurture.had import sent_to
from nurture.letter import addresses_in, link_to
from nurture.models import Message, MessageBody
from nurture.over import lines_of, named_in, over_among, over_said
from nurture.recipients import permalink, points_of, recipients_of, values_of
from nurture.wishes import Wishes
from team.company_time import company_day
from team.templatetags.midfield import clock_words

if TYPE_CHECKING:
    from team.models import User

# Within so long the same letter once more is a slip: Back, and Send.
A_SLIP = timedelta(minutes=15)
# What is planned once more, with its moment, has not been tried: what befell it before is over.
UNTRIED = {
    "state": Message.State.PLANNED, "because": "", "begun_at": None, "attempt": 0, "lapses": 0, "put_off_since": None,
    "settled_at": None, "bounced_at": None, "is_block_bounce": False,
}  # fmt: skip


class WrittenBefore(MoveRefused):
    """She has just written the same to the same person."""


def plan_messages(messages: Sequence[Message]) -> None:
    """Plan these. What somebody else has sent her at this moment is not planned twice: the next look passes over it."""
    Message.objects.bulk_create(messages, ignore_conflicts=True, batch_size=500)


def lock_planned(enrolments: Collection[int]) -> dict[int, int | None]:
    """By letter that is planned for these, whose it is: locked, so that nobody takes it up meanwhile. What somebody has
    taken up is its sender's, who asks again before it begins."""
    planned = Message.objects.filter(enrolment__in=enrolments, state=Message.State.PLANNED)
    return dict(planned.select_for_update(of=("self",)).order_by("pk").values_list("pk", "enrolment"))


def drop_planned(enrolments: Collection[int]) -> None:
    """What is planned for these is planned anew when they come there again."""
    if enrolments and (planned := lock_planned(enrolments)):
        Message.objects.filter(pk__in=planned).delete()


def plan_anew(instead: Mapping[int, Message]) -> None:
    """Plan these in place of the letters of the same steps that never left, because what they brought went out of use
    or their track had ended, and goes on after all.
    What somebody else sends them at this moment is left as it is: the next look passes over it."""
    Because, State = Message.Because, Message.State
    ended = Message.objects.filter(pk__in=instead, state=State.CANCELLED, because__in=(Because.EXPIRED, Because.ENDED))
    for pk in ended.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True):
        new = instead[pk]
        with suppress(IntegrityError), transaction.atomic():
            Message.objects.filter(pk=pk).update(
                **UNTRIED, asset=new.asset_id, planned_at=new.planned_at, due_at=new.due_at
            )


@transaction.atomic
def write_message(
    lead: Lead, *, subject: str, text: str, asset: Asset | None = None, by: User, at: datetime, is_again: bool = False
) -> Message:
    """A mail of hers to the person of a lead, out with the next ring: an attempt like one logged by hand, so that it
    meets the first touch. MoveRefused where it cannot go: no address, she asked for none, an asset that has expired or
    that she has had, words that cannot be sent. WrittenBefore for what went to her a few minutes ago, unless it
    `is_again`."""
    _must_be_words(subject, text)
    # The lead before its letters, as whatever settles them locks them: what was taken back makes room for this one.
    lock_lead(lead)
    cancel_taken_back(Message.objects.filter(person=lead.person_id))
    point = points_of([lead.person_id]).get(lead.person_id)
    if point is None:
        raise MoveRefused(_("No e-mail address is known of %(name)s.") % {"name": lead.person})
    wishes = Wishes([lead.person_id])
    if wishes.wants_no_mail(lead.person_id):
        raise MoveRefused(_("%(name)s asked for no e-mail.") % {"name": lead.person})
    asset = _brought(lead, subject, text, asset, at=at)
    if wishes.lacks_consent(lead.person_id, asset.topic_id if asset else None, kind=Message.Kind.BY_HAND):
        raise MoveRefused(_lacks_consent(lead, asset, wishes))
    if asset is not None and asset.pk in sent_to([lead.person_id])[lead.person_id]:
        raise _had(lead, asset)
    message = Message(
        kind=Message.Kind.BY_HAND, person_id=lead.person_id, lead=lead, by=by, asset=asset, point=point,
        planned_at=at, due_at=at,
    )  # fmt: skip
    said, words = _filled(message, subject, text, at=at)
    # History shows it as it goes out.
    message.event_id = log_touch(lead, kind=Activity.Kind.EMAIL, note=said, by=by, at=at, is_letter=True).pk
    # Under the lock of the lead: two who send at once are told apart.
    if not is_again:
        _must_be_new(message, said, words, at=at)
    try:
        with transaction.atomic():
            message.save(force_insert=True)
    except IntegrityError as error:
        # Another one was faster.
        raise _had(lead, asset) from error
    MessageBody.objects.create(message=message, subject=said, text=words)
    return message


def _must_be_new(message: Message, subject: str, text: str, *, at: datetime) -> None:
    lately = MessageBody.objects.filter(
        message__person=message.person_id, message__kind=Message.Kind.BY_HAND, message__by=message.by,
        message__planned_at__gt=at - A_SLIP, subject=subject,
    )  # fmt: skip
    lately = lately.exclude(message__state__in=Message.NEVER_LEFT).select_related("message__asset")
    bodies = list(lately.order_by("-message"))
    snippets = snippets_of(body.message.asset for body in bodies)
    for body in bodies:
        brought = body.message.asset
        # What it brought stands at its end once it was sent.
        is_same = body.text in (text, with_asset(text, brought, snippets))
        if is_same and message.asset in (None, brought):
            clock = clock_words(timezone.localtime(body.message.planned_at))
            raise WrittenBefore(_("You sent this at %(clock)s.") % {"clock": clock})


def _lacks_consent(lead: Lead, asset: Asset | None, wishes: Wishes) -> str:
    """What she has not agreed to: to no mail at all, or to none about this."""
    said = {"name": lead.person, "topic": asset.topic if asset else ""}
    if wishes.lacks_every_consent(lead.person_id, kind=Message.Kind.BY_HAND):
        return _("%(name)s has not agreed to get e-mail: note first what they said.") % said
    if asset is not None and asset.topic_id:
        return _("%(name)s has not agreed to get e-mail about %(topic)s.") % said
    return _("%(name)s has agreed to e-mail about some topics only: bring something about one of them.") % said


def _had(lead: Lead, asset: Asset | None) -> MoveRefused:
    return MoveRefused(_("%(name)s has had %(asset)s already.") % {"name": lead.person, "asset": asset}, field="asset")


def preview_of(
    lead: Lead, *, subject: str, text: str, asset: Asset | None = None, by: User, at: datetime
) -> tuple[str, str]:
    """Subject and words as she would get them; nothing is written. MoveRefused where the words cannot be sent."""
    _must_be_words(subject, text)
    asset = _brought(lead, subject, text, asset, at=at)
    message = Message(kind=Message.Kind.BY_HAND, person_id=lead.person_id, lead=lead, by=by, asset=asset)
    said, words = _filled(message, subject, text, at=at)
    return said, with_asset(words, asset, snippets_of([asset]))


def with_asset(text: str, asset: Asset | None, snippets: Mapping[int, str]) -> str:
    """What a message brings stands at its end where its words do not say it. `snippets` are those of `snippets_of`."""
    if asset is None or permalink(str(asset.public_id)) in text or _says(text, snippets.get(asset.pk, "")):
        return text
    return f"{text}\n\n{link_to(asset.title, permalink(str(asset.public_id)))}"


def titles_in(texts: Iterable[str]) -> dict[str, str]:
    """By their addresses what the assets are called that these words link to: one statement, or none where nobody
    links."""
    ids = named_in(*texts)
    rows = Asset.objects.filter(public_id__in=ids).values_list("public_id", "title") if ids else ()
    return {permalink(str(public_id)): title for public_id, title in rows}


def snippets_of(assets: Iterable[Asset | None]) -> dict[int, str]:
    """By asset the words of those that are nothing but words."""
    brought = {asset.pk for asset in assets if asset is not None}
    if not brought:
        return {}
    current = AssetVersion.objects.filter(asset__in=brought, is_current=True, form=AssetVersion.Form.SNIPPET)
    return dict(current.values_list("asset_id", "text"))


def _says(text: str, snippet: str) -> bool:
    """Whether these words, or a whole line of them, stand in a text: who put them there may have changed some."""
    return any(line in text for line in lines_of(snippet))


def _filled(message: Message, subject: str, text: str, *, at: datetime) -> tuple[str, str]:
    person = message.person_id
    recipients = recipients_of([person], points_of([person]), at=at)
    values = values_of([message], recipients, at=at)[message.pk]
    filled = []
    for field, words in (("subject", subject), ("text", text)):
        try:
            filled.append(fill(words.strip(), values, clean=field == "subject"))
        except BadWords as bad:
            raise MoveRefused(str(bad), field=field) from bad
    return filled[0], filled[1]


def _brought(lead: Lead, subject: str, text: str, asset: Asset | None, *, at: datetime) -> Asset | None:
    """What it brings: what was chosen, else the first thing of the library that its words link to and she has not had.
    MoveRefused where it is, or they link to or say, something that is not sent any more."""
    named = named_in(subject, text)
    on = company_day(at)
    if bad := over_among(named | ({asset.public_id} if asset else set()), on=on) or over_said(text, on=on):
        raise MoveRefused(bad[0].words, field="asset" if bad[0].asset == asset else "text")
    if asset is not None or not named:
        return asset
    linked = Asset.objects.filter(public_id__in=named).exclude(pk__in=sent_to([lead.person_id])[lead.person_id])
    return min(linked, key=lambda one: text.find(str(one.public_id)), default=None)


@transaction.atomic
def take_back(message: Message, *, by: User, at: datetime) -> bool:
    """It does not go out, and is no attempt. False: it is on its way, or has gone."""
    if message.lead is not None:
        lock_lead(message.lead)
    planned = Message.objects.filter(pk=message.pk, state=Message.State.PLANNED)
    if not planned.update(state=Message.State.CANCELLED, because=Message.Because.BY_HAND, due_at=None):
        return False
    settle_letter(message.pk, by=by, at=at)
    return True


def _must_be_words(subject: str, text: str) -> None:
    for field, words in (("subject", subject), ("text", text)):
        if not words.strip():
            raise MoveRefused(_("A message has a subject and words."), field=field)
        try:
            fields_in(words)
            if field == "text":
                addresses_in(words)
        except BadWords as bad:
            raise MoveRefused(str(bad), field=field) from bad
    if any(sign in subject for sign in "\r\n\x00"):
        raise MoveRefused(_("A subject is one line."), field="subject")
