"""Working time as it is typed and said."""

import pytest

from agreement.spans import read_span, said_span

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("typed", "minutes", "said"),
    [
        ("5 min", 5, "5 min"), ("5min", 5, "5 min"), ("90 minutes", 90, "1 h 30 min"), ("4 h", 240, "4 h"),
        ("1.5 hours", 90, "1 h 30 min"), ("0,5 h", 30, "30 min"), ("2 d", 960, "2 d"), ("2 Days", 960, "2 d"),
        ("1d 4h", 720, "1 d 4 h"), ("8 hrs", 480, "1 d"), ("0 min", 0, "0 min"), ("1 d, 5 m", 485, "1 d 5 min"),
    ],
)  # fmt: skip
def test_it_is_read_and_said_back(typed, minutes, said):
    assert read_span(typed) == minutes
    assert said_span(minutes) == said
    assert read_span(said) == minutes


@pytest.mark.parametrize("typed", ["", "5", "soon", "4 h soon", "-5 min", "1 month", "0.3 min", "99999 d", "5 minx"])
def test_what_names_no_unit_or_no_length_is_refused(typed):
    with pytest.raises(ValueError, match=r"^"):
        read_span(typed)
