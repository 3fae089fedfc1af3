"""A dream's result as JSON: what it must hold, and what is the same for the same sessions."""

import json
from typing import Any

import pytest

from dreaming.models import Dream
from dreaming.results import result_of
from reviews.models import Proposal
from tests import build
from tests.cast import Cast
from tests.dreaming import nights
from tests.dreaming.conftest import Seated

pytestmark = pytest.mark.django_db

OF_ITS_OWN = {"id", "status", "risk", "route"}


def lasting(result: dict[str, Any]) -> bytes:
    """Return the bytes that must be the same for the same sessions."""
    proposals = [
        {name: value for name, value in one.items() if name not in OF_ITS_OWN}
        for one in result["proposals"]
    ]
    parts = (result["patterns"], result["dropped"], proposals)
    return json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()


def result(dream: Dream) -> dict[str, Any]:
    return result_of(nights.fresh(dream), seconds=0.5)


def test_everything_is_plain_json(cast: Cast):
    nights.sessions(cast.agent)
    made = result(nights.dreamt(cast.store, "local"))
    assert json.loads(json.dumps(made)) == made
    assert made["sessions_read"] == 4
    assert made["seconds"] == 0.5
    assert made["usage"] == {"sessions": 4, "events": 16}


def test_a_pattern_has_its_numbers(cast: Cast):
    nights.sessions(cast.agent)
    (pattern,) = result(nights.dreamt(cast.store, "local"))["patterns"]
    assert (pattern["support"], pattern["tasks"], pattern["principals"]) == (4, 4, 4)
    assert (pattern["agents"], pattern["claim"], pattern["conditions"]) == (1, "", [])
    assert pattern["domains"] == pattern["numbers"]["domains"]
    assert pattern["signal"] == "outcome"
    assert pattern["q"] is None
    assert len(pattern["key"]) == 64


def test_a_filed_proposal_has_its_id_risk_and_route(cast: Cast):
    nights.sessions(cast.agent)
    (one,) = result(nights.dreamt(cast.store, "local"))["proposals"]
    proposal = Proposal.objects.get()
    assert (one["id"], one["status"], one["op"]) == (str(proposal), "filed", "create")
    assert (one["risk"], one["route"]) == (proposal.risk, proposal.route)
    assert one["path"] == proposal.path
    assert one["rationale"] == proposal.revisions.get().rationale
    assert len(one["evidence"]) == 4
    assert {"session", "event", "quote", "start", "end", "sha256"} <= set(one["evidence"][0])


def test_what_was_open_already_has_the_others_id_and_no_risk(cast: Cast):
    nights.sessions(cast.agent)
    nights.dreamt(cast.store, "local")
    (one,) = result(nights.dreamt(cast.store, "local"))["proposals"]
    assert (one["id"], one["status"]) == (str(Proposal.objects.get()), "already_open")
    assert (one["risk"], one["route"]) == (None, None)


def test_a_second_dream_gives_the_same_bytes(cast: Cast):
    nights.sessions(cast.agent, 6)
    first = result(nights.dreamt(cast.store, "local"))
    second = result(nights.dreamt(cast.store, "local"))
    assert lasting(first) == lasting(second)


def test_left_out_sessions_are_told(cast: Cast, seat: Seated):
    nights.sessions(cast.agent)
    cast.agent.sessions.filter(number=1).update(not_agent_fault="The shop was down.")
    made = result(nights.dreamt(cast.store, "local"))
    why = {"why": "failed for reasons outside the agent", "sessions": 1}
    assert (made["left_out"], made["sessions_read"]) == ([why], 3)


def test_a_merge_names_what_it_folds_in(cast: Cast):
    nights.sessions(cast.agent, 1)
    for path in ("/a.md", "/b.md"):
        build.memory(cast.store, path, "Ask before a refund is made.\n")
    (one,) = result(nights.dreamt(cast.store, "local"))["proposals"]
    assert (one["op"], one["path"], one["merged"]) == ("merge", "/a.md", ["/b.md"])
