"""What an older installation's rows become."""

from collections.abc import Iterator

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.db.models import Field

from tests import build

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [("dreaming", "0002_say_when_and_what_was_asked")]
AFTER = [("dreaming", "0003_set_dreams_by_cron_line")]


def step_by_step() -> MigrationExecutor:
    """An executor that takes every step an older installation took, not those made into one."""
    executor = MigrationExecutor(connection)
    executor.loader = MigrationLoader(connection, replace_migrations=False)
    return executor


def migrate(to: list[tuple[str, str]]) -> Apps:
    """The models as they are after migrating to `to`."""
    step_by_step().migrate(to)
    return step_by_step().loader.project_state(to).apps


@pytest.fixture(autouse=True)
def _leave_the_newest(migrated: None) -> Iterator[None]:
    yield
    executor = step_by_step()
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


def test_one_step_and_the_many_it_stands_for_lead_to_the_same_models() -> None:
    at_once, one_by_one = (
        described(MigrationLoader(None, replace_migrations=replaced).project_state())
        for replaced in (True, False)
    )
    assert at_once.keys() == one_by_one.keys()
    for name, model in one_by_one.items():
        assert at_once[name] == model, name


def described(state: ProjectState) -> dict[tuple[str, str], tuple[object, ...]]:
    """Every model's fields and options as its migrations spell them, in no order."""
    return {
        key: (
            {name: spelled(field) for name, field in model.fields.items()},
            {name: spelled_option(value) for name, value in model.options.items() if value},
        )
        for key, model in state.models.items()
        if key[0] in {"agents", "reviews", "dreaming"}
    }


def spelled(field: Field) -> str:
    return repr(field.deconstruct()[1:])


def spelled_option(value: object) -> object:
    if not isinstance(value, list):
        return value
    return {repr(one.deconstruct()) for one in value}
