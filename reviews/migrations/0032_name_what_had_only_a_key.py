"""Webhooks, absences and notices get an id for addresses: primary keys say how much there is."""

import agents.models.people
from django.db import migrations, models

TOGETHER = 2_000
NAMED = ("Webhook", "Absence", "Notice")


def name(apps, schema_editor):
    """Give every row an id of its own."""
    for model in (apps.get_model("reviews", one) for one in NAMED):
        last, rows = 0, model.objects.order_by("pk").only("pk")
        while some := list(rows.filter(pk__gt=last)[:TOGETHER]):
            last = some[-1].pk
            for row in some:
                row.public_id = agents.models.people.new_public_id()
            model.objects.bulk_update(some, ["public_id"])


def blank():
    return models.CharField(default="", editable=False, max_length=32)


def unique():
    return models.CharField(
        default=agents.models.people.new_public_id, editable=False, max_length=32, unique=True
    )


class Migration(migrations.Migration):
    dependencies = [
        ("reviews", "0031_decisions_of_a_person"),
    ]

    operations = [
        *(migrations.AddField(one.lower(), "public_id", blank()) for one in NAMED),
        migrations.RunPython(name, migrations.RunPython.noop),
        *(migrations.AlterField(one.lower(), "public_id", unique()) for one in NAMED),
    ]
