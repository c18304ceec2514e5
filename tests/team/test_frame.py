"""The frame of every page: who sees it, what it says, where it leads."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.template.loader import get_template
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from team.middleware import htmx_redirect, own_clock
from team.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return User.objects.create_user(email="ana@example.com", name="Ana", time_zone="America/New_York")


@pytest.mark.parametrize("status", [400, 403, 404, 413, 429, 500])
def test_each_error_page_can_be_drawn_without_anything_around_it(status):
    html = get_template(f"{status}.html").render({})

    assert f'<p class="list-end">{status}</p>' in html
    assert 'class="rail"' not in html


def test_the_frame_holds_places_and_account_only_for_who_is_signed_in(client, ana):
    signed_out = client.get(reverse("account_login")).text
    client.force_login(ana)
    signed_in = client.get(reverse("team:profile")).text

    assert ('class="rail"' in signed_out, 'class="rail"' in signed_in) == (False, True)


def test_no_page_of_the_frame_has_an_inline_script_or_style(client, ana):
    client.force_login(ana)

    html = client.get(reverse("team:profile")).text

    assert re.findall(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|hx-on", html) == []


def test_the_theme_is_kept_and_drawn_by_the_server(client, ana):
    client.force_login(ana)

    response = client.post(reverse("team:theme"), {"theme": "dark", "next": "/me/"})

    assert response.headers["Location"] == "/me/"
    assert 'data-theme="dark"' in client.get("/me/").text


def test_the_theme_leads_nobody_elsewhere(client, ana):
    client.force_login(ana)

    response = client.post(reverse("team:theme"), {"theme": "dark", "next": "https://elsewhere.example/"})

    assert response.headers["Location"] == "/"


def test_an_unknown_theme_is_refused(client, ana):
    client.force_login(ana)

    response = client.post(reverse("team:theme"), {"theme": "sepia"})

    ana.refresh_from_db()
    assert (response.status_code, ana.theme) == (422, "")


def test_a_user_changes_her_own_name_zone_and_theme_and_nothing_else(client, ana):
    client.force_login(ana)

    client.post(
        reverse("team:profile"),
        {
            "name": "Ana Ruiz",
            "time_zone": "Europe/Berlin",
            "theme": "light",
            "is_staff": "on",
            "email": "x@example.com",
        },
    )

    ana.refresh_from_db()
    assert (ana.name, ana.time_zone, ana.theme) == ("Ana Ruiz", "Europe/Berlin", "light")
    assert (ana.is_staff, ana.email) == (False, "ana@example.com")


def test_a_zone_that_does_not_exist_is_refused_beside_its_field(client, ana):
    client.force_login(ana)

    response = client.post(reverse("team:profile"), {"name": "Ana", "time_zone": "Mars/Olympus", "theme": ""})

    assert response.status_code == 422
    assert 'id="id_time_zone_error"' in response.text
    assert 'aria-invalid="true"' in response.text


def test_moments_are_shown_in_the_readers_zone(ana, rf):
    request = rf.get("/")
    request.user = ana
    zones = []

    own_clock(lambda _request: zones.append(timezone.get_current_timezone_name()) or HttpResponse())(request)

    assert (zones, timezone.get_current_timezone_name()) == (["America/New_York"], "UTC")


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd"])
def test_a_zone_nobody_knows_leaves_the_clock_alone(ana, rf, zone):
    ana.time_zone = zone
    request = rf.get("/")
    request.user = ana

    assert own_clock(lambda _request: HttpResponse("fine"))(request).content == b"fine"


def test_an_expired_session_sends_the_whole_page_to_the_login_and_back(client):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/me/?a=1"}

    response = client.post(reverse("team:theme"), {"theme": "dark"}, headers=headers)

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["HX-Redirect"] == reverse("account_login") + "?next=%2Fme%2F%3Fa%3D1"


@pytest.mark.parametrize("address", ["https://elsewhere.example/x", "http://testserver.evil.example/", ""])
def test_the_way_back_is_never_somewhere_else(client, address):
    headers = {"HX-Request": "true", "HX-Current-URL": address}

    response = client.post(reverse("team:theme"), headers=headers)

    assert response.headers["HX-Redirect"] == reverse("account_login") + "?next=%2F"


def test_a_redirect_moves_the_page_and_not_a_fragment():
    def answer(_request):
        return HttpResponse("ignored", status=302, headers={"Location": "/leads/2/"})

    moved = htmx_redirect(answer)(RequestFactory().post("/", headers={"HX-Request": "true"}))
    plain = htmx_redirect(answer)(RequestFactory().post("/"))

    assert (moved.status_code, moved.headers["HX-Redirect"], "Location" in moved.headers) == (204, "/leads/2/", False)
    assert (plain.status_code, plain.headers["Location"]) == (302, "/leads/2/")


def test_a_page_that_asks_by_itself_is_not_led_away_while_somebody_types(client):
    answer = client.get(reverse("leads:now"), headers={"HX-Request": "true", "X-By-Itself": "1"})

    assert (answer.status_code, answer.content, "HX-Redirect" in answer.headers) == (204, b"", False)


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(client, ana):
    client.force_login(ana)
    client.get(reverse("team:profile"))
    began = client.session["seen_at"]

    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        client.get(reverse("leads:now"), headers={"HX-Request": "true", "X-By-Itself": "1"})
        by_itself = client.session["seen_at"]
        client.get(reverse("team:profile"))

    assert (by_itself, client.session["seen_at"] > began) == (began, True)


def test_what_was_done_is_said_in_the_live_region_of_the_next_page(client, ana):
    client.force_login(ana)
    client.post(reverse("team:profile"), {"name": "Ana", "time_zone": "UTC", "theme": ""})

    html = client.get(reverse("team:profile")).text

    region = html.partition('id="toast" role="status"')[2]
    assert '<div class="toast" data-is="done">' in region
    assert "<p>Your settings are saved.</p>" in region
