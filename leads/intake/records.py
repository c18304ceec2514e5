"""A delimited file, one record at a time.

No row can stop the reading: what cannot be read is a BadRecord and the next line is read afresh. Reading can be
taken up again behind any record, and gives the same records wherever it was interrupted.
"""

import codecs
import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from django.utils.translation import gettext as _

from team.csv import guard_cell as guard_any_cell
from team.csv import unguard_cell

MAX_FIELD_BYTES = 10 * 1024
MAX_ROW_BYTES = 64 * 1024
MAX_RECORD_LINES = 100

WIDE_ENCODINGS = ("utf-16-le", "utf-16-be")

_PHONE = re.compile(r"\+[0-9 ()-]+")

BLOCK_BYTES = 256 * 1024
HEAD_BYTES = 1_000

FileOrPath = str | Path | BinaryIO


class UnreadableFile(Exception):
    """This file cannot be imported as it is. Safe to show to a marketer."""


class Checkpoint(NamedTuple):
    """Behind which record reading may go on: its number, its last line, the byte where the next one starts."""

    row_no: int
    line_no: int
    offset: int


class Layout(NamedTuple):
    """All the reader must know of a file. No number of columns means that any number is right."""

    encoding: str
    delimiter: str
    columns: int | None
    start: Checkpoint


class Record(NamedTuple):
    row_no: int
    line_no: int
    values: list[str]
    raw: str
    start: int
    checkpoint: Checkpoint


class BadRecord(NamedTuple):
    """A row that cannot be read. `raw` is safe to store; the very bytes lie from `start` to the checkpoint."""

    row_no: int
    line_no: int
    reason_code: str
    reason: str
    raw: str
    start: int
    checkpoint: Checkpoint


def read_records(stream: BinaryIO, layout: Layout, *, after: Checkpoint | None = None) -> Iterator[Record | BadRecord]:
    """Every record behind `after`, good or bad, in the order of the file.

    A blank line is no record; every other physical line belongs to exactly one.
    """
    row_no, line_no, offset = after or layout.start
    lines = _Lines(stream, offset=offset, encoding=layout.encoding)
    parser = _Parser(lines, layout)

    while lines.has(0):
        length = lines.lengths[lines.at]
        if length <= MAX_ROW_BYTES and not lines.held[lines.at].strip(b" \r\n"):
            lines.at += 1
            line_no += 1
            offset += length
            continue

        start, first_line = offset, line_no + 1
        taken, raw, values, trouble = parser.parse()
        offset += sum(islice(lines.lengths, lines.at, lines.at + taken)) if taken > 1 else length
        lines.at += taken
        row_no += 1
        line_no += taken
        behind = Checkpoint(row_no, line_no, offset)
        if trouble is None:
            yield Record(row_no, first_line, values, raw, start, behind)
        else:
            code, facts = trouble
            reason = bad_reason(code, **{"line": first_line, **facts})
            yield BadRecord(row_no, first_line, code, reason, raw.replace("\0", "\\x00"), start, behind)


def bad_reason(code: str, **facts: object) -> str:
    """Why a row was not read, in words for the file of rejected rows."""
    words = {
        "undecodable": _("has characters that cannot be read as %(encoding)s"),
        "nul": _("contains NUL"),
        "field_too_long": _("column %(column)s is longer than 10 kB"),
        "row_too_long": _("is longer than 64 kB"),
        "unterminated_quote": _("the quote opened on line %(line)s is not closed"),
        "stray_quote": _("a closing quote on line %(line)s is followed by more text"),
        "columns": _("expected %(expected)s columns, found %(found)s"),
    }
    return words[code] % facts


@contextmanager
def opened(file: FileOrPath) -> Iterator[BinaryIO]:
    """The file for reading bytes; one that is open already stays open."""
    if isinstance(file, str | Path):
        with Path(file).open("rb") as stream:
            yield stream
    else:
        yield file


