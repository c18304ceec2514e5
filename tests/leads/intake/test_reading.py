"""A file is read to its end whatever is in it, and every line is accounted for."""

import json
from io import BytesIO
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.intake import reading
from leads.intake import records as reader
from leads.intake.reading import BadRecord, Profile, Record, UnreadableFile, guard_cell, profile, unguard_cell
from leads.intake.values import looks_empty
from team.csv import FORMULA_SIGNS

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data lies beside the project, not here")


def read(content, **chosen):
    file = BytesIO(content)
    described = profile(file, **chosen)
    return described, list(reading.records(file, described))


def outcome(records):
    return [r.values if isinstance(r, Record) else (r.line_no, r.reason_code) for r in records]


def test_byte_order_mark_is_no_part_of_the_first_name():
    described, rows = read(b"\xef\xbb\xbfemail,name\na@b.example,Ada\n")

    assert described.headers == ["email", "name"]
    assert outcome(rows) == [["a@b.example", "Ada"]]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_told_by_its_mark(encoding):
    described, rows = read("\ufeffemail\tname\r\na@b.example\tZoë 🎈\r\n".encode(encoding))

    assert (described.encoding, described.encoding_guessed, described.delimiter) == (encoding, False, "\t")
    assert outcome(rows) == [["a@b.example", "Zoë 🎈"]]


def test_utf_16_without_its_mark_is_a_guess():
    described, rows = read("email,name\na@b.example,Ada\n".encode("utf-16-le"))

    assert (described.encoding, described.encoding_guessed) == ("utf-16-le", True)
    assert outcome(rows) == [["a@b.example", "Ada"]]


def test_one_windows_letter_late_in_the_file_makes_the_encoding_a_question():
    content = b"email,name\n" + b"a@b.example,Ada\n" * 70_000 + "a@b.example,José\n".encode("cp1252")

    described, rows = read(content)

    assert (described.encoding, described.encoding_guessed) == ("cp1252", True)
    assert rows[-1].values == ["a@b.example", "José"]


def test_the_marketer_may_choose_another_encoding():
    described, rows = read("name\nŁukasz\n".encode("cp1250"), encoding="cp1250")

    assert (described.encoding, described.encoding_guessed) == ("cp1250", False)
    assert outcome(rows) == [["Łukasz"]]


def test_rows_of_another_encoding_are_rejected_one_by_one():
    utf8, windows = "José,1\n".encode(), "José,2\n".encode("cp1252")
    described, rows = read(b"name,n\n" + utf8 * 3 + windows + utf8)

    assert (described.encoding, described.encoding_guessed, described.undecodable_lines) == ("utf-8", True, 1)
    assert outcome(rows) == [["José", "1"]] * 3 + [(5, "undecodable")] + [["José", "1"]]
    assert rows[3].raw == "Jos\\xe9,2"


def test_lone_surrogates_are_rejected_in_both_families_of_encodings():
    _described, wtf8 = read(b"name,n\n\xed\xa0\x80,1\nJos\xc3\xa9,2\n" + b"Jos\xc3\xa9,3\n" * 10)
    _described, wide = read("\ufeffname,n\n\ud800,1\nJosé,2\n".encode("utf-16-le", "surrogatepass"))

    assert outcome(wtf8)[:2] == [(2, "undecodable"), ["José", "2"]]
    assert outcome(wide) == [(2, "undecodable"), ["José", "2"]]


def test_nul_costs_its_own_row_and_is_shown_so_that_it_can_be_stored():
    _described, rows = read(b"a,b\n1,2\n3,\x004\n5,6\n")

    assert outcome(rows) == [["1", "2"], (3, "nul"), ["5", "6"]]
    assert (rows[1].reason, rows[1].raw) == ("contains NUL", "3,\\x004")


@pytest.mark.parametrize("size", [10 * 1024 + 1, 200_000, 5_000_000])
def test_huge_field_costs_its_own_row(size):
    _described, rows = read(b"a,b\n1,2\n3," + b"x" * size + b"\n5,6\n")

    assert outcome(rows)[::2] == [["1", "2"], ["5", "6"]]
    assert rows[1].reason_code == ("field_too_long" if size < 64 * 1024 else "row_too_long")
    assert len(rows[1].raw) < 64 * 1024


def test_row_of_many_fair_fields_may_not_pass_64_kilobytes():
    wide = b",".join([b"x" * 10_000] * 7)
    _described, rows = read(b"a,b,c,d,e,f,g\n" + wide + b"\n1,2,3,4,5,6,7\n")

    assert outcome(rows) == [(2, "row_too_long"), list("1234567")]


