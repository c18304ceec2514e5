"""Search: people and companies by name, address, number, for whoever holds a role; the lead where she may see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from accounts.models import Account, ContactPoint, Employment, Person, Standing, called
from accounts.normalise import folded, run_together
from accounts.search import matching, query_words
from agreement.models import Phase
from leads.models import Lead
from leads.models.lead import AE_PHASES
from leads.seeing import seen_as, shape_of, standing_for
from leads.why import address_of
from team.models import User
from team.prepared import Prepared

FOUND_MAX = 50
FOUND_ACCOUNTS_MAX = 20


@dataclass(frozen=True, slots=True)
class FoundPerson:
    public_id: UUID
    name: str
    about: str
    reached: str
    # Where her pursuit stands, and who works it; every signed-in user may know.
    standing: str
    owner: str
    url: str
    # A prospect without an open pursuit: anybody of a team may begin one.
    may_have_lead: bool


@dataclass(frozen=True, slots=True)
class FoundAccount:
    public_id: UUID
    name: str
    about: str
    people: int
    standing: str


@dataclass
class Found:
    people: list[FoundPerson] = field(default_factory=list)
    accounts: list[FoundAccount] = field(default_factory=list)
    # There is more than is shown: a longer query finds it.
    has_more: bool = False


def find(q: str, *, by: User) -> Found:
    """Up to 50 people and 20 companies that hold every word of `q`: who is called just that first, then names that
    begin with it.

    Each has its own limit: a short word that every company holds hides no person.
    """
    known = matching(q)
    people = known.filter(person__isnull=False, person__merged_into=None, person__erased_at=None)
    person_ids = list(people.values_list("person_id", flat=True)[: FOUND_MAX + 1])
    if len(person_ids) > FOUND_MAX:
        # Of more than are shown, who is called that is among them, however many work where it is in the address.
        called_so = people.filter(text__startswith=f"{' '.join(query_words(q))} ").values_list("person_id", flat=True)
        person_ids = list(dict.fromkeys([*called_so[:FOUND_MAX], *person_ids]))
    account_ids = list(
        known.filter(account__isnull=False).values_list("account_id", flat=True)[: FOUND_ACCOUNTS_MAX + 1]
    )
    return Found(
        people=_sorted(_people(person_ids[:FOUND_MAX], by=by), q),
        accounts=_sorted(_accounts(account_ids[:FOUND_ACCOUNTS_MAX]), q),
        has_more=len(person_ids) > FOUND_MAX or len(account_ids) > FOUND_ACCOUNTS_MAX,
    )


def find_at(account: Account, q: str, *, by: User) -> Found:
    """Up to 50 people who work at this company now; with `q`, of these who hold every word of it."""
    jobs = Employment.objects.filter(
        account=account, is_current=True, person__merged_into=None, person__erased_at=None
    ).order_by("person__given_name", "person__family_name", "person_id")
    for word in query_words(q):
        jobs = jobs.filter(person__search_text__text__contains=word)
    ids = list(jobs.values_list("person_id", flat=True)[: FOUND_MAX + 1])
    people = _sorted(_people(ids[:FOUND_MAX], by=by), q)
    return Found(people=people, accounts=_accounts([account.pk]), has_more=len(ids) > FOUND_MAX)


def _sorted[T: (FoundPerson, FoundAccount)](found: list[T], q: str) -> list[T]:
    """Whose name begins with just these words stands first, then whose name has them in it, then whose name begins with
    the letters."""
    asked = folded(q)
    words, begins = set(asked.split()), run_together(asked)

    def place(one: FoundPerson | FoundAccount) -> tuple[bool, bool, bool, str]:
        plain = folded(one.name)
        name = run_together(plain)
        is_first = f"{plain} ".startswith(f"{asked} ") or f"{name} ".startswith(f"{begins} ")
        return not is_first, not words.issubset(plain.split()), not name.startswith(begins), name

    return sorted(found, key=place)


def find_person(person: Person, *, by: User) -> FoundPerson:
    """One person as search shows her."""
    return _people([person.pk], by=by)[0]


def _people(ids: list[int], *, by: User) -> list[FoundPerson]:
    if not ids:
        return []
    rows = [dict(zip(_COLUMNS, row, strict=True)) for row in _KNOWN.rows(people=ids)]
    ids = [row["lead_id"] for row in rows if row["lead_id"]]
    known = _LEADS.rows(shape=shape_of(by), leads=ids, **seen_as(by)) if ids else []
    leads = {lead[0]: dict(zip(_LEAD_COLUMNS, lead, strict=True)) for lead in known}
    return [_person(row, leads.get(row["lead_id"])) for row in rows]


_COLUMNS = (
    "public_id", "given_name", "family_name", "known_by", "own", "title", "company", "company_standing", "reached",
    "lead_id",
)  # fmt: skip


def _known(*, people: list[int]) -> QuerySet[Any, Any]:
    """One row in the order of `_COLUMNS`; of several pursuits the open one, else the last."""
    points = ContactPoint.objects.filter(person=OuterRef("pk")).order_by("kind", "-is_primary", "pk")
    latest = Lead.objects.filter(person=OuterRef("pk")).order_by(F("closed_at").desc(nulls_first=True), "-pk")
    return (
        Person.objects.filter(pk__in=people)
        .annotate(job=FilteredRelation("employments", condition=Q(employments__is_current=True)))
        .values_list(
            "public_id", "given_name", "family_name", "known_by", "standing", "job__title", "job__account__name",
            "job__account__standing", Subquery(points.values("value")[:1]), Subquery(latest.values("pk")[:1]),
        )
    )  # fmt: skip


_KNOWN = Prepared(_known)


_LEAD_COLUMNS = (
    "pk", "public_id", "phase", "closed_as", "stage_label", "bdr_name", "ae_name", "team_name", "may_see",
)  # fmt: skip


def _leads_of(roles: tuple[str, ...], *, leads: list[int], **seer: Any) -> QuerySet[Any, Any]:
    """One row in the order of `_LEAD_COLUMNS`."""
    seen = Lead.objects.visible_to(standing_for(roles, **seer)).filter(pk=OuterRef("pk"))
    return Lead.objects.filter(pk__in=leads).values_list(
        "pk", "public_id", "phase", "closed_as", "stage__label", "bdr__name", "ae__name", "team__name", Exists(seen)
    )


_LEADS = Prepared(_leads_of)


def _person(row: dict[str, Any], lead: dict[str, Any] | None) -> FoundPerson:
    name = f"{row['given_name']} {row['family_name']}".strip()
    parts = [row["company"], row["title"]] if name else [_("no name yet")]
    standing, owner = _where(lead) if lead else ("", "")
    what_we_are = row["company_standing"] or row["own"]
    if what_we_are != Standing.PROSPECT:
        standing = " · ".join(part for part in (str(Standing(what_we_are).label), standing) if part)
    return FoundPerson(
        public_id=row["public_id"],
        name=called(row["given_name"], row["family_name"], row["known_by"]),
        about=" · ".join(part for part in parts if part),
        reached=row["reached"] or "",
        standing=standing,
        owner=owner,
        url=address_of("leads:lead", lead["public_id"]) if lead and lead["may_see"] else "",
        may_have_lead=what_we_are == Standing.PROSPECT and not (lead and lead["phase"] != Phase.CLOSED),
    )


def _where(lead: dict[str, Any]) -> tuple[str, str]:
    """Phase and owner of a pursuit, in words."""
    phase = lead["phase"]
    if phase == Phase.CLOSED:
        return _("Closed: %(how)s") % {"how": str(Lead.ClosedAs(lead["closed_as"]).label).lower()}, ""
    words = lead["stage_label"] or str(Phase(phase).label)
    if phase in AE_PHASES:
        return words, _("with %(name)s") % {"name": lead["ae_name"]}
    if lead["bdr_name"]:
        return words, _("with %(name)s") % {"name": lead["bdr_name"]}
    return words, _("in the pool of %(team)s") % {"team": lead["team_name"]}


def _accounts(ids: list[int]) -> list[FoundAccount]:
    return [
        FoundAccount(
            public_id=public_id,
            name=name,
            about=" · ".join(part for part in (industry, city) if part),
            people=people,
            standing="" if standing == Standing.PROSPECT else str(Standing(standing).label),
        )
        for public_id, name, industry, city, standing, people in (_ACCOUNTS.rows(accounts=ids) if ids else [])
    ]


def _accounts_of(*, accounts: list[int]) -> QuerySet[Any, Any]:
    people = Count("employments", filter=Q(employments__is_current=True))
    columns = ("public_id", "name", "industry", "city", "standing", "people")
    return Account.objects.filter(pk__in=accounts).annotate(people=people).values_list(*columns)


_ACCOUNTS = Prepared(_accounts_of)
