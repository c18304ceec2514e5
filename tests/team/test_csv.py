"""A file we give is read by spreadsheets, and none of its cells is obeyed by them."""

import pytest

from team.csv import csv_file, guard_cell, safe_row, unguard_cell


@pytest.mark.once
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_a_cell_that_begins_like_a_formula_is_guarded_and_comes_in_again_as_it_was(sign):
    assert guard_cell(f"{sign}1+1") == f"'{sign}1+1"
    assert guard_cell(f"'{sign}1") == f"''{sign}1"
    assert unguard_cell(guard_cell(f"{sign}1+1")) == f"{sign}1+1"


@pytest.mark.once
def test_nothing_is_empty_and_a_number_below_zero_stays_one():
    assert safe_row(["Ada", None, -5, 2.5, "-5", ""]) == ["Ada", "", "-5", "2.5", "'-5", ""]


@pytest.mark.once
def test_a_file_is_written_line_by_line_for_spreadsheets_and_kept_by_nobody():
    answer = csv_file("leads.csv", [["Name"], ['=HYPERLINK("x")'], ["Ömer, “Ö”\nGmbH"]])

    assert b"".join(answer).decode() == '\ufeff"Name"\r\n"\'=HYPERLINK(""x"")"\r\n"Ömer, “Ö”\nGmbH"\r\n'
    assert answer["Content-Disposition"] == 'attachment; filename="leads.csv"'
    assert answer["Cache-Control"] == "no-store"
