"""A form is carried out once, however often it is sent (R22)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection
from uuid_utils.compat import uuid7

from team.models import FormSubmission

if TYPE_CHECKING:
    from team.models import User


class SentBefore(Exception):
    """This form was carried out already; `answer_url` is where it led."""

    def __init__(self, answer_url: str) -> None:
        super().__init__("sent before")
        self.answer_url = answer_url


def new_form_id() -> str:
    """A one-time name for a form that is about to be shown."""
    return str(uuid7())


def submit_once(form_id: str, *, by: User, at: datetime, answer_url: str = "") -> None:
    """Mark the form as carried out, inside the transaction that carries it out.

    SentBefore when it was: the caller answers what the first time answered. A missing or broken id marks nothing.
    """
    try:
        key = UUID(form_id)
    except ValueError:
        return
    if not _mark(key, by.pk, at, answer_url):
        before = FormSubmission.objects.filter(form_id=key, user=by).first()
        raise SentBefore(before.answer_url if before else "")


def _mark(*values: Any) -> bool:
    """Whether this was the first time. A second one at the same moment waits here until the first has ended."""
    fields: list[Any] = [FormSubmission._meta.get_field(name) for name in ("form_id", "user", "at", "answer_url")]
    row = [field.get_db_prep_save(value, connection) for field, value in zip(fields, values, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_MARK, row)
        return bool(cursor.rowcount)


# No error, and so no savepoint for every form that is sent.
_MARK = (
    "INSERT INTO team_formsubmission (form_id, user_id, at, answer_url) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"
)


def answered(form_id: str, *, answer_url: str) -> None:
    """Where this form led, when that is known only after it was carried out; in the same transaction."""
    try:
        key = UUID(form_id)
    except ValueError:
        return
    FormSubmission.objects.filter(form_id=key).update(answer_url=answer_url)
