"""What tests of dreams start from: an engine of their own, or Claude as a stand-in plays it."""

from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings

from agents.boundaries import set_boundary
from agents.personal import KINDS
from dreaming.engines.base import Engine
from dreaming.standin.recording import speak
from dreaming.standin.server import StandIn, standing_in
from tests import build
from tests.cast import Cast
from tests.fake_engine import FakeEngine, Seat

Seated = Callable[[Engine], Engine]
KEY = "a-key-of-the-tests"
MAIL = "ada.lovelace@example.com"


@pytest.fixture
def seat(settings: Settings) -> Seated:
    """Put an engine where dreams over the engine "test" find it."""
    settings.TEST_ENGINE = "tests.fake_engine:create_seated"
    Seat.engine = FakeEngine(())

    def put(engine: Engine) -> Engine:
        Seat.engine = engine
        return engine

    return put


@pytest.fixture
def vendor(settings: Settings) -> Iterator[StandIn]:
    """A stand-in with the recorded speaker, where the engine `claude` of this test reaches it."""
    with standing_in(KEY) as here:
        here.messages.speaker = speak
        settings.ENGINE_OPTIONS = {
            "claude": {"key": KEY, "base_url": here.url, "retries": "0", "concurrency": "2"}
        }
        yield here


@pytest.fixture
def house(cast: Cast) -> Cast:
    """Northwind with four sessions that met the same error, and leave to send them away."""
    set_boundary(
        cast.workspace, engines=[], regions=["host:127.0.0.1"], masked=KINDS, by=cast.admin
    )
    for number in range(4):
        build.session(
            cast.agent,
            (
                build.says(f"I am {MAIL}. Cancel order {number}42."),
                build.calls("cancel_order", '{"order_id": "42"}'),
                build.answers(
                    f"Error: the order of {MAIL} is already shipped",
                    tool="cancel_order",
                    error=True,
                ),
            ),
            principal=f"{number}@example.com",
        )
    return cast
