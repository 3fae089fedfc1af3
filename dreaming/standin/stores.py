"""Memory stores, their memories and the versions of these, with who wrote them."""

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from dreaming.standin.wire import Answer, Asked, Refused, answer, page, refuse, spell_now

MOST_MEMORIES = 2_000
MOST_BYTES = 102_400
MOST_FULL = 20
KEY: Mapping[str, str] = {"type": "api_actor", "api_key_id": "apikey_daybreak"}
"""Who writes through the API: the one key that the stand-in knows."""


def sha256_of(text: str) -> str:
    """Return the hash by which a memory's text is known."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Store:
    """A store. memories: by id; versions: oldest first."""

    id: str
    name: str
    description: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    created_at: str = field(default_factory=spell_now)
    archived_at: str | None = None
    memories: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: list[dict[str, Any]] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        """Return the store as the API tells it."""
        return {
            "type": "memory_store",
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "metadata": self.metadata,
            "created_at": self.created_at,
            "updated_at": self.archived_at or self.created_at,
            "archived_at": self.archived_at,
        }

    def texts(self) -> dict[str, str]:
        """Return path -> text of what it holds now."""
        return {one["path"]: one["content"] for one in self.memories.values()}


class Stores:
    """Every store there is; ids are counted, so that they can be told apart in a test's output."""

    def __init__(self) -> None:
        self.rows: dict[str, Store] = {}
        self._stores, self._memories, self._versions = count(1), count(1), count(1)

    def make(self, name: str, texts: Mapping[str, str] | None = None) -> Store:
        """Return a new store that holds `texts` (path -> text)."""
        store = Store(f"memstore_{next(self._stores):04d}", name)
        self.rows[store.id] = store
        for path, text in (texts or {}).items():
            self.write(store, path, text, KEY)
        return store

    def clone(self, store: Store, name: str) -> Store:
        """Return a new store with the same paths and texts under new ids."""
        return self.make(name, store.texts())

    def write(self, store: Store, path: str, text: str, actor: Mapping[str, str]) -> dict[str, Any]:
        """Write a text at its path, whoever wrote there before; return the memory."""
        found = next((one for one in store.memories.values() if one["path"] == path), None)
        operation = "modified" if found else "created"
        memory = found or {
            "type": "memory",
            "id": f"mem_{next(self._memories):04d}",
            "memory_store_id": store.id,
            "created_at": spell_now(),
        }
        memory |= {
            "path": path,
            "content": text,
            "content_sha256": sha256_of(text),
            "content_size_bytes": len(text.encode()),
            "updated_at": spell_now(),
        }
        store.memories[memory["id"]] = memory
        memory["memory_version_id"] = self._keep(store, memory, operation, actor)
        return memory

    def remove(self, store: Store, memory: dict[str, Any], actor: Mapping[str, str]) -> None:
        """Take a memory out; its versions stay."""
        self._keep(store, memory, "deleted", actor)
        del store.memories[memory["id"]]

    def _keep(
        self, store: Store, memory: Mapping[str, Any], operation: str, actor: Mapping[str, str]
    ) -> str:
        gone = operation == "deleted"
        version = {
            "type": "memory_version",
            "id": f"memver_{next(self._versions):04d}",
            "memory_id": memory["id"],
            "memory_store_id": store.id,
            "operation": operation,
            "path": memory["path"],
            "content": None if gone else memory["content"],
            "content_sha256": None if gone else memory["content_sha256"],
            "content_size_bytes": None if gone else memory["content_size_bytes"],
            "created_at": spell_now(),
            "created_by": dict(actor),
            "redacted_at": None,
            "redacted_by": None,
        }
        store.versions.append(version)
        return str(version["id"])

    # What the API offers.

    def list_stores(self, asked: Asked) -> Answer:
        """GET /v1/memory_stores"""
        wanted = asked.one("include_archived") == "true"
        return page(
            [one.row() for one in self.rows.values() if wanted or not one.archived_at], asked
        )

    def create(self, asked: Asked) -> Answer:
        """POST /v1/memory_stores"""
        store = self.make(str(asked.body["name"]))
        store.description = asked.body.get("description") or ""
        store.metadata = asked.body.get("metadata") or {}
        return answer(store.row())

    def retrieve(self, asked: Asked, store: str) -> Answer:
        """GET /v1/memory_stores/{id}"""
        return answer(self.find(store).row())

    def delete(self, asked: Asked, store: str) -> Answer:
        """DELETE /v1/memory_stores/{id}"""
        self.find(store)
        del self.rows[store]
        return answer({"id": store, "type": "memory_store_deleted"})

    def archive(self, asked: Asked, store: str) -> Answer:
        """POST /v1/memory_stores/{id}/archive"""
        found = self.find(store)
        found.archived_at = found.archived_at or spell_now()
        return answer(found.row())

    def list_memories(self, asked: Asked, store: str) -> Answer:
        """GET /v1/memory_stores/{id}/memories"""
        prefix = asked.one("path_prefix")
        if prefix and not prefix.endswith("/"):
            raise Refused(refuse(400, "path_prefix: must end with /"))
        full = asked.one("view", "basic") == "full"
        rows = sorted(self.find(store).memories.values(), key=lambda one: str(one["path"]))
        shown = [_seen(one, full) for one in rows if str(one["path"]).startswith(prefix)]
        return page(shown, asked, most=MOST_FULL if full else 100)

    def create_memory(self, asked: Asked, store: str) -> Answer:
        """POST /v1/memory_stores/{id}/memories"""
        found = self._writable(store)
        path, text = str(asked.body["path"]), str(asked.body["content"])
        _check(path, text)
        self._refuse_taken(found, path)
        if len(found.memories) >= MOST_MEMORIES:
            raise Refused(refuse(400, f"A store holds at most {MOST_MEMORIES} memories."))
        return answer(_seen(self.write(found, path, text, KEY), asked.one("view") == "full"))

    def retrieve_memory(self, asked: Asked, store: str, memory: str) -> Answer:
        """GET /v1/memory_stores/{id}/memories/{id}"""
        found = self._memory(self.find(store), memory)
        return answer(_seen(found, asked.one("view", "full") == "full"))

    def update_memory(self, asked: Asked, store: str, memory: str) -> Answer:
        """POST /v1/memory_stores/{id}/memories/{id}"""
        place = self._writable(store)
        found = self._memory(place, memory)
        text = found["content"] if asked.body.get("content") is None else asked.body["content"]
        path = asked.body.get("path") or found["path"]
        if (text, path) == (found["content"], found["path"]):
            return answer(_seen(found, asked.one("view") == "full"))
        self._hold(found, (asked.body.get("precondition") or {}).get("content_sha256"))
        _check(path, text)
        if path != found["path"]:
            self._refuse_taken(place, path)
            found["path"] = path
        return answer(_seen(self.write(place, path, text, KEY), asked.one("view") == "full"))

    def delete_memory(self, asked: Asked, store: str, memory: str) -> Answer:
        """DELETE /v1/memory_stores/{id}/memories/{id}"""
        place = self.find(store)
        found = self._memory(place, memory)
        self._hold(found, asked.one("expected_content_sha256") or None)
        self.remove(place, found, KEY)
        return answer({"id": memory, "type": "memory_deleted"})

    def list_versions(self, asked: Asked, store: str) -> Answer:
        """GET /v1/memory_stores/{id}/memory_versions"""
        wanted = {name: asked.one(name) for name in ("memory_id", "operation") if asked.one(name)}
        session = asked.one("session_id")
        rows = [
            one
            for one in reversed(self.find(store).versions)
            if all(one[name] == value for name, value in wanted.items())
            and (not session or one["created_by"].get("session_id") == session)
            and one["created_at"] >= asked.one("created_at[gte]")
        ]
        return page([_seen(one, asked.one("view") == "full") for one in rows], asked)

    def retrieve_version(self, asked: Asked, store: str, version: str) -> Answer:
        """GET /v1/memory_stores/{id}/memory_versions/{id}"""
        found = _first(self.find(store).versions, version)
        return answer(_seen(found, asked.one("view", "full") == "full"))

    def redact_version(self, asked: Asked, store: str, version: str) -> Answer:
        """POST /v1/memory_stores/{id}/memory_versions/{id}/redact"""
        place = self.find(store)
        found = _first(place.versions, version)
        if any(one["memory_version_id"] == version for one in place.memories.values()):
            raise Refused(refuse(400, "A live head cannot be redacted."))
        gone = ("content", "path", "content_sha256", "content_size_bytes")
        found |= dict.fromkeys(gone) | {"redacted_at": spell_now(), "redacted_by": dict(KEY)}
        return answer(found)

    def find(self, store: str) -> Store:
        """Return the store, or refuse with 404."""
        if store not in self.rows:
            raise Refused(refuse(404, f"memory_store {store} not found"))
        return self.rows[store]

    def _writable(self, store: str) -> Store:
        found = self.find(store)
        if found.archived_at:
            raise Refused(refuse(400, f"{store} is archived."))
        return found

    def _memory(self, store: Store, memory: str) -> dict[str, Any]:
        if memory not in store.memories:
            raise Refused(refuse(404, f"memory {memory} not found"))
        return store.memories[memory]

    def _refuse_taken(self, store: Store, path: str) -> None:
        for one in store.memories.values():
            if one["path"] == path:
                kind = "memory_path_conflict_error"
                more = {"conflicting_memory_id": one["id"], "conflicting_path": path}
                raise Refused(refuse(409, f"A memory already exists at {path}.", kind, **more))

    def _hold(self, memory: Mapping[str, Any], expected: str | None) -> None:
        if expected is not None and expected != memory["content_sha256"]:
            kind = "memory_precondition_failed_error"
            raise Refused(refuse(409, "content_sha256 does not match.", kind))


def _seen(row: Mapping[str, Any], full: bool) -> dict[str, Any]:  # noqa: FBT001 (the API's view)
    return dict(row) if full else {**row, "content": None}


def _first(rows: Iterable[dict[str, Any]], wanted: str) -> dict[str, Any]:
    for one in rows:
        if one["id"] == wanted:
            return one
    raise Refused(refuse(404, f"{wanted} not found"))


def _check(path: str, text: str) -> None:
    parts = path.split("/")[1:]
    is_sound = (
        path.startswith("/")
        and len(path.encode()) <= 1_024
        and len(parts) <= 20
        and all(part not in {"", ".", ".."} for part in parts)
        and unicodedata.is_normalized("NFC", path)
        and not any(unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} for c in path)
    )
    if not is_sound:
        raise Refused(refuse(400, f"path: {path!r} is not a valid memory path"))
    if len(text.encode()) > MOST_BYTES:
        raise Refused(refuse(400, f"content: at most {MOST_BYTES} bytes"))
