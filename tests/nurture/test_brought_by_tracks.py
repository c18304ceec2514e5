"""Which letters of tracks bring an asset, told where it is retired."""

import pytest
from django.urls import reverse

from nurture.bringing import brought_by
from nurture.models import Track
from team.models import Role
from tests.make import NOON, make_asset, make_team, make_user
from tests.nurture.making import add_version, branch, email, make_enrolment, make_message, make_track, wait

pytestmark = pytest.mark.django_db


def test_whoever_retires_an_asset_sees_which_letters_of_tracks_bring_it(client):
    asset, other = make_asset("The guide"), make_asset("Another")
    make_track(branch("clicked", [email(asset=asset, subject="In an arm")]), name="Feed")
    make_track(email(asset=other, text=f"See /c/{asset.public_id}/", subject="Linked"), name="Links")
    add_version(make_track(wait(3), name="Draws"), email(asset=asset, subject="Draft"), published=False)
    over = make_track(email(asset=asset, subject="Before"), name="Over")
    add_version(over, email(asset=other, subject="After"))
    left = make_track(email(asset=asset, subject="Left"), name="Retired")
    Track.objects.filter(pk=left.pk).update(retired_at=NOON)
    client.force_login(make_user("milo", Role.MARKETER))

    page = client.get(reverse("nurture:asset_tracks", args=[asset.public_id]))

    assert [node.subject for node in brought_by(asset)] == ["Draft", "In an arm", "Linked"]
    assert "3 letters of tracks and plays bring it" in page.text
    retire = client.get(reverse("content:retire", args=[asset.public_id])).text
    assert f'href="{reverse("nurture:asset_tracks", args=[asset.public_id])}"' in retire
    # Only who writes tracks is led to a draft.
    draft = reverse("nurture:track_draft", args=[Track.objects.get(name="Draws").public_id])
    assert draft in page.text
    client.force_login(make_user("ben", Role.BDR, team=make_team()))
    assert draft not in client.get(reverse("nurture:asset_tracks", args=[asset.public_id])).text
    # Whoever is under way in it would get it.
    make_enrolment(left)
    assert [node.subject for node in brought_by(asset)][-1] == "Left"


def test_planned_letters_that_bring_it_are_counted_too(client):
    asset = make_asset("The guide")
    make_message(make_track(email(brings_what_fits=True)), asset=asset)
    client.force_login(make_user("milo", Role.MARKETER))

    page = client.get(reverse("nurture:asset_tracks", args=[asset.public_id]))

    assert "1 planned letter is about to bring it." in page.text
    assert '<h2 id="brought-title">No letter of a track or play names it</h2>' in page.text


def test_planned_letters_whose_words_link_to_it_are_counted_once(client):
    asset, other = make_asset("The guide"), make_asset("Another")
    link = f"See /c/{asset.public_id}/"
    make_message(make_track(email(text=link)))
    make_message(make_track(email(text=link, asset=other)))
    make_message(make_track(email(text=link, asset=asset)))
    make_message(make_track(email(asset=other)))
    client.force_login(make_user("milo", Role.MARKETER))

    page = client.get(reverse("nurture:asset_tracks", args=[asset.public_id]))

    assert "3 planned letters are about to bring it." in page.text
