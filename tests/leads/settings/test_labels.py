"""Topics and labels: found by a new name at once, retired and not lost, taken away only where nothing needs them."""

import pytest
from django.urls import reverse

from content.library import Wanted, find_assets
from content.models import Asset, Label, Topic
from leads.models import Engagement
from leads.settings.kind import SettingRefused
from tests.make import NOON, make_asset, make_person

pytestmark = pytest.mark.django_db


def found(q, by):
    listed = find_assets(Wanted(q=q), by=by, at=NOON, on=NOON.date())
    return [card.asset for card in listed.cards]


def test_a_new_name_is_what_assets_are_found_by_and_the_page_says_how_many(client, save, revert_last, dora):
    topic, need = Topic.objects.create(key="stops", label="Stops"), Label.objects.get(key="save_cost")
    guide = make_asset("The guide", topic=topic, labels=[need])
    Engagement.objects.create(person=make_person(), kind="downloaded", at=NOON, recorded_at=NOON, topic=topic)
    client.force_login(dora)

    told = client.post(reverse("leads:setting", args=["topics", topic.pk]), {"label": "Standstill"}).text
    save("topics", topic.pk, label="  Standstill ")
    save("labels", need.pk, label="Spend less")

    assert "1 asset and 0 requests show the new name" in told
    assert "1 person showed interest in it" in told
    assert (found("standstill", dora), found("spend", dora), found("stops", dora)) == ([guide], [guide], [])
    revert_last("topics")
    assert found("stops", dora) == [guide]


def test_a_label_is_added_under_a_key_of_its_own_and_retired_without_being_taken_off(client, save, dora):
    save("labels", dimension="need", label="Save cost!")
    made = Label.objects.get(label="Save cost!")
    guide = make_asset("The guide", labels=[made])
    save("labels", made.pk, page="_retire", is_retired="on")

    made.refresh_from_db()
    assert (made.dimension, made.key, made.retired_at is not None) == ("need", "save_cost_2", True)
    assert list(guide.labels.all()) == [made]
    form = client.get(reverse("content:asset_new")).context["form"]
    assert "Save cost!" not in dict(form.fields["need"].choices).values()
    twice = save("labels", dimension="need", label="SAVE cost")
    other = save("labels", dimension="objection", label="Save cost")
    assert (twice.status_code, other.status_code) == (422, 302)


def test_what_something_is_about_is_not_taken_away(client, save, revert_last, dora):
    save("topics", label="Safety")
    save("labels", dimension="persona", label="Planner")
    made, planner = Topic.objects.get(label="Safety"), Label.objects.get(label="Planner")
    guide = make_asset("The guide", topic=made, labels=[planner])

    refused = client.post(reverse("leads:setting_remove", args=["topics", made.pk]), {})
    with pytest.raises(SettingRefused, match="retire it instead"):
        revert_last("labels")

    assert refused.status_code == 422
    Asset.objects.filter(pk=guide.pk).update(topic=None)
    guide.labels.clear()
    client.post(reverse("leads:setting_remove", args=["topics", made.pk]), {})
    revert_last("labels")
    assert not Topic.objects.filter(pk=made.pk).exists()
    assert not Label.objects.filter(pk=planner.pk).exists()
    # What was taken away comes back as what it was.
    revert_last("topics")
    assert Topic.objects.values_list("pk", "key", "label").get(label="Safety") == (made.pk, "safety", "Safety")
