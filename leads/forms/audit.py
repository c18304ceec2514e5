"""Which entries of the audit log are looked for."""

from django import forms
from django.utils.translation import gettext_lazy as _

from team.models import AuditEntry, User


class AuditFilters(forms.Form):
    by = forms.ModelChoiceField(
        label=_("Who"), queryset=User.objects.order_by("name", "pk"), required=False, empty_label=_("anybody")
    )
    verb = forms.ChoiceField(
        label=_("Did what"), required=False, choices=[("", _("anything")), *AuditEntry.Verb.choices]
    )
    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)
