"""What people write in many ways has one spelling, and what cannot be right is refused with words."""

import csv
import json
import unicodedata
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import domains, normalise
from accounts.normalise import BadValue

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data lies beside the project, not here")

RLO, ZWJ, NBSP = "\u202e", "\u200d", "\u00a0"
FAMILY = ZWJ.join("👨👩👧👦")


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        (f" {NBSP}ada@example.com\u3000\t", "ada@example.com"),
        ("<a@b.c>", "a@b.c"),
        ("Ada Lovelace <ada@example.com>", "ada@example.com"),
        ("mailto:ada@example.com", "ada@example.com"),
        ("ada+news@example.com", "ada+news@example.com"),
        ("a.d.a@gmail.com", "a.d.a@gmail.com"),
        ("a@münchen.de", "a@xn--mnchen-3ya.de"),
        ("a@xn--mnchen-3ya.de", "a@xn--mnchen-3ya.de"),
        ("a@MU\u0308NCHEN.de", "a@xn--mnchen-3ya.de"),
        ("a@straße.de", "a@strasse.de"),
        ("a@oﬀice.example", "a@office.example"),
        ("a@ｆｕｌｌ．example", "a@full.example"),
        ("buyer@example.invalid", "buyer@example.invalid"),
        ("me@host.test", "me@host.test"),
        ("o'hara@example.com", "o'hara@example.com"),
    ],
)
def test_address_has_one_normalised_form(written, normalised):
    assert normalise.email(written).normalised == normalised


@pytest.mark.parametrize(
    "written",
    [
        *("", "ada", "@example.com", "ada@", "a@b", "a@localhost", "a@host.local", "a@host.localhost", "a@x.onion"),
        *("a@[127.0.0.1]", "a@127.0.0.1", "a@[IPv6:::1]", "a@b.com, c@d.com", "a@b.com;c@d.com", "a@b.com c@d.com"),
        *("ü@x.com", "аdmin@x.com", "a b@x.com", '"a b"@x.com', "a..b@x.com", ".a@x.com", "a@-x.com", "a@x..com"),
        *("a@x.com.", "a@x_y.com", "a@⒈x.com", "a@xn--a.com", "a\0@x.com", "\ud800@x.com", "a@\ud800.com"),
        *("a" * 65 + "@x.com", "a@" + "b" * 64 + ".com", "a@" + ".".join(["b" * 60] * 5) + ".com", "a" * 100_000),
    ],
)
def test_what_is_no_public_address_is_refused(written):
    with pytest.raises(BadValue) as refused:
        normalise.email(written)
    assert str(refused.value)


def test_address_keeps_the_way_it_was_written_for_display():
    assert normalise.email("Ada <Ada.L@Münster.example>").display == "Ada.L@Münster.example"


@pytest.mark.parametrize("domain", ["раypal.com", "аррӏе.com", "xn--pypal-4ve.com"])
def test_domain_that_passes_for_another_is_flagged(domain):
    assert normalise.email(f"a@{domain}").is_suspect


@pytest.mark.parametrize("domain", ["paypal.com", "münchen.de", "почта.рф", "例え.jp", "楽天カードabc.jp"])
def test_domain_of_one_alphabet_is_not_flagged(domain):
    assert not normalise.email(f"a@{domain}").is_suspect


def test_address_is_suppressed_without_its_plus_tag_too():
    assert normalise.without_plus_tag("ada+news+x@example.com") == "ada@example.com"
    assert normalise.without_plus_tag("ada@example.com") == "ada@example.com"
    assert normalise.without_plus_tag("+@example.com") == "+@example.com"


@needs_shared
def test_shared_addresses_get_the_verdict_of_our_rule():
    cases = json.loads((SHARED / "email_validity" / "email_validator_test_syntax.json").read_text())
    taken = set()
    for case in cases:
        with suppress(BadValue):
            taken.add((case["test"], normalise.email(case["input"]).normalised))

    valid = [c["input"] for c in cases if c["test"] == "test_email_valid" and '"' not in c["input"]]
    assert len(valid) == 8
    assert {normalise.email(address).normalised for address in valid} == {
        normalised for test, normalised in taken if test == "test_email_valid"
    }
    # Trimmed, or taken out of its brackets: all else that the library calls invalid is refused here too.
    assert {normalised for test, normalised in taken if "invalid_syntax" in test} == {
        "my@example.com",
        "me@example.com",
    }
    assert not [n for test, n in taken if test in ("test_email_unsafe_character", "test_email_valid_intl_local_part")]


