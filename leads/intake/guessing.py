"""What the columns of a file probably are. Nothing here decides: the marketer sees every guess with its reason."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _
from rapidfuzz import fuzz, process

from accounts.normalise import country, folded
from leads.intake.headers import (
    COMPANY_HEADERS,
    COMPANY_SIGNS,
    LATE_HEADERS,
    LATE_WORDS,
    PEOPLE_HEADERS,
    PEOPLE_SIGNS,
    SYSTEM_HEADERS,
    TARGETS,
    VENDORS,
)
from leads.intake.values import (
    guess_date_format,
    guess_number_format,
    is_boolean,
    looks_empty,
    parse_time_zone,
)

__all__ = [
    "COMPANIES",
    "PEOPLE",
    "TARGETS",
    "CustomGuess",
    "Guess",
    "Identity",
    "guess_file_kind",
    "guess_identity",
    "guess_mapping",
    "guess_source",
]

PEOPLE, COMPANIES = "people", "companies"

LEAST_CONFIDENCE = 0.5
MISSPELT, BY_VALUES = 0.6, 0.6
ALIKE = 90
MAX_CHOICES = 30
MAX_CHOICE_LENGTH = 80
MAX_KEY, MAX_LABEL = 60, 120


class CustomGuess(NamedTuple):
    """A field of the company's own for a column we have none for.

    `type` is one of CustomField's; `format` how its dates or numbers are written, AMBIGUOUS where somebody has to
    say. `is_kept` is false where the column says the same, or nothing, in every row.
    """

    entity: str
    key: str
    label: str
    type: str
    format: str
    choices: tuple[str, ...]
    not_for_scores: bool
    is_kept: bool


class Guess(NamedTuple):
    """Where a column goes: to `target`, else to a custom field, else, when `is_ignored`, nowhere."""

    target: str | None
    confidence: float
    reason: str
    custom: CustomGuess | None = None
    is_ignored: bool = False


class Identity(NamedTuple):
    """By what a row is known again: the columns, and the target that says how."""

    target: str
    columns: tuple[int, ...]
    reason: str


def guess_file_kind(headers: Sequence[str]) -> str:
    """A file of people, unless its columns speak of companies only."""
    keys = {_key(header) for header in headers}
    if keys & PEOPLE_SIGNS:
        return PEOPLE
    signs = len(keys & COMPANY_SIGNS)
    names_a_company = any(COMPANY_HEADERS[key][0] == "account.name" for key in keys if key in COMPANY_HEADERS)
    return COMPANIES if signs > 1 or (signs and names_a_company) else PEOPLE


def guess_source(headers: Sequence[str]) -> str:
    """The tool a file was exported from, as a name for its ids; empty when its columns do not say."""
    keys = {_key(header) for header in headers}
    found = max(VENDORS, key=lambda vendor: len(VENDORS[vendor] & keys))
    return found if len(VENDORS[found] & keys) > 1 else ""


def guess_mapping(
    headers: Sequence[str],
    samples: Sequence[Sequence[str]],
    *,
    kind: str | None = None,
    rows: int | None = None,
    filled: Sequence[int] | None = None,
) -> dict[int, Guess]:
    """For each column, by its place: what it is, how sure we are, and why. No target is given twice.

    `samples` are different values of each column. `rows` of the file tell a list of choices from free text, and
    with how many each column has `filled` a column that says the same in every row.
    """
    kind = kind or guess_file_kind(headers)
    columns = [
        _Column(
            header, _meaningful(values), is_constant=rows is not None and filled is not None and filled[at] == rows > 1
        )
        for at, (header, values) in enumerate(zip(headers, samples, strict=True))
    ]
    first = [_guess_target(column, kind) for column in columns]
    winners = _one_column_a_target(first)
    taken = {guess.target for at, guess in enumerate(first) if at in winners}

    keys: set[str] = set()
    found: dict[int, Guess] = {}
    for at, (column, guess) in enumerate(zip(columns, first, strict=True)):
        if guess.is_ignored or (at in winners and not _says_it_again(guess.target, taken, kind)):
            found[at] = guess
        else:
            found[at] = _guess_custom(column, guess, kind=kind, rows=rows, keys=keys)
    return found


def guess_identity(guesses: dict[int, Guess], *, kind: str = PEOPLE) -> Identity | None:
    """The strongest identity among the guesses: what a company or person is known by, best first."""
    places = {guess.target: at for at, guess in guesses.items() if guess.target}
    people = (
        ("person.email", _("an e-mail address is one person's")),
        ("person.external_id", _("every row has the id of the tool it comes from")),
        ("person.mobile", _("a mobile number is mostly one person's")),
        ("person.phone", _("there is nothing better than a phone number")),
    )
    companies = (
        ("account.domain", _("a domain is one company's")),
        ("account.external_id", _("every row has the id of the tool it comes from")),
        ("account.website", _("its domain is in the address of its website")),
        ("account.name", _("there is nothing better than a name")),
    )
    for target, reason in people if kind == PEOPLE else companies:
        if target in places:
            return Identity(target, (places[target],), reason)
    named = [places[t] for t in ("person.full_name", "person.given_name", "person.family_name") if t in places]
    if kind == PEOPLE and named and "account.name" in places:
        columns = (*named, places["account.name"])
        return Identity("person.full_name", columns, _("a name at a company, for want of anything better"))
    return None


class _Column(NamedTuple):
    header: str
    values: list[str]
    is_constant: bool


def _guess_target(column: _Column, kind: str) -> Guess:
    key = _key(column.header)
    if key in SYSTEM_HEADERS:
        return Guess(None, 0.0, _("who owns it and when it changed is kept here, not read from files"), is_ignored=True)
    if not column.values:
        return Guess(None, 0.0, _("the column is empty"))

    known = PEOPLE_HEADERS if kind == PEOPLE else COMPANY_HEADERS
    target, confidence = known.get(key, (None, 0.0))
    reason = _("its name is known")
    if target is None and not _is_late(column.header) and len(key) > 4:
        near = process.extractOne(key, known.keys(), scorer=fuzz.ratio, score_cutoff=ALIKE)
        if near is not None:
            target, confidence = known[near[0]][0], MISSPELT
            reason = _("its name is nearly one that is known")
    if target is not None:
        share = _share(column.values, _PROOFS.get(target, _anything))
        if share >= 0.5:
            return Guess(target, confidence, reason)
        return Guess(None, 0.0, _("its name is known, but its values say otherwise"))
    if kind == PEOPLE:
        for target in ("person.email", "person.linkedin", "person.time_zone"):
            if _share(column.values, _PROOFS[target]) >= 0.9:
                return Guess(target, BY_VALUES, _("its values look like it"))
    return Guess(None, 0.0, _("no field of that name"))


def _one_column_a_target(guesses: Sequence[Guess]) -> set[int]:
    best: dict[str, int] = {}
    for at, guess in enumerate(guesses):
        if guess.target and guess.confidence >= LEAST_CONFIDENCE:
            earlier = best.get(guess.target)
            if earlier is None or guess.confidence > guesses[earlier].confidence:
                best[guess.target] = at
    return set(best.values())


def _says_it_again(target: str | None, taken: set[str | None], kind: str) -> bool:
    """A whole name beside its parts; somebody's website beside the domain that tells where she works."""
    if target == "person.full_name":
        return {"person.given_name", "person.family_name"} <= taken
    return kind == PEOPLE and target == "account.website" and "account.domain" in taken


