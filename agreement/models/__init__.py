"""What both sides agreed: phases and their stages, the versioned rules, the codes for what happens to a lead."""

from agreement.models.benchmark import Benchmark
from agreement.models.codes import Cadence, CadenceStep, Criterion, Disposition, Reason, Stage, in_use_for
from agreement.models.version import (
    AgreementVersion,
    CriterionRule,
    DefinitionRule,
    ReasonRule,
    ScoreRule,
    Signature,
    SLAClause,
    Transition,
)
from agreement.models.vocabulary import Lane, Letters, Phase, StepKind

__all__ = [
    "AgreementVersion",
    "Benchmark",
    "Cadence",
    "CadenceStep",
    "Criterion",
    "CriterionRule",
    "DefinitionRule",
    "Disposition",
    "Lane",
    "Letters",
    "Phase",
    "Reason",
    "ReasonRule",
    "SLAClause",
    "ScoreRule",
    "Signature",
    "Stage",
    "StepKind",
    "Transition",
    "in_use_for",
]
