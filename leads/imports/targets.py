"""What the columns of a file may become, and what was decided of one file. Pure: nothing here touches the database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Suppression
from leads.intake.reading import DELIMITERS
from leads.intake.values import AMBIGUOUS, NUMBER_FORMATS

# The meaning of values that nobody listed.
OTHER = "*"


class Meaning(models.TextChoices):
    """What a value of the status column makes of somebody."""

    NEW_LEAD = "new_lead", gettext_lazy("New lead")
    PERSON = "person", gettext_lazy("Person only, no lead")
    RECYCLED = "recycled", gettext_lazy("Recycled: comes back later")
    CUSTOMER = "customer", gettext_lazy("Customer")
    DISQUALIFIED = "disqualified", gettext_lazy("Disqualified")


# What a column of a file of people may become.
PERSON_TARGETS = {
    "given_name": gettext_lazy("Given name"),
    "family_name": gettext_lazy("Family name"),
    "full_name": gettext_lazy("Full name"),
    "email": gettext_lazy("E-mail, matches people"),
    "phone": gettext_lazy("Phone"),
    "mobile": gettext_lazy("Mobile"),
    "social": gettext_lazy("Profile address"),
    "external_id": gettext_lazy("Outside id, matches people"),
    "title": gettext_lazy("Title"),
    "company_name": gettext_lazy("Company name"),
    "company_domain": gettext_lazy("Company domain, matches accounts"),
    "company_external_id": gettext_lazy("Company’s outside id, matches accounts"),
    "company_industry": gettext_lazy("Company’s industry"),
    "company_employees": gettext_lazy("Company’s employees"),
    "company_country": gettext_lazy("Company’s country"),
    "company_region": gettext_lazy("Company’s region"),
    "company_city": gettext_lazy("Company’s city"),
    "company_phone": gettext_lazy("Company’s phone"),
    "country": gettext_lazy("Country"),
    "region": gettext_lazy("Region"),
    "city": gettext_lazy("City"),
    "time_zone": gettext_lazy("Time zone"),
    "language": gettext_lazy("Language"),
    "source": gettext_lazy("Where they came from"),
    "moment": gettext_lazy("When it happened"),
    "status": gettext_lazy("Status: what each value means is asked next"),
    "do_not_email": gettext_lazy("Do not e-mail"),
    "do_not_call": gettext_lazy("Do not call"),
    "do_not_contact": gettext_lazy("Do not contact at all"),
    "consent": gettext_lazy("Agreed to e-mail: yes, no, or since when"),
}
COMPANY_TARGETS = {
    "company_name": gettext_lazy("Name"),
    "company_domain": gettext_lazy("Domain, matches accounts"),
    "company_external_id": gettext_lazy("Outside id, matches accounts"),
    "website": gettext_lazy("Website"),
    "industry": gettext_lazy("Industry"),
    "segment": gettext_lazy("Segment"),
    "employees": gettext_lazy("Employees"),
    "country": gettext_lazy("Country"),
    "region": gettext_lazy("Region"),
    "city": gettext_lazy("City"),
    "phone": gettext_lazy("Phone"),
    "incumbent": gettext_lazy("Incumbent vendor"),
    "contract_ends_on": gettext_lazy("Contract ends on"),
    "status": gettext_lazy("Status: what each value means is asked next"),
}
# A file has one of each of these; of the others the first column that is filled counts, or all of them do.
SINGLE_TARGETS = frozenset({"given_name", "family_name", "full_name", "moment", "status", "title"})
# What a file of people may say of the company beside its name.
COMPANY_FACTS = frozenset(target for target in PERSON_TARGETS if target.startswith("company_")) - {
    "company_name",
    "company_domain",
    "company_external_id",
}
NEEDS_SOURCE = frozenset({"external_id", "company_external_id"})
NEEDS_DATE_FORMAT = frozenset({"moment", "contract_ends_on", "consent"})
COUNTRIES = frozenset({"country", "company_country"})
SUPPRESSES = {
    "do_not_email": (Suppression.Channel.EMAIL,),
    "do_not_call": (Suppression.Channel.PHONE,),
    "do_not_contact": (Suppression.Channel.ALL,),
}

# Why a row or a value was not taken: code, and the words of the page and of the file of rejected rows.
REASONS = {
    "no_identity": gettext_lazy("No outside id, e-mail, phone, or name and company"),
    "no_company": gettext_lazy("No company name, domain or outside id"),
    "bad_email": gettext_lazy("E-mail is not an address"),
    "bad_phone": gettext_lazy("Phone is not a number"),
    "bad_moment": gettext_lazy("The moment cannot be read"),
    "future": gettext_lazy("The moment is in the future"),
    "bad_text": gettext_lazy("A value is too long, or cannot be stored"),
    "bad_domain": gettext_lazy("The company domain is not a domain"),
    "bad_external_id": gettext_lazy("An outside id cannot be stored"),
    "erased": gettext_lazy("Was erased and may not come back"),
    "undecodable": gettext_lazy("Characters that cannot be read"),
    "nul": gettext_lazy("Contains NUL"),
    "field_too_long": gettext_lazy("A field is longer than 10 kB"),
    "row_too_long": gettext_lazy("The row is longer than 64 kB"),
    "unterminated_quote": gettext_lazy("A quote is never closed"),
    "stray_quote": gettext_lazy("A closing quote is followed by more text"),
    "columns": gettext_lazy("Another number of columns than the first line"),
}
NOTES = {
    "unknown_country": gettext_lazy("Country not known: kept as written, in a field of its own"),
    "country_left_out": gettext_lazy("Country not known: left out"),
    "unknown_time_zone": gettext_lazy("Time zone not known: left out"),
    "unreadable_value": gettext_lazy("A value does not fit its field: left out"),
    "unreadable_opt_out": gettext_lazy("A do-not-contact column says neither yes nor no: taken as yes"),
    "consent_given": gettext_lazy("Agreed to get e-mail: noted with the file and the line"),
    "consent_refused": gettext_lazy("Said no to e-mail: noted with the file and the line"),
    "unreadable_consent": gettext_lazy("A consent column says neither yes nor no nor a day gone by: left out"),
    "unlisted_choice": gettext_lazy("A choice that its field does not list: kept as written"),
    "phone_left_out": gettext_lazy("Phone without digits: left out"),
    "suspect_domain": gettext_lazy("E-mail domain looks like another one"),
    "email_of_another": gettext_lazy("E-mail belongs to somebody else: left out"),
    "lead_ended": gettext_lazy("Leads that ended: reps do not work customers"),
    "silenced": gettext_lazy("Asked not to be contacted, with an open lead: no attempt is made that way any more"),
    "other_name": gettext_lazy("Another name for somebody with an open lead: the known one stays"),
    "other_company": gettext_lazy("Another company for somebody with an open lead: the known one stays"),
}


@dataclass
class Mapping:
    """What was decided on the columns page, as kept in `Import.mapping`."""

    columns: list[dict[str, Any]]
    empty: list[str] = field(default_factory=list)
    phone_country: str = ""
    zone: str = "UTC"

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Mapping:
        return cls(
            columns=stored.get("columns", []),
            empty=stored.get("empty", []),
            phone_country=stored.get("phone_country", ""),
            zone=stored.get("zone", "UTC"),
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "columns": self.columns,
            "empty": self.empty,
            "phone_country": self.phone_country,
            "zone": self.zone,
        }

    def index_of(self, target: str) -> int | None:
        return next((at for at, column in enumerate(self.columns) if column.get("target") == target), None)

    def has(self, *targets: str) -> bool:
        return any(column.get("target") in targets for column in self.columns)


def delimiter_choices() -> list[tuple[str, Any]]:
    labels = {",": _("comma"), ";": _("semicolon"), "\t": _("tab"), "|": _("bar")}
    return [(mark, f"{labels[mark]} ({mark})" if mark != "\t" else labels[mark]) for mark in DELIMITERS]


def number_format_choices() -> list[tuple[str, str]]:
    return [(item.key, item.label) for item in NUMBER_FORMATS.values()]


def targets_of(kind: str) -> dict[str, Any]:
    return COMPANY_TARGETS if kind == "companies" else PERSON_TARGETS


def problems_of(mapping: Mapping, *, kind: str, headers: Iterable[str]) -> list[str]:
    """Why a file cannot be read with these columns, in words; none when it can."""
    problems = []
    names = list(headers)
    for target in SINGLE_TARGETS:
        chosen = [names[at] for at, column in enumerate(mapping.columns) if column.get("target") == target]
        if len(chosen) > 1:
            facts = {"field": str(targets_of(kind).get(target, target)), "columns": ", ".join(chosen)}
            problems.append(_("“%(field)s” is chosen for %(columns)s. Choose one.") % facts)
    for at, column in enumerate(mapping.columns):
        if column.get("target", "") in NEEDS_SOURCE and not column.get("source"):
            problems.append(_("“%(column)s”: say which system this id comes from.") % {"column": names[at]})
        if column.get("format") == AMBIGUOUS:
            problems.append(_("“%(column)s”: choose how its values are written.") % {"column": names[at]})

    names_a_company = mapping.has("company_name", "company_domain", "company_external_id")
    if kind == "companies" and not names_a_company:
        problems.append(_("Choose a column for the company’s name, domain or outside id."))
    if kind == "people" and not mapping.has("external_id", "email", "phone", "mobile"):
        has_name = mapping.has("full_name", "given_name", "family_name")
        if not (has_name and names_a_company):
            problems.append(
                _("Choose what tells people apart: an outside id, an e-mail, a phone, or name and company.")
            )
    return problems