def test_unterminated_quote_costs_one_line_and_not_the_rows_behind_it():
    good = b"".join(b"%d,ok\n" % n for n in range(500))
    _described, rows = read(b"a,b\n" + good + b'7,"open\n' + good)

    assert [r.line_no for r in rows if isinstance(r, BadRecord)] == [502]
    assert "line 502" in rows[500].reason
    assert rows[500].reason_code == "unterminated_quote"
    assert sum(isinstance(r, Record) for r in rows) == 1_000


def test_quote_open_at_the_end_of_the_file_is_an_error_of_the_line_that_opened_it():
    _described, rows = read(b'a,b\n1,2\n3,"open\n5,6')

    assert outcome(rows) == [["1", "2"], (3, "unterminated_quote"), ["5", "6"]]


def test_stray_quote_that_swallows_rows_up_to_the_next_one_costs_its_line_only():
    _described, rows = read(b'a,b\n1,2\n3,"open\n5,6\n7,8"\n9,10\n')

    assert outcome(rows) == [["1", "2"], ["3", "open\n5,6\n7,8"], ["9", "10"]]

    _described, rows = read(b'a,b\n1,2\n"open,3\n5,6\n7,8"\n9,10\n')

    assert outcome(rows) == [["1", "2"], (3, "unterminated_quote"), ["5", "6"], ["7", '8"'], ["9", "10"]]


def test_field_of_a_hundred_lines_is_legal_and_of_more_is_not():
    def file(lines):
        return b'a,b\n1,"' + b"\n".join([b"x"] * lines) + b'"\n3,4\n'

    _described, rows = read(file(100))
    assert [len(r.values[1]) for r in rows] == [199, 1]

    _described, rows = read(file(101))
    assert (outcome(rows)[0], outcome(rows)[-1]) == ((2, "unterminated_quote"), ["3", "4"])


def test_text_behind_a_closing_quote_is_rejected():
    _described, rows = read(b'a,b\n"x"y,2\n3,4\n')

    assert outcome(rows) == [(2, "stray_quote"), ["3", "4"]]


def test_line_breaks_and_delimiters_inside_quotes_are_text_and_rows_keep_both_numbers():
    _described, rows = read(b'a,b\n"one\r\ntwo, ""three""",2\n3,4\n')

    assert outcome(rows) == [['one\r\ntwo, "three"', "2"], ["3", "4"]]
    assert [(r.row_no, r.line_no) for r in rows] == [(1, 2), (2, 4)]


