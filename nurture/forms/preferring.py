"""What a recipient may say of the mail she gets."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.models import Topic
from nurture.models import Preference

PAUSES = {"": gettext_lazy("No pause"), "30": gettext_lazy("30 days"), "90": gettext_lazy("3 months")}
KEEP = "keep"


class PreferenceForm(forms.Form):
    topics = forms.ModelMultipleChoiceField(
        Topic.objects.none(),
        required=False,
        label=gettext_lazy("Topics"),
        widget=forms.CheckboxSelectMultiple,
    )
    pace = forms.ChoiceField(choices=Preference.Pace.choices, label=gettext_lazy("How often"), widget=forms.RadioSelect)
    pause = forms.ChoiceField(choices=list(PAUSES.items()), required=False, label=gettext_lazy("Pause"))

    def __init__(
        self,
        data: Any = None,
        *,
        pace: str,
        refused: Collection[int | None],
        paused_until: datetime | None,
        at: datetime,
    ) -> None:
        topics = Topic.objects.order_by("position", "pk")
        initial = {
            "topics": [topic.pk for topic in topics if topic.pk not in refused],
            "pace": pace,
        }
        super().__init__(data, initial=initial)
        self.at = at
        # What stands is chosen, or who changes something else would end it without a word.
        self.stands = paused_until
        if self.stands:
            until = _("Until %(day)s, as it is") % {"day": date_format(self.stands, "j F Y")}
            self.fields["pause"].choices = [(KEEP, until), *PAUSES.items()]  # type: ignore[attr-defined]
            self.initial["pause"] = KEEP
        self.fields["topics"].queryset = topics  # type: ignore[attr-defined]

    @property
    def refused(self) -> list[Topic]:
        """What she left out of the topics there are."""
        wanted = {topic.pk for topic in self.cleaned_data["topics"]}
        return [topic for topic in self.fields["topics"].queryset if topic.pk not in wanted]  # type: ignore[attr-defined]

    @property
    def paused_until(self) -> datetime | None:
        days = self.cleaned_data.get("pause")
        if days == KEEP:
            return self.stands
        return self.at + timedelta(days=int(days)) if days else None
