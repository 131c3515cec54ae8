"""Finds the events that were given up among all those of a week."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="outboxevent",
            index=models.Index(
                fields=["dead_at"], name="outbox_dead", condition=models.Q(("dead_at__isnull", False))
            ),
        ),
    ]
