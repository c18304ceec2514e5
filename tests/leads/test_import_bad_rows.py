"""The bad-input matrix of files: each input gets its written answer, and no row ends the file."""

import gzip

import pytest
from django.urls import reverse

from accounts.models import ContactPoint, Person
from leads.actions.importing import AlreadyRunning, ForeignFile, receive_file, shown_name, start_import
from leads.intake.reading import Profile, UnreadableFile
from leads.models import Import, ImportReject, Release
from team.clock import database_now
from team.models import AuditEntry, Upload
from tests.leads.files import answered, bring, counts, decided, received

pytestmark = pytest.mark.django_db

GOOD = "good@corvane.io,Good\n"
HEAD = "email,first name\n"


def reasons(run):
    return dict(ImportReject.objects.filter(import_run=run).values_list("row_no", "code"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(("\ufeff" + HEAD + GOOD).encode(), "good@corvane.io", id="1-utf8-mark"),
        pytest.param(("\ufeff" + HEAD + GOOD).encode("utf-16-le"), "good@corvane.io", id="2-utf16le"),
        pytest.param(("\ufeff" + HEAD + GOOD).encode("utf-16-be"), "good@corvane.io", id="2-utf16be"),
        pytest.param((HEAD + "jose@corvane.io,José\n").encode("cp1252"), "José", id="3-cp1252"),
        pytest.param((HEAD + 'good@corvane.io,"Go\nod"\n').encode(), "Go od", id="8-newline-in-quotes"),
        pytest.param((HEAD + GOOD).replace("\n", "\r").encode(), "Good", id="9-cr"),
        pytest.param((HEAD + GOOD).replace("\n", "\r\n").rstrip().encode(), "Good", id="9-crlf-without-the-last"),
        pytest.param((HEAD + GOOD).replace(",", ";").encode(), "Good", id="10-semicolon"),
        pytest.param((HEAD + GOOD).replace(",", "\t").encode(), "Good", id="10-tab"),
        pytest.param((HEAD + GOOD).replace(",", "|").encode(), "Good", id="10-bar"),
        pytest.param((HEAD + " good@corvane.io ,Good\n").encode(), "good@corvane.io", id="16-spaces"),
        pytest.param((HEAD + "a@münchen.de,Good\n").encode(), "a@xn--mnchen-3ya.de", id="18-idn"),
        pytest.param((HEAD + "Good+x@Corvane.IO,Good\n").encode(), "good+x@corvane.io", id="21-22-plus-and-case"),
        pytest.param((HEAD + "good@corvane.io,Go\u202eod\n").encode(), "Good", id="23-bidi"),
        pytest.param((HEAD + "good@corvane.io,👩‍🚀 Ada\n").encode(), "👩‍🚀 Ada", id="24-emoji"),
        pytest.param((HEAD + "good@corvane.io,=cmd()\n").encode(), "=cmd()", id="26-formula-is-stored-raw"),
        pytest.param((HEAD + "good@corvane.io,'=cmd()\n").encode(), "=cmd()", id="26-our-own-guard-comes-off"),
        pytest.param(
            (HEAD + 'good@corvane.io,"<svg/onload=alert()>"\n').encode(), "<svg/onload=alert()>", id="27-html"
        ),
        pytest.param((HEAD + "good@corvane.io,{{7*7}}\n").encode(), "{{7*7}}", id="28-template"),
    ],
)
def test_unusual_but_good_rows_come_in(team, lea, content, expected):
    run = bring(content, by=lea)

    assert counts(run) == (1, 0, 0, 0)
    person = Person.objects.get()
    assert expected in (person.given_name, ContactPoint.objects.get().normalised)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        pytest.param(
            b"a@corvane.io,Jos\xe9\n" + "b@corvane.io,Zoë\nc@corvane.io,Ü\n".encode() * 10, "undecodable", id="4"
        ),
        pytest.param(b"a@corvane.io,A\x00da\n", "nul", id="5-nul"),
        pytest.param(b"a@corvane.io," + b"x" * 20_000 + b"\n", "field_too_long", id="6-field"),
        pytest.param(b"a@corvane.io," + b"x" * 200_000 + b"\n", "row_too_long", id="6-row"),
        pytest.param(b'a@corvane.io,"Ada\n', "unterminated_quote", id="7-quote"),
        pytest.param(b"a@corvane.io\n", "columns", id="13-short"),
        pytest.param(b"a@corvane.io,Ada,more\n", "columns", id="13-long"),
        pytest.param(b",Ada\n", "no_identity", id="15-nothing-tells-her-apart"),
        pytest.param(b"a@b,Ada\n", "bad_email", id="16-no-dot"),
        pytest.param(b'"a@corvane.io, b@corvane.io",Ada\n', "bad_email", id="16-two"),
        pytest.param(b"a@localhost,Ada\n", "bad_email", id="17-localhost"),
        pytest.param(b"a@[127.0.0.1],Ada\n", "bad_email", id="17-literal"),
        pytest.param("ü@corvane.io,Ada\n".encode(), "bad_email", id="19-local-part"),
        pytest.param("аdmin@corvane.io,Ada\n".encode(), "bad_email", id="20-homoglyph"),
        pytest.param(("a@corvane.io," + "x" * 500 + "\n").encode(), "bad_text", id="24-too-long"),
    ],
)
def test_bad_row_is_rejected_with_a_reason_and_the_next_one_comes_in(team, lea, row, code):
    content = HEAD.encode() + row + GOOD.encode()

    run = bring(content, by=lea)

    assert code in reasons(run).values()
    assert run.rows_total == sum(counts(run))
    assert ContactPoint.objects.filter(normalised="good@corvane.io").exists()
    assert all(ImportReject.objects.values_list("reason", flat=True))


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("31.02.2026", "bad_moment"),
        ("01.01.9999", "bad_moment"),
        ("01.01.0001", "bad_moment"),
        ("45000", "bad_moment"),
        ("24.12.2099", "future"),
    ],
)
def test_29_moment_that_cannot_be_is_rejected(team, lea, value, code):
    columns = {"when": {"target": "moment", "format": "d.m.y"}}

    run = bring(f"email,when\na@corvane.io,{value}\nb@corvane.io,03.02.2026\n", by=lea, columns=columns)

    assert reasons(run) == {1: code}
    assert counts(run) == (1, 0, 0, 1)


