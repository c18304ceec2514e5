"""The one address of an asset: what is current, for everybody, and nothing else."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from content.actions.keeping import Made, add_version, approve_version, retire_asset
from content.actions.uploading import receive_file
from content.models import Asset, AssetAccess
from team.models import Role
from tests.content.files import pdf
from tests.make import make_asset, make_user


@pytest.fixture
def mark(db):
    return make_user("mark", Role.MARKETER)


@pytest.fixture
def now():
    return timezone.now()


def at(asset):
    return reverse("content:asset", args=[asset.public_id])


def test_the_old_address_leads_to_the_new_version_once_it_is_approved(client, mark, now):
    asset = make_asset(url="https://old.example/a", at=now)
    draft = add_version(asset, Made("link", url="https://new.example/b"), is_approved=False, by=mark, at=now)
    before = client.get(at(asset))

    approve_version(draft, by=mark, at=now)

    after = client.get(at(asset), {"url": "https://evil.example", "next": "https://evil.example"})
    assert (before.status_code, before.url) == (302, "https://old.example/a")
    assert (after.status_code, after.url) == (302, "https://new.example/b")
    assert "no-store" in after.headers["Cache-Control"]
    assert list(asset.versions.order_by("number").values_list("number", "is_current")) == [(1, False), (2, True)]


def test_a_file_is_a_download_and_never_a_page_of_ours(client, mark, now):
    upload = receive_file(pdf(b"<script>alert(1)</script>"), name="Fewer stops; ünï.pdf", by=mark, at=now)
    asset = make_asset(form="file", upload=upload, by=mark, at=now)

    answer = client.get(at(asset))

    assert b"".join(answer).startswith(b"%PDF-")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''Fewer%20stops%3B")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "Fewer" not in upload.file.name


def test_what_is_over_answers_410_and_offers_what_took_its_place(client, mark, now):
    newest = make_asset("Newest", at=now)
    middle = make_asset("Middle", at=now, successor=newest)
    retired, expired = make_asset("Old", at=now), make_asset("Expired", at=now, successor=newest)
    retire_asset(middle, because="Replaced", successor=newest, by=mark, at=now)
    retire_asset(retired, because="Wrong prices", successor=middle, by=mark, at=now)
    Asset.objects.filter(pk=expired.pk).update(expires_on=timezone.localdate())
    alone = make_asset("Alone", at=now)
    retire_asset(alone, because="Over", successor=None, by=mark, at=now)

    answers = [client.get(at(one)) for one in (retired, expired, alone)]

    assert [answer.status_code for answer in answers] == [410, 410, 410]
    assert [at(newest) in answer.text for answer in answers] == [True, True, False]
    assert "midfield.example/guide" not in "".join(answer.text for answer in answers)


def test_who_works_here_is_noted_with_her_place_and_nobody_else_is(client, mark, now):
    asset = make_asset(at=now)
    client.get(at(asset), {"from": "lead"})
    client.force_login(mark)

    client.get(at(asset), {"from": "lead"})
    client.get(at(asset), {"from": "\0" * 9})

    assert list(AssetAccess.objects.values_list("user", "did", "place")) == [
        (mark.pk, "opened", "lead"),
        (mark.pk, "opened", "link"),
    ]


def test_whoever_asks_by_head_is_answered_as_by_get_and_counts_for_nothing(client, mark, now):
    upload = receive_file(pdf(b"Words"), name="Words.pdf", by=mark, at=now)
    there, file = make_asset(url="https://a.example/x", at=now), make_asset(form="file", upload=upload, by=mark, at=now)
    over, none = make_asset("Over", at=now), Asset.objects.create(title="A name only", kind="guide")
    retire_asset(over, because="Over", successor=None, by=mark, at=now)

    answers = [client.head(at(asset)) for asset in (there, file, over, none)]
    client.force_login(mark)
    of_ours = client.head(at(there))

    assert [answer.status_code for answer in answers] == [302, 200, 410, 404]
    assert (answers[0].url, answers[1].headers["Content-Type"]) == ("https://a.example/x", "application/pdf")
    assert (of_ours.status_code, AssetAccess.objects.count()) == (302, 0)
    # The file is closed where nobody reads it.
    answers[1].close()


def test_a_stranger_with_an_unknown_address_is_told_so_and_meets_no_product(client, mark, now):
    unknown = "/c/0198c0de-0000-7000-8000-000000000000/"
    stranger, over = client.get(unknown), make_asset("Over", at=now)
    retire_asset(over, because="Over", successor=None, by=mark, at=now)
    gone = client.get(at(over))
    client.force_login(mark)

    assert (stranger.status_code, "This link leads nowhere" in stranger.text) == (404, True)
    for page in (stranger, gone):
        assert ("Midfield" in page.text, "start page" in page.text) == (False, False)
    assert "start page" in client.get(unknown).text


def test_an_address_that_a_mail_program_cut_leads_a_stranger_nowhere_and_to_no_product(client, db, now):
    whole = at(make_asset("Read me", at=now))

    cut, slashless = client.get(whole[:20], follow=True), client.get(whole[:-1])

    assert (cut.status_code, "This link leads nowhere" in cut.text, "Midfield" in cut.text) == (404, True, False)
    assert (slashless.status_code, slashless.url) == (301, whole)


def test_what_a_rep_says_is_no_address_for_others(client, alice, now):
    asset = make_asset(form="talk_track", at=now)
    before = client.get(at(asset)).status_code
    client.force_login(alice)

    assert (before, client.get(at(asset)).status_code) == (404, 200)


def test_sendable_is_what_is_current_in_time_and_no_talk_track(mark, now):
    day = timezone.localdate()
    good = make_asset("Good", at=now, expires_on=day + timedelta(days=1))
    make_asset("Expires", at=now, expires_on=day)
    make_asset("Spoken", at=now, form="talk_track")
    retire_asset(make_asset("Retired", at=now), because="x", successor=None, by=mark, at=now)
    make_asset("Handed in", at=now, by=make_user("peter", Role.AE))
    Asset.objects.create(title="A name only", kind="guide")

    assert list(Asset.objects.sendable(on=day)) == [good]
    assert list(Asset.objects.sendable(on=day + timedelta(days=1))) == []
    assert sorted(Asset.objects.in_use(on=day).values_list("title", flat=True)) == ["Good", "Spoken"]
