"""Hosted dreams: each look at one moves it a step on, so that a test needs no waiting."""

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

from dreaming.standin.sessions import NO_USAGE, Sessions
from dreaming.standin.stores import Stores
from dreaming.standin.wire import Answer, Asked, Refused, answer, page, refuse, spell_now

MOST_SESSIONS = 100
MOST_INSTRUCTIONS = 4_096
MODELS = frozenset({"claude-opus-5", "claude-opus-5-5", "claude-sonnet-5", "claude-sonnet-5-5"})
FINAL = frozenset({"completed", "failed", "canceled"})
LIFE = ("running", "cloned", "completed")
"""What becomes of a dream at each look after it was made, which is when it is pending."""

Dreamer = Callable[[Mapping[str, str], Sequence[Mapping[str, Any]]], Mapping[str, str | None]]
"""dreamer(path -> text before, sessions with their events): path -> text after, None to remove."""


def change_nothing(
    texts: Mapping[str, str], sessions: Sequence[Mapping[str, Any]]
) -> Mapping[str, str | None]:
    """Dream of nothing."""
    return {}


class Dreams:
    """Every dream there is. life: what the next dreams go through, as LIFE or ending in `failed`;
    any other word is a status that no version of the API has told of yet.

    error: what a failed one tells; dreamer: what one writes.
    """

    def __init__(self, stores: Stores, sessions: Sessions) -> None:
        self.stores, self.sessions = stores, sessions
        self.rows: dict[str, dict[str, Any]] = {}
        self.dreamer: Dreamer = change_nothing
        self.life: Sequence[str] = LIFE
        self.error: Mapping[str, str] = {"type": "internal_error", "message": "It broke."}
        self._left: dict[str, list[str]] = {}
        self._dreams = count(1)

    def create(self, asked: Asked) -> Answer:
        """POST /v1/dreams"""
        store, sessions = self._inputs(asked.body.get("inputs") or ())
        model = asked.body.get("model")
        config = {"id": model, "speed": "standard"} if isinstance(model, str) else dict(model or {})
        if config.get("id") not in MODELS or config.get("speed", "standard") != "standard":
            raise Refused(refuse(400, f"model: {config.get('id')} is not supported for dreams"))
        instructions = asked.body.get("instructions")
        if instructions is not None and not 1 <= len(instructions) <= MOST_INSTRUCTIONS:
            raise Refused(refuse(400, f"instructions: 1 to {MOST_INSTRUCTIONS} characters"))
        row = {
            "type": "dream",
            "id": f"drm_{next(self._dreams):04d}",
            "status": "pending",
            "inputs": [
                {"type": "memory_store", "memory_store_id": store},
                {"type": "sessions", "session_ids": sorted(sessions)},
            ],
            "outputs": [],
            "model": {"speed": "standard", **config},
            "instructions": instructions,
            "output_behavior": asked.body.get("output_behavior") or {"type": "create_new"},
            "session_id": None,
            "created_at": spell_now(),
            "ended_at": None,
            "archived_at": None,
            "error": None,
            "usage": dict(NO_USAGE),
        }
        self.rows[str(row["id"])] = row
        self._left[str(row["id"])] = list(self.life)
        return answer(row)

    def _inputs(self, inputs: Sequence[Mapping[str, Any]]) -> tuple[str, list[str]]:
        stores = [one["memory_store_id"] for one in inputs if one.get("type") == "memory_store"]
        lists = [one["session_ids"] for one in inputs if one.get("type") == "sessions"]
        if len(stores) != 1 or len(lists) != 1 or len(inputs) != 2:
            raise Refused(refuse(400, "inputs: exactly one memory_store and one sessions entry"))
        sessions = list(lists[0])
        if not 1 <= len(sessions) <= MOST_SESSIONS or len(set(sessions)) != len(sessions):
            raise Refused(refuse(400, f"session_ids: 1 to {MOST_SESSIONS} unique ids"))
        if self.stores.find(stores[0]).archived_at:
            raise Refused(refuse(400, f"{stores[0]} is archived"))
        for one in sessions:
            if one not in self.sessions.rows:
                raise Refused(refuse(404, f"session {one} not found"))
        return stores[0], sessions

    def list_dreams(self, asked: Asked) -> Answer:
        """GET /v1/dreams"""
        statuses = asked.query.get("statuses[]", ())
        archived = asked.one("include_archived") == "true"
        rows = [
            one
            for one in reversed(self.rows.values())
            if (not statuses or one["status"] in statuses)
            and (archived or not one["archived_at"])
            and one["created_at"] > asked.one("created_at[gt]")
        ]
        return page(rows, asked)

    def retrieve(self, asked: Asked, dream: str) -> Answer:
        """GET /v1/dreams/{id}: tell of it, after one step more of its life."""
        row = self._find(dream)
        left = self._left[dream]
        if row["status"] not in FINAL and left:
            self._step(row, left.pop(0))
        return answer(row)

    def cancel(self, asked: Asked, dream: str) -> Answer:
        """POST /v1/dreams/{id}/cancel"""
        row = self._find(dream)
        if row["status"] in {"completed", "failed"}:
            raise Refused(refuse(400, f"{dream} is {row['status']}"))
        if row["status"] != "canceled":
            row |= {"status": "canceled", "ended_at": spell_now()}
        return answer(row)

    def archive(self, asked: Asked, dream: str) -> Answer:
        """POST /v1/dreams/{id}/archive"""
        row = self._find(dream)
        if row["status"] not in FINAL:
            raise Refused(refuse(400, f"{dream} is {row['status']}"))
        row["archived_at"] = row["archived_at"] or spell_now()
        return answer(row)

    def _find(self, dream: str) -> dict[str, Any]:
        if dream not in self.rows:
            raise Refused(refuse(404, f"dream {dream} not found"))
        return self.rows[dream]

    def _step(self, row: dict[str, Any], step: str) -> None:
        """Move a dream on: running, cloned (an output store that is not whole), or to its end."""
        if row["session_id"] is None:
            pipeline = {"id": "agent_dream", "name": "dream"}
            row["session_id"] = self.sessions.make(pipeline, [], status="running")["id"]
        row["status"] = "running" if step == "cloned" else step
        if step in {"cloned", "completed"} and not row["outputs"]:
            self._clone(row)
        if step == "completed":
            self._write(row)
            row["usage"] = dict(NO_USAGE) | {"input_tokens": 12_000, "output_tokens": 900}
        if step == "failed":
            row["error"] = dict(self.error)
        if step in FINAL:
            row["ended_at"] = spell_now()
            self.sessions.rows[row["session_id"]]["status"] = "terminated"

    def _clone(self, row: dict[str, Any]) -> None:
        store = self.stores.find(row["inputs"][0]["memory_store_id"])
        output = store
        if row["output_behavior"]["type"] == "create_new":
            output = self.stores.clone(store, f"{store.name} after {row['id']}")
        row["outputs"] = [{"type": "memory_store", "memory_store_id": output.id}]

    def _write(self, row: dict[str, Any]) -> None:
        output = self.stores.find(row["outputs"][0]["memory_store_id"])
        read = [
            {**self.sessions.rows[one], "events": self.sessions.events[one, ""]}
            for one in row["inputs"][1]["session_ids"]
        ]
        actor = {"type": "session_actor", "session_id": row["session_id"]}
        for path, text in self.dreamer(output.texts(), read).items():
            if text is not None:
                self.stores.write(output, path, text, actor)
                continue
            for one in list(output.memories.values()):
                if one["path"] == path:
                    self.stores.remove(output, one, actor)