@pytest.mark.parametrize(
    ("written", "country", "normalised", "extension", "is_verified"),
    [
        ("+1 415-555-2671", "", "+14155552671", "", True),
        ("(415) 555-2671 x123", "US", "+14155552671", "123", True),
        ("0049 30 901820", "", "+4930901820", "", True),
        ("+49 (0)30 901820", "", "+4930901820", "", True),
        ("030 / 90 18 20 Durchwahl 4", "DE", "+4930901820", "4", True),
        ("１-８００-ＦＬＯＷＥＲＳ", "US", "+18003569377", "", True),
        ("tel:+44-20-7946-0018;ext=7", "", "+442079460018", "7", True),
        ("030 901820", "", "030901820", "", False),
        ("312-555-0144", "", "3125550144", "", False),
        ("4168109897x752", "GH", "4168109897", "752", False),
        ("+1 000 555 2671", "", "+10005552671", "", False),
        ("+999 123 456", "", "+999123456", "", False),
    ],
)
def test_number_is_e164_where_that_is_certain_and_digits_elsewhere(
    written, country, normalised, extension, is_verified
):
    phone = normalise.phone(written, country)

    assert phone[1:] == (normalised, extension, is_verified)


@pytest.mark.parametrize(
    "written", ["", "call me", "123", "1" * 21, "4.91701E+11", "4,9E11", "5\0005551234", "x" * 5_000]
)
def test_what_is_no_number_is_refused(written):
    with pytest.raises(BadValue):
        normalise.phone(written, "US")


@needs_shared
def test_shared_numbers_of_every_region_get_their_e164():
    rows = list(
        csv.DictReader((SHARED / "phone_examples" / "example_numbers.csv").read_text(encoding="utf-8").splitlines())
    )
    wrong = []
    for row in rows:
        for form, country in (("national", row["region"]), ("international", ""), ("e164", ""), ("rfc3966", "")):
            try:
                phone = normalise.phone(row[form], country) if row[form] else None
            except BadValue:
                phone = None
            is_right = bool(phone) and phone.normalised == row["e164"] and phone.is_verified
            if row[form] and is_right != (row["expected"] == "valid"):
                wrong.append((row["region"], form, row[form]))

    assert (len(rows), wrong) == (478, [])


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("https://www.shop.acme.co.uk/a?b#c", "acme.co.uk"),
        ("HTTP://user:pw@Acme.com:8080/x", "acme.com"),
        ("acme.com:443", "acme.com"),
        ("WikiFire.co.uk", "wikifire.co.uk"),
        ("ada@mail.acme.com", "acme.com"),
        ("//acme.com/", "acme.com"),
        ("acme.com.", "acme.com"),
        ("acme.wixsite.com/home", "acme.wixsite.com"),
        ("http://www.gulfcap.example", "gulfcap.example"),
        ("http://www.account_insert0.com", "account_insert0.com"),
        ("münchen.de", "xn--mnchen-3ya.de"),
    ],
)
def test_company_domain_is_found_in_what_people_write(written, found):
    assert normalise.domain(written) == found


@pytest.mark.parametrize(
    "written", ["", "updated", "n/a", "Acme Inc.", "127.0.0.1", "http://[::1]/", "co.uk", "a.com;b.com", "."]
)
def test_what_names_no_domain_is_refused(written):
    with pytest.raises(BadValue):
        normalise.domain(written)


@pytest.mark.parametrize(
    ("host", "company"),
    [
        ("mail.acme.co.uk", "acme.co.uk"),
        ("gmail.com", ""),
        ("yahoo.co.jp", ""),
        ("hotmail.fr", ""),
        ("t-online.de", ""),
        ("example.com", ""),
        ("mail.example.org", ""),
        ("acme.test", ""),
        ("host.invalid", ""),
        ("yahooligans.com", "yahooligans.com"),
        ("my-example.com", "my-example.com"),
    ],
)
def test_people_of_mail_providers_and_reserved_domains_are_not_colleagues(host, company):
    assert domains.company_domain(host) == company


