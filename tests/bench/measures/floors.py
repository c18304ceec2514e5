"""The floor must itself be low, or a multiple of it says nothing."""

from tests.bench import dataset
from tests.bench.measured import measured_site
from tests.bench.report import at_most, exactly
from tests.bench.timing import in_turns


def measure_floor(plan):
    with measured_site(plan, writes=True) as site:
        rep = site.client(dataset.FULL_REP)
        versus = in_turns(
            lambda: rep.get("/bench/page/").seconds,
            lambda: rep.get("/bench/empty/").seconds,
            samples=plan.pick(40, 10),
        )
        page = rep.get("/bench/page/")
        yield at_most("floor page / empty page", versus.ratio, 3, more=_milliseconds(versus))
        yield exactly("floor page: rows", page.text.count("<li class="), 50)
        row = in_turns(
            lambda: rep.get(f"/bench/row/{dataset.FOUND.start}/").seconds,
            lambda: rep.get("/bench/empty/").seconds,
            samples=plan.pick(40, 10),
        )
        yield at_most("floor row / empty page", row.ratio, 3, more=_milliseconds(row))
        write = in_turns(
            lambda: rep.post(f"/bench/write/{dataset.FOUND.start}/").seconds,
            lambda: rep.get("/bench/empty/").seconds,
            samples=plan.pick(40, 10),
        )
        yield at_most("writing floor / empty page", write.ratio, 3, more=_milliseconds(write))


def _milliseconds(versus):
    return f"{versus.ours * 1000:.1f} ms / {versus.floor * 1000:.1f} ms"
