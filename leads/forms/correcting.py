"""What somebody puts right about a person, in its place."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.models import ContactPoint
from leads.forms.fields import LeadForm, ZoneField
from leads.lead_page import LeadPage


class PersonForm(LeadForm):
    """Name, title, company, ways to reach her, her clock. A phone or e-mail that is taken out is marked wrong."""

    person_version = forms.IntegerField(widget=forms.HiddenInput)
    given_name = forms.CharField(label=gettext_lazy("Given name"), max_length=100, required=False)
    family_name = forms.CharField(label=gettext_lazy("Family name"), max_length=100, required=False)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200, required=False)
    company = forms.CharField(label=gettext_lazy("Company"), max_length=200, required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=60, required=False)
    email = forms.CharField(label=gettext_lazy("E-mail"), max_length=254, required=False)
    time_zone = ZoneField(label=gettext_lazy("Their clock"), required=False)

    NAMES = ("given_name", "family_name", "time_zone")

    @classmethod
    def known(cls, page: LeadPage) -> dict[str, Any]:
        """What is known now, as the form shows it."""
        return {
            "person_version": page.person.version,
            "given_name": page.person.given_name,
            "family_name": page.person.family_name,
            "title": page.job.title if page.job else "",
            "company": page.account.name if page.account else "",
            "phone": _best(page, *ContactPoint.PHONES),
            "email": _best(page, ContactPoint.Kind.EMAIL),
            "time_zone": page.person.time_zone,
        }


def _best(page: LeadPage, *kinds: str) -> str:
    points = [one for one in page.contacts if one.kind in kinds]
    usable = [one for one in points if one.state in ContactPoint.USABLE]
    best = next((one for one in usable if one.is_primary), next(iter(usable or points), None))
    return best.value if best else ""
