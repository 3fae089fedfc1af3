"""The answers of the API. What is sent in is `agents.transcripts.wire.SessionRecord`."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """Base of what is answered."""

    model_config = ConfigDict(frozen=True)


class KeptSession(Answer):
    """A session that is stored now; `unchanged` when the same content was sent before."""

    position: int = Field(description="place in the body, from 0")
    external_id: str
    agent: str = Field(description="the agent's slug")
    id: str = Field(description="how people name the session", examples=["S-5521"])
    standing: Literal["added", "unchanged", "revised"]


class RefusedSession(Answer):
    """A session that was not stored; the others of the body were."""

    position: int = Field(description="place in the body, from 0")
    reason: str


class SessionsAnswer(Answer):
    """What became of every session sent; the totals count unchanged ones as well."""

    sessions: int = Field(description="added + unchanged + revised")
    added: int
    unchanged: int
    revised: int
    not_agent_fault: int
    events: int
    tool_calls: int
    tool_errors: int
    secrets_removed: int
    characters_replaced: int
    kept: list[KeptSession]
    refused: list[RefusedSession]


class MemoryItem(Answer):
    """One memory that was considered for the text."""

    memory: str = Field(examples=["M-311"])
    version: int
    path: str
    is_in: bool = Field(serialization_alias="in", description="whether the text holds it")
    reason: str


class MemoryAnswer(Answer):
    """What a session is given from memory."""

    text: str
    sha256: str = Field(description="of the text's UTF-8 bytes, in hex")
    tokens: int = Field(description="an estimate of the text's length in tokens")
    release: str = Field(description="of the agent's own memory", examples=["R-14"])
    shared_release: str = Field(description="of the workspace's shared memory", examples=["R-9"])
    items: list[MemoryItem]


class ToolCall(BaseModel):
    """One use of the memory tool, as the model asked for it."""

    session: str = Field(min_length=1, max_length=300, description="your id of the session")
    input: dict[str, Any] = Field(
        description="the tool's input", examples=[{"command": "view", "path": "/memories"}]
    )


class ToolAnswer(Answer):
    """What the model is told, as the content of the tool's result."""

    result: str
    is_error: bool
    proposals: list[str] = Field(description="what its writes wait as", examples=[["P-1042"]])


class ErrorWords(Answer):
    """What went wrong: a stable word for programs, a sentence for people."""

    code: str
    message: str


class ErrorAnswer(Answer):
    """Every answer that is not what was asked for."""

    error: ErrorWords
