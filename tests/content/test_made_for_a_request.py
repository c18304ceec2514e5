"""Whoever adds an asset from a request begins with all that the request says of it."""

import re

import pytest
from django.urls import reverse

from content.actions.asking import Need, Voice, ask_for, decline_request
from content.models import Asset, ContentRequest, Label
from team.models import Role
from tests.make import NOON, make_user
from tests.nurture.making import make_topic

NEED = "A case study of a paper mill that runs around the clock " * 5


@pytest.fixture
def lea(db):
    return make_user("lea", Role.MARKETER)


@pytest.fixture
def asked(alice):
    labels = [Label.objects.filter(dimension=one, retired_at=None).first() for one in ("persona", "stage", "objection")]
    return ask_for(Need(NEED.strip(), topic=make_topic("Standstill"), labels=labels), Voice(), by=alice, at=NOON)


def page_of(client, asked):
    """Where *Add an asset* on the page of the request leads."""
    page = client.get(reverse("content:request", args=[asked.public_id])).text
    return re.search(rf'href="({reverse("content:asset_new")}[^"]*)"', page)[1]


def begins_with(form):
    return {name: form[name].value() for name in ("title", "topic", "when_to_use", "persona", "stage", "objection")}


def test_an_asset_added_from_a_request_begins_with_all_that_it_says(client, lea, asked):
    client.force_login(lea)
    url = page_of(client, asked)

    form = client.get(url).context["form"]

    marks = {one.dimension: [one.pk] for one in asked.labels.all()}
    assert len(marks) == 3
    said = {"title": f"{NEED[:119]}…", "topic": asked.topic_id, "when_to_use": NEED.strip(), **marks}
    assert begins_with(form) == said
    # A refusal goes on with it, and with its draft.
    refused = client.post(url, {"title": "", "kind": "guide"})
    assert refused.status_code == 422
    assert f'data-draft="asset-for-{asked.public_id}"' in refused.text
    assert f'action="{url}"' in refused.text
    kept = client.post(url, {**said, "kind": "guide", "form": "link", "url": "https://a.example/x"}, follow=True)
    assert f'data-draft-clear="asset-for-{asked.public_id}"' in kept.text
    asset = Asset.objects.get()
    assert (asset.topic, set(asset.labels.all())) == (asked.topic, set(asked.labels.all()))


def adds(client, there, **said):
    whole = {"title": "Fair comparison", "kind": "guide", "form": "link", "url": "https://a.example/x", **said}
    return client.post(there, whole, follow=True)


def test_whoever_adds_what_a_request_asks_for_is_back_at_it_and_answers_it_with_one_press(client, lea, asked):
    client.force_login(lea)
    url, back = page_of(client, asked), reverse("content:request", args=[asked.public_id])
    named = re.search(rf'<strong>For the request:</strong> <a href="{back}">([^<]+)</a>', client.get(url).text)
    assert NEED.startswith(named[1][:100])

    page = adds(client, url)

    asset, asked_now = Asset.objects.get(), ContentRequest.objects.get()
    assert page.redirect_chain == [(f"{back}?made={asset.public_id}", 302)]
    assert "“Fair comparison” is in the library." in page.text
    assert asked_now.state == "open"
    press = re.search(r"<strong>Added for this request:</strong>.*?Fair comparison</a>.*?<form (.*?)</form>", page.text)
    pressed = dict(re.findall(r'name="(asset)" value="([^"]+)"', press[1]))
    client.post(re.search(r'action="([^"]+)"', press[1])[1], pressed)
    asked_now.refresh_from_db()
    assert (asked_now.state, asked_now.asset) == ("done", asset)
    # Once it is answered, nothing is left to press.
    assert "Added for this request" not in client.get(page.redirect_chain[-1][0]).text


def test_what_may_not_answer_a_request_is_not_offered_as_its_answer(client, lea, alice, asked):
    back = reverse("content:request", args=[asked.public_id])
    # Marketing decides first on what a rep hands in.
    client.force_login(alice)
    url = f"{reverse('content:asset_new')}?request={asked.public_id}"
    page = adds(client, url)
    handed_in = Asset.objects.get()
    assert page.redirect_chain == [(reverse("content:asset_page", args=[handed_in.public_id]), 302)]
    client.force_login(lea)
    for odd in (handed_in.public_id, "x", "a\0b", "01900000-0000-7000-8000-000000000000"):
        assert "Added for this request" not in client.get(back, {"made": odd}).text
    # And what was declined meanwhile is not gone back to.
    decline_request(asked, because="No budget", by=lea, at=NOON)
    page = adds(client, url, title="Press release", url="https://a.example/y")
    assert page.redirect_chain == [(reverse("content:asset_page", args=[Asset.objects.latest("pk").public_id]), 302)]


def test_a_request_that_nobody_knows_leaves_the_form_empty(client, lea):
    client.force_login(lea)

    for odd in ("x", "a\0b", "01900000-0000-7000-8000-000000000000"):
        page = client.get(reverse("content:asset_new"), {"request": odd})
        assert begins_with(page.context["form"])["title"] in (None, "")
        assert 'data-draft="asset-new"' in page.text
