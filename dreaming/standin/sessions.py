"""Agents, their sessions, the threads of these and every event, as an importer reads them."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from dreaming.standin.wire import Answer, Asked, Refused, answer, page, refuse, spell_now

NO_USAGE: Mapping[str, int] = {
    "input_tokens": 0,
    "output_tokens": 0,
    "cache_read_input_tokens": 0,
    "cache_creation_input_tokens": 0,
}


class Sessions:
    """Every agent and session there is. events: by session, then by thread ('' is the primary)."""

    def __init__(self) -> None:
        self.agents: dict[str, dict[str, Any]] = {}
        self.rows: dict[str, dict[str, Any]] = {}
        self.threads: dict[str, list[dict[str, Any]]] = {}
        self.events: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._agents, self._sessions, self._events = count(1), count(1), count(1)

    def make_agent(self, name: str) -> dict[str, Any]:
        """Return a new agent."""
        row = {
            "type": "agent",
            "id": f"agent_{next(self._agents):04d}",
            "version": 1,
            "name": name,
            "description": "",
            "system": "",
            "model": {"id": "claude-sonnet-5-5"},
            "tools": [],
            "skills": [],
            "mcp_servers": [],
            "metadata": {},
            "multiagent": None,
            "execution_identity": {"type": "default"},
            "created_at": spell_now(),
            "updated_at": spell_now(),
            "archived_at": None,
        }
        self.agents[str(row["id"])] = row
        return row

    def make(
        self,
        agent: Mapping[str, Any],
        events: Sequence[Mapping[str, Any]],
        *,
        stores: Mapping[str, str] | None = None,
        status: str = "idle",
        title: str = "",
        metadata: Mapping[str, str] | None = None,
        outcomes: Sequence[Mapping[str, Any]] = (),
    ) -> dict[str, Any]:
        """Return a new session of `agent` with its events.

        events: each {type, ...}, ids and times are added. stores: attached stores with their
        access (read_only, read_write).
        """
        row = {
            "type": "session",
            "id": f"sesn_{next(self._sessions):04d}",
            "agent": {"type": "agent", "id": agent["id"], "version": 1, "name": agent["name"]},
            "status": status,
            "title": title,
            "metadata": dict(metadata or {}),
            "environment_id": "env_0001",
            "resources": [
                {
                    "type": "memory_store",
                    "memory_store_id": store,
                    "access": access,
                    "name": store,
                    "mount_path": f"/mnt/memory/{store}/",
                }
                for store, access in (stores or {}).items()
            ],
            "outcome_evaluations": [dict(one) for one in outcomes],
            "stats": {"active_seconds": 1.0, "duration_seconds": 2.0},
            "usage": dict(NO_USAGE),
            "vault_ids": [],
            "budget": None,
            "created_at": spell_now(),
            "updated_at": spell_now(),
            "archived_at": None,
        }
        session = str(row["id"])
        self.rows[session], self.threads[session] = row, []
        self.events[session, ""] = [self._event(one) for one in events]
        return row

    def add_thread(
        self, session: str, name: str, events: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Give a session a sub-agent's thread with its own events."""
        made = self.threads[session]
        row = {
            "type": "session_thread",
            "id": f"sthr_{session.removeprefix('sesn_')}_{len(made) + 1}",
            "session_id": session,
            "parent_thread_id": "primary",
            "agent": {"type": "agent", "id": "agent_sub", "version": 1, "name": name},
            "status": "idle",
            "created_at": spell_now(),
            "updated_at": spell_now(),
            "archived_at": None,
        }
        made.append(row)
        self.events[session, str(row["id"])] = [self._event(one) for one in events]
        return row

    def say(self, session: str, *events: Mapping[str, Any]) -> None:
        """Append events to the primary thread of a session."""
        self.events[session, ""] += [self._event(one) for one in events]
        self.rows[session]["updated_at"] = spell_now()

    def _event(self, event: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": f"sevt_{next(self._events):05d}", "processed_at": spell_now(), **event}

    # What the API offers.

    def list_agents(self, asked: Asked) -> Answer:
        """GET /v1/agents"""
        return page(list(self.agents.values()), asked)

    def retrieve_agent(self, asked: Asked, agent: str) -> Answer:
        """GET /v1/agents/{id}"""
        if agent not in self.agents:
            raise Refused(refuse(404, f"agent {agent} not found"))
        return answer(self.agents[agent])

    def list_sessions(self, asked: Asked) -> Answer:
        """GET /v1/sessions"""
        agent, store = asked.one("agent_id"), asked.one("memory_store_id")
        statuses = asked.query.get("statuses[]", ())
        rows = [
            one
            for one in self.rows.values()
            if (not agent or one["agent"]["id"] == agent)
            and (not statuses or one["status"] in statuses)
            and (not store or store in [r["memory_store_id"] for r in one["resources"]])
            and one["created_at"] >= asked.one("created_at[gte]")
        ]
        return page(rows, asked)

    def retrieve(self, asked: Asked, session: str) -> Answer:
        """GET /v1/sessions/{id}"""
        return answer(self._find(session))

    def list_events(self, asked: Asked, session: str, thread: str = "") -> Answer:
        """GET /v1/sessions/{id}/events, and of one thread"""
        self._find(session)
        if (session, thread) not in self.events:
            raise Refused(refuse(404, f"thread {thread} not found"))
        types = asked.query.get("types[]", ())
        since = asked.one("created_at[gte]")
        rows = [
            one
            for one in self.events[session, thread]
            if (not types or one["type"] in types) and one["processed_at"] >= since
        ]
        return page(rows[::-1] if asked.one("order") == "desc" else rows, asked)

    def list_threads(self, asked: Asked, session: str) -> Answer:
        """GET /v1/sessions/{id}/threads"""
        self._find(session)
        return page(self.threads[session], asked)

    def _find(self, session: str) -> dict[str, Any]:
        if session not in self.rows:
            raise Refused(refuse(404, f"session {session} not found"))
        return self.rows[session]
