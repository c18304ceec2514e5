"""A list and a lead made only of what docs/pages.md promises, so that the modules are tested apart from any page.

The database holds nothing of it: what was sent is remembered in the session.
"""

from datetime import timedelta
from pathlib import Path

from django.http import HttpResponse
from django.shortcuts import redirect
from django.template import engines
from django.urls import path
from django.utils import timezone

from config.urls import urlpatterns as ours
from team.http import tell

ROWS = ["Ada Holm", "Jo Prentice", "Mara Lind", "Priya Nair"]

PAGES = Path(__file__).parent / "pages"


def page(name):
    return engines["django"].from_string((PAGES / f"{name}.html").read_text())


def draw(request, name, status=200, **context):
    return HttpResponse(page(name).render({"call": page("call").template, **context}, request), status=status)


def rows(request):
    sent = request.session.get("sent", "")
    return draw(request, "list", rows=ROWS, sent=sent, soon=timezone.now() + timedelta(minutes=3))


def lead(request, number):
    shown = "true" if request.GET.get("form") == "call" else "false"
    if request.method != "POST":
        return draw(request, "lead", number=number, shown=shown)
    note = request.POST["note"]
    if note == "too late":
        return draw(request, "call", 409, number=number, shown="true", note=note, conflict="Chi took her at 14:03.")
    if note == "not mine":
        return HttpResponse("<h1>A whole page</h1>", status=404)
    sent = "/".join([request.POST.get("disposition", ""), request.POST.get("at", "-"), note])
    request.session["sent"] = f"{request.session.get('sent', '')}{sent} "
    tell(request, "Call logged", undo="/undo/", drafts=[f"lead-{number}"])
    return redirect(f"/lead/{number + 1}/")


def take(request):
    tell(request, "Taken")
    return redirect("/lead/1/")


def undo(request):
    tell(request, "Taken back")
    return redirect("/list/")


urlpatterns = [
    path("list/", rows),
    path("lead/<int:number>/", lead),
    path("take/", take),
    path("undo/", undo),
    *ours,
]
