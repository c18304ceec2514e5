"""A list and a lead made only of what docs/pages.md promises, so that the modules are tested apart from any page.

The database holds nothing of it: what was sent is remembered in the session.
"""

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import redirect
from django.template import engines
from django.urls import path
from django.utils import timezone

from config.urls import urlpatterns as ours
from team.http import tell

ROWS = ["Ada Holm", "Jo Prentice", "Mara Lind", "Priya Nair"]

LIST = """{% extends "base.html" %}{% load midfield %}{% block title %}List{% endblock %}{% block content %}
<h1>List</h1><p id="sent">{{ sent }}</p>
<ul class="rows" data-fresh>{% for name in rows %}
  <li class="row"><input type="checkbox" aria-label="Select {{ name }}"><span class="who"><a class="row-link" href="/lead/{{ forloop.counter }}/">{{ name }}</a></span></li>
{% endfor %}</ul>
<div class="bulk actions"><output></output></div>
<p>{% countdown soon %}</p>
<form method="post" action="/take/">{% csrf_token %}<button data-key="n">Take next <kbd>n</kbd></button></form>
{% endblock %}"""

LEAD = """{% extends "base.html" %}{% load midfield %}{% block title %}Lead {{ number }}{% endblock %}{% block content %}
<h1>Lead {{ number }}</h1>
<a data-key="[" data-neighbour="-1" hidden>Previous</a> <a data-key="]" data-neighbour="1" hidden>Next</a>
<div class="actions" data-one-open>
  <a class="button" href="?form=call" data-key="c" aria-controls="log-call" aria-expanded="{{ shown }}">Log call</a>
  <a class="button" href="?form=note" data-key="t" aria-controls="take-note" aria-expanded="false">Note</a>
</div>
<div id="work">""" + (
    FORM := """{% load midfield %}<form class="form panel" id="log-call" method="post" action="/lead/{{ number }}/"
  hx-post="/lead/{{ number }}/" hx-target="#work" data-draft="lead-{{ number }}-call" data-submit-on-key{% if shown != "true" %} hidden{% endif %}>
  {% csrf_token %}{% if conflict %}{% include "_conflict.html" %}{% endif %}
  <div class="choices">
    <label><input type="radio" name="disposition" value="no_answer" data-key="1"><kbd>1</kbd> No answer</label>
    <label><input type="radio" name="disposition" value="call_back" data-key="5" data-needs-more><kbd>5</kbd> Call back</label>
  </div>
  <div class="field" data-when="disposition=call_back"><label for="at">When</label><input id="at" name="at"></div>
  <div class="field"><label for="note">Note</label><textarea id="note" name="note">{{ note }}</textarea></div>
  <button data-default>Save</button> <button type="button" data-draft-keep>Keep as draft</button>
</form>"""
) + """</div>
<form class="form panel" id="take-note" method="post" action="/lead/{{ number }}/" data-draft="lead-{{ number }}-note" hidden>
  {% csrf_token %}<label for="words">Note</label><textarea id="words-typed" name="note"></textarea><button>Save note</button>
</form>{% endblock %}"""


def draw(request, source, status=200, **context):
    return HttpResponse(engines["django"].from_string(source).render(context, request), status=status)


def rows(request):
    sent = request.session.get("sent", "")
    return draw(request, LIST, rows=ROWS, sent=sent, soon=timezone.now() + timedelta(minutes=3))


def lead(request, number):
    shown = "true" if request.GET.get("form") == "call" else "false"
    if request.method != "POST":
        return draw(request, LEAD, number=number, shown=shown)
    note = request.POST["note"]
    if note == "too late":
        return draw(request, FORM, 409, number=number, shown="true", note=note, conflict="Chi took her at 14:03.")
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
