"""Where a new lead goes, first match wins, said in one sentence.

Customer, open opportunity, competitor, do not work: no lead. A rep already works the account: hers. A territory.
The default team's pool.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Account, Person, Standing, Suppression
from agreement.models import Phase
from leads.models import Lead
from team.models import Absence, Membership, Role, Team, Territory


@dataclass
class Route:
    """One answer: a team and perhaps a rep, or why there is no lead."""

    because: str
    team_id: int | None = None
    bdr_id: int | None = None
    # What the sentence names, by value.
    ref: int | None = None

    @property
    def is_refused(self) -> bool:
        return self.team_id is None


@dataclass
class Router:
    """Everything that routing of one batch needs, read once."""

    at: datetime
    standings: dict[int, str] = field(default_factory=dict)
    workers: dict[int, tuple[int, int]] = field(default_factory=dict)
    territories: list[Territory] = field(default_factory=list)
    accounts: dict[int, Account] = field(default_factory=dict)
    absent: set[int] = field(default_factory=set)
    # (user, team) of every rep who works here.
    reps: set[tuple[int, int]] = field(default_factory=set)
    suppressed: set[int] = field(default_factory=set)
    default_team_id: int = 0
    # Retired teams, and which goes on with what was theirs.
    retired: dict[int, int | None] = field(default_factory=dict)

    @classmethod
    def for_batch(cls, person_ids: Sequence[int], account_ids: Sequence[int], *, at: datetime) -> Router:
        accounts = Account.objects.in_bulk(set(account_ids))
        working = (
            Lead.objects.filter(
                Q(phase__in=[Phase.WORKING, Phase.HANDED_OFF, Phase.ACCEPTED])
                | Q(phase=Phase.QUEUED, bdr__isnull=False),
                account__in=accounts,
                bdr__is_active=True,
            )
            .order_by("-id")
            .values_list("account_id", "bdr_id", "team_id")
        )
        return cls(
            at=at,
            accounts=accounts,
            standings={account.pk: account.standing for account in accounts.values()},
            workers={account_id: (bdr_id, team_id) for account_id, bdr_id, team_id in working},
            territories=list(Territory.objects.filter(team__retired_at=None).order_by("position", "pk")),
            absent=set(Absence.objects.covering(at).values_list("user_id", flat=True)),
            reps=set(
                Membership.objects.filter(
                    role=Role.BDR, user__is_active=True, team__isnull=False, team__retired_at=None
                ).values_list("user_id", "team_id")
            ),
            suppressed=set(
                Suppression.objects.filter(person__in=person_ids, channel=Suppression.Channel.ALL).values_list(
                    "person_id", flat=True
                )
            ),
            default_team_id=Team.objects.filter(is_default=True).values_list("pk", flat=True).first() or 0,
            retired=dict(Team.objects.filter(retired_at__isnull=False).values_list("pk", "successor")),
        )

    def route(self, person: Person, *, account_id: int | None, source: str, lane: str) -> Route:
        """The first rule that matches."""
        rules = self.rules(person, account_id=account_id, source=source)
        return next(route for _rule, route in rules if route is not None)

    def rules(
        self, person: Person, *, account_id: int | None, source: str
    ) -> Iterator[tuple[str | Territory, Route | None]]:
        """Every rule in the order in which they are asked, by its code or as the territory it is, and where it sends
        the lead; None where it does not match. The last always matches."""
        yield "person", self._of_person(person)
        standing = self.standings.get(account_id, person.standing) if account_id else person.standing
        yield "standing", Route(standing, ref=account_id) if standing != Standing.PROSPECT else None
        yield "works_account", self._of_worker(account_id)
        account = self.accounts.get(account_id) if account_id else None
        for territory in self.territories:
            is_there = all(asked in ("", met) for _part, asked, met in asked_of(territory, person, account, source))
            yield territory, self._of_territory(territory) if is_there else None
        yield "pool", Route("pool", self.default_team_id) if self.default_team_id else Route("no_team")

    def _of_person(self, person: Person) -> Route | None:
        if person.erased_at or person.merged_into_id:
            return Route("gone")
        return Route("suppressed") if person.pk in self.suppressed else None

    def _of_worker(self, account_id: int | None) -> Route | None:
        if not account_id or account_id not in self.workers:
            return None
        worker_id, team_id = self.workers[account_id]
        return Route("works_account", team_id, worker_id, ref=account_id) if self.can_hold(worker_id, team_id) else None

    def _of_territory(self, territory: Territory) -> Route:
        bdr_id = territory.bdr_id
        if bdr_id and not self.can_hold(bdr_id, territory.team_id):
            bdr_id = None
        return Route("territory", territory.team_id, bdr_id, ref=territory.pk)

    def team_for(self, team_id: int) -> int:
        """This team; where it is retired its successor, or else the default one."""
        wanted: int | None = team_id
        while wanted in self.retired:
            wanted = self.retired[wanted]
        return wanted or self.default_team_id or team_id

    def can_hold(self, user_id: int, team_id: int) -> bool:
        """Whether a lead may be reserved for her: a rep of this team who works here and is not away."""
        return (user_id, team_id) in self.reps and user_id not in self.absent


def sentence(because: str, *, ref: str = "", team: str = "", bdr: str = "") -> str:
    """What routing decided, for the people who ask why."""
    words = {
        "works_account": _("Given to %(bdr)s, who works %(ref)s already"),
        "territory": _("Given to %(team)s: territory %(ref)s"),
        "pool": _("To the pool of %(team)s: no territory names it"),
        "wake": _("Back to %(bdr)s, who worked it before"),
        "by_hand": _("Added by hand by %(bdr)s"),
        "customer": _("No lead: a customer; the account's owner is told"),
        "open_opportunity": _("No lead: an opportunity is open there; the account's owner is told"),
        "competitor": _("No lead: a competitor"),
        "do_not_work": _("No lead: not to be worked"),
        "suppressed": _("No lead: not to be contacted"),
        "gone": _("No lead: no longer a person of their own"),
        "open_lead": _("No new lead: one is open already"),
        "no_team": _("No lead: no team takes what no territory names"),
    }
    return words.get(because, "") % {"ref": ref, "team": team, "bdr": bdr}


def why_not(because: str) -> str:
    """Why there is no lead, within a sentence."""
    words = {
        "customer": _("a customer"),
        "open_opportunity": _("an opportunity is open there"),
        "competitor": _("a competitor"),
        "do_not_work": _("not to be worked"),
        "suppressed": _("not to be contacted"),
        "gone": _("no longer a person of their own"),
        "open_lead": _("a lead is open already"),
        "no_team": _("no team takes what no territory names"),
    }
    return words.get(because, _("not for reps"))


def asked_of(
    territory: Territory, person: Person, account: Account | None, source: str
) -> tuple[tuple[str, str, str], ...]:
    """What a territory asks for and what it meets: (part, asked, met)."""
    return (
        ("country", territory.country, (account.country if account else "") or person.country),
        ("segment", territory.segment, account.segment if account else ""),
        ("source", territory.source, source),
    )
