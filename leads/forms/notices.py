from django import forms

BIG = 2**63 - 1


class SeenForm(forms.Form):
    """The newest notice the page showed, and perhaps the one that was meant."""

    up_to = forms.IntegerField(min_value=1, max_value=BIG)
    notice = forms.IntegerField(min_value=1, max_value=BIG, required=False)
