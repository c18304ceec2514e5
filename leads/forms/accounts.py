"""Which companies are listed, and what is said of one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Standing
from team.models import Role, User


class AccountFilter(forms.Form):
    """Read from the address. What is not on offer is left out, so that no address is an error."""

    q = forms.CharField(required=False)
    standing = forms.ChoiceField(required=False, choices=[("", ""), *Standing.choices])
    owner = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owning = Exists(Account.objects.filter(owner=OuterRef("pk")))
        self.owners = list(User.objects.filter(owning).order_by("name", "pk").values_list("pk", "name"))
        self.fields["owner"].choices = [("", ""), *self.owners]  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, str]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class StandingForm(forms.Form):
    """What a company is to us, and who owns it. `reopen` counts where it becomes a prospect again."""

    standing = forms.ChoiceField(label=_("What it is to us"), choices=Standing, widget=forms.RadioSelect)
    owner = forms.ModelChoiceField(
        label=_("Owner"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Nobody"),
        help_text=_("Hears when somebody there shows interest and no rep may work it."),
    )
    reopen = forms.BooleanField(label=_("Go on with what ended because of the standing"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    form_id = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, owner: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sell = User.objects.active().filter(memberships__role__in=[Role.AE, Role.MANAGER])
        offered = Q(pk__in=sell.values("pk")) | Q(pk__in=[owner.pk] if owner else [])
        self.fields["owner"].queryset = User.objects.filter(offered).order_by("name", "pk")  # type: ignore[attr-defined]
