"""What others wrote is exactly what its authors published."""

import hashlib
import json
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[2] / "static" / "vendor"
OURS = {"vendor.py", "lock.json"}


def test_each_vendored_file_has_the_hash_of_the_lock():
    lock = json.loads((VENDOR / "lock.json").read_text())
    files = {name: file["sha256"] for entry in lock.values() for name, file in entry["files"].items()}

    found = {name: hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() for name in files}

    assert found == files


def test_nothing_is_vendored_without_the_lock_knowing():
    lock = json.loads((VENDOR / "lock.json").read_text())

    there = {file.name for file in VENDOR.iterdir() if file.is_file()} - OURS

    assert there == {name for entry in lock.values() for name in entry["files"]}


def test_the_lock_names_no_address():
    assert "://" not in (VENDOR / "lock.json").read_text()
