"""The columns page as it is first shown: what each column probably becomes. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from accounts.models import CustomField
from accounts.normalise import folded
from leads.imports.targets import NEEDS_SOURCE, Mapping, Meaning
from leads.intake.guessing import Guess, guess_mapping, guess_source
from leads.intake.reading import Profile
from leads.intake.values import guess_date_format, guess_number_format, looks_empty

# What the reading of headers calls a thing, and what a file of people or of companies makes of it.
_OF_PEOPLE = {
    "person.given_name": "given_name",
    "person.family_name": "family_name",
    "person.full_name": "full_name",
    "person.email": "email",
    "person.phone": "phone",
    "person.mobile": "mobile",
    "person.linkedin": "social",
    "person.title": "title",
    "person.country": "country",
    "person.region": "region",
    "person.city": "city",
    "person.time_zone": "time_zone",
    "person.language": "language",
    "person.external_id": "external_id",
    "account.name": "company_name",
    "account.domain": "company_domain",
    "account.website": "company_domain",
    "account.external_id": "company_external_id",
    "account.industry": "company_industry",
    "account.employees": "company_employees",
    "account.country": "company_country",
    "account.region": "company_region",
    "account.city": "company_city",
    "account.phone": "company_phone",
    "lead.status": "status",
    "lead.source": "source",
    "lead.happened_at": "moment",
    "lead.do_not_call": "do_not_call",
    "lead.do_not_email": "do_not_email",
}
_OF_COMPANIES = {
    "account.name": "company_name",
    "account.domain": "company_domain",
    "account.website": "website",
    "account.external_id": "company_external_id",
    "account.industry": "industry",
    "account.employees": "employees",
    "account.country": "country",
    "account.region": "region",
    "account.city": "city",
    "account.phone": "phone",
    "lead.status": "status",
}
_MEANING_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (Meaning.CUSTOMER, ("customer", "client", "won", "converted", "kunde", "subscribed customer")),
    (Meaning.DISQUALIFIED, ("disqualified", "unqualified", "bad", "junk", "spam", "invalid", "rejected")),
    (Meaning.RECYCLED, ("recycled", "nurture", "nurturing", "bad timing", "later", "recycle")),
    (Meaning.PERSON, ("subscriber", "evangelist", "opportunity", "other", "refunded", "cancelled", "no show")),
)
_YES_MEANS_CUSTOMER = ("convert", "customer", "won", "client", "kunde")


def guessed_mapping(
    profile: Profile, *, kind: str, fields: Iterable[CustomField], earlier: Mapping | None = None, zone: str = "UTC"
) -> Mapping:
    """What the columns probably become; as decided for the last file with these columns where there is one."""
    if earlier is not None and len(earlier.columns) == len(profile.columns):
        return earlier
    guesses = guess_mapping(
        profile.headers,
        profile.samples,
        kind=kind,
        rows=profile.rows - profile.bad_rows,
        filled=[column.filled for column in profile.columns],
    )
    own = {folded(field.label): field for field in fields if field.retired_at is None}
    source = guess_source(profile.headers)
    columns = [
        _column(profile, at, guesses[at], kind=kind, own=own, source=source) for at in range(len(profile.columns))
    ]
    _keep_one_of_each(columns)
    empty = list(dict.fromkeys(value for samples in profile.samples for value in looks_empty(samples)))
    return Mapping(columns=columns, empty=empty[:30], zone=zone)


def guessed_meanings(header: str, values: Sequence[str]) -> dict[str, str]:
    """What each value of a status column probably means."""
    wanted = folded(header)
    yes_means_customer = any(word in wanted for word in _YES_MEANS_CUSTOMER)
    return {value: _meaning(value, yes_means_customer=yes_means_customer) for value in values}


def _meaning(value: str, *, yes_means_customer: bool) -> str:
    word = folded(value)
    if yes_means_customer and word in ("1", "yes", "true", "y"):
        return Meaning.CUSTOMER
    for meaning, words in _MEANING_WORDS:
        if any(one == word or (len(one) > 5 and one in word) for one in words):
            return meaning
    return Meaning.NEW_LEAD


def _column(
    profile: Profile, at: int, guess: Guess, *, kind: str, own: dict[str, CustomField], source: str
) -> dict[str, Any]:
    column = profile.columns[at]
    table = _OF_COMPANIES if kind == "companies" else _OF_PEOPLE
    decided: dict[str, Any] = {"target": "", "why": guess.reason}
    if guess.is_ignored:
        decided["target"] = "protected"
        return decided
    if not column.named or not column.filled:
        return decided
    target = table.get(guess.target or "", "")
    if target:
        decided["target"] = target
        if target in NEEDS_SOURCE:
            decided["source"] = source
        if target == "moment":
            decided["format"] = guess_date_format(column.samples) or "iso"
        if target in ("employees", "company_employees"):
            decided["format"] = _number_format(column.samples)
        if target == "status":
            decided["new"] = _new_field(column.name, "text", (), not_for_scores=True)
            _reuse(decided, own, column.name)
        return decided
    return _own_field(decided, guess, column.name, column.samples, own)


def _own_field(
    decided: dict[str, Any], guess: Guess, name: str, samples: Sequence[str], own: dict[str, CustomField]
) -> dict[str, Any]:
    """Nothing is thrown away: a column without a field of ours gets one of its own."""
    decided["target"] = "custom"
    custom = guess.custom
    kind = custom.type if custom else "text"
    late = bool(custom and custom.not_for_scores)
    decided["new"] = _new_field(name, kind, custom.choices if custom else (), not_for_scores=late)
    reused = _reuse(decided, own, name)
    kind = reused.type if reused else kind
    if kind == "number":
        decided["format"] = _number_format(samples)
    elif kind == "date":
        decided["format"] = guess_date_format(samples) or "iso"
    return decided


def _reuse(decided: dict[str, Any], own: dict[str, CustomField], name: str) -> CustomField | None:
    """The field that an earlier file of this kind made for a column of this name."""
    field = own.get(folded(name))
    if field is not None:
        decided["key"] = field.key
        del decided["new"]
    return field


def _new_field(label: str, type: str, choices: Sequence[str], *, not_for_scores: bool) -> dict[str, Any]:
    return {"label": label, "type": type, "choices": list(choices), "not_for_scores": not_for_scores}


def _number_format(samples: Sequence[str]) -> str:
    """Where two formats read the values alike, plain is as good; where they differ somebody has to say."""
    return guess_number_format(samples) or "plain"


def _keep_one_of_each(columns: list[dict[str, Any]]) -> None:
    """Two of ours may be one of theirs: the company's domain and its website both tell the domain."""
    seen: set[str] = set()
    for column in columns:
        target = column["target"]
        if target in ("company_domain", "moment", "status") and target in seen:
            column["target"] = ""
        seen.add(target)
