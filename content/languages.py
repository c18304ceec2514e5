"""The languages that an asset may be in: two letters, and what they are called."""

from typing import Any

from django.conf import global_settings
from django.conf.locale import LANG_INFO
from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

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


# From each language that there is to the next: as many steps as there are languages, however many assets.
_USED = """
    WITH RECURSIVE used (language) AS (
        SELECT MIN(language) FROM content_asset WHERE language > ''
        UNION ALL
        SELECT (SELECT MIN(language) FROM content_asset WHERE language > used.language) FROM used
        WHERE used.language IS NOT NULL
    )
    SELECT language FROM used WHERE language IS NOT NULL
"""


def languages_offered(none: str | Promise) -> list[tuple[str | Promise, Any]]:
    """What a form offers: none, then what the library has something in, then the others, each by its name."""
    with connection.cursor() as cursor:
        cursor.execute(_USED)
        used = {code for (code,) in cursor.fetchall()}
    here = [one for one in LANGUAGES if one[0] in used]
    others = [one for one in LANGUAGES if one[0] not in used]
    return [("", none), *([(gettext("In the library"), here), (gettext("Others"), others)] if here else others)]


def language_name(code: str) -> str:
    return str(dict(LANGUAGES).get(code, code))


def code_of(written: str) -> str:
    """The two letters of a language that is written as a code, with or without its country, or as its name; empty
    where it is none of these."""
    word = written.strip().casefold()
    first = word.replace("_", "-").partition("-")[0]
    return first if first in CODES else _WRITTEN.get(word, "")
