"""A store has one dream at most that waits or runs; what waited beside it is cancelled."""

from django.db import migrations, models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

UNFINISHED = ["queued", "running"]


def cancel_what_waits_beside(apps, schema_editor):
    Dream = apps.get_model("dreaming", "Dream")
    earlier = Dream.objects.filter(
        store=OuterRef("store"), state__in=UNFINISHED, pk__lt=OuterRef("pk")
    )
    beside = Dream.objects.filter(Exists(earlier), state__in=UNFINISHED)
    found = list(beside.values_list("pk", flat=True))
    Dream.objects.filter(pk__in=found).update(
        state="cancelled",
        failure="Another dream over this memory was waiting or running.",
        lease_token="",
        finished_at=timezone.now(),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("dreaming", "0003_set_dreams_by_cron_line"),
    ]

    operations = [
        migrations.RunPython(cancel_what_waits_beside, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="dream",
            constraint=models.UniqueConstraint(
                fields=["store"],
                condition=Q(state__in=UNFINISHED),
                name="one_unfinished_dream_a_store",
            ),
        ),
    ]
