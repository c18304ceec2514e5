"""`./run manage erase_person ADDRESS`: forget somebody who asked for it, everywhere."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.actions.people import person_at
from accounts.models import Person
from accounts.normalise import BadValue, email
from nurture.actions.erasing import forget_person


class Command(BaseCommand):
    help = "Forget a person: names, addresses and words are blanked for good; hashed keys keep them from coming back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("who", help="an e-mail address of theirs, or the public id")
        parser.add_argument("--yes", action="store_true", help="do it; without, say only who it is")

    def handle(self, *args: Any, who: str, yes: bool, **options: Any) -> None:
        person = _found(who)
        if person is None or person.erased_at or person.merged_into_id:
            raise CommandError(f"Nobody is known as {who}.")
        if not yes:
            self.stdout.write(
                f"{person}, {person.public_id}: with --yes they are forgotten, and nothing takes it back."
            )
            return
        public_id = person.public_id
        forget_person(person, by=None, at=timezone.now())
        self.stdout.write(f"{public_id} is forgotten.")


def _found(who: str) -> Person | None:
    try:
        return person_at(email(who).normalised)
    except BadValue:
        pass
    try:
        return Person.objects.filter(public_id=who).first()
    except (ValueError, ValidationError):
        return None
