from django import forms
from django.utils.translation import gettext_lazy as _

from leads.returning import CATEGORIES


class ComingBackForm(forms.Form):
    """What the address may ask for."""

    category = forms.ChoiceField(choices=[("", ""), *CATEGORIES], required=False)
    after = forms.CharField(max_length=80, required=False)


class WakeOnForm(forms.Form):
    """Another day for a lead that sleeps."""

    wake_on = forms.DateField(label=_("Back on"), widget=forms.DateInput(attrs={"type": "date"}))
