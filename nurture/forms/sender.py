"""What name servers are asked for."""

from __future__ import annotations

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy

LABELS = RegexValidator(
    r"\A[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*\Z",
    gettext_lazy("A selector is letters, digits and hyphens, such as mail2027."),
)


class SelectorForm(forms.Form):
    selector = forms.CharField(
        required=False,
        max_length=63,
        validators=[LABELS],
        label=gettext_lazy("DKIM selector"),
        help_text=gettext_lazy("The s= of the signature in a mail that you sent; your mail server’s settings name it."),
    )
