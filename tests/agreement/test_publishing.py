"""Publishing another version: everything of the one in force, less or more what was meant, one after the other."""

from threading import Barrier, Thread

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone

from agreement.actions.publishing import RULES, AgreementRefused, publish_next
from agreement.installation import publish_version_1
from agreement.models import AgreementVersion, CriterionRule, Reason, ReasonRule, SLAClause, Transition
from leads.actions.agreeing import publish_agreement
from tests.make import NOON, make_user

CONTENT = {"kind": SLAClause.Kind.FIRST_TOUCH, "lane": "content", "tier": ""}


def rows(model, version):
    return [
        {name: value for name, value in row.items() if name not in ("id", "version_id")}
        for row in model.objects.filter(version=version).order_by("pk").values()
    ]


def faster(draft):
    SLAClause.objects.filter(version=draft, **CONTENT).update(minutes=120)


@pytest.mark.django_db
def test_the_next_version_says_what_the_last_said_but_for_what_was_altered():
    dora, first = make_user("dora"), AgreementVersion.objects.in_force()
    before = {model: rows(model, first) for model in RULES}

    second = publish_next(faster, by=dora, at=NOON, note="Faster")

    assert AgreementVersion.objects.in_force() == second
    assert (second.number, second.published_by, second.published_at, second.note) == (2, dora, NOON, "Faster")
    assert {model: rows(model, first) for model in RULES} == before
    assert SLAClause.objects.get(version=second, **CONTENT).minutes == 120
    for model in RULES:
        now = rows(model, second)
        if model is SLAClause:
            now = [row | {"minutes": 240} if row["lane"] == "content" else row for row in now]
        assert now == before[model]
    assert (second.fit_a_from, second.interest_2_from) == (first.fit_a_from, first.interest_2_from)


REFUSED = {
    "Say when a lead of the lane “Content” is touched.": lambda d: SLAClause.objects.filter(
        version=d, **CONTENT
    ).delete(),
    "Say by when: Second look.": lambda d: SLAClause.objects.filter(version=d, kind="second_look").delete(),
    "“Mid-contract” needs a reason: this is its last.": lambda d: ReasonRule.objects.filter(
        version=d, category="mid_contract"
    ).delete(),
    "This is the last reason to lose a deal.": lambda d: ReasonRule.objects.filter(
        version=d, reason__kind="lose"
    ).delete(),
    "“No need” goes on as “Bad data”, which is retired.": lambda d: (
        Reason.objects.filter(key="bad_data").update(retired_at=NOON),
        ReasonRule.objects.filter(version=d, reason__key="reject_no_need").update(
            destination="close", destination_reason=Reason.objects.get(key="bad_data")
        ),
    ),
    "What sleeps needs a reason to recycle.": lambda d: ReasonRule.objects.filter(
        version=d, reason__key="reject_no_need"
    ).update(destination_reason=None),
    "A reason does not go on as itself.": lambda d: ReasonRule.objects.filter(
        version=d, reason__key="not_ready"
    ).update(destination_reason=Reason.objects.get(key="not_ready")),
    "At least one criterion stays.": lambda d: CriterionRule.objects.filter(version=d).delete(),
    "There is no such move: closed claim working.": lambda d: Transition.objects.create(
        version=d, from_phase="closed", verb="claim", to_phase="working"
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("words", REFUSED)
def test_an_agreement_that_leaves_somebody_behind_is_not_published(words):
    with pytest.raises(AgreementRefused) as refused:
        publish_agreement(REFUSED[words], by=None, at=NOON)

    assert str(refused.value) == words
    assert AgreementVersion.objects.get().number == 1


@pytest.mark.django_db
def test_a_version_may_leave_moves_out():
    version = publish_agreement(
        lambda d: Transition.objects.create(version=d, from_phase="queued", verb="claim", to_phase="working"),
        by=None,
        at=NOON,
    )

    assert version.transitions.count() == 1


@pytest.mark.django_db
def test_a_draft_that_somebody_writes_keeps_its_number():
    AgreementVersion.objects.create(number=2)

    assert publish_next(faster, by=None, at=NOON).number == 3


@pytest.mark.django_db(transaction=True)
def test_two_who_publish_at_once_both_stand_in_the_last_version():
    publish_version_1(apps, at=timezone.now())
    start, failed = Barrier(2), []

    def publish(number):
        def alter(draft):
            clause = SLAClause.objects.get(version=draft, number=number)
            SLAClause.objects.filter(pk=clause.pk).update(minutes=clause.minutes + 7)

        try:
            start.wait(10)
            with transaction.atomic():
                publish_next(alter, by=None, at=timezone.now())
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [Thread(target=publish, args=[number]) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert failed == []
    last = AgreementVersion.objects.in_force()
    assert last.number == 3
    assert list(SLAClause.objects.filter(version=last, number__in=[1, 2]).values_list("minutes", flat=True)) == [
        12,
        247,
    ]
