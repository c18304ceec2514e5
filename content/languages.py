"""The languages that an asset may be in: two letters, and what they are called."""

from django.conf import global_settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

# Django's own list, without the varieties of one language.
LANGUAGES: list[tuple[str, str | Promise]] = sorted(
    ((code, gettext_lazy(name)) for code, name in global_settings.LANGUAGES if len(code) == 2),
    key=lambda one: str(one[1]),
)
CODES = frozenset(code for code, _name in LANGUAGES)


def language_name(code: str) -> str:
    return str(dict(LANGUAGES).get(code, code))
