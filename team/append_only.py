"""What was noted in the audit log is not changed, and the database says so; PostgreSQL refuses deleting too, row by
row.

As with the leads' history: emptying a table is left to PostgreSQL (TRUNCATE fires no row trigger), and on SQLite it is
a DELETE, so that there only changes are refused.
"""

from typing import Any

from django.db import migrations
from django.db.migrations.operations.base import Operation

TABLE = "team_auditentry"
FUNCTION = """
CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE integrity_constraint_violation USING MESSAGE = TG_TABLE_NAME || ' is append-only';
END $$
"""


def forbid(apps: Any, schema_editor: Any) -> None:
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute(FUNCTION)
        schema_editor.execute(
            f"CREATE TRIGGER {TABLE}_is_append_only BEFORE DELETE OR UPDATE ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()"
        )
    elif vendor == "sqlite":
        schema_editor.execute(
            f"CREATE TRIGGER {TABLE}_is_append_only BEFORE UPDATE ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
        )


def allow(apps: Any, schema_editor: Any) -> None:
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute(f"DROP TRIGGER {TABLE}_is_append_only ON {TABLE}")
        schema_editor.execute("DROP FUNCTION audit_is_append_only()")
    elif vendor == "sqlite":
        schema_editor.execute(f"DROP TRIGGER {TABLE}_is_append_only")


def rewriting_audit(*operations: Operation) -> list[Operation]:
    """What a migration does to the table of the audit log, as its list of operations: SQLite changes a table by
    building it anew, which drops its trigger. It is one migration, and atomic, or nobody guards the table in between.
    """
    return [migrations.RunPython(allow, forbid), *operations, migrations.RunPython(forbid, allow)]
