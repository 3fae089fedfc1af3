"""What tests of dreams start from: an engine of their own, and sessions that show one mistake."""

from collections.abc import Callable

import pytest
from pytest_django import Settings

from dreaming.engines.base import Engine
from tests.fake_engine import FakeEngine, Seat

Seated = Callable[[Engine], Engine]


@pytest.fixture
def seat(settings: Settings) -> Seated:
    """Put an engine where dreams over the engine "test" find it."""
    settings.TEST_ENGINE = "tests.fake_engine:create_seated"
    Seat.engine = FakeEngine(())

    def put(engine: Engine) -> Engine:
        Seat.engine = engine
        return engine

    return put
