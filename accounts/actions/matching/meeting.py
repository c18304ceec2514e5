"""One set of rows and everything they may meet: load, apply each row in order, then write or forget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from accounts.actions.matching.checking import is_as_read
from accounts.actions.matching.circle import (
    ERASURE,
    IMPORT,
    AccountNames,
    Circle,
    KnownAccount,
    KnownPerson,
    columns_of,
)
from accounts.actions.matching.companies import (
    account_of,
    customer_named_by,
    fill_account,
    find_account,
    new_account,
    seat_of,
)
from accounts.actions.matching.loading import load_accounts, load_people
from accounts.actions.matching.people import add_to_person, find_person
from accounts.actions.matching.rows import AccountRow, PersonRow
from accounts.actions.matching.writing import write_accounts, write_people
from accounts.actions.people import TAKEN_OVER
from accounts.models import Account, Person, Standing


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


@dataclass(slots=True)
class Met:
    """What a row came to. `person` is empty where it was refused."""

    outcome: Outcome
    person: KnownPerson | None = None
    reason: str = ""
    notes: list[str] = field(default_factory=list)


class Meeting:
    """The rows of one set, the people and accounts they meet, and what that comes to."""

    def __init__(self, *, source: str, at: datetime, names: AccountNames | None = None) -> None:
        self.circle = Circle(source=source, at=at, names=names)

    @property
    def people(self) -> dict[int, KnownPerson]:
        return self.circle.people

    @property
    def silenced(self) -> list[int]:
        """Whom the rows ask to leave alone, of those we knew before; what a rep had said may have been taken back."""
        people = self.circle.changed_people
        return [known.row.pk for known in people if known.new_suppressions or known.confirmed_suppressions]

    @property
    def lost_accounts(self) -> list[int]:
        """Companies that the rows make prospects no more."""
        standing = columns_of(Account).index("standing")
        return [
            known.row.pk
            for known in self.circle.changed_accounts
            if known.row.standing != Standing.PROSPECT and known.as_read[standing] != known.row.standing
        ]

    @property
    def lost_people(self) -> list[int]:
        """Of those we knew before and of whom the rows tell something new: who is no prospect."""
        changed = (known for known in self.circle.changed_people if known.is_changed or known.job_is_changed)
        return [known.row.pk for known in changed if known.standing != Standing.PROSPECT]

    @property
    def new_accounts(self) -> int:
        return len(self.circle.new_accounts)

    def load(self, rows: Sequence[PersonRow], *, lock: bool = False) -> None:
        load_people(self.circle, rows, lock=lock)

    def load_accounts(self, rows: Sequence[AccountRow], *, lock: bool = False) -> None:
        load_accounts(self.circle, rows, lock=lock)

    def meet(self, row: PersonRow) -> Met:
        """Whom this row is about, and what it adds to her."""
        circle = self.circle
        notes: list[str] = []
        suppress = dict.fromkeys(row.suppress, IMPORT)
        if circle.refused_keys:
            refused = [one for key in row.keys for one in circle.refused_keys.get(key, {}).items()]
            if any(source == ERASURE for _channel, source in refused):
                return Met(Outcome.REFUSED, reason="erased")
            for channel, source in refused:
                if suppress.get(channel) in (None, *TAKEN_OVER):
                    suppress[channel] = source
        is_elsewhere = self._is_elsewhere(row)
        account, names_account = (customer_named_by(circle, row), False) if is_elsewhere else account_of(circle, row)
        known = find_person(circle, row, account)
        if known is not None and known.row.merged_into_id:
            known = circle.people[known.row.merged_into_id]
        if known is not None and known.row.erased_at is not None:
            return Met(Outcome.REFUSED, reason="erased")

        is_first = known is None
        if known is None:
            known = KnownPerson(Person(source=circle.source, created_at=circle.at), is_new=True)
            circle.new_people.append(known)
        changed = add_to_person(
            circle,
            known,
            row,
            account,
            suppress=suppress,
            notes=notes,
            names_account=names_account,
            is_elsewhere=is_elsewhere,
        )
        if is_first:
            return Met(Outcome.CREATED, known, notes=notes)
        known.is_refound |= changed
        return Met(Outcome.UPDATED if changed else Outcome.DUPLICATE, known, notes=notes)

    def _is_elsewhere(self, row: PersonRow) -> bool:
        """Whether the row is of somebody who is worked at another company than the one it names."""
        if row.account is None:
            return False
        known = find_person(self.circle, row, None)
        if known is None or not known.is_worked or known.account is None:
            return False
        return seat_of(self.circle, row) is not known.account

    def meet_account(self, row: AccountRow) -> tuple[Outcome, KnownAccount]:
        """Which account a row of companies is about, and what it adds to it."""
        known = find_account(self.circle, row)
        if known is None:
            return Outcome.CREATED, new_account(self.circle, row)
        changed = fill_account(self.circle, known, row)
        return (Outcome.UPDATED if changed else Outcome.DUPLICATE), known

    def is_as_read(self) -> bool:
        """In the transaction that writes: whether what the rows change is still as it was when they met it."""
        return is_as_read(self.circle)

    def settle(self) -> None:
        """The transaction is committed: further rows may meet whom these rows left behind."""
        self.circle.settle()

    def write(self) -> None:
        write_accounts(self.circle)
        write_people(self.circle)
