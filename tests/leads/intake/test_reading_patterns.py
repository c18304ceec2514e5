"""No regular expression that meets foreign text may take long on it."""

import re
import time
from contextlib import suppress

import pytest

from accounts import domains, names, normalise
from accounts.normalise import BadValue
from leads.intake import foreign, guessing, reading, records, sniffing, values

MODULES = (domains, names, normalise, foreign, guessing, reading, records, sniffing, values)
LONG = 50_000
TEXTS = [sign * LONG for sign in "a1 .,'\"@-+#(x"] + [
    pair * (LONG // 2) for pair in ("a ", "1,", "1.", "a.", "1 ", "+(", "ab@", "0 ", "(0)")
]


def patterns():
    for module in MODULES:
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                yield pytest.param(value, id=f"{module.__name__}.{name}")
    for shape in values.DATE_FORMATS.values():
        if shape.key != "excel":
            yield pytest.param(values._date_pattern(shape), id=f"date {shape.key}")
    for shape in values.NUMBER_FORMATS.values():
        yield pytest.param(values._number_pattern(shape.group, shape.point), id=f"number {shape.key}")


@pytest.mark.parametrize("pattern", list(patterns()))
def test_pattern_takes_under_a_tenth_of_a_second_on_long_text(pattern):
    slow = []
    for text in TEXTS:
        for tail in ("", "!"):
            for use in (pattern.fullmatch, pattern.match, pattern.search):
                started = time.process_time()
                use(text + tail)
                if time.process_time() - started > 0.1:
                    slow.append((use.__name__, text[:3]))

    assert slow == []


@pytest.mark.parametrize("text", TEXTS)
def test_reading_a_very_long_value_ends_at_once(text):
    started = time.process_time()
    for read in (normalise.email, normalise.phone, normalise.domain, names.split_name):
        with suppress(BadValue):
            read(text.strip() + "!")
    for read in (values.parse_decimal, values.parse_money):
        with suppress(BadValue):
            read(text.strip() + "!")
    normalise.country(text)
    normalise.folded(text)

    assert time.process_time() - started < 0.5
