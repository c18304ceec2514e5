"""Whom to forget of those who were kept long enough, and that it is meant."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class ForgetForm(forms.Form):
    people = forms.TypedMultipleChoiceField(
        coerce=int, label=gettext_lazy("People"), error_messages={"required": gettext_lazy("Choose whom.")}
    )
    count = forms.IntegerField(
        min_value=1,
        label=gettext_lazy("How many you have chosen"),
        help_text=gettext_lazy("Typed, because nothing takes it back."),
        widget=forms.NumberInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, offered: list[int]) -> None:
        super().__init__(data)
        self.fields["people"].choices = [(pk, pk) for pk in offered]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        chosen = given.get("people")
        if chosen and "count" in given and given["count"] != len(chosen):
            self.add_error("count", _("You have chosen %(n)s.") % {"n": len(chosen)})
        return given
