"""What name servers say of the sender's domain: asked by a button, of a real name server, kept, and said plainly."""

import base64

import pytest
from django.urls import reverse

from nurture import sender_checks
from nurture.actions.asking_names import check_sender
from nurture.models import SenderCheck
from nurture.sender_words import EXPECTED, GOOD, OPEN, SAYS, TITLES, in_words, nobody_answered
from team.models import Role
from tests.constraints import constraints_of, refuses
from tests.make import NOON, make_user
from tests.nurture.names import name_server

pytestmark = pytest.mark.django_db
KEY = base64.b64encode(b"\x30" * 294).decode()
GOOD_ZONE = {
    ("brevik.example", "TXT"): ['"v=spf1 a:mail.brevik.example" " ~all"', '"site-verification=1"'],
    ("s1._domainkey.brevik.example", "TXT"): [f'"v=DKIM1; k=rsa; p={KEY[:200]}" "{KEY[200:]}"'],
    ("_dmarc.brevik.example", "TXT"): ['"v=DMARC1; p=quarantine; rua=mailto:postmaster@brevik.example"'],
    ("brevik.example", "MX"): ["10 mail.brevik.example."],
    ("mail.brevik.example", "A"): ["203.0.113.5"],
    ("5.113.0.203.in-addr.arpa", "PTR"): ["mail.brevik.example."],
}


@pytest.fixture
def ada(db):
    return make_user("ada", Role.ADMIN)


@pytest.fixture
def ours(settings):
    settings.DEFAULT_FROM_EMAIL, settings.EMAIL_HOST_NAME = "Brevik <post@brevik.example>", "mail.brevik.example"
    return settings


def looked(ours, ada, records, *, selector="s1", **more):
    """What came of each, by what was looked at."""
    with name_server(records, **more) as there:
        ours.DNS_SERVER = there
        check = check_sender(selector=selector, by=ada, at=NOON)
    return {one["key"]: one["code"] for one in check.findings}


def without(*keys, **added):
    zone = {key: told for key, told in GOOD_ZONE.items() if key not in keys}
    return zone | {tuple(key.split("|")): told for key, told in added.items()}


def test_a_domain_in_order_is_said_to_be(client, ours, ada):
    assert looked(ours, ada, GOOD_ZONE) == dict.fromkeys(("spf", "dkim", "dmarc", "mx", "reverse"), "well")
    client.force_login(ada)
    page = client.get(reverse("nurture:mail")).text.replace("<wbr>", "")
    assert "v=spf1 a:mail.brevik.example ~all" in page
    assert "Put in:" not in page


def test_what_is_not_there_is_said_with_what_to_put_in(client, ours, ada):
    ours.EMAIL_HOST_NAME = "gone.brevik.example"
    found = looked(ours, ada, {("other.example", "A"): ["203.0.113.9"]})
    assert found == {"spf": "missing", "dkim": "missing", "dmarc": "missing", "mx": "missing", "reverse": "no_address"}
    client.force_login(ada)
    page = client.get(reverse("nurture:mail")).text
    for put_in in (
        "v=spf1 a:gone.brevik.example ~all",
        "s1._domainkey.brevik.example. TXT",
        "v=DMARC1; p=none",
        "MX 10",
    ):
        assert put_in in page.replace("&quot;", '"').replace("<wbr>", ""), put_in