def _guess_custom(column: _Column, guess: Guess, *, kind: str, rows: int | None, keys: set[str]) -> Guess:
    if not column.values:
        return Guess(None, 0.0, _("the column is empty"))

    type_, format_, choices = _guess_type(column, rows)
    custom = CustomGuess(
        entity="person" if kind == PEOPLE else "account",
        key=_free_key(column.header, keys),
        label=column.header[:MAX_LABEL],
        type=type_,
        format=format_,
        choices=choices,
        not_for_scores=_is_late(column.header),
        is_kept=not (column.is_constant and len(column.values) == 1),
    )
    reason = guess.reason
    if not custom.is_kept:
        reason = _("every row says “%(value)s”") % {"value": column.values[0]}
    elif guess.target:
        reason = _("another column is the better guess for it")
    return Guess(None, 0.0, reason, custom)


def _guess_type(column: _Column, rows: int | None) -> tuple[str, str, tuple[str, ...]]:
    values = column.values
    if all(is_boolean(value) for value in values):
        return "boolean", "", ()
    if not _CODE_WORDS & set(_words(column.header)) and not any(_LEADING_ZERO.match(value) for value in values):
        number = guess_number_format(values)
        if number is not None and all(len(value) < 16 for value in values):
            return "number", number, ()
    if (day := guess_date_format(values)) is not None:
        return "date", day, ()
    is_short = all(len(value) <= MAX_CHOICE_LENGTH for value in values)
    repeats = rows is None or rows >= 3 * len(values)
    if is_short and repeats and 1 < len(values) <= MAX_CHOICES and not _CODE_WORDS & set(_words(column.header)):
        return "choice", "", tuple(values)
    return "text", "", ()