def test_29_ambiguous_dates_are_asked_about(team, lea):
    run = received("email,Created at\na@corvane.io,03/04/2025\nb@corvane.io,05/06/2025\n", by=lea)

    with pytest.raises(Exception, match="Created at"):
        decided(run, by=lea)


@pytest.mark.parametrize("value", ["1,234.5", "1_000", "1e400", "NaN", "١٢٣"])
def test_30_number_that_is_none_is_left_out_and_noted(team, lea, value):
    columns = {"budget": {"target": "custom", "new": {"label": "Budget", "type": "number"}, "format": "plain"}}

    run = bring(f'email,budget\na@corvane.io,"{value}"\nb@corvane.io,12.5\n', by=lea, columns=columns, empty=[])

    assert counts(run) == (2, 0, 0, 0)
    assert [person.custom for person in Person.objects.order_by("pk")] == [{}, {"budget": 12.5}]
    assert run.tallies["notes"] == {"unreadable_value": 1}


@pytest.mark.parametrize(
    ("written", "normalised", "extension"),
    [
        ("+47 22 33 44 55", "+4722334455", ""),
        ("0047 22 33 44 55", "+4722334455", ""),
        ("+1 202 555 0117 x42", "+12025550117", "42"),
        ("555-0117", "5550117", ""),
    ],
)
def test_31_phone_is_kept_as_written_and_normalised(team, lea, written, normalised, extension):
    bring(f"phone,first name\n{written},Ada\n", by=lea)

    point = ContactPoint.objects.get()
    assert (point.value, point.normalised, point.extension) == (written, normalised, extension)


def test_31_phone_of_forty_digits_is_rejected_and_one_without_digits_left_out(team, lea):
    run = bring(f"email,phone\na@corvane.io,{'1' * 40}\nb@corvane.io,ask her\n", by=lea)

    assert reasons(run) == {1: "bad_phone"}
    assert run.tallies["notes"] == {"phone_left_out": 1}


def test_32_zone_nobody_knows_is_noted(team, lea):
    columns = {"zone": {"target": "time_zone"}}
    run = bring("email,zone\na@x.io,Europe/Oslo\nb@x.io,EST\nc@x.io,Mars/Base\n", by=lea, columns=columns)

    assert list(Person.objects.order_by("pk").values_list("time_zone", flat=True)) == ["Europe/Oslo", "", ""]
    assert run.tallies["notes"] == {"unknown_time_zone": 2}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"email,email\na@x.io,b@x.io\n", id="11-duplicate-headers"),
        pytest.param(b"", id="12-empty"),
        pytest.param(b"email,name\n", id="12-header-only"),
        pytest.param(b"a@x.io,Ada\nb@x.io,Bo\n", id="12-no-header"),
        pytest.param(b",".join(b"c%d" % n for n in range(5000)) + b"\n" + b"1," * 4999 + b"1\n", id="14-5000-columns"),
    ],
)
def test_file_that_is_no_table_leaves_nothing_behind(team, lea, content):
    with pytest.raises(UnreadableFile):
        received(content, by=lea)

    assert (Import.objects.count(), Upload.objects.count()) == (0, 0)


