"""What the address of the report may ask for. What cannot be read is left out and said: no address is an error."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from agreement.models import ReasonRule
from content.models import Topic
from reports.cohort import ARMS, CAME_OF, COUNTS_AS, QUALIFIED
from reports.given_up import DEAD, WHATS
from reports.lift import DRAWN
from team.addresses import FIRST_YEAR, LAST_YEAR

MONTHS = (6, 12, 18, 24, 36)
WITHIN = 12
Options = Iterable[tuple[object, object]]


class MonthField(forms.CharField):
    """A month as browsers write it: 2027-03."""

    widget = forms.TextInput(attrs={"type": "month", "placeholder": "2027-03"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=7, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            month = date.fromisoformat(f"{text}-01")
        except ValueError:
            raise forms.ValidationError(_("Write a month like 2027-03.")) from None
        if not FIRST_YEAR <= month.year <= LAST_YEAR:
            raise forms.ValidationError(_("No list of ours is beyond that."))
        return month


class YieldFilters(forms.Form):
    """Whom, and what counts."""

    team = forms.ChoiceField(label=_("Team"), required=False)
    category = forms.ChoiceField(label=_("Why they sleep"), required=False)
    rep = forms.ChoiceField(label=_("Put to sleep by"), required=False)
    track = forms.ChoiceField(label=_("Track"), required=False)
    since = MonthField(label=_("Put to sleep from"))
    until = MonthField(label=_("to"))
    counts = forms.ChoiceField(
        label=_("Counts as converted"), required=False, choices=[(key, label) for key, (label, _c) in COUNTS_AS.items()]
    )
    within = forms.TypedChoiceField(
        label=_("Within"),
        required=False,
        coerce=int,
        choices=[(months, _("%(months)s months") % {"months": months}) for months in MONTHS],
    )

    def __init__(self, given: QueryDict, *, teams: Options, reps: Options, tracks: Options) -> None:
        # What an address leaves open stands in the form as it is taken.
        super().__init__({"counts": QUALIFIED, "within": WITHIN} | {name: given[name] for name in given if given[name]})
        categories = [(key, label) for key, label in ReasonRule.Category.choices if key]
        offered = {"team": teams, "rep": reps, "track": tracks, "category": categories}
        for name, options in offered.items():
            known = [(str(key), label) for key, label in options]
            self.fields[name].choices = [("", _("Any")), *known]  # type: ignore[attr-defined]
            if not known:
                del self.fields[name]

    @property
    def values(self) -> dict[str, Any]:
        """What was asked for and can be asked for."""
        self.is_valid()
        found = {name: value for name, value in self.cleaned_data.items() if value}
        found.setdefault("counts", QUALIFIED)
        found.setdefault("within", WITHIN)
        return found

    @property
    def chosen(self) -> bool:
        """Whether it is not the report of everybody."""
        return any(self.values.get(name) for name in ("team", "category", "rep", "track", "since", "until"))


class AsleepFilters(forms.Form):
    """Of those who sleep, for which reason and about what."""

    category = forms.ChoiceField(
        label=_("Why they sleep"),
        required=False,
        choices=[("", _("Any")), *((key, label) for key, label in ReasonRule.Category.choices if key)],
    )
    topic = forms.ModelChoiceField(Topic.objects.all(), label=_("Interested in"), required=False, empty_label=_("Any"))

    @property
    def values(self) -> dict[str, Any]:
        self.is_valid()
        topic = self.cleaned_data.get("topic")
        return {"category": self.cleaned_data.get("category", ""), "topic": topic.pk if topic else None}


class GivenUpFilters(forms.Form):
    """Who came in during how many months, and which figure of them is opened."""

    months = forms.TypedChoiceField(
        label=_("Came in within"),
        required=False,
        coerce=int,
        choices=[(months, _("%(months)s months") % {"months": months}) for months in (3, 6, 12, 24)],
    )
    what = forms.ChoiceField(required=False, choices=[("", ""), *WHATS.items()])
    rep = forms.IntegerField(required=False, min_value=0, max_value=2**53)
    source = forms.CharField(required=False, max_length=60)

    def __init__(self, given: QueryDict) -> None:
        # What an address leaves open stands in the form as it is taken.
        super().__init__({"months": "6"} | {name: given[name] for name in given})

    @property
    def values(self) -> dict[str, Any]:
        self.is_valid()
        # The source that nobody knows is asked for by its empty name.
        source = self.cleaned_data.get("source", "") if "source" in self.data else None
        return {
            "months": self.cleaned_data.get("months") or 6,
            "what": self.cleaned_data.get("what") or DEAD,
            "rep": self.cleaned_data.get("rep"),
            "source": source,
        }


class PeopleFilters(forms.Form):
    """Which of them stand in the list."""

    came = forms.ChoiceField(label=_("What came of it"), required=False, choices=[("", _("Any")), *CAME_OF.items()])
    arm = forms.ChoiceField(
        label=_("Fed by a track"), required=False, choices=[("", _("Any")), *ARMS.items(), *DRAWN.items()]
    )
    after = forms.CharField(max_length=80, required=False)

    @property
    def values(self) -> dict[str, str]:
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}