def guard_cell(value: str, *, is_phone: bool = False) -> str:
    """As in every file of ours; a number that is nothing but a phone number may stay as it is in a column of phones."""
    return value if is_phone and _PHONE.fullmatch(value) else guard_any_cell(value)


# What is wrong with a row: the code and the numbers its sentence needs.
_Trouble = tuple[str, dict[str, object]]
_Parsed = tuple[int, str, list[str], _Trouble | None]


class _Parser:
    """Reads one record from where the lines stand, without moving them."""

    def __init__(self, lines: "_Lines", layout: Layout) -> None:
        self._lines = lines
        self._encoding = lines.encoding
        self._named_encoding = layout.encoding.upper()
        self._delimiter = layout.delimiter
        self._columns = layout.columns
        self._feed = _Feed(lines)
        self._reader = csv.reader(self._feed, delimiter=layout.delimiter, strict=True)

    def parse(self) -> _Parsed:
        """How many lines the record takes, its text, its values, and what is wrong with it."""
        line = self._lines.held[self._lines.at]
        length = self._lines.lengths[self._lines.at]
        if length > MAX_ROW_BYTES:
            return 1, self._shown(line) + "…", [], ("row_too_long", {})
        if b'"' in line:
            return self._parse_quoted()

        try:
            text = line.decode(self._encoding).rstrip("\r\n")
        except UnicodeDecodeError:
            return 1, self._shown(line), [], self._undecodable()
        return self._checked(1, text, text.split(self._delimiter), size=length)

    def _parse_quoted(self) -> _Parsed:
        """Give the lines to the csv module until the record ends.

        A quote that is never closed would swallow the good rows behind it. So a record that does not end within a
        hundred lines and 64 kB, or ends in a way no writer would write, costs its opening line only.
        """
        feed = self._feed
        feed.begin()
        try:
            values = next(self._reader)
        except csv.Error:
            first = self._shown(self._lines.held[self._lines.at])
            if feed.grew_too_long:
                return 1, first, [], ("row_too_long", {})
            if feed.starved or len(feed.texts) > 1:
                return 1, first, [], ("unterminated_quote", {})
            return 1, first, [], ("stray_quote", {})

        texts = feed.texts
        text = "".join(texts).rstrip("\r\n") if len(texts) > 1 else texts[0].rstrip("\r\n")
        if feed.undecodable:
            return len(texts), text, [], self._undecodable()
        if len(texts) > 1 and self._has_swallowed_a_row(values, texts):
            return 1, texts[0].rstrip("\r\n"), [], ("unterminated_quote", {})
        return self._checked(len(texts), text, values, size=feed.size)

    def _checked(self, taken: int, text: str, values: list[str], *, size: int) -> _Parsed:
        if "\0" in text:
            return taken, text, [], ("nul", {})
        if size > MAX_FIELD_BYTES:
            for number, value in enumerate(values, start=1):
                if len(value.encode()) > MAX_FIELD_BYTES:
                    return taken, text, [], ("field_too_long", {"column": number})
        if self._columns is not None and len(values) != self._columns:
            return taken, text, [], ("columns", {"expected": self._columns, "found": len(values)})
        if "'" in text:
            values = [unguard_cell(value) for value in values]
        return taken, text, values, None

    def _has_swallowed_a_row(self, values: list[str], texts: list[str]) -> bool:
        """A record of the wrong width in which a line is a row by itself was opened by a stray quote."""
        if self._columns is None or self._columns < 2 or len(values) == self._columns:
            return False
        rows = csv.reader(iter(texts[1:]), delimiter=self._delimiter)
        return any(len(row) == self._columns for row in rows)

    def _shown(self, line: bytes) -> str:
        return line.decode(self._encoding, "backslashreplace").rstrip("\r\n")

    def _undecodable(self) -> _Trouble:
        return "undecodable", {"encoding": self._named_encoding}


