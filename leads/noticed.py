"""Notices as sentences: about whom, what happened, since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agreement.models import SLAClause
from leads.models import Clock, Lead, LeadEvent, Notice
from team.addresses import SHOWN_MAX
from team.models import User

SEEN_MAX = 50
SEEN_DAYS = 14
Kind = Notice.Kind
Clause = SLAClause.Kind


@dataclass(frozen=True, slots=True)
class NoticeRow:
    pk: int
    name: str
    about: str
    url: str
    said: str
    meaning: str
    icon: str
    at: datetime
    due_at: datetime | None


@dataclass(frozen=True)
class Noticed:
    unseen: list[NoticeRow]
    seen: list[NoticeRow]
    has_more: bool


def noticed_by(user: User, *, at: datetime) -> Noticed:
    """Her unseen notices, newest first, and what she saw in the last two weeks. Of a lead that is not hers to see any
    more they say what happened, and not to whom."""
    visible = Lead.objects.visible_to(user).filter(pk=OuterRef("lead"))
    notices = Notice.objects.of(user).annotate(is_visible=Exists(visible)).order_by("-at", "-pk")
    notices = notices.select_related("lead__person", "lead__account", "clock")
    unseen = list(notices.filter(seen_at=None)[: SHOWN_MAX + 1])
    seen = notices.filter(seen_at__isnull=False, at__gte=at - timedelta(days=SEEN_DAYS))[:SEEN_MAX]
    shown = unseen[:SHOWN_MAX]
    acts = _acts_behind([*shown, *seen])
    return Noticed(
        unseen=[_row(notice, acts, at=at) for notice in shown],
        seen=[_row(notice, acts, at=at) for notice in seen],
        has_more=len(unseen) > SHOWN_MAX,
    )


Acts = dict[tuple[int, datetime], LeadEvent]


def _acts_behind(notices: list[Notice]) -> Acts:
    """What was done at the moment each of these was written, by its lead and that moment. One query, or none."""
    told = [notice for notice in notices if notice.kind in (Kind.ANSWERED, Kind.RETURNED)]
    if not told:
        return {}
    events = LeadEvent.objects.filter(
        lead__in={notice.lead_id for notice in told}, at__in={notice.at for notice in told}, by__isnull=False
    )
    return {(event.lead_id, event.at): event for event in events.select_related("by").order_by("-id")}


def _row(notice: Notice, acts: Acts, *, at: datetime) -> NoticeRow:
    lead, clock = notice.lead, notice.clock
    is_visible: bool = notice.is_visible  # type: ignore[attr-defined]
    if notice.others:
        return _row_of_many(notice, acts)
    soon = notice.kind == Kind.SOON and clock is not None
    is_running = soon and clock is not None and clock.state == Clock.State.RUNNING and clock.due_at > at
    return NoticeRow(
        pk=notice.pk,
        name=str(lead.person) if is_visible else _("A lead that is no longer yours to see"),
        about=lead.account.name if lead.account and is_visible else "",
        url=_there(notice) if is_visible else "",
        said=_soon(clock, is_running=is_running) if soon and clock else _answered(notice, acts) or _said(notice),
        meaning="" if soon and not is_running else _MEANING.get(Kind(notice.kind), ""),
        icon="late" if notice.kind in (Kind.MISSED, Kind.ESCALATED) else "notice",
        at=notice.at,
        due_at=clock.due_at if clock and is_running else None,
    )


def _there(notice: Notice) -> str:
    """The letter it is about, else the lead."""
    if notice.letter:
        return reverse("nurture:message", args=[notice.letter])
    return reverse("leads:lead", args=[notice.lead.public_id])


def _row_of_many(notice: Notice, acts: Acts) -> NoticeRow:
    """What one act gave her or took from her: how many, and the list that they are in now."""
    lead, count = notice.lead, len(notice.leads)
    if notice.kind == Kind.ENDED:
        there = reverse("leads:account", args=[lead.account.public_id]) if lead.account else reverse("leads:leads")
    elif notice.kind == Kind.RELEASED:
        there = reverse("leads:pool")
    elif notice.kind == Kind.HAND_OFF:
        there = reverse("leads:hand_offs")
    else:
        there = reverse("leads:hand_offs" if lead.ae_id == notice.user_id else "leads:queue")
    act = acts.get((notice.lead_id, notice.at))
    by = act.by.name if act and act.by and act.verb in ("reassign", "put_back") else ""
    words = {
        Kind.RETURNED: _("%(name)s moved them to you") % {"name": by} if by else _("Came to you"),
        Kind.ENDED: _("Ended: their company is not for reps now"),
        Kind.HAND_OFF: _("Their hand-offs wait for your answer"),
    }
    return NoticeRow(
        pk=notice.pk,
        name=ngettext("%(count)s lead", "%(count)s leads", count) % {"count": count},
        about=lead.account.name if lead.account and notice.kind == Kind.ENDED else "",
        url=there,
        said=words.get(Kind(notice.kind)) or _said(notice),
        meaning="",
        icon="notice",
        at=notice.at,
        due_at=None,
    )


_MEANING = {Kind.SOON: "due", Kind.MISSED: "overdue", Kind.ESCALATED: "overdue", Kind.UNSENT: "overdue"}


def _soon(clock: Clock, *, is_running: bool) -> str:
    """What became of a promise that ran out soon when the notice was written."""
    values = {"promise": _promise(clock.kind)}
    if is_running:
        return _("%(promise)s runs out soon") % values
    if clock.state == Clock.State.MET:
        return _("%(promise)s was kept in time") % values
    if clock.state == Clock.State.EXCUSED:
        return _("%(promise)s is no longer asked for") % values
    return _("%(promise)s ran out") % values


def _answered(notice: Notice, acts: Acts) -> str:
    """What became of a hand-off, or how a lead came to her, and by whom."""
    act = acts.get((notice.lead_id, notice.at))
    if act is None or act.by is None:
        return ""
    words = {
        "accept": _("%(name)s accepted your hand-off"),
        "reject": _("%(name)s rejected your hand-off"),
        "return": _("%(name)s gave it back to you"),
        "no_show": _("%(name)s met nobody: book it again"),
        "reassign": _("%(name)s moved it to you"),
        "put_back": _("%(name)s put it back to you"),
    }.get(act.verb, "")
    return words % {"name": act.by.name} if words else ""


def _said(notice: Notice) -> str:
    promise = _promise(notice.clock.kind) if notice.clock else ""
    kind = Kind(notice.kind)
    if promise and kind in (Kind.MISSED, Kind.ESCALATED):
        return {
            Kind.MISSED: _("%(promise)s was missed"),
            Kind.ESCALATED: _("%(promise)s was missed and passed on to you"),
        }[kind] % {"promise": promise}
    return {
        Kind.SOON: _("Something runs out soon"),
        Kind.MISSED: _("Something was missed"),
        Kind.ESCALATED: _("Passed on to you"),
        Kind.HAND_OFF: _("A hand-off waits for your answer"),
        Kind.ANSWERED: _("Your hand-off was answered"),
        Kind.MOVED: _("The meeting was moved"),
        Kind.RELEASED: _("Given back to the pool"),
        Kind.SECOND_LOOK: _("Asks for a second look"),
        Kind.RETURNED: _("Came to you"),
        Kind.ENDED: _("Ended: its company is not for reps now"),
        Kind.UNSENT: _("Your e-mail did not leave: %(why)s") % {"why": notice.words}
        if notice.words
        else _("Your e-mail did not leave"),
    }[kind]


def _promise(kind: str) -> str:
    return {
        Clause.FIRST_TOUCH: _("The first touch"),
        Clause.RESPONSE: _("The answer to the hand-off"),
        Clause.OUTCOME: _("The outcome of the meeting"),
        Clause.SECOND_LOOK: _("The second look"),
    }[Clause(kind)]
