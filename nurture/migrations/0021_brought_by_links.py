"""What letters that left linked to in their words was given to their people: nobody is given it again."""

import re
from typing import Any
from uuid import UUID

from django.db import migrations

ADDRESS = re.compile(r"/c/([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})/")
LEFT = ("sending", "sent", "unknown")
AT_ONCE = 1000


def note_links(apps: Any, schema_editor: Any) -> None:
    link, asset, brought = (apps.get_model(*name) for name in NAMES)
    linked = link.objects.filter(url__contains="/c/", message__state__in=LEFT).order_by("pk")
    last = 0
    while rows := list(linked.filter(pk__gt=last).values_list("pk", "url", "message", "message__person")[:AT_ONCE]):
        last = rows[-1][0]
        named = [
            (UUID(found[1]), message, person) for _pk, url, message, person in rows if (found := ADDRESS.search(url))
        ]
        known = dict(asset.objects.filter(public_id__in={one for one, *_whose in named}).values_list("public_id", "pk"))
        brought.objects.bulk_create(
            [
                brought(message_id=message, person_id=person, asset_id=known[one])
                for one, message, person in named
                if one in known
            ],
            ignore_conflicts=True,
        )


NAMES = (("nurture", "MessageLink"), ("content", "Asset"), ("nurture", "Brought"))


class Migration(migrations.Migration):
    # Batch by batch, and again from the start where it was stopped.
    atomic = False
    dependencies = [("nurture", "0020_brought")]

    operations = [migrations.RunPython(note_links, migrations.RunPython.noop)]