@pytest.mark.parametrize(
    ("key", "name", "kind", "told", "code"),
    [
        ("spf", "brevik.example", "TXT", ['"v=spf1 ~all"', '"v=spf1 -all"'], "several"),
        ("spf", "brevik.example", "TXT", ['"v=spf1 mx +all"'], "everybody"),
        ("spf", "brevik.example", "TXT", ['"v=spf1 mx"'], "open"),
        ("spf", "brevik.example", "TXT", ['"v=spf1 redirect=_spf.example"'], "well"),
        ("spf", "brevik.example", "TXT", [f'"v=spf1 {"include:a.example " * 11}-all"'], "too_long"),
        ("dkim", "s1._domainkey.brevik.example", "TXT", ['"v=DKIM1; p="'], "revoked"),
        ("dkim", "s1._domainkey.brevik.example", "TXT", ['"v=DKIM1; p=what?"'], "no_key"),
        ("dkim", "s1._domainkey.brevik.example", "TXT", ['"v=DKIM1; p=MDAw"'], "short"),
        ("dkim", "s1._domainkey.brevik.example", "TXT", ['"v=DKIM1; k=ed25519; p=MDAw"'], "well"),
        ("dmarc", "_dmarc.brevik.example", "TXT", ['"v=DMARC1; p=none"'], "watches"),
        ("dmarc", "_dmarc.brevik.example", "TXT", ['"v=DMARC1; rua=mailto:a@b.example"'], "no_policy"),
        ("mx", "brevik.example", "MX", ["0 ."], "takes_none"),
        ("mx", "brevik.example", "MX", ["10 nowhere.example."], "leads_nowhere"),
        ("reverse", "5.113.0.203.in-addr.arpa", "PTR", ["pool-5.isp.example."], "leads_elsewhere"),
        ("reverse", "mail.brevik.example", "A", ["10.1.2.3"], "at_home"),
    ],
)
def test_each_fault_is_known(ours, ada, key, name, kind, told, code):
    found = looked(ours, ada, GOOD_ZONE | {(name, kind): told})
    assert found[key] == code


def test_a_policy_above_the_domain_holds_for_it(ours, ada):
    ours.DEFAULT_FROM_EMAIL = "post@news.brevik.example"
    assert looked(ours, ada, GOOD_ZONE | {("_dmarc.brevik.example", "TXT"): ['"v=DMARC1; p=reject; sp=none"']})[
        "dmarc"
    ] == "watches"  # fmt: skip


def test_without_a_selector_it_asks_for_one(ours, ada):
    assert looked(ours, ada, GOOD_ZONE, selector="")["dkim"] == "no_selector"


@pytest.mark.parametrize("server", ["off", "silent"])
def test_no_dns_at_all_is_said_plainly_and_is_no_fault_of_the_domain(client, ours, ada, monkeypatch, server):
    monkeypatch.setattr(sender_checks, "SECONDS", 0.2)
    if server == "off":
        check_sender(selector="s1", by=ada, at=NOON)
    else:
        looked(ours, ada, GOOD_ZONE, answers=False)
    client.force_login(ada)
    page = client.get(reverse("nurture:mail")).text
    assert "reaches no name server" in page
    assert "Put in:" not in page


def test_what_was_found_is_kept_with_its_moment_until_somebody_asks_again(client, ours, ada):
    client.force_login(ada)
    page = reverse("nurture:sender_check")
    with name_server(GOOD_ZONE) as there:
        ours.DNS_SERVER = there
        for odd in ("a b", "a\0", "-s", "x" * 64, "a..b", "é"):
            answer = client.post(page, {"selector": odd})
            assert (answer.status_code, odd) == (422, odd)
        assert not SenderCheck.objects.exists()
        assert client.post(page, {"selector": "s1"}).status_code == 302
    kept = SenderCheck.objects.get()
    assert (kept.by, kept.selector, kept.domain, kept.findings[1]["code"]) == (ada, "s1", "brevik.example", "well")

    ours.DEFAULT_FROM_EMAIL = "post@other.example"

    assert "no longer the sender" in client.get(reverse("nurture:mail")).text


def test_every_code_has_its_words():
    for key in TITLES:
        for code in SAYS:
            (said,) = in_words([{"key": key, "name": "brevik.example", "code": code, "found": ""}])
            assert (bool(said.put_in), said.expected) == (code not in GOOD | OPEN, str(EXPECTED[key]))
    assert not nobody_answered([])


def test_there_is_one_check():
    refuses(
        constraints_of("nurture")["sendercheck_is_one"], lambda: SenderCheck.objects.create(pk=2, domain="a", at=NOON)
    )
