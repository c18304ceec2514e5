from django.apps import AppConfig
from django.core import checks

from config.checks import check_database


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        checks.register(check_database)
