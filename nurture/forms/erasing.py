"""Forgetting somebody: why, and that it is meant."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from team.models import AuditEntry

ErasedFor = AuditEntry.ErasedFor
REASONS = [(one.value, one.label) for one in (ErasedFor.ASKED, ErasedFor.RETENTION, ErasedFor.MISTAKE)]


class EraseForm(forms.Form):
    because = forms.ChoiceField(choices=REASONS, label=gettext_lazy("Why"), widget=forms.RadioSelect)
    typed = forms.CharField(
        max_length=200, label=gettext_lazy("To confirm"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, data: Any = None, *, name: str) -> None:
        self.name = name
        super().__init__(data, initial={"because": ErasedFor.ASKED})
        self.fields["typed"].help_text = _("Type %(name)s") % {"name": name}

    def clean_typed(self) -> str:
        typed = str(self.cleaned_data["typed"])
        if " ".join(typed.split()).casefold() != " ".join(self.name.split()).casefold():
            raise forms.ValidationError(_("This is not their name as it stands above."))
        return typed
