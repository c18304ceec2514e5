"""The choices that hold for the whole company."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from leads.models import Interest, Lead, Step
from leads.settings.kind import Group, Kind, Names, Row, SettingForm, Touch, Values
from leads.settings.words import leads_words, people_words
from team.models import Installation

if TYPE_CHECKING:
    from team.models import User


class ChoicesForm(SettingForm):
    company = forms.CharField(label=gettext_lazy("Name of the company"), max_length=120, required=False)
    letters = forms.ChoiceField(
        label=gettext_lazy("Letters shown for phases"), choices=Installation.Letters, widget=forms.RadioSelect
    )
    opportunity_gate = forms.ChoiceField(
        label=gettext_lazy("An opportunity opens at"), choices=Installation.Gate, widget=forms.RadioSelect
    )
    interest_half_life_days = forms.IntegerField(
        label=gettext_lazy("Interest halves in so many days"), min_value=1, max_value=3650
    )
    step_max_days = forms.IntegerField(
        label=gettext_lazy("A next step is at most so many days away"),
        min_value=1,
        max_value=366,
        help_text=gettext_lazy("What waits longer is recycled."),
    )
    colleagues_woken = forms.IntegerField(
        label=gettext_lazy("A colleague’s interest wakes so many sleeping people of a company"),
        min_value=0,
        max_value=20,
        help_text=gettext_lazy(
            "Within 30 days, the most interested first; nobody who fell asleep in the last 14 days or waits for "
            "the end of a contract. 0 wakes nobody."
        ),
    )
    feedback_days = forms.IntegerField(
        label=gettext_lazy("What reps say is answered within so many days"),
        min_value=1,
        max_value=90,
        help_text=gettext_lazy("Who keeps the library says what became of it; what was said before keeps its day."),
    )


class Choices(Kind):
    slug = "choices"
    model = Installation
    form = ChoicesForm
    title = gettext_lazy("Company")
    one = gettext_lazy("choices")
    about = gettext_lazy("What holds for everybody, in every team.")
    may_add = False
    is_followed = True
    fields = tuple(name for name in ChoicesForm.base_fields if name not in SettingForm.HIDDEN)

    def groups(self, *, at: datetime) -> list[Group]:
        one = Installation.objects.get()
        said = " · ".join(
            f"{self.label_of(name)}: {self.say(name, getattr(one, name), {})}" for name in self.fields[1:]
        )
        return [Group(rows=[Row(one.pk, one.company or _("The company"), soft=said)], add=None)]

    def read(self, pk: int, *, lock: bool = False) -> Values | None:
        rows = Installation.objects.select_for_update() if lock else Installation.objects.all()
        return rows.filter(pk=pk).values(*self.fields).first()

    def write(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> int:
        one = Installation.objects.get()
        for name in self.fields:
            setattr(one, name, new[name])
        one.save(update_fields=self.fields)
        return one.pk

    def touches(self, pk: int | None, old: Values, new: Values, *, at: datetime) -> list[Touch]:
        found = []
        if old["letters"] != new["letters"]:
            count = Lead.objects.open().count()
            text = ngettext("%(count)d lead shows other letters", "%(count)d leads show other letters", count)
            found.append(Touch(text % {"count": count}, _("phases, owners and promises stay as they are")))
        if old["opportunity_gate"] != new["opportunity_gate"]:
            found.append(Touch(_("Deals are counted from the other gate"), _("both gates are recorded of every lead")))
        if new["step_max_days"] < old["step_max_days"]:
            limit = at + timedelta(days=new["step_max_days"] + 1)
            count = Step.objects.open().filter(due_at__gt=limit, made_by=Step.MadeBy.PERSON).count()
            text = ngettext(
                "%(count)d step that stands further away stays where it is",
                "%(count)d steps that stand further away stay where they are",
                count,
            )
            found.append(Touch(text % {"count": count}, _("the limit is asked for when a step is set or put off")))
        if old["interest_half_life_days"] != new["interest_half_life_days"]:
            known = Interest.objects.all()
            leads = Lead.objects.open().filter(person__in=known.values("pk")).count()
            words = {"leads": leads_words(leads), "people": people_words(known.count())}
            found.append(
                Touch(
                    _("Interest of %(people)s with %(leads)s is reckoned anew") % words,
                    _("within minutes; tiers that were judged stay"),
                )
            )
        return found

    def name_of(self, pk: int | None, values: Values) -> str:
        return str(values.get("company") or _("The company"))

    def names(self, pks: set[int]) -> dict[int, str]:
        return {pk: _("the company’s choices") for pk in pks}

    def say(self, name: str, value: Any, names: Names) -> str:
        return str(value) if name.endswith("_days") else super().say(name, value, names)
