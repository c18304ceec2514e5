"""Which messages go out now. A claim is a short transaction and a lease; nothing here talks to a mail server.

Whoever is written to is locked by her address's row first, as an unsubscription locks it: what it says holds for every
claim after it, and two claims for one recipient count each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Exists, F, QuerySet

from agreement.models import Phase
from content.models import Asset
from nurture.actions.bringing import note_brought
from nurture.had import had_step, linked_in, sent_to, steps_sent, taken_by
from nurture.models import Enrolment, MailRules, Message, MessageBody, Track, TrackNode
from nurture.models.message import undone
from nurture.over import over_in
from nurture.pace import leaves_at, letters_went
from nurture.recipients import Recipient, points_today, recipients_of
from nurture.wishes import Wishes
from team.bulk import update_rows
from team.company_time import company_day

BATCH = 200
# What may not go out yet is passed over so often in one claim; the next ring goes on.
PARTS_MOST = 50
LEASE = timedelta(seconds=120)
# Whose track rests is looked at again after so long.
REST = timedelta(hours=6)
# What did the step before it was taken back: by then its track has seen that.
SEEN_BY = timedelta(minutes=1)
# Over so long, in so many parts, goes what is late.
SPREAD, SPREAD_PARTS = timedelta(hours=6), 97
MOMENT = timedelta(seconds=1)
# What a claim writes of each: one statement a kind.
GIVEN_UP = ("id", "state", "because", "due_at")
PUT_OFF = ("id", "due_at", "domain")
TAKEN = (
    "id", "to_hash", "domain", "point_id", "state", "due_at", "claimed_by", "claimed_at", "lease_until", "begun_at",
    "attempt",
)  # fmt: skip
# A message that ended whoever took it up so often is not taken up again.
LAPSES_MOST = 3


def claim_messages(*, by: str, at: datetime, most: int = BATCH) -> list[Message]:
    """Take up to `most` due messages for `by`, each with a lease of two minutes. Those that may not go out now get
    another moment, those that may never go out are cancelled and say why; neither stands before what may."""
    for _part in range(PARTS_MOST):
        taken = _claim_part(by=by, at=at, most=most)
        if taken is None:
            return []
        if taken:
            return taken
    return []


def _claim_part(*, by: str, at: datetime, most: int) -> list[Message] | None:
    """Of the next that are due those that go out now; None where none is due."""
    with transaction.atomic(durable=True):
        rules = MailRules.objects.get(pk=1)
        if rules.is_stopped:
            return None
        due = _due(_full_domains(rules, at=at), most=most, at=at)
        if not due:
            return None
        # Read under the lock of what is due: whatever this puts off by rules that are being changed follows them.
        judged = _Judge(due, MailRules.objects.get(pk=1), at=at)
        for message in due:
            judged.judge(message)
        judged.write(by=by)
        return judged.taken


def _due(full: list[str], *, most: int, at: datetime) -> list[Message]:
    """What somebody wrote by hand first, whatever her provider had; then what tracks write, while it likes more.

    Of each kind what nobody has lost hold of before; of the rest one at a time, so that a message which ends its sender
    is found out and takes no other with it.
    """
    due = Message.objects.due(at)
    by_hand = due.filter(kind=Message.Kind.BY_HAND)
    of_tracks = due.filter(kind=Message.Kind.NURTURE).exclude(domain__in=full)
    found = list(_locked(by_hand.filter(lapses=0)[:most]))
    if not found and (lapsed := list(_locked(by_hand.filter(lapses__gt=0)[:1]))):
        return lapsed
    if len(found) < most:
        found += _locked(of_tracks.filter(lapses=0)[: most - len(found)])
    return found or list(_locked(of_tracks.filter(lapses__gt=0)[:1]))


def _full_domains(rules: MailRules, *, at: datetime) -> list[str]:
    """Where as many went within the last minute as one provider likes."""
    lately = Message.objects.filter(claimed_at__gt=at - timedelta(minutes=1), attempt__gt=0).exclude(domain="")
    counted = lately.values("domain").annotate(sent=Count("pk")).filter(sent__gte=rules.domain_most_a_minute)
    return list(counted.values_list("domain", flat=True).order_by())


class _Judge:
    """What becomes of each message of one claim; everything it needs is read once for all."""

    def __init__(self, due: Sequence[Message], rules: MailRules, *, at: datetime) -> None:
        self.at, self.rules = at, rules
        # Whoever was merged since it was planned is written to by the row that was kept.
        self.whose, points = points_today({message.person_id for message in due})
        people = set(self.whose.values())
        self.recipients = recipients_of(people, points, at=at)
        self.wishes = Wishes(people, rules)
        self.undone = undone(due)
        enrolments = Enrolment.objects.filter(pk__in=[message.enrolment_id for message in due])
        self.enrolments = {one.pk: one for one in enrolments.select_related("track", "lead")}
        back = Enrolment.objects.to_go_back().filter(pk__in=list(self.enrolments))
        self.going_back = set(back.values_list("pk", flat=True)) if self.enrolments else set()
        wanted = {message.asset_id for message in due if message.asset_id}
        day = company_day(at)
        sendable = Asset.objects.sendable(on=day).filter(pk__in=wanted)
        self.assets = {asset.pk: asset for asset in sendable}
        # What they link to in their words is given out no longer than what they bring.
        words = _words_of(due)
        self.over, self.linked = over_in(words, on=day), linked_in(words)
        # What she was given or took since this was planned, under whichever name she was known.
        bringing = {self.whose[one.person_id] for one in due if one.asset_id or self.linked.get(one.pk)}
        self.sent, self.took = sent_to(bringing, but=[message.pk for message in due]), taken_by(bringing)
        nodes = TrackNode.objects.in_bulk({message.node_id for message in due if message.node_id})
        self.nodes, self.steps = nodes, steps_sent([message for message in due if message.node_id])
        self.brought: list[tuple[Message, set[int], int | None]] = []
        self.went = letters_went(self.recipients.values(), at=at)
        self.in_domain = _in_domain(self.recipients.values(), at=at)
        self.taken: list[Message] = []
        self.put_off: list[Message] = []
        self.given_up: list[Message] = []

    def judge(self, message: Message) -> None:
        to = self.recipients[self.whose[message.person_id]]
        because = self.why_never(message)
        if because:
            message.state, message.because, message.due_at = Message.State.CANCELLED.value, str(because), None
            self.given_up.append(message)
            return
        later = self._not_before(message, to)
        if later > self.at:
            message.due_at = later
            # Where it goes is known now: a full domain holds it up without looking at it again.
            message.domain = to.domain
            self.put_off.append(message)
            return
        message.to_hash, message.domain = to.key, to.domain
        message.point = to.point
        if message.kind == Message.Kind.NURTURE:
            self.went[to.person.pk].append(self.at)
        self.in_domain[to.domain] += 1
        self.taken.append(message)
        brings, node = self._brings(message), self.nodes.get(message.node_id or 0)
        self.sent[to.person.pk] |= brings
        self.brought.append((message, brings, node.pk if node and not node.brings_what_fits else None))

    def write(self, *, by: str) -> None:
        for message in self.taken:
            message.state, message.due_at = Message.State.SENDING.value, None
            message.claimed_by, message.claimed_at = by, self.at
            message.lease_until, message.begun_at = self.at + LEASE, None
            message.attempt += 1
        for columns, rows in ((GIVEN_UP, self.given_up), (PUT_OFF, self.put_off), (TAKEN, self.taken)):
            update_rows(Message, columns, [tuple(getattr(row, name) for name in columns) for row in rows])
        note_brought(self.brought)

    def why_never(self, message: Message) -> str:
        Because, person = Message.Because, self.whose[message.person_id]
        to = self.recipients[person]
        if self.wishes.wants_no_mail(person):
            return Because.SUPPRESSED
        if self.wishes.lacks_consent(person, self._topic(message), kind=message.kind):
            return Because.CONSENT
        if to.person.erased_at or to.point is None:
            return Because.NO_ADDRESS
        if message.pk in self.undone:
            return Because.UNDONE
        if message.asset_id and message.asset_id not in self.assets:
            return Because.EXPIRED
        if message.pk in self.over:
            return Because.EXPIRED
        enrolment = self.enrolments.get(message.enrolment_id) if message.enrolment_id else None
        if enrolment is not None:
            if _is_over(enrolment, person):
                return Because.ENDED
            if self.wishes.refuses(person, self._topic(message)):
                return Because.PREFERENCE
        return Because.HAD_IT if self._has_had(message) else ""

    def _has_had(self, message: Message) -> bool:
        """What she took herself one of us may still send her by hand, and no track does; nor what its words link to,
        nor the same step once more."""
        person = self.whose[message.person_id]
        if message.kind == Message.Kind.BY_HAND:
            return message.asset_id in self.sent[person]
        node, lead = self.nodes[message.node_id or 0], self.enrolments[message.enrolment_id or 0].lead
        if had_step(node, self.steps[person], since=lead.created_at if lead else None):
            return True
        return bool(self._brings(message) & (self.sent[person] | self.took[person]))

    def _brings(self, message: Message) -> set[int]:
        return self.linked.get(message.pk, set()) | ({message.asset_id} if message.asset_id else set())

    def _topic(self, message: Message) -> int | None:
        """What it is about: what it brings, else its track."""
        asset = self.assets.get(message.asset_id) if message.asset_id else None
        enrolment = self.enrolments.get(message.enrolment_id) if message.enrolment_id else None
        return (asset.topic_id if asset else None) or (enrolment.track.topic_id if enrolment else None)

    def _not_before(self, message: Message, to: Recipient) -> datetime:
        """The first moment at which it may go out: in her hours, at her pace, under the caps. What somebody of us
        writes by hand goes at once."""
        if message.kind == Message.Kind.BY_HAND:
            return self.at
        enrolment = self.enrolments[message.enrolment_id]  # type: ignore[index]
        if enrolment.state == Enrolment.State.PAUSED:
            return self.at + REST
        if enrolment.pk in self.going_back:
            return self.at + SEEN_BY
        moments = [self.at]
        if self.in_domain[to.domain] >= self.rules.domain_most_a_minute:
            moments.append(self.at + timedelta(minutes=1))
        if message.due_at and self.at - message.due_at > timedelta(hours=self.rules.hours_late):
            moments.append(spread_at(message, at=self.at))
        return leaves_at(to, self.went[to.person.pk], self.wishes, self.rules, at=max(moments))


def spread_at(message: Message, *, at: datetime) -> datetime:
    """What waited long goes out over some hours, not all at once (R12)."""
    return at + SPREAD * (message.pk % SPREAD_PARTS) / SPREAD_PARTS + MOMENT


def _is_over(enrolment: Enrolment, person: int) -> bool:
    """The track has nothing to say any more to `person`, who she is today. Of whoever was merged it ends, as the next
    look finds, and feeds the row that was kept by an enrolment of its own."""
    return not enrolment.is_under_way or enrolment.person_id != person or _has_moved_on(enrolment)


def _has_moved_on(enrolment: Enrolment) -> bool:
    """She is worked again, or her pursuit is over, since it began: what was for a sleeping person is not for her."""
    lead = enrolment.lead
    if lead is None:
        return False
    if enrolment.track.kind == Track.Kind.TRACK:
        return lead.phase != Phase.NURTURE
    return lead.phase not in (Phase.WORKING, Phase.HANDED_OFF, Phase.ACCEPTED)


def _words_of(messages: Sequence[Message]) -> dict[int, str]:
    """By message what was written, as far as it links to something of the library: of a track by its node."""
    nodes = TrackNode.objects.filter(pk__in={message.node_id for message in messages if message.node_id})
    texts = dict(nodes.filter(text__contains="/c/").values_list("pk", "text"))
    found = {message.pk: texts[message.node_id] for message in messages if message.node_id in texts}
    by_hand = [message.pk for message in messages if message.node_id is None]
    bodies = MessageBody.objects.filter(message__in=by_hand, text__contains="/c/")
    return found | dict(bodies.values_list("message_id", "text"))


def _in_domain(recipients: Iterable[Recipient], *, at: datetime) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    domains = {one.domain for one in recipients if one.domain}
    lately = Message.objects.filter(domain__in=domains, claimed_at__gt=at - timedelta(minutes=1), attempt__gt=0)
    for domain, count in lately.values("domain").annotate(n=Count("pk")).values_list("domain", "n").order_by():
        found[domain] = count
    return found


def why_never(message: Message, *, at: datetime) -> str:
    """Why the next claim would not let it go, if somebody planned it anew; empty: it would. Locks where it would go."""
    judge = _Judge([message], MailRules.objects.get(pk=1), at=at)
    # Whoever plans it anew logs it anew.
    judge.undone = set()
    return judge.why_never(message)


def begin_message(message: Message, *, at: datetime) -> bool:
    """The last word before the mail server is spoken to: still ours, and she has not asked for silence meanwhile.

    False: it is somebody else's by now, or it was cancelled.
    """
    with transaction.atomic(durable=True):
        # Her address first, as whoever asks for silence locks it: what she said before is known now.
        whose, points = points_today([message.person_id])
        person = whose[message.person_id]
        mine, wishes = mine_of(message), Wishes([person])
        enrolment = Enrolment.objects.select_related("track", "lead").filter(pk=message.enrolment_id or 0).first()
        because = _why_no_more(message, enrolment, wishes, person)
        if because or person not in points:
            # Without an address she was erased meanwhile, or it came back: what was put together is not sent, either.
            because = because or Message.Because.NO_ADDRESS
            mine.update(state=Message.State.CANCELLED, because=because, lease_until=None, begun_at=None)
            return False
        is_paused = enrolment is not None and (
            enrolment.state == Enrolment.State.PAUSED
            or Enrolment.objects.to_go_back().filter(pk=enrolment.pk).exists()
            or wishes.not_before(person, at=at) > at
        )
        if is_paused or points[person].pk != message.point_id:
            # Her track rests since or goes back to a step, or she wants it to rest; or it came back from there, or she
            # is written to elsewhere: put together anew.
            give_back(mine, at=at)
            return False
        goes_out = mine.filter(~Exists(MailRules.objects.filter(pk=1, is_stopped=True)), begun_at=None)
        if goes_out.update(begun_at=at, lease_until=at + LEASE):
            return True
        # Stopped, or not ours any more.
        give_back(mine.filter(begun_at=None), at=at)
        return False


def _why_no_more(message: Message, enrolment: Enrolment | None, wishes: Wishes, person: int) -> str:
    """What was said or done since it was claimed, by or to `person`, who she is by now."""
    topic, Because = _topic_of(message), Message.Because
    if wishes.wants_no_mail(person):
        return Because.SUPPRESSED
    if wishes.lacks_consent(person, topic, kind=message.kind):
        return Because.CONSENT
    if message.was_undone:
        return Because.UNDONE
    if enrolment is None:
        return ""
    if _is_over(enrolment, person):
        # She answered, was woken or taken out.
        return Because.ENDED
    return Because.PREFERENCE if wishes.refuses(person, topic) else ""


def give_back(claimed: QuerySet[Message], *, at: datetime) -> None:
    """What was claimed and not spoken for is due again, and no try is counted."""
    claimed.update(
        state=Message.State.PLANNED, due_at=at, lease_until=None, begun_at=None, attempt=F("attempt") - 1
    )  # fmt: skip


def _topic_of(message: Message) -> int | None:
    """What a claimed message is about: what it brings, else its track."""
    found = Message.objects.values_list("asset__topic", "enrolment__track__topic").filter(pk=message.pk).first()
    return found and (found[0] or found[1])


def free_leases(*, at: datetime) -> int:
    """What was claimed and never begun is planned again; what had begun is unknown, and shown to a human."""
    with transaction.atomic():
        ended = list(_locked(Message.objects.lost_sight_of(at).order_by("lease_until", "id")[:BATCH]))
        begun = [message.pk for message in ended if message.begun_at is not None]
        poison = [message.pk for message in ended if message.begun_at is None and message.lapses + 1 >= LAPSES_MOST]
        again = [message.pk for message in ended if message.pk not in {*begun, *poison}]
        Message.objects.filter(pk__in=begun).update(state=Message.State.UNKNOWN, lease_until=None)
        Message.objects.filter(pk__in=poison).update(
            state=Message.State.DEAD, because=Message.Because.TOO_OFTEN, lease_until=None, lapses=F("lapses") + 1
        )
        Message.objects.filter(pk__in=again).update(
            state=Message.State.PLANNED, due_at=at, lease_until=None, lapses=F("lapses") + 1
        )
        return len(ended)


def mine_of(message: Message) -> QuerySet[Message]:
    """The fence: this claim of it and no other."""
    return Message.objects.filter(
        pk=message.pk, state=Message.State.SENDING, claimed_by=message.claimed_by, attempt=message.attempt
    )


def _locked(messages: QuerySet[Message]) -> QuerySet[Message]:
    return messages.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked, of=("self",))
