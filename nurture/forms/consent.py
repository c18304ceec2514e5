"""What somebody agreed to, noted by whoever heard it."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.models import Topic

GIVEN, WITHDRAWN, AGAIN = "given", "withdrawn", "again"
# Nobody agreed to e-mail before.
FIRST = date(1995, 1, 1)


class ConsentForm(forms.Form):
    said = forms.ChoiceField(
        choices=[(GIVEN, gettext_lazy("Agreed to get e-mail")), (WITHDRAWN, gettext_lazy("Took it back"))],
        label=gettext_lazy("What they said"),
        widget=forms.RadioSelect,
    )
    topic = forms.ChoiceField(required=False, label=gettext_lazy("About"))
    on = forms.DateField(label=gettext_lazy("When"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    evidence = forms.CharField(
        max_length=500,
        label=gettext_lazy("In which words, and where"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("So that somebody else can still show it in a year."),
    )

    def __init__(self, data: Any = None, *, at: datetime, may_come_back: bool = False) -> None:
        """`may_come_back`: they stopped all mail themselves, and may ask for it again."""
        self.at = at
        super().__init__(data, initial={"said": GIVEN, "on": timezone.localdate(at)}, auto_id="consent-%s")
        self.topics = {topic.key: topic for topic in Topic.objects.order_by("position", "pk")}
        names = [(key, str(topic)) for key, topic in self.topics.items()]
        if may_come_back:
            self.fields["said"].choices += [(AGAIN, _("Asked to get e-mail again, after they had stopped it"))]  # type: ignore[attr-defined]
        self.fields["topic"].choices = [("", _("all mail")), *names]  # type: ignore[attr-defined]

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on > timezone.localdate(self.at):
            raise forms.ValidationError(_("This day is still to come."))
        if on < FIRST:
            raise forms.ValidationError(_("This is too long ago."))
        return on

    @property
    def asks_again(self) -> bool:
        return bool(self.cleaned_data["said"] == AGAIN)

    def values(self) -> dict[str, Any]:
        """What `note_consent` takes: of today the moment, of another day its beginning."""
        said, on = self.cleaned_data, self.cleaned_data["on"]
        is_today = on == timezone.localdate(self.at)
        return {
            "is_given": said["said"] == GIVEN,
            "topic": self.topics.get(said["topic"]),
            "said_at": self.at if is_today else timezone.make_aware(datetime.combine(on, time())),
            "evidence": said["evidence"],
        }
