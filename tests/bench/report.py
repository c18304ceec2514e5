"""One line for each figure: its name, what was measured, what it must be, whether it is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    name: str
    figure: str
    bound: str
    ok: bool

    def __str__(self):
        return f"{self.name:<58} {self.figure:<26} {self.bound:<18} {'ok' if self.ok else 'short'}"


def at_most(name, figure, bound, *, unit="", more=""):
    text = f"{figure:.2f}{unit}{f' ({more})' if more else ''}"
    return Line(name, text, f"at most {bound:g}{unit}", figure <= bound)


def at_least(name, figure, bound, *, unit="", more=""):
    text = f"{figure:,.2f}{unit}{f' ({more})' if more else ''}"
    return Line(name, text, f"at least {bound:g}{unit}", figure >= bound)


def exactly(name, figure, bound, *, more=""):
    return Line(name, f"{figure}{f' ({more})' if more else ''}", f"exactly {bound}", figure == bound)
