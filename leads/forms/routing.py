"""Somebody who would become a lead, as far as routing asks."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.normalise import country_names
from agreement.models import Lane
from leads.trying import Case


class TryRoutingForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        required=False,
        help_text=gettext_lazy("Finds the person, or by its domain the account."),
    )
    account = forms.CharField(label=gettext_lazy("Account"), max_length=200, required=False)
    country = forms.ChoiceField(
        label=gettext_lazy("Country"), choices=lambda: [("", _("unknown")), *country_names().items()], required=False
    )
    segment = forms.CharField(
        label=gettext_lazy("Segment of the company"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"list": "known-segments"}),
        help_text=gettext_lazy("Where the account does not say it."),
    )
    source = forms.CharField(
        label=gettext_lazy("Source of the lead"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"list": "known-sources"}),
    )
    lane = forms.ChoiceField(label=gettext_lazy("Lane"), choices=Lane, initial=Lane.CONTENT, required=False)

    @property
    def case(self) -> Case:
        return Case(**{name: (value or "").strip() for name, value in self.cleaned_data.items()})
