"""A track tried on one person: every step with the date it would have, and why. Nothing is written.

It supposes that each e-mail leaves in her hours, that each step of ours is done on its day, and that she does nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from accounts.models import Person
from content.models import Asset
from leads.actions.planning import may_be_planned
from leads.models import Lead
from nurture.actions.entering import is_held_out
from nurture.flow import flow_of
from nurture.hours import next_moment
from nurture.knowing import People
from nurture.models import Enrolment, MailRules, Passage, Track, TrackNode, TrackVersion
from nurture.passing import BECAUSE
from nurture.recipients import points_of, recipients_of
from nurture.telling import ICONS, Names
from nurture.walking import Deed, Walker, walk
from nurture.wishes import Wishes

Kind, What = TrackNode.Kind, Passage.What


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
    trial = Trial(person, notes=_notes(track, person, people, sends=flow.sends))
    names = Names(list(flow.nodes.values()))
    to = recipients_of([person.pk], points_of([person.pk]), at=at).get(person.pk)
    letters = _Letters(MailRules.objects.get(pk=1), people.wishes, person.pk, zone=to.zone if to else "")
    now, is_over = at, False
    for deed in walk(flow.first, walker, people):
        when = now + timedelta(days=deed.days) if deed.node.kind == Kind.STEP else now
        if deed.node.kind == Kind.EMAIL and deed.what == What.PLANNED:
            when = letters.next(now)
        trial.lines.append(
            Line(
                when,
                ICONS[Kind(deed.node.kind)],
                names.title(deed.node),
                _why(deed, names, people),
                deed.what == What.SKIPPED,
            )
        )
        now = when + timedelta(days=deed.days) if deed.what == What.WAITED else when
        is_over = deed.what == What.REACHED
    trial.ends_at = now
    if is_over:
        trial.end = _("The goal is reached: it ends here.")
    elif track.fallback_id:
        trial.end = _("Then they go on in %(track)s.") % {"track": track.fallback}
    elif lead is not None and lead.wake_at:
        trial.end = _("Then nothing more: their date wakes them.")
    else:
        trial.end = _("Then it ends.")
    return trial


class _Letters:
    """When each letter would leave: in the hours of who gets it, at their pace, under the caps."""

    def __init__(self, rules: MailRules, wishes: Wishes, person: int, *, zone: str) -> None:
        self.rules, self.zone = rules, zone
        self.paused_until, self.pace = wishes.paused_until(person), wishes.pace(person)
        self.went: list[datetime] = []

    def next(self, at: datetime) -> datetime:
        caps = [(self.rules.most_a_day, timedelta(days=1)), (self.rules.most_a_week, timedelta(days=7))]
        if self.pace:
            caps.append((1, self.pace))
        earliest = [self.went[-most] + span for most, span in caps if len(self.went) >= most]
        when = next_moment(max([at, self.paused_until or at, *earliest]), zone=self.zone, hours=self.rules)
        self.went.append(when)
        return when


def _notes(track: Track, person: Person, people: People, *, sends: bool) -> list[str]:
    notes = []
    other = Enrolment.objects.under_way().filter(person=person).select_related("track").first()
    if other is not None:
        notes.append(_("They are in %(track)s now.") % {"track": other.track})
    if track.kind == Track.Kind.TRACK and sends and not people.may_be_mailed(person.pk):
        lacks = people.wishes.lacks_every_consent(person.pk)
        no_consent = _("They have not agreed to get e-mail: nobody could put them into it.")
        notes.append(no_consent if lacks else _("They cannot be reached by e-mail: nobody could put them into it."))
    if people.is_at_goal(person.pk, track):
        notes.append(_("They have reached already what it is for: nobody could put them into it."))
    if is_held_out(track, person):
        notes.append(_("They are of the share that is left without, to compare: by itself it would send them nothing."))
    return notes


def _why(deed: Deed, names: Names, people: People) -> str:
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
            asset = Asset.objects.filter(pk=deed.asset).first() if deed.asset else None
            return _("brings “%(title)s”") % {"title": asset} if asset else _("brings nothing")
        case What.PLANNED:
            return _("stands in the queue of the rep")
    return ""
