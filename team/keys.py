"""Every key of Midfield, once: the `?` dialog is drawn from this table.

A key presses a visible element marked `data-key`; only the keys of the last
group are done by static/js/keys.js itself, because no single element owns them.
"""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Key(NamedTuple):
    label: str | Promise
    presses: tuple[str, ...]


KEYS: tuple[tuple[str | Promise, tuple[Key, ...]], ...] = (
    (
        _("This lead"),
        (
            Key(_("Log call; dials too, if Your settings say so"), ("c",)),
            Key(_("Disposition, in the order shown"), ("1", "9")),
            Key(_("E-mail"), ("e",)),
            Key(_("Note"), ("t",)),
            Key(_("Set next step or snooze"), ("s",)),
            Key(_("Qualification"), ("b",)),
            Key(_("Hand off, book meeting"), ("h",)),
            Key(_("Recycle lead"), ("r",)),
            Key(_("Disqualify"), ("D",)),
            Key(_("Previous, next lead"), ("[", "]")),
        ),
    ),
    (
        # While the focus is in it no other key presses.
        _("In the form of qualification"),
        (Key(_("Answer yes, no, unknown"), ("y", "n", "?")),),
    ),
    (
        _("This hand-off"),
        (
            Key(_("Accept hand-off"), ("a",)),
            Key(_("Reject"), ("R",)),
            Key(_("Say how it went"), ("o",)),
            Key(_("Move meeting"), ("m",)),
            Key(_("Withdraw"), ("w",)),
            Key(_("Win deal"), ("W",)),
        ),
    ),
    (
        _("Go to"),
        (
            Key(_("My queue"), ("g q",)),
            Key(_("Pool"), ("g p",)),
            Key(_("Leads"), ("g l",)),
            Key(_("Accounts"), ("g a",)),
            Key(_("Library"), ("g c",)),
            Key(_("Hand-offs"), ("g h",)),
            Key(_("Team queues"), ("g t",)),
            Key(_("Imports"), ("g i",)),
            Key(_("Coming back"), ("g b",)),
            Key(_("Take next"), ("n",)),
        ),
    ),
    (
        _("Everywhere"),
        (
            Key(_("Next, previous row"), ("j", "k")),
            Key(_("Open"), ("Enter",)),
            Key(_("Select, select up to here"), ("x", "Shift x")),
            Key(_("Undo"), ("u",)),
            Key(_("Save"), ("Ctrl Enter",)),
            Key(_("Fold a form, close a dialog"), ("Esc",)),
            Key(_("Search"), ("/",)),
            Key(_("Commands"), ("Ctrl K",)),
            Key(_("These keys"), ("?",)),
        ),
    ),
)
