"""What was said in a talk with a rep."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.actions.talking import LINES_MAX
from content.forms.feedback import TEXT_MAX as LINE_MAX
from content.forms.feedback import one_line
from content.forms.keeping import DayField, OwnerField
from content.models.talk import TEXT_MAX, reps_heard_by
from team.models import User


class TalkForm(forms.Form):
    rep = OwnerField(User.objects.none(), label=gettext_lazy("With whom"), empty_label=gettext_lazy("Choose"))
    held_on = DayField(label=gettext_lazy("On which day"))
    text = forms.CharField(
        label=gettext_lazy("What was said"),
        max_length=TEXT_MAX,
        widget=forms.Textarea({"rows": 6}),
        help_text=gettext_lazy(
            "Whom you talked with, their manager and marketing read it. It stays as it is noted: what you want to add, "
            "note as another talk."
        ),
    )

    def __init__(self, *args: Any, by: User, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reps = self.fields["rep"]
        reps.queryset = reps_heard_by(by).active().order_by("name", "pk")  # type: ignore[attr-defined]
        self.fields["held_on"].initial = today
        self.fields["held_on"].widget.attrs["max"] = today.isoformat()
        for number in range(1, LINES_MAX + 1):
            self.fields[f"line_{number}"] = forms.CharField(
                label=_("Missing or wrong, %(number)s") % {"number": number}, required=False, max_length=LINE_MAX
            )

    def clean_text(self) -> str:
        text = "\n".join(one_line(line) for line in self.cleaned_data["text"].splitlines()).strip()
        if not text:
            raise forms.ValidationError(_("Say what was said."))
        return text

    @property
    def has_reps(self) -> bool:
        return len(self.fields["rep"].choices) > 1  # type: ignore[attr-defined]

    @property
    def line_fields(self) -> list[forms.BoundField]:
        return [self[f"line_{number}"] for number in range(1, LINES_MAX + 1)]

    @property
    def lines(self) -> list[str]:
        return [line for field in self.line_fields if (line := one_line(self.cleaned_data[field.name]))]
