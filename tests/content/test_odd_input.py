"""Input that nobody means, on every page and form of the library: answered as what it is."""

import pytest
from django.urls import reverse
from django.utils import timezone

from content.models import Asset, AssetText
from content.words import Match, words_of
from team.models import Role
from tests.make import make_asset, make_user
from tests.test_odd_input import HUGE, ODD, ODD_IN_FORMS

WORDS = (
    "'",
    '"',
    "' | !x:*",
    "a:*B & b",
    "NEAR(a b)",
    "title : x",
    "-a",
    "x*",
    "(((",
    "\\",
    "ﷺ" * 50,
    "😀",
    "ـ",
    "1e9",
    "a_b",
)


@pytest.fixture
def mark(client, db):
    user = make_user("mark", Role.MARKETER)
    client.force_login(user)
    client.raise_request_exception = False
    return user


def test_no_address_and_no_word_breaks_the_library(client, mark):
    asset = make_asset("Costs", at=timezone.now())
    page = reverse("content:asset_page", args=[asset.public_id])
    asked = [
        (reverse("content:library"), name, value)
        for name in ("q", "topic", "days", "state", "after", "order")
        for value in ODD
    ]
    asked += [(reverse("content:library"), "q", value) for value in WORDS]
    asked += [(reverse("content:library"), "after", f"{tier}_{HUGE}") for tier in "129"]
    asked += [
        (path, "from", value) for path in (page, reverse("content:asset", args=[asset.public_id])) for value in ODD
    ]
    asked += [(f"{page}versions/{HUGE}/", "x", "x"), (reverse("content:asset_new"), "request", "a\0b")]
    broken = []

    for path, name, value in asked:
        sent = value.encode("utf-8", "surrogatepass").decode("latin-1") if "\ud800" in value else value
        status = client.get(path, {name: sent}).status_code
        broken += [(path, name, value[:20], status)] if status >= 500 else []

    assert broken == []


# What makes each form whole, and which of its fields are tried.
FORMS = {
    "asset_new": (
        {"title": "T", "kind": "guide", "form": "snippet", "text": "x"},
        ("title", "text", "held", "topic", "persona", "expires_on", "form_id"),
    ),
    "asset_edit": ({"title": "T", "kind": "guide"}, ("owner", "successor", "seen")),
    "version_new": ({"form": "link", "url": "https://a.example"}, ("url", "note")),
    "retire": ({"because": "x"}, ("because",)),
    "thumb": ({"thumb": "up", "reason": "x"}, ("reason",)),
}


@pytest.mark.parametrize("name", FORMS)
def test_no_field_breaks_a_form_of_the_library(client, mark, name):
    asset, broken = make_asset("Costs", by=mark, at=timezone.now()), []
    url = reverse(f"content:{name}", args=[] if name == "asset_new" else [asset.public_id])
    whole, fields = FORMS[name]

    for field in fields:
        for value in ODD_IN_FORMS:
            status = client.post(url, {**whole, field: value.encode("utf-8", "replace").decode()}).status_code
            broken += [(field, value[:20], status)] if status >= 500 else []

    assert broken == []


def test_a_text_of_anything_is_indexed_and_found_by_each_of_its_words(mark):
    odd = " ".join(WORDS) + " Grüße हिन्दी 日本語 l'été x" + "y" * 3000
    asset = make_asset("Anything", by=mark, at=timezone.now(), form="snippet", text=odd)

    words = words_of(odd)
    found = {word: asset in Asset.objects.matching(Match((word,))) for word in words}

    assert len(AssetText.objects.get(asset=asset).text.split()) > len(set(words)) > 15
    assert [word for word, is_found in found.items() if not is_found] == []
