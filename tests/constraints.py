"""What tests of constraints share: each named one of a room has a case, and the database says no by its name."""

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction


def constraints_of(room):
    """The names of all constraints of a room's models."""
    return {
        constraint.name: constraint
        for model in apps.get_app_config(room).get_models()
        for constraint in model._meta.constraints
    }


def refuses(constraint, break_it):
    """The database refuses what `break_it` writes, and because of this constraint."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        break_it()
    said = str(refusal.value)
    if connection.vendor == "postgresql" or isinstance(constraint, models.CheckConstraint):
        assert constraint.name in said
    elif constraint.fields:
        # SQLite names the columns of a unique index.
        assert "UNIQUE" in said
        for field in constraint.fields:
            assert field in said
    else:
        assert constraint.name in said


def put(row, **fields):
    """Write these columns past every action."""
    type(row).objects.filter(pk=row.pk).update(**fields)


def again(row, **fields):
    """The same row once more, with other values where they are given."""
    row.pk = None
    row._state.adding = True
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(force_insert=True)
