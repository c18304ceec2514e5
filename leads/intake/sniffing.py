"""Encoding and delimiter of a file, where nobody says them."""

import codecs
import csv
import re
from collections import Counter
from typing import BinaryIO, NamedTuple

from django.utils.translation import gettext as _

from leads.intake.records import MAX_ROW_BYTES, UnreadableFile

DELIMITERS = (",", ";", "\t", "|")
# What may be chosen by hand. One byte a character: every one of them agrees with ASCII on quotes and line ends.
ENCODINGS = ("utf-8", "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "iso-8859-2", "iso-8859-15", "mac-roman")


class Encoding(NamedTuple):
    """How the bytes are read, and whether somebody has to say that it is right."""

    encoding: str
    bom: int = 0
    guessed: bool = False
    undecodable_lines: int = 0


def encoding_of(stream: BinaryIO, head: bytes, *, size: int, is_utf8: bool, chosen: str | None) -> Encoding:
    """By its mark, by what was chosen, by being valid UTF-8 throughout; else a guess."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise UnreadableFile(_("This file is written in UTF-32. Save it as “CSV UTF-8” and upload it again."))
    for mark, wide in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if head.startswith(mark):
            return _wide(wide, bom=2, size=size)
    if (wide_by_zeros := _looks_wide(head)) is not None:
        return _wide(wide_by_zeros, bom=0, size=size)

    bom = 3 if head.startswith(codecs.BOM_UTF8) else 0
    if chosen is not None:
        if chosen not in ENCODINGS:
            raise UnreadableFile(_("“%(name)s” is not an encoding we read.") % {"name": chosen})
        return Encoding(chosen, bom)
    if is_utf8:
        return Encoding("utf-8", bom)

    valid, invalid = _count_lines_beyond_ascii(stream)
    # A few lines of cp1252 are UTF-8 by chance. Where both kinds are many, one half would be read wrongly
    # without a word: then the lines that are not UTF-8 are rejected instead.
    if not bom and valid * 10 <= invalid:
        return Encoding("cp1252", 0, guessed=True)
    return Encoding("utf-8", bom, guessed=True, undecodable_lines=invalid)


def _wide(encoding: str, *, bom: int, size: int) -> Encoding:
    if size % 2:
        raise UnreadableFile(_("This UTF-16 file ends in the middle of a character: it seems to be cut off."))
    return Encoding(encoding, bom, guessed=not bom)


def _looks_wide(head: bytes) -> str | None:
    """UTF-16 without its mark: nearly every other byte of western text is zero."""
    pairs = len(head) // 2
    if pairs and head[1::2].count(0) > pairs * 0.7 and head[::2].count(0) < pairs * 0.1:
        return "utf-16-le"
    if pairs and head[::2].count(0) > pairs * 0.7 and head[1::2].count(0) < pairs * 0.1:
        return "utf-16-be"
    return None


def _count_lines_beyond_ascii(stream: BinaryIO) -> tuple[int, int]:
    """How many lines with more than ASCII are UTF-8, and how many are not."""
    valid = invalid = 0
    stream.seek(0)
    while line := stream.readline(MAX_ROW_BYTES):
        if line.isascii():
            continue
        try:
            line.decode()
            valid += 1
        except UnicodeDecodeError:
            invalid += 1
    return valid, invalid


def delimiter_of(text: str) -> str:
    """The delimiter that splits most records of the sample as often as it splits the column names."""
    whole = text[: text.rfind("\n") + 1] or text[: text.rfind("\r") + 1] or text
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        widths = _widths(whole, delimiter)
        common, times = Counter(widths).most_common(1)[0] if widths else (1, 0)
        agreed = widths.count(widths[0]) if widths and widths[0] > 1 else times / 2
        width = widths[0] if widths and widths[0] > 1 else common
        score = (round(agreed / len(widths), 1), width) if width > 1 else (0.0, 0)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _widths(text: str, delimiter: str) -> list[int]:
    lines = (line for line in re.split(r"(?<=\n)|(?<=\r)(?!\n)", text) if line.strip("\r\n"))
    widths = []
    try:
        for row in csv.reader(lines, delimiter=delimiter):
            widths.append(len(row))
    except csv.Error:
        # A field beyond the module's limit: what was seen before it must do.
        pass
    return widths
