"""Criteria: asked at once, wanted at the gate by the version a lead came in under."""

import pytest
from django.utils import timezone

from agreement.models import AgreementVersion, Criterion, CriterionRule, Phase
from leads.actions.answering import answer_criteria
from leads.actions.outcomes import unanswered
from leads.settings.criteria import Criteria
from leads.settings.kind import SettingRefused
from tests.make import make_lead

pytestmark = pytest.mark.django_db


def criterion(key):
    return Criterion.objects.get(key=key)


def asked():
    rules = CriterionRule.objects.filter(version=AgreementVersion.objects.in_force(), criterion__retired_at=None)
    return dict(rules.order_by("criterion__position").values_list("criterion__label", "asked_at_qualified"))


def test_a_new_one_is_asked_at_once_and_wanted_of_whoever_comes_in_from_then_on(save, revert_last, alice):
    before = asked()
    early = make_lead(phase=Phase.WORKING, bdr=alice, at=timezone.now())

    save("criteria", label="Champion", question="Who wants it most?", asked_at_qualified="on")
    late = make_lead(phase=Phase.WORKING, bdr=alice, at=timezone.now())

    assert "Champion" in unanswered(late)
    assert "Champion" not in unanswered(early)
    answer_criteria(early, answers={criterion("champion"): ("yes", "")}, by=alice, at=timezone.now())
    with pytest.raises(SettingRefused, match="“Champion” was answered already"):
        revert_last("criteria")

    assert asked() == {**before, "Champion": True}


def test_an_addition_is_taken_back_and_comes_again(save, revert_last):
    before = asked()
    save("criteria", label="Champion", asked_at_qualified="on")
    with_it = asked()

    revert_last("criteria")
    assert asked() == before
    revert_last("criteria")
    assert asked() == with_it


def test_what_is_retired_is_waited_for_no_more_until_its_revert(save, revert_last, alice):
    lead = make_lead(phase=Phase.WORKING, bdr=alice, at=timezone.now())
    before = unanswered(lead)

    save("criteria", criterion("need").pk, page="_retire")

    assert "Need" in before
    assert "Need" not in unanswered(lead)
    assert AgreementVersion.objects.count() == 1
    revert_last("criteria")
    assert unanswered(lead) == before


def test_the_last_one_stays(save):
    Criterion.objects.exclude(key="need").update(retired_at=timezone.now())

    answer = save("criteria", criterion("need").pk, page="_retire")

    assert answer.status_code == 422
    assert "At least one criterion stays." in answer.text


def test_words_change_at_once_and_publish_nothing(save):
    save("criteria", criterion("need").pk, label="Pain", question="What hurts?")

    assert (criterion("need").label, criterion("need").question) == ("Pain", "What hurts?")
    assert AgreementVersion.objects.count() == 1


def test_two_of_one_name_are_refused(save):
    assert "There is another one of this name." in save("criteria", label="need").text


def test_asked_at_qualified_or_not_is_another_version(save, revert_last):
    pk = criterion("budget").pk
    save("criteria", pk, asked_at_qualified="on")

    assert asked()["Budget"] is True
    assert AgreementVersion.objects.in_force().number == 2
    revert_last("criteria")
    assert asked()["Budget"] is False
    assert Criteria().read(pk)["asked_at_qualified"] is False
