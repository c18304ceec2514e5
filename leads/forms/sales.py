"""What one of us may do with a hand-off now, and the forms for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from agreement.models import Phase, Reason, ReasonRule
from leads.brief import Verdict
from leads.forms.hand_offs import MEETING_OFF, LineForm, LoseForm, MoveForm, OutcomeForm, Pick, PickForm
from leads.models import HandOff, Lead
from leads.waking import Facts, wake_day
from team.actions.submitting import new_form_id
from team.localtime import is_zone
from team.models import Role
from team.templatetags.midfield import away_words

if TYPE_CHECKING:
    from team.models import User


@dataclass
class Panel:
    """One form in hand: its name, its place in the page, and what it asks."""

    name: str
    form: forms.Form
    form_id: str = field(default_factory=new_form_id)
    is_open: bool = False


class Sales:
    """What this user may do with this hand-off now, as forms; the page and the lead page show the same ones."""

    def __init__(
        self,
        hand_off: HandOff,
        user: User,
        *,
        at: datetime,
        verdicts: Sequence[Verdict] | None = None,
        opened: str = "",
        data: Mapping[str, Any] | None = None,
        there: str = "",
    ) -> None:
        self.hand_off, self.lead, self.user, self.at = hand_off, hand_off.lead, user, at
        self.verdicts = list(verdicts or ())
        self.opened, self.data, self.there = opened, data, there
        self.accept_id = new_form_id()
        self._shown: dict[str, forms.Form] = {}

    def show(self, name: str, form: forms.Form) -> None:
        """Show this form, with what was typed and what was wrong, in place of an empty one."""
        self.opened = name
        self._shown[name] = form

    @cached_property
    def may_answer(self) -> bool:
        """Hers, or come to her as backup, or of a team she manages."""
        return _is_asked(self.user, self.hand_off) or self.may_sell

    @cached_property
    def may_sell(self) -> bool:
        return may_sell(self.user, self.lead)

    @cached_property
    def may_take_back(self) -> bool:
        return may_take_back(self.user, self.hand_off)

    @cached_property
    def away(self) -> str:
        """That its account executive is away, until when, and who covers her: whoever waits for her answer wonders."""
        found: Any = self.hand_off
        if not found.is_open or getattr(found, "away_until", self) is None:
            return ""
        if not hasattr(found, "covered_by"):
            found = HandOff.objects.with_absence(self.at).get(pk=found.pk)
        until, cover = found.away_until, found.covered_by or ""
        return away_words(self.hand_off.ae.name, until, cover, now=self.at) if until else ""

    @property
    def there_or_here(self) -> str:
        """After a move one stays with the hand-off, to send the new invitation."""
        return "" if self.there.startswith(reverse("leads:hand_offs")) else self.there

    @property
    def is_to_answer(self) -> bool:
        return self.may_answer and self.hand_off.is_unanswered and self.lead.phase == Phase.HANDED_OFF

    @property
    def can_withdraw(self) -> bool:
        return self.may_take_back and self.hand_off.is_unanswered and self.lead.phase == Phase.HANDED_OFF

    @property
    def can_move(self) -> bool:
        return self.hand_off.is_open and (self.may_answer or self.may_take_back)

    @property
    def can_say_how(self) -> bool:
        """An outcome is there to record; the BDR may only say that nobody came."""
        if not self.hand_off.is_open or not self.hand_off.has_begun(self.at):
            return False
        return self.may_answer or (self.may_take_back and self.hand_off.meeting_at is not None)

    @property
    def is_accepted(self) -> bool:
        return self.may_sell and self.lead.phase == Phase.ACCEPTED

    @property
    def is_deal(self) -> bool:
        return self.may_sell and self.lead.phase == Phase.QUALIFIED

    @property
    def is_ahead(self) -> bool:
        """A meeting is booked that would be off without this hand-off."""
        meeting_at = self.hand_off.meeting_at
        return bool(self.hand_off.is_open and meeting_at and meeting_at > self.at)

    @property
    def has_any(self) -> bool:
        return self.is_to_answer or self.can_move or self.can_withdraw or self.is_accepted or self.is_deal

    @cached_property
    def reject(self) -> Panel:
        return self._panel("reject", PickForm, picks=self._picks(Reason.Kind.REJECT), today=self._today)

    @cached_property
    def outcome(self) -> Panel:
        outcomes = [OutcomeForm.QUALIFIED, OutcomeForm.NOT_QUALIFIED] if self.may_answer else []
        if self.hand_off.meeting_at is not None:
            outcomes.append(OutcomeForm.NO_SHOW)
        open_ones = [one for one in self.verdicts if one.is_open]
        return self._panel(
            "outcome",
            OutcomeForm,
            picks=self._picks(Reason.Kind.REJECT, asks_day=True),
            today=self._today,
            verdicts=open_ones,
            outcomes=outcomes,
        )

    @cached_property
    def move(self) -> Panel:
        hand_off = self.hand_off
        zones = zones_of(hand_off, self.user)
        initial: dict[str, Any] = {
            "minutes": hand_off.minutes,
            "zone": zones[0][0],
            "sequence": hand_off.sequence,
        }
        if hand_off.meeting_at and hand_off.zone:
            initial["meeting"] = hand_off.meeting_at.astimezone(ZoneInfo(hand_off.zone)).replace(tzinfo=None)
        return self._panel("move", MoveForm, zones=zones, initial=initial)

    @cached_property
    def withdraw(self) -> Panel:
        return self._panel("withdraw", LineForm)

    @cached_property
    def give_back(self) -> Panel:
        return self._panel("return", LineForm)

    @cached_property
    def win(self) -> Panel:
        return self._panel("win", LineForm)

    @cached_property
    def lose(self) -> Panel:
        return self._panel("lose", LoseForm, picks=self._picks(Reason.Kind.LOSE), today=self._today)

    @cached_property
    def stall(self) -> Panel:
        return self._panel("stall", PickForm, picks=self._picks(Reason.Kind.RECYCLE, asks_day=True), today=self._today)

    @property
    def _today(self) -> Any:
        return self.at.astimezone(ZoneInfo(self.lead.team.calendar.time_zone)).date()

    @cached_property
    def _rules(self) -> list[ReasonRule]:
        """Every reason sales may give under this lead's agreement, in one query."""
        rules = ReasonRule.objects.under(self.lead.agreement_id).filter(
            reason__retired_at=None,
            reason__kind__in=[Reason.Kind.REJECT, Reason.Kind.LOSE, Reason.Kind.RECYCLE],
        )
        return list(rules.select_related("reason").order_by("reason__position", "reason_id"))

    def _picks(self, kind: str, *, asks_day: bool = False) -> list[Pick]:
        return [self._pick(rule, kind, asks_day) for rule in self._rules if rule.reason.kind == kind]

    def _pick(self, rule: ReasonRule, kind: str, asks_day: bool) -> Pick:
        asleep = rule.destination == ReasonRule.Destination.NURTURE
        day = _day_words(wake_day(rule, Facts(), today=self._today)) if asleep else ""
        then = self._then(rule, kind, day)
        if kind == Reason.Kind.REJECT and not asks_day and self.is_ahead:
            then += " " + str(MEETING_OFF)
        if asleep and asks_day:
            then += " " + _("Say another day if they named one.")
        asks_end = asks_day and rule.category == ReasonRule.Category.MID_CONTRACT
        takes_line = kind != Reason.Kind.LOSE and rule.destination == ReasonRule.Destination.BDR
        return Pick(
            rule.reason,
            self._goes(rule),
            then,
            asks_day=asleep and asks_day,
            asks_end=asks_end,
            takes_line=takes_line,
        )

    def _goes(self, rule: ReasonRule) -> str:
        if rule.destination == ReasonRule.Destination.BDR:
            return _("to %(name)s") % {"name": self._bdr}
        return {
            ReasonRule.Destination.NURTURE: _("recycle"),
            ReasonRule.Destination.REROUTE: _("reroute"),
            ReasonRule.Destination.CLOSE: _("close"),
        }[ReasonRule.Destination(rule.destination)]

    def _then(self, rule: ReasonRule, kind: str, day: str) -> str:
        """What will happen, in words, before it is sent."""
        if kind == Reason.Kind.LOSE:
            if rule.is_final:
                return _("closed as lost. It does not come back.")
            return _("closed as lost; the next pursuit sleeps and comes back on %(day)s.") % {"day": day}
        if rule.destination == ReasonRule.Destination.BDR:
            return _("back to %(name)s, due now.") % {"name": self._bdr}
        if rule.destination == ReasonRule.Destination.NURTURE:
            return _("asleep; back to %(name)s on %(day)s.") % {"name": self._bdr, "day": day}
        if rule.destination == ReasonRule.Destination.REROUTE:
            return _("to the pool of the team whose territory it is, due now.")
        return _("closed at once.")

    @property
    def _bdr(self) -> str:
        return self.hand_off.bdr.get_short_name() if self.hand_off.bdr else _("the BDR")

    def _panel(self, name: str, form: type[forms.Form], **kwargs: Any) -> Panel:
        is_open = self.opened == name
        shown = self._shown.get(name)
        return Panel(name, shown or form(self.data if is_open else None, **kwargs), is_open=is_open)


