"""One name in one field: which part is which, and nothing that somebody is called is lost."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.names import Name, split_name

RLO = "\u202e"


@pytest.mark.parametrize(
    ("full", "expected"),
    [
        ("Ada Lovelace", Name("Ada", "Lovelace")),
        ("Lovelace, Ada", Name("Ada", "Lovelace")),
        ("Lovelace, Dr. Ada", Name("Ada", "Lovelace")),
        ("Madonna", Name("Madonna", "")),
        ("  ", Name("", "")),
        (f"Ada {RLO}Lovelace", Name("Ada", "Lovelace")),
        ("Zoë 😀 ال", Name("Zoë 😀", "ال")),
        ('Robert "Bob" (Bobby) Smith', Name('Robert "Bob" (Bobby)', "Smith")),
        ("Vincent van Gogh", Name("Vincent", "van Gogh")),
        ("Van Morrison", Name("Van", "Morrison")),
        ("José Ortega y Gasset", Name("José", "Ortega y Gasset")),
        ("John E Smith", Name("John E", "Smith")),
        # Only what is certainly a title goes, and never down to one word.
        ("Dr. Ana María de la Cruz Jr.", Name("Ana María", "de la Cruz Jr.")),
        ("Prof. Dr. Anna Weber", Name("Anna", "Weber")),
        ("MS ADA LOVELACE", Name("ADA", "LOVELACE")),
        ("Mr. Wong", Name("", "Mr. Wong")),
        ("Dr.", Name("Dr.", "")),
        # What stands behind a name stays with it.
        ("Ada Lovelace, PhD", Name("Ada", "Lovelace, PhD")),
        ("Lovelace, Ada, PhD, MBA", Name("Ada", "Lovelace, PhD, MBA")),
        ("Martin Luther King III", Name("Martin Luther", "King III")),
        ("Madonna, MD", Name("Madonna, MD", "")),
    ],
)
def test_full_name_is_split(full, expected):
    assert split_name(full) == expected


TWO_WORDS = (
    "Sultan Khan|Right Person|Prince Okafor|Baron Davis|Bishop Briggs|Imam Ali|Judge Reinhold|Marquis Brown|Jack Ma|"
    "Master Chen|King Harald|Guru Dutt|Pilot Jones|Ben Mba|Do Kim|Van Dyke|Jr Smith|Iii Jones|Y Combinator"
)


@pytest.mark.parametrize("full", TWO_WORDS.split("|"))
def test_two_words_that_look_like_a_title_stay_a_name(full):
    assert split_name(full) == Name(*full.split())


WORDS = st.sampled_from(
    ["Ada", "Khan", "Sultan", "Mba", "MBA", "Jr.", "III", "van", "de", "y", ",", "Dr.", "Mr", "(Bob)", "😀", "و"]
)


@given(st.lists(WORDS, max_size=8))
def test_whatever_is_written_but_a_title_is_kept(words):
    found = split_name(" ".join(words))

    kept = re.findall(r"[^\s,]+", f"{found.given} {found.family}")
    assert sorted(word for word in kept if word not in ("Dr.", "Mr")) == sorted(
        word for word in words if word not in (",", "Dr.", "Mr")
    )
