"""A track tried on one person: every step with the date it would have, and why. Nothing is written.

As the engine would do it, as things stand: see nurture/dating.py for what that supposes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Employment, Person
from agreement.models import Phase
from content.models import Asset
from leads.actions.planning import may_be_planned
from leads.models import Lead
from nurture.actions.entering import Fallbacks, Shut, is_held_out, why_shut, why_unfit
from nurture.dating import dated
from nurture.fields import BadWords, as_read, fill
from nurture.flow import Flow, flow_of
from nurture.knowing import People
from nurture.models import Enrolment, Message, Passage, Track, TrackNode, TrackVersion
from nurture.passing import BECAUSE
from nurture.recipients import recipients_of, values_of, values_of_asset, zone_of
from nurture.telling import ICONS, Names
from nurture.walking import Deed, Walker

Kind, What = TrackNode.Kind, Passage.What
SHUT = {
    Shut.GONE: gettext_lazy("This person stands under another one now."),
    Shut.AT_GOAL: gettext_lazy("They have reached already what it is for: nobody could put them into it."),
    Shut.NO_CONSENT: gettext_lazy("They have not agreed to get e-mail: nobody could put them into it."),
    Shut.UNREACHABLE: gettext_lazy("They cannot be reached by e-mail: nobody could put them into it."),
}


@dataclass(frozen=True)
class Line:
    """One step of hers: when, what, and why."""

    at: datetime
    icon: str
    title: str
    why: str
    is_passed: bool = False


@dataclass
class Trial:
    person: Person
    # By whose clock what is sent to them leaves.
    zone: str = ""
    lines: list[Line] = field(default_factory=list)
    # What stands in the way of it, and what should be known before.
    notes: list[str] = field(default_factory=list)
    ends_at: datetime | None = None
    end: str = ""


def try_on(version: TrackVersion, person: Person, *, at: datetime) -> Trial:
    track = version.track
    flow, people = flow_of(version.pk), People([person.pk], at=at, versions=[version.pk])
    lead = Lead.objects.open().filter(person=person).first()
    is_play = track.kind == Track.Kind.PLAY
    walker = Walker(
        person.pk,
        flow,
        topic=track.topic_id,
        is_play=is_play,
        is_worked=lead is not None and may_be_planned(lead),
        since=lead.created_at if lead else None,
    )
    trial = Trial(person, zone=zone_of(person.pk, at=at), notes=_notes(track, flow, person, lead, people))
    deeds: list[tuple[datetime, Deed]] = []
    wakes_at = _wakes_at(lead, track, people)
    trial.ends_at, is_over = at, False
    for when, deed in dated(flow.first, walker, people, lead=lead, at=at):
        if wakes_at is not None and when >= wakes_at:
            trial.ends_at = wakes_at
            break
        deeds.append((when, deed))
        trial.ends_at = when + timedelta(days=deed.days) if deed.what == What.WAITED else when
        is_over = deed.what == What.REACHED
    words = _Words(deeds, flow, person, lead, at=at)
    trial.lines = [words.line(when, deed) for when, deed in deeds]
    if wakes_at is not None and trial.ends_at >= wakes_at:
        trial.ends_at = wakes_at
        trial.end = _("Their date wakes them: what follows is not for them any more.")
    elif is_over:
        trial.end = _("The goal is reached: it ends here.")
    else:
        trial.end = _end(Enrolment(person=person, lead=lead, track=track), people)
    return trial


def _wakes_at(lead: Lead | None, track: Track, people: People) -> datetime | None:
    """When whoever sleeps is worked again, and leaves any track; of a fan nobody knows: the fan base puts it off."""
    if lead is None or lead.phase != Phase.NURTURE:
        return None
    return None if _is_kept_asleep(lead, track, people) else lead.wake_at


def _is_kept_asleep(lead: Lead | None, track: Track, people: People) -> bool:
    is_doer = lead is not None and people.roles.get(lead.person_id) == Employment.Role.DOER
    return is_doer and track.is_fan_base


def _end(one: Enrolment, people: People) -> str:
    """What comes after its last step."""
    track, shut = Fallbacks([one]).of(one, people)
    if track is not None and shut is None:
        return _("Then they go on in “%(track)s”.") % {"track": track}
    if _is_kept_asleep(one.lead, one.track, people):
        return _("Then nothing more: a fan comes into no queue.")
    if one.lead is not None and one.lead.wake_at:
        return _("Then nothing more: their date wakes them.")
    return _("Then it ends.")


def _notes(track: Track, flow: Flow, person: Person, lead: Lead | None, people: People) -> list[str]:
    notes = [unfit] if (unfit := why_unfit(track, lead)) else []
    other = Enrolment.objects.under_way().filter(person=person).select_related("track").first()
    if other is not None:
        notes.append(_("They are in “%(track)s” now.") % {"track": other.track})
    if (shut := why_shut(track, flow, person.pk, people)) is not None:
        notes.append(str(SHUT[shut]))
    if is_held_out(track, person):
        notes.append(_("They are of the share that is left without, to compare: by itself it would send them nothing."))
    return notes


class _Words:
    """What each deed is called, and why it comes to that: of all of them in a fixed number of statements."""

    def __init__(
        self, deeds: list[tuple[datetime, Deed]], flow: Flow, person: Person, lead: Lead | None, *, at: datetime
    ) -> None:
        self.names = Names(list(flow.nodes.values()))
        # What is passed over would have brought what its node names.
        self.brought = {id(deed): deed.asset or deed.node.asset_id for _when, deed in deeds}
        self.assets = Asset.objects.in_bulk({asset for asset in self.brought.values() if asset})
        message = Message(kind=Message.Kind.NURTURE, person=person, lead=lead)
        self.values = values_of([message], recipients_of([person.pk], {}, at=at), at=at)[message.pk]

    def line(self, when: datetime, deed: Deed) -> Line:
        kind = Kind(deed.node.kind)
        title = self.subject(deed) if kind == Kind.EMAIL else self.names.title(deed.node)
        return Line(when, ICONS[kind], title, self.why(deed), is_passed=deed.what == What.SKIPPED)

    def subject(self, deed: Deed) -> str:
        """As this person would read it; where it cannot be put together, with what stands in for its fields."""
        values = self.values | values_of_asset(self.assets.get(self.brought[id(deed)] or 0))
        try:
            return fill(deed.node.subject, values, clean=True)
        except BadWords:
            return as_read(deed.node.subject)

    def why(self, deed: Deed) -> str:
        if deed.because:
            return _("passed over: %(why)s") % {"why": BECAUSE.get(deed.because, deed.because)}
        match deed.what:
            case What.YES:
                return _("yes")
            case What.NO if deed.node.kind == Kind.GOAL:
                return _("not yet: it goes on")
            case What.NO:
                return _("no, as things stand today")
            case What.REACHED:
                return _("reached already")
            case What.PLANNED if deed.node.kind == Kind.EMAIL:
                asset = self.assets.get(deed.asset or 0)
                return _("brings “%(title)s”") % {"title": asset} if asset else _("brings nothing")
            case What.PLANNED:
                return _("stands in the queue of the rep")
        return ""
