"""`./run demo`: make the demo company in an empty installation, and print its logins."""

import os
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from leads.demo.cast import COMPANY, find_cast
from leads.demo.making import NoDemo, catch_up, known_logins, make_demo
from leads.demo.year.making import make_year
from leads.demo.year.progress import say_on_pages
from team.models import User

# Between two chunks of the year whoever waits to write gets her turn.
PAUSE_SECONDS = 0.05
NICE = 5


class Command(BaseCommand):
    help = "Make the demo company where there is no user yet, and print the demo logins."

    def add_arguments(self, parser: CommandParser) -> None:
        only = parser.add_mutually_exclusive_group()
        only.add_argument("--today", action="store_true", help="today's scene, without the year behind it")
        only.add_argument("--year", action="store_true", help="the year behind today's scene, as far as it is missing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["year"]:
            self._make_year(nice=NICE)
            return
        logins_file = settings.VAR_DIR / "demo-logins.json"
        if User.objects.exists():
            try:
                logins = known_logins(logins_file)
            except NoDemo as reason:
                raise CommandError(str(reason)) from None
        else:
            logins = make_demo(logins_file, at=timezone.now(), tell=self._telling("Making today"))
            self._clear()
            if not options["today"]:
                self._make_year()
                catch_up(at=timezone.now())
        self.stdout.write(f"The demo company {COMPANY}: everything in it is invented. Passwords of this installation:")
        columns = [("Role", "Name", "E-mail", "Password")]
        columns += [(login.role, login.name, login.email, login.password) for login in logins]
        widths = [max(len(row[column]) for row in columns) for column in range(4)]
        for row in columns:
            line = "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
            self.stdout.write(f"  {line.rstrip()}")

    def _make_year(self, *, nice: int = 0) -> None:
        found = find_cast()
        if found is None:
            raise CommandError("This is not the demo company, so no year is made behind it.")
        cast, at = found
        # Whoever opens a page meanwhile goes first.
        os.nice(nice)
        began, show = time.monotonic(), self._telling("Making the year behind it")

        def tell(part: float) -> None:
            show(part)
            say_on_pages(part)
            time.sleep(PAUSE_SECONDS)

        make_year(cast, at=at, tell=tell)
        self._clear()
        self.stdout.write(f"The demo's year is written ({time.monotonic() - began:.0f} seconds).")

    def _telling(self, what: str) -> Callable[[float], None]:
        """One line that fills, on a terminal only."""
        told = -1

        def tell(part: float) -> None:
            nonlocal told
            percent = round(part * 100)
            if self.stdout.isatty() and percent != told:
                told = percent
                self.stdout.write(f"\r{what}: {percent:>3} %", ending="")
                self.stdout.flush()

        return tell

    def _clear(self) -> None:
        if self.stdout.isatty():
            self.stdout.write("\r" + " " * 50 + "\r", ending="")
