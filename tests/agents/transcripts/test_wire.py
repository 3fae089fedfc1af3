from datetime import UTC, datetime
from typing import get_args

import pytest
from pydantic import BaseModel, ValidationError

from agents.transcripts.base import EventKind, Role, Verdict
from agents.transcripts.wire import EventRecord, OutcomeRecord, SessionRecord, read_time


def literals(model: type[BaseModel], field: str) -> set[str]:
    """Return the words a field of a model allows."""
    annotation = model.model_fields[field].annotation
    options = [option for part in get_args(annotation) for option in (get_args(part) or (part,))]
    return {option for option in options if isinstance(option, str)}


@pytest.mark.parametrize(
    ("model", "field", "enum"),
    [
        (EventRecord, "kind", EventKind),
        (EventRecord, "role", Role),
        (OutcomeRecord, "verdict", Verdict),
    ],
)
def test_the_wire_knows_every_word_of_the_contract(model, field, enum):
    assert literals(model, field) == {member.value for member in enum}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T09:30:00Z", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("2026-03-01T09:30:00+02:00", datetime(2026, 3, 1, 7, 30, tzinfo=UTC)),
        ("2026-03-01T09:30:00.123456-00:30", datetime(2026, 3, 1, 10, 0, 0, 123456, UTC)),
        (None, None),
    ],
)
def test_times_are_read_into_utc(text, moment):
    assert read_time(text) == moment


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("2026-03-01T09:30:00", "no offset"),
        ("2026-03-01", "no offset"),
        ("yesterday", "not an ISO 8601 time"),
        ("", "not an ISO 8601 time"),
        ("9" * 100_000, "not an ISO 8601 time"),
        ("0001-01-01T00:00:00+05:00", "outside the years"),
        ("9999-12-31T23:59:59-05:00", "outside the years"),
        (1_772_000_000, "has to be a text"),
    ],
)
def test_what_is_no_time_says_why(value, reason):
    with pytest.raises(ValueError, match=reason):
        read_time(value)


def test_the_schema_shows_limits_and_refuses_other_fields():
    schema = SessionRecord.model_json_schema()
    assert schema["properties"]["external_id"]["maxLength"] == 300
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["external_id"]


def test_the_schema_of_an_event_names_every_kind():
    kinds = EventRecord.model_json_schema()["properties"]["kind"]["enum"]
    assert kinds == [kind.value for kind in EventKind]


def test_a_million_unknown_fields_give_one_fault():
    with pytest.raises(ValidationError) as raised:
        EventRecord.model_validate({str(number): 1 for number in range(1_000_000)})
    assert raised.value.error_count() == 1


def test_a_list_stops_at_its_first_fault():
    with pytest.raises(ValidationError) as raised:
        SessionRecord.model_validate({"external_id": "a", "events": [{}] * 1_000_000})
    assert raised.value.error_count() == 1
