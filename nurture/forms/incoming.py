"""Mail that came in and nobody knows whose it is."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from accounts.search import QUERY_MAX
from nurture.actions.assigning import TOLD
from nurture.models import Incoming


class GlanceForm(forms.Form):
    """Whose it may be."""

    q = forms.CharField(label=gettext_lazy("Name, company, address"), max_length=QUERY_MAX, required=False)


class AssignForm(forms.Form):
    """Whose it is, and what it says."""

    person = forms.UUIDField(
        label=gettext_lazy("From"),
        error_messages={
            "required": gettext_lazy("Choose whose it is."),
            "invalid": gettext_lazy("Choose whose it is."),
        },
    )
    kind = forms.ChoiceField(
        choices=[(kind.value, Incoming.Kind(kind.value).label) for kind in TOLD], label=gettext_lazy("It is")
    )
    back_on = forms.DateField(
        required=False,
        label=gettext_lazy("Back on"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Of somebody who is out of office."),
    )
