"""What is asked of Claude Managed Agents, in plain values, and what its refusals mean.

Rows come as the dictionaries the API sent: its client builds a wrong class for a type it does not
know, while the fields and `type` survive. Writes are tried once: the client would repeat a 409.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Self

import anthropic
from django.conf import settings

from agents.boundaries import why_outside
from agents.models import Workspace
from dreaming.engines.claude.client import make_client
from dreaming.engines.claude.options import Options
from dreaming.errors import VendorFailed
from dreaming.hosted.plans import REFUSED, STALE, Outcome, Row, Taken

ENGINE = "managed"
"""The engine of hosted dreams: what lets it send data lets its stores be read and written."""

NO_KEY = (
    "No key is set for Claude Managed Agents. Set DAYBREAK_MANAGED_API_KEY"
    " (or DAYBREAK_MANAGED_API_KEY_FILE)."
)
TIMEOUT_S = 30
PAGE = 100
FULL_PAGE = 20
"""The most rows the API gives at once; fewer when they come with their texts."""

PATH_TAKEN = "memory_path_conflict_error"
GONE = "It is gone there."


class Vendor:
    """The API as one workspace reaches it; a context manager, for its connections stay open."""

    def __init__(self, client: anthropic.Anthropic, options: Options) -> None:
        self.client = client
        self.options = options

    @classmethod
    def of(cls, workspace: Workspace) -> Self:
        """Return the API, or raise VendorFailed where there is no key or data may not go there."""
        options = Options.of(settings.ENGINE_OPTIONS[ENGINE] | {"timeout_s": str(TIMEOUT_S)})
        if not options.key:
            raise VendorFailed(NO_KEY)
        if barred := why_outside(workspace, ENGINE, [options.destination]):
            raise VendorFailed(barred)
        client = make_client(options)
        if not isinstance(client, anthropic.Anthropic):
            raise VendorFailed("Claude Managed Agents is offered by Anthropic's own API only.")
        return cls(client, options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def store(self, store: str) -> Row | None:
        """Return a memory store's row, None where there is none that the key can see."""
        return self._find(lambda: self.client.beta.memory_stores.retrieve(store))

    def agent(self, agent: str) -> Row | None:
        """Return an agent's row, None where there is none that the key can see."""
        return self._find(lambda: self.client.beta.agents.retrieve(agent))

    def sessions(self, **asked: Any) -> Iterator[Row]:
        """Yield sessions; asked: agent_id, or memory_store_id for those that have it mounted."""
        with self.asking():
            for one in self.client.beta.sessions.list(limit=PAGE, include_archived=True, **asked):
                yield row_of(one)

    def transcript(self, session: Row) -> Row:
        """Return a session with its events and threads, as agents.transcripts.managed reads it."""
        key = str(session["id"])
        api = self.client.beta.sessions
        with self.asking():
            events = [row_of(one) for one in api.events.list(key, limit=PAGE)]
            threads = [row_of(one) for one in api.threads.list(key, limit=PAGE)]
            told = [
                {
                    "thread": thread,
                    "events": [
                        row_of(one)
                        for one in api.threads.events.list(
                            str(thread["id"]), session_id=key, limit=PAGE
                        )
                    ]
                    # The primary thread's events are the session's own.
                    if thread.get("parent_thread_id")
                    else [],
                }
                for thread in threads
            ]
        return {"session": session, "events": events, "threads": told}

    def memories(self, store: str, view: str = "basic") -> Iterator[Row]:
        """Yield the memories of a store; view: basic (without texts) or full."""
        limit = FULL_PAGE if view == "full" else PAGE
        api = self.client.beta.memory_stores.memories
        with self.asking():
            for one in api.list(store, view=view, limit=limit):  # type: ignore[arg-type]  # a word
                row: Row = row_of(one)
                if row.get("type", "memory") == "memory":
                    yield row

    def memory(self, store: str, memory: str, view: str = "full") -> Row | None:
        """Return one memory, None where it is gone."""
        api = self.client.beta.memory_stores.memories
        return self._find(
            lambda: api.retrieve(memory, memory_store_id=store, view=view)  # type: ignore[arg-type]
        )

    def versions(self, store: str, since: datetime | None = None) -> Iterator[Row]:
        """Yield who wrote what, newest first, without texts; since: written then or later."""
        asked: Mapping[str, Any] = {"created_at_gte": since.isoformat()} if since else {}
        api = self.client.beta.memory_stores.memory_versions
        with self.asking():
            for one in api.list(store, limit=PAGE, **asked):
                yield row_of(one)

    def create(self, store: str, path: str, content: str) -> Outcome | Taken:
        """Write a text to a path that has none there."""
        api = self._once().beta.memory_stores.memories
        with self.asking():
            try:
                made = row_of(api.create(store, path=path, content=content))
            except anthropic.ConflictError as error:
                detail = detail_of(error)
                if detail.get("type") == PATH_TAKEN:
                    return Taken(str(detail.get("conflicting_memory_id") or ""))
                return Outcome(STALE, said_in(error))
            except (anthropic.BadRequestError, anthropic.UnprocessableEntityError) as error:
                return Outcome(REFUSED, said_in(error))
        return Outcome(remote_id=str(made["id"]), version=_version_of(made))

    def update(self, store: str, memory: str, content: str, expected: str) -> Outcome:
        """Write over a text, if its SHA-256 is still the expected one."""
        api = self._once().beta.memory_stores.memories
        with self.asking():
            try:
                made = row_of(
                    api.update(
                        memory,
                        memory_store_id=store,
                        content=content,
                        precondition={"type": "content_sha256", "content_sha256": expected},
                    )
                )
            except anthropic.ConflictError as error:
                return Outcome(STALE, said_in(error))
            except anthropic.NotFoundError:
                return Outcome(STALE, GONE)
            except (anthropic.BadRequestError, anthropic.UnprocessableEntityError) as error:
                return Outcome(REFUSED, said_in(error))
        return Outcome(remote_id=memory, version=_version_of(made))

    def delete(self, store: str, memory: str, expected: str) -> Outcome:
        """Take out a memory, if its text's SHA-256 is still the expected one."""
        api = self._once().beta.memory_stores.memories
        with self.asking():
            try:
                api.delete(memory, memory_store_id=store, expected_content_sha256=expected)
            except anthropic.ConflictError as error:
                return Outcome(STALE, said_in(error))
            except anthropic.NotFoundError:
                return Outcome()
            except (anthropic.BadRequestError, anthropic.UnprocessableEntityError) as error:
                return Outcome(REFUSED, said_in(error))
        return Outcome(remote_id=memory)

    def _once(self) -> anthropic.Anthropic:
        """Return the client that tries nothing twice, for writes."""
        return self.client.with_options(max_retries=0)

    def _find(self, ask: Any) -> Row | None:
        with self.asking():
            try:
                found: Row = row_of(ask())
            except anthropic.NotFoundError:
                return None
        return found

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Turn the client's errors into VendorFailed, one sentence with the way out."""
        try:
            yield
        except anthropic.APIError as error:
            request = getattr(error, "request_id", None)
            words = _words(error, self.options)
            raise VendorFailed(f"{words} (request {request})" if request else words) from error


