"""A form is carried out once, however often it is sent (R22)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from uuid_utils.compat import uuid7

from team.bulk import insert_unless_there
from team.models import FormSubmission

if TYPE_CHECKING:
    from team.models import User


_COLUMNS = ("form_id", "user_id", "at", "answer_url")


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
    # A second one at the same moment waits here until the first has ended.
    if not insert_unless_there(FormSubmission, _COLUMNS, (key, by.pk, at, answer_url)):
        before = FormSubmission.objects.filter(form_id=key, user=by).first()
        raise SentBefore(before.answer_url if before else "")


def answer_before(form_id: str, *, by: User) -> str | None:
    """Where this form led when it was carried out; None when it was not. For who asks before she looks any further."""
    try:
        key = UUID(form_id)
    except ValueError:
        return None
    return FormSubmission.objects.filter(form_id=key, user=by).values_list("answer_url", flat=True).first()


def answered(form_id: str, *, answer_url: str) -> None:
    """Where this form led, when that is known only after it was carried out; in the same transaction."""
    try:
        key = UUID(form_id)
    except ValueError:
        return
    FormSubmission.objects.filter(form_id=key).update(answer_url=answer_url)
