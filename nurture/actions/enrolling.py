"""What somebody does about a track: enrol, pause, go on, skip, take out; and what a batch of everybody in one does.

Leads are locked before people, and people before enrolments, here as in every batch.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Person
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.logging import finish_step
from leads.actions.receiving import planned_for
from leads.models import Lead, Step
from nurture.actions.advancing import go_from
from nurture.actions.ending import Line, end, take_back, why_over, write
from nurture.actions.entering import Shut, enrolment_of, enter, why_shut, why_unfit
from nurture.actions.going_back import stand_again, yet_to_begin
from nurture.actions.planning import drop_planned, lock_planned
from nurture.flow import flows_of
from nurture.knowing import People, replied_since
from nurture.models import Enrolment, Message, Passage, Track, TrackNode, TrackVersion
from team.bulk import insert_rows

if TYPE_CHECKING:
    from team.models import User

Outcome, State, What = Enrolment.Outcome, Enrolment.State, Passage.What
# What somebody may be spared; what is asked of her is asked.
SKIPPABLE = (TrackNode.Kind.EMAIL, TrackNode.Kind.WAIT, TrackNode.Kind.STEP)
SAYS = {
    Shut.GONE: gettext_lazy("This person stands under another one now."),
    Shut.AT_GOAL: gettext_lazy("They have reached already what “%(track)s” is for."),
    Shut.NO_CONSENT: gettext_lazy("They have not agreed to get e-mail: note first what they said."),
    Shut.UNREACHABLE: gettext_lazy("They cannot be reached by e-mail: there is no address, or they asked for none."),
}


@transaction.atomic
def enrol(person: Person, *, track: Track, by: User, at: datetime) -> Enrolment:
    """Put her into the newest version of this track. A track feeds whoever sleeps or inquired; a play follows the first
    conversation of a lead that is worked. She is in one at a time: MoveRefused says what stands in the way."""
    lead = _open_lead(person)
    held = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    version = newest_of(track)
    if version is None or track.retired_at is not None:
        raise MoveRefused(_("“%(track)s” is not published: nobody can be put into it.") % {"track": track})
    if unfit := why_unfit(track, lead):
        raise MoveRefused(unfit)
    people = People([held.pk], at=at)
    shut = why_shut(track, flows_of([version.pk])[version.pk], held.pk, people)
    if shut is not None:
        raise MoveRefused(SAYS[shut] % {"track": track})
    _must_be_in_none(held, at=at)
    enrolment = enrolment_of(held, lead, track, version.pk, by=by, at=at)
    enter([enrolment], by=by, at=at)
    if track.kind == Track.Kind.PLAY:
        # A lead that is worked shows what comes next at once.
        go_from([enrolment], {enrolment.pk: flows_of([version.pk])[version.pk].first}, at=at)
    return enrolment


def newest_of(track: Track) -> TrackVersion | None:
    return TrackVersion.objects.filter(track=track, published_at__isnull=False).order_by("-number").first()


@transaction.atomic
def pause(enrolment: Enrolment, *, by: User, at: datetime) -> Enrolment:
    """Nothing more happens until somebody lets it go on. What was planned is planned anew then."""
    held = _held(enrolment, State.ACTIVE)
    held.state, held.due_at, held.paused_because = State.PAUSED, None, Enrolment.Pause.BY_HAND
    drop_planned([held.pk])
    return _written(held, What.PAUSED, by=by, at=at)


@transaction.atomic
def resume(enrolment: Enrolment, *, by: User, at: datetime) -> Enrolment:
    """It goes on where it stood. Of a wait, the days that passed meanwhile count; a step of ours that a step set by
    hand took the place of comes again, on its day; what a newer version brought them to meanwhile begins now."""
    held = _held(enrolment, State.PAUSED, State.ACTIVE)
    was_paused, held.followed_from = held.state == State.PAUSED, at
    held.save(update_fields=["followed_from"])
    # Else she set a step herself, and the tick that would have paused it has not come by yet.
    if was_paused:
        held.state, held.paused_because, held.due_at = State.ACTIVE, "", max(at, wait_ends(held) or at)
        # What its sender had taken up as it was paused, and has given back since.
        drop_planned([held.pk])
        _written(held, What.RESUMED, by=by, at=at)
    if was_paused and yet_to_begin([held]):
        go_from([held], {held.pk: held.node}, at=at)
    elif held.node is not None and held.node.kind == TrackNode.Kind.STEP:
        _plan_again(held, held.node, at=at)
    return held


@transaction.atomic
def skip(enrolment: Enrolment, *, by: User, at: datetime) -> Enrolment:
    """What is in hand is left out, and it goes on with what follows. Of a letter that has left, it is what comes next:
    MoveRefused where that is nothing to wait for."""
    held = _held(enrolment, State.ACTIVE, State.PAUSED)
    if held.is_held_out or held.node is None:
        raise MoveRefused(_("Nothing is in hand that could be left out."))
    _leave_out(held, by=by, at=at)
    flow = flows_of([held.version_id])[held.version_id]
    skipped = flow.nodes[held.node.pk]
    if _letter_has_left(held):
        following = flow.after(skipped)
        if following is None or following.kind not in SKIPPABLE:
            raise MoveRefused(_("This letter has left already: it goes on within minutes."))
        skipped = held.node = following
    Enrolment.objects.filter(pk=held.pk).update(followed_from=at)
    _note(held, What.SKIPPED, by=by, at=at, because="by_hand")
    go_from([held], {held.pk: flow.after(skipped)}, at=at)
    return held


@transaction.atomic
def take_out(enrolment: Enrolment, *, by: User, at: datetime) -> Enrolment:
    """It ends for her, and nothing that was planned is sent. Her date wakes her as before."""
    held = _held(enrolment, State.ACTIVE, State.PAUSED)
    _leave_out(held, by=by, at=at)
    end(held, Outcome.STOPPED, at=at)
    return _written(held, What.ENDED, by=by, at=at, because=Outcome.STOPPED)


@transaction.atomic
def move_some(ids: list[int], newest: TrackVersion, *, by: User, at: datetime) -> int:
    """Those of these who are under way go on in this version, where they stood; how many of them are fed."""
    held = _held_all(ids)
    flows = flows_of({newest.pk, *(one.version_id for one in held)})
    again = stand_again(held, flows).stand
    drop_planned(again)
    lines: list[Line] = []
    starts: dict[int, TrackNode | None] = {}
    letters, planned_anew = set(lock_planned(ids).values()), list[int]()
    for one in held:
        old, new = flows[one.version_id], flows[newest.pk]
        stood = old.nodes.get(one.node_id or 0)
        here = new.where_it_went(old, stood) if stood else None
        one.version = newest
        if stood is not None and (here is None or here.key != stood.key):
            # What she waited for is gone.
            starts[one.pk] = here
        elif one.pk in letters:
            # What has not left yet leaves in the words of the newest.
            starts[one.pk] = here
            planned_anew.append(one.pk)
        one.node = here
        lines.append((one.pk, one.node_id, What.ENTERED, at, by.pk, "version"))
    drop_planned(planned_anew)
    for one in held:
        if one.pk in starts:
            # The letter and the step of what is gone are not done any more.
            _leave_out(one, by=by, at=at)
            one.step = None
    write(held, lines, at=at)
    gone = [one for one in held if one.pk in starts and one.state == State.ACTIVE]
    if gone:
        go_from(gone, starts, at=at)
    return _fed(held)


@transaction.atomic
def empty_some(ids: list[int], *, into: Track | None, by: User, at: datetime) -> tuple[int, int]:
    """Those of these who are under way leave their track, and begin `into` where that may be: how many of those who are
    fed left, and how many of them began another one."""
    newest = newest_of(into) if into is not None and into.retired_at is None else None
    held = _held_all(ids)
    people = People([one.person_id for one in held], at=at)
    flows = flows_of([newest.pk]) if newest is not None else {}
    been: set[tuple[int, int | None]] = set()
    if newest is not None:
        before = Enrolment.objects.filter(person__in=people.people, track=newest.track_id)
        been = set(before.values_list("person_id", "lead_id"))
    going_on, lines = [], []
    for one in held:
        goes_on = (
            newest is not None
            and not one.is_held_out
            and (one.person_id, one.lead_id) not in been
            and not why_shut(newest.track, flows[newest.pk], one.person_id, people)
        )
        outcome = Outcome.MOVED if goes_on else Outcome.STOPPED
        end(one, outcome, at=at)
        lines.append((one.pk, one.node_id, What.ENDED, at, by.pk, outcome))
        if goes_on and newest is not None:
            going_on.append(enrolment_of(one.person, one.lead, newest.track, newest.pk, by=by, at=at))
    write(held, lines, at=at)
    enter(going_on, by=by, at=at)
    return _fed(held), len(going_on)


def _fed(held: list[Enrolment]) -> int:
    """How many a figure calls under way: `fed`, before they ended."""
    return sum(not one.is_held_out for one in held)


def _held_all(ids: list[int]) -> list[Enrolment]:
    """Those of these that are under way, locked behind their leads and their people."""
    under_way = Enrolment.objects.under_way().filter(pk__in=ids)
    leads = under_way.filter(lead__isnull=False).values("lead")
    list(Lead.objects.select_for_update(of=("self",)).filter(pk__in=leads).order_by("pk"))
    people = Person.objects.filter(pk__in=under_way.values("person")).order_by("pk")
    list(people.select_for_update(of=("self",), no_key=True).values_list("pk"))
    held = under_way.select_related("person", "lead", "track").select_for_update(of=("self",))
    return list(held.order_by("pk"))


def _must_be_in_none(person: Person, *, at: datetime) -> None:
    """What is over for her ends now; what goes on stands in the way."""
    hers = Enrolment.objects.filter(person=person).select_related("person", "track", "lead")
    # What is about to go on, because its end was taken back, is as good as under way.
    if back := hers.to_take_up(at).first():
        raise _is_in(back)
    other = hers.under_way().first()
    if other is None:
        return
    pursued = Lead.objects.open().filter(person=person).exists()
    outcome = why_over(other, other.lead, pursued=pursued, replied=other.pk in replied_since([other]))
    if not outcome:
        raise _is_in(other)
    end(other, outcome, at=at)
    write([other], [(other.pk, other.node_id, What.ENDED, at, None, outcome)], at=at)


def _is_in(other: Enrolment) -> MoveRefused:
    return MoveRefused(_("They are in “%(track)s” already: take them out there first.") % {"track": other.track})


def _open_lead(person: Person) -> Lead | None:
    return Lead.objects.open().select_for_update(of=("self",)).filter(person=person).first()


def _held(enrolment: Enrolment, *states: str) -> Enrolment:
    """As it is now, locked behind its lead and its person, at the step that is open again where one is. LeadConflict
    when it is in none of these states any more, or over, though no look of its own has ended it yet: what is done to it
    by then would stay when that is taken back."""
    if enrolment.lead_id is not None:
        Lead.objects.select_for_update().filter(pk=enrolment.lead_id).first()
    Person.objects.select_for_update(no_key=True).filter(pk=enrolment.person_id).first()
    held = Enrolment.objects.select_for_update(of=("self",)).select_related("node").get(pk=enrolment.pk)
    if held.state not in states:
        raise LeadConflict(_("This has changed meanwhile: it is %(state)s now.") % {"state": held.get_state_display()})
    if Enrolment.objects.over().filter(pk=held.pk).exists():
        raise LeadConflict(_("This has changed meanwhile: it is over for them, and ends within a minute."))
    drop_planned(stand_again([held], flows_of([held.version_id])).stand)
    return held


def _leave_out(held: Enrolment, *, by: User, at: datetime) -> None:
    """Neither what was planned for her nor what one of us had to do is done."""
    take_back([held.pk], Message.Because.BY_HAND)
    step = Step.objects.open().filter(pk=held.step_id).select_related("lead").first() if held.step_id else None
    if step is not None:
        finish_step(step.lead, step=step, by=by, at=at, is_skipped=True)


def _plan_again(held: Enrolment, node: TrackNode, *, at: datetime) -> None:
    step = Step.objects.filter(pk=held.step_id).first() if held.step_id else None
    if step is None or step.state == Step.State.CANCELLED:
        again_at = planned_for(step) if step is not None else at
        go_from([held], {held.pk: node}, again_at=again_at if again_at > at else None, at=at)


def _letter_has_left(held: Enrolment) -> bool:
    """Whether it stands at a letter that they got, or may have got."""
    if held.node is None or held.node.kind != TrackNode.Kind.EMAIL:
        return False
    return Message.objects.left().filter(enrolment=held, node__key=held.node.key).exists()


def wait_ends(held: Enrolment) -> datetime | None:
    """When the wait that it stands in is over."""
    if held.node is None or held.node.kind != TrackNode.Kind.WAIT:
        return None
    passage = Passage.objects.filter(enrolment=held, node__key=held.node.key, what=What.WAITED).order_by("-id").first()
    return passage.at + timedelta(days=held.node.days or 0) if passage else None


def _written(held: Enrolment, what: str, *, by: User, at: datetime, because: str = "") -> Enrolment:
    write([held], [(held.pk, held.node_id, what, at, by.pk, because)], at=at)
    return held


def _note(enrolment: Enrolment, what: str, *, by: User, at: datetime, because: str = "") -> None:
    row = (enrolment.pk, enrolment.node_id, what, at, by.pk, because)
    insert_rows(Passage, ("enrolment_id", "node_id", "what", "at", "by_id", "because"), [row])
