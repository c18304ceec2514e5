"""What keeps a published agreement as it was signed, in the database itself, and how a migration passes it.

A version that was published neither changes nor goes, nor does a rule of it, and none is added. A draft is edited until
it is published. Emptying a table is left to PostgreSQL (TRUNCATE fires no row trigger); on SQLite that is a DELETE and
refused as well.
"""

from typing import Any

from django.db import migrations
from django.db.migrations.operations.base import Operation

VERSION = "agreement_agreementversion"
# A migration that adds a table of rules names it here, and passes what it does through `rewriting`.
RULES = (
    "agreement_reasonrule",
    "agreement_slaclause",
    "agreement_transition",
    "agreement_definitionrule",
    "agreement_scorerule",
    "agreement_criterionrule",
)
# A rule waits for whoever is publishing its version at this instant, and publishing for whoever writes a rule.
FUNCTIONS = """
CREATE OR REPLACE FUNCTION agreement_version_is_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE integrity_constraint_violation USING MESSAGE = 'a published agreement does not change';
END $$;
CREATE OR REPLACE FUNCTION agreement_rule_is_published() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    mine bigint[] := '{}';
BEGIN
    IF TG_OP <> 'INSERT' THEN mine := mine || OLD.version_id; END IF;
    IF TG_OP <> 'DELETE' THEN mine := mine || NEW.version_id; END IF;
    PERFORM 1 FROM agreement_agreementversion WHERE id = ANY(mine) FOR SHARE;
    IF EXISTS (SELECT 1 FROM agreement_agreementversion WHERE id = ANY(mine) AND state = 'published') THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'a published agreement does not change';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$
"""
IS_PUBLISHED = "EXISTS (SELECT 1 FROM agreement_agreementversion WHERE id IN (%s) AND state = 'published')"
# On SQLite a trigger is for one verb.
OLD_AND_NEW = {"INSERT": "NEW.version_id", "UPDATE": "OLD.version_id, NEW.version_id", "DELETE": "OLD.version_id"}
REFUSE = "BEGIN SELECT RAISE(ABORT, 'a published agreement does not change'); END"


def rewriting(*operations: Operation) -> list[Operation]:
    """What a migration does to these tables, as its list of operations: meanwhile nothing is refused, afterwards
    everything again.

    SQLite changes a table by building it anew, which drops its triggers, and cannot do so with the table of versions
    while a trigger of another names it. It is one migration, and atomic, or nobody guards them in between.
    """
    return [migrations.RunPython(allow, forbid), *operations, migrations.RunPython(forbid, allow)]


def forbid(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(FUNCTIONS)
        schema_editor.execute(
            f"CREATE TRIGGER {VERSION}_is_published BEFORE UPDATE OR DELETE ON {VERSION} "
            "FOR EACH ROW WHEN (OLD.state = 'published') EXECUTE FUNCTION agreement_version_is_published()"
        )
        for table in _rules(schema_editor):
            schema_editor.execute(
                f"CREATE TRIGGER {table}_is_published BEFORE INSERT OR UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION agreement_rule_is_published()"
            )
    elif schema_editor.connection.vendor == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            schema_editor.execute(
                f"CREATE TRIGGER {VERSION}_{verb.lower()}_is_published BEFORE {verb} ON {VERSION} "
                f"WHEN OLD.state = 'published' {REFUSE}"
            )
        for table in _rules(schema_editor):
            for verb, ids in OLD_AND_NEW.items():
                schema_editor.execute(
                    f"CREATE TRIGGER {table}_{verb.lower()}_is_published BEFORE {verb} ON {table} "
                    f"WHEN {IS_PUBLISHED % ids} {REFUSE}"
                )


def allow(apps: Any, schema_editor: Any) -> None:
    """Also where not all of it is there: a table of rules that came later, or one that was built anew."""
    if schema_editor.connection.vendor == "postgresql":
        for table in (VERSION, *_rules(schema_editor)):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_is_published ON {table}")
        schema_editor.execute("DROP FUNCTION IF EXISTS agreement_version_is_published()")
        schema_editor.execute("DROP FUNCTION IF EXISTS agreement_rule_is_published()")
    elif schema_editor.connection.vendor == "sqlite":
        for verb in ("update", "delete"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {VERSION}_{verb}_is_published")
        for table in RULES:
            for verb in OLD_AND_NEW:
                schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_{verb.lower()}_is_published")


def _rules(schema_editor: Any) -> list[str]:
    """Those there are at this point of the history of migrations."""
    with schema_editor.connection.cursor() as cursor:
        there = schema_editor.connection.introspection.table_names(cursor)
    return [table for table in RULES if table in there]
