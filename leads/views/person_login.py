"""How a user gets in: by a password that is shown once, or by a link to choose one herself."""

from smtplib import SMTPException
from typing import Any

from allauth.account.forms import ResetPasswordForm
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from leads.forms.logins import LoginForm
from leads.settings.registry import BY_SLUG, KINDS
from leads.views.access import need_role
from team.actions.auditing import note_audit
from team.actions.people import give_password
from team.http import Request, tell
from team.models import AuditEntry, Role, User


@require_http_methods(["GET", "POST"])
@never_cache
def person_login(request: Request, pk: int) -> HttpResponse:
    need_role(request, Role.ADMIN)
    person = User.objects.active().filter(pk=pk).first()
    if person is None:
        raise Http404
    context: dict[str, Any] = {"person": person, "kind": BY_SLUG["people"], "kinds": KINDS, "now": timezone.now()}
    form = LoginForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["act"] == LoginForm.LINK:
            return _send_link(request, person)
        context["password"] = give_password(person, by=request.user, at=timezone.now())
    is_wrong = request.method == "POST" and not form.is_valid()
    return render(request, "leads/settings/person_login.html", context, status=422 if is_wrong else 200)


def _send_link(request: Request, person: User) -> HttpResponse:
    form = ResetPasswordForm(data={"email": person.email})
    form.is_valid()
    try:
        form.save(request)
    except (SMTPException, OSError):
        tell(request, _("The letter could not be sent. Give them a password instead."), level=messages.ERROR)
        return redirect("leads:person_login", person.pk)
    about = {"about": person._meta.label, "about_id": str(person.pk)}
    note_audit(AuditEntry.Verb.LET_IN, by=request.user, at=timezone.now(), detail="link", **about)
    tell(request, _("A link was sent to %(email)s.") % {"email": person.email})
    return redirect("leads:setting_list", "people")
