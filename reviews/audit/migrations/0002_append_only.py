"""The tables of the log refuse updates and deletes from here on."""

from django.db import migrations

from reviews.audit import triggers


def install(apps, schema_editor):
    triggers.install(triggers.AUDIT_TABLES, schema_editor.connection)


def drop(apps, schema_editor):
    triggers.drop(triggers.AUDIT_TABLES, schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(install, drop)]
