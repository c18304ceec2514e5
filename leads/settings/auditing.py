"""Entries of the audit log in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext as _

from leads.settings.registry import BY_MODEL
from team.models import AuditEntry, Team, User

Verb = AuditEntry.Verb


@dataclass(frozen=True)
class ToldEntry:
    """`what` is the act, `about` what it was done to, with an address where there is a page of it."""

    entry: AuditEntry
    who: str
    what: str
    about: str = ""
    url: str = ""


def told(entries: Sequence[AuditEntry]) -> list[ToldEntry]:
    """Each kind of thing is named by one statement, however many there are."""
    asked: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        if entry.about_id.isdigit():
            asked[entry.about].add(int(entry.about_id))
    names: dict[str, dict[int, str]] = {}
    for label, pks in asked.items():
        if label in BY_MODEL and label != User._meta.label:
            names[label] = BY_MODEL[label].names(pks)
        else:
            names[label] = {row.pk: str(row) for row in _model_of(label)._default_manager.filter(pk__in=pks)}
    return [_told(entry, names.get(entry.about, {})) for entry in entries]


def _model_of(label: str) -> type[Model]:
    """What a higher room changed is named by its model alone; what is no model is of a team."""
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return Team


def _told(entry: AuditEntry, names: dict[int, str]) -> ToldEntry:
    who = str(entry.by) if entry.by else (_("somebody") if entry.verb == Verb.LOGIN_FAILED else _("The installation"))
    what = str(Verb(entry.verb).label)
    if entry.verb == Verb.LET_IN and entry.detail == "link":
        what = _("sent a login link")
    pk = int(entry.about_id) if entry.about_id.isdigit() else 0
    name = names.get(pk, entry.about_id)
    if entry.verb == Verb.LOGIN_FAILED:
        reasons = {"unknown": _("no user has this address"), "left": _("works here no more")}
        return ToldEntry(entry, who, what, reasons.get(entry.detail, ""))
    if entry.verb == Verb.EXPORT:
        file = {
            "leads": _("leads"),
            "month": _("the month of %(team)s") % {"team": name},
            "accounts.Person": _("everything held of person %(id)s") % {"id": entry.about_id},
            "rejects": _("the rejected rows of import %(number)s") % {"number": entry.about_id},
        }.get(entry.about, entry.about)
        return ToldEntry(entry, who, what, f"{file}: {entry.detail}" if entry.detail else file)
    if entry.verb == Verb.REFUSED:
        return ToldEntry(entry, who, what, entry.detail)
    if entry.verb == Verb.ERASED:
        reason = next((one.label for one in AuditEntry.ErasedFor if one == entry.detail), "")
        return ToldEntry(entry, who, what, f"{entry.about_id}: {reason}" if reason else entry.about_id)
    kind = BY_MODEL.get(entry.about)
    if kind and pk in names:
        return ToldEntry(entry, who, what, f"{kind.one}: {name}", reverse("leads:setting", args=[kind.slug, pk]))
    thing = _model_of(entry.about)._meta.verbose_name if "." in entry.about else entry.about
    about = f"{thing}: {name}" if name and "." in entry.about else f"{entry.about} {name}".strip()
    return ToldEntry(entry, who, what, about)
