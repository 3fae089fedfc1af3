"""Rules: the description of the API says what the API does."""

import re

import pytest

from agents.errors import AgentsError
from agents.models import Scope
from agents.openapi import ERRORS, describe_api
from agents.transcripts import limits
from agents.transcripts.wire import SessionRecord
from agents.wire import ErrorAnswer, MemoryAnswer, SessionsAnswer
from dreaming.middleware import STATUSES

CALLS = {
    "/sessions": "post",
    "/agents/{agent}/memory": "get",
    "/agents/{agent}/memory-tool": "post",
}
SCOPES = {
    "/sessions": Scope.SESSIONS_WRITE,
    "/agents/{agent}/memory": Scope.MEMORY_READ,
    "/agents/{agent}/memory-tool": Scope.MEMORY_PROPOSE,
}


def call(path):
    return describe_api()["paths"][path][CALLS[path]]


def schema(name):
    return describe_api()["components"]["schemas"][name]


def references(value):
    """Every reference below a value of the description."""
    if isinstance(value, dict):
        found = [value["$ref"]] if "$ref" in value else []
        return found + [ref for below in value.values() for ref in references(below)]
    if isinstance(value, list):
        return [ref for below in value for ref in references(below)]
    return []


def test_the_description_has_every_call_and_no_other():
    assert {path: set(calls) for path, calls in describe_api()["paths"].items()} == {
        path: {method} for path, method in CALLS.items()
    }


def test_every_reference_is_of_a_schema_that_is_there_and_each_schema_is_used():
    named = {ref.removeprefix("#/components/schemas/") for ref in references(describe_api())}
    assert named == set(describe_api()["components"]["schemas"])


@pytest.mark.parametrize("path", CALLS)
def test_a_call_names_the_scope_it_needs(path):
    assert SCOPES[path].value in call(path)["description"]


@pytest.mark.parametrize("path", CALLS)
def test_the_parts_of_an_address_are_described(path):
    described = {
        parameter["name"]
        for parameter in call(path).get("parameters", [])
        if parameter["in"] == "path"
    }
    assert described == set(re.findall(r"{(\w+)}", path))


def test_every_status_of_an_error_has_its_words():
    used = {
        status
        for path in CALLS
        for status in call(path)["responses"]
        if not status.startswith(("2", "3"))
    }
    assert used == set(ERRORS)


def test_errors_of_the_api_are_answered_with_a_described_status():
    ours = {kind: status for kind, status in STATUSES.items() if issubclass(kind, AgentsError)}
    conflicts = {"409"}  # of writers, which the API has none of
    assert {str(status.value) for status in ours.values()} <= set(ERRORS) | conflicts


@pytest.mark.parametrize("model", [SessionRecord, SessionsAnswer, MemoryAnswer, ErrorAnswer])
def test_a_schema_has_the_fields_of_its_model(model):
    fields = {field.serialization_alias or name for name, field in model.model_fields.items()}
    assert set(schema(model.__name__)["properties"]) == fields


@pytest.mark.parametrize(
    ("field", "limit"),
    [
        ("external_id", limits.MAX_WORD["external_id"]),
        ("principal", limits.MAX_WORD["principal"]),
        ("system_prompt", limits.MAX_TEXT),
        ("not_agent_fault", limits.MAX_MESSAGE),
    ],
)
def test_a_field_is_described_with_its_limit(field, limit):
    assert schema("SessionRecord")["properties"][field]["maxLength"] == limit


@pytest.mark.parametrize(
    ("field", "limit"),
    [("events", limits.MAX_EVENTS), ("sub_sessions", limits.MAX_SUB_SESSIONS)],
)
def test_a_list_is_described_with_its_limit(field, limit):
    assert schema("SessionRecord")["properties"][field]["maxItems"] == limit


def test_a_session_with_an_unknown_field_is_described_as_refused():
    assert schema("SessionRecord")["additionalProperties"] is False


def test_only_what_a_session_cannot_do_without_is_required():
    assert schema("SessionRecord")["required"] == ["external_id"]


def test_a_read_requires_its_session_and_its_agent_alone():
    needed = {p["name"] for p in call("/agents/{agent}/memory")["parameters"] if p["required"]}
    assert needed == {"agent", "session"}


def test_every_description_is_a_sentence_for_people():
    def descriptions(value):
        if isinstance(value, dict):
            if isinstance(value.get("description"), str):
                yield value["description"]
            for below in value.values():
                yield from descriptions(below)
        elif isinstance(value, list):
            for below in value:
                yield from descriptions(below)

    for said in descriptions(describe_api()):
        assert said.strip() == said
        assert "!" not in said
        assert len(said) < 400
