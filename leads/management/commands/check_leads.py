"""`./run manage check_leads`: is every lead what its history says, and is nobody left behind?"""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from leads.checking import check_all


class Command(BaseCommand):
    help = "Folds histories, checks invariants and looks for leaks; prints counts and exits 1 if any is not 0."
    all_well = "Nobody is left behind."

    def found(self, at: datetime) -> dict[str, list[int]]:
        """What breaks each promise, under the promise's name."""
        return check_all(at=at)

    def handle(self, *args: Any, **options: Any) -> None:
        found = self.found(timezone.now())
        width = max(len(name) for name in found)
        for name, ids in sorted(found.items()):
            shown = f"  ids {', '.join(map(str, ids[:10]))}" if ids else ""
            self.stdout.write(f"{name:<{width}} {len(ids):>6}{shown}")
        broken = sum(map(len, found.values()))
        if broken:
            raise CommandError(f"{broken} rows break a promise.", returncode=1)
        self.stdout.write(self.all_well)
