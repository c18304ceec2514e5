import pytest
from django.urls import reverse
from django.utils import timezone

from leads.settings.changing import revert_change
from leads.settings.registry import BY_SLUG
from team.models import Role, SettingChange
from tests.make import make_user


@pytest.fixture
def dora(db):
    """The admin."""
    return make_user("dora", Role.ADMIN)


@pytest.fixture
def save(client, dora):
    """Send a page of settings as its form does, from the preview on; gives the answer."""
    client.force_login(dora)

    def send(slug, pk=None, *, page="", **fields):
        name = f"leads:setting{page or ('' if pk else '_new')}"
        url = reverse(name, args=[slug, pk] if pk else [slug])
        form = client.get(url).context["form"]
        sent = {field.html_name: field.value() for field in form if field.value() is not None}
        return client.post(url, {**sent, **fields, "save": "1"})

    return send


@pytest.fixture
def revert_last(dora):
    """Revert the latest change of this kind."""

    def revert(slug, by=None):
        kind = BY_SLUG[slug]
        change = SettingChange.objects.filter(model=kind.model._meta.label).latest("id")
        return revert_change(kind, change, by=by or dora, at=timezone.now())

    return revert
