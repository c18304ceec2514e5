from django import forms
from django.utils.translation import gettext_lazy as _

from agreement.models import Lane
from leads.forms.fields import with_shared_fields


@with_shared_fields
class PoolForm(forms.Form):
    """What the address of the pool may ask for."""

    lane = forms.ChoiceField(label=_("Lane"), choices=[("", ""), *Lane.choices], required=False)
    after = forms.CharField(max_length=80, required=False)
