"""Whoever adds an asset from a request begins with all that the request says of it."""

import re

import pytest
from django.urls import reverse

from content.actions.asking import Need, Voice, ask_for
from content.models import Asset, Label
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


def test_a_request_that_nobody_knows_leaves_the_form_empty(client, lea):
    client.force_login(lea)

    for odd in ("x", "a\0b", "01900000-0000-7000-8000-000000000000"):
        page = client.get(reverse("content:asset_new"), {"request": odd})
        assert begins_with(page.context["form"])["title"] in (None, "")
        assert 'data-draft="asset-new"' in page.text
