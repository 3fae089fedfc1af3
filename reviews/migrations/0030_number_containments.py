"""What a lead did at once gets a number of its workspace; what people were told of it names it."""

from collections import Counter as Numbers

from django.db import migrations, models
from django.db.models import Q

TOGETHER = 500
KEYED = "containment-"


def number(apps, schema_editor):
    """Number containments in the order they were made in; a quarantine has a number of its own."""
    Containment = apps.get_model("reviews", "Containment")
    Counter = apps.get_model("agents", "Counter")
    given, last = Numbers(), 0
    rows = Containment.objects.filter(quarantine=None).order_by("pk").only("workspace", "number")
    while some := list(rows.filter(pk__gt=last)[:TOGETHER]):
        last = some[-1].pk
        for row in some:
            given[row.workspace_id] += 1
            row.number = given[row.workspace_id]
        Containment.objects.bulk_update(some, ["number"])
    for workspace, number in given.items():
        Counter.objects.update_or_create(
            workspace_id=workspace, letter="C", defaults={"last": number}
        )
    for model in (apps.get_model("reviews", "Notice"), apps.get_model("reviews", "Delivery")):
        for some in _told(model):
            keys = {int(row.object.removeprefix(KEYED)) for row in some}
            found = Containment.objects.select_related("quarantine").in_bulk(keys)
            _rename(model, some, {f"{KEYED}{pk}": _name_of(row) for pk, row in found.items()})


def name_by_keys(apps, schema_editor):
    """Let what people were told name containments by their keys again."""
    Containment = apps.get_model("reviews", "Containment")
    names = {}
    for row in Containment.objects.select_related("quarantine"):
        _, name, _ = _name_of(row)
        keyed = f"{KEYED}{row.pk}"
        names[row.workspace_id, name] = (name, keyed, f"containment/{row.pk}/")
    for model, workspace in (
        (apps.get_model("reviews", "Notice"), "workspace_id"),
        (apps.get_model("reviews", "Delivery"), "webhook__workspace_id"),
    ):
        places = dict(model.objects.filter(kind="containment").values_list("pk", workspace))
        for row in model.objects.filter(pk__in=places):
            known = names.get((places[row.pk], row.object))
            if known is not None:
                _rename(model, [row], {row.object: known})


def _name_of(row):
    """Return how people were told of it, how they quote it, and its page below the workspace."""
    if row.quarantine is None:
        return f"{KEYED}{row.pk}", f"C-{row.number}", f"containment/C-{row.number}/"
    number = row.quarantine.number
    return f"{KEYED}{row.pk}", f"Q-{number}", f"quarantine/Q-{number}/"


def _told(model):
    last = 0
    rows = model.objects.filter(kind="containment", object__startswith=KEYED).order_by("pk")
    while some := list(rows.filter(pk__gt=last)[:TOGETHER]):
        last = some[-1].pk
        yield some


def _rename(model, rows, names):
    """Give the rows the new name, key and path; one whose containment is gone stays as it is."""
    known = [row for row in rows if row.object in names]
    for row in known:
        before, row.object, row.path = names[row.object]
        row.key = row.key.replace(f":{before}:", f":{row.object}:")
    model.objects.bulk_update(known, ["object", "key", "path"])


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0014_number_quarantines"),
        ("reviews", "0029_say_who_is_still_asked"),
    ]

    operations = [
        migrations.AddField(
            model_name="containment",
            name="number",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
        migrations.RunPython(number, name_by_keys),
        migrations.AddConstraint(
            model_name="containment",
            constraint=models.UniqueConstraint(
                fields=["workspace", "number"], name="one_containment_a_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="containment",
            constraint=models.CheckConstraint(
                condition=Q(quarantine=None, number__isnull=False)
                | Q(quarantine__isnull=False, number=None),
                name="a_containment_or_a_quarantine",
            ),
        ),
    ]
