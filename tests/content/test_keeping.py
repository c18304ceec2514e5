"""Adding, handing in, changing, approving, retiring: who may, what is kept of it, what is refused."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from content.actions.keeping import About, AssetRefused, change_asset, retire_asset
from content.models import Asset, AssetAccess, AssetNotice, AssetThumb, Label, Topic
from leads.actions.importing import forget_uploads
from team.actions.submitting import new_form_id
from team.models import Role, Upload
from tests.content.files import document, pdf
from tests.make import make_asset, make_user


@pytest.fixture
def mark(db):
    return make_user("mark", Role.MARKETER)


@pytest.fixture
def now():
    return timezone.now()


def send(client, **fields):
    known = {
        "title": "Fewer stops",
        "kind": "guide",
        "form": "link",
        "url": "https://a.example/x",
        "form_id": new_form_id(),
    }
    return client.post(reverse("content:asset_new"), {**known, **fields})


def verb(client, name, asset, *more, **fields):
    return client.post(reverse(f"content:{name}", args=[asset.public_id, *more]), fields)


def test_a_marketers_asset_is_in_use_at_once_and_a_form_sent_twice_adds_one(client, mark):
    client.force_login(mark)
    doer, form_id = Label.objects.get(dimension="persona", key="doer"), new_form_id()

    answers = [
        send(client, persona=[doer.pk], when_to_use=" On call ", owner=mark.pk, language="en", form_id=form_id)
        for _again in range(2)
    ]

    asset = Asset.objects.get()
    assert {answer.url for answer in answers} == {reverse("content:asset_page", args=[asset.public_id])}
    assert (asset.title, asset.when_to_use, asset.owner, asset.handed_in_by) == ("Fewer stops", "On call", mark, None)
    assert list(asset.labels.all()) == [doer]
    assert list(asset.versions.values_list("number", "url", "is_current", "approved_by")) == [
        (1, "https://a.example/x", True, mark.pk)
    ]
    assert list(asset.events.values_list("verb", "by", "version")) == [("add", mark.pk, 1)]


@pytest.mark.parametrize("name", ["expires_on", "review_on"])
def test_a_day_that_is_over_is_refused_and_one_that_was_said_before_stays(client, mark, name):
    client.force_login(mark)
    refused = send(client, **{name: "2020-01-01"})
    send(client, **{name: timezone.localdate().isoformat()})
    asset = Asset.objects.get()
    Asset.objects.update(**{name: date(2020, 1, 1)})

    page = client.get(reverse("content:asset_edit", args=[asset.public_id]))
    said = {"title": "Costs now", "kind": "case", "seen": page.context["seen"], name: "2020-01-01"}
    kept = verb(client, "asset_edit", asset, **said)
    moved = verb(client, "asset_edit", asset, **{**said, name: "2020-01-02"})

    assert [answer.status_code for answer in (refused, kept, moved)] == [422, 302, 422]
    assert "This day is over" in refused.text


def test_what_a_rep_hands_in_waits_until_a_marketer_approves_or_retires_it_with_a_reason(client, alice, mark):
    client.force_login(alice)
    send(
        client, title="My own words", form="talk_track", text="Say this", url="", owner=mark.pk, expires_on="2020-01-01"
    )
    send(client, title="My second", form="snippet", text="And that", url="")
    first, second = Asset.objects.order_by("pk")
    refused = verb(client, "approve", first, 1).status_code, verb(client, "retire", first, because="x").status_code
    client.force_login(mark)

    verb(client, "approve", first, 1)
    without = verb(client, "retire", second, because="")
    verb(client, "retire", second, because="The checklist says it better")

    day = timezone.localdate()
    first.refresh_from_db()
    second.refresh_from_db()
    assert refused == (403, 403)
    assert (first.handed_in_by, first.owner, first.expires_on) == (alice, mark, None)
    assert list(Asset.objects.in_use(on=day)) == [first]
    assert (without.status_code, second.retired_because) == (422, "The checklist says it better")
    assert list(first.events.order_by("pk").values_list("verb", flat=True)) == ["hand_in", "approve"]
    client.force_login(alice)
    assert "The checklist says it better" in client.get(reverse("content:asset_page", args=[second.public_id])).text


def told(user):
    """What somebody was told of assets, in order, and what of it she has not heard yet."""
    rows = AssetNotice.objects.filter(user=user).order_by("pk").values_list("asset__title", "kind", "heard_at")
    return [(title, kind) for title, kind, _at in rows], [(title, kind) for title, kind, at in rows if at is None]


def test_keepers_hear_what_was_handed_in_and_its_maker_each_thing_that_became_of_it(client, alice, mark):
    moira, lea = make_user("moira", Role.MARKETER), make_user("lea", Role.MARKETER, is_active=False)
    client.force_login(alice)
    send(client, title="My own words", form="talk_track", text="Say this", url="")
    send(client, title="My second", form="snippet", text="And that", url="")
    first, second = Asset.objects.order_by("pk")
    waiting = [("My own words", "waits"), ("My second", "waits")]
    assert [told(user) for user in (mark, moira, lea)] == [(waiting, waiting)] * 2 + [([], [])]
    client.force_login(mark)
    page = client.get(reverse("content:library"))
    assert (page.context["rail"].counts["library"], page.text.count("waits for you to decide")) == (2, 2)

    verb(client, "approve", first, 1)
    verb(client, "retire", second, because="The checklist says it better")

    # Whoever was asked, too, need not decide any more.
    assert [told(user)[1] for user in (mark, moira)] == [[], []]
    assert told(alice)[1] == [("My own words", "taken"), ("My second", "retired")]
    client.force_login(alice)
    page = client.get(reverse("content:library"))
    assert page.context["rail"].counts["library"] == 2
    assert "can be found and sent by everybody" in page.text
    assert "The checklist says it better" in page.text
    client.post(reverse("content:library_heard"), {"shown": [one.pk for one in page.context["notices"]]})

    client.force_login(mark)
    made = {"form": "talk_track", "text": "Say that instead", "approve": "1", "form_id": new_form_id()}
    verb(client, "version_new", first, **made)
    verb(client, "restore", second)
    verb(client, "retire", first, because="Nobody says it any more")
    verb(client, "restore", first)
    assert told(alice)[1] == [("My own words", "retired"), ("My own words", "back")]
    # What was put back without having been decided waits again.
    assert [told(user)[0][-1] for user in (mark, moira)] == [("My second", "waits")] * 2
    assert told(lea) == ([], [])


def test_what_was_handed_in_is_told_to_admins_where_nobody_keeps_the_library(client, alice):
    anna = make_user("anna", Role.ADMIN)
    client.force_login(alice)

    send(client, title="My own words", form="talk_track", text="Say this", url="")

    assert told(anna)[1] == [("My own words", "waits")]


def test_what_may_be_there_already_is_shown_before_anything_is_kept(client, alice, mark, now):
    make_asset("What an hour of standstill costs", url="https://a.example/costs/", at=now)
    client.force_login(alice)

    by_title = send(client, title="What an hour of a standstill really costs")
    by_url = send(client, title="Quite another", url="http://a.example/costs")
    none = Asset.objects.count()
    sure = send(client, title="What an hour of a standstill really costs", is_other="on")

    assert (by_title.status_code, by_url.status_code, none) == (409, 409, 1)
    assert "What an hour of standstill costs" in by_title.text
    assert "What an hour of standstill costs" in by_url.text
    assert sure.status_code == 302
    assert Asset.objects.count() == 2


def test_a_file_is_received_once_even_where_the_form_was_not_whole_and_forgotten_where_it_never_was(client, mark, now):
    client.force_login(mark)
    file = SimpleUploadedFile("costs.pdf", pdf().read())
    broken = send(client, title="", form="file", url="", file=file)
    held = broken.context["held"]

    send(client, form="file", url="", held=held.pk)
    again = send(client, title="Stolen", form="file", url="", held=held.pk)

    version = Asset.objects.get().versions.get()
    assert (broken.status_code, again.status_code) == (422, 422)
    assert (version.upload, version.upload.name, version.upload.keep_until) == (held, "costs.pdf", None)
    send(client, title="", form="file", url="", file=SimpleUploadedFile("other.pdf", pdf().read()))
    assert forget_uploads(at=now + timedelta(days=2)) == 1
    assert list(Upload.objects.exclude(file="")) == [held]


def test_nobody_parks_more_files_than_a_few_and_is_told_at_the_field(client, alice, mark, now, settings):
    client.force_login(alice)

    def park(**fields):
        file = SimpleUploadedFile("costs.pdf", pdf().read())
        return send(client, **{"title": "", "form": "file", "url": "", "file": file, **fields})

    held = [park().context["held"] for _file in range(10)]
    kept = set(settings.MEDIA_ROOT.rglob("*.pdf"))

    refused = park()

    assert refused.status_code == 422
    said = "that you sent belong to no asset yet, and there is no room for another beside them"
    (words,) = refused.context["form"].errors["file"]
    assert (words.startswith("10 files ("), said in words) == (True, True)
    assert (Upload.objects.count(), set(settings.MEDIA_ROOT.rglob("*.pdf")) - kept) == (10, set())
    # One that is named, or forgotten, makes room; what a colleague sends is no matter.
    client.force_login(mark)
    assert park(title="Of a colleague").status_code == 302
    client.force_login(alice)
    assert send(client, form="file", url="", held=held[0].pk, is_other="on").status_code == 302
    Upload.objects.filter(pk=held[1].pk).update(size=4 * 50 * 1024**2)
    assert park().context["form"].errors["file"][0].startswith("9 files (200")
    Upload.objects.filter(pk=held[1].pk).update(file="")
    assert "file" not in park().context["form"].errors


FILES = {
    "guide.pdf": (pdf(), True),
    "guide.PDF": (pdf(), True),
    "page.pdf": (SimpleUploadedFile("x", b"<html><script>alert(1)</script>"), False),
    "page.html": (SimpleUploadedFile("x", b"<html>"), False),
    "drawing.svg": (SimpleUploadedFile("x", b"<svg onload=alert(1)>"), False),
    "page.txt": (SimpleUploadedFile("x", b"\xef\xbb\xbf <!DOCTYPE html><script>"), False),
    "words.txt": (SimpleUploadedFile("x", "Grüße".encode()), True),
    "latin.txt": (SimpleUploadedFile("x", "Grüße".encode("latin-1")), False),
    "program.pdf.exe": (SimpleUploadedFile("x", b"MZ"), False),
    "letter.docx": (document(), True),
    "letter.pptx": (document(), False),
    "macro.docx": (document("word/document.xml", "word/vbaProject.bin"), False),
    "archive.docx": (document("evil.exe", content_types=False), False),
    "open.odt": (document("content.xml", mimetype="application/vnd.oasis.opendocument.text"), True),
    "open.ods": (document("content.xml", mimetype="application/vnd.oasis.opendocument.text"), False),
    "bomb.docx": (document(unpacks_to=2 * 1024**3), False),
    "drawing.png": (SimpleUploadedFile("x", b"<svg onload=alert(1)>"), False),
    "turned\u202efdp.exe": (SimpleUploadedFile("x", b"MZ"), False),
    "turned\u202egpj.pdf": (pdf(), True),
    f"{'long ' * 60}.pdf": (pdf(), True),
    ".pdf": (pdf(), False),
    "torn.docx": (SimpleUploadedFile("x", b"PK\x03\x04torn"), False),
    "empty.pdf": (SimpleUploadedFile("x", b""), False),
    "..\\..\\etc/passwd": (SimpleUploadedFile("x", b"root"), False),
}


def test_a_file_is_taken_for_what_it_is_and_not_for_its_name(client, mark):
    client.force_login(mark)
    taken = {}
    for number, (name, (content, _fits)) in enumerate(FILES.items()):
        content.seek(0)
        file = SimpleUploadedFile(name, content.read())
        taken[name] = send(
            client, title=f"Only {number} {name[:40]}", form="file", url="", file=file, is_other="on"
        ).status_code

    assert taken == {name: 302 if fits else 422 for name, (_content, fits) in FILES.items()}
    names = set(Upload.objects.values_list("name", flat=True))
    assert "turnedgpj.pdf" in names
    assert max(map(len, names)) == 200


def test_what_a_colleague_handed_in_is_nobodys_to_read_before_marketing_has_decided(client, alice, bob, mark):
    client.force_login(alice)
    send(client, title="A secret price list of ours", form="snippet", text="Half of it.", url="")
    send(client, title="A secret price list for sale", form="snippet", text="A third.", url="", is_other="on")
    client.force_login(bob)

    like = send(client, title="The secret price list of ours")
    same = send(client, title="Quite another", form="snippet", text="Half of it.", url="")
    sure = send(client, title="Quite another", form="snippet", text="Half of it.", url="", is_other="on")

    said = "A colleague has handed in something like it, and marketing decides on it"
    assert (like.status_code, same.status_code, sure.status_code) == (409, 409, 302)
    assert [(one.asset, one.because) for one in like.context["alike"]] == [(None, "has a title like it")]
    assert [(one.asset, one.because) for one in same.context["alike"]] == [(None, "says the same")]
    assert (said in like.text, "A secret price list" in like.text) == (True, False)
    client.force_login(mark)
    assert "A secret price list of ours" in send(client, title="The secret price list of ours").text


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "ftp://a.example",
        "https://user:secret@a.example",
        "http://testserver/c/x/",
        "//a",
        "x" * 3000,
    ],
)
def test_an_address_that_is_none_is_refused_at_its_field(client, mark, url):
    client.force_login(mark)

    answer = send(client, url=url)

    assert answer.status_code == 422
    assert "url" in answer.context["form"].errors


def test_nothing_follows_itself_however_many_corners_round(mark, now):
    first, second, third = (make_asset(name, at=now) for name in ("First", "Second", "Third"))
    retire_asset(first, because="x", successor=second, by=mark, at=now)
    retire_asset(second, because="x", successor=third, by=mark, at=now)

    with pytest.raises(AssetRefused):
        change_asset(third, About(title="Third", kind="guide", successor=first), by=mark, at=now)

    third.refresh_from_db()
    assert third.successor is None


def test_an_edit_says_what_changed_and_an_older_page_is_told_so(client, mark, now):
    asset = make_asset("Costs", by=mark, at=now)
    client.force_login(mark)
    seen = asset.events.get().pk
    said = {"title": "Costs now", "kind": "case", "seen": seen, "successor": "", "expires_on": "2027-05-01"}

    done = verb(client, "asset_edit", asset, **said)
    late = verb(client, "asset_edit", asset, **{**said, "title": "Mine"})

    asset.refresh_from_db()
    assert (done.status_code, late.status_code, asset.title) == (302, 409, "Costs now")
    assert asset.events.order_by("-pk").first().changes == {
        "title": ["Costs", "Costs now"],
        "kind": ["guide", "case"],
        "expires_on": [None, "2027-05-01"],
    }
    assert 'value="Mine"' in late.text
    assert "expires: 1 May 2027" in client.get(reverse("content:asset_page", args=[asset.public_id])).text


def test_the_later_of_two_keepers_reads_what_the_first_changed_keeps_what_was_typed_and_can_send_it_then(
    client, mark, now
):
    asset = make_asset("Costs", by=mark, at=now, owner=mark)
    client.force_login(mark)
    seen = asset.events.get().pk
    said = {"title": "Costs", "kind": "guide", "seen": seen, "owner": mark.pk}
    verb(client, "asset_edit", asset, **said, expires_on="2027-05-01", when_to_use="After the first call.")

    faulty = verb(client, "asset_edit", asset, **{**said, "kind": "none", "language": "de"})
    late = verb(client, "asset_edit", asset, **said, language="de")
    asset.refresh_from_db()
    kept = (asset.expires_on, asset.language)

    assert (faulty.status_code, f'name="seen" value="{seen}"' in faulty.text) == (422, True)
    assert (late.status_code, kept) == (409, (date(2027, 5, 1), ""))
    assert late.context["theirs"] == [
        ("When to use it", "After the first call.", "none"),
        ("Language", "none", "German"),
        ("Expires", "1 May 2027", "none"),
    ]
    assert "What you typed is still here." in late.text
    again = verb(
        client, "asset_edit", asset,
        **{**said, "seen": late.context["seen"]}, language="de", expires_on="2027-05-01",
    )  # fmt: skip
    asset.refresh_from_db()
    assert (again.status_code, asset.expires_on, asset.language) == (302, date(2027, 5, 1), "de")


def test_a_version_that_came_meanwhile_is_in_nobodys_way(client, mark, now):
    asset = make_asset("Costs", by=mark, at=now, owner=mark)
    client.force_login(mark)
    seen = asset.events.get().pk
    verb(client, "version_new", asset, form="snippet", text="Second", approve="1")

    saved = verb(client, "asset_edit", asset, title="Costs now", kind="guide", seen=seen, owner=mark.pk)

    asset.refresh_from_db()
    assert (saved.status_code, asset.title) == (302, "Costs now")


def test_a_version_is_kept_for_later_or_made_current_and_an_earlier_one_comes_back(client, mark, now):
    asset = make_asset(by=mark, at=now)
    client.force_login(mark)

    verb(client, "version_new", asset, form="snippet", text="Second")
    verb(client, "version_new", asset, form="snippet", text="Third", approve="1")
    verb(client, "approve", asset, 1)

    rows = asset.versions.order_by("number").values_list("number", "form", "is_current", "approved_by")
    assert list(rows) == [(1, "link", True, mark.pk), (2, "snippet", False, None), (3, "snippet", False, mark.pk)]


def test_no_version_is_made_current_of_what_is_retired_and_what_is_said_of_one_that_expired_is_so(client, mark, now):
    asset = make_asset(by=mark, at=now)
    client.force_login(mark)
    verb(client, "retire", asset, because="Old prices")
    page = client.get(reverse("content:version_new", args=[asset.public_id]))

    refused = verb(client, "version_new", asset, form="snippet", text="New prices", approve="1")
    verb(client, "version_new", asset, form="snippet", text="New prices")
    told = client.get(reverse("content:asset_page", args=[asset.public_id])).text
    verb(client, "restore", asset)
    Asset.objects.filter(pk=asset.pk).update(expires_on=timezone.localdate())
    verb(client, "approve", asset, 2)
    expired = client.get(reverse("content:asset_page", args=[asset.public_id])).text

    assert "Make it current" not in page.text
    assert (refused.status_code, "This asset is retired. Put it back first." in refused.text) == (422, True)
    assert ">\nNew prices</textarea>" in refused.text
    assert "the address leads to no version as long as the asset is over" in told
    assert list(asset.versions.order_by("number").values_list("number", "is_current")) == [(1, False), (2, True)]
    assert "It has expired: give it another day" in expired


def test_a_thumb_down_needs_a_reason_and_the_last_word_counts(client, alice, mark, now):
    asset = make_asset(at=now)
    client.force_login(alice)

    refused = verb(client, "thumb", asset, thumb="down")
    verb(client, "thumb", asset, thumb="down", reason="Old prices")
    verb(client, "thumb", asset, thumb="up")

    assert refused.status_code == 422
    assert list(AssetThumb.objects.values_list("user", "is_up", "reason")) == [(alice.pk, True, "")]
    verb(client, "thumb", asset, take_back="1")
    assert not AssetThumb.objects.exists()


def test_what_fits_is_ordered_by_topic_and_labels_and_skips_what_somebody_has_had(mark, now):
    uptime, audits = (Topic.objects.create(key=key, label=key) for key in ("uptime", "audits"))
    doer, price = Label.objects.get(key="doer"), Label.objects.get(key="price")
    had = make_asset("Had", at=now, topic=uptime, labels=(doer, price))
    best = make_asset("Best", at=now, topic=uptime, labels=(doer,))
    plain = make_asset("Plain", at=now, topic=uptime)
    other = make_asset("Other topic", at=now, topic=audits, labels=(doer, price))
    anywhere = make_asset("No topic", at=now, labels=(price,))
    make_asset("Nothing of it", at=now)

    labels = {"persona": [doer.pk], "objection": [price.pk]}
    fitting = Asset.objects.sendable(on=timezone.localdate()).fitting(
        topics=[uptime.pk, audits.pk], labels=labels, without=[had.pk]
    )

    assert [asset.title for asset in fitting] == [best.title, plain.title, other.title, anywhere.title]
    assert list(Asset.objects.fitting(labels={"objection": [price.pk]}, without=[had.pk])) == [anywhere, other]


def test_it_is_used_once_however_often_the_button_is_pressed_and_not_before_it_is_approved(client, alice, mark, now):
    asset, own = make_asset(at=now), make_asset("Handed in", by=alice, at=now)
    client.force_login(alice)
    page = client.get(reverse("content:asset_page", args=[asset.public_id]))
    form_id = page.context["form_id"]

    for _press in range(2):
        verb(client, "use", asset, form_id=form_id)
    verb(client, "use", own)

    told = client.get(reverse("content:asset_page", args=[own.public_id])).text
    assert f'name="form_id" value="{form_id}"' in page.text
    assert list(AssetAccess.objects.filter(did="used").values_list("asset", "user")) == [(asset.pk, alice.pk)]
    assert "Nobody has approved it yet" in told
    own.refresh_from_db()
    assert own.last_used_at is None
