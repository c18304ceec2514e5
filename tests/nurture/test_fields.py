"""What somebody put into a name or a company is words in our mail, and nothing else."""

import pytest

from nurture.fields import fill
from nurture.letter import addresses_in, body_of

NAMES = {
    "[Reset your password](https://evil.example)": "[Reset your password](evil.example)",
    "<https://evil.example>": "&lt;evil.example&gt;",
    "**Now**\n\n# Pay": "**Now** # Pay",
    "- Jo_hn_ `x`": "- Jo_hn_ `x`",
    "O'Brien & Søn (Ltd.)": "O'Brien &amp; Søn (Ltd.)",
}


@pytest.mark.parametrize("name", NAMES)
def test_what_a_name_says_is_no_link_and_no_markdown(name):
    words = fill(
        "{{ first_name }} reads [this]({{ asset_link }}).",
        {"first_name": name, "asset_link": "https://m.example/a_b_c"},
    )

    assert addresses_in(words) == ["https://m.example/a_b_c"]
    assert body_of(words).strip() == f'<p>{NAMES[name]} reads <a href="https://m.example/a_b_c">this</a>.</p>'


BARE = {
    "See https://x.example/a_b?c=1&d=2.": ["https://x.example/a_b?c=1&d=2"],
    "(https://x.example/a_(b)), **https://x.example/c**": ["https://x.example/a_(b)", "https://x.example/c"],
    "`https://x.example/code` and [https://x.example/said](https://x.example/led)": ["https://x.example/led"],
    "    https://x.example/code\n\nxhttp://x.example and http:// alone": [],
}


@pytest.mark.parametrize("words", BARE)
def test_a_bare_address_is_a_link_but_in_code_and_in_links(words):
    assert addresses_in(words) == BARE[words]
    assert body_of(words).count("<a href") == len(BARE[words])


@pytest.mark.parametrize(
    "name", ["https://evil.example", "http:x:////evil.example", "1http://evil.example", "https&colon;//evil.example"]
)
def test_what_a_name_says_is_no_bare_address_either(name):
    words = fill("{{ first_name }}: {{ asset_link }}", {"first_name": name, "asset_link": "https://m.example/a_b_c"})

    assert addresses_in(words) == ["https://m.example/a_b_c"]
