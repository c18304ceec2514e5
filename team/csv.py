"""A table as a file for spreadsheets: streamed line by line, and no cell of it runs as a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse

# What a spreadsheet takes for the beginning of a formula, in both widths.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def guard_cell(value: str) -> str:
    """Keep a spreadsheet from running this cell as a formula: it starts with an apostrophe."""
    return "'" + value if value.lstrip("'").startswith(FORMULA_SIGNS) else value


def unguard_cell(value: str) -> str:
    """Take off the apostrophe of `guard_cell`, so that an exported file comes in again as it was."""
    return value[1:] if value.startswith("'") and value.lstrip("'").startswith(FORMULA_SIGNS) else value


def safe_row(cells: Iterable[object]) -> list[str]:
    """One line of a file: nothing is empty, words are guarded, and a number stays one, also below zero."""
    return [
        str(cell) if isinstance(cell, int | float) else guard_cell("" if cell is None else str(cell)) for cell in cells
    ]


def csv_file(name: str, rows: Iterable[Iterable[object]]) -> StreamingHttpResponse:
    """The rows as a download, each written when it is read."""
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL)

    def lines() -> Iterator[str]:
        # Without it spreadsheets take the letters of other languages for something else.
        yield "\ufeff"
        for row in rows:
            yield writer.writerow(safe_row(row))

    return StreamingHttpResponse(
        lines(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


class _Echo:
    """The csv module writes to a file; this one hands the line back."""

    def write(self, line: str) -> str:
        return line