@needs_shared
def test_well_known_providers_are_on_our_list():
    shared = set(json.loads((SHARED / "email_domains" / "free-email-domains.json").read_text()))
    known = (
        "gmail.com yahoo.com hotmail.com outlook.com aol.com icloud.com gmx.de web.de mail.ru yandex.ru qq.com 163.com"
    )
    known += (
        " naver.com libero.it orange.fr wp.pl seznam.cz rediffmail.com proton.me zoho.com live.com msn.com comcast.net"
    )

    assert [name for name in known.split() if name in shared and not domains.is_free_mail(name)] == []
    assert sum(domains.is_free_mail(name) for name in shared) >= 500


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        ("  Ada \t Lovelace\r\n", "Ada Lovelace"),
        (f"user{RLO}gpj.exe", "usergpj.exe"),
        ("a\u200bb\ufeffc\u00add\x07e", "abcde"),
        ("Zoe\u0308", "Zoë"),
        ("سامي", "سامي"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        (FAMILY, FAMILY),
        ("one\u2028two", "one two"),
        ("H" + "\u0336" * 400, "H" + "\u0336" * 16),
    ],
)
def test_text_keeps_letters_and_loses_what_hides_or_turns_them(written, clean):
    assert normalise.text(written) == clean


def test_text_counts_characters_as_people_do_and_is_never_cut():
    assert normalise.text(FAMILY * 200) == FAMILY * 200
    with pytest.raises(BadValue, match="200"):
        normalise.text(FAMILY * 201)
    with pytest.raises(BadValue, match="100"):
        normalise.text(FAMILY * 50, most=100)
    assert normalise.text("🇩🇪🇫🇷", limit=2) == "🇩🇪🇫🇷"
    with pytest.raises(BadValue):
        normalise.text("abc", limit=2)


def test_long_text_keeps_its_lines():
    assert normalise.text(" one\r\ntwo\rthree\tx\n", is_long=True) == "one\ntwo\nthree\tx"


@pytest.mark.parametrize("value", ["a\0b", "\ud800", "é\udfff"])
def test_text_that_no_database_stores_is_refused(value):
    with pytest.raises(BadValue):
        normalise.text(value)


@settings(deadline=None)
@given(st.text(max_size=120))
def test_cleaned_text_is_storable_and_stays_as_it_is(value):
    try:
        clean = normalise.text(value)
    except BadValue:
        return
    assert normalise.text(clean) == clean
    clean.encode()
    assert not [c for c in clean if unicodedata.category(c) == "Cc"]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *(
            ("Germany", "DE"),
            ("deutschland", "DE"),
            ("DEU", "DE"),
            ("de", "DE"),
            ("U.S.A.", "US"),
            ("United states", "US"),
        ),
        *(("The Netherlands", "NL"), ("Cote d'Ivoire", "CI"), ("CÔTE D’IVOIRE", "CI"), ("Viet Nam", "VN")),
        *(("Slovakia (Slovak Republic)", "SK"), ("Korea (North)", "KP"), ("Trinidad & Tobago", "TT"), ("日本", "JP")),
        *(("Atlantis", ""), ("unknown", ""), ("", ""), ("Asia/Pacific Region", "")),
    ],
)
def test_country_is_known_by_code_and_by_name(written, code):
    assert normalise.country(written) == code


def test_every_country_has_its_own_names():
    lines = (domains.DATA / "countries.txt").read_text(encoding="utf-8").splitlines()[1:]
    codes = {}
    for line in lines:
        for name in line.split("|"):
            codes.setdefault(normalise._country_key(name), set()).add(line[:2])

    assert len(lines) == 250
    assert [len(line.split("|")[1]) for line in lines] == [3] * 250
    assert {name: found for name, found in codes.items() if len(found) > 1} == {}


def test_search_finds_without_accents_and_case_on_both_sides():
    found = normalise.search_text("Øyvind Müßig", "", "oeyvind@Example.com", "Øyvind Müßig")

    assert found == "oyvind mussig\noeyvind@example.com"
    for query in ("MÜSSIG", "müßig", "mussig", "ﬀ"[:0]):
        assert normalise.folded(query) in found
    assert normalise.folded("हिन्दी") != normalise.folded("हन्द")


@settings(deadline=None)
@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(value):
    assert normalise.folded(normalise.folded(value)) == normalise.folded(value)
