"""The installation's numbers: each is what the rows say at that moment."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families

from agents import clock as now
from dreaming.metrics import WAITING, exposition
from dreaming.models import Dream, DreamState
from dreaming.ticks import note_tick
from reviews.audit import sealing
from reviews.models import Proposal
from tests import build
from tests.cast import Cast
from tests.clock import FakeClock

pytestmark = pytest.mark.django_db


def read() -> dict[tuple[str, str], float]:
    """Every sample by its name and state ('' where it has none), as a scraper reads it."""
    families = text_string_to_metric_families(exposition().decode())
    samples = [sample for family in families for sample in family.samples]
    return {(one.name, one.labels.get("state", "")): one.value for one in samples}


def test_an_empty_installation_has_every_number_at_nought(clock: FakeClock) -> None:
    found = read()
    assert {state for name, state in found if name == "daybreak_dreams"} == set(DreamState.values)
    assert {state for name, state in found if name == "daybreak_proposals_waiting"} == set(WAITING)
    assert set(found.values()) == {0}


def test_dreams_are_counted_by_state(cast: Cast) -> None:
    store = build.shared_store(cast.workspace)
    for state in ("completed", "completed", "failed", "running"):
        build.dream(store, state=state)
    found = read()
    told = {state: found["daybreak_dreams", state] for state in DreamState.values}
    assert {state: count for state, count in told.items() if count} == {
        "completed": 2,
        "failed": 1,
        "running": 1,
    }


def test_waiting_proposals_are_counted_and_the_oldest_has_an_age(
    cast: Cast, clock: FakeClock
) -> None:
    store = build.shared_store(cast.workspace)
    made = [build.proposal(store, path=f"/notes/{at}.md") for at in range(3)]
    at = now.now()
    Proposal.objects.filter(pk=made[0].pk).update(filed_at=at - timedelta(hours=2))
    Proposal.objects.filter(pk=made[1].pk).update(filed_at=at - timedelta(hours=1))
    Proposal.objects.filter(pk=made[2].pk).update(
        filed_at=at - timedelta(days=9), state="withdrawn"
    )
    found = read()
    assert found["daybreak_proposals_waiting", "pending"] == 2
    assert ("daybreak_proposals_waiting", "withdrawn") not in found
    assert found["daybreak_oldest_proposal_age_seconds", ""] == pytest.approx(7_200, abs=1)


def test_the_workers_age_is_absent_until_it_ran(clock: FakeClock) -> None:
    name = "daybreak_worker_heartbeat_age_seconds", ""
    assert name not in read()
    note_tick()
    clock.advance(seconds=40)
    assert read()[name] == 40


def test_a_store_with_an_applied_change_is_told(cast: Cast) -> None:
    store = build.shared_store(cast.workspace)
    type(store).objects.filter(pk=store.pk).update(unpublished_since=now.now())
    assert read()["daybreak_unpublished_stores", ""] == 1


def test_reads_that_wait_in_the_spool_are_counted(cast: Cast) -> None:
    folder = settings.DATA_DIR / "spool" / "reads"
    folder.mkdir(parents=True, exist_ok=True)
    before = read()["daybreak_read_spool_length", ""]
    waiting = folder / "test-metrics.json"
    unfinished = folder / "test-metrics.part"
    waiting.write_text("{}")
    unfinished.write_text("{}")
    found = read()["daybreak_read_spool_length", ""]
    waiting.unlink()
    unfinished.unlink()
    assert found - before == 1


def test_an_entry_without_a_leaf_ages_until_it_is_sealed(cast: Cast) -> None:
    if connection.vendor == "sqlite":
        # Leaves are given in the transaction of the entry, so nothing ever waits.
        assert read()["daybreak_seal_lag_seconds", ""] == 0
        return
    assert read()["daybreak_seal_lag_seconds", ""] > 0
    sealing.seal()
    assert read()["daybreak_seal_lag_seconds", ""] == 0


def test_the_numbers_cost_the_same_however_many_rows_there_are(
    cast: Cast, django_assert_num_queries
) -> None:
    store = build.shared_store(cast.workspace)
    with django_assert_num_queries(6):
        read()
    for at in range(4):
        build.proposal(store, path=f"/notes/{at}.md")
        build.dream(store, state="completed")
    with django_assert_num_queries(6):
        read()
    assert Dream.objects.count() == 4
