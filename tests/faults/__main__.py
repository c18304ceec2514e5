"""Kill, restart and double Midfield's processes: `./run faults NAME... [--list] [--long]`. See docs/bench.md."""

import argparse
import os
import sys
from dataclasses import dataclass

from tests.bench.by_name import chosen, run
from tests.bench.environment import environment

# name: (module of this package, the numbers of the faults that it is, what it says). A module has one function of each
# name; the numbers are those of docs/bench.md.
FAULTS = {
    "import_kills": (
        "importing",
        ("F31",),
        "the worker is killed while it imports a file, on SQLite and on PostgreSQL",
    ),
    "wake_kills": ("waking", (), "the worker is killed while it wakes sleeping leads"),
    "beats": ("clocks", ("F18",), "two and five beats ring at once for leads, letters and tracks"),
    "beat_dead": ("clocks", ("F19",), "no clock rings for three hours, and for thirty"),
    "skew": ("clocks", ("F20",), "clocks of the worker and of the beat are ten minutes wrong, and leap"),
    "dst": ("clocks", ("F21",), "letters about every change of five clocks over twenty years"),
    "mail_kills": ("mailing", ("F1",), "senders are killed while they send 6,000 messages to a real mail server"),
    "mail_cut": (
        "mailing",
        ("F2",),
        "the sender is killed when the server has taken a message and it has not heard so",
    ),
    "mail_faults": ("mailing", ("F23",), "10,000 messages to a server with every fault, 5 % each"),
    "mail_stopped": ("stopping", ("F5",), "senders stand still for two leases and go on as if nothing had been"),
    "unsubscribe_race": ("mailing", ("F29",), "people say stop while what is for them is taken up"),
    "database_stops": (
        "restoring",
        ("F11",),
        "PostgreSQL is stopped at once, and started again, while everything is at work",
    ),
    "restore": ("restoring", ("F35",), "a copy made under load is started somewhere else"),
    "broker": ("waking", ("F6",), "the broker is killed and started again while leads are woken"),
}


@dataclass(frozen=True)
class Plan:
    server: str
    long: bool

    def pick(self, long, short):
        return long if self.long else short


def main():
    arguments = _arguments()
    names = chosen(listed(), arguments.names, wants_list=arguments.list)
    if isinstance(names, int):
        return names
    # 5 kills in CI; 20 everywhere else.
    with environment() as server:
        plan = Plan(server, long=arguments.long or os.environ.get("CI") != "true")
        short = sum(run(name, f"tests.faults.{FAULTS[name][0]}:inject_{name}", plan) for name in names)
    return 1 if short else 0


def listed():
    """What each is in a line, with the numbers of the faults that it covers."""
    return {
        name: (module, f"{', '.join(numbers):<4} {sentence}") for name, (module, numbers, sentence) in FAULTS.items()
    }


def _arguments():
    parser = argparse.ArgumentParser(prog="./run faults", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to inject; all of it when nothing is named")
    parser.add_argument("--list", action="store_true", help="say what can be injected")
    parser.add_argument("--long", action="store_true", help="20 trials even where CI=true says 5")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
