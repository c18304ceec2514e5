"""The languages that an asset may be in: two letters, and what they are called."""

from django.conf import global_settings
from django.conf.locale import LANG_INFO
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

# Django's own list, without the varieties of one language.
LANGUAGES: list[tuple[str, str | Promise]] = sorted(
    ((code, gettext_lazy(name)) for code, name in global_settings.LANGUAGES if len(code) == 2),
    key=lambda one: str(one[1]),
)
CODES = frozenset(code for code, _name in LANGUAGES)
# As people and files write them: in English, and as whoever speaks it does.
_WRITTEN = {str(name).casefold(): code for code, name in global_settings.LANGUAGES if code in CODES} | {
    LANG_INFO[code]["name_local"].casefold(): code for code in CODES if code in LANG_INFO
}


def language_name(code: str) -> str:
    return str(dict(LANGUAGES).get(code, code))


def code_of(written: str) -> str:
    """The two letters of a language that is written as a code, with or without its country, or as its name; empty
    where it is none of these."""
    word = written.strip().casefold()
    first = word.replace("_", "-").partition("-")[0]
    return first if first in CODES else _WRITTEN.get(word, "")