def row_of(built: Any) -> Row:
    """Return what the API sent of one thing; the client's class for it may be a wrong one."""
    row: Row = built.to_dict(mode="json", warnings=False)
    return row


def _version_of(made: Row) -> str:
    return str(made.get("memory_version_id") or "")


def _words(error: anthropic.APIError, options: Options) -> str:
    if isinstance(error, anthropic.APIStatusError):
        return _words_of_status(error)
    if isinstance(error, anthropic.APITimeoutError):
        return "Claude Managed Agents did not answer in time; it is tried again."
    if isinstance(error, anthropic.APIConnectionError):
        return (
            f"Claude Managed Agents cannot be reached at {options.destination}: look at this"
            " machine's network and DAYBREAK_MANAGED_BASE_URL."
        )
    return "The answer of Claude Managed Agents broke off; it is tried again."


def _words_of_status(error: anthropic.APIStatusError) -> str:
    status = error.status_code
    if status == 401:
        return "Claude Managed Agents does not accept the key. Look at DAYBREAK_MANAGED_API_KEY."
    if status == 403:
        return "The key may not do this. Ask who gave it out for Managed Agents and memory stores."
    if status == 429:
        return "The rate limit of Claude Managed Agents is reached; it is tried again."
    if status >= 500:
        return f"Claude Managed Agents is overloaded or failing (status {status})."
    return f"Claude Managed Agents refused the request: {said_in(error)}"


def said_in(error: anthropic.APIStatusError) -> str:
    """Return what an error's body says in words, at most 300 characters."""
    return str(detail_of(error).get("message") or error.message)[:300]


def detail_of(error: anthropic.APIStatusError) -> Mapping[str, Any]:
    """Return the error of an error's body, {} where there is none."""
    body = error.body
    inner = body.get("error") if isinstance(body, dict) else None
    return inner if isinstance(inner, dict) else {}
