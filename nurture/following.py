"""What the page of a lead says of its track or play: where it stands, what comes next, what would fit. Reads only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.translation import gettext as _

from agreement.models import Phase
from leads.actions.last_act import can_take_back
from leads.models import Lead, Step
from nurture.actions.composing import subjects_of
from nurture.dating import dated
from nurture.fields import as_read
from nurture.fitting import Suggested, stand_of, suggested
from nurture.flow import Flow, flow_of
from nurture.knowing import People
from nurture.models import Away, Enrolment, Message, Passage, Track, TrackNode
from nurture.telling import Names
from nurture.unfed import beyond_mail, track_is_found_at
from nurture.walking import Walker, walk
from nurture.wishes import Wishes
from team.models import User

LETTERS_SHOWN = 5


@dataclass
class Following:
    """Under way: one enrolment. Not under way: what may be begun, what fits first, and how the last one ended."""

    lead: Lead
    enrolment: Enrolment | None = None
    # What is in hand, and what is waited for, in words.
    stands: str = ""
    # What is in hand has left: what could be left out is what follows.
    has_left: bool = False
    waits: str = ""
    until: datetime | None = None
    following: str = ""
    # The next letter that is still to be planned, and when it would leave.
    letter: str = ""
    letter_at: datetime | None = None
    # Their mail program said so: what is written by itself waits, what a rep writes does not.
    away: Away | None = None
    # They asked for no e-mail; short of that, what they chose on their own page.
    is_silent: bool = False
    # They took back that they agree to it, or never did where the rules ask for it: no rep may write to them, either.
    lacks_consent: bool = False
    asked_for: list[str] = field(default_factory=list)
    # No mail of its track may reach them any more: it ends with the next look.
    is_beyond_mail: bool = False
    # Its lead has left, or they have answered: it ends with the next look, and nothing can be done about it before.
    is_over: bool = False
    # What it has sent them in this pursuit, the newest first, with its subject, and whether the reader may open it: a
    # letter to an inquiry is for who keeps tracks.
    sent: list[tuple[Message, str, bool]] = field(default_factory=list)
    # Asleep so lately that no track has been looked for yet: when that is done.
    begins_at: datetime | None = None
    # Until then the reader may take the recycling back.
    may_take_back: bool = False
    last: Enrolment | None = None
    # What ended it, or paused it, was taken back: the next look takes it up again.
    goes_on: bool = False
    suggested: list[Suggested] = field(default_factory=list)
    others: list[Track] = field(default_factory=list)
    is_play: bool = False

    @property
    def is_unmailed(self) -> bool:
        return self.is_silent or self.lacks_consent


def following_of(lead: Lead, *, reader: User, at: datetime) -> Following:
    found = Following(lead, is_play=lead.phase != Phase.NURTURE)
    wishes = Wishes([lead.person_id])
    found.away, found.is_silent = wishes.away(lead.person_id, at=at), wishes.wants_no_mail(lead.person_id)
    found.lacks_consent = not found.is_silent and wishes.lacks_every_consent(lead.person_id, kind=Message.Kind.BY_HAND)
    found.asked_for = [] if found.is_silent else wishes.chosen(lead.person_id, at=at).phrases
    enrolments = Enrolment.objects.filter(person=lead.person_id).select_related("track", "version", "node", "step")
    # What is under way first, whenever it was written down; then what ended last.
    newest = enrolments.order_by(F("ended_at").desc(nulls_first=True), "-id").first()
    if newest is not None and newest.is_under_way and newest.lead_id in (None, lead.pk):
        found.enrolment = newest
        found.is_over = enrolments.over().filter(pk=newest.pk).exists()
        if not found.is_over:
            found.goes_on = enrolments.to_resume().filter(pk=newest.pk).exists()
            found.is_beyond_mail = beyond_mail().filter(pk=newest.pk).exists()
            _say(found, newest, at=at)
        _say_letters(found, newest, reader=reader, at=at)
        return found
    if not found.is_play:
        found.begins_at = track_is_found_at(lead, at=at)
        if found.begins_at is not None:
            found.may_take_back = can_take_back(lead, "recycle", by=reader, at=at)
    found.last = newest if newest is not None and newest.lead_id == lead.pk else None
    found.goes_on = found.last is not None and enrolments.to_take_up(at).filter(pk=found.last.pk).exists()
    if found.goes_on:
        return found
    kind = Track.Kind.PLAY if found.is_play else Track.Kind.TRACK
    if lead.phase not in (Phase.NURTURE, Phase.WORKING) or (found.is_play and lead.first_touched_at is None):
        return found
    running = list(Track.objects.running().filter(kind=kind).order_by("position", "pk"))
    if found.is_play and running:
        found.suggested = suggested(stand_of(lead), running)
    first = {one.play.pk for one in found.suggested}
    found.others = [one for one in running if one.pk not in first]
    return found


def ended_words(one: Enrolment) -> str:
    """How it has ended for them by what somebody has just done; empty while it goes on."""
    said = {
        Enrolment.Outcome.GOAL: _("“%(track)s” has ended: they have reached what it is for."),
        Enrolment.Outcome.EXHAUSTED: _("“%(track)s” has come to its end: nothing more in it is for them."),
        Enrolment.Outcome.MOVED: _("“%(track)s” has come to its end: they go on in the track that follows it."),
        Enrolment.Outcome.UNREACHABLE: _("“%(track)s” has come to its end: what follows it cannot reach them."),
    }
    return said.get(Enrolment.Outcome(one.outcome), "") % {"track": one.track} if one.outcome else ""


def asked_next(lead: Lead, at: datetime) -> tuple[str, str]:
    """Which play goes on once its step in hand is done, none where it rests or is over; and what it asks one of us for
    then, in words, nothing where a letter or its end comes next."""
    here = TrackNode.Kind.STEP
    plays = Enrolment.objects.filter(lead=lead, state=Enrolment.State.ACTIVE, track__kind=Track.Kind.PLAY)
    one = plays.filter(node__kind=here).select_related("track", "node").first()
    if one is None or one.node is None or Enrolment.objects.over().filter(pk=one.pk).exists():
        return "", ""
    name = str(one.track)
    flow, people = flow_of(one.version_id), People([one.person_id], at=at, versions=[one.version_id])
    walker = _walker(one, flow, lead=lead, letters=Message.objects.left().filter(enrolment=one))
    for deed in walk(flow.after(flow.nodes[one.node.pk]), walker, people):
        if deed.what == Passage.What.PLANNED and deed.node.kind == here:
            what = as_read(Names([deed.node]).title(deed.node))
            return name, _("“%(track)s” goes on: %(what)s") % {"track": name, "what": what}
        if deed.what in (Passage.What.PLANNED, Passage.What.WAITED):
            return name, ""
    return "", ""


def _walker(one: Enrolment, flow: Flow, *, lead: Lead, letters: QuerySet[Message]) -> Walker:
    return Walker(
        one.person_id, flow, topic=one.track.topic_id, is_play=one.track.kind == Track.Kind.PLAY, enrolment=one.pk,
        since=lead.created_at, has_clicked=letters.filter(clicked_at__isnull=False).exists(),
    )  # fmt: skip


def _say_letters(found: Following, one: Enrolment, *, reader: User, at: datetime) -> None:
    """What it sent, and what it will send next and when, as things stand: each wait takes its days, each step of ours
    is done on its day."""
    letters = Message.objects.left().filter(enrolment=one).select_related("node", "asset")
    is_seen = Exists(Message.objects.visible_to(reader).filter(pk=OuterRef("pk")))
    last = letters.select_related("lead").annotate(is_seen=is_seen).order_by("-claimed_at", "-pk")
    sent = list(last[:LETTERS_SHOWN])
    subjects = subjects_of(sent, at=at) if sent else {}
    found.sent = [(letter, subjects.get(letter.pk, ""), letter.is_seen) for letter in sent]
    is_closed = one.is_held_out or one.state != Enrolment.State.ACTIVE or found.is_over
    if is_closed or found.is_silent or found.is_beyond_mail:
        return
    flow, people = flow_of(one.version_id), People([one.person_id], at=at, versions=[one.version_id])
    here = flow.nodes.get(one.node_id or 0)
    if here is not None and here.kind == TrackNode.Kind.EMAIL:
        # It is what they wait for.
        return
    walker = _walker(one, flow, lead=found.lead, letters=letters)
    when = max(one.due_at or at, at)
    if here is not None and here.kind == TrackNode.Kind.STEP and one.step is not None:
        when = max(one.step.due_at, at)
    following = flow.after(here) if here is not None else flow.first
    for leaves_at, deed in dated(following, walker, people, lead=found.lead, at=when):
        if deed.node.kind == TrackNode.Kind.EMAIL and deed.what == Passage.What.PLANNED:
            found.letter, found.letter_at = as_read(deed.node.subject), leaves_at
            return


def _say(found: Following, one: Enrolment, *, at: datetime) -> None:
    if one.state == Enrolment.State.ACTIVE and one.track.kind == Track.Kind.PLAY:
        own = Step.objects.open().filter(lead=one.lead, made_by=Step.MadeBy.PERSON)
        if own.filter(created_at__gt=one.followed_from or one.started_at).exists():
            # As the next look will write it down.
            one.state, one.paused_because = Enrolment.State.PAUSED, Enrolment.Pause.OWN_STEP
    if one.is_held_out:
        found.stands = _("Left without, to compare: nothing is sent.")
        return
    node = one.node
    if node is None and one.state == Enrolment.State.PAUSED:
        return
    if found.is_beyond_mail:
        found.waits = _("ends within a minute")
        return
    if node is None:
        found.waits = _("begins within a minute")
        return
    flow = flow_of(one.version_id)
    following = flow.after(flow.nodes[node.pk])
    names = Names([part for part in (node, following) if part is not None])
    found.stands = as_read(names.title(node))
    found.following = as_read(names.title(following)) if following is not None else ""
    if one.state == Enrolment.State.PAUSED:
        return
    match node.kind:
        case TrackNode.Kind.WAIT:
            found.waits, found.until = _("goes on"), one.due_at
        case TrackNode.Kind.STEP:
            found.waits, found.until = _("to be done by"), one.step.due_at if one.step else None
        case TrackNode.Kind.EMAIL:
            message = Message.objects.filter(enrolment=one, node__key=node.key).order_by("-id").first()
            if message is None:
                found.waits = _("is planned within a minute")
            elif message.state == Message.State.PLANNED:
                found.stands = subjects_of([message], at=at).get(message.pk, found.stands)
                found.waits, found.until = _("leaves in their hours, from"), max(message.due_at or at, at)
            else:
                found.waits, found.has_left = str(message.get_state_display()).lower(), message.has_left
    if found.until is not None and found.until < at - timedelta(days=1):
        found.until = None
