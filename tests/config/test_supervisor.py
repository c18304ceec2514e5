"""What the parent of `./run` does with a command that has an end."""

import os
import sys
import time

import pytest

from config.supervisor import Supervisor


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(tmp_path, said):
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    made = Supervisor(say=said.append, log_dir=tmp_path, lock_fd=lock)
    yield made
    made.stop()
    os.close(lock)


def look_until_over(supervisor):
    limit = time.monotonic() + 20
    while supervisor.children and time.monotonic() < limit:
        supervisor.look()
        time.sleep(0.02)
    return not supervisor.children


def test_what_has_an_end_is_not_started_again(supervisor, said, tmp_path):
    mark = tmp_path / "marks"
    append = f"open({str(mark)!r}, 'a').write('once ')"
    supervisor.start_once("year", [sys.executable, "-c", append], env=dict(os.environ))

    assert look_until_over(supervisor)
    assert (mark.read_text(), said) == ("once ", [])


def test_what_ended_badly_is_told_and_left_for_the_next_start(supervisor, said):
    supervisor.start_once("year", [sys.executable, "-c", "raise SystemExit(3)"], env=dict(os.environ))

    assert look_until_over(supervisor)
    assert said == ["The year ended with status 3."]
