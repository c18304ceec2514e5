"""Which contracts with others end soon, and whether one of us will be back before notice can no longer be given.

A contract is what the last recycling as mid-contract says of a person, for as long as nobody has given her up; or what
is known of a company of hers, where nobody there was recycled for it. It is covered where somebody comes back, came or
is worked by the last day on which notice can be given; missed where that day passed without anybody; else it is open:
whoever comes back comes too late, or nobody comes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Account, Standing, called
from agreement.models import Phase, ReasonRule
from leads.actions.rewaking import Rules
from leads.came_back import contract_words
from leads.models import Lead, Recycling
from leads.waking import end_of_period, last_day
from team.models import Role, User
from team.templatetags.midfield import written_day

WINDOWS = (30, 60, 90, 180)
# So long a missed renewal is shown after its contract has ended.
PAST_DAYS = 365
# A quarter that begins before a window ends may end after it.
PERIOD_DAYS = 92
SHOWN = 200
# Somebody there waits for one of us, or is worked.
IN_HAND = (Phase.QUEUED, Phase.WORKING, Phase.HANDED_OFF, Phase.ACCEPTED, Phase.QUALIFIED)
COVERED, OPEN, MISSED = "covered", "open", "missed"
STATES = {
    COVERED: gettext_lazy("Covered"),
    OPEN: gettext_lazy("Nobody in time"),
    MISSED: gettext_lazy("Missed"),
}


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract of one person, or of her company, with somebody else, and whether we are in time for it."""

    lead_id: int
    # Of the lead; of the account where the contract is known of that alone.
    public_id: UUID
    name: str
    company: str
    vendor: str
    words: str
    ends: date
    # The last day on which notice can be given.
    last: date
    # The day on which somebody is or was back; of a company none where nobody comes.
    back: date | None
    sleeps: bool
    state: str
    owner: str
    may_wake: bool
    is_of_account: bool = False

    @property
    def url(self) -> str:
        return reverse("leads:account" if self.is_of_account else "leads:lead", args=[self.public_id])

    @property
    def why(self) -> str:
        if self.back is None:
            return self._why_nobody
        days = (self.last - self.back).days
        words = {
            (COVERED, True): ngettext(
                "Back on %(back)s, %(days)s day before notice ends",
                "Back on %(back)s, %(days)s days before notice ends",
                days,
            ),
            (COVERED, False): _("Talked to on %(back)s, in time")
            if self.is_of_account
            else _("Came back on %(back)s, in time"),
            (OPEN, True): _("Back on %(back)s, but notice ends on %(last)s"),
            (MISSED, True): _("Notice ended on %(last)s, and nobody is back"),
            (MISSED, False): _("Came back on %(back)s; notice had ended on %(last)s"),
        }[self.state, self.sleeps]
        return words % {"back": written_day(self.back), "last": written_day(self.last), "days": days}

    @property
    def _why_nobody(self) -> str:
        words = {
            COVERED: _("Somebody there is in hand, and notice ends on %(last)s"),
            OPEN: _("Nobody comes back, and notice ends on %(last)s"),
            MISSED: _("Notice ended on %(last)s, and nobody was back"),
        }[self.state]
        return words % {"last": written_day(self.last)}


@dataclass
class Window:
    """What ends within so many days."""

    days: int
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATES, 0))

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def coverage(self) -> int | None:
        """Of a hundred contracts those that are covered; none where none ends."""
        return round(100 * self.counts[COVERED] / self.total) if self.total else None


@dataclass
class Radar:
    windows: list[Window]
    # Ended within the last year, and nobody was there in time.
    past_missed: int
    contracts: list[Contract]


def radar_of(user: User, *, at: datetime) -> Radar:
    """Every contract of those who sleep or slept for her that ends within 180 days, or ended within a year and was
    missed, and every other one that is known of a company of theirs: four statements."""
    today = timezone.localtime(at).date()
    rules = Rules()
    of_people, accounts = _contracts(user, today, rules)
    contracts = [*of_people, *_of_accounts(user, today, rules, without=accounts)]
    contracts.sort(key=lambda one: (one.ends, one.lead_id, one.name))
    ahead = [one for one in contracts if one.ends >= today]
    windows = [Window(days) for days in WINDOWS]
    for one in ahead:
        for window in windows:
            if one.ends <= today + timedelta(days=window.days):
                window.counts[one.state] += 1
    past = [one for one in contracts if one.ends < today and one.state == MISSED]
    return Radar(windows, len(past), past + [one for one in ahead if one.ends <= today + timedelta(days=WINDOWS[-1])])


def listed(radar: Radar, *, within: int | None, state: str, today: date) -> list[Contract]:
    """The contracts behind one figure; without `within`, those that have ended."""
    if within is None:
        return [one for one in radar.contracts if one.ends < today]
    until = today + timedelta(days=within)
    return [one for one in radar.contracts if today <= one.ends <= until and state in ("", one.state)]


