"""The stand-in, and the real client that talks to it."""

from collections.abc import Iterator

import pytest
from anthropic import Anthropic

from dreaming.standin.server import StandIn, standing_in

KEY = "a-key-of-the-tests"


@pytest.fixture
def vendor() -> Iterator[StandIn]:
    """A stand-in that lets one key in."""
    with standing_in(KEY) as here:
        yield here


@pytest.fixture
def client(vendor: StandIn) -> Iterator[Anthropic]:
    """The vendor's own client, which tries nothing twice."""
    with Anthropic(api_key=KEY, base_url=vendor.url, max_retries=0) as made:
        yield made
