"""An hour of the day in UTC becomes a cron line; slots are spelled to the minute."""

from django.db import migrations, models
from django.db.models import Value
from django.db.models.functions import Concat, Substr

MINUTE = ":00Z"


def say_hours_as_cron(apps, schema_editor):
    Schedule = apps.get_model("dreaming", "Schedule")
    for schedule in Schedule.objects.all():
        schedule.cron, schedule.zone = f"0 {schedule.hour} * * *", "UTC"
        schedule.save(update_fields=["cron", "zone"])
    dreams = apps.get_model("dreaming", "Dream").objects.exclude(due_slot="")
    dreams.update(due_slot=Concat("due_slot", Value(MINUTE)))


def say_cron_as_hours(apps, schema_editor):
    """A line that names no single hour goes back to what a new one was: two in the morning."""
    Schedule = apps.get_model("dreaming", "Schedule")
    for schedule in Schedule.objects.all():
        hour = schedule.cron.split(" ")[1]
        schedule.hour = int(hour) if hour.isdigit() else 2
        schedule.save(update_fields=["hour"])
    dreams = apps.get_model("dreaming", "Dream").objects.filter(due_slot__endswith=MINUTE)
    dreams.update(due_slot=Substr("due_slot", 1, len("2026-11-21T02")))


class Migration(migrations.Migration):
    dependencies = [
        ("dreaming", "0002_say_when_and_what_was_asked"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="schedule", name="schedule_hour_is_of_a_day"),
        migrations.AlterField(
            model_name="schedule",
            name="hour",
            field=models.PositiveSmallIntegerField(default=2),
        ),
        migrations.RunPython(say_hours_as_cron, say_cron_as_hours),
        migrations.RemoveField(model_name="schedule", name="hour"),
        migrations.RenameField(
            model_name="schedule", old_name="created_at", new_name="set_at"
        ),
        migrations.AddField(
            model_name="dream", name="passed_over", field=models.JSONField(default=dict)
        ),
    ]
