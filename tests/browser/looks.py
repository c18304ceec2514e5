"""What a page is looked at with: the width of the window and the theme, in every pair of the two.

Two pairs see each width and each theme once; the other two are seen where there is time for them.
"""

import pytest

OF_THE_DESK = [pytest.mark.full, pytest.mark.desk]


def each_look(narrow: int = 390, wide: int = 1440) -> pytest.MarkDecorator:
    """Ask a test with `width`, in CSS pixels, and `scheme`."""
    return pytest.mark.parametrize(
        ("width", "scheme"),
        [
            (narrow, "dark"),
            (wide, "light"),
            pytest.param(narrow, "light", marks=OF_THE_DESK),
            pytest.param(wide, "dark", marks=OF_THE_DESK),
        ],
    )
