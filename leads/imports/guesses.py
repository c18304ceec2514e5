"""The columns page as it is first shown: what each column probably becomes. Nothing is decided here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from accounts.models import CustomField
from accounts.normalise import folded
from leads.imports.targets import NEEDS_SOURCE, Mapping, Meaning
from leads.intake.guessing import Guess, guess_mapping, guess_source
from leads.intake.reading import Profile
from leads.intake.values import guess_date_format, guess_number_format, looks_empty
from leads.intake.vocabulary import NO, NOTHING, YES

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
    "lead.consent": "consent",
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
# Words for a status, without case and punctuation; within a longer value the longest of them counts.
_MEANING_WORDS: tuple[tuple[str, str], ...] = (
    (Meaning.CUSTOMER, "customer|client|won|closed won|converted|kunde|subscribed customer"),
    (
        "recycled:not_ready",
        "not ready|not now|not yet|bad timing|no timeframe|no budget|on hold|postponed",
    ),
    ("recycled:mid_contract", "mid contract|under contract|in contract|has contract|contract running"),
    ("recycled:no_authority", "no authority|no decision maker|not decision maker|not the decision maker"),
    (
        "recycled:unresponsive",
        "unresponsive|no response|no reply|no answer|not responding|unreachable|not reached",
    ),
    ("recycled:wrong_person", "wrong person|wrong contact"),
    ("recycled:left_company", "left company|left the company|no longer there|changed job|changed jobs|job change"),
    ("recycled:lost_deal", "lost|lost deal|deal lost|closed lost|lost opportunity|opportunity lost|lost to competitor"),
    (Meaning.RECYCLED, "recycled|recycle|nurture|nurturing|later"),
    ("disqualified:competitor", "competitor|competition"),
    ("disqualified:student_or_job_seeker", "student|job seeker|jobseeker|applicant"),
    ("disqualified:opted_out", "opted out|opt out|unsubscribed|do not contact|dnc"),
    ("disqualified:out_of_business", "out of business|bankrupt|insolvent|closed down"),
    ("disqualified:not_our_market", "not our market|not interested|not a fit|no fit|bad fit|wrong market|no need"),
    ("disqualified:bad_data", "bad data|wrong number|bounced|fake|invalid"),
    (Meaning.DISQUALIFIED, "disqualified|unqualified|not qualified|bad|junk|spam|rejected|dead"),
    (
        Meaning.PERSON,
        "subscriber|evangelist|opportunity|other|refunded|cancelled|canceled|no show|person|contact|partner|supplier",
    ),
    (
        Meaning.NEW_LEAD,
        "new|new lead|lead|open|neu|offen|fresh|raw|prospect|prospective customer|not contacted|uncontacted|unworked"
        "|to contact|to call|contacted|attempted|attempted to contact|attempting|connected|working|in progress|assigned"
        "|mql|sql|sal|marketing qualified lead|marketingqualifiedlead|sales qualified lead|salesqualifiedlead"
        "|qualified|hot|warm|inquiry|enquiry|interested|registered|attended|downloaded|not converted|unconverted"
        "|not a customer",
    ),
)
_MEANING_OF = {word: meaning for meaning, words in _MEANING_WORDS for word in words.split("|")}
# Within a longer value only what nothing else is written with.
_PART_MIN = 6
_YES_MEANS_CUSTOMER = ("convert", "customer", "won", "client", "kunde")
# Beside a phrase each of these may turn it around; what they make of it is for somebody to say.
_TURNS_AROUND = frozenset(
    word
    for words in (
        "no not never non without any anymore",
        "former formerly ex lost churned past previous previously",
        "potential potentially prospective possible future",
        "kein keine nicht nie ehemalig ehemalige ehemaliger",
    )
    for word in words.split()
)

# What makes a whole company a customer, or lets somebody sleep for years, is guessed within a longer value only where
# nothing but such words and figures stands beside it: a "customer event" and a "contract negotiation" are other things.
_SAFE_BESIDE = {
    Meaning.CUSTOMER.value: frozenset({
        "existing", "current", "active", "paying", "live", "new", "signed", "closed", "won", "deal", "converted",
        "became", "become", "is", "now", "already", "since", "to", "a", "an", "our", "the", "customer", "client",
    }),
    "recycled:mid_contract": frozenset({
        "still", "currently", "now", "already", "in", "with", "another", "other", "a", "an", "the", "until", "long",
        "term", "vendor", "supplier", "provider", "competitor",
    }),
}  # fmt: skip


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
    """What each value of a status column probably means; of a word that says nothing to us somebody has to say it."""
    wanted = folded(header)
    is_turned = not _TURNS_AROUND.isdisjoint(_words(header).split())
    yes_means_customer = not is_turned and any(word in wanted for word in _YES_MEANS_CUSTOMER)
    guesses = {value: _meaning(value, yes_means_customer=yes_means_customer) for value in values}
    return {value: meaning for value, meaning in guesses.items() if meaning}


def _meaning(value: str, *, yes_means_customer: bool) -> str:
    if folded(value) in NOTHING:
        return Meaning.NEW_LEAD
    if yes_means_customer and folded(value) in YES | NO:
        return Meaning.CUSTOMER if folded(value) in YES else Meaning.NEW_LEAD
    word = _words(value)
    if word in _MEANING_OF:
        return _MEANING_OF[word]
    padded = f" {word} "
    parts = (one for one in _MEANING_OF if len(one) >= _PART_MIN and f" {one} " in padded)
    longest = max(parts, key=len, default="")
    meaning = _MEANING_OF.get(longest, "")
    beside = {one for one in padded.replace(f" {longest} ", " ", 1).split() if not one.isdigit()}
    is_safe = beside <= _SAFE_BESIDE.get(meaning, beside)
    return meaning if is_safe and _TURNS_AROUND.isdisjoint(beside) else ""


def _words(value: str) -> str:
    """Without case and punctuation; n't is a "not"."""
    return " ".join(re.findall(r"\w+", re.sub(r"n['’]t\b", " not", folded(value).replace("_", " "))))


def _column(
    profile: Profile, at: int, guess: Guess, *, kind: str, own: dict[str, CustomField], source: str
) -> dict[str, Any]:
    column = profile.columns[at]
    table = _OF_COMPANIES if kind == "companies" else _OF_PEOPLE
    decided: dict[str, Any] = {"target": "", "why": guess.reason}
    if guess.is_ignored:
        decided["target"] = "protected"
        return decided
    if not column.named or not column.filled_beside(looks_empty(column.samples)):
        return decided
    target = table.get(guess.target or "", "")
    if target:
        decided["target"] = target
        if target in NEEDS_SOURCE:
            decided["source"] = source
        if target in ("moment", "consent"):
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
        if target in ("company_domain", "consent", "moment", "status") and target in seen:
            column["target"] = ""
        seen.add(target)
