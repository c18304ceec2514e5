"""Who asks, behind proxies: what those that are named say, and nobody else's word."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as configured
from django.urls import reverse

from config.proxies import client_address, networks_of
from nurture.actions.hearing import network_of
from nurture.models import Hit
from nurture.tokens import OPENING, token_of
from team.models import AuditEntry
from tests.nurture.making import make_message

OURS = networks_of(["10.0.0.7", "172.18.0.0/16", "2001:db8::/48"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "asks"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        # Nobody's word, and a neighbour's of ours.
        ("192.0.2.1", "198.51.100.9", "192.0.2.1"),
        ("10.0.0.8", "198.51.100.9", "10.0.0.8"),
        ("10.0.0.7", "198.51.100.9", "198.51.100.9"),
        # What she said herself stands before what our proxy added.
        ("10.0.0.7", "203.0.113.1, 198.51.100.9", "198.51.100.9"),
        ("10.0.0.7", "203.0.113.1, 198.51.100.9, 172.18.4.4", "198.51.100.9"),
        ("10.0.0.7", "10.0.0.7, 172.18.4.4", "10.0.0.7"),
        ("10.0.0.7", "198.51.100.9, not an address", "10.0.0.7"),
        ("10.0.0.7", "198.51.100.9, , 172.18.4.4", "172.18.4.4"),
        ("::ffff:10.0.0.7", "198.51.100.9:4711", "198.51.100.9"),
        ("2001:db8::1", "[2001:db9::2]:443", "2001:db9::2"),
        ("", "198.51.100.9", ""),
    ],
)
def test_who_asks_is_the_last_that_is_no_proxy_of_ours(peer, forwarded, asks):
    assert client_address(peer, forwarded, OURS) == asks


@pytest.mark.django_db
def test_a_hit_and_the_audit_log_know_who_asked_behind_a_trusted_proxy_only(client, settings, alice):
    message = make_message()
    opening = reverse("nurture:opened", args=[token_of(OPENING, message.pk)])
    said = {"REMOTE_ADDR": "10.0.0.7", "headers": {"X-Forwarded-For": "203.0.113.1, 198.51.100.9"}}

    def ask():
        client.get(opening, **said)
        client.post(reverse("account_login"), {"login": alice.email, "password": "wrong horse"}, **said)
        return Hit.objects.latest("pk").network, AuditEntry.objects.latest("number").address

    assert ask() == (network_of("10.0.0.7"), "10.0.0.7")
    settings.TRUSTED_PROXIES = OURS
    assert ask() == (network_of("198.51.100.9"), "198.51.100.9")


@pytest.mark.django_db
def test_figures_are_for_this_machine_and_not_for_whoever_says_to_be_it(client, settings):
    settings.TRUSTED_PROXIES = networks_of(["127.0.0.0/8"])

    for said in ("198.51.100.9", "127.0.0.1, 198.51.100.9", "127.0.0.1"):
        assert client.get("/metrics", headers={"X-Forwarded-For": said}).status_code == 404
    assert client.get("/metrics").status_code == 200


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ("10.0.0.0/8,proxy.example", "TRUSTED_PROXIES: 'proxy.example' does not appear to be an IPv4 or IPv6 network"),
        ("10.0.0.1/8", "TRUSTED_PROXIES: 10.0.0.1/8 has host bits set"),
        ("0.0.0.0/0", "TRUSTED_PROXIES: 0.0.0.0/0 is everybody"),
    ],
)
def test_what_is_no_network_stops_the_start(said, refused, tmp_path):
    env = {**os.environ, "VAR_DIR": str(tmp_path), "PYTHONPATH": str(configured.BASE_DIR), "TRUSTED_PROXIES": said}

    start = subprocess.run(
        [sys.executable, "-c", "import config.settings"], env=env, capture_output=True, text=True, check=False
    )

    assert start.returncode == 1
    assert refused in start.stderr
