"""What a user says about herself."""

from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from team.localtime import is_zone
from team.models import User


class ThemeForm(forms.Form):
    theme = forms.ChoiceField(choices=User.Theme.choices, required=False)


class PreferencesForm(forms.ModelForm):
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [(zone, zone.replace("_", " ")) for zone in sorted(filter(is_zone, available_timezones()))],
        help_text=_("Every moment is shown on this clock; the other person's stands beside it."),
    )

    class Meta:
        model = User
        fields = ("name", "time_zone", "theme", "c_dials", "is_undisturbed")
        widgets = {"theme": forms.RadioSelect}
        labels = {"c_dials": _("The key c also dials"), "is_undisturbed": _("Only what I promised interrupts me")}
        help_texts = {
            "c_dials": _("For whoever has a telephone on this computer. A click on the number dials either way."),
            "is_undisturbed": _(
                "Who asks to be contacted is otherwise told on every page to those at work, whatever they are doing."
            ),
        }


class FeedForm(forms.Form):
    """What to do with the address of her calendar feed."""

    MAKE, KEEP, REVOKE = "make", "keep", "revoke"

    act = forms.ChoiceField(choices=[(MAKE, MAKE), (KEEP, KEEP), (REVOKE, REVOKE)])
    has_names = forms.BooleanField(
        label=_("With names of people and companies"),
        required=False,
        help_text=_("They leave Midfield with the file, and whoever keeps your calendar can read them."),
    )
