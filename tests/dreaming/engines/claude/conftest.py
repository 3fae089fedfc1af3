"""Claude as the tests reach it: the engine, and a stand-in that says what a recording says."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dreaming.engines.claude.engine import ClaudeEngine, create_engine
from dreaming.standin.recording import speak
from dreaming.standin.server import StandIn, standing_in

KEY = "a-key-of-the-tests"


@pytest.fixture
def vendor() -> Iterator[StandIn]:
    """A stand-in with the recorded speaker."""
    with standing_in(KEY) as here:
        here.messages.speaker = speak
        yield here


@pytest.fixture
def engine_with(vendor: StandIn) -> Callable[..., ClaudeEngine]:
    """Make the engine, set up for the stand-in, with further options."""

    def make(**options: Any) -> ClaudeEngine:
        given = {"key": KEY, "base_url": vendor.url, "retries": "0", "concurrency": "2"}
        return create_engine(given | {name: str(value) for name, value in options.items()})

    return make
