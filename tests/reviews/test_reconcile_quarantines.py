"""Quarantines held against the log: what was changed behind the application is named."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from agents import clock as product_clock
from agents.models import Quarantine, Session
from agents.numbers import take_numbers
from agents.people import actor_of
from reviews import containment, quarantines, reconcile
from reviews.audit import sealing
from reviews.audit.actions import Action
from reviews.audit.log import append
from reviews.audit.models import Entry, Value
from reviews.audit.report import Report, Status
from reviews.models import Containment
from tests import build
from tests.cast import Cast
from tests.reviews.poison import learn, memory_at, quarantine, says
from tests.reviews.views.desks import member

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_keys(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.AUDIT_KEK = ""


@pytest.fixture
def made(own_keys, cast: Cast) -> Containment:
    """A quarantine of a session two memories were learned from."""
    bad = says(cast.agent)
    learn(cast, "/a.md", [bad])
    learn(cast, "/b.md", [bad])
    return quarantine(cast, "session", bad)


def differences() -> list[str]:
    return [one.message for one in reconcile.differences(Report())]


def part(path: str) -> Quarantine:
    return Quarantine.objects.get(memory=memory_at(path))


def test_what_was_opened_confirmed_and_restored_agrees_with_the_log(cast: Cast, made) -> None:
    assert differences() == []
    quarantines.restore_part(part("/a.md"), by=member(cast, "reviewer"), reason="Fine.")
    assert differences() == []
    reviewer = member(cast, "reviewer")
    containment.answer(made, by=reviewer, verdict="confirmed", reason="")
    assert differences() == []
    learn(cast, "/c.md")
    other = quarantine(cast, "memory", memory_at("/c.md"))
    agent = quarantine(cast, "agent", "refund-desk")
    says(cast.agent)
    assert differences() == []
    for one in (other, agent):
        containment.answer(one, by=reviewer, verdict="reversed", reason="Fine.")
        assert differences() == []


def test_what_was_looked_at_is_counted_and_sound(cast: Cast, made) -> None:
    sealing.seal()
    sealing.checkpoint(product_clock.now())
    report = reconcile.verify()
    assert report.status is Status.SOUND
    assert report.counts["quarantines"] == 1


def test_a_memory_put_back_behind_the_log_is_named(cast: Cast, made) -> None:
    Quarantine.objects.filter(pk=part("/a.md").pk).update(lifted_at=product_clock.now())
    (only,) = differences()
    assert only.endswith(f"no entry says that {memory_at('/a.md')} came back.")


def test_a_memory_taken_out_again_behind_the_log_is_named(cast: Cast, made) -> None:
    quarantines.restore_part(part("/a.md"), by=member(cast, "reviewer"), reason="Fine.")
    Quarantine.objects.filter(pk=part("/a.md").pk).update(lifted_at=None)
    (only,) = differences()
    assert "by the log it came back" in only


def test_a_row_that_is_gone_is_named(cast: Cast, made) -> None:
    name = str(memory_at("/a.md"))
    part("/a.md").delete()
    (only,) = differences()
    assert f"took {name} out by the log" in only


def test_a_memory_slipped_in_is_named(cast: Cast, made) -> None:
    learn(cast, "/c.md")
    build.quarantine(
        workspace=cast.workspace,
        cause=made.quarantine,
        kind="memory",
        target="M-9",
        memory=memory_at("/c.md"),
        by=cast.lead,
    )
    (only,) = differences()
    assert "by the log it did not" in only


def test_a_quarantine_nobody_opened_is_named(cast: Cast) -> None:
    build.quarantine(
        workspace=cast.workspace,
        kind="memory",
        target="M-1",
        memory=build.memory(cast.store),
        by=cast.lead,
        reason="By hand.",
    )
    (only,) = differences()
    assert "nobody opened it" in only


def test_a_quarantine_that_is_gone_is_named(cast: Cast, made) -> None:
    pk, name = made.quarantine_id, str(made)
    Quarantine.objects.filter(cause=pk).delete()
    Containment.objects.all().delete()
    Quarantine.objects.all().delete()
    found = differences()
    assert f"{name} in northwind is in the log and no longer among the rows." in found
    assert any("no quarantine names it" in one for one in found)


def test_a_quarantine_lifted_behind_the_log_is_named(cast: Cast, made) -> None:
    Quarantine.objects.filter(pk=made.quarantine_id).update(lifted_at=product_clock.now())
    assert any("lifted by the other" in one for one in differences())


def test_a_session_put_back_behind_the_log_is_named(cast: Cast, made) -> None:
    Session.objects.update(quarantined_at=None)
    (only,) = differences()
    assert only.endswith(f"in northwind is in service; {made} names it.")


def test_a_session_taken_out_behind_the_log_is_named(cast: Cast, made) -> None:
    extra = says(cast.agent)
    Session.objects.filter(pk=extra.pk).update(quarantined_at=product_clock.now())
    (only,) = differences()
    assert only.startswith(f"{extra} in northwind is out of service")


def test_a_long_list_stands_in_a_value_and_is_read_there(cast: Cast, monkeypatch) -> None:
    monkeypatch.setattr(quarantines, "LISTED", 1)
    bad = says(cast.agent)
    for path in ("/a.md", "/b.md"):
        learn(cast, path, [bad])
    made = quarantine(cast, "session", bad)
    assert differences() == []
    part("/a.md").delete()
    assert len(differences()) == 1
    monkeypatch.setattr(quarantines, "LISTED", 1_000)
    containment.answer(made, by=member(cast, "reviewer"), verdict="reversed", reason="Fine.")


def test_many_quarantines_ask_for_few_entries_at_a_time(cast: Cast) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert differences() == []
        return len(asked)

    def more(number: int) -> None:
        for _ in range(number):
            quarantine(cast, "session", says(cast.agent))

    more(1)
    few = count()
    more(4)
    # One query a quarantine in force, for the sessions it names.
    assert count() <= few + 4
    assert Value.objects.exists()


# Entries from before quarantines had numbers name them by the key of their row


@pytest.fixture
def keyed(own_keys, cast: Cast) -> Quarantine:
    """A quarantine whose opening was logged under its key."""
    take_numbers(cast.workspace, "Q", 1_000)
    memory = build.memory(cast.store, "/old.md")
    row = build.quarantine(
        workspace=cast.workspace,
        kind="memory",
        target=str(memory),
        memory=memory,
        through=1,
        by=cast.lead,
        reason="It lies.",
    )
    Containment.objects.create(
        workspace=cast.workspace,
        kind="quarantine",
        target=str(memory),
        quarantine=row,
        by=cast.lead,
        reason=row.reason,
        due_at=product_clock.now(),
    )
    with transaction.atomic():
        append(
            Action.QUARANTINE_OPENED,
            workspace=cast.workspace.slug,
            actor=actor_of(cast.lead),
            object=f"quarantine:{row.pk}",
            after={"kind": "memory", "target": str(memory), "memories": [str(memory)]},
        )
    return row


def test_what_was_logged_under_a_key_agrees(cast: Cast, keyed) -> None:
    assert differences() == []


def test_what_was_opened_under_a_key_comes_back_under_its_number(cast: Cast, keyed) -> None:
    made = Containment.objects.select_related("quarantine").get()
    containment.answer(made, by=member(cast, "reviewer"), verdict="reversed", reason="Fine.")
    named = Entry.objects.filter(action="quarantine.lifted").values_list("object", flat=True)
    assert list(named) == ["Q-1001"]
    assert differences() == []


def test_what_was_logged_under_a_key_and_is_gone_is_named(cast: Cast, keyed) -> None:
    Containment.objects.all().delete()
    Quarantine.objects.all().delete()
    assert differences() == [
        f"quarantine:{keyed_pk(cast)} in northwind is in the log and no longer among the rows."
    ]


def keyed_pk(cast: Cast) -> str:
    """The key the log names, once its row is gone."""
    opened = Entry.objects.get(workspace=cast.workspace.slug, action="quarantine.opened")
    return opened.object.removeprefix("quarantine:")


def test_a_row_of_another_workspace_stands_for_none_here(cast: Cast, made) -> None:
    """Moved to another workspace it is gone from its own, and unlogged in the other."""
    Quarantine.objects.filter(pk=made.quarantine_id).update(workspace=cast.elsewhere)
    found = differences()
    assert f"{made} in northwind is in the log and no longer among the rows." in found
    assert f"{made} in elsewhere has no entry: nobody opened it." in found
