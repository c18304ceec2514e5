"""Bring the vendored files to the versions of lock.json, or record what is here now.

    python static/vendor/vendor.py          fetch each package with npm and compare with the lock
    python static/vendor/vendor.py --lock   fetch the versions named in the lock and write down their hashes

Users never need Node: only whoever moves a version runs this. The lock names
packages, versions and hashes, no addresses; npm knows where it looks.
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "lock.json"


def main(*, relock: bool) -> int:
    lock = json.loads(LOCK.read_text())
    wrong = []
    for package, entry in lock.items():
        found = fetch(package, entry["version"], [file["from"] for file in entry["files"].values()])
        for name, file in entry["files"].items():
            content = found[file["from"]]
            digest = hashlib.sha256(content).hexdigest()
            if relock:
                file["sha256"] = digest
            elif file["sha256"] != digest:
                wrong.append(f"{name}: expected {file['sha256']}, npm has {digest}")
                continue
            (HERE / name).write_bytes(content)
    LOCK.write_text(json.dumps(lock, indent=2) + "\n")
    print("\n".join(wrong) or "vendored files are those of lock.json")  # noqa: T201
    return 1 if wrong else 0


def fetch(package: str, version: str, paths: list[str]) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", f"{package}@{version}", "--silent", "--pack-destination", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        (archive,) = Path(folder).glob("*.tgz")
        with tarfile.open(archive) as tar:
            return {path: _member(tar, f"package/{path}") for path in paths}


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    if file is None:
        raise SystemExit(f"{name} is not a file of the package")
    return file.read()


if __name__ == "__main__":
    sys.exit(main(relock="--lock" in sys.argv[1:]))
