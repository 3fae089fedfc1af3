from django.db import migrations
from django.utils import timezone

TOGETHER = 2_000
WAITING = ("pending", "awaiting_second", "scheduled", "conflicted")


def begin(apps, schema_editor):
    """What waits already gets its deadline; the worker settles when each is due."""
    Deadline = apps.get_model("reviews", "Deadline")
    Proposal = apps.get_model("reviews", "Proposal")
    now = timezone.now()
    waiting = Proposal.objects.filter(state__in=WAITING).values_list("pk", flat=True)
    made = []
    for pk in waiting.iterator(chunk_size=TOGETHER):
        made.append(Deadline(proposal_id=pk, look_at=now))
        if len(made) == TOGETHER:
            Deadline.objects.bulk_create(made, ignore_conflicts=True)
            made.clear()
    Deadline.objects.bulk_create(made, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("reviews", "0011_say_whose_turn_it_is")]
    operations = [migrations.RunPython(begin, migrations.RunPython.noop, elidable=True)]
