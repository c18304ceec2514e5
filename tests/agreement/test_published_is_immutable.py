"""The database keeps a published agreement as it was; a draft is edited until it is published."""

from threading import Event, Thread
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, migrations, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from agreement import signed
from agreement.installation import publish_version_1
from agreement.models import (
    AgreementVersion,
    CriterionRule,
    DefinitionRule,
    ReasonRule,
    ScoreRule,
    SLAClause,
    Stage,
    Transition,
)
from tests.constraints import again
from tests.make import NOON

RULES = [ReasonRule, SLAClause, DefinitionRule, ScoreRule, CriterionRule]
GUARDED = [AgreementVersion, *RULES, Transition]
CHANGES = [
    (AgreementVersion, {"note": "as I remember it"}), (AgreementVersion, {"state": "draft", "published_at": None}),
    (AgreementVersion, {"fit_a_from": 1}), (ReasonRule, {"wake_days": 7}), (SLAClause, {"minutes": 9999}),
    (DefinitionRule, {"min_points": 3}), (ScoreRule, {"points": 1}), (CriterionRule, {"asked_at_qualified": False}),
]  # fmt: skip
refused = pytest.raises(IntegrityError, match="a published agreement does not change")


def a_draft():
    return AgreementVersion.objects.create(number=90)


def publish(version):
    AgreementVersion.objects.filter(pk=version.pk).update(state="published", published_at=NOON)


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "change"), CHANGES)
def test_what_is_published_does_not_change(model, change):
    with refused, transaction.atomic():
        model.objects.update(**change)


@pytest.mark.django_db
@pytest.mark.parametrize("model", RULES)
def test_nothing_is_added_to_it_or_taken_out_of_another_version(model):
    draft, rule = a_draft(), model.objects.first()
    published = rule.version
    again(rule, version=draft)

    with refused, transaction.atomic():
        model.objects.filter(pk=rule.pk).update(version=published)
    with refused, transaction.atomic():
        model.objects.filter(version=published).update(version=draft)
    with refused, transaction.atomic():
        again(rule, version=published)


@pytest.mark.django_db
def test_no_move_is_added_to_it():
    with refused, transaction.atomic():
        Transition.objects.create(
            version=AgreementVersion.objects.in_force(), from_phase="queued", verb="claim", to_phase="working"
        )


@pytest.mark.django_db
@pytest.mark.parametrize("model", [AgreementVersion, *RULES])
def test_it_is_not_deleted(model):
    with refused, transaction.atomic():
        model.objects.all()._raw_delete(model.objects.db)


@pytest.mark.django_db
def test_one_rule_of_it_is_not_deleted_and_every_rule_of_a_draft_is():
    for model in RULES:
        rule = model.objects.first()
        with refused, transaction.atomic():
            rule.delete()
    draft = a_draft()
    for model in RULES:
        again(model.objects.exclude(version=draft).first(), version=draft)
    Transition.objects.create(version=draft, from_phase="queued", verb="claim", to_phase="working")

    draft.delete()

    assert [model.objects.exclude(version__state="published").count() for model in RULES] == [0] * len(RULES)
    assert not Transition.objects.exists()


@pytest.mark.django_db
def test_a_draft_is_edited_published_once_and_thrown_away_only_before():
    draft = a_draft()
    clause = SLAClause.objects.create(version=draft, number=1, kind="first_touch", minutes=30)
    SLAClause.objects.filter(pk=clause.pk).update(minutes=60)
    clause.delete()
    SLAClause.objects.create(version=draft, number=2, kind="first_touch", minutes=45)
    draft.note = "Faster"
    draft.save(update_fields=["note"])
    again(AgreementVersion.objects.get(pk=draft.pk), number=91)
    AgreementVersion.objects.get(number=91).delete()

    publish(draft)

    assert AgreementVersion.objects.in_force() == draft
    with refused, transaction.atomic():
        publish(draft)


@pytest.mark.django_db
def test_labels_and_order_of_codes_change_at_once_all_the_same():
    Stage.objects.update(label="Another")

    assert set(Stage.objects.values_list("label", flat=True)) == {"Another"}


