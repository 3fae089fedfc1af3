"""The addresses of the room of agents: people, tokens, the workspace, sessions."""

from typing import Any

from agents.models import Token
from agents.people import add_person, set_group
from tests import build
from tests.cast import Cast
from tests.flows.routes.lines import REASON, Route, at_agent, here, sends


def at_person(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"person": cast.second_reviewer.public_id}


def at_invited(cast: Cast) -> dict[str, Any]:
    waiting = add_person(
        cast.workspace, email="rita@x.example", name="Rita", role="lead", by=cast.admin
    )
    return here(cast) | {"person": waiting.person.public_id}


def at_group(cast: Cast) -> dict[str, Any]:
    set_group(cast.workspace, "risk-desk", [cast.lead], by=cast.admin)
    return here(cast) | {"group": "risk-desk"}


def at_token(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"token": Token.objects.get(agent=cast.agent).public_id}


def at_session(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"number": build.session(cast.agent).number}


def at_turn(cast: Cast) -> dict[str, Any]:
    return at_session(cast) | {"revision": 1, "turn": 0}


ROUTES = [
    # The workspace                 anonymous outsider reviewer lead auditor admin token
    Route("workspace_home", "GET", here, "in 404 200|302 200|302 200|302 302 in"),
    Route("people", "GET", here, "in 404 403 403 403 200 in"),
    Route(
        "person_add",
        "POST",
        here,
        "in 404 403 403 403 200 in",
        sends(name="Rita", email="rita@x.example", role="lead"),
    ),
    Route("person_role", "POST", at_person, "in 404 403 403 403 302 in", sends(role="lead")),
    Route("person_invite", "POST", at_invited, "in 404 403 403 403 200 in"),
    Route("person_remove", "POST", at_person, "in 404 403 403 403 302 in"),
    Route(
        "group_set",
        "POST",
        here,
        "in 404 403 403 403 302 in",
        lambda cast: {"name": "risk", "people": [cast.lead.public_id]},
    ),
    Route("group_remove", "POST", at_group, "in 404 403 403 403 302 in"),
    Route("group_qualify", "POST", at_group, "in 404 403 403 403 302 in", sends(days=365)),
    Route("group_waive", "POST", at_group, "in 404 403 403 403 302 in"),
    Route("tokens", "GET", here, "in 404 403 403 403 200 in"),
    Route(
        "token_issue",
        "POST",
        here,
        "in 404 403 403 403 200 in",
        sends(label="Pipeline", scopes=["memory:read"], days=30),
    ),
    Route("token_revoke", "POST", at_token, "in 404 403 403 403 302 in"),
    Route("workspace", "GET", here, "in 404 403 200 403 200 in"),
    Route("workspace_freeze", "POST", here, "in 404 403 302 403 302 in", REASON),
    Route("workspace_unfreeze", "POST", here, "in 404 403 422 403 403 in", REASON),
    Route("checks_set", "POST", here, "in 404 403 302 403 403 in", sends(names="lint")),
    Route("boundary_set", "POST", here, "in 404 403 403 403 302 in", sends(regions="anthropic:us")),
    Route("agent_add", "POST", here, "in 404 403 403 403 302 in", sends(slug="claims")),
    Route("agent_owner", "POST", at_agent, "in 404 403 403 403 302 in", sends(owner="")),
    Route("agent_freeze", "POST", at_agent, "in 404 403 302 403 302 in", REASON),
    Route("agent_unfreeze", "POST", at_agent, "in 404 403 422 403 403 in", REASON),
    # Sessions                      anonymous outsider reviewer lead auditor admin token
    Route("sessions", "GET", here, "in 404 200 200 200 403 in"),
    Route("session", "GET", at_session, "in 404 200 200 200 403 in"),
    Route("turn_reveal", "POST", at_turn, "in 404 403 403 200 403 in"),
]
