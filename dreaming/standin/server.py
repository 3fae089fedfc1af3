"""The stand-in's server: on this machine only, every request kept, faults as they are asked for."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import RLock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dreaming.standin.dreams import Dreams
from dreaming.standin.messages import Messages
from dreaming.standin.sessions import Sessions
from dreaming.standin.stores import Stores
from dreaming.standin.wire import Answer, Asked, Refused, refuse

LOOPBACK = "127.0.0.1"
MEMORY, MANAGED = "agent-memory-2026-07-22", "managed-agents-2026-04-01"


@dataclass
class Fault:
    """What the next `times` requests to a place are answered instead. path: a pattern."""

    method: str
    path: str
    answer: Answer
    times: int = 1


@dataclass
class Received:
    """A request as it was kept: with its body as bytes, without its key."""

    asked: Asked
    raw: bytes

    @property
    def line(self) -> str:
        """Return its method and path."""
        return f"{self.asked.method} {self.asked.path}"


class StandIn:
    """The vendor on this machine. key: the one that is let in; '' lets everybody in.

    faults: see Fault; received: every request that came, refused ones too.
    """

    def __init__(self, key: str = "", port: int = 0) -> None:
        self.key = key
        self.stores, self.sessions, self.messages = Stores(), Sessions(), Messages()
        self.dreams = Dreams(self.stores, self.sessions)
        self.faults: list[Fault] = []
        self.received: list[Received] = []
        self.ids = count(1)
        self._lock = RLock()
        self._routes = _routes(self)
        self._server = ThreadingHTTPServer((LOOPBACK, port), _handler(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def serve(self) -> None:
        """Answer until `close` is called."""
        self._server.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def lines(self, start: str = "") -> list[str]:
        """Return method and path of what was received, of those that begin with `start`."""
        return [one.line for one in self.received if one.line.startswith(start)]

    def answer(self, asked: Asked, raw: bytes) -> Answer:
        """Return the answer to one request, after it was kept."""
        with self._lock:
            self.received.append(Received(asked, raw))
            try:
                return self._planned(asked) or self._routed(asked)
            except Refused as refused:
                return refused.answer
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                return refuse(400, f"The request cannot be read: {error!r}")

    def _planned(self, asked: Asked) -> Answer | None:
        for fault in self.faults:
            is_meant = fault.method == asked.method and re.fullmatch(fault.path, asked.path)
            if fault.times and is_meant:
                fault.times -= 1
                return fault.answer
        return None

    def _routed(self, asked: Asked) -> Answer:
        if self.key and asked.headers.get("authorization") != f"Bearer {self.key}":
            raise Refused(refuse(401, "invalid bearer token"))
        betas = asked.headers.get("anthropic-beta", "")
        if "/memory_stores" in asked.path and MEMORY in betas and MANAGED in betas:
            raise Refused(refuse(400, f"anthropic-beta: {MEMORY} and {MANAGED} exclude each other"))
        for method, pattern, verb in self._routes:
            if method == asked.method and (found := pattern.fullmatch(asked.path)):
                return verb(asked, *found.groups())
        raise Refused(refuse(404, f"{asked.method} {asked.path} is not here"))


Verb = Callable[..., Answer]


def _routes(here: StandIn) -> tuple[tuple[str, re.Pattern[str], Verb], ...]:
    stores, sessions, messages, dreams = here.stores, here.sessions, here.messages, here.dreams
    table: tuple[tuple[str, str, Verb], ...] = (
        ("POST", "/v1/messages", messages.create),
        ("POST", "/v1/messages/count_tokens", messages.count),
        ("POST", "/v1/messages/batches", messages.create_batch),
        ("GET", "/v1/messages/batches", messages.list_batches),
        ("GET", "/v1/messages/batches/ID", messages.retrieve_batch),
        ("GET", "/v1/messages/batches/ID/results", messages.batch_results),
        ("POST", "/v1/messages/batches/ID/cancel", messages.cancel_batch),
        ("GET", "/v1/models/ID", messages.retrieve_model),
        ("POST", "/v1/dreams", dreams.create),
        ("GET", "/v1/dreams", dreams.list_dreams),
        ("GET", "/v1/dreams/ID", dreams.retrieve),
        ("POST", "/v1/dreams/ID/cancel", dreams.cancel),
        ("POST", "/v1/dreams/ID/archive", dreams.archive),
        ("GET", "/v1/memory_stores", stores.list_stores),
        ("POST", "/v1/memory_stores", stores.create),
        ("GET", "/v1/memory_stores/ID", stores.retrieve),
        ("DELETE", "/v1/memory_stores/ID", stores.delete),
        ("POST", "/v1/memory_stores/ID/archive", stores.archive),
        ("GET", "/v1/memory_stores/ID/memories", stores.list_memories),
        ("POST", "/v1/memory_stores/ID/memories", stores.create_memory),
        ("GET", "/v1/memory_stores/ID/memories/ID", stores.retrieve_memory),
        ("POST", "/v1/memory_stores/ID/memories/ID", stores.update_memory),
        ("DELETE", "/v1/memory_stores/ID/memories/ID", stores.delete_memory),
        ("GET", "/v1/memory_stores/ID/memory_versions", stores.list_versions),
        ("GET", "/v1/memory_stores/ID/memory_versions/ID", stores.retrieve_version),
        ("POST", "/v1/memory_stores/ID/memory_versions/ID/redact", stores.redact_version),
        ("GET", "/v1/agents", sessions.list_agents),
        ("GET", "/v1/agents/ID", sessions.retrieve_agent),
        ("GET", "/v1/sessions", sessions.list_sessions),
        ("GET", "/v1/sessions/ID", sessions.retrieve),
        ("GET", "/v1/sessions/ID/events", sessions.list_events),
        ("GET", "/v1/sessions/ID/threads", sessions.list_threads),
        ("GET", "/v1/sessions/ID/threads/ID/events", sessions.list_events),
    )
    return tuple(
        (method, re.compile(path.replace("ID", "([^/]+)")), verb) for method, path, verb in table
    )


def _handler(here: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            raw = self.rfile.read(size)
            place = urlsplit(self.path)
            asked = Asked(
                self.command,
                place.path,
                parse_qs(place.query, keep_blank_values=True),
                {name.lower(): value for name, value in self.headers.items()},
                _read(raw),
            )
            self._send(here.answer(asked, raw))

        def _send(self, reply: Answer) -> None:
            self.send_response(reply.status)
            self.send_header("content-type", reply.kind)
            self.send_header("content-length", str(len(reply.body)))
            self.send_header("request-id", f"req_{next(here.ids):05d}")
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body[: reply.cut_after])
            if reply.cut_after is not None:
                self.wfile.flush()
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base's name)
            """Say nothing: what came is kept in `received`."""

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815 (the base calls these)

    return Handler


def _read(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else {}
    except ValueError:
        return {}


@contextmanager
def standing_in(key: str = "", port: int = 0) -> Iterator[StandIn]:
    """Serve a stand-in in a thread of its own until the block ends."""
    here = StandIn(key, port)
    thread = Thread(target=here.serve, daemon=True)
    thread.start()
    try:
        yield here
    finally:
        here.close()
        thread.join(timeout=5)
