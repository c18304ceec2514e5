"""One spelling for what people write in many ways: addresses, numbers, countries, words to be found by.

Pure functions. What cannot be right is refused with a BadValue whose words a marketer can act on; what is merely
unusual is kept.
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

import idna
import phonenumbers
from django.utils.translation import gettext as _
from email_validator import EmailNotValidError, validate_email

from accounts.domains import DATA, PRIVATE_SUFFIXES, is_reserved, registrable
from team.words import folded as folded

MAX_GRAPHEMES = 200
MAX_COMBINING_MARKS = 16
MAX_PHONE_DIGITS = 20
MIN_PHONE_DIGITS = 4
MAX_EMAIL = 254


class BadValue(ValueError):
    """This value cannot be taken. Safe to show to the person who sent it."""


class Email(NamedTuple):
    """`display` is as written; people are one person by `normalised`. `is_suspect`: its domain looks like another."""

    display: str
    normalised: str
    domain: str
    is_suspect: bool


class Phone(NamedTuple):
    """`normalised` is E.164 where the country is certain, and then `is_verified`; else the digits as written."""

    raw: str
    normalised: str
    extension: str
    is_verified: bool


@lru_cache(maxsize=4096)
def email(value: str) -> Email:
    """An address at a public domain.

    Two spellings are one address when their domains agree after NFKC, case folding and IDNA, and their local parts
    in lower case. Plus tags and dots are kept: who writes them differently may be somebody else.
    """
    address = _bare_address(value)
    if address.count("@") > 1 and '"' not in address:
        raise BadValue(_("has two addresses where one is expected"))
    local, _at, host = address.rpartition("@")
    if not local or not host:
        raise BadValue(_("is not an e-mail address"))
    if not local.isascii():
        raise BadValue(_("has letters before the @ that most mail systems refuse"))
    if host.startswith("["):
        raise BadValue(_("names a machine, not a domain"))

    domain = _ascii_host(host)
    suffix = domain.rpartition(".")[2]
    if "." not in domain or suffix in PRIVATE_SUFFIXES:
        raise BadValue(_("is not at a public domain"))
    try:
        # Reserved domains are good enough for us, and the library refuses some of them.
        asked = f"{local}@{domain}.com" if is_reserved(domain) else f"{local}@{domain}"
        checked = validate_email(asked, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as error:
        raise BadValue(_("is not an e-mail address")) from error
    normalised = f"{checked.local_part.lower()}@{domain}"
    if len(normalised) > MAX_EMAIL or len(address) > MAX_EMAIL:
        raise BadValue(_("is longer than an address may be"))
    return Email(address, normalised, domain, _looks_like_another(host))


def without_plus_tag(normalised: str) -> str:
    """The second form under which an address is suppressed: ana+news@x.com is silent when ana@x.com is."""
    local, _at, domain = normalised.rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


@lru_cache(maxsize=4096)
def phone(value: str, country: str = "") -> Phone:
    """A number, in E.164 where that is certain: it says its country, or is a valid number of the country given.

    Anything else keeps its digits and is unverified, because a country guessed wrongly calls a stranger.
    """
    raw = text(value, limit=100)
    if _ROUNDED.fullmatch(raw):
        raise BadValue(_("was rounded by a spreadsheet; format the column as text and export it again"))
    number = _TRUNK_ZERO.sub("", unicodedata.normalize("NFKC", raw))
    number = _INTERNATIONAL_PREFIX.sub("+", number)
    main, extension = _without_extension(number)
    digits = "".join(str(unicodedata.digit(c)) for c in main if c.isdigit())
    if len(digits) > MAX_PHONE_DIGITS:
        raise BadValue(_("has more digits than a phone number may have"))

    main = main.removeprefix("tel:")
    says_country = main.lstrip(" (").startswith("+")
    try:
        parsed = phonenumbers.parse(main, None if says_country else country or None)
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is not None:
        is_valid = phonenumbers.is_valid_number(parsed)
        if is_valid or (says_country and phonenumbers.is_possible_number(parsed)):
            e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
            return Phone(raw, e164, extension, is_valid)
    if len(digits) < MIN_PHONE_DIGITS:
        raise BadValue(_("is not a phone number"))
    return Phone(raw, f"+{digits}" if says_country else digits, extension, is_verified=False)


@lru_cache(maxsize=4096)
def domain(value: str) -> str:
    """The company's domain out of an address on the web, a host or an e-mail address."""
    host = value.strip().casefold()
    host = _SCHEME.sub("", host)
    host = re.split(r"[/?#\\]", host, maxsplit=1)[0].rpartition("@")[2]
    host = _PORT.sub("", host).rstrip(".")
    if not host or host.startswith("[") or " " in host or "." not in host:
        raise BadValue(_("is not a domain"))
    found = registrable(_ascii_host(host))
    if not found:
        raise BadValue(_("is not a domain"))
    return found


