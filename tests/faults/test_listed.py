"""What may break while mail leaves the house is broken on purpose: each of these faults by at least one name."""

from importlib import import_module
from pathlib import Path

import pytest

from tests.faults.__main__ import FAULTS, listed

pytestmark = pytest.mark.once

MUST_BE_BROKEN = ("F1", "F2", "F5", "F11", "F18", "F19", "F20", "F21", "F23", "F29", "F35")
BENCH = Path(__file__).parents[2] / "docs" / "bench.md"


@pytest.mark.parametrize("number", MUST_BE_BROKEN)
def test_each_fault_is_injected_by_at_least_one(number):
    names = [name for name, (_module, numbers, _said) in FAULTS.items() if number in numbers]

    assert names
    for name in names:
        assert callable(getattr(import_module(f"tests.faults.{FAULTS[name][0]}"), f"inject_{name}"))
        assert listed()[name][1].split()[0].rstrip(",") == number


def test_the_page_of_figures_names_each_with_its_number():
    rows = [line.split("|")[1:3] for line in BENCH.read_text().splitlines() if line.startswith("| `")]

    for name, (_module, numbers, _said) in FAULTS.items():
        (said,) = [said for names, said in rows if f"`{name}`" in names]
        assert set(numbers) <= {one.strip() for one in said.split(",")}, name
