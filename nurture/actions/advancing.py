"""The engine: whoever is due goes on to where she waits next. A batch is worked as a set, whatever its size.

Whether she still sleeps, answered, or can be reached is read here, when it matters: nobody tells a track.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Person
from content.models import Asset
from leads.actions.planning import PlannedStep, may_be_planned, not_planned_after_all, plan_steps, say_flow_waits
from leads.actions.silencing import NOT_ASKED, pass_over_steps
from leads.models import Lead, Step
from nurture.actions.ending import Line, end, locked, why_over, write
from nurture.actions.entering import Fallbacks, Shut, enrolment_of, enter
from nurture.actions.going_back import Again, stand_again
from nurture.actions.passing import pass_over_untried
from nurture.actions.planning import drop_planned, plan_anew, plan_messages
from nurture.flow import flows_of
from nurture.knowing import People, replied_since
from nurture.models import Enrolment, Message, Passage, Sorting, Track, TrackNode
from nurture.over import over_in
from nurture.unfed import beyond_mail
from nurture.walking import Deed, Walker, walk, why_not_tried

BATCH = 500
# An e-mail that has not left is asked after again no sooner than this; a step is seen when it is done, and daily.
ASK_AGAIN = timedelta(minutes=10)
STEP_AGAIN = timedelta(days=1)
HELD_OUT_AGAIN = timedelta(days=30)
# What became of an e-mail for which there was no way to her.
NO_WAY = (Message.Because.SUPPRESSED, Message.Because.NO_ADDRESS)

Kind, Outcome, State, What = TrackNode.Kind, Enrolment.Outcome, Enrolment.State, Passage.What
# What became of a step of ours, as the figures of its node count it.
BECAME: dict[str, str] = {Step.State.DONE: "done", Step.State.SKIPPED: "left_out"}
# Begin with the first node; nobody stands there.
type Starts = Mapping[int, TrackNode | None]


def advance(*, at: datetime) -> int:
    """Up to 500 that are due: each goes on to where she waits next, or ends."""
    return _work(Enrolment.objects.due(at), at=at)


def follow(*, at: datetime) -> int:
    """Up to 500 of each that are not due: over for their people, beyond mail, at their goal, at a step that is open
    again, or one of us has done what they wait for."""
    ended = _work(Enrolment.objects.over().order_by("pk"), at=at)
    ended += _work(Enrolment.objects.filter(pk__in=beyond_mail().values("pk")).order_by("pk"), at=at)
    ended += _work(Enrolment.objects.filter(pk__in=Enrolment.objects.at_goal().values("pk")).order_by("pk"), at=at)
    back = _work(Enrolment.objects.to_go_back().order_by("pk"), at=at)
    return ended + back + _work(Enrolment.objects.to_follow().order_by("pk"), at=at)


def end_what_is_over(people: Collection[int], *, at: datetime) -> None:
    """Of these up to 500 people, as `follow` would with its next look. What another batch holds is left to it."""
    _work(Enrolment.objects.over().filter(person__in=people).order_by("pk"), at=at)


def _work(rows: QuerySet[Enrolment], *, at: datetime) -> int:
    with transaction.atomic():
        taken = list(locked(rows)[:BATCH])
        batch = Batch(taken, at=at)
        batch.look()
        batch.write()
        return len(taken) if batch.enrolments else 0


@transaction.atomic
def go_from(enrolments: Sequence[Enrolment], starts: Starts, *, again_at: datetime | None = None, at: datetime) -> None:
    """These, which are locked, go on at these nodes as if they had just come there; at none, it is their end. A step
    of ours that stands there first is planned for `again_at`, where it was planned for then before."""
    batch = Batch(enrolments, at=at, waits=True)
    for enrolment in batch.enrolments:
        batch.go(enrolment, starts[enrolment.pk], again_at=again_at)
    batch.write()


class Batch:
    """What is known of up to 500 enrolments, what becomes of them, written once."""

    def __init__(self, taken: Sequence[Enrolment], *, at: datetime, waits: bool = False) -> None:
        self.at = at
        leads = Lead.objects.filter(pk__in=[one.lead_id for one in taken if one.lead_id]).order_by("pk")
        self.leads = {lead.pk: lead for lead in locked(leads.select_related(None), waits=waits)}
        of_these = Person.objects.filter(pk__in=[one.person_id for one in taken]).order_by("pk")
        persons = {person.pk: person for person in locked(of_these, waits=waits, no_key=True)}
        tracks = Track.objects.in_bulk({one.track_id for one in taken})
        # Of whom another batch holds the lead or the person, it is left to the next look.
        self.enrolments = [
            one for one in taken if one.person_id in persons and (one.lead_id is None or one.lead_id in self.leads)
        ]
        for one in self.enrolments:
            one.person, one.track = persons[one.person_id], tracks[one.track_id]
        versions = {one.version_id for one in self.enrolments}
        self.flows = flows_of(versions)
        self.people = People(persons, at=at, versions=versions)
        self.lines: list[Line] = []
        self.messages: list[Message] = []
        # By what never left, because what it brought went out of use or the track had ended, what is planned instead.
        self.anew: dict[int, Message] = {}
        self.steps: list[tuple[Enrolment, PlannedStep]] = []
        self.exhausted: list[Enrolment] = []
        # Steps of ours that nobody can do, however it came to that.
        self.shut: list[int] = []
        # Whose step is open again, since what did it was taken back, and steps that are and that no flow asks for now.
        self.back = Again()
        self.waiting: list[tuple[Lead, int, int | None]] = []
        self._load()

    def _load(self) -> None:
        pks = [one.pk for one in self.enrolments]
        self.sent: dict[tuple[int, object], Message] = {}
        self.walkers: dict[int, Walker] = {}
        self.replied = replied_since(self.enrolments)
        aims = [one.pk for one in self.enrolments if one.track.goal]
        at_goal = Enrolment.objects.at_goal().filter(pk__in=aims).values_list("pk", flat=True)
        self.at_goal = set(at_goal) if aims else set()
        inquiries = [one.person_id for one in self.enrolments if one.lead_id is None]
        self.pursued = set(Lead.objects.open().filter(person__in=inquiries).values_list("person_id", flat=True))
        waits_for = {one.step_id for one in self.enrolments if one.step_id}
        self.steps_now = dict(Step.objects.filter(pk__in=waits_for).values_list("pk", "state"))
        clicked, answered = set(), set()
        # In their order: what a newer version of a step planned stands for the step.
        for message in Message.objects.filter(enrolment__in=pks).select_related("node").order_by("pk"):
            self.sent[message.enrolment_id or 0, message.node.key if message.node else None] = message
            if message.clicked_at:
                clicked.add(message.enrolment_id)
            if message.replied_at:
                answered.add(message.enrolment_id)
        plays = [one.lead_id for one in self.enrolments if one.track.kind == Track.Kind.PLAY]
        own = Step.objects.open().filter(lead__in=plays, made_by=Step.MadeBy.PERSON)
        newest: dict[int, datetime] = {}
        for lead_id, made_at in own.values_list("lead_id", "created_at"):
            newest[lead_id] = max(made_at, newest.get(lead_id, made_at))
        self.own_steps = newest
        for one in self.enrolments:
            lead = self.leads.get(one.lead_id or 0)
            self.walkers[one.pk] = Walker(
                one.person_id,
                self.flows[one.version_id],
                topic=one.track.topic_id,
                is_play=one.track.kind == Track.Kind.PLAY,
                has_clicked=one.pk in clicked,
                has_replied=one.pk in answered | self.replied,
                is_worked=lead is not None and may_be_planned(lead),
                enrolment=one.pk,
                since=lead.created_at if lead else None,
            )

    def look(self) -> None:
        """How each stands now, and on."""
        self.back = stand_again(self.enrolments, self.flows)
        for one in self.enrolments:
            lead = self.leads.get(one.lead_id or 0)
            outcome = why_over(one, lead, pursued=one.person_id in self.pursued, replied=one.pk in self.replied)
            if outcome:
                self._end(one, outcome)
            elif one.pk in self.at_goal:
                self._end(one, Outcome.GOAL)
            elif not one.is_held_out and self._cannot_be_reached(one):
                # Whether she waits, or one of us has paused it: it would send her nothing any more.
                self._end(one, Outcome.UNREACHABLE)
            elif one.state == State.PAUSED:
                continue
            elif one.pk in self.back.stand:
                one.due_at = self.at + STEP_AGAIN
                self._line(one, one.node, What.PLANNED, Passage.TAKEN_BACK)
            elif not self._goes_on(one):
                continue
            elif one.is_held_out:
                one.due_at = self.at + HELD_OUT_AGAIN
            elif self._has_own_step(one):
                one.state, one.due_at, one.paused_because = State.PAUSED, None, Enrolment.Pause.OWN_STEP
                self.waiting.append((self.leads[one.lead_id or 0], one.track_id, one.step_id))
                self._line(one, None, What.PAUSED, Enrolment.Pause.OWN_STEP)
            else:
                self._look_at_node(one)

    def _goes_on(self, one: Enrolment) -> bool:
        """Due, or one of us has done what she waits for. Who was found for a reason that holds no more, an address that
        is mended meanwhile, waits on."""
        is_due = one.due_at is not None and one.due_at <= self.at
        return is_due or self._is_done(one) or self._has_own_step(one)

    def _is_done(self, one: Enrolment) -> bool:
        return one.step_id is not None and self.steps_now.get(one.step_id) != Step.State.OPEN

    def _look_at_node(self, one: Enrolment) -> None:
        flow = self.flows[one.version_id]
        node = flow.nodes.get(one.node_id or 0)
        if node is None:
            self.go(one, flow.first)
        elif node.kind == Kind.EMAIL:
            self._look_at_message(one, node)
        elif node.kind == Kind.STEP and self.steps_now.get(one.step_id or 0) == Step.State.OPEN:
            one.due_at = self.at + STEP_AGAIN
            if why_not_tried(node.step_kind, one.person_id, self.people):
                self.shut.append(one.step_id or 0)
        elif node.kind == Kind.STEP:
            became = self.steps_now.get(one.step_id or 0, "")
            if one.step_id in self._not_planned:
                self.go(one, node)
                return
            if because := BECAME.get(became):
                self._line(one, node, What.RESUMED, because)
            elif became and (because := why_not_tried(node.step_kind, one.person_id, self.people)):
                # Planned before she shut the way to her.
                self._line(one, node, What.SKIPPED, because)
            self.go(one, flow.after(node))
        else:
            self.go(one, flow.after(node))

    @cached_property
    def _not_planned(self) -> set[int]:
        """The steps that went with an act that was taken back: nobody has left them out."""
        gone = {pk for pk, state in self.steps_now.items() if state == Step.State.CANCELLED}
        return not_planned_after_all(gone, self.leads) if gone else set()

    def _look_at_message(self, one: Enrolment, node: TrackNode) -> None:
        message = self.sent.get((one.pk, node.key))
        if message is None:
            self.go(one, node)
        elif message.state in (Message.State.PLANNED, Message.State.SENDING):
            one.due_at = max(message.due_at or self.at, self.at + ASK_AGAIN)
        elif _is_held_back(message) or self._may_bring_another(message, node):
            self.go(one, node)
        else:
            # One letter that did not get there ends nothing: whom none reaches any more has left the track before.
            if because := _why_passed(message):
                self._line(one, node, What.SKIPPED, because)
            self.go(one, self.flows[one.version_id].after(node))

    def _may_bring_another(self, message: Message, node: TrackNode) -> bool:
        """What this step chose went out of use before it left: something else may fit, which is in use and so another.
        Where its words link to something out of use, whatever it brings would not leave."""
        is_over = message.because == Message.Because.EXPIRED and node.brings_what_fits
        return is_over and message.asset_id in self._out_of_use and node.pk not in self._words_over

    @cached_property
    def _out_of_use(self) -> set[int]:
        """Of what letters of theirs that never left were to bring, what may not leave the house today."""
        over = {one.asset_id for one in self.sent.values() if one.because == Message.Because.EXPIRED and one.asset_id}
        return over.difference(
            Asset.objects.sendable(on=self.people.day).filter(pk__in=over).values_list("pk", flat=True)
        )

    @cached_property
    def _words_over(self) -> set[int]:
        """The steps that choose what they bring, and whose words link to something that may not leave the house."""
        nodes = [node for flow in self.flows.values() for node in flow.nodes.values() if node.brings_what_fits]
        return over_in({node.pk: node.text for node in nodes}, on=self.people.day)

    def go(self, one: Enrolment, node: TrackNode | None, *, again_at: datetime | None = None) -> None:
        """On from this node, as if she had just come there, to where she waits."""
        one.step_id, one.state, one.paused_because = None, State.ACTIVE, ""
        for deed in walk(node, self.walkers[one.pk], self.people):
            self._line(one, deed.node, deed.what, deed.because)
            one.node_id = deed.node.pk
            if deed.what == What.REACHED:
                self._end(one, Outcome.GOAL)
                return
            if deed.what in (What.PLANNED, What.WAITED):
                self._waits(one, deed, again_at=again_at if deed.node == node else None)
                return
        one.node_id = None
        self.exhausted.append(one)

    def _waits(self, one: Enrolment, deed: Deed, *, again_at: datetime | None) -> None:
        # Who is away is left alone until she is back: a letter leaves, and a step of ours is due, no sooner.
        away_until = self.people.wishes.away_until(one.person_id, at=self.at)
        if deed.what == What.WAITED:
            one.due_at = self.at + timedelta(days=deed.days)
        elif deed.node.kind == Kind.EMAIL:
            due_at = away_until or self.at
            one.due_at = max(due_at, self.at + ASK_AGAIN)
            message = Message(
                kind=Message.Kind.NURTURE, person_id=one.person_id, lead_id=one.lead_id, enrolment_id=one.pk,
                node=deed.node, asset_id=deed.asset, planned_at=self.at, due_at=due_at,
            )  # fmt: skip
            never_left = self.sent.get((one.pk, deed.node.key))
            is_instead = deed.node.brings_what_fits or (never_left and _is_held_back(never_left))
            if is_instead and never_left and never_left.node_id == deed.node.pk:
                self.anew[never_left.pk] = message
            else:
                self.messages.append(message)
        else:
            one.due_at = self.at + STEP_AGAIN
            words = deed.node.words or str(deed.node.get_step_kind_display())
            lead = self.leads[one.lead_id or 0]
            step = PlannedStep(
                lead, deed.node.step_kind, words, one.track.name, one.track_id, deed.days, away_until, again_at
            )
            self.steps.append((one, step))

    def _has_own_step(self, one: Enrolment) -> bool:
        made_at = self.own_steps.get(one.lead_id or 0)
        since = one.followed_from or one.started_at
        return one.track.kind == Track.Kind.PLAY and made_at is not None and made_at > since

    def _cannot_be_reached(self, one: Enrolment) -> bool:
        is_fed = one.track.kind == Track.Kind.TRACK and self.flows[one.version_id].sends
        return is_fed and not self.people.may_be_mailed(one.person_id)

    def _end(self, one: Enrolment, outcome: str) -> None:
        end(one, outcome, at=self.at)
        self._line(one, None, What.ENDED, outcome)

    def _line(self, one: Enrolment, node: TrackNode | None, what: str, because: str = "") -> None:
        self.lines.append((one.pk, node.pk if node else one.node_id, what, self.at, None, because))

    def write(self) -> None:
        going_on = self._fall_back()
        made = plan_steps([step for _one, step in self.steps], at=self.at)
        for (one, _step), step in zip(self.steps, made, strict=True):
            one.step_id = step.pk
        if self.waiting:
            say_flow_waits(self.waiting, at=self.at)
        if self.shut:
            pass_over_untried(self.shut, at=self.at)
        if self.back.gone:
            pass_over_steps(self.back.gone, NOT_ASKED, at=self.at)
        write(self.enrolments, self.lines, at=self.at)
        drop_planned(self.back.stand)
        plan_messages(self.messages)
        plan_anew(self.anew)
        if going_on:
            enter(going_on, at=self.at)
        self._sort_anew()

    def _sort_anew(self) -> None:
        """Who was merged and sleeps on, in whichever row, is looked at as if she had just fallen asleep."""
        merged = [one.lead_id for one in self.enrolments if one.outcome == Outcome.MERGED and one.lead_id]
        if merged:
            Sorting.objects.asleep().filter(recycling__lead__in=merged).delete()

    def _fall_back(self) -> list[Enrolment]:
        """Whoever came to its end goes on in the fallback, as whoever is put into it by itself: else her date wakes
        her, and of an inquiry it is the end, which is counted. Whom no mail reaches stands with those."""
        fallbacks = Fallbacks(self.exhausted)
        going_on = []
        for one in self.exhausted:
            track, shut = fallbacks.of(one, self.people)
            if track is None or shut is not None:
                is_lost = shut in (Shut.NO_CONSENT, Shut.UNREACHABLE)
                self._end(one, Outcome.UNREACHABLE if is_lost else Outcome.EXHAUSTED)
                continue
            self._end(one, Outcome.MOVED)
            lead = self.leads.get(one.lead_id or 0)
            going_on.append(enrolment_of(one.person, lead, track, fallbacks.versions[track.pk], at=self.at))
        return going_on


def _is_held_back(message: Message) -> bool:
    """It never left because the track had ended for her, which goes on after all."""
    return message.state == Message.State.CANCELLED and message.because == Message.Because.ENDED


def _why_passed(message: Message) -> str:
    """Why its node counts as passed over where it did not reach her; else empty."""
    if message.state == Message.State.REFUSED:
        return "refused"
    return "unreachable" if message.because in NO_WAY else ""
