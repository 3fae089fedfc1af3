"""The shape of one session on the wire: a line of the daybreak format, a body sent to the API.

Strict models: no type is coerced, no unknown field passes. What they cannot say in one field
(a sub-session nobody declared, an end before its start) stands in the `after` validators.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from agents.transcripts.limits import (
    MAX_CHECKS,
    MAX_EVENTS,
    MAX_MESSAGE,
    MAX_SUB_SESSIONS,
    MAX_TEXT,
    MAX_WORD,
    fault_of_text,
    fault_of_word,
)


@dataclass(frozen=True, slots=True)
class Limited:
    """A text's limit as a type annotation; `fault` returns what is wrong with it, or ''.

    pydantic's own max_length refuses lone surrogates, which long texts may hold until ingest.
    """

    characters: int
    fault: Callable[[str], str]

    def check(self, text: str) -> str:
        """Return the text; raises ValueError when something is wrong with it."""
        if fault := self.fault(text):
            raise ValueError(fault)
        return text

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "maxLength": self.characters}


def _word(name: str) -> Limited:
    return Limited(MAX_WORD[name], lambda word: fault_of_word(name, word))


def _text(characters: int) -> Limited:
    return Limited(characters, lambda text: fault_of_text("it", text, characters))


def read_time(value: object) -> object:
    """Return an ISO 8601 text with an offset as a datetime in UTC; None stays None.

    Raises ValueError for anything else, for the place in the record is pydantic's to name.
    """
    if value is None or isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise ValueError("a time has to be a text such as 2026-03-01T09:30:00Z")  # noqa: TRY004
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError("not an ISO 8601 time such as 2026-03-01T09:30:00Z") from error
    if moment.tzinfo is None:
        raise ValueError("the time has no offset; add Z, or one such as +02:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the time lies outside the years 1 to 9999") from error


Time = Annotated[datetime | None, BeforeValidator(read_time)]
Prose = Annotated[str, _text(MAX_TEXT)]
Message = Annotated[str, _text(MAX_MESSAGE)]


class Record(BaseModel):
    """Base of what is sent: strict, and the first unknown field is refused by its name."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def refuse_unknown_fields(cls, data: object) -> object:
        """Name one unknown field: a hostile record with a million would give a million errors."""
        if isinstance(data, dict):
            for key in data:
                if key not in cls.model_fields:
                    known = ", ".join(cls.model_fields)
                    raise ValueError(f"{key[:60]!r} is not a field; the fields are {known}")
        return data


class EventRecord(Record):
    """One text, tool call, tool result or human act."""

    kind: Literal[
        "message", "tool_call", "tool_result", "approval", "rejection", "edit", "interruption"
    ]
    role: Literal["user", "assistant", "tool"] | None = None
    text: Prose = ""
    tool: Annotated[str, _word("tool")] = ""
    call_id: Annotated[str, _word("call_id")] = ""
    error: bool = False
    at: Time = None
    person: Annotated[str, _word("person")] = ""
    sub_session: Annotated[str, _word("sub_session")] = ""

    @model_validator(mode="after")
    def refuse_half_events(self) -> Self:
        """A message says who speaks and something; a call names its tool."""
        if self.kind == "message" and self.role is None:
            raise ValueError("a message needs a role: user or assistant")
        if self.kind == "message" and not self.text.strip():
            raise ValueError("a message needs a text; leave empty messages out")
        if self.kind == "tool_call" and not self.tool.strip():
            raise ValueError("a tool_call needs a tool: the name of what was called")
        return self


class CheckRecord(Record):
    """One thing somebody or something checked at the end of a session."""

    name: Annotated[str, Field(min_length=1), _word("check")]
    passed: bool
    message: Message = ""


class OutcomeRecord(Record):
    """How the session ended."""

    verdict: Literal["success", "failure", "unknown"] = "unknown"
    checks: Annotated[list[CheckRecord], FailFast(), Field(max_length=MAX_CHECKS)] = []
    edit_distance: Annotated[float, Field(ge=0, le=1)] | None = None


class SubSessionRecord(Record):
    """A sub-agent's part of the session. parent: the key of the sub-session that started it."""

    key: Annotated[str, Field(min_length=1), _word("sub_session")]
    parent: Annotated[str, _word("sub_session")] = ""
    label: Annotated[str, _word("label")] = ""


class SessionRecord(Record):
    """One session of one agent."""

    external_id: Annotated[str, Field(min_length=1), _word("external_id")]
    agent: Annotated[str, Field(pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?$"), _word("agent")] = ""
    task_key: Annotated[str, _word("task_key")] = ""
    trial: Annotated[str, _word("trial")] = ""
    principal: Annotated[str, _word("principal")] = ""
    model: Annotated[str, _word("model")] = ""
    environment: Annotated[str, _word("environment")] = ""
    started_at: Time = None
    ended_at: Time = None
    system_prompt: Prose = ""
    sub_sessions: Annotated[
        list[SubSessionRecord], FailFast(), Field(max_length=MAX_SUB_SESSIONS)
    ] = []
    events: Annotated[list[EventRecord], FailFast(), Field(max_length=MAX_EVENTS)] = []
    outcome: OutcomeRecord = OutcomeRecord()
    not_agent_fault: Message = ""

    @model_validator(mode="after")
    def refuse_contradictions(self) -> Self:
        """An empty session tells nothing, unless it crashed; an end follows its start."""
        if not self.events and not self.not_agent_fault:
            raise ValueError("events is empty; a session without events needs not_agent_fault")
        if self.started_at and self.ended_at and self.ended_at < self.started_at:
            raise ValueError("ended_at is before started_at")
        return self

    @model_validator(mode="after")
    def refuse_unknown_sub_sessions(self) -> Self:
        """Every sub-session an event or another sub-session names is declared, parents first."""
        known = {""}
        for number, part in enumerate(self.sub_sessions):
            if part.key in known:
                raise ValueError(f"sub_sessions.{number}.key {part.key!r} is there twice")
            if part.parent not in known:
                raise ValueError(
                    f"sub_sessions.{number}.parent {part.parent!r} is not declared before it"
                )
            known.add(part.key)
        for number, event in enumerate(self.events):
            if event.sub_session not in known:
                raise ValueError(
                    f"events.{number}.sub_session {event.sub_session!r} is not in sub_sessions"
                )
        return self
