"""`./run manage check_nurture`: what `check_leads` asks, and of tracks that nobody stands idle in one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from leads.checking import check_all
from nurture.checking import check_tracks


class Command(BaseCommand):
    help = "check_leads, and the promises of tracks; prints counts and exits 1 if any is not 0."

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        found = check_all(at=at) | check_tracks(at=at)
        width = max(len(name) for name in found)
        for name, ids in sorted(found.items()):
            shown = f"  ids {', '.join(map(str, ids[:10]))}" if ids else ""
            self.stdout.write(f"{name:<{width}} {len(ids):>6}{shown}")
        broken = sum(map(len, found.values()))
        if broken:
            raise CommandError(f"{broken} rows break a promise.", returncode=1)
        self.stdout.write("Nobody is left behind, and nobody idle.")
