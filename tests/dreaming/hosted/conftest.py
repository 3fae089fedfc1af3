"""A memory linked to a store of the stand-in, tended by the real client."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pytest_django import Settings

from agents.models import HostedStore
from agents.people import Member, find_member
from dreaming.hosted.links import link_store
from dreaming.hosted.tending import tend
from dreaming.standin.server import StandIn, standing_in
from dreaming.standin.stores import Store
from tests.cast import Cast
from tests.clock import FakeClock

KEY = "a-key-of-the-tests"
REGION = "host:127.0.0.1"


@pytest.fixture
def vendor(settings: Settings) -> Iterator[StandIn]:
    """A stand-in that lets one key in, which the product is set up with."""
    with standing_in(KEY) as here:
        settings.ENGINE_OPTIONS = settings.ENGINE_OPTIONS | {
            "managed": {"key": KEY, "base_url": here.url, "region": "global", "write_model": "m"}
        }
        yield here


@dataclass
class There:
    """The vendor's side of the link, and how this side tends it."""

    vendor: StandIn
    store: Store
    agent: dict[str, Any]
    lead: Member
    hosted: HostedStore = field(init=False)

    def tend(self) -> HostedStore:
        """Sync now, and return the link as it is then."""
        assert tend(self.again())
        return self.again()

    def again(self) -> HostedStore:
        """Return the link as it is now."""
        rows = HostedStore.objects.select_related("store__agent", "store__workspace")
        return rows.get(pk=self.hosted.pk)

    def say(self, *events: dict[str, Any], **facts: Any) -> dict[str, Any]:
        """Let a session of the agent there have happened."""
        return self.vendor.sessions.make(self.agent, events, **facts)


def text(kind: str, words: str) -> dict[str, Any]:
    """An event that says something."""
    return {"type": kind, "content": [{"type": "text", "text": words}]}


@pytest.fixture
def there(clock: FakeClock, cast: Cast, vendor: StandIn) -> There:
    """A store and an agent at the vendor that no memory stands for yet."""
    cast.workspace.regions = [REGION]
    cast.workspace.save(update_fields=["regions"])
    agent = vendor.sessions.make_agent("Refund Desk")
    lead = find_member(cast.lead, cast.workspace)
    return There(vendor, vendor.stores.make("refunds"), agent, lead)


@pytest.fixture
def linked(cast: Cast, there: There) -> There:
    """The same, linked by the lead."""
    there.hosted = link_store(
        cast.store, remote_id=there.store.id, remote_agent=there.agent["id"], by=there.lead
    )
    return there
