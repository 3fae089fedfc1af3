"""What agents' stacks call beside sessions and memory: the memory tool. docs/api.md shows it."""

import json
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse

from agents.access import token_request
from agents.api import agent_of_token, as_json, only
from agents.bodies import read_body
from agents.errors import MalformedRequest
from agents.http import TokenRequest
from agents.models import Scope
from agents.wire import ToolAnswer
from reviews.memory_tool import MODEL_ERRORS, use_memory


@only("POST")
@token_request(Scope.MEMORY_PROPOSE)
def memory_tool(request: TokenRequest, slug: str) -> HttpResponse:
    """Run one command of the memory tool; what the model did wrong is an answer for the model."""
    agent = agent_of_token(request, slug)
    session, command = read_command(request)
    try:
        told = use_memory(agent, session, command, token=request.token)
    except MODEL_ERRORS as error:
        answer = ToolAnswer(result=str(error), is_error=True, proposals=[])
    else:
        answer = ToolAnswer(result=told.words, is_error=False, proposals=list(told.proposals))
    return as_json(answer, HTTPStatus.OK)


def read_command(request: TokenRequest) -> tuple[str, dict[str, Any]]:
    """Return the session and the tool's input; raises MalformedRequest."""
    try:
        body = json.loads(read_body(request))
    except ValueError as error:
        raise MalformedRequest("The body is no JSON.") from error
    session = body.get("session") if isinstance(body, dict) else None
    command = body.get("input") if isinstance(body, dict) else None
    if not isinstance(session, str) or not session or not isinstance(command, dict):
        raise MalformedRequest(
            'Send {"session": "<your id of the session>", "input": {…}}: the input is what the '
            "model gave the tool."
        )
    return session, command
