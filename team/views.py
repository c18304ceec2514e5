"""What a user changes about herself."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from team.actions.feeds import make_feed, revoke_feed, show_names
from team.actions.preferences import change_preferences, choose_theme
from team.forms import FeedForm, PreferencesForm, ThemeForm
from team.http import Request, own_address, tell
from team.models import CalendarFeed


@require_POST
def theme(request: Request) -> HttpResponse:
    form = ThemeForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    choose_theme(request.user, form.cleaned_data["theme"])
    if request.htmx:
        return HttpResponse(status=204)
    return redirect(own_address(request, request.POST.get("next", ""), otherwise="/"))


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
            is_undisturbed=form.cleaned_data["is_undisturbed"],
        )
        tell(request, _("Your settings are saved."))
        return redirect("team:profile")
    return _profile(request, form, status=422 if form.errors else 200)


@require_POST
def calendar(request: Request) -> HttpResponse:
    """Her calendar feed: a new address is shown on the page that answers, and never again."""
    form = FeedForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    act, has_names = form.cleaned_data["act"], form.cleaned_data["has_names"]
    if act == FeedForm.MAKE:
        token = make_feed(request.user, has_names=has_names, at=timezone.now())
        return _profile(request, PreferencesForm(instance=request.user), token=token)
    if act == FeedForm.KEEP:
        show_names(request.user, has_names)
        tell(request, _("Your calendar shows names.") if has_names else _("Your calendar shows no names."))
    elif revoke_feed(request.user, by=request.user, at=timezone.now()):
        tell(request, _("The address is revoked: your calendar hears nothing any more."))
    return redirect("team:profile")


def _profile(request: Request, form: PreferencesForm, *, token: str = "", status: int = 200) -> HttpResponse:
    feed = CalendarFeed.objects.filter(user=request.user).first()
    context = {
        "form": form,
        "feed": feed,
        "feed_form": FeedForm(initial={"has_names": bool(feed and feed.has_names)}),
        "token": token,
        "site": f"{request.scheme}://{request.get_host()}",
    }
    response = render(request, "team/profile.html", context, status=status)
    if token:
        response.headers["Cache-Control"] = "no-store"
    return response
