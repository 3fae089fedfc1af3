"""The vendor's side of a hosted dream: what is asked of it, one request after the other."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import anthropic
from anthropic.types.beta import BetaDream

from agents.redaction import replace_secrets, replace_unstorable
from dreaming.engines.base import EngineError
from dreaming.engines.claude.client import make_client
from dreaming.engines.claude.costs import USED
from dreaming.engines.claude.options import Options
from dreaming.engines.managed.choosing import Order
from dreaming.engines.managed.wording import explain, say_foreign

FULL_PAGE = 20
"""Memories a page may hold with their texts."""

MOST_MEMORIES = 2_000
MOST_DREAMS = 2_000

Page = Mapping[str, str]
"""Path -> text of some memories of a store."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the vendor tells of a dream. usage: tokens so far; error: its type and words."""

    id: str
    status: str
    created_at: datetime
    output: str = ""
    error: tuple[str, str] = ("", "")
    usage: Mapping[str, int] = field(default_factory=dict)
    is_archived: bool = False


class Remote:
    """One client for one attempt. Every error of the API comes out as EngineError with words."""

    def __init__(self, client: anthropic.Anthropic, options: Options) -> None:
        self._options = options
        # A dream that was asked for twice is paid for twice: what was not answered is looked for.
        self._once = client.with_options(max_retries=0).beta
        self._api = client.beta

    def pages_of(self, store: str) -> Iterator[Page]:
        """Yield the memories of a store with their texts, a page at a time."""
        with self._explained():
            page = self._api.memory_stores.memories.list(store, view="full", limit=FULL_PAGE)
            for _ in range(MOST_MEMORIES):
                yield dict(_read_memory(one.to_dict(), store) for one in page.data if _is_one(one))
                if not page.has_next_page():
                    return
                page = page.get_next_page()
        raise EngineError(f"{store} has more memories than a store may hold.", permanent=True)

    def find_dreams(self, order: Order, since: float) -> list[str]:
        """Return the dreams made of this order since then (seconds since 1970), newest first."""
        asked = datetime.fromtimestamp(since, UTC)
        with self._explained():
            listed = self._api.dreams.list(created_at_gt=asked, include_archived=True, limit=100)
            newest = islice(listed, MOST_DREAMS)
            return [one.id for one in newest if order.is_of(one.to_dict())]

    def create_dream(self, order: Order) -> str:
        """Have a dream made and return its id; the input store stays as it is, whatever it does."""
        with self._explained():
            made = self._once.dreams.create(
                inputs=[
                    {"type": "memory_store", "memory_store_id": order.store},
                    {"type": "sessions", "session_ids": list(order.sessions)},
                ],
                model=order.model,
                output_behavior={"type": "create_new"},
                instructions=order.instructions or anthropic.omit,
            )
        return made.id

    def look_at(self, dream: str) -> Told:
        """Return what the vendor tells of a dream now."""
        with self._explained():
            return _told(self._api.dreams.retrieve(dream))

    def cancel(self, dream: str) -> None:
        """Have a dream stopped; one that has ended already is left as it is."""
        with self._explained(), suppress(anthropic.BadRequestError):
            self._api.dreams.cancel(dream)

    def delete_output(self, store: str, dream: Told) -> None:
        """Delete a dream's output store; one that is gone already is no error.

        Raises EngineError for a store that was there before the dream: no dream made that one.
        """
        with self._explained(), suppress(anthropic.NotFoundError):
            if self._api.memory_stores.retrieve(store).created_at < dream.created_at:
                raise EngineError(say_foreign(dream.id, store), permanent=True)
            self._api.memory_stores.delete(store)

    def archive(self, dream: str) -> None:
        """Put a dream that has ended away; one that the vendor still ends is left to itself."""
        with self._explained(), suppress(anthropic.BadRequestError, anthropic.NotFoundError):
            self._api.dreams.archive(dream)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except anthropic.APIError as error:
            raise explain(error, self._options) from error


@contextmanager
def reaching(options: Options) -> Iterator[Remote]:
    """Open a client for the vendor until the block ends."""
    client = make_client(options)
    if not isinstance(client, anthropic.Anthropic):
        raise EngineError("Hosted dreams are offered by Anthropic's own API only.", permanent=True)
    with closing(client):
        yield Remote(client, options)


def _is_one(memory: Any) -> bool:
    return getattr(memory, "type", "") == "memory"


def _read_memory(row: Mapping[str, Any], store: str) -> tuple[str, str]:
    path, text = row.get("path"), row.get("content")
    if not isinstance(path, str) or not isinstance(text, str):
        raise EngineError(f"The vendor told a memory of {store} without its text.", permanent=False)
    # What is read here is kept and proposed: secrets are taken out as they are of sessions.
    storable, _ = replace_unstorable(text)
    return path, replace_secrets(storable).text


def _told(dream: BetaDream) -> Told:
    row = dream.to_dict()
    outputs = [one for one in _list(row.get("outputs")) if isinstance(one, Mapping)]
    error, usage = _mapping(row.get("error")), _mapping(row.get("usage"))
    return Told(
        id=str(row.get("id") or ""),
        status=str(row.get("status") or ""),
        created_at=dream.created_at,
        output=next((str(one.get("memory_store_id") or "") for one in outputs), ""),
        error=(str(error.get("type") or ""), str(error.get("message") or "")),
        usage={name: usage[name] for name in USED if isinstance(usage.get(name), int)},
        is_archived=bool(row.get("archived_at")),
    )


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
