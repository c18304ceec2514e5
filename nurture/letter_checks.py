"""What makes a letter fail or look like spam, seen before it leaves. Pure.

What is an error may not go: without a subject or words, or so large that clients cut it off above its foot, where one
stops it. What is a warning is for its author to judge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.headerregistry import Address

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from nurture.fields import FIELD, BadWords
from nurture.letter import Letter, addresses_in, html_of, plain_of

# Phones and lists of mail show so many letters.
SUBJECT_MOST = 60
# Clients clip what is larger; the addresses of ours in place of its author's are counted with it.
CLIPPED = 100 * 1024
# Whoever shouts in less is naming something.
SHOUTS_FROM = 8
SHOUTED = 0.7
FEW_WORDS = 5
_IMAGE = re.compile(r"!\[[^\]]*\]\(|<img\b", re.IGNORECASE)
_LINK = re.compile(r"\[[^\]]*\]\([^)]*\)|https?://\S+", re.IGNORECASE)
_NOBODY = Address(display_name="Somebody", addr_spec="somebody@example.com")
# As long as ours are, so that the letter is as large as it will be.
_OURS = "https://midfield.example/m/" + "x" * 60 + "/"


@dataclass(frozen=True)
class Concern:
    """`field` is where it stands: the subject, or the text."""

    field: str
    words: str
    is_error: bool = False


def concerns_of(subject: str, text: str) -> list[Concern]:
    """All there is to say of it, what may not go first."""
    found = [*_of_subject(subject), *_of_text(text)]
    return sorted(found, key=lambda one: not one.is_error)


def errors_of(subject: str, text: str) -> list[Concern]:
    return [one for one in concerns_of(subject, text) if one.is_error]


def warnings_of(subject: str, text: str) -> list[Concern]:
    return [one for one in concerns_of(subject, text) if not one.is_error]


def foot_concerns(*, is_https: bool, postal_address: str) -> list[Concern]:
    """What its foot lacks, which is that of every letter."""
    found = []
    if not is_https:
        words = _(
            "One click to stop mail works only by https (RFC 8058), and SITE_URL is not: providers take it for spam."
        )
        found.append(Concern("foot", words))
    if not postal_address:
        found.append(Concern("foot", _("Its foot has no postal address: many countries ask for one.")))
    return found


def _of_subject(subject: str) -> list[Concern]:
    shown = _barest(subject)
    if not shown:
        return [Concern("subject", _("Where nothing is known of somebody, no subject is left."), is_error=True)]
    found = []
    if len(shown) > SUBJECT_MOST:
        words = _("The subject has %(n)s letters: of more than %(most)s phones show no end.")
        found.append(Concern("subject", words % {"n": len(shown), "most": SUBJECT_MOST}))
    if _shouts(FIELD.sub("", subject)):
        found.append(Concern("subject", _("The subject shouts in capitals: filters take that for spam.")))
    if subject.count("!") > 1:
        found.append(
            Concern("subject", _("The subject has more than one exclamation mark: filters take that for spam."))
        )
    return found


def _of_text(text: str) -> list[Concern]:
    if not _barest(text):
        return [Concern("text", _("Where nothing is known of somebody, no words are left."), is_error=True)]
    found = []
    if (size := _size(text)) > CLIPPED:
        words = _("It is %(n)s KB large: clients cut off what is over %(most)s KB, and with it the way to stop mail.")
        found.append(Concern("text", words % {"n": size // 1024, "most": CLIPPED // 1024}, is_error=True))
    if _IMAGE.search(text):
        found.append(Concern("text", _("Images are not sent: what shows one stands there as signs.")))
    words_left = FIELD.sub(" ", _LINK.sub(" ", _IMAGE.sub(" ", text))).split()
    if len(words_left) < FEW_WORDS and (_LINK.search(text) or _IMAGE.search(text)):
        found.append(Concern("text", _("It is an image or a link and hardly a word: filters take that for spam.")))
    if plain := sum(one.lower().startswith("http://") for one in _addresses(text)):
        words = ngettext(
            "%(n)s link is http: clients warn of it.", "%(n)s links are http: clients warn of them.", plain
        )
        found.append(Concern("text", words % {"n": plain}))
    if _shouts(" ".join(words_left)):
        found.append(Concern("text", _("It is written in capitals: filters take that for spam.")))
    return found


def _barest(words: str) -> str:
    """As it is where nothing is known: a field with nothing to stand in for it keeps the letter from leaving."""
    return FIELD.sub(lambda found: "…" if found[2] is None else found[2].strip(), words).strip()


def _shouts(words: str) -> bool:
    letters = [sign for sign in words if sign.isalpha() and sign.lower() != sign.upper()]
    return len(letters) >= SHOUTS_FROM and sum(sign.isupper() for sign in letters) >= SHOUTED * len(letters)


def _addresses(text: str) -> list[str]:
    try:
        return addresses_in(text)
    except BadWords:
        # Said where the letter is written, as an error of its own.
        return []


def _size(text: str) -> int:
    """Of the larger part, as it is sent."""
    words = FIELD.sub(lambda found: _OURS if found[1] == "asset_link" else (found[2] or "…"), text)
    ours = dict.fromkeys(_addresses(words), _OURS)
    letter = Letter(
        "<x@midfield.example>", _NOBODY, _NOBODY, "", words, ours=ours, preferences_url=_OURS, opened_url=_OURS,
        hidden_url=_OURS, why="x" * 100, postal_address="x" * 100,
    )  # fmt: skip
    return max(len(html_of(letter).encode()), len(plain_of(letter).encode()))
