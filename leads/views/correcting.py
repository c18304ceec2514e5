"""Putting right what is known of a person, where it stands."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.actions.companies import meet_company
from accounts.actions.people import (
    AlreadyKnown,
    add_contact_point,
    change_employer,
    correct_contact_point,
    correct_person,
    correct_title,
    mark_contact_point,
)
from accounts.models import ContactPoint, Employment, Person
from accounts.normalise import BadValue
from leads.actions.changing import MoveRefused, lock_lead
from leads.actions.logging import plan_after_contact
from leads.actions.standing import stand_down
from leads.forms.correcting import PersonForm
from leads.models import Lead
from leads.views.lead import carry_out
from team.http import Request

if TYPE_CHECKING:
    from team.models import User


@require_POST
def correct(request: Request, public_id: UUID) -> HttpResponse:
    """Only what was changed is written. A phone or an e-mail that was missing ends the search for one."""

    def act(lead: Lead, form: PersonForm, now: datetime) -> str:
        # The lead before its person, as everybody locks them.
        lock_lead(lead)
        person, given = lead.person, form.cleaned_data
        by: User = request.user
        names = {name: given[name] for name in PersonForm.NAMES}
        correct_person(person, expect=given["person_version"], by=by, at=now, **names)
        ended = []
        if _employ(person, given["company"], given["title"], by=by, at=now):
            ended = stand_down(Lead.objects.filter(pk=lead.pk), by=by, at=now)
        wrong = _emptied(person, form, "phone", ContactPoint.PHONES, by=by, at=now)
        wrong += _emptied(person, form, "email", (ContactPoint.Kind.EMAIL,), by=by, at=now)
        found = _reach(person, given, "phone", ContactPoint.PHONES, by=by, at=now)
        found |= _reach(person, given, "email", (ContactPoint.Kind.EMAIL,), by=by, at=now)
        if found:
            plan_after_contact(lead, by=by, at=now)
        if ended:
            return _("Corrected: %(name)s. The lead ended: reps do not work that company.") % {"name": person}
        if wrong:
            words = {"name": person, "what": ", ".join(wrong)}
            return _("Corrected: %(name)s. Marked as wrong, not forgotten: %(what)s.") % words
        return _("Corrected: %(name)s.") % {"name": person}

    return carry_out(request, public_id, "person", act)


def _employ(person: Person, company: str, title: str, *, by: User, at: datetime) -> bool:
    """Whether she works somewhere else now."""
    current = Employment.objects.filter(person=person, is_current=True).select_related("account").first()
    known = current.account.name if current and current.account else ""
    if company.strip().casefold() != known.casefold():
        account = meet_company(company, by=by, at=at) if company.strip() else None
        change_employer(person, account, expect=person.version, title=title, by=by, at=at)
        return True
    if title.strip() != (current.title if current else ""):
        correct_title(person, title, expect=person.version, by=by, at=at)
    return False


def _emptied(
    person: Person, form: PersonForm, field: str, kinds: tuple[str, ...], *, by: User, at: datetime
) -> list[str]:
    """A number or address that was taken out of the form is wrong: kept as such, and no longer a way to her."""
    if field not in form.data or form.cleaned_data[field].strip():
        return []
    points = ContactPoint.objects.filter(person=person, kind__in=kinds, state__in=ContactPoint.USABLE)
    point = points.order_by("-is_primary", "pk").first()
    if point is None:
        return []
    mark_contact_point(point, ContactPoint.State.WRONG, by=by, at=at)
    return [point.value]


def _reach(
    person: Person, given: dict[str, str], field: str, kinds: tuple[str, ...], *, by: User, at: datetime
) -> bool:
    """Correct the number or address that stands there, or add the first; returns whether there is a new way to her."""
    value = given[field].strip()
    points = list(ContactPoint.objects.filter(person=person, kind__in=kinds).order_by("-is_primary", "pk"))
    usable = [one for one in points if one.state in ContactPoint.USABLE]
    if not value or any(one.value == value for one in usable):
        return False
    try:
        if usable:
            correct_contact_point(usable[0], value, by=by, at=at)
        else:
            add_contact_point(person, kinds[0], value, by=by, at=at, source="rep", primary=True)
    except BadValue as bad:
        raise MoveRefused(_("This %(why)s.") % {"why": bad}, field=field) from bad
    except AlreadyKnown as known:
        raise MoveRefused(str(known), field=field) from known
    return True
