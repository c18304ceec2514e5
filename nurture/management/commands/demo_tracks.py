"""`./run manage demo_tracks`: tracks and plays for the demo company, and the year they have behind them."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from leads.demo.cast import find_cast
from leads.demo.year.progress import say_of_tracks
from nurture.demo import make_tracks
from nurture.demo_consents import make_consents
from nurture.demo_letters import make_letters
from team.models import Role, User


class Command(BaseCommand):
    help = (
        "Publish the shipped tracks in the demo company, and tell what they did of who slept and was not told of yet."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--year", action="store_true", help="the year behind today's scene first")

    def handle(self, *args: Any, **options: Any) -> None:
        if find_cast() is None:
            raise CommandError("This is not the demo company, so no tracks are made for it.")
        if options["year"]:
            call_command("demo", year=True, stdout=self.stdout)
        say_of_tracks(is_done=False)
        try:
            by = User.objects.filter(memberships__role=Role.MARKETER).order_by("pk").first()
            told = make_tracks(by=by, at=timezone.now()) if by else 0
            make_letters(at=timezone.now())
            make_consents(at=timezone.now())
        finally:
            say_of_tracks(is_done=True)
        self.stdout.write(f"Tracks: {told} more people went through one.")
        if options["year"]:
            self.stdout.write("The demo's year is complete.")
