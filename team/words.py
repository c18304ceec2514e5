"""Words as they are compared and found."""

import unicodedata
from functools import lru_cache


@lru_cache(maxsize=8192)
def folded(value: str) -> str:
    """The form in which words are compared and found: no case, no accents, one space. Queries take it too."""
    if value.isascii():
        return " ".join(value.lower().split())
    decomposed = unicodedata.normalize("NFKD", value.casefold().translate(_LETTERS_WITHOUT_ACCENT))
    bare = "".join(c for c in decomposed if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    return " ".join(bare.casefold().split())


_LETTERS_WITHOUT_ACCENT = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
