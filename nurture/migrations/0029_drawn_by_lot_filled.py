"""Of every enrolment there is, whether it was drawn, as far as that is known. Can be repeated where it was stopped."""

from typing import Any

from django.db import migrations, models
from django.db.models import Count, Exists, Max, Min, OuterRef, Q

from team.aside import AddConstraintAside

BATCH = 5000


def as_it_was_drawn(apps: Any, schema_editor: Any) -> None:
    """Whoever a sorting, or the look for fans, put into a track while it left somebody out. By how many of a hundred
    then is not kept: as the track says now, and where it says none, as many as there were."""
    enrolments = apps.get_model("nurture", "Enrolment").objects
    sorted_ = apps.get_model("nurture", "Sorting").objects.filter(
        recycling__lead=OuterRef("lead"), at=OuterRef("started_at"), answer__in=["taken", "held_out"]
    )
    drawn = Q(Exists(sorted_)) | Q(lead=None, track__is_fan_base=True)
    for track in apps.get_model("nurture", "Track").objects.filter(kind="track").order_by("pk"):
        mine = enrolments.filter(track=track, by=None)
        known = mine.filter(is_held_out=True).aggregate(n=Count("pk"), first=Min("started_at"), last=Max("started_at"))
        if not known["n"]:
            continue
        there = mine.filter(drawn, started_at__gte=known["first"])
        if not track.hold_out_percent:
            there = there.filter(started_at__lte=known["last"])
        percent = track.hold_out_percent or min(max(round(100 * known["n"] / max(there.count(), 1)), 1), 50)
        rest = (there | mine.filter(is_held_out=True)).filter(hold_out_percent=None).order_by("pk")
        while part := list(rest.values_list("pk", flat=True)[:BATCH]):
            enrolments.filter(pk__in=part).update(hold_out_percent=percent)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("nurture", "0028_drawn_by_lot")]

    operations = [
        migrations.RunPython(as_it_was_drawn, migrations.RunPython.noop, elidable=True),
        AddConstraintAside(
            model_name="enrolment",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_held_out", False), ("hold_out_percent__isnull", False), _connector="OR"),
                name="enrolment_held_out_by_lot",
            ),
        ),
        AddConstraintAside(
            model_name="enrolment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("hold_out_percent", None),
                    models.Q(("by", None), ("hold_out_percent__gte", 1), ("hold_out_percent__lte", 50)),
                    _connector="OR",
                ),
                name="enrolment_drawn_by_nobody",
            ),
        ),
    ]
