"""A browser test commits what it does, and the database is emptied after it: each one begins with an installation."""

import pytest
from django.apps import apps
from django.utils import timezone

from agreement.installation import publish_version_1


@pytest.fixture(autouse=True)
def installed(transactional_db):
    publish_version_1(apps, at=timezone.now())
