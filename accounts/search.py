"""By what people and accounts are found: one row of folded text each, written with them, read by every search box."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from django.db.models import QuerySet

from accounts.designation import OwnFields, known_by
from accounts.models import Account, ContactPoint, Employment, ExternalId, Person, SearchText
from accounts.normalise import folded, search_text, without_apostrophes
from team.bulk import update_rows

QUERY_MAX = 200
WORDS_MAX = 12
BATCH = 500
# "Planner at Acme": of those who have no name it is said in many ways, and kept in none.
NOT_LOOKED_FOR = frozenset({"at"})


def matching(q: str) -> QuerySet[SearchText]:
    """The rows that hold every word of `q`, in any order. A query that is a phone number is one word."""
    rows = SearchText.objects.all()
    words = query_words(q)
    if not words:
        return rows.none()
    for word in words:
        # Both sides are folded, and Django escapes what LIKE takes for a pattern: the trigram index serves it.
        rows = rows.filter(text__contains=word)
    return rows


def query_words(q: str) -> list[str]:
    """What is looked for, folded, each word once; nothing that a database would refuse."""
    plain = folded(q[:QUERY_MAX].replace("\0", " ").encode("utf-8", "ignore").decode())
    if _PHONE.fullmatch(plain) and len(digits := re.sub(r"\D", "", plain)) >= 4:
        # Inside the country the leading zero is dialled, in the international form it is not written.
        return [digits.lstrip("0") or digits]
    # Every spelling is kept without its apostrophe too, and facts are told apart by a comma.
    words = dict.fromkeys(word.strip(",;") for word in without_apostrophes(plain).split())
    said = [word for word in words if word and word not in NOT_LOOKED_FOR]
    return (said or [word for word in words if word])[:WORDS_MAX]


def text_of_person(
    person: Person, points: Iterable[ContactPoint], *, account: str = "", title: str = "", called: Iterable[str] = ()
) -> str:
    """Her name or what she is called without one, addresses, numbers as written and as digits, company, title, and what
    other systems call her."""
    reached = [part for point in points for part in _spellings(point)]
    return search_text(person.name or person.known_by, *reached, account, title, *_ids(called))


def text_of_account(account: Account, *, domains: Iterable[str] = (), called: Iterable[str] = ()) -> str:
    return search_text(account.name, *domains, account.phone, re.sub(r"\D", "", account.phone), *_ids(called))


def index_people(person_ids: Iterable[int]) -> None:
    """Write afresh, in the transaction that changed them, what these people are found by, and called without a name."""
    _index(person_ids)


def index_colleagues(account_ids: Iterable[int]) -> None:
    """The same of everybody who works at these accounts, which are called otherwise now."""
    jobs = Employment.objects.filter(account__in=list(account_ids), is_current=True).order_by("person")
    index_people(list(jobs.values_list("person", flat=True)))


def index_holders(keys: Iterable[str]) -> None:
    """How those without a name are called who hold something in these own fields, whose order or use is another now."""
    if not (keys := list(keys)):
        return
    nameless = Person.objects.filter(given_name="", family_name="", custom__has_any_keys=keys).order_by("pk")
    _index(list(nameless.values_list("pk", flat=True)))


def _index(person_ids: Iterable[int]) -> None:
    own, ids = OwnFields(), list(person_ids)
    for first in range(0, len(ids), BATCH):
        _index_part(ids[first : first + BATCH], own)


def _index_part(person_ids: Iterable[int], own: OwnFields) -> None:
    people = Person.objects.in_bulk(list(person_ids))
    points: dict[int, list[ContactPoint]] = defaultdict(list)
    for point in ContactPoint.objects.filter(person__in=people):
        points[point.person_id].append(point)
    jobs = {
        job.person_id: job
        for job in Employment.objects.filter(person__in=people, is_current=True).select_related("account")
    }
    called: dict[int, list[str]] = defaultdict(list)
    for person_id, value in ExternalId.objects.filter(person__in=people).values_list("person_id", "value"):
        called[person_id].append(value)

    texts, otherwise_called = [], []
    for pk, person in people.items():
        job = jobs.get(pk)
        account, title = job.account.name if job and job.account else "", job.title if job else ""
        designation = known_by(person, points[pk], account=account, title=title, own=own)
        if designation != person.known_by:
            person.known_by = designation
            otherwise_called.append((pk, designation))
        text = text_of_person(person, points[pk], account=account, title=title, called=called[pk])
        texts.append(SearchText(person_id=pk, text=text))
    write_texts(texts, of="person")
    update_rows(Person, ("id", "known_by"), otherwise_called)


def index_accounts(account_ids: Iterable[int]) -> None:
    """Write the search text of these accounts afresh."""
    accounts = Account.objects.prefetch_related("domains", "external_ids").in_bulk(list(account_ids))
    texts = [
        SearchText(
            account_id=pk,
            text=text_of_account(
                account,
                domains=[row.domain for row in account.domains.all()],
                called=[row.value for row in account.external_ids.all()],
            ),
        )
        for pk, account in accounts.items()
    ]
    write_texts(texts, of="account")


def write_texts(texts: list[SearchText], *, of: str) -> None:
    """One row a person or account, replaced where there is one. `of` is person or account."""
    SearchText.objects.bulk_create(
        texts, update_conflicts=True, unique_fields=[of], update_fields=["text"], batch_size=500
    )


def _spellings(point: ContactPoint) -> tuple[str, ...]:
    if point.kind in ContactPoint.PHONES:
        # The digits as written as well: a number of unknown country is looked for as people know it.
        return (point.value, point.normalised, re.sub(r"\D", "", point.value))
    return (point.value, point.normalised)


def _ids(called: Iterable[str]) -> Iterator[str]:
    """As they are, and 8801-2231, which nobody can tell from a phone number, by its digits too, as it is looked for."""
    for value in called:
        yield value
        if _PHONE.fullmatch(plain := folded(value)) and not plain.isdecimal():
            yield re.sub(r"\D", "", plain)


_PHONE = re.compile(r"[+(]?[0-9][0-9 ().+/-]{2,}")
