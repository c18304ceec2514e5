"""What the address of a list may ask for. A filter that cannot be read asks for nothing."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.search import QUERY_MAX
from agreement.models import Lane
from leads.queue import Group, Wanted

ANY = [("", _("Any"))]
TIERS = ("A", "B", "C")


class QueueForm(forms.Form):
    group = forms.ChoiceField(choices=[("", ""), *Group.choices], required=False)
    q = forms.CharField(label=_("Name, company, address"), max_length=QUERY_MAX, required=False)
    lane = forms.ChoiceField(label=_("Lane"), choices=[*ANY, *Lane.choices], required=False)
    stage = forms.RegexField(r"^[0-9]{1,18}$", label=_("Stage"), required=False)
    tier = forms.RegexField(r"^[ABC][1-3]?$", label=_("Tier"), required=False)
    callable = forms.BooleanField(label=_("Callable now"), required=False)
    after = forms.CharField(max_length=120, required=False)

    def wanted(self) -> Wanted:
        """What could be read of the address; call after `is_valid`."""
        read = self.cleaned_data
        return Wanted(
            group=read.get("group", ""),
            lane=read.get("lane", ""),
            stage=read.get("stage", ""),
            tier=read.get("tier", ""),
            callable_now=read.get("callable", False),
            q=read.get("q", ""),
            after=read.get("after", ""),
        )
