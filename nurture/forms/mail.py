"""The rules of mail, and what a rep writes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from content.models import Asset
from nurture.models import MailRules

HOURS = [(hour, f"{hour}:00") for hour in range(25)]


class RulesForm(forms.ModelForm):
    opens = forms.TypedChoiceField(choices=HOURS[:-1], coerce=int, label=gettext_lazy("From"))
    closes = forms.TypedChoiceField(choices=HOURS[1:], coerce=int, label=gettext_lazy("Until"))

    class Meta:
        model = MailRules
        fields = [
            "most_a_day",
            "most_a_week",
            "opens",
            "closes",
            "on_weekends",
            "domain_most_a_minute",
            "hours_late",
            "sender_name",
            "postal_address",
        ]
        labels = {
            "most_a_day": gettext_lazy("At most a day"),
            "most_a_week": gettext_lazy("At most in seven days"),
            "on_weekends": gettext_lazy("On weekends, too"),
            "domain_most_a_minute": gettext_lazy("To one domain, at most a minute"),
            "hours_late": gettext_lazy("Later than this, spread over the next hours"),
            "sender_name": gettext_lazy("Sender's name where no rep is known"),
            "postal_address": gettext_lazy("Postal address in the foot"),
        }
        help_texts = {
            "most_a_day": gettext_lazy("Messages of tracks to one recipient; what a rep writes is not counted."),
            "hours_late": gettext_lazy("Hours."),
        }


class WriteForm(forms.Form):
    subject = forms.CharField(max_length=200, label=gettext_lazy("Subject"))
    text = forms.CharField(
        max_length=20000,
        label=gettext_lazy("Words"),
        widget=forms.Textarea(attrs={"rows": 10, "class": "letter-words"}),
        help_text=gettext_lazy("Markdown. {{ first_name | there }} is what is known, else what follows the bar."),
    )
    asset = forms.ModelChoiceField(
        Asset.objects.none(),
        required=False,
        label=gettext_lazy("Brings"),
        empty_label=gettext_lazy("nothing"),
        to_field_name="public_id",
    )

    def __init__(self, data: Any = None, *, assets: Any, **more: Any) -> None:
        super().__init__(data, **more)
        self.fields["asset"].queryset = assets  # type: ignore[attr-defined]
