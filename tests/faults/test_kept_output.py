"""What the processes of a run said is there afterwards when it fell short, and only then."""

import re
from pathlib import Path

import pytest

from tests.bench.by_name import run
from tests.bench.report import exactly
from tests.bench.site import Site

pytestmark = pytest.mark.once


def speak(wanted):
    with Site("") as site:
        site.run("worker", "calendar", "2026").popen.wait()
    yield exactly("figure", 1, wanted)


def speak_and_break(wanted):
    with Site("") as site:
        site.run("worker", "calendar", "2026").popen.wait()
        raise RuntimeError("no worker has begun")


@pytest.fixture(autouse=True)
def folder_of_the_run(tmp_path, monkeypatch):
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "run"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "run").mkdir()
    return tmp_path


@pytest.mark.parametrize("function", ["speak", "speak_and_break"])
def test_what_fell_short_says_where_its_output_is(function, capsys):
    assert run("broker", f"{__name__}:{function}", 2) == 1

    kept = Path(re.search("# broker: what its processes said is in (.+)", capsys.readouterr().err)[1])
    assert "2026" in next(kept.glob("*/worker.log")).read_text()


def test_what_went_well_leaves_nothing(folder_of_the_run, capsys):
    assert run("broker", f"{__name__}:speak", 1) == 0

    assert "what its processes said" not in capsys.readouterr().err
    assert not list(folder_of_the_run.rglob("*.log"))
