"""`./run demo`: make the demo company in an empty installation, and print its logins."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from leads.demo.cast import COMPANY
from leads.demo.making import NoDemo, known_logins, make_demo
from team.models import User


class Command(BaseCommand):
    help = "Make the demo company where there is no user yet, and print the demo logins."

    def handle(self, *args: Any, **options: Any) -> None:
        logins_file = settings.VAR_DIR / "demo-logins.json"
        if User.objects.exists():
            try:
                logins = known_logins(logins_file)
            except NoDemo as reason:
                raise CommandError(str(reason)) from None
        else:
            logins = make_demo(logins_file, at=timezone.now(), tell=self._tell)
            self._clear()
        self.stdout.write(f"The demo company {COMPANY}: everything in it is invented. Passwords of this installation:")
        columns = [("Role", "Name", "E-mail", "Password")]
        columns += [(login.role, login.name, login.email, login.password) for login in logins]
        widths = [max(len(row[column]) for row in columns) for column in range(4)]
        for row in columns:
            line = "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
            self.stdout.write(f"  {line.rstrip()}")

    def _tell(self, part: float) -> None:
        """One line that fills, on a terminal only."""
        percent = round(part * 100)
        if self.stdout.isatty() and percent != getattr(self, "_told", -1):
            self._told = percent
            self.stdout.write(f"\rTelling half a year of work: {percent:>3} %", ending="")
            self.stdout.flush()

    def _clear(self) -> None:
        if self.stdout.isatty():
            self.stdout.write("\r" + " " * 50 + "\r", ending="")
