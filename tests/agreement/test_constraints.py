"""Every rule about rows of the agreement, shown refusing."""

import pytest

from agreement.models import (
    AgreementVersion,
    Benchmark,
    Cadence,
    CadenceStep,
    Criterion,
    CriterionRule,
    DefinitionRule,
    Disposition,
    Reason,
    ReasonRule,
    ScoreRule,
    Signature,
    SLAClause,
    Stage,
    Transition,
)
from tests.constraints import again, constraints_of, put, refuses
from tests.make import NOON, make_user

CONSTRAINTS = constraints_of("agreement")


def first(model, **fields):
    return model.objects.filter(**fields).order_by("pk").first()


def version():
    return AgreementVersion.objects.in_force()


def draft():
    """What is published does not change at all: rules are broken in a draft."""
    return AgreementVersion.objects.get_or_create(number=90)[0]


def rule(model, **fields):
    """A rule of version 1, in a draft."""
    found = first(model, **fields)
    again(found, version=draft())
    return found


def cadence(**fields):
    found = first(Cadence)
    return Cadence(key="another", number=1, label="Another", lane=found.lane, **fields)


def second_cadence():
    cadence(is_current=True).save()


def move():
    return Transition.objects.create(version=draft(), from_phase="queued", verb="claim", to_phase="working")


def signature():
    return Signature.objects.create(version=version(), side="sales", user=make_user("mona"), at=NOON)


def succeed_itself(code, **fields):
    put(code, successor=code, **fields)


CASES = {
    "stage_has_a_label": lambda: put(first(Stage), label=""),
    "reason_has_a_label": lambda: put(first(Reason), label=""),
    "disposition_has_a_label": lambda: put(first(Disposition), label=""),
    "criterion_has_a_label": lambda: put(first(Criterion), label=""),
    "stage_does_not_succeed_itself": lambda: succeed_itself(first(Stage, is_entry=False), retired_at=NOON),
    "reason_does_not_succeed_itself": lambda: succeed_itself(first(Reason)),
    "disposition_does_not_succeed_itself": lambda: succeed_itself(first(Disposition)),
    "criterion_does_not_succeed_itself": lambda: succeed_itself(first(Criterion)),
    "stage_phase_is_open": lambda: Stage.objects.create(key="gone", label="Gone", phase="closed"),
    "stage_retired_has_a_successor": lambda: put(first(Stage, is_entry=False), retired_at=NOON),
    "stage_one_entry_per_phase": lambda: Stage.objects.create(key="more", label="More", phase="working", is_entry=True),
    "stage_one_connected": lambda: put(first(Stage, phase="working", is_connected=False), is_connected=True),
    "stage_one_without_meeting": lambda: put(first(Stage, phase="handed_off", is_entry=True), is_without_meeting=True),
    "stage_connected_is_worked": lambda: put(first(Stage, phase="queued"), is_connected=True),
    "stage_without_meeting_is_handed_off": lambda: put(first(Stage, phase="queued"), is_without_meeting=True),
    "reason_that_ends_is_kept_for_months": lambda: put(first(Reason, kind="recycle"), keep_months=6),
    "reason_kind_is_known": lambda: put(first(Reason), kind="whim"),
    "cadence_number_once": lambda: again(first(Cadence), is_current=False),
    "cadence_one_current_per_lane": second_cadence,
    "cadence_lane_is_known": lambda: put(first(Cadence), lane="fast"),
    "cadencestep_position_once": lambda: again(first(CadenceStep)),
    "cadencestep_position_from_1": lambda: put(first(CadenceStep), position=0),
    "cadencestep_kind_is_an_attempt": lambda: put(first(CadenceStep), kind="meeting"),
    "agreementversion_published_has_its_moment": lambda: put(draft(), published_at=NOON),
    "agreementversion_number_from_1": lambda: AgreementVersion.objects.create(number=0),
    "reasonrule_once_per_version": lambda: again(rule(ReasonRule)),
    "reasonrule_nurture_has_a_wake": lambda: put(rule(ReasonRule, destination="nurture"), wake_days=None),
    "reasonrule_destination_is_known": lambda: put(rule(ReasonRule), destination="bin"),
    "slaclause_number_once": lambda: again(rule(SLAClause), lane="rep_sourced"),
    "slaclause_once_per_lane_and_tier": lambda: again(rule(SLAClause), number=99),
    "slaclause_notice_before_the_end": lambda: put(rule(SLAClause), minutes=60, notice_minutes=60),
    "transition_once": lambda: again(move()),
    "definitionrule_position_once": lambda: again(rule(DefinitionRule)),
    "definitionrule_promotion_has_a_lane": lambda: put(rule(DefinitionRule), lane=""),
    "scorerule_once_per_axis": lambda: again(rule(ScoreRule)),
    "criterionrule_once_per_version": lambda: again(rule(CriterionRule)),
    "benchmark_key_is_known": lambda: put(first(Benchmark), key="ours"),
    "benchmark_is_a_band": lambda: put(first(Benchmark), low=21, high=20),
    "signature_once": lambda: again(signature()),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", CONSTRAINTS)
def test_the_database_refuses(name):
    refuses(CONSTRAINTS[name], CASES[name])


def test_every_constraint_has_its_case():
    assert set(CASES) == set(CONSTRAINTS)
