"""What the address of a list may ask for. A filter that cannot be read asks for nothing."""

from dataclasses import replace

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.search import QUERY_MAX
from agreement.models import Lane
from leads.forms.fields import with_shared_fields
from leads.lead_choices import stage_in_use
from leads.queue import Wanted
from leads.queue_order import Group

ANY = [("", _("Any"))]
TIERS = ("A", "B", "C")


@with_shared_fields
class QueueForm(forms.Form):
    group = forms.ChoiceField(choices=[("", ""), *Group.choices], required=False)
    q = forms.CharField(label=_("Name, company, address"), max_length=QUERY_MAX, required=False)
    lane = forms.ChoiceField(label=_("Lane"), choices=[*ANY, *Lane.choices], required=False)
    stage = forms.RegexField(r"^[0-9]{1,18}$", label=_("Stage"), required=False)
    tier = forms.RegexField(r"^[ABC][1-3]?$", label=_("Tier"), required=False)
    callable = forms.BooleanField(label=_("Callable now"), required=False)
    idle = forms.IntegerField(label=_("No activity, days"), min_value=1, max_value=365, required=False)
    topic = forms.IntegerField(label=_("Topic"), min_value=1, max_value=2**31, required=False)
    account = forms.UUIDField(label=_("Account"), required=False)
    by_account = forms.BooleanField(label=_("Group by account"), required=False)
    after = forms.CharField(max_length=120, required=False)

    def clean_stage(self) -> str:
        """One that was retired is read as the one its leads went on in."""
        asked: str = self.cleaned_data["stage"]
        return stage_in_use(asked) if asked else ""

    def wanted(self) -> Wanted:
        """What could be read of the address; call after `is_valid`."""
        read = self.cleaned_data
        return Wanted(
            group=read.get("group", ""),
            lane=read.get("lane", ""),
            stage=read.get("stage", ""),
            tier=read.get("tier", ""),
            callable_now=read.get("callable", False),
            idle=read.get("idle") or 0,
            topic=read.get("topic") or 0,
            account=read.get("account"),
            by_account=read.get("by_account", False),
            q=read.get("q", ""),
            after=read.get("after", ""),
        )

    @property
    def asked(self) -> str:
        """The same list as an address, as it was asked for: with the stage that was retired since."""
        return replace(self.wanted(), stage=self.data.get("stage", "")).query


def title_of(wanted: Wanted) -> str:
    """A list in a few words, for whatever is made of it."""
    said = [
        str(Group(wanted.group).label) if wanted.group else "",
        str(_("Callable now")) if wanted.callable_now else "",
        _idle_words(wanted.idle),
        str(Lane(wanted.lane).label) if wanted.lane else "",
        wanted.tier,
        f"“{wanted.q}”" if wanted.q else "",
    ]
    return ", ".join(filter(None, said)) or str(_("My queue"))


def _idle_words(days: int) -> str:
    return ngettext("No activity %(days)s day", "No activity %(days)s days", days) % {"days": days} if days else ""
