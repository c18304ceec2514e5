"""History is appended to, and the database says so: events never change, activities and engagements change nothing but
whose they are, as a merge re-points them.

PostgreSQL refuses deleting too, row by row; emptying a table is left to it (TRUNCATE fires no row trigger). SQLite
refuses changes only: there emptying a table is a DELETE. A later migration that rebuilds one of these tables on SQLite
drops its trigger and must call `forbid` again; the tests of this migration see it.
"""

from typing import Any

from django.db import migrations

# What may change in each table; everything else is as it was written.
MAY_CHANGE = {
    "leads_leadevent": (),
    "leads_activity": ("person_id", "account_id"),
    "leads_engagement": ("person_id", "account_id"),
}
FUNCTION = """
CREATE OR REPLACE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE integrity_constraint_violation USING MESSAGE = TG_TABLE_NAME || ' is append-only';
END $$
"""


def forbid(apps: Any, schema_editor: Any) -> None:
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute(FUNCTION)
    for table, may_change in MAY_CHANGE.items():
        model = next(one for one in apps.get_app_config("leads").get_models() if one._meta.db_table == table)
        columns = ", ".join(
            f'"{field.column}"' for field in model._meta.concrete_fields if field.column not in may_change
        )
        if vendor == "postgresql":
            schema_editor.execute(
                f"CREATE TRIGGER {table}_is_append_only BEFORE DELETE OR UPDATE OF {columns} ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION history_is_append_only()"
            )
        elif vendor == "sqlite":
            schema_editor.execute(
                f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OF {columns} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def allow(apps: Any, schema_editor: Any) -> None:
    vendor = schema_editor.connection.vendor
    for table in MAY_CHANGE:
        if vendor == "postgresql":
            schema_editor.execute(f"DROP TRIGGER {table}_is_append_only ON {table}")
        elif vendor == "sqlite":
            schema_editor.execute(f"DROP TRIGGER {table}_is_append_only")
    if vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION history_is_append_only()")


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_spine")]

    operations = [migrations.RunPython(forbid, allow)]
