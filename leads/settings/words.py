"""Counts in words, as the pages of settings say what a change touches."""

from django.utils.translation import ngettext


def leads_words(count: int) -> str:
    return ngettext("%(count)d lead", "%(count)d leads", count) % {"count": count}


def shown_words(count: int) -> str:
    """What becomes of leads when something gets another name."""
    return ngettext("%(count)d lead shows the new name", "%(count)d leads show the new name", count) % {"count": count}


def looks_words(count: int) -> str:
    return ngettext("%(count)d open second look", "%(count)d open second looks", count) % {"count": count}


def people_words(count: int) -> str:
    """Users of this installation, not those it sells to."""
    return ngettext("%(count)d person", "%(count)d people", count) % {"count": count}


def promises_words(count: int) -> str:
    """Running clocks."""
    return ngettext("%(count)d running promise", "%(count)d running promises", count) % {"count": count}
