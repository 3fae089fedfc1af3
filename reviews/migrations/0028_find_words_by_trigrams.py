import logging

from django.db import Error, migrations, transaction

logger = logging.getLogger("reviews")

# The case of letters does not matter in a search, and this is how it is asked without: the
# expressions of an index have to read as those of the query.
CREATE = """
CREATE INDEX IF NOT EXISTS proposals_words ON reviews_proposal
USING gin (UPPER(title::text) gin_trgm_ops, UPPER(path::text) gin_trgm_ops)
"""


def create(apps, schema_editor):
    """Index the words of proposals on PostgreSQL, where its server lets this account do so."""
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            cursor.execute(CREATE)
    except Error as error:
        # Words are found all the same, by reading every row of the list; doctor says so.
        logger.warning("words_not_indexed cause=%s", error)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS proposals_words")


class Migration(migrations.Migration):

    dependencies = [
        ('reviews', '0027_keep_words_too'),
    ]

    operations = [migrations.RunPython(create, drop)]
