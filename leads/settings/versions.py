"""What published versions of the agreement say otherwise than the one before, in words."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from agreement.models import AgreementVersion, CriterionRule, Lane, ReasonRule, SLAClause
from agreement.spans import said_span

SHOWN = 6
REASON_RULE = (
    "category", "destination", "destination_reason_id", "wake_days", "notice_days", "lead_days", "facts", "second_look",
    "is_final", "suppresses",
)  # fmt: skip


@dataclass(frozen=True)
class Published:
    version: AgreementVersion
    # What differs from the version before, one phrase each; empty of the first.
    differs: list[str]


def latest_versions() -> list[Published]:
    """The last published ones, newest first; in four queries."""
    versions = list(
        AgreementVersion.objects.published().select_related("published_by").order_by("-number")[: SHOWN + 1]
    )
    said = _said([version.pk for version in versions])
    before = [*versions[1:], None]
    found = [
        Published(version, _differences(said[other.pk], said[version.pk]) if other else [])
        for version, other in zip(versions, before, strict=True)
    ]
    return found[:SHOWN]


def clause_name(kind: str, lane: str, tier: str) -> str:
    """`Content`, `Content, A1`, `Answer to a hand-off`."""
    name = str(Lane(lane).label if lane else SLAClause.Kind(kind).label)
    return f"{name}, {tier}" if tier else name


def _said(pks: list[int]) -> dict[int, dict[str, Any]]:
    """By version, by name of the rule, what it says: words for a promise, else a value to compare."""
    said: dict[int, dict[str, Any]] = defaultdict(dict)
    for clause in SLAClause.objects.filter(version__in=pks).order_by("number"):
        name = clause_name(clause.kind, clause.lane, clause.tier)
        said[clause.version_id][name] = said_span(clause.minutes)
        if clause.notice_minutes:
            notice = _("%(promise)s, notice") % {"promise": name}
            said[clause.version_id][notice] = said_span(clause.notice_minutes)
    for rule in ReasonRule.objects.filter(version__in=pks).select_related("reason").order_by("reason__position"):
        name = f"{rule.reason.get_kind_display()}: “{rule.reason}”"
        said[rule.version_id][name] = [getattr(rule, part) for part in REASON_RULE]
    criteria = CriterionRule.objects.filter(version__in=pks).select_related("criterion")
    for asked in criteria.order_by("criterion__position"):
        words = _("asked at qualified") if asked.asked_at_qualified else _("not asked at qualified")
        said[asked.version_id][str(asked.criterion)] = words
    return said


def _differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    found = []
    for name in dict.fromkeys([*new, *old]):
        if old.get(name) == new.get(name):
            continue
        words = {"name": name, "old": old.get(name), "new": new.get(name)}
        if name not in new:
            found.append(_("%(name)s: taken out") % words)
        elif not isinstance(new[name], str):
            found.append((_("%(name)s: changed") if name in old else _("%(name)s: added")) % words)
        elif name in old:
            found.append(_("%(name)s: %(old)s → %(new)s") % words)
        else:
            found.append(_("%(name)s: %(new)s") % words)
    return found
