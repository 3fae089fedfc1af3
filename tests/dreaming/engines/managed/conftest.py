"""A vendor with a linked store and what a dream over it is given."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dreaming.engines.base import DreamMaterial, Memo
from dreaming.standin.server import StandIn, standing_in
from tests.dreaming.build_sessions import material, memory, says, session
from tests.dreaming.engines.managed.hosted import House

KEY = "a-key-of-the-tests"
RULE = "Refunds are paid within 14 days."
GREETING = "Greet members by family name."


@pytest.fixture
def vendor() -> Iterator[StandIn]:
    """A stand-in whose dream says what a session says, and something nobody said."""
    with standing_in(KEY) as here:
        here.dreams.dreamer = lambda texts, sessions: {
            "/refunds.md": f"{RULE}\n",
            "/invented.md": "Refunds above 900 EUR need no receipt.\n",
            "/old.md": None,
        }
        yield here


@pytest.fixture
def house(vendor: StandIn) -> House:
    """A store at the vendor with two memories."""
    return House(vendor, vendor.stores.make("clerk", {"/tone.md": GREETING, "/old.md": "Fax it."}))


@pytest.fixture
def given(house: House) -> DreamMaterial:
    """The material: three sessions the vendor has, and the memory that was approved here."""
    sessions = [session(number, says(f"Remember: {RULE}")) for number in (1, 2)]
    brought = house.bring([*sessions, session(3, says("Hello there."))])
    memories = [memory("/tone.md", GREETING), memory("/old.md", "Fax it.", 4)]
    return replace(material(brought, memories), hosted_store=house.store.id, journal=Memo())
