"""Publishing the agreement. Another agreement is another version; a rule changes in no other way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import F, Max, Q
from django.utils.translation import gettext as _

from agreement.models import (
    AgreementVersion,
    Criterion,
    CriterionRule,
    DefinitionRule,
    Lane,
    Reason,
    ReasonRule,
    ScoreRule,
    SLAClause,
    Transition,
)

if TYPE_CHECKING:
    from team.models import User

RULES: tuple[type[models.Model], ...] = (ReasonRule, SLAClause, Transition, DefinitionRule, ScoreRule, CriterionRule)
THRESHOLDS = ("fit_a_from", "fit_b_from", "interest_1_from", "interest_2_from")
NOTE_MAX = 500
# Whoever comes in on one of these waits for us; a rep-sourced lead waits for nobody.
PROMISED_LANES = (Lane.HAND_RAISER, Lane.CONTENT, Lane.LIST)
# Promised once for everybody.
FOR_EVERYBODY = (SLAClause.Kind.RESPONSE, SLAClause.Kind.OUTCOME, SLAClause.Kind.SECOND_LOOK)


class AgreementRefused(Exception):
    """Such an agreement cannot be. Safe to show to an admin; `field` names what to mend."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def publish_next(
    alter: Callable[[AgreementVersion], None], *, by: User | None, at: datetime, note: str = ""
) -> AgreementVersion:
    """The version in force with what `alter` does to a draft of it, published as the next number.

    Two who publish at once do so one after the other, the second from what the first has made. AgreementRefused for a
    draft that may not be in force; leads stay under the version that was in force when they came in.
    """
    lock_agreement()
    before = AgreementVersion.objects.in_force()
    last = AgreementVersion.objects.aggregate(last=Max("number"))["last"]
    kept = {name: getattr(before, name) for name in THRESHOLDS}
    draft = AgreementVersion.objects.create(number=last + 1, note=note[:NOTE_MAX], published_by=by, **kept)
    for model in RULES:
        _copy(model, before, draft)
    alter(draft)
    must_hold(draft)
    draft.state, draft.published_at = AgreementVersion.State.PUBLISHED, at
    draft.save(update_fields=["state", "published_at"])
    return draft


def lock_agreement() -> None:
    """Wait for whoever is publishing, inside a transaction; what is read after it is in force until the end of it.

    The first version stands for all of them: which one is the latest is not known before the lock is held.
    """
    list(AgreementVersion.objects.select_for_update(no_key=True).order_by("number")[:1])


def must_hold(version: AgreementVersion) -> None:
    """AgreementRefused unless every lane has its promise, every category its reason, and each pick leads somewhere."""
    _every_lane_is_promised(version)
    _every_pick_leads_somewhere(version)
    if not Criterion.objects.in_use().filter(rules__version=version).exists():
        raise AgreementRefused(_("At least one criterion stays."))


def _every_lane_is_promised(version: AgreementVersion) -> None:
    clauses = SLAClause.objects.filter(version=version, tier="")
    promised = set(clauses.filter(kind=SLAClause.Kind.FIRST_TOUCH).values_list("lane", flat=True))
    named = set(DefinitionRule.objects.filter(version=version, promotes=True).values_list("lane", flat=True))
    for lane in Lane:
        if lane in named.union(PROMISED_LANES) and not promised & {"", lane.value}:
            raise AgreementRefused(_("Say when a lead of the lane “%(lane)s” is touched.") % {"lane": lane.label}, lane)
    for kind in FOR_EVERYBODY:
        if not clauses.filter(kind=kind, lane="").exists():
            raise AgreementRefused(_("Say by when: %(promise)s.") % {"promise": kind.label}, kind)


def _every_pick_leads_somewhere(version: AgreementVersion) -> None:
    rules = ReasonRule.objects.filter(version=version)
    in_use = rules.filter(reason__retired_at=None)
    for kind in Reason.Kind:
        if not in_use.filter(reason__kind=kind).exists():
            raise AgreementRefused(_("This is the last reason to %(kind)s.") % {"kind": kind.label.lower()})
    kept = set(in_use.filter(reason__kind=Reason.Kind.RECYCLE).values_list("category", flat=True))
    for category in ReasonRule.Category:
        if category and category not in kept:
            raise AgreementRefused(
                _("“%(category)s” needs a reason: this is its last.") % {"category": category.label}, "category"
            )
    nowhere = Q(destination_reason__retired_at__isnull=False, destination_reason__successor=None)
    for rule in in_use.filter(nowhere).select_related("reason", "destination_reason")[:1]:
        raise AgreementRefused(
            _("“%(reason)s” goes on as “%(there)s”, which is retired.")
            % {"reason": rule.reason, "there": rule.destination_reason},
            "destination_reason",
        )
    asleep_as = Q(reason__kind=Reason.Kind.RECYCLE) | Q(destination_reason__kind=Reason.Kind.RECYCLE)
    if in_use.filter(~asleep_as, destination=ReasonRule.Destination.NURTURE).exists():
        raise AgreementRefused(_("What sleeps needs a reason to recycle."), "destination_reason")
    if in_use.filter(destination_reason=F("reason")).exists():
        raise AgreementRefused(_("A reason does not go on as itself."), "destination_reason")


def _copy(model: type[models.Model], before: AgreementVersion, draft: AgreementVersion) -> None:
    rows = list(model._default_manager.filter(version=before).order_by("pk"))
    for row in rows:
        row.pk, row._state.adding = None, True
        row.version = draft  # type: ignore[attr-defined]
    model._default_manager.bulk_create(rows)
