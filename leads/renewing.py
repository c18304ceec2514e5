"""Which contracts with others end soon, and whether one of us will be back before notice can no longer be given.

A contract is what the last recycling as mid-contract says of a person, for as long as nobody has given her up; or what
is known of a company of hers, where nobody there was recycled for it. What stands now counts, not what was once: until
the last day on which notice can be given a contract is covered where somebody is in hand or comes back by then, else it
is open, as whoever comes back comes too late, or nobody comes. After that day it is covered where somebody was in hand
on it, and else missed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Account, Standing, called
from agreement.models import Phase, ReasonRule
from leads.actions.rewaking import Rules
from leads.came_back import contract_words
from leads.models import Lead, Recycling
from leads.models.lead import LeadQuerySet
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


@dataclass(frozen=True, slots=True)
class Pursuit:
    """One pursuit of a person, as far as it says whether one of us is there."""

    public_id: UUID
    phase: str
    came: date
    # The day on which it was put to sleep, or else over; none for who is in hand.
    left: date | None
    # The day on which it comes back; none but for who sleeps.
    wakes: date | None
    bdr: int | None
    team: int
    rep: str
    team_name: str

    def is_in_hand_on(self, day: date) -> bool:
        return self.came <= day and (self.left is None or self.left >= day)


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether one of us is in time, who that is, and since or from when; nobody where nobody is there or comes."""

    state: str
    one: Pursuit | None
    back: date | None
    sleeps: bool