def may_answer(user: User, hand_off: HandOff) -> bool:
    """The AE it was sent to, her backup once it was passed on, her cover while she is away, and the manager of its
    team."""
    return _is_asked(user, hand_off) or may_sell(user, hand_off.lead)


def _is_asked(user: User, hand_off: HandOff) -> bool:
    return hand_off.ae_id == user.pk or hand_off.came_to(user)


def may_take_back(user: User, hand_off: HandOff) -> bool:
    """The BDR who sent it or keeps the relation, and the manager of its team."""
    return user.pk in (hand_off.bdr_id, hand_off.lead.bdr_id) or _manages(user, hand_off.lead)


def may_sell(user: User, lead: Lead) -> bool:
    """Accepted leads and deals are the AE's, her cover's while she is away, and the manager's of the team."""
    is_hers = lead.ae_id == user.pk or _manages(user, lead)
    return is_hers or Lead.objects.lent_by_an_ae(user).filter(pk=lead.pk).exists()


def zones_of(hand_off: HandOff, user: User) -> list[tuple[str, str]]:
    """Whose clock a moment may be said on: as it was said, hers, mine."""
    her = hand_off.lead.person.time_zone
    named = [
        (hand_off.zone, _("as booked")),
        (her, _("theirs")),
        (user.time_zone, _("mine")),
        (hand_off.ae.time_zone, hand_off.ae.get_short_name()),
    ]
    found: dict[str, str] = {}
    for zone, whose in named:
        if zone and is_zone(zone) and zone not in found:
            found[zone] = _("%(zone)s (%(whose)s)") % {"zone": zone.replace("_", " "), "whose": whose}
    return list(found.items()) or [("UTC", "UTC")]


def _manages(user: User, lead: Lead) -> bool:
    return lead.team_id in user.teams_as(Role.MANAGER)


def _day_words(day: Any) -> str:
    return date_format(day, pgettext("date format: day and year", "j M Y"))
