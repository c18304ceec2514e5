from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NurtureConfig(AppConfig):
    name = "nurture"
    verbose_name = _("nurture")

    def ready(self) -> None:
        # The history of a lead, and the answer to a call, belong to a room below, which asks nobody above by name.
        above = import_module("leads.timeline").ABOVE
        history = import_module("nurture.history")
        above.extend(lines for lines in (history.TrackLines, history.LetterLines) if lines not in above)
        asked_next, following = import_module("leads.after_call").ASKED_NEXT, import_module("nurture.following")
        asked_next.extend(asks for asks in (following.asked_next,) if asks not in asked_next)
