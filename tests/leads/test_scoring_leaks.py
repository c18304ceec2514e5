"""A field that leaks the outcome is kept, and no score reads it."""

import pytest

from accounts.models import CustomField
from agreement.models import AgreementVersion, ScoreRule
from leads.scoring import judge
from tests.make import NOON, make_person


@pytest.mark.parametrize(("leaks", "tier"), [(False, "A3"), (True, "C3")])
def test_a_field_marked_not_for_scores_moves_no_tier(db, leaks, tier):
    CustomField.objects.create(entity="person", key="lead_quality", label="Lead Quality", not_for_scores=leaks)
    version = AgreementVersion.objects.create(number=2)
    ScoreRule.objects.create(
        version=version, axis="fit", key="quality", label="Quality", field="person.custom.lead_quality", operator="is",
        value="High", points=50,
    )  # fmt: skip
    person = make_person(custom={"lead_quality": "High"})

    judged = judge([person], version=version, at=NOON)

    assert judged[person.pk].tier == tier
