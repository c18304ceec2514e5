"""Where a lead like this would go, and why: routing tried on somebody who may not be there. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.domains import company_domain
from accounts.models import Account, AccountDomain, ContactPoint, Employment, Person, Standing
from accounts.normalise import country_names
from agreement.models import AgreementVersion, SLAClause
from leads.clocks import clause_for, moments_of
from leads.models import Lead
from leads.routing import Route, Router, asked_of, sentence
from team.calendars import Calendars
from team.models import Team, Territory, User

# The account of somebody whose company is not there yet: no row has this key.
NOT_THERE = -1


@dataclass(frozen=True)
class Case:
    """What is known of somebody who would become a lead."""

    country: str = ""
    segment: str = ""
    source: str = ""
    lane: str = ""
    email: str = ""
    account: str = ""


@dataclass(frozen=True)
class Considered:
    """One rule that was asked, and what it said."""

    rule: str
    says: str
    is_match: bool = False


@dataclass
class Tried:
    """The answer in one sentence, whom it was given for, and every rule on the way to it."""

    answer: str
    is_lead: bool
    whom: list[tuple[str, str]] = field(default_factory=list)
    rules: list[Considered] = field(default_factory=list)
    due_at: datetime | None = None


def try_routing(case: Case, *, at: datetime) -> Tried:
    """What routing answers for this case now."""
    person, account = _somebody(case)
    account_id = account.pk if account else None
    router = Router.for_batch([person.pk] if person.pk else [], [account_id] if account_id else [], at=at)
    if account is None and (case.segment or case.account):
        account, account_id = Account(name=case.account, country=case.country, segment=case.segment), NOT_THERE
        router.accounts[NOT_THERE], router.standings[NOT_THERE] = account, Standing.PROSPECT
    tried = Tried("", is_lead=False, whom=_whom(case, person, account))
    if person.pk and Lead.objects.open().filter(person=person).exists():
        words = _("%(name)s has an open lead: what is new goes to it") % {"name": person}
        tried.answer = sentence("open_lead")
        tried.rules = [Considered(_("One open lead a person"), words, is_match=True)]
        return tried
    names = _Names(router)
    for rule, route in router.rules(person, account_id=account_id, source=case.source):
        label, says = _said(rule, route, person=person, account=account, case=case, names=names)
        tried.rules.append(Considered(label, says, is_match=route is not None))
        if route is not None:
            tried.answer, tried.is_lead = names.sentence(route, account), not route.is_refused
            if route.team_id:
                tried.due_at = _promised(route.team_id, case.lane, at=at)
            break
    return tried


class _Names:
    """What the answer names, asked for once."""

    def __init__(self, router: Router) -> None:
        self.router = router
        self.teams = dict(Team.objects.values_list("pk", "name"))
        ids = {worker for worker, _team in router.workers.values()} | {one.bdr_id for one in router.territories}
        self.users = dict(User.objects.filter(pk__in=ids - {None}).values_list("pk", "name"))
        self.territories = {one.pk: one.name for one in router.territories}

    def sentence(self, route: Route, account: Account | None) -> str:
        ref = self.territories.get(route.ref or 0, "") if route.because == "territory" else str(account or "")
        said = sentence(
            route.because,
            ref=ref,
            team=self.teams.get(route.team_id or 0, ""),
            bdr=self.users.get(route.bdr_id or 0, ""),
        )
        if route.because == "territory" and route.bdr_id:
            said = _("%(said)s, reserved for %(bdr)s") % {"said": said, "bdr": self.users.get(route.bdr_id, "")}
        return said


def _somebody(case: Case) -> tuple[Person, Account | None]:
    """Who has this address, where she works; else somebody new, at the account that is named or that has the domain."""
    person = Person(country=case.country)
    if case.email:
        point = (
            ContactPoint.objects.filter(kind="email", normalised=case.email.lower()).select_related("person").first()
        )
        person = point.person if point else person
    account = None
    if person.pk:
        works = Employment.objects.filter(person=person, is_current=True, account__isnull=False)
        account = next((one.account for one in works.select_related("account")), None)
    if account is None and case.account:
        account = Account.objects.filter(name__iexact=case.account).order_by("pk").first()
    domain = company_domain(case.email.rpartition("@")[2].lower()) if case.email else ""
    if account is None and domain:
        named = AccountDomain.objects.filter(domain=domain).select_related("account").first()
        account = named.account if named else None
    return person, account


def _whom(case: Case, person: Person, account: Account | None) -> list[tuple[str, str]]:
    country = (account.country if account else "") or person.country
    return [
        (_("Person"), str(person) if person.pk else _("somebody new")),
        (_("Account"), _account_words(account)),
        (_("Country"), country_names().get(country, country) or _("unknown")),
        (_("Segment"), (account.segment if account else "") or _("unknown")),
        (_("Source"), case.source or _("unknown")),
    ]


def _account_words(account: Account | None) -> str:
    if account is None:
        return _("unknown")
    return account.name if account.pk else _("%(name)s, new") % {"name": account.name or _("a company")}


def _said(
    rule: str | Territory,
    route: Route | None,
    *,
    person: Person,
    account: Account | None,
    case: Case,
    names: _Names,
) -> tuple[str, str]:
    """The rule, and why it matches or is passed over."""
    if isinstance(rule, Territory):
        return _("Territory “%(name)s”") % {"name": rule.name}, _asked_words(rule, person, account, case)
    if rule == "person":
        return _("Not to be contacted, or gone"), _("no") if route is None else sentence(route.because)
    if rule == "standing":
        standing = Standing(account.standing if account else person.standing).label
        return _("Customers, open deals, competitors"), _("%(whose)s: %(standing)s") % {
            "whose": account.name if account and account.name else _("they"), "standing": str(standing).lower(),
        }  # fmt: skip
    if rule == "works_account":
        return _("Somebody works the account already"), _worker_words(route, account, names)
    return _("The default team"), _("takes what nothing before it names")


def _worker_words(route: Route | None, account: Account | None, names: _Names) -> str:
    worker = names.router.workers.get(account.pk if account and account.pk else 0)
    if worker is None:
        return _("nobody does")
    name = {"name": names.users.get(worker[0], _("somebody"))}
    return _("%(name)s does") % name if route else _("%(name)s does, but is away or in another team by now") % name


def _asked_words(territory: Territory, person: Person, account: Account | None, case: Case) -> str:
    """What a territory asks for, and of a part that is not met what stands there."""
    said = []
    for part, asked, met in asked_of(territory, person, account, case.source):
        if not asked:
            continue
        if part == "country":
            asked, met = country_names().get(asked, asked), country_names().get(met, met)
        said.append(
            asked if asked == met else _("%(asked)s, not %(met)s") % {"asked": asked, "met": met or _("unknown")}
        )
    return _("asks for %(what)s") % {"what": "; ".join(said)}


def _promised(team_id: int, lane: str, *, at: datetime) -> datetime | None:
    """When its first touch would be promised by if it came in now."""
    version = AgreementVersion.objects.in_force()
    clause = clause_for(SLAClause.Kind.FIRST_TOUCH, version_id=version.pk, lane=lane)
    return moments_of(clause, worktime=Calendars(at=at).of_team(team_id), started_at=at)[0] if clause else None
