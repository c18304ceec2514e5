"""Figures asked for by name on the command line: what there is, which were named, how many fell short."""

import importlib
import shutil
import sys
import tempfile
import time

from tests.bench.site import output_folder


def chosen(things, names, *, wants_list):
    """The names to run; an exit status instead when there is nothing to run."""
    if wants_list:
        for name, (_module, sentence) in things.items():
            print(f"{name:<16} {sentence}")
        return 0
    if unknown := sorted(set(names) - set(things)):
        print(f"There is no {', '.join(unknown)}. These are there: {', '.join(things)}", file=sys.stderr)
        return 2
    return list(names or things)


def run(name, function, plan):
    """Print the lines of one; how many fall short. One that breaks falls short, and the next goes on.

    `function` is "module:function"; it takes the plan and gives lines (tests.bench.report).
    """
    begun = time.monotonic()
    short = 0
    try:
        module, _, called = function.partition(":")
        for line in getattr(importlib.import_module(module), called)(plan):
            print(line, flush=True)
            short += not line.ok
    except Exception as failure:
        print(f"{name:<58} {type(failure).__name__}: {failure}  short", flush=True)
        short += 1
    print(f"# {name}: {time.monotonic() - begun:.0f} s", file=sys.stderr)
    _keep_output(name, wanted=short > 0)
    return short


def _keep_output(name, *, wanted):
    """What the processes of a run have said is kept when it falls short, and only then."""
    if not output_folder().exists():
        return
    if wanted:
        kept = shutil.move(output_folder(), tempfile.mkdtemp(prefix=f"midfield-{name}-"))
        print(f"# {name}: what its processes said is in {kept}", file=sys.stderr)
    else:
        shutil.rmtree(output_folder())
