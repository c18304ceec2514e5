"""What came back for our sake says nothing of an address; 0046 looks at the old rows."""

from django.db import migrations, models
from django.db.models import Q

from team.aside import AddConstraintAside


class Migration(migrations.Migration):
    dependencies = [("nurture", "0044_refused_in_words")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="is_block_bounce",
            field=models.BooleanField(db_default=False, default=False),
        ),
        AddConstraintAside(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=Q(is_block_bounce=False) | Q(bounced_at__isnull=False), name="message_block_came_back"
            ),
        ),
    ]
