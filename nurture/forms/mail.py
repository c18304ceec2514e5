"""The rules of mail, and what a rep writes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.models import Asset
from content.words import QUERY_MAX
from nurture.letter_checks import Concern, errors_of, warnings_of
from nurture.models import MailRules
from team.addresses import read_uuid

# Nobody means more by a cap.
CAP_MAX = 10_000
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

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for name in ("most_a_day", "most_a_week", "domain_most_a_minute"):
            # In place of those of the column, which would say a second thing of the same number.
            self.fields[name].validators = [MinValueValidator(1), MaxValueValidator(CAP_MAX)]
            self.fields[name].widget.attrs["min"] = 1

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("most_a_week", 1) < given.get("most_a_day", 1):
            self.add_error("most_a_week", _("In seven days at least as many as in one."))
        if given.get("closes", 24) <= given.get("opens", 0):
            self.add_error("closes", _("It ends after it began."))
        return given


class StopForm(forms.Form):
    """Whoever stops all mail says why: it stands wherever somebody waits for a letter."""

    reason = forms.CharField(
        max_length=200,
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("Whoever writes meanwhile reads it, and it stays in the history below."),
    )


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
        error_messages={"invalid_choice": gettext_lazy("It cannot be sent to them: it is over, or they have had it.")},
    )

    # What is looked for in the library meanwhile; no part of the letter.
    q = forms.CharField(required=False, max_length=QUERY_MAX, label=gettext_lazy("Words of a title or a text"))

    def __init__(self, data: Any = None, *, assets: Any, **more: Any) -> None:
        super().__init__(data, **more)
        self.fields["asset"].queryset = assets  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.errors:
            for wrong in errors_of(given["subject"], given["text"]):
                self.add_error(wrong.field, wrong.words)
        return given

    def concerns(self) -> list[Concern]:
        """What its author may look at once more, as far as anything was written."""
        said = [str(self[name].value() or "") for name in ("subject", "text")]
        return warnings_of(*said) if all(said) else []

    def chosen(self) -> Asset | None:
        """What it brings, as far as it may be sent."""
        public_id = read_uuid(str(self["asset"].value() or ""))
        return self.fields["asset"].queryset.filter(public_id=public_id).first() if public_id else None  # type: ignore[attr-defined]

    def offer(self, assets: Iterable[Asset]) -> None:
        """What may be chosen without looking for it; anything else that may be sent is taken all the same."""
        choices = {str(asset.public_id): str(asset) for asset in assets}
        self.fields["asset"].widget.choices = [("", _("nothing")), *choices.items()]
