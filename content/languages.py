"""The languages that an asset may be in: two letters, and what they are called."""

from datetime import date
from typing import Any

from django.conf import global_settings
from django.conf.locale import LANG_INFO
from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from content.models import Asset

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


# One asset of each language that there is, from each language to the next: as many steps as there are languages,
# however many assets.
_FIRSTS = """
    WITH RECURSIVE used (language) AS (
        SELECT MIN(language) FROM content_asset WHERE language > ''
        UNION ALL
        SELECT (SELECT MIN(language) FROM content_asset WHERE language > used.language) FROM used
        WHERE used.language IS NOT NULL
    )
    SELECT (SELECT id FROM content_asset WHERE language = used.language AND language > '' LIMIT 1) FROM used
    WHERE language IS NOT NULL
"""


def languages_offered(none: str | Promise, *, on: date) -> list[tuple[str | Promise, Any]]:
    """What a form offers: none, then what the library has something in that may be used on this day, then the others,
    each by its name."""
    used = _used(on=on)
    here = [one for one in LANGUAGES if one[0] in used]
    others = [one for one in LANGUAGES if one[0] not in used]
    return [("", none), *([(gettext("In the library"), here), (gettext("Others"), others)] if here else others)]


def _used(*, on: date) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(_FIRSTS)
        firsts = [pk for (pk,) in cursor.fetchall()]
    usable = Asset.objects.in_use(on=on).filter(language=OuterRef("language")).order_by()
    return (
        set(Asset.objects.filter(Exists(usable), pk__in=firsts).values_list("language", flat=True)) if firsts else set()
    )


def language_name(code: str) -> str:
    return str(dict(LANGUAGES).get(code, code))


def code_of(written: str) -> str:
    """The two letters of a language that is written as a code, with or without its country, or as its name; empty
    where it is none of these."""
    word = written.strip().casefold()
    first = word.replace("_", "-").partition("-")[0]
    return first if first in CODES else _WRITTEN.get(word, "")
