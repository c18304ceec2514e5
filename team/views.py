"""What a user changes about herself."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from team.actions.preferences import change_preferences, choose_theme
from team.forms import PreferencesForm, ThemeForm
from team.http import Request, tell


@require_POST
def theme(request: Request) -> HttpResponse:
    form = ThemeForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    choose_theme(request.user, form.cleaned_data["theme"])
    if request.htmx:
        return HttpResponse(status=204)
    there = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(there, {request.get_host()}, require_https=request.is_secure())
    return redirect(there if is_ours else "/")


@require_http_methods(["GET", "POST"])
def profile(request: Request) -> HttpResponse:
    form = PreferencesForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        change_preferences(
            request.user,
            name=form.cleaned_data["name"],
            time_zone=form.cleaned_data["time_zone"],
            theme=form.cleaned_data["theme"],
            c_dials=form.cleaned_data["c_dials"],
        )
        tell(request, _("Your settings are saved."))
        return redirect("team:profile")
    return render(request, "team/profile.html", {"form": form}, status=422 if form.errors else 200)
