"""The processes of `./run`: started together, restarted when they fall, gone when the parent is gone.

Only the parent starts processes, from its main thread: on Linux a child that asked to die with
its parent dies with the thread that started it.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from config import guard

BROKER = "broker"
FALLS_MAX = 5
FALLS_WITHIN_SECONDS = 60.0
# The worker is given the time of its soft shutdown; everything else ends at once.
SECONDS_TO_END = 35.0
# Whoever waits longer than this is told for what.
SECONDS_TO_SAY = 1.0
LOG_BYTES_MAX = 5_000_000


class Fallen(Exception):
    """A process ended again and again. Safe to show."""


class Child:
    """One command that should be running, or that should run to its end once."""

    def __init__(
        self, name: str, command: Sequence[str], env: dict[str, str], log: Path | None, *, once: bool = False
    ) -> None:
        self.name = name
        self.once = once
        self.command = list(command)
        self.env = env
        self.log = log
        self.falls: deque[float] = deque(maxlen=FALLS_MAX)
        self.started_at = 0.0
        self.process: subprocess.Popen[bytes]

    def start(self) -> None:
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(self.log.open("ab")) if self.log else None
            self.process = subprocess.Popen(
                self.command,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                # A group of its own: Ctrl C reaches the parent alone, and all its descendants can be ended.
                process_group=0,
                preexec_fn=_die_politely_with_parent,
            )
        self.started_at = time.monotonic()

    def last_lines(self, count: int = 15) -> str:
        if self.log is None:
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])


class Supervisor:
    def __init__(self, *, say: Callable[[str], None], log_dir: Path | None, lock_fd: int) -> None:
        self.say = say
        self.log_dir = log_dir
        self.lock_fd = lock_fd
        self.children: list[Child] = []
        self._start_guard()

    def start(self, name: str, command: Sequence[str], *, env: dict[str, str]) -> Child:
        child = Child(name, command, env, self._log_of(name))
        self.children.append(child)
        self._start(child)
        return child

    def start_once(self, name: str, command: Sequence[str], *, env: dict[str, str]) -> Child:
        """A command that has an end; what it says is said on the terminal."""
        child = Child(name, command, env, None, once=True)
        self.children.append(child)
        self._start(child)
        return child

    def look(self) -> None:
        """Start again what has ended, and say so; give up on what ends again and again."""
        if self.guard.poll() is not None:
            self._start_guard()
        for child in list(self.children):
            if child.process.poll() is None:
                continue
            if child.once:
                self._is_over(child)
            else:
                self._restart(child)

    def kill(self, child: Child) -> None:
        """End a process that is alive and does not do its work; `look` starts it again."""
        guard.end_groups({child.process.pid}, seconds=2.0)

    def stop(self) -> None:
        """End everything: nobody asks a broker that has gone, so it is the last; the others end beside one another."""
        brokers = [child for child in self.children if child.name == BROKER]
        try:
            for together in ([child for child in self.children if child not in brokers], brokers):
                for child in together:
                    _send(child, signal.SIGTERM)
                self._wait_for(together)
        finally:
            for child in self.children:
                _send(child, signal.SIGKILL)
                child.process.wait()
            if self.guard.stdin:
                self.guard.stdin.close()
            self.guard.wait()

    def _wait_for(self, children: list[Child]) -> None:
        """Until they have ended, or their time is over; what is waited for is said once it takes long."""
        began, said = time.monotonic(), False
        while left := [child for child in children if child.process.poll() is None]:
            waited = time.monotonic() - began
            if waited > SECONDS_TO_END:
                return
            if waited > SECONDS_TO_SAY and not said:
                said = True
                names = " and ".join(f"the {child.name}" for child in left)
                self.say(f"Waiting for {names} to finish what has begun (at most {SECONDS_TO_END:.0f} seconds) ...")
            time.sleep(0.05)

    def _start(self, child: Child) -> None:
        child.start()
        self._tell_guard("+", child)

    def _is_over(self, child: Child) -> None:
        """It has run to its end, or its next start goes on with it."""
        self.children.remove(child)
        self._tell_guard("-", child)
        if child.process.returncode:
            self.say(f"The {child.name} {_how_it_ended(child.process.returncode)}.")

    def _restart(self, child: Child) -> None:
        child.falls.append(time.monotonic())
        # What the fallen one had started goes with it.
        _send(child, signal.SIGKILL)
        self._tell_guard("-", child)
        how = _how_it_ended(child.process.returncode)
        if len(child.falls) == FALLS_MAX and child.falls[-1] - child.falls[0] < FALLS_WITHIN_SECONDS:
            raise Fallen(f"The {child.name} {how}, {FALLS_MAX} times in a row.\n{child.last_lines()}".rstrip())
        if len(child.falls) > 1:
            time.sleep(0.5)
        self._start(child)
        self.say(f"The {child.name} {how}; started again.")

    def _start_guard(self) -> None:
        # It holds the lock of var/ too, so that the next ./run waits until the last process is gone.
        self.guard = subprocess.Popen(
            [sys.executable, "-S", "-E", guard.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=[self.lock_fd],
        )
        for child in self.children:
            self._tell_guard("+", child)

    def _tell_guard(self, sign: str, child: Child) -> None:
        if self.guard.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError):
            self.guard.stdin.write(f"{sign}{child.process.pid}\n".encode())
            self.guard.stdin.flush()

    def _log_of(self, name: str) -> Path | None:
        if self.log_dir is None:
            return None
        self.log_dir.mkdir(parents=True, exist_ok=True)
        log = self.log_dir / f"{name}.log"
        if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
            log.replace(log.with_suffix(".log.1"))
        return log


def _die_politely_with_parent() -> None:
    guard.die_with_parent(signal.SIGTERM)


def _send(child: Child, sign: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process.pid, sign)


def _how_it_ended(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"
