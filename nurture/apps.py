from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class NurtureConfig(AppConfig):
    name = "nurture"
    verbose_name = _("nurture")

    def ready(self) -> None:
        if "anymail" in settings.INSTALLED_APPS:
            # An optional extra: it tells by signals, and only where it is asked for.
            import_module("nurture.providers")
