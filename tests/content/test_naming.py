"""A successor, an answer and "the same" are picked by some words, also without scripts, and never guessed."""

import pytest
from django.urls import reverse
from django.utils import timezone

from content.actions.asking import Need, Voice, ask_for
from content.models import Asset
from team.models import Role
from tests.make import NOON, make_asset, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def mark(client):
    mark = make_user("mark", Role.MARKETER)
    client.force_login(mark)
    return mark


def test_some_words_of_a_title_offer_what_may_be_meant_and_a_pick_names_it(client, mark):
    now = timezone.now()
    old, other = make_asset("Old prices", at=now), make_asset("Prices of pumps", at=now)
    make_asset("A guide", at=now)
    retire = reverse("content:retire", args=[old.public_id])
    said = {"because": "Replaced"}

    asked = client.post(retire, said | {"successor": "pump price"})
    nothing = client.post(retire, said | {"successor": "valves"})

    assert [asked.status_code, nothing.status_code] == [422, 422]
    assert "pick one, or write more of it" in asked.text
    pick = f'<input type="radio" name="successor" value="{other.public_id}"> Prices of pumps'
    assert (pick in asked.text, "Which of these?" in nothing.text) == (True, False)
    # The field stands before its picks: what is picked counts, and what was typed does not.
    client.post(retire, said | {"successor": ["pump price", str(other.public_id)]})
    old.refresh_from_db()
    assert (old.successor, old.retired_because) == (other, "Replaced")


def test_of_two_with_one_title_the_one_that_was_picked_is_meant_and_read_by_its_title(client, mark):
    now = timezone.now()
    asset, first = make_asset("Old", at=now), make_asset("Prices", at=now)
    second = make_asset("Prices", at=now, kind="webinar")
    edit = reverse("content:asset_edit", args=[asset.public_id])
    said = {"title": "Old", "kind": "case", "seen": client.get(edit).context["seen"]}

    several = client.post(edit, said | {"successor": "prices"})
    client.post(edit, said | {"successor": f"Prices ({first.public_id})"})

    asset.refresh_from_db()
    assert ("Several assets have this title" in several.text, asset.successor) == (True, first)
    assert f'value="{second.public_id}"> Prices <span class="soft">Webinar</span>' in several.text
    assert f'value="Prices ({first.public_id})"' in client.get(edit).text
    Asset.objects.filter(pk=second.pk).update(title="Prices 2")
    assert 'value="Prices"' in client.get(edit).text


def test_a_request_is_answered_by_an_asset_and_joined_to_another_that_were_picked_by_their_words(client, mark):
    by = make_user("ben", Role.AE)
    first, second = (
        ask_for(Need(words), Voice(), by=by, at=NOON) for words in ("A case of a paper mill", "Prices in francs")
    )
    make_asset("Prices of pumps", at=timezone.now())
    page, merge = (reverse(f"content:request{name}", args=[first.public_id]) for name in ("", "_merge"))
    answer = reverse("content:request_answer", args=[first.public_id])

    assert f'hx-get="{reverse("content:assets_named")}"' in client.get(page).text
    assert "Prices of pumps" in client.post(answer, {"asset": "price"}).text
    assert f'value="{second.public_id}"> Prices in francs' in client.post(merge, {"other": "francs prices"}).text
    client.post(merge, {"other": ["francs prices", str(second.public_id)]})
    first.refresh_from_db()
    assert (first.state, first.joined_to) == ("joined", second)


def test_what_is_typed_offers_titles_in_use_those_with_the_words_in_them_first(client, mark):
    now = timezone.now()
    for title, kind in (("Pumps", "guide"), ("Pump prices", "guide"), ("Pumps", "webinar")):
        make_asset(title, at=now, kind=kind)
    retired = make_asset("Pump of old", at=now)
    Asset.objects.filter(pk=retired.pk).update(retired_at=now, retired_because="x")
    twice = Asset.objects.filter(title="Pumps").order_by("-pk")
    ask_for(Need("A film of a pump"), Voice(), by=mark, at=NOON)

    offered = client.get(reverse("content:assets_named"), {"successor": "pump"}).text
    asked = client.get(reverse("content:requests_named"), {"other": "film pump"}).text

    names = [f"Pumps ({twice[0].public_id})", "Pump prices", f"Pumps ({twice[1].public_id})"]
    assert offered.split("\n")[1].strip() == "".join(f'<option value="{name}"></option>' for name in names)
    assert '<option value="A film of a pump"></option>' in asked
