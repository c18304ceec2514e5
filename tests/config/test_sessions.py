"""How long somebody stays signed in."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session

from team.models import User

MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture
def signed_in(client, db):
    user = User.objects.create_user("ana@example.com", "a long enough one", name="Ana")
    with time_machine.travel(MORNING, tick=False):
        client.force_login(user)
        client.get("/healthz")
    return client


def is_signed_in(client, at) -> bool:
    with time_machine.travel(at, tick=False):
        return client.get("/account/password/change/").status_code == 200


def test_two_hours_without_a_request_end_the_session(signed_in):
    assert is_signed_in(signed_in, MORNING + timedelta(minutes=119))
    assert not is_signed_in(signed_in, MORNING + timedelta(minutes=119 + 121))


def test_twelve_hours_end_it_however_busy_she_was(signed_in):
    for minutes in range(60, 12 * 60, 60):
        assert is_signed_in(signed_in, MORNING + timedelta(minutes=minutes))

    assert not is_signed_in(signed_in, MORNING + timedelta(hours=12))


def test_reading_pages_writes_the_session_once_in_five_minutes(signed_in, django_assert_num_queries):
    before = Session.objects.get().session_data

    for minutes in range(5):
        assert is_signed_in(signed_in, MORNING + timedelta(minutes=minutes))
    assert Session.objects.get().session_data == before

    assert is_signed_in(signed_in, MORNING + timedelta(minutes=6))
    assert Session.objects.get().session_data != before


def test_nobody_can_sign_up(client, db):
    client.post("/account/signup/", {"email": "eve@example.com", "password1": "a long enough one"})

    assert not User.objects.filter(email="eve@example.com").exists()
    assert settings.ACCOUNT_ADAPTER == "config.login.InvitedOnly"
