"""Webhooks, absences and notices of an older installation get an id of their own, kept for good."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from agents import clock
from reviews.models import Absence, Notice, Webhook
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [("reviews", "0031_decisions_of_a_person")]
AFTER = [("reviews", "0032_name_what_had_only_a_key")]


@pytest.fixture(autouse=True)
def _leave_the_newest(migrated: None) -> Iterator[None]:
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_each_older_row_gets_an_id_nobody_else_has(cast: Cast) -> None:
    MigrationExecutor(connection).migrate(BEFORE)
    models = MigrationExecutor(connection).loader.project_state(BEFORE).apps
    here, who = {"workspace_id": cast.workspace.pk}, cast.lead.pk
    told = [
        models.get_model("reviews", "Notice")(
            **here, person_id=who, kind="turn", key=f"{n}", object="P-1", path="/", how="off"
        )
        for n in range(3)
    ]
    models.get_model("reviews", "Notice").objects.bulk_create(told)
    now = clock.now()
    days = {"starts_at": now, "ends_at": now + timedelta(days=1)}
    for _ in range(2):
        models.get_model("reviews", "Webhook").objects.create(**here, created_by_id=who)
        models.get_model("reviews", "Absence").objects.create(
            **here, **days, person_id=who, set_by_id=who
        )

    MigrationExecutor(connection).migrate(AFTER)

    for model, count in ((Notice, 3), (Webhook, 2), (Absence, 2)):
        ids = set(model.objects.values_list("public_id", flat=True))
        assert len(ids) == count
        assert all(len(one) == 32 for one in ids)