def _contracts(user: User, today: date, rules: Rules) -> tuple[list[Contract], set[int]]:
    """Those of people, and whose accounts they stand for."""
    managed = user.teams_as(Role.MANAGER)
    seen: set[int] = set()
    accounts: set[int] = set()
    found = []
    for row in _rows(user, today):
        # The last that was said of her holds.
        if row["person"] in seen:
            continue
        seen.add(row["person"])
        accounts.add(row["at_account"])
        notice = rules.notice_of(row["agreement"], row["reason_id"], row["notice_days"])
        ends = end_of_period(row["contract_ends_on"], row["precision"])
        last = last_day(row["contract_ends_on"], row["precision"], notice)
        sleeps = row["phase"] == Phase.NURTURE
        zone = ZoneInfo(row["zone"])
        back = (row["lead_wakes"] if sleeps else row["closed_at"]).astimezone(zone).date()
        in_time = back <= last
        state = COVERED if in_time and (not sleeps or today <= last) else MISSED if today > last else OPEN
        contract = Contract(
            lead_id=row["lead"],
            public_id=row["now"] or row["public_id"],
            name=called(row["given"], row["family"], row["known_by"]),
            company=row["company"] or "",
            vendor=row["vendor"],
            words=contract_words(row["vendor"], row["contract_ends_on"], row["precision"]),
            ends=ends,
            last=last,
            back=back,
            sleeps=sleeps,
            state=state,
            owner=row["owner"] or _("pool of %(team)s") % {"team": row["team_name"]},
            may_wake=sleeps and (row["bdr"] == user.pk or row["team"] in managed),
        )
        found.append(contract)
    return found, accounts


def _of_accounts(user: User, today: date, rules: Rules, *, without: set[int]) -> Iterable[Contract]:
    """What is known of companies at which somebody was a lead of hers, but for customers and whom we do not work: who
    of them all comes back first, whoever has her, or is worked now."""
    hers = Lead.objects.cared_for_by(user)
    known = Account.objects.filter(
        contract_ends_on__gte=today - timedelta(days=PAST_DAYS),
        contract_ends_on__lte=today + timedelta(days=WINDOWS[-1]),
        standing=Standing.PROSPECT,
        pk__in=hers.filter(account__isnull=False).order_by().values("account"),
    ).exclude(pk__in=without)
    here = Lead.objects.filter(account=OuterRef("pk")).order_by()
    asleep = here.filter(phase=Phase.NURTURE).order_by("wake_at", "pk")
    in_hand = here.filter(phase__in=IN_HAND).order_by("created_at", "pk")
    rows: Any = known.annotate(
        wakes=Subquery(asleep.values("wake_at")[:1]),
        sleeper=Subquery(asleep.values("bdr__name")[:1]),
        began=Subquery(in_hand.values("created_at")[:1]),
        worker=Subquery(in_hand.values("bdr__name")[:1]),
        came=Subquery(here.exclude(first_working_at=None).order_by("-first_working_at").values("first_working_at")[:1]),
    ).values(
        "pk", "public_id", "name", "incumbent", "contract_ends_on", "wakes", "sleeper", "began", "worker", "came",
        "owner__name",
    )  # fmt: skip
    notice = rules.notice_in_force
    for row in rows:
        ends = row["contract_ends_on"]
        last = ends - timedelta(days=notice)
        wakes, began, came = (_day(row[name]) for name in ("wakes", "began", "came"))
        # Who talked to them half a year before could speak of it.
        was_there = came is not None and last - timedelta(days=WINDOWS[-1]) <= came <= last
        if began is not None:
            back, sleeps, state = None if began <= last else began, False, COVERED if began <= last else MISSED
        elif was_there:
            back, sleeps, state = came, False, COVERED
        else:
            back, sleeps = wakes, wakes is not None
            in_time = wakes is not None and wakes <= last
            state = MISSED if today > last else COVERED if in_time else OPEN
        yield Contract(
            lead_id=0,
            public_id=row["public_id"],
            name=row["name"],
            company="",
            vendor=row["incumbent"],
            words=contract_words(row["incumbent"], ends, Recycling.Precision.DAY),
            ends=ends,
            last=last,
            back=back,
            sleeps=sleeps,
            state=state,
            owner=row["worker"] or row["sleeper"] or row["owner__name"] or _("nobody"),
            may_wake=False,
            is_of_account=True,
        )


def _day(moment: datetime | None) -> date | None:
    return timezone.localtime(moment).date() if moment else None


def _rows(user: User, today: date) -> Any:
    """The newest recycling first. Whoever was given up, was won or is nobody of ours any more has no contract here."""
    latest = Lead.objects.filter(person=OuterRef("lead__person")).order_by("-id")
    stands = Recycling.objects.filter(
        lead__in=Lead.objects.cared_for_by(user),
        category=ReasonRule.Category.MID_CONTRACT,
        undone_at=None,
        contract_ends_on__gte=today - timedelta(days=PAST_DAYS + PERIOD_DAYS),
    ).exclude(precision=Recycling.Precision.UNKNOWN)
    found = stands.filter(lead__phase=Phase.NURTURE) | stands.filter(lead__closed_as=Lead.ClosedAs.WOKEN)
    return (
        found.order_by("-at", "-pk")
        .annotate(
            person=F("lead__person"), at_account=F("lead__account"), phase=F("lead__phase"),
            public_id=F("lead__public_id"),
            agreement=F("lead__agreement"), lead_wakes=F("lead__wake_at"), closed_at=F("lead__closed_at"),
            bdr=F("lead__bdr"), team=F("lead__team"), owner=F("lead__bdr__name"), team_name=F("lead__team__name"),
            zone=F("lead__team__calendar__time_zone"), given=F("lead__person__given_name"),
            family=F("lead__person__family_name"), known_by=F("lead__person__known_by"),
            company=F("lead__account__name"), now=Subquery(latest.values("public_id")[:1]),
            reason_id=F("lead__reason"),
        )
        .values(
            "lead", "person", "at_account", "phase", "public_id", "agreement", "lead_wakes", "closed_at", "bdr", "team",
            "owner", "team_name", "zone", "given", "family", "known_by", "company", "now", "reason_id", "vendor",
            "contract_ends_on", "precision", "notice_days",
        )
    )  # fmt: skip
