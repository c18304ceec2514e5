"""What reasons and criteria have in common: their name and place change at once, what they say is the agreement's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Max
from django.utils.translation import gettext as _

from agreement.actions.publishing import AgreementRefused
from agreement.models import AgreementVersion
from agreement.models.codes import Code, CodeQuerySet
from leads.actions.agreeing import publish_agreement
from leads.settings.keys import new_key
from leads.settings.kind import SettingRefused

if TYPE_CHECKING:
    from team.models import User

PLACE_MAX = 32767


def called(label: str) -> str:
    """A name without the spaces nobody meant."""
    return " ".join(label.split())


def new_code(model: type[Code], values: dict[str, Any], **fields: Any) -> Code:
    """Another code, the last of all. One that was taken back before comes again as what it was."""
    gone = model._default_manager.filter(pk=values.get("pk"), retired_at__isnull=False).first()
    if gone is not None and gone.successor is not None:
        gone = None
    last = model._default_manager.aggregate(last=Max("position"))["last"] or 0
    place = min(last + 1, PLACE_MAX)
    code = gone or model(key=new_key(model, values["label"]), position=place)
    if gone is None:
        code.pk = _free(model, values.get("pk"))
    code.label, code.retired_at = values["label"], None
    for name, value in fields.items():
        setattr(code, name, value)
    code.save()
    return code


def _free(model: type[Code], pk: int | None) -> int | None:
    """The key it had, by which history names it, or none where somebody has it."""
    return None if model._default_manager.filter(pk=pk or 0).exists() else pk


def put_codes_in_order(model: type[Code], pks: list[int]) -> None:
    """The places these have among all, given to them anew, the first first; no two share one."""
    before = -1
    places = sorted(model._default_manager.filter(pk__in=pks).values_list("position", flat=True))
    for place, pk in zip(places, pks, strict=True):
        before = max(place, before + 1)
        model._default_manager.filter(pk=pk).update(position=before)


def must_be_unlike(namesakes: CodeQuerySet, label: str, *, pk: int | None) -> None:
    """SettingRefused when another in use among these has this name."""
    if namesakes.in_use().filter(label__iexact=label).exclude(pk=pk or 0).exists():
        raise SettingRefused(_("There is another one of this name."), "label")


def publish(alter: Callable[[AgreementVersion], Any], *, by: User, at: datetime, note: str) -> AgreementVersion:
    """The next version of the agreement; SettingRefused where it may not be in force."""
    with in_words():
        return publish_agreement(alter, by=by, at=at, note=note)


@contextmanager
def in_words() -> Iterator[None]:
    try:
        yield
    except AgreementRefused as refused:
        raise SettingRefused(str(refused), refused.field) from refused
