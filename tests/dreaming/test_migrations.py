"""What an older installation's rows become."""

from collections.abc import Iterator

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests import build

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [("dreaming", "0002_say_when_and_what_was_asked")]
AFTER = [("dreaming", "0003_set_dreams_by_cron_line")]


def migrate(to: list[tuple[str, str]]) -> Apps:
    """The models as they are after migrating to `to`."""
    executor = MigrationExecutor(connection)
    executor.migrate(to)
    return MigrationExecutor(connection).loader.project_state(to).apps


@pytest.fixture(autouse=True)
def _leave_the_newest(migrated: None) -> Iterator[None]:
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_an_hour_becomes_a_cron_line_and_back_and_slots_keep_their_moment() -> None:
    workspace = build.workspace()
    store = build.shared_store(workspace)
    old = migrate(BEFORE)
    schedule = old.get_model("dreaming", "Schedule").objects.create(
        workspace_id=workspace.pk, store_id=store.pk, hour=4
    )
    old.get_model("dreaming", "Dream").objects.create(
        workspace_id=workspace.pk,
        store_id=store.pk,
        number=1,
        engine="local",
        schedule_id=schedule.pk,
        due_slot="2026-11-21T04",
    )
    set_at = schedule.created_at

    new = migrate(AFTER)
    row = new.get_model("dreaming", "Schedule").objects.get()
    dream = new.get_model("dreaming", "Dream").objects.get()
    assert (row.cron, row.zone, row.set_at) == ("0 4 * * *", "UTC", set_at)
    assert (dream.due_slot, dream.passed_over) == ("2026-11-21T04:00Z", {})

    back = migrate(BEFORE)
    assert back.get_model("dreaming", "Schedule").objects.get().hour == 4
    assert back.get_model("dreaming", "Dream").objects.get().due_slot == "2026-11-21T04"
