"""What every test starts from: its people, its clock, and on which database it runs."""

import gc
import os
from zlib import crc32

import hypothesis
import pytest
from django.conf import settings

from agents.reads import forget_renderings
from tests.append_only import lift_for_flush
from tests.cast import agent_client, cast, client_of
from tests.clock import clock
from tests.processes import data_folder, databases, empty_installation, installation
from tests.schema import django_db_setup, migrated

__all__ = [
    "agent_client",
    "cast",
    "client_of",
    "clock",
    "data_folder",
    "databases",
    "django_db_setup",
    "empty_installation",
    "installation",
    "migrated",
]

ON_POSTGRESQL = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
ON_PAGES = {"test_walls.py", "test_hostile_api.py"}
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "live_server"}

lift_for_flush()

# A loaded machine makes an example slow, not wrong. The soak tries far more of them.
TIER = os.environ.get("TEST_TIER", "gate")
SLOW_IS_FINE = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("gate", deadline=None, suppress_health_check=SLOW_IS_FINE)
hypothesis.settings.register_profile(
    "soak", deadline=None, suppress_health_check=SLOW_IS_FINE, max_examples=5_000
)
hypothesis.settings.load_profile(TIER)


@pytest.fixture(autouse=True)
def _nothing_rendered_before() -> None:
    """Forget the texts this process keeps: keys come again where a test's rows are rolled back."""
    forget_renderings()


def touches_database(item: pytest.Item) -> bool:
    """Say whether a test reads or writes rows: those run once on each database."""
    return item.get_closest_marker("django_db") is not None or not DATABASE_FIXTURES.isdisjoint(
        getattr(item, "fixturenames", ())
    )


def is_of_pages(item: pytest.Item) -> bool:
    """Say whether a test asks for pages rather than for verbs."""
    return item.path.parent.name in {"views", "web"} or item.path.name in ON_PAGES


def is_in_sample(item: pytest.Item) -> bool:
    """Say whether a test is among the every third that is always drawn, by its name alone."""
    return crc32(item.nodeid.encode()) % 3 == 0


def belongs_here(item: pytest.Item) -> bool:
    """Say whether a test is for the database of this run.

    SQLite is the run with everything; PostgreSQL repeats what touches rows or starts processes.
    Browser stories run once, unless marked `on_both`, and so do those marked `long`. Of the tests
    that ask for pages the gate repeats every third, which opens every page. The soak repeats all
    (`make soak`).
    """
    marks = {mark.name for mark in item.iter_markers()}
    if "soak" in marks and TIER != "soak":
        return False
    if not ON_POSTGRESQL:
        return "postgresql" not in marks
    if "sqlite" in marks or ("long" in marks and TIER != "soak"):
        return False
    if "browser" in marks:
        return TIER == "soak" or "on_both" in marks
    if TIER == "gate" and is_of_pages(item) and not is_in_sample(item):
        return "on_both" in marks
    return bool(marks & {"postgresql", "processes", "on_both"}) or touches_database(item)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what belongs to the other database or to the soak."""
    chosen = [item for item in items if belongs_here(item)]
    if left := [item for item in items if not belongs_here(item)]:
        config.hook.pytest_deselected(items=left)
    items[:] = chosen


def pytest_collection_finish() -> None:
    """Keep what was collected out of every garbage collection from here on: it stays to the end."""
    gc.collect()
    gc.freeze()


def pytest_report_header() -> str:
    """Name the database at the top of the run."""
    return f"database: {'PostgreSQL' if ON_POSTGRESQL else 'SQLite'}"


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Let `make test ARGS=FILE` pass on PostgreSQL where FILE holds only tests without rows."""
    chosen_by_hand = session.config.args_source is not pytest.Config.ArgsSource.TESTPATHS
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and ON_POSTGRESQL and chosen_by_hand:
        session.exitstatus = pytest.ExitCode.OK
