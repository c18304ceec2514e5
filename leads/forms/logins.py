"""How somebody is let in."""

from django import forms


class LoginForm(forms.Form):
    PASSWORD, LINK = "password", "link"

    act = forms.ChoiceField(choices=[(PASSWORD, PASSWORD), (LINK, LINK)])
