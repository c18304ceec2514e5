"""Every start of a demo company says how to see its passwords again; no other installation speaks of them."""

from io import StringIO

import pytest

from config.management.commands.up import Command


@pytest.mark.parametrize(
    ("files", "said"), [(["demo-logins.json"], "./run demo prints the passwords again.\n"), ([], "")]
)
def test_a_start_says_where_the_passwords_are(settings, tmp_path, files, said):
    settings.VAR_DIR = tmp_path
    for name in files:
        (tmp_path / name).write_text("[]")
    out = StringIO()

    Command(stdout=out)._say_where_the_passwords_are()

    assert out.getvalue() == said
