"""No process outlives `./run`, even when that is killed with -9.

The guard is a small process of its own that reads from a pipe which only its parent holds open. The parent
writes "+group" and "-group" as it starts and reaps children. When the pipe closes the parent is gone, however
it went, and the guard ends the process groups that are left. It imports nothing but the standard library.
"""

import contextlib
import ctypes
import os
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
SECONDS_TO_END = 8.0


def die_with_parent(sign: int = signal.SIGKILL) -> None:
    """Ask Linux to end this process with its parent; elsewhere the guard alone does it."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(sign))


def end_groups(groups: set[int], seconds: float = SECONDS_TO_END) -> None:
    """Ask every process of the groups to end, wait, and kill what is left."""
    _send(groups, signal.SIGTERM)
    limit = time.monotonic() + seconds
    while time.monotonic() < limit and any(_is_alive(group) for group in groups):
        time.sleep(0.05)
    _send(groups, signal.SIGKILL)


def _send(groups: set[int], sign: int) -> None:
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, sign)


def _is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def main() -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    end_groups(groups)


if __name__ == "__main__":
    main()
