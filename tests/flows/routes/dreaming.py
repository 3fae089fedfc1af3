"""The addresses of the room of dreaming: dreams, schedules, agents."""

from typing import Any

from agents.numbers import take_numbers
from tests import build
from tests.cast import Cast
from tests.flows.routes.lines import REASON, Route, at_agent, here, sends
from tests.reviews.poison import quarantine


def at_dream(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"number": build.dream(cast.store).number}


def at_running(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"number": build.dream(cast.store, "running").number}


def at_held(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"number": build.dream(cast.store, "held").number}


def at_own_store(cast: Cast) -> dict[str, Any]:
    return {"store": cast.agent.slug}


def at_store(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"store": cast.agent.slug}


def at_session(cast: Cast) -> dict[str, Any]:
    return {"kind": "session", "target": str(build.session(cast.agent))}


def with_counts(cast: Cast) -> dict[str, Any]:
    return at_session(cast) | {
        "reason": "Odd",
        "memories": 0,
        "flagged": 0,
        "sessions": 1,
        "proposals": 0,
    }


def at_quarantine(cast: Cast) -> dict[str, Any]:
    take_numbers(cast.workspace, "Q", 1_000)
    made = quarantine(cast, "memory", build.memory(cast.store, "/quarantined.md"))
    return here(cast) | {"number": made.quarantine.number}


def at_linked(cast: Cast) -> dict[str, Any]:
    build.hosted_store(cast.store, cast.lead)
    return at_store(cast)


def at_strayed(cast: Cast) -> dict[str, Any]:
    build.outside_write(build.hosted_store(cast.store, cast.lead))
    return at_store(cast)


def with_writes(cast: Cast) -> dict[str, Any]:
    link = build.hosted_store(cast.store, cast.lead)
    return {"write": [str(link.writes.latest("pk").pk)], "reason": "Looked at"}


TIMES = sends(
    cron="0 2 * * *", zone="UTC", min_sessions=5, min_hours=24, idle_minutes=0, instructions=""
)
ROUTES = [
    # Dreams                        anonymous outsider reviewer lead auditor admin token
    Route("dreams", "GET", here, "in 404 200 200 200 403 in"),
    Route("dream_start", "POST", here, "in 404 403 302 403 403 in", at_own_store),
    Route("schedule", "GET", at_store, "in 404 200 200 200 403 in"),
    Route("schedule_set", "POST", at_store, "in 404 403 302 403 403 in", TIMES),
    Route("dreams_pause", "POST", here, "in 404 403 302 403 403 in", REASON),
    Route("dreams_resume", "POST", here, "in 404 403 422 403 403 in", REASON),
    Route("dream", "GET", at_dream, "in 404 200 200 200 403 in"),
    Route("dream_progress", "GET", at_running, "in 404 302 302 302 403 in"),
    Route("dream_cancel", "POST", at_running, "in 404 403 302 403 403 in"),
    Route("dream_agree", "POST", at_running, "in 404 403 302 403 403 in"),
    Route("dream_admit", "POST", at_held, "in 404 302 302 403 403 in"),
    Route("insights", "GET", here, "in 404 200 200 200 403 in"),
    # Agents                        anonymous outsider reviewer lead auditor admin token
    Route("agents", "GET", here, "in 404 200 200 200 403 in"),
    Route("agent", "GET", at_agent, "in 404 200 200 200 403 in"),
    Route("release_on", "GET", at_store, "in 404 302 302 302 403 in", sends(day="2126-01-01")),
    Route("outcomes", "GET", at_store, "in 404 200 200 200 403 in"),
    Route("shared_memory", "GET", here, "in 404 200 200 200 403 in"),
    # Stores at a vendor            anonymous outsider reviewer lead auditor admin token
    Route("hosted", "GET", at_linked, "in 404 200 200 200 403 in"),
    Route("hosted_link", "POST", at_store, "in 404 403 422 403 403 in", sends(remote_id="")),
    Route("hosted_unlink", "POST", at_linked, "in 404 403 302 403 403 in", REASON),
    Route("hosted_sync", "POST", at_linked, "in 404 403 302 403 403 in"),
    Route("hosted_revert", "POST", at_strayed, "in 404 403 302 403 403 in", with_writes),
    Route("hosted_take_up", "POST", at_strayed, "in 404 403 302 403 403 in", with_writes),
    # Quarantine                    anonymous outsider reviewer lead auditor admin token
    Route("quarantines", "GET", here, "in 404 200 200 200 403 in"),
    Route("quarantine_new", "GET", here, "in 404 403 200 403 403 in", at_session),
    Route("quarantine_new", "POST", here, "in 404 403 303 403 403 in", with_counts),
    Route("quarantine", "GET", at_quarantine, "in 404 200 200 200 403 in"),
    Route(
        "quarantine",
        "POST",
        at_quarantine,
        "in 404 303 403 403 403 in",
        sends(verdict="confirmed", reason="Looked at"),
    ),
    Route(
        "quarantine_let_in",
        "POST",
        at_quarantine,
        "in 404 409 403 403 403 in",
        REASON,
    ),
    Route(
        "quarantine_restore",
        "POST",
        at_quarantine,
        "in 404 303 403 403 403 in",
        lambda cast: {"memory": cast.store.memories.get().number, "reason": "Sound"},
    ),
]
