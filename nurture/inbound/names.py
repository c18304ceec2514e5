"""Whom a header names: each address, and what its owner is called. Pure."""

from __future__ import annotations

import re
from email.utils import getaddresses
from typing import NamedTuple

from nurture.inbound.parts import HEADER_MAX, WORD, decoded_header

NAME_MAX, ADDRESS_MAX = 200, 254

# What may hold an @, a comma or a bracket and names nobody: encoded words, what is quoted, and remarks.
WORDS = re.compile(rf"""{WORD}|"(?:[^"\\]|\\.)*"|\((?:[^()\\]|\\.)*\)""", re.IGNORECASE)
REMARK = re.compile(r"\(((?:[^()\\]|\\.)*)\)")
ANGLE = re.compile(r"<([^<>]*)>")
BETWEEN = re.compile(r"[,;]|\Z")
AROUND = re.compile(r"[\s<>,;:()\"]+")


class Named(NamedTuple):
    name: str = ""
    address: str = ""


def first_named(header: str) -> Named:
    """Of a header as it stands in the mail; only with a name, or empty, where no address can be read in it."""
    return next(iter(named_in(header)), Named(_called(header.partition("<")[0])))


def named_in(header: str) -> list[Named]:
    """Everybody with an address. The header is taken apart before it is decoded, as what a name says once it is decoded
    may look like anything; only where no address stands in it so, is it looked for in the words."""
    header = header[:HEADER_MAX]
    for said in (header, decoded_header(header)):
        for bare in (WORDS.sub(lambda words: " " * len(words[0]), said), said):
            if found := _read(said, bare):
                return found
    # Something quoted or remarked in an address without brackets is rare, and allowed.
    rare = getaddresses([header]) if '"' in header or "(" in header else []
    return [Named(_called(name), _kept(address)) for name, address in rare if _is_address(address)]


def _read(said: str, bare: str) -> list[Named]:
    """`bare`: the same without what names nobody, each thing where it was. A comma that nobody quoted in a name is not
    told from the one between two addresses until one stands before it."""
    found, begin, last = [], 0, 0
    for between in BETWEEN.finditer(bare):
        end = between.start()
        if named := _one(said[:end], bare[:end], begin, last):
            found.append(named)
            begin = between.end()
        last = between.end()
    return found


def _one(said: str, bare: str, begin: int, last: int) -> Named | None:
    """Whose name begins at the one place, and whose address behind the other."""
    for angle in reversed(list(ANGLE.finditer(bare, last))):
        inside = said[angle.start(1) : angle.end(1)].rpartition(":")[2].strip()
        # Quoted, a space is part of it; else the line was only broken there.
        address = inside if '"' in inside else "".join(inside.split())
        if _is_address(address):
            return Named(_called(said[begin : angle.start()]), _kept(address))
    # Outlook puts one in single quotes; within them they are the owner's: o'brien.
    address = next(filter(_is_address, (one.strip("'") for one in AROUND.split(bare[last:]))), "")
    if not address:
        return None
    remark = REMARK.search(said, last)
    return Named(_called(remark[1]) if remark else "", _kept(address))


def _is_address(text: str) -> bool:
    return "@" in text[1:-1]


def _kept(address: str) -> str:
    return decoded_header(address).lower()[:ADDRESS_MAX]


def _called(said: str) -> str:
    """By no address, which anybody can write there."""
    name = decoded_header(re.sub(r"\\(.)", r"\1", said)).strip("\"' ")
    return "" if re.search(r"\S@\S", name) else name[:NAME_MAX].strip()
