"""My queue as a page draws it: its groups as tabs, and below each heading its rows."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from leads.queue import Heading, Queue, Row, Wanted
from leads.queue_order import Group


@dataclass(frozen=True)
class Section:
    """Rows below one heading, as the page draws them."""

    label: str
    count: int
    rows: list[Row]
    account: UUID | None = None
    # What colours the heading, and its icon.
    state: str = ""
    icon: str = ""
    note: str = ""
    is_folded: bool = False


_LOOKS = {Group.MISSED: ("overdue", "late"), Group.BACK: ("asleep", "asleep")}


def sections_of(wanted: Wanted, found: Queue) -> list[Section]:
    return [_section(group, rows, wanted, found) for group, rows in found.groups]


def tabs_of(asked: QueryDict, wanted: Wanted, found: Queue) -> list[tuple[str, str, int, bool]]:
    """Every group that has rows: its name, address, how many, whether it is shown alone."""
    asked = asked.copy()
    for name in ("group", "after"):
        asked.pop(name, None)
    rest = asked.urlencode()
    tabs = [(_("Everything"), rest, found.shown, not wanted.group)]
    for group in Group:
        if group in found.counts:
            query = f"{rest}&group={group.value}" if rest else f"group={group.value}"
            tabs.append((str(group.label), query, found.counts[group], wanted.group == group))
    return tabs


def _section(group: Group | Heading, rows: list[Row], wanted: Wanted, found: Queue) -> Section:
    if isinstance(group, Heading):
        return Section(group.label, len(rows), rows, account=group.account)
    state, icon = _LOOKS.get(group, ("", ""))
    note = _(", by tier and newest interest") if group is Group.MISSED else ""
    if group is Group.LATER and not wanted.group and found.out_of_hours:
        note = _(", %(number)s due today, but past their hours") % {"number": found.out_of_hours}
    is_folded = group is Group.LATER and not wanted.group
    return Section(str(group.label), found.counts[group], rows, None, state, icon, note, is_folded)
