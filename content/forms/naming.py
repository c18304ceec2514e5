"""Fields in which an asset or a request is named: by its address, its whole title, or a pick of what has its words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from content.models import Asset, ContentRequest
from content.named import SHOWN, assets_named, requests_named
from team.addresses import UUID_IN_TEXT, read_uuid
from team.company_time import company_day

Named = Asset | ContentRequest


class NamedField(forms.CharField):
    """Cleaned, it is the row, or None. Of what was refused, `near` are those that may be meant: to pick one of them.

    `said_in` is the column that says what a row is called, `offers` the page of what is offered while one types.
    """

    NONE: ClassVar[str | Promise]
    SEVERAL: ClassVar[str | Promise]
    NEAR: ClassVar[str | Promise]
    said_in: ClassVar[str]
    offers: ClassVar[str]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=500, **kwargs)
        self.near: list[Named] = []

    def rows(self) -> QuerySet[Any]:
        raise NotImplementedError

    def near_to(self, written: str) -> list[Any]:
        raise NotImplementedError

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return super().widget_attrs(widget) | {"autocomplete": "off"}

    def get_bound_field(self, form: Any, field_name: str) -> forms.BoundField:
        """What has the words that are typed is offered below them; without scripts, once the form was sent."""
        known = f"{form.auto_id % field_name}-known"
        self.widget.attrs |= {
            "list": known, "hx-get": reverse_lazy(self.offers), "hx-trigger": "input changed delay:200ms",
            "hx-target": f"#{known}", "hx-swap": "innerHTML", "hx-sync": "this:replace",
        }  # fmt: skip
        return super().get_bound_field(form, field_name)

    def clean(self, value: Any) -> Any:
        written: str = super().clean(value)
        if not written:
            return None
        named = UUID_IN_TEXT.search(written)
        asked = {"public_id": UUID(named[0])} if named else {f"{self.said_in}__iexact": written}
        found = list(self.rows().filter(**asked).order_by("-pk")[:SHOWN])
        if len(found) == 1:
            return found[0]
        self.near = found or ([] if named else self.near_to(written))
        raise forms.ValidationError(str(self.SEVERAL if found else self.NEAR if self.near else self.NONE))

    def prepare_value(self, value: Any) -> Any:
        """One that was picked, or stood there before, by what it is called and not by its key."""
        key = value if not isinstance(value, str) else read_uuid(value)
        row = self.rows().filter(public_id=key).first() if key else None
        if row is None:
            return value
        namesakes = self.rows().filter(**{f"{self.said_in}__iexact": str(row)}).order_by("-pk")
        return spelt(row, among=namesakes[:2])


class AssetField(NamedField):
    NONE = _("No asset has this address or title.")
    SEVERAL = _("Several assets have this title: pick one.")
    NEAR = _("No asset has this whole title: pick one, or write more of it.")
    said_in, offers = "title", "content:assets_named"

    def rows(self) -> QuerySet[Asset]:
        return Asset.objects.all()

    def near_to(self, written: str) -> list[Asset]:
        return assets_named(written, on=company_day(timezone.now()))


class RequestField(NamedField):
    NONE = _("No open request has this address or says this.")
    SEVERAL = _("Several requests say this: pick one.")
    NEAR = _("No open request says just this: pick one, or write more of it.")
    said_in, offers = "need", "content:requests_named"

    def rows(self) -> QuerySet[ContentRequest]:
        return ContentRequest.objects.open()

    def near_to(self, written: str) -> list[ContentRequest]:
        return requests_named(written)


def spelt(row: Named, *, among: Iterable[Named]) -> str:
    """What a field says that means this one: what it is called, with its key where another of these is called so."""
    called = str(row)
    is_shared = any(one.pk != row.pk and str(one).casefold() == called.casefold() for one in among)
    return f"{called} ({row.public_id})" if is_shared else called