def test_12_column_without_a_name_is_numbered_and_left_out(team, lea):
    run = received(b"email,\na@x.io,zzz\n", by=lea)
    assert Profile.from_json(run.profile).headers == ["email", "Column 2"]
    assert decided(run, by=lea).mapping["columns"][1]["target"] == ""


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n" + b"\0" * 99,
        b"%PDF-1.7\n",
        b"<!doctype html><table>",
        gzip.compress(b"a,b\n1,2\n"),
        b"PK\x03\x04zip",
    ],
    ids=["png", "pdf", "html", "gzip", "zip"],
)
def test_37_picture_named_csv_is_refused_in_words(team, lea, client, content):
    with pytest.raises(ForeignFile):
        received(content, by=lea)
    client.force_login(lea)

    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415

    response = client.post(reverse("leads:import_new"), {"file": SimpleUploadedFile("people.csv", content), "kind": ""})

    assert response.status_code == 415
    assert "This is a" in response.text
    assert Import.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\lists\\people.csv", "people.csv"),
        ("a\r\nSet-Cookie: x.csv", "aSet-Cookie: x.csv"),
        ("peo\u202evsc.exe", "peovsc.exe"),
        ("x" * 400 + ".csv", "x" * 251 + ".csv"),
        ("", "file.csv"),
    ],
)
def test_38_file_is_kept_under_a_name_of_our_own(team, lea, name, shown):
    run = received(HEAD + GOOD, by=lea, name=name or "x")

    assert shown_name(name) == shown
    stored = run.upload.file.name
    assert stored.startswith("uploads/")
    assert stored.endswith(".csv")
    assert "passwd" not in stored
    assert len(stored) < 70


def test_33_suppressed_stays_suppressed_and_is_imported_as_such(team, lea):
    run = bring("email,do not email\na@x.io,yes\na@x.io,\na@x.io,no\n", by=lea)

    assert counts(run) == (1, 0, 2, 0)
    assert Release.objects.count() == 0


def test_34_same_file_is_imported_once_at_a_time(team, lea, bob):
    first, second = (answered(decided(received(HEAD + GOOD, by=lea), by=lea), by=lea) for _ in range(2))
    start_import(first, by=lea, at=database_now())

    with pytest.raises(AlreadyRunning, match=f"see #{first.pk}"):
        start_import(second, by=lea, at=database_now())
    with pytest.raises(AlreadyRunning, match=f"see #{first.pk}"):
        received(HEAD + GOOD, by=lea)

    second.refresh_from_db()
    assert second.state == "ready"


def test_39_upload_that_cannot_be_kept_leaves_nothing_in_any_state(team, lea, settings, tmp_path):
    blocked = tmp_path / "file-in-the-way"
    blocked.write_text("")
    settings.MEDIA_ROOT = str(blocked)

    with pytest.raises(OSError):  # noqa: PT011 - which one depends on the system
        received(HEAD + GOOD, by=lea)

    assert (Import.objects.count(), Upload.objects.count()) == (0, 0)


def test_40_rejected_rows_are_streamed_and_the_page_shows_the_first_hundred(team, lea, client):
    run = bring(HEAD + "nobody,Ada\n" * 1500 + GOOD, by=lea)
    client.force_login(lea)

    page = client.get(reverse("leads:import", args=[run.public_id])).text
    file = client.get(reverse("leads:import_rejects", args=[run.public_id]))

    assert counts(run) == (1, 0, 0, 1500)
    assert page.count(">nobody,Ada</td>") == 100
    assert file.streaming
    assert len(b"".join(file.streaming_content).decode("utf-8-sig").splitlines()) == 1501
    assert AuditEntry.objects.filter(verb="export", by=lea, about="rejects", about_id=str(run.pk)).count() == 1


def test_rejected_rows_open_safely_and_can_be_corrected_and_sent_again(team, lea, client):
    content = "email,phone,first name\nnobody,+47 22 33 44 55,=cmd()\n"
    run = bring(content, by=lea, columns={"email": {"target": "email"}})
    client.force_login(lea)

    lines = b"".join(client.get(reverse("leads:import_rejects", args=[run.public_id])).streaming_content)

    assert lines.decode("utf-8-sig").splitlines() == [
        '"Row","Line","Why it was rejected","email","phone","first name"',
        '"1","2","email: is not an e-mail address","nobody","+47 22 33 44 55","\'=cmd()"',
    ]


def test_receiving_keeps_no_file_when_the_row_cannot_be_written(team, lea):
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415

    file = SimpleUploadedFile("a.csv", (HEAD + GOOD).encode())
    with pytest.raises(Exception):  # noqa: B017, PT011 - the databases name it differently
        receive_file(file, name="a.csv", kind="nonsense" * 9, by=lea, at=None)

    assert Upload.objects.count() == 0