def _free_key(header: str, keys: set[str]) -> str:
    """A slug of the header that no other column of the file has."""
    slug = "_".join(_words(header)).encode("ascii", "ignore").decode().strip("_") or "column"
    slug = slug[: MAX_KEY - 4].rstrip("_")
    key, number = slug, 2
    while key in keys:
        key, number = f"{slug}_{number}", number + 1
    keys.add(key)
    return key


def _meaningful(values: Iterable[str]) -> list[str]:
    """Different values, trimmed, without those that mean nothing."""
    distinct = list(dict.fromkeys(stripped for value in values if (stripped := value.strip())))
    nothing = set(looks_empty(distinct))
    return [value for value in distinct if value not in nothing]


def _words(header: str) -> list[str]:
    """A header's words: camelCase apart, # said aloud, Salesforce's __c and the rest of its signs left out."""
    spaced = _CAMEL.sub(" ", header.removesuffix("__c").removesuffix("__C")).replace("#", " number ")
    return _NOT_A_WORD.sub(" ", folded(spaced)).replace("_", " ").replace("e mail", "email").split()


def _key(header: str) -> str:
    return "".join(_words(header))


def _is_late(header: str) -> bool:
    return bool(LATE_WORDS & set(_words(header))) or _key(header) in LATE_HEADERS


def _share(values: Sequence[str], proof: Callable[[str], bool]) -> float:
    return sum(map(proof, values)) / len(values)


def _anything(value: str) -> bool:
    return True


def _is_zone(value: str) -> bool:
    try:
        return bool(parse_time_zone(value))
    except ValueError:
        return False


def _is_phone(value: str) -> bool:
    return sum(c.isdigit() for c in value) >= 5


def _is_number(value: str) -> bool:
    return guess_number_format([value]) is not None


def _is_moment(value: str) -> bool:
    return guess_date_format([value]) is not None


def _is_host(value: str) -> bool:
    return "." in value and " " not in value


def _is_no_salutation(value: str) -> bool:
    return folded(value).strip(".") not in _SALUTATIONS


_PROOFS: dict[str, Callable[[str], bool]] = {
    "person.email": lambda value: "@" in value,
    "person.linkedin": lambda value: "linkedin.com/" in value.casefold(),
    "person.time_zone": _is_zone,
    "person.phone": _is_phone,
    "person.mobile": _is_phone,
    "person.title": _is_no_salutation,
    "person.country": lambda value: bool(country(value)),
    "account.phone": _is_phone,
    "account.country": lambda value: bool(country(value)),
    "account.domain": _is_host,
    "account.website": _is_host,
    "account.employees": _is_number,
    "lead.happened_at": _is_moment,
    "lead.do_not_call": is_boolean,
    "lead.do_not_email": is_boolean,
    "lead.consent": lambda value: is_boolean(value) or _is_moment(value),
}

_SALUTATIONS = frozenset(
    {"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "herr", "frau", "m", "mme", "mlle", "sr", "sra"}
)
# Digits in such columns are names of things, not amounts.
_CODE_WORDS = frozenset(
    {"id", "zip", "zipcode", "postal", "postcode", "plz", "code", "phone", "fax", "number", "barcode", "ip"}
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NOT_A_WORD = re.compile(r"[\W_]+")
_LEADING_ZERO = re.compile(r"0[0-9]")