@pytest.mark.parametrize("content", [b"a,b\r1,2\r3,4", b"a,b\r\n1,2\r\n3,4\r\n", b"a,b\n1,2\r\n3,4\r"])
def test_every_line_end_ends_a_row_and_the_last_needs_none(content):
    _described, rows = read(content)

    assert outcome(rows) == [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_seen_even_when_values_hold_the_others(delimiter):
    rows = ['"Doe, Jane"', "1,5", "a|b", "x;y"] if delimiter not in ",;|" else ["Jane", "1.5", "ab", "xy"]
    text = delimiter.join(["name", "amount", "tags", "more"]) + "\n" + (delimiter.join(rows) + "\n") * 5

    described, read_rows = read(text.encode())

    assert (described.delimiter, described.bad_rows, len(read_rows)) == (delimiter, 0, 5)


def test_excel_may_name_the_delimiter_on_a_line_of_its_own():
    described, rows = read(b"sep=;\r\na;b\r\n1,5;2,5\r\n")

    assert (described.delimiter, described.headers) == (";", ["a", "b"])
    assert [(r.line_no, r.values) for r in rows] == [(3, ["1,5", "2,5"])]


def test_two_columns_of_one_name_are_refused_with_both_places():
    with pytest.raises(UnreadableFile, match=r"Columns 1 .“email”. and 3 .“Email”."):
        profile(BytesIO(b"email,name,Email\n1,2,3\n"))


def test_unnamed_column_is_shown_by_its_number():
    described, rows = read(b"a,b,\n1,2,\n")

    assert described.headers == ["a", "b", "Column 3"]
    assert [column.named for column in described.columns] == [True, True, False]
    assert outcome(rows) == [["1", "2", ""]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n\r\n  \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"email,name\n", "no rows"),
        (b"email,name", "no rows"),
        (b",,,\n1,2,3,4\n", "blank"),
        (b"ada@example.com,Ada,Lovelace\nbob@example.com,Bob,Hope\n", "looks like a row"),
        (b",".join(b"c%d" % n for n in range(5_000)) + b"\n1\n", "5000 columns"),
        (b'"email,name\n1,2\n', "not closed"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG"),
        (b"%PDF-1.7\n1 0 obj", "PDF"),
        (b"<!DOCTYPE html><html><table>", "web page"),
        (b'\xef\xbb\xbf\n<?xml version="1.0"?>', "web page"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml", "CSV UTF-8"),
        (b"PK\x03\x04" + bytes(26) + b"leads.csv", "ZIP"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "CSV UTF-8"),
        (b'[{"email": "a@b.example"}]', "JSON"),
        (b"BEGIN:VCARD\r\n", "address card"),
        (b"\xff\xfe\x00\x00a\x00\x00\x00", "UTF-32"),
        ("\ufeffa,b\n1,2\n".encode("utf-16-le")[:-1], "cut off"),
        (bytes(range(1, 32)) * 50, "not a text file"),
        (bytes(5_000), "not a text file"),
        (b"Name,Email\nIda," + bytes(3_000) + b"\n", "not a text file"),
        (b"D" * 5_000, "no table: one of its column names would have 5000"),
    ],
)
def test_what_is_no_table_is_refused_in_words(content, words):
    with pytest.raises(UnreadableFile, match=words):
        profile(BytesIO(content))


def test_short_and_long_rows_are_rejected_with_both_widths():
    _described, rows = read(b"a,b,c\n1,2\n1,2,3,4\n1,2,3\n")

    assert [r.reason for r in rows[:2]] == ["expected 3 columns, found 2", "expected 3 columns, found 4"]
    assert rows[2].values == ["1", "2", "3"]


def test_report_with_a_title_is_read_from_its_table_on():
    described, rows = read(b"Attendee Report\nMade,today\nName,Email,Phone\nA,a@b.example,1\nB,b@b.example,2\nEnd\n")

    assert (described.headers, described.skipped_lines) == (["Name", "Email", "Phone"], 2)
    assert outcome(rows) == [["A", "a@b.example", "1"], ["B", "b@b.example", "2"], (6, "columns")]


def test_profile_counts_rows_reasons_and_values_and_survives_the_database():
    described, _rows = read(b"id,kind,\n" + b"".join(b"%d,yes,\n" % n for n in range(150)) + b"1\n")

    assert (described.rows, described.bad_rows, described.bad_reasons) == (151, 1, {"columns": 1})
    assert [(c.filled, c.distinct, len(c.samples)) for c in described.columns] == [
        (150, 101, 100),
        (150, 1, 1),
        (0, 0, 0),
    ]
    assert len(described.sample) == 20
    assert Profile.from_json(json.loads(json.dumps(described.as_json()))) == described


@pytest.mark.parametrize("before", [0, 99, 100, 101, 150])
def test_what_means_nothing_is_not_counted_as_filled_wherever_it_stands(before):
    described, _rows = read(b"id\n" + b"".join(b"p%d\n" % n for n in range(before)) + b"Select\n" * 40 + b"n/a\nz\n")
    (column,) = described.columns

    assert (column.filled, len(column.samples)) == (before + 42, min(before + 3, 100))
    assert looks_empty(column.samples) == ["Select", "n/a"]
    assert column.filled_beside(looks_empty(column.samples)) == before + 1


def test_values_of_a_column_are_counted_over_the_whole_file():
    file = BytesIO(b"n,state\n" + b"1,New\n2,Won \n" * 2 + b"3,\n")

    assert reading.count_values(file, profile(file), column=1) == {"New": 2, "Won": 2, "": 1}


@settings(deadline=None)
@given(st.text())
def test_exported_cell_comes_in_as_it_was(value):
    assert unguard_cell(guard_cell(value)) == value
    assert not guard_cell(value).startswith(FORMULA_SIGNS)


@pytest.mark.parametrize("value", ["=cmd()", "'=cmd()", "''@x", "-1", "+49 30", "\tx", "＝x", "'tis", "O'Hara"])
def test_formula_is_disarmed_on_the_way_out_and_restored_on_the_way_in(value):
    _described, rows = read(f'a,b\n"{guard_cell(value)}",1\n'.encode())

    assert rows[0].values == [value, "1"]


NASTY = st.lists(
    st.sampled_from(
        [
            b"a",
            b"b,c",
            b"1,2",
            b",",
            b'"',
            b'""',
            b'"x"',
            b"\n",
            b"\r",
            b"\r\n",
            b"\0",
            b"'=",
            b" ",
            "é".encode(),
            b"\xe9",
        ]
    ),
    max_size=60,
).map(b"".join)


@settings(max_examples=300, deadline=None)
@given(body=NASTY, block=st.integers(1, 9), lines=st.integers(2, 5), data=st.data())
def test_records_are_the_same_however_the_file_is_cut_and_wherever_reading_is_taken_up(body, block, lines, data):
    layout = reader.Layout("utf-8", ",", 2, reader.Checkpoint(0, 1, 4))
    content = b"h,i\n" + body
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "MAX_RECORD_LINES", lines)
        patch.setattr(reader, "MAX_ROW_BYTES", 20)
        # Of a line that is too long the head is shown, and is held whole however the file is cut: shorter than a row.
        patch.setattr(reader, "HEAD_BYTES", 15)
        whole = list(reader.read_records(BytesIO(content), layout))
        patch.setattr(reader, "BLOCK_BYTES", block)
        cut = list(reader.read_records(BytesIO(content), layout))
        at = data.draw(st.integers(0, len(whole)))
        behind = whole[at - 1].checkpoint if at else None
        resumed = list(reader.read_records(BytesIO(content), layout, after=behind))

    assert cut == whole
    assert resumed == whole[at:]
    assert [r.row_no for r in whole] == list(range(1, len(whole) + 1))
    assert_every_line_belongs_to_one_record(content, whole, offset=4)


