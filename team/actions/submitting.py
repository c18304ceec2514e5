"""A form is carried out once, however often it is sent (R22)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, transaction
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
    try:
        with transaction.atomic():
            FormSubmission.objects.create(form_id=key, user=by, at=at, answer_url=answer_url)
    except IntegrityError:
        before = FormSubmission.objects.filter(form_id=key, user=by).first()
        raise SentBefore(before.answer_url if before else "") from None


def answered(form_id: str, *, answer_url: str) -> None:
    """Where this form led, when that is known only after it was carried out; in the same transaction."""
    try:
        key = UUID(form_id)
    except ValueError:
        return
    FormSubmission.objects.filter(form_id=key).update(answer_url=answer_url)
