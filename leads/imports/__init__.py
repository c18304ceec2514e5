"""What the columns of a file become and how its rows are read. Pure; the writing is in `leads.actions`."""

from leads.imports.cells import RowRefused
from leads.imports.guesses import guessed_mapping, guessed_meanings
from leads.imports.rows import Draft, RowReader
from leads.imports.targets import (
    COMPANY_TARGETS,
    COUNTRIES,
    NEEDS_DATE_FORMAT,
    NEEDS_SOURCE,
    NOTES,
    OTHER,
    PERSON_TARGETS,
    REASONS,
    Mapping,
    Meaning,
    delimiter_choices,
    number_format_choices,
    problems_of,
    targets_of,
)

__all__ = [
    "COMPANY_TARGETS",
    "COUNTRIES",
    "NEEDS_DATE_FORMAT",
    "NEEDS_SOURCE",
    "NOTES",
    "OTHER",
    "PERSON_TARGETS",
    "REASONS",
    "Draft",
    "Mapping",
    "Meaning",
    "RowReader",
    "RowRefused",
    "delimiter_choices",
    "guessed_mapping",
    "guessed_meanings",
    "number_format_choices",
    "problems_of",
    "targets_of",
]