def assert_every_line_belongs_to_one_record(content, found, *, offset):
    """Between two records, before the first and behind the last there are blank lines only."""
    for record in found:
        assert not content[offset : record.start].strip(b" \r\n")
        assert content[: record.start].count(b"\n") <= record.line_no
        assert record.start < record.checkpoint.offset
        lines_before = len(content[: record.start].splitlines())
        assert record.line_no == lines_before + 1
        assert record.checkpoint.line_no == len(content[: record.checkpoint.offset].splitlines())
        offset = record.checkpoint.offset
    assert not content[offset:].strip(b" \r\n")


@settings(max_examples=100, deadline=None)
@given(
    text=st.lists(st.sampled_from(["a", ",", '"', "\n", "\r", "é", "🎈", "\u2028", "\ud800"]), max_size=40).map("".join)
)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_gives_the_records_of_the_same_text_in_utf_8(encoding, text):
    def rows(coded, block):
        layout = reader.Layout(coded, ",", 2, reader.Checkpoint(0, 0, 0))
        content = text.encode(coded, "surrogatepass")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reader, "BLOCK_BYTES", block)
            found = list(reader.read_records(BytesIO(content), layout))
        for at, record in enumerate(found):
            again = reader.read_records(BytesIO(content), layout, after=record.checkpoint)
            assert list(again) == found[at + 1 :]
        return outcome(found)

    assert rows(encoding, 3) == rows(encoding, 4096) == rows("utf-8", 4096)


@needs_shared
@pytest.mark.parametrize("path", sorted((SHARED / "csv_spectrum" / "csvs").glob("*.csv")), ids=lambda path: path.stem)
def test_the_spectrum_of_csv_is_read_as_expected(path):
    expected = json.loads((SHARED / "csv_spectrum" / "json" / f"{path.stem}.json").read_text())
    described = profile(path)
    if path.stem == "location_coordinates":
        # Its expected file holds another number than the table; the quote inside the value is what it is about.
        assert [r.values[1].count('"') for r in reading.records(path, described)] == [2]
        return

    found = [dict(zip(described.headers, r.values, strict=True)) for r in reading.records(path, described)]

    assert found == expected


@needs_shared
@pytest.mark.parametrize(
    ("name", "rows", "columns"), [("Leads.csv", 9240, 38), ("Leads_variant_9237rows_LF.csv", 9237, 37)]
)
def test_x_education_is_read_whole(name, rows, columns):
    described = profile(SHARED / "x_education_leads" / name)

    assert (described.rows, described.bad_rows, len(described.columns)) == (rows, 0, columns)
    assert [c.name for c in described.columns if not c.named] == (["Column 38"] if columns == 38 else [])


@needs_shared
def test_every_shared_table_is_read_without_a_bad_row():
    paths = sorted(path for path in SHARED.rglob("*.csv"))

    assert {path.name: n for path in paths if (n := profile(path).bad_rows)} == {}


@needs_shared
def test_reading_stops_and_goes_on_in_the_middle_of_a_real_file():
    path = SHARED / "x_education_leads" / "Leads.csv"
    described = profile(path)
    whole = list(reading.records(path, described))
    first = list(islice(reading.records(path, described), 4_321))

    assert first + list(reading.records(path, described, after=first[-1].checkpoint)) == whole


def test_column_named_like_the_first_letters_of_a_zip_file_is_no_zip_file():
    described, _rows = read(b"PK,link\n1,https://example.com/xl/a\n")

    assert described.headers == ["PK", "link"]


def test_plain_number_in_a_column_of_phones_needs_no_guard():
    assert guard_cell("+49 (30) 1234-5", is_phone=True) == "+49 (30) 1234-5"
    assert guard_cell("+49 30 1234") == "'+49 30 1234"
    assert guard_cell("+cmd|' /C calc'!A0", is_phone=True) == "'+cmd|' /C calc'!A0"
