"""Why somebody passed a step over, in words."""

from django.utils.translation import gettext_lazy

BECAUSE = {
    "unreachable": gettext_lazy("cannot be reached by e-mail"),
    "nothing_fits": gettext_lazy("nothing on their topics that they have not had"),
    "refused": gettext_lazy("their mail server refused it"),
    "had_it": gettext_lazy("they have had it"),
    "expired": gettext_lazy("what it brings cannot be sent now"),
    "preference": gettext_lazy("they want to hear nothing of this topic"),
    "consent": gettext_lazy("they have not agreed to get it"),
    "nobody": gettext_lazy("nobody answers for this lead"),
    "asked_not": gettext_lazy("they asked not to be called"),
    "not_contacted": gettext_lazy("they asked not to be contacted"),
    "by_hand": gettext_lazy("by hand"),
    "own_step": gettext_lazy("somebody set the next step by hand"),
    "version": gettext_lazy("moved to the newest version"),
}