def text(value: str, *, limit: int = MAX_GRAPHEMES, most: int | None = None, is_long: bool = False) -> str:
    """What somebody wrote, in NFC on one line (or, `is_long`, several), without what turns or hides the line.

    `limit` counts characters as people do, `most` as the database does. Longer is refused, never cut; of more than
    16 marks on one letter the rest is dropped.
    """
    clean = _cleaned(value, is_long=True) if is_long else one_line(value)
    if len(clean) > limit and _graphemes(clean) > limit:
        raise BadValue(_("is longer than %(limit)d characters") % {"limit": limit})
    if most is not None and len(clean) > most:
        raise BadValue(_("is longer than %(limit)d characters") % {"limit": most})
    return clean


def one_line(value: str) -> str:
    """In NFC, without what turns or hides the line; of more than 16 marks on one letter the rest is dropped."""
    if value.isascii() and value.isprintable():
        return " ".join(value.split()) if "  " in value else value.strip()
    return _cleaned(value, is_long=False)


@lru_cache(maxsize=1024)
def country(value: str) -> str:
    """ISO alpha-2 of a country by its code or one of its names; empty when nobody calls it that."""
    wanted = _country_key(value)
    if found := _countries().get(wanted) or _countries().get(wanted.removeprefix("the ")):
        return found
    before, bracket, _inside = value.partition("(")
    return country(before) if bracket else ""


@cache
def country_names() -> dict[str, str]:
    """The English name of every country by its ISO alpha-2, in the order of the names."""
    lines = (DATA / "countries.txt").read_text(encoding="utf-8").splitlines()
    named = (line.split("|")[::2][:2] for line in lines if not line.startswith("#"))
    return dict(sorted(((code, name) for code, name in named), key=lambda one: folded(one[1])))


def run_together(folded_words: str) -> str:
    """O'Neill, O’Neill and O Neill as whoever types oneill means them; of words that are folded already."""
    return _INITIAL_ALONE.sub(r"\1", _APOSTROPHES.sub("", folded_words))


def without_apostrophes(folded_words: str) -> str:
    return _APOSTROPHES.sub("", folded_words)


def search_text(*parts: str) -> str:
    """All by which a person is found, folded: each part once, on a line of its own so that none runs on.

    What is written with an apostrophe, or with a letter that stands alone, has a second line without.
    """
    words = [word for part in parts if part and (word := folded(part))]
    return "\n".join(dict.fromkeys(line for word in words for line in (word, run_together(word))))


def _bare_address(value: str) -> str:
    """Without the spaces, brackets and display name around it."""
    refuse_unstorable(value)
    address = value.strip(_INVISIBLE_EDGES).removeprefix("mailto:")
    if address.endswith(">") and address.count("<") == 1 and address.count(">") == 1:
        address = address[address.index("<") + 1 : -1].strip(_INVISIBLE_EDGES)
    return address


