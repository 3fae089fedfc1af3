"""The API's description, made from the models that read and write its bodies."""

from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from agents.models import Scope
from agents.transcripts.wire import SessionRecord
from agents.wire import ErrorAnswer, MemoryAnswer, SessionsAnswer, ToolAnswer, ToolCall

REF = "#/components/schemas/{model}"
JSON = "application/json"
ERRORS = {
    "400": "The request cannot be read: a field is missing or malformed.",
    "401": "The token is missing, unknown, expired or revoked.",
    "403": "The token lacks the scope.",
    "404": "No such agent or release for this token.",
    "405": "The method is not possible here.",
    "413": "The body is too large, packed or unpacked.",
    "415": "The content type or encoding is not known.",
    "422": "What was sent cannot be taken.",
}
Described = dict[str, Any]


@cache
def describe_api() -> Described:
    """Return the OpenAPI 3.1 document."""
    schemas = models_json_schema(
        [
            (SessionRecord, "validation"),
            (SessionsAnswer, "serialization"),
            (MemoryAnswer, "serialization"),
            (ToolCall, "validation"),
            (ToolAnswer, "serialization"),
            (ErrorAnswer, "serialization"),
        ],
        ref_template=REF,
    )[1]["$defs"]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Daybreak",
            "version": "1",
            "description": "Sessions of agents in, approved memory out.",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": {
            "/sessions": {"post": _describe_sessions()},
            "/agents/{agent}/memory": {"get": _describe_memory()},
            "/agents/{agent}/memory-tool": {"post": _describe_tool()},
        },
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "dbk_…, issued by an admin of the workspace.",
                }
            },
            "schemas": schemas,
        },
    }


def _describe_sessions() -> Described:
    session = _ref("SessionRecord")
    answer = {JSON: {"schema": _ref("SessionsAnswer")}}
    return {
        "operationId": "send_sessions",
        "summary": "Store sessions; the same content again changes nothing",
        "description": f"Needs the scope {Scope.SESSIONS_WRITE.value}. Content-Encoding may be"
        " gzip.",
        "requestBody": {
            "required": True,
            "content": {
                JSON: {"schema": {"oneOf": [session, {"type": "array", "items": session}]}},
                "application/jsonl": {
                    "schema": {"type": "string", "description": "a session a line"}
                },
            },
        },
        "responses": {
            "200": {"description": "Every session is stored.", "content": answer},
            "207": {"description": "Some were refused; see `refused`.", "content": answer},
            **_errors("400", "401", "403", "405", "413", "415"),
            "422": {
                "description": "Every session was refused, or the body is no JSON.",
                "content": {
                    JSON: {"schema": {"oneOf": [_ref("SessionsAnswer"), _ref("ErrorAnswer")]}}
                },
            },
        },
    }


def _describe_memory() -> Described:
    return {
        "operationId": "read_memory",
        "summary": "Give a session that begins its memory",
        "description": f"Needs the scope {Scope.MEMORY_READ.value}. A session keeps the releases"
        " it began with, always less what is quarantined.",
        "parameters": [
            _parameter("agent", "path", "The agent's slug.", {"type": "string"}),
            _parameter(
                "session",
                "query",
                "Your id of the session that begins: the external_id it is sent with later.",
                {"type": "string", "minLength": 1, "maxLength": 300},
            ),
            _parameter(
                "budget_tokens",
                "query",
                "The most tokens the text may have.",
                {"type": "integer", "minimum": 1, "maximum": 1_000_000, "default": 4_000},
            ),
            _parameter(
                "release",
                "query",
                "A release to read instead, of the agent's memory or of the shared one.",
                {"type": "string", "pattern": "^R-[0-9]+$"},
            ),
            _parameter("If-None-Match", "header", "The ETag of before.", {"type": "string"}),
        ],
        "responses": {
            "200": {
                "description": "The memory of this session.",
                "headers": {
                    name: {"schema": {"type": "string"}}
                    for name in (
                        "ETag",
                        "Daybreak-Release",
                        "Daybreak-Shared-Release",
                        "Daybreak-Memory-Sha256",
                    )
                },
                "content": {
                    "text/markdown": {"schema": {"type": "string"}},
                    JSON: {"schema": _ref("MemoryAnswer")},
                },
            },
            "304": {"description": "This session has this text already."},
            **_errors("400", "401", "403", "404", "405", "422"),
        },
    }


def _describe_tool() -> Described:
    return {
        "operationId": "use_memory",
        "summary": "Run a command of the memory tool; what it writes is proposed to people",
        "description": f"Needs the scope {Scope.MEMORY_PROPOSE.value}. For the tool"
        " memory_20250818: view reads approved memory, every other command becomes a proposal.",
        "parameters": [_parameter("agent", "path", "The agent's slug.", {"type": "string"})],
        "requestBody": {"required": True, "content": {JSON: {"schema": _ref("ToolCall")}}},
        "responses": {
            "200": {
                "description": "What the model is told; `is_error` where it asked wrongly.",
                "content": {JSON: {"schema": _ref("ToolAnswer")}},
            },
            **_errors("400", "401", "403", "404", "405", "413"),
        },
    }


def _parameter(name: str, place: str, description: str, schema: Described) -> Described:
    return {
        "name": name,
        "in": place,
        "required": place == "path" or name == "session",
        "description": description,
        "schema": schema,
    }


def _errors(*statuses: str) -> Described:
    return {
        status: {
            "description": ERRORS[status],
            "content": {JSON: {"schema": _ref("ErrorAnswer")}},
        }
        for status in statuses
    }


def _ref(model: str) -> Described:
    return {"$ref": REF.format(model=model)}
