"""What is quarantined gets a number of its workspace, in the order it was opened in."""

from collections import Counter as Numbers

from django.db import migrations, models
from django.db.models import Q

TOGETHER = 500


def number(apps, schema_editor):
    """Number what people quarantined; what went with it is named by its memory."""
    Quarantine = apps.get_model("agents", "Quarantine")
    Counter = apps.get_model("agents", "Counter")
    given, last = Numbers(), 0
    rows = Quarantine.objects.filter(cause=None).order_by("pk").only("workspace", "number")
    while some := list(rows.filter(pk__gt=last)[:TOGETHER]):
        last = some[-1].pk
        for row in some:
            given[row.workspace_id] += 1
            row.number = given[row.workspace_id]
        Quarantine.objects.bulk_update(some, ["number"])
    for workspace, number in given.items():
        Counter.objects.update_or_create(
            workspace_id=workspace, letter="Q", defaults={"last": number}
        )


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0013_hear_the_vendors_webhook"),
    ]

    operations = [
        migrations.AddField(
            model_name="quarantine",
            name="number",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
        migrations.RunPython(number, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="quarantine",
            constraint=models.UniqueConstraint(
                fields=["workspace", "number"], name="one_quarantine_a_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="quarantine",
            constraint=models.CheckConstraint(
                condition=Q(cause=None, number__isnull=False) | Q(cause__isnull=False, number=None),
                name="a_quarantine_or_its_part",
            ),
        ),
    ]