def _ascii_host(host: str) -> str:
    """The A-label form of a host: NFKC and case folding first, so that every spelling of it is one."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", host).casefold()).replace("。", ".")
    # Signs such as ⒈ hide a dot, and with it another domain.
    if len(plain) > 253 or plain.count(".") > sum(map(host.count, ".。．｡")):
        raise BadValue(_("is not a domain"))
    if plain.isascii() and "xn--" not in plain:
        if not _HOST.fullmatch(plain) or any(len(label) > 63 for label in plain.split(".")):
            raise BadValue(_("is not a domain"))
        return plain
    try:
        # Decoding first makes sure that a written A-label is one.
        return idna.encode(idna.decode(plain), uts46=True).decode()
    except (idna.IDNAError, UnicodeError) as error:
        raise BadValue(_("is not a domain")) from error


def _looks_like_another(host: str) -> bool:
    """A label of two alphabets, or one in another alphabet all of whose letters pass for Latin ones."""
    if host.isascii() and "xn--" not in host:
        return False
    try:
        labels = idna.decode(unicodedata.normalize("NFKC", host).casefold()).split(".")
    except (idna.IDNAError, UnicodeError):
        return True
    for label in labels:
        scripts = {_script(c) for c in label if c.isalpha()}
        if len(scripts) > 1 and not scripts <= _WRITTEN_TOGETHER:
            return True
        if scripts & {"CYRILLIC", "GREEK"} and all(c in _PASS_FOR_LATIN for c in label if c.isalpha()):
            return True
    return False


@lru_cache(maxsize=1024)
def _script(letter: str) -> str:
    return unicodedata.name(letter, "UNKNOWN").split()[0].split("-")[0]


def _without_extension(number: str) -> tuple[str, str]:
    if found := _EXTENSION.search(number):
        return number[: found.start()], found[1]
    return number, ""


def refuse_unstorable(value: str) -> None:
    """NUL and halves of characters: no database takes them."""
    if "\0" in value:
        raise BadValue(_("contains NUL"))
    if any("\ud800" <= c <= "\udfff" for c in value):
        raise BadValue(_("contains half a character"))


def _cleaned(value: str, *, is_long: bool) -> str:
    refuse_unstorable(value)
    value = unicodedata.normalize("NFC", value)
    kept: list[str] = []
    marks = 0
    for c in value:
        category = unicodedata.category(c)
        if category[0] == "M":
            marks += 1
            if marks > MAX_COMBINING_MARKS:
                continue
        else:
            marks = 0
        if c in "\n\t" or category in ("Zl", "Zp") or c == "\r":
            kept.append(c if is_long and c in "\n\t\r" else "\n" if is_long else " ")
        elif category != "Cc" and c not in _HIDDEN:
            kept.append(c)
    if is_long:
        return "".join(kept).replace("\r\n", "\n").replace("\r", "\n").strip()
    return " ".join("".join(kept).split())


def _graphemes(value: str) -> int:
    """Characters as people count them: marks, joined emoji, skin tones and halves of flags count with their letter."""
    count, joined, half_flag = 0, False, False
    for c in value:
        is_flag = "\U0001f1e6" <= c <= "\U0001f1ff"
        if c == "\u200d":
            joined = True
            continue
        belongs = (
            joined
            or unicodedata.category(c)[0] == "M"
            or "\U0001f3fb" <= c <= "\U0001f3ff"
            or "\U000e0020" <= c <= "\U000e007f"
            or (is_flag and half_flag)
        )
        half_flag = is_flag and not half_flag
        joined = False
        count += not belongs
    return count


def _country_key(value: str) -> str:
    return " ".join(
        _NOT_A_LETTER.sub(" ", folded(value).replace("&", " and ").replace("'", "").replace("’", "")).split()
    )


@cache
def _countries() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in (DATA / "countries.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            code, *others = line.split("|")
            found.update({_country_key(other): code for other in (code, *others)})
    return found


_INVISIBLE_EDGES = " \t\r\n\v\f\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a" + (
    "\u200b\u200c\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
# What turns the direction of a line or takes no room on it. Joiners stay: Persian and emoji are written with them.
_HIDDEN = frozenset("\u00ad\u061c\u180e\u200b\u200e\u200f\u2060\ufeff") | frozenset(
    chr(c) for c in (*range(0x202A, 0x202F), *range(0x2061, 0x2070), *range(0xFFF9, 0xFFFC), 0xE0001)
)
_WRITTEN_TOGETHER = frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "FULLWIDTH"})
_PASS_FOR_LATIN = frozenset("асеорхуіјѕһԁӏԛԝ" + "οανυικτρ")

_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,20}://|//|mailto:")
_PORT = re.compile(r":[0-9]{1,5}$")
_ROUNDED = re.compile(r"[0-9][.,]?[0-9]{0,20}[eE]\+?[0-9]{1,3}")
# "+49 (0)30 ...": the zero in brackets is dialled inside the country only.
_TRUNK_ZERO = re.compile(r"(?<=[0-9 ])\(0\)")
_INTERNATIONAL_PREFIX = re.compile(r"^[ (]*00(?=[ )]?[1-9])")
_EXTENSION = re.compile(r"(?i:[,; ]{0,3}(?:extension|ext\.?|xtn|durchwahl|dw|x|#))[:=. ]{0,3}([0-9]{1,12})$")
_APOSTROPHES = re.compile("['’‘‛ʼʻ`′]")
_INITIAL_ALONE = re.compile(r"\b([^\W\d_]) (?=[^\W\d_]{3})")
_NOT_A_LETTER = re.compile(r"[^\w\s]+")
