"""Kill, restart and double Midfield's processes: `./run faults NAME... [--list] [--long]`. See docs/bench.md."""

import argparse
import importlib
import os
import sys
import time
from dataclasses import dataclass

from tests.bench.environment import environment

# name: (module of this package, what it says). A module has one function of each name.
FAULTS = {
    "import_kills": ("importing", "the worker is killed while it imports a file, on SQLite and on PostgreSQL"),
    "wake_kills": ("waking", "the worker is killed while it wakes sleeping leads"),
    "beats": ("waking", "two and five beats ring at once"),
    "broker": ("waking", "the broker is killed and started again while leads are woken"),
}


@dataclass(frozen=True)
class Plan:
    server: str
    long: bool

    def pick(self, long, short):
        return long if self.long else short


def main():
    arguments = _arguments()
    if arguments.list:
        for name, (_module, sentence) in FAULTS.items():
            print(f"{name:<14} {sentence}")
        return 0
    unknown = set(arguments.names) - set(FAULTS)
    if unknown:
        print(f"There is no {', '.join(sorted(unknown))}. These are there: {', '.join(FAULTS)}", file=sys.stderr)
        return 2
    # 5 kills in CI; 20 everywhere else.
    long = arguments.long or os.environ.get("CI") != "true"
    with environment() as server:
        short = sum(_inject(name, Plan(server, long)) for name in arguments.names or FAULTS)
    return 1 if short else 0


def _inject(name, plan):
    """Print the lines of one fault; how many fall short. One that breaks falls short, and the next goes on."""
    module = importlib.import_module(f"tests.faults.{FAULTS[name][0]}")
    begun = time.monotonic()
    short = 0
    try:
        for line in getattr(module, f"inject_{name}")(plan):
            print(line, flush=True)
            short += not line.ok
    except Exception as failure:
        print(f"{name:<58} {type(failure).__name__}: {failure}  short", flush=True)
        short += 1
    print(f"# {name}: {time.monotonic() - begun:.0f} s", file=sys.stderr)
    return short


def _arguments():
    parser = argparse.ArgumentParser(prog="./run faults", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to inject; all of it when nothing is named")
    parser.add_argument("--list", action="store_true", help="say what can be injected")
    parser.add_argument("--long", action="store_true", help="20 trials even where CI=true says 5")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