class _Feed:
    """Hands the csv module one physical line after the other, until a record may take no more."""

    def __init__(self, lines: "_Lines") -> None:
        self._lines = lines
        self.begin()

    def begin(self) -> None:
        self.texts: list[str] = []
        self.size = 0
        self.starved = False
        self.grew_too_long = False
        self.undecodable = False

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        ahead = len(self.texts)
        if ahead >= MAX_RECORD_LINES or not self._lines.has(ahead):
            self.starved = True
            raise StopIteration
        self.size += self._lines.lengths[self._lines.at + ahead]
        if self.size > MAX_ROW_BYTES:
            self.grew_too_long = True
            raise StopIteration

        line = self._lines.held[self._lines.at + ahead]
        try:
            text = line.decode(self._lines.encoding)
        except UnicodeDecodeError:
            self.undecodable = True
            text = line.decode(self._lines.encoding, "backslashreplace")
        self.texts.append(text)
        return text


class _Lines:
    """Physical lines from an offset on: `held` from `at`, with the bytes each takes in the file.

    UTF-16 is held as UTF-8, so that a line means the same in every encoding. Of a line longer than a row may be,
    only the head is held.
    """

    def __init__(self, stream: BinaryIO, *, offset: int, encoding: str) -> None:
        stream.seek(offset)
        self._stream = stream
        self._wide = encoding if encoding in WIDE_ENCODINGS else None
        self._decoder = codecs.getincrementaldecoder(self._wide)("surrogatepass") if self._wide else None
        self.encoding = "utf-8" if self._wide else encoding
        self.held: list[bytes] = []
        self.lengths: list[int] = []
        self.at = 0
        self._rest = b""
        self._head = b""
        self._skipped = 0
        self._ended = False

    def has(self, ahead: int) -> bool:
        while self.at + ahead >= len(self.held):
            if self._ended:
                return False
            self._read_block()
        return True

    def _read_block(self) -> None:
        del self.held[: self.at], self.lengths[: self.at]
        self.at = 0

        block = self._stream.read(BLOCK_BYTES)
        self._ended = not block
        if self._decoder:
            block = self._decoder.decode(block, final=self._ended).encode("utf-8", "surrogatepass")
        # Only \n, \r\n and \r end a line of bytes; for text splitlines knows seven more.
        lines = (self._rest + block).splitlines(keepends=True)
        # A last \r may be the first half of \r\n.
        self._rest = lines.pop() if lines and not self._ended and not lines[-1].endswith(b"\n") else b""

        if self._skipped and (lines or self._ended):
            self._end_long_line(lines.pop(0) if lines else b"")
        self._keep(lines)
        if len(self._rest) > 2 * MAX_ROW_BYTES or (self._skipped and self._rest):
            self._skip_rest()

    def _keep(self, lines: list[bytes]) -> None:
        lengths = list(map(len, lines)) if not self._wide else [self._bytes_in_file(line) for line in lines]
        if lengths and max(lengths) > MAX_ROW_BYTES:
            for number, length in enumerate(lengths):
                if length > MAX_ROW_BYTES:
                    lines[number] = lines[number][:HEAD_BYTES]
        self.held += lines
        self.lengths += lengths

    def _skip_rest(self) -> None:
        """Forget a line that is too long already, but for a last \\r."""
        kept = b"\r" if self._rest.endswith(b"\r") else b""
        gone = self._rest[: len(self._rest) - len(kept)]
        self._head = self._head or gone[:HEAD_BYTES]
        self._skipped += self._bytes_in_file(gone)
        self._rest = kept

    def _end_long_line(self, tail: bytes) -> None:
        self.held.append(self._head)
        self.lengths.append(self._skipped + self._bytes_in_file(tail))
        self._head, self._skipped = b"", 0

    def _bytes_in_file(self, text: bytes) -> int:
        if not self._wide:
            return len(text)
        return len(text.decode("utf-8", "surrogatepass").encode(self._wide, "surrogatepass"))
