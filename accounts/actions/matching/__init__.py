"""People and companies of a file meet those we know: a set is loaded, each row applied in memory, the set written.

A row is applied the same way whether the person it meets was read from the database or came two rows earlier, so
what a file leaves behind does not depend on where it was cut into sets. Without `write` nothing is changed: that is
the preview.

A file fills what is empty, and overwrites only people and accounts of version 1, whom no human has corrected since.
Custom fields are the file's: they are overwritten. Nothing is ever emptied, and a suppression is never taken back.
Whom somebody works keeps her name and her company whatever a file says; a row that calls her otherwise, or puts her
elsewhere, is noted and only fills what is empty.
"""

from accounts.actions.matching.circle import AccountNames, KnownAccount, KnownPerson, company_key
from accounts.actions.matching.meeting import Meeting, Met, Outcome
from accounts.actions.matching.rows import AccountRow, PersonRow, Point

__all__ = [
    "AccountNames",
    "AccountRow",
    "KnownAccount",
    "KnownPerson",
    "Meeting",
    "Met",
    "Outcome",
    "PersonRow",
    "Point",
    "company_key",
]
