"""What the database refuses of new rows it vouches for of the old ones, too."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite looks at every row when a constraint is added.")
def test_every_constraint_has_been_held_against_the_rows_that_were_there():
    with connection.cursor() as cursor:
        cursor.execute("SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE NOT convalidated ORDER BY 2")
        unchecked = cursor.fetchall()

    assert unchecked == []
