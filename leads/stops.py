"""How a stop of all mail is told, and its end: by whoever said it, and by which hand it came to be known."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

STOPS: dict[str, str | Promise] = {
    "bounce_hard": gettext_lazy("Their e-mail address takes no mail: nothing is sent there any more"),
    "complaint": gettext_lazy("Complained about our e-mail: they get no more of it"),
    "unsubscribe": gettext_lazy("Asked by e-mail for no more of it"),
    "one_click": gettext_lazy("Stopped all our e-mail by one click in their mail program"),
    "stopped": gettext_lazy("Stopped all our e-mail on their own page"),
    "withdrawn": gettext_lazy("Took back on their own page what they had agreed to"),
    "heard_no": gettext_lazy("%(who)s noted that they do not agree to get our e-mail"),
}
AGAIN: dict[str, str | Promise] = {
    "again": gettext_lazy("Asked on their own page to get our e-mail again"),
    "heard_again": gettext_lazy("%(who)s noted that they asked to get our e-mail again"),
}
