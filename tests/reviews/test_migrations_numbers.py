"""What an older installation's containments, quarantines and notices of them become."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps.registry import Apps
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from agents import clock
from agents.models import Counter, Quarantine
from agents.numbers import take_number
from reviews.models import Containment
from tests import build
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [("agents", "0013_hear_the_vendors_webhook"), ("reviews", "0029_say_who_is_still_asked")]
AFTER = [("agents", "0014_number_quarantines"), ("reviews", "0030_number_containments")]


@pytest.fixture(autouse=True)
def _leave_the_newest(migrated: None) -> Iterator[None]:
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def migrate(to: list[tuple[str, str]]) -> Apps:
    """The models as they are after migrating to `to`."""
    MigrationExecutor(connection).migrate(to)
    return MigrationExecutor(connection).loader.project_state(to).apps


class Older:
    """An installation from before there were numbers: two workspaces whose rows alternate."""

    def __init__(self, cast: Cast) -> None:
        self.ours, self.theirs = cast.workspace, cast.elsewhere
        self.by = cast.lead
        self.memories = [build.memory(cast.store, f"/{name}.md") for name in "abc"]
        self.models = migrate(BEFORE)
        self.kept = self.contain(self.ours)
        self.foreign = self.contain(self.theirs)
        self.quarantined = self.quarantine(self.ours, self.memories[0].pk)
        self.part = self.quarantine(self.ours, self.memories[1].pk, cause_id=self.quarantined.pk)
        self.elsewhere = self.quarantine(self.theirs, self.memories[2].pk)
        self.second = self.quarantine(self.ours, self.memories[2].pk)
        self.about = self.contain(self.ours, quarantine_id=self.second.pk)
        self.newest = self.contain(self.ours)

    def model(self, app: str, name: str) -> Any:
        return self.models.get_model(app, name).objects

    def contain(self, workspace: Any, **facts: Any) -> Any:
        facts |= {"kind": "quarantine" if facts else "restore", "due_at": clock.now()}
        return self.model("reviews", "Containment").create(
            workspace_id=workspace.pk, target="it", by_id=self.by.pk, reason="Odd.", **facts
        )

    def quarantine(self, workspace: Any, memory: int, **facts: Any) -> Any:
        return self.model("agents", "Quarantine").create(
            workspace_id=workspace.pk,
            kind="memory",
            target="it",
            memory_id=memory,
            by_id=self.by.pk,
            **facts,
        )

    def tell(self, row: Any) -> None:
        """Tell a person and a webhook of it, as it was told then."""
        key = f"{row.workspace_id}:containment:containment-{row.pk}:once"
        named = {"object": f"containment-{row.pk}", "path": f"containment/{row.pk}/"}
        self.model("reviews", "Notice").create(
            workspace_id=row.workspace_id,
            person_id=self.by.pk,
            kind="containment",
            key=key,
            how="digest",
            **named,
        )
        webhook, _made = self.model("reviews", "Webhook").get_or_create(
            workspace_id=row.workspace_id,
            defaults={
                "url": "https://hooks.example/in",
                "secret": "s",
                "created_by_id": self.by.pk,
            },
        )
        self.model("reviews", "Delivery").create(
            webhook=webhook, kind="containment", key=key, message=f"m{row.pk}", **named
        )


@pytest.fixture
def older(migrated: None, cast: Cast) -> Older:
    return Older(cast)


def numbers(models: Apps, app: str, name: str) -> dict[int, int | None]:
    return dict(models.get_model(app, name).objects.values_list("pk", "number"))


def told(models: Apps, name: str) -> set[tuple[str, str, str]]:
    rows = models.get_model("reviews", name).objects
    return set(rows.values_list("object", "path", "key"))


# To migrate takes seconds: what follows from one step is asked in one test.


def test_what_stands_is_numbered_in_its_workspace_in_the_order_of_its_making(older: Older) -> None:
    new = migrate(AFTER)
    assert numbers(new, "reviews", "Containment") == {
        older.kept.pk: 1,
        older.foreign.pk: 1,
        older.about.pk: None,
        older.newest.pk: 2,
    }
    assert numbers(new, "agents", "Quarantine") == {
        older.quarantined.pk: 1,
        older.part.pk: None,
        older.elsewhere.pk: 1,
        older.second.pk: 2,
    }
    given = Counter.objects.filter(letter__in="CQ")
    assert set(given.values_list("workspace", "letter", "last")) == {
        (older.ours.pk, "C", 2),
        (older.ours.pk, "Q", 2),
        (older.theirs.pk, "C", 1),
        (older.theirs.pk, "Q", 1),
    }
    for model, which, number in (
        (Quarantine, older.second, 1),
        (Quarantine, older.second, None),
        (Quarantine, older.part, 9),
        (Containment, older.newest, 1),
        (Containment, older.newest, None),
        (Containment, older.about, 9),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.filter(pk=which.pk).update(number=number)
    assert [take_number(older.ours, letter) for letter in "CQ"] == [3, 3]


def test_what_people_and_webhooks_were_told_leads_to_the_new_address_and_back(older: Older) -> None:
    gone = older.contain(older.ours)
    for row in (older.kept, older.foreign, older.about, older.newest, gone):
        older.tell(row)
    key, named = gone.pk, f"containment-{gone.pk}"
    gone.delete()
    before = {name: told(older.models, name) for name in ("Notice", "Delivery")}
    new = migrate(AFTER)
    ours, theirs = older.ours.pk, older.theirs.pk
    for name in before:
        assert told(new, name) == {
            ("C-1", "containment/C-1/", f"{ours}:containment:C-1:once"),
            ("C-1", "containment/C-1/", f"{theirs}:containment:C-1:once"),
            ("Q-2", "quarantine/Q-2/", f"{ours}:containment:Q-2:once"),
            ("C-2", "containment/C-2/", f"{ours}:containment:C-2:once"),
            (named, f"containment/{key}/", f"{ours}:containment:{named}:once"),
        }
    given = numbers(new, "agents", "Quarantine")
    back = migrate(BEFORE)
    assert {name: told(back, name) for name in before} == before
    assert numbers(migrate(AFTER), "agents", "Quarantine") == given
