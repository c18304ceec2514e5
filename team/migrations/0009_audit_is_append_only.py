"""What was noted is not changed, and the database says so; PostgreSQL refuses deleting too, row by row.

As with the leads' history: emptying a table is left to PostgreSQL (TRUNCATE fires no row trigger), and on SQLite it is a
DELETE, so that there only changes are refused.
"""

from typing import Any

from django.db import migrations

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


class Migration(migrations.Migration):
    dependencies = [("team", "0008_audit")]

    operations = [migrations.RunPython(forbid, allow)]