@pytest.mark.django_db
def test_the_migration_goes_back_and_forth():
    with connection.cursor() as cursor:
        editor = SimpleNamespace(connection=connection, execute=cursor.execute)
        signed.allow(apps, editor)
        SLAClause.objects.update(notice_minutes=0)
        CriterionRule.objects.first().delete()
        signed.forbid(apps, editor)
    with refused, transaction.atomic():
        SLAClause.objects.update(notice_minutes=1)
    with refused, transaction.atomic():
        CriterionRule.objects.first().delete()


@pytest.mark.django_db(transaction=True)
def test_a_later_migration_builds_each_of_these_tables_anew_and_all_is_there_and_guarded():
    publish_version_1(apps, at=timezone.now())
    assert {model._meta.db_table for model in GUARDED} == {signed.VERSION, *signed.RULES}
    was = {model: list(model.objects.order_by("pk").values()) for model in GUARDED}
    later = migrations.Migration("9999_later", "agreement")
    later.operations = signed.rewriting(
        *(migrations.AddField(model.__name__, "weight", models.IntegerField(default=7)) for model in GUARDED),
        *(migrations.AddConstraint(model.__name__, weighs(model)) for model in GUARDED),
        migrations.RunPython(weigh_what_is_published, forget_the_move),
    )
    before = MigrationLoader(connection).project_state()

    with connection.schema_editor() as editor:
        after = later.apply(before.clone(), editor).apps
    try:
        for model in GUARDED:
            if model is not Transition:
                assert list(model.objects.order_by("pk").values()) == was[model]
            assert weighs(model).name in constraints_of(model)
            weighed = after.get_model("agreement", model.__name__)
            assert set(weighed.objects.values_list("weight", flat=True)) == {8}
        refuses_everything()
    finally:
        with connection.schema_editor() as editor:
            later.unapply(before, editor)

    assert {model: list(model.objects.order_by("pk").values()) for model in GUARDED} == was
    assert not any(weighs(model).name in constraints_of(model) for model in GUARDED)
    refuses_everything()


def weighs(model):
    return models.CheckConstraint(name=f"{model.__name__.lower()}_weighs", condition=models.Q(weight__gt=0))


def weigh_what_is_published(later, editor):
    """A new row too, so that PostgreSQL has a foreign key to look at when the migration ends."""
    for model in GUARDED:
        later.get_model("agreement", model.__name__).objects.update(weight=8)
    version = later.get_model("agreement", "AgreementVersion").objects.get()
    move = {"from_phase": "queued", "verb": "claim", "to_phase": "working", "weight": 8}
    later.get_model("agreement", "Transition").objects.create(version=version, **move)


def forget_the_move(later, editor):
    later.get_model("agreement", "Transition").objects.all().delete()


def constraints_of(model):
    with connection.cursor() as cursor:
        return connection.introspection.get_constraints(cursor, model._meta.db_table)


def refuses_everything():
    for model, change in CHANGES:
        with refused, transaction.atomic():
            model.objects.update(**change)
    for model in (AgreementVersion, *RULES):
        with refused, transaction.atomic():
            model.objects.all()._raw_delete(model.objects.db)
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO agreement_transition (version_id, from_phase, verb, to_phase) VALUES (%s, 'a', 'b', 'c')",
            [AgreementVersion.objects.in_force().pk],
        )


@pytest.mark.django_db(transaction=True)
def test_a_rule_that_is_being_written_is_waited_for():
    """Else it would stand in a version that was published without it."""
    if connection.vendor == "sqlite":
        pytest.skip("On SQLite one writes at a time: a transaction is IMMEDIATE.")
    publish_version_1(apps, at=timezone.now())
    draft = a_draft()
    is_publishing, answers = Event(), []

    def publish_it():
        try:
            is_publishing.set()
            publish(draft)
            answers.append(SLAClause.objects.filter(version=draft).count())
        finally:
            connection.close()

    thread = Thread(target=publish_it)
    with transaction.atomic():
        SLAClause.objects.create(version=draft, number=1, kind="first_touch", minutes=30)
        thread.start()
        is_publishing.wait(10)
        thread.join(0.5)
        assert thread.is_alive()
    thread.join(10)

    assert answers == [1]
