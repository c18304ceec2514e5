"""What the address of the matrix and of its lists may ask for. What cannot be read asks for nothing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.models import Label
from nurture.demand import NONE


class MatrixForm(forms.Form):
    objection = forms.ChoiceField(label=gettext_lazy("What they object"), required=False)

    def __init__(self, data: Any) -> None:
        super().__init__({"objection": data.get("objection", "").strip()})
        offered = Label.objects.filter(dimension=Label.Dimension.OBJECTION, retired_at=None)
        choices = [("", _("Whatever they object")), *offered.values_list("key", "label")]
        self.fields["objection"].choices = choices  # type: ignore[attr-defined]

    @property
    def asked(self) -> str:
        self.is_valid()
        return str(self.cleaned_data.get("objection", ""))


class SendsForm(forms.Form):
    persona = forms.ChoiceField(label=gettext_lazy("For whom"), required=False)
    stage = forms.ChoiceField(label=gettext_lazy("When"), required=False)
    page = forms.IntegerField(required=False, min_value=1, max_value=1000, widget=forms.HiddenInput)

    def __init__(self, data: Any) -> None:
        super().__init__({name: data.get(name, "").strip() for name in self.base_fields})
        for name, anything in (("persona", _("For anybody")), ("stage", _("At any time"))):
            offered = Label.objects.filter(dimension=name, retired_at=None).values_list("key", "label")
            self.fields[name].choices = [("", anything), (NONE, _("Not said")), *offered]  # type: ignore[attr-defined]

    @property
    def read(self) -> dict[str, Any]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}

    @property
    def shown(self) -> list[forms.BoundField]:
        return [self["persona"], self["stage"]]