def presence_of(pursuits: Sequence[Pursuit], *, last: date, today: date, since: date = date.min) -> Presence:
    """What these pursuits, the oldest first, come to for a contract of which `last` is the last day of notice, and of
    which it was told on the day `since`: who was in hand before that could not speak of it."""
    in_hand = next((one for one in pursuits if one.left is None), None)
    sleeper = min((one for one in pursuits if one.wakes), key=lambda one: one.wakes or date.max, default=None)
    could = (one for one in pursuits if one.came >= since and one.is_in_hand_on(last))
    there = next(could, None) if today > last else in_hand
    if there:
        return Presence(COVERED, there, there.came, sleeps=False)
    if in_hand:
        return Presence(MISSED, in_hand, in_hand.came, sleeps=False)
    wakes = sleeper.wakes if sleeper else None
    is_in_time = today <= last and wakes is not None and wakes <= last
    state = MISSED if today > last else COVERED if is_in_time else OPEN
    return Presence(state, sleeper, wakes, sleeps=sleeper is not None)


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
    missed, and every other one that is known of a company of theirs: six statements."""
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
    rows = _rows(user, today)
    of_person = _pursuits(Lead.objects.filter(person__in=rows.order_by().values("lead__person")), "person")
    for row in rows:
        # The last that was said of her holds.
        if row["person"] in seen:
            continue
        seen.add(row["person"])
        pursuits = [one for pk, one in of_person[row["person"]] if pk >= row["lead"]]
        is_given_up = all(one.phase == Phase.CLOSED for one in pursuits)
        notice = rules.notice_of(row["agreement"], row["reason_id"], row["notice_days"])
        ends = end_of_period(row["contract_ends_on"], row["precision"])
        last = last_day(row["contract_ends_on"], row["precision"], notice)
        told = row["at"].astimezone(ZoneInfo(row["zone"])).date()
        present = presence_of(pursuits, last=last, today=today, since=told)
        if is_given_up and present.state != COVERED:
            continue
        accounts.add(row["at_account"])
        now = next((one for one in pursuits if one.phase != Phase.CLOSED), pursuits[-1])
        contract = Contract(
            lead_id=row["lead"],
            public_id=now.public_id,
            name=called(row["given"], row["family"], row["known_by"]),
            company=row["company"] or "",
            vendor=row["vendor"],
            words=contract_words(row["vendor"], row["contract_ends_on"], row["precision"], row["satisfaction"]),
            ends=ends,
            last=last,
            back=present.back,
            sleeps=present.sleeps,
            state=present.state,
            owner=now.rep or _("pool of %(team)s") % {"team": now.team_name},
            may_wake=now.phase == Phase.NURTURE and (now.bdr == user.pk or now.team in managed),
        )
        found.append(contract)
    return found, accounts


def _of_accounts(user: User, today: date, rules: Rules, *, without: set[int]) -> Iterable[Contract]:
    """What is known of companies at which somebody was a lead of hers, but for customers and whom we do not work: who
    of them all is in hand, or comes back first, whoever has her."""
    hers = Lead.objects.cared_for_by(user)
    known = Account.objects.filter(
        contract_ends_on__gte=today - timedelta(days=PAST_DAYS),
        contract_ends_on__lte=today + timedelta(days=WINDOWS[-1]),
        standing=Standing.PROSPECT,
        pk__in=hers.filter(account__isnull=False).order_by().values("account"),
    ).exclude(pk__in=without)
    of_account = _pursuits(Lead.objects.filter(account__in=known.order_by().values("pk")), "account")
    notice = rules.notice_in_force
    rows: Any = known.values("pk", "public_id", "name", "incumbent", "contract_ends_on", "owner__name")
    for row in rows:
        ends = row["contract_ends_on"]
        last = ends - timedelta(days=notice)
        present = presence_of([one for _pk, one in of_account[row["pk"]]], last=last, today=today)
        is_there_now = present.state == COVERED and present.one is not None and present.one.left is None
        yield Contract(
            lead_id=0,
            public_id=row["public_id"],
            name=row["name"],
            company="",
            vendor=row["incumbent"],
            words=contract_words(row["incumbent"], ends, Recycling.Precision.DAY),
            ends=ends,
            last=last,
            back=None if is_there_now else present.back,
            sleeps=present.sleeps,
            state=present.state,
            owner=(present.one and present.one.rep) or row["owner__name"] or _("nobody"),
            may_wake=False,
            is_of_account=True,
        )


def _pursuits(leads: LeadQuerySet, of: str) -> dict[int, list[tuple[int, Pursuit]]]:
    """The pursuits of each person, or at each account, the oldest first, each with its key: one statement."""
    found: dict[int, list[tuple[int, Pursuit]]] = defaultdict(list)
    rows: Any = leads.order_by("pk").values_list(
        "pk", of, "public_id", "phase", "created_at", "first_nurture_at", "closed_at", "wake_at", "bdr", "team",
        "bdr__name", "team__name", "team__calendar__time_zone", named=True,
    )  # fmt: skip
    for row in rows:
        zone = ZoneInfo(row.team__calendar__time_zone)
        left = None if row.phase in IN_HAND else row.first_nurture_at or row.closed_at
        pursuit = Pursuit(
            public_id=row.public_id,
            phase=row.phase,
            came=row.created_at.astimezone(zone).date(),
            left=left and left.astimezone(zone).date(),
            wakes=row.wake_at.astimezone(zone).date() if row.phase == Phase.NURTURE else None,
            bdr=row.bdr,
            team=row.team,
            rep=row.bdr__name or "",
            team_name=row.team__name,
        )
        found[getattr(row, of)].append((row.pk, pursuit))
    return found


def _rows(user: User, today: date) -> Any:
    """The newest recycling first, but for whoever was given up or won right after it."""
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
            person=F("lead__person"), at_account=F("lead__account"), agreement=F("lead__agreement"),
            zone=F("lead__team__calendar__time_zone"), given=F("lead__person__given_name"),
            family=F("lead__person__family_name"), known_by=F("lead__person__known_by"),
            company=F("lead__account__name"), reason_id=F("lead__reason"),
        )
        .values(
            "lead", "at", "person", "at_account", "agreement", "zone", "given", "family", "known_by", "company",
            "reason_id", "vendor", "satisfaction", "contract_ends_on", "precision", "notice_days",
        )
    )  # fmt: skip
