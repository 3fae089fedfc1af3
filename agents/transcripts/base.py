"""The contract every transcript parser keeps: bytes in, values out, nothing else.

A parser yields one ParsedSession or one Refused for each record it meets, in file order, and raises
UnreadableTranscript only when the file as a whole cannot be read. It repairs what is known to be
broken in its format (missing or repeated call ids, wrapped results) and never sees the database.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Protocol

from agents.errors import InvalidInput

MAX_SLUG = 80
"""Characters of an agent's slug."""

ENDINGS = re.compile(r"(?i)(\.(jsonl?|ndjson|gz|txt))+$")


class EventKind(StrEnum):
    """What happened at one place of a session."""

    MESSAGE = "message"
    TOOL_CALL = "tool_call"
    TOOL_RESULT = "tool_result"
    APPROVAL = "approval"
    REJECTION = "rejection"
    EDIT = "edit"
    INTERRUPTION = "interruption"


class Role(StrEnum):
    """Who speaks in an event."""

    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class Verdict(StrEnum):
    """How a session ended, as far as anybody said."""

    SUCCESS = "success"
    FAILURE = "failure"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ParsedEvent:
    """One non-empty text, tool call, tool result or human act.

    text: the words; for a tool call its arguments as the JSON text that was sent; for a result the
    result after unwrapping. call_id pairs a call with its result and is unique within the session.
    is_error: a tool result that failed, or a message that stands for a failure outside any tool.
    """

    kind: EventKind
    role: Role
    text: str
    tool: str = ""
    call_id: str = ""
    is_error: bool = False
    at: datetime | None = None
    person: str = ""
    sub_session: str = ""


@dataclass(frozen=True, slots=True)
class ParsedCheck:
    """One check of an outcome; engines see `message` only when the workspace says so."""

    name: str
    passed: bool
    message: str = ""


@dataclass(frozen=True, slots=True)
class ParsedOutcome:
    """Verdict and checks. edit_distance is 0.0 (kept as delivered) to 1.0 (rewritten), or None."""

    verdict: Verdict = Verdict.UNKNOWN
    checks: tuple[ParsedCheck, ...] = ()
    edit_distance: float | None = None


@dataclass(frozen=True, slots=True)
class ParsedSubSession:
    """A sub-agent's part: its key inside the session, its parent's ('' is the session itself)."""

    key: str
    parent: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class ParsedSession:
    """One session as its file tells it. `agent` is the slug the file names.

    not_agent_fault: why the session failed for reasons outside the agent; '' when it did not.
    system_prompt is stored once per text and is no event.
    """

    position: int
    external_id: str
    agent: str
    events: tuple[ParsedEvent, ...]
    outcome: ParsedOutcome = field(default_factory=ParsedOutcome)
    task_key: str = ""
    trial: str = ""
    principal: str = ""
    model: str = ""
    environment: str = ""
    system_prompt: str = ""
    not_agent_fault: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    sub_sessions: tuple[ParsedSubSession, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that cannot become a session: its position in the file from 0, and why."""

    position: int
    reason: str


class UnreadableTranscript(InvalidInput):
    """The file as a whole is not what its format promises."""


class UnknownTranscriptFormat(InvalidInput):
    """No parser of that name is installed; the message lists those that are."""


class Parser(Protocol):
    """Reads a binary stream; `source_name` is where its content lay, for naming agents.

    source_name: the file's name behind the folders it lay in, as far as they are known, with `/`
    between: `/data/sql/gpt-4/run.json`. A parser may look at the last parts of it only, so that
    a file names the same agent whether it comes alone, with its folder or in an archive.
    An empty stream yields nothing.
    """

    def __call__(self, stream: BinaryIO, *, source_name: str) -> Iterator[ParsedSession | Refused]:
        """Yield sessions and refusals in file order; raises UnreadableTranscript."""
        ...


Registry = Mapping[str, Parser]


def file_name(source_name: str) -> str:
    """Return the last part of a source's name: the file without its folders."""
    return source_name.rpartition("/")[2]


def folder_name(source_name: str) -> str:
    """Return the name of the folder the file lay in, '' when it is not known."""
    return source_name.rpartition("/")[0].rpartition("/")[2]


def strip_endings(name: str) -> str:
    """Return a file's name without `.json`, `.jsonl`, `.ndjson`, `.txt` and `.gz` at its end."""
    return ENDINGS.sub("", name)


def name_agent(source_name: str) -> str:
    """Return the agent's slug for a file that names no agent: its stem in lower case and hyphens.

    `tau_airline__gpt-4o__4trials.json.gz` gives `tau-airline-gpt-4o-4trials`. A stem that is too
    long, or has no ASCII letter or digit, ends in 8 characters of its SHA-256 to stay its own.
    """
    return slug_of(strip_endings(file_name(source_name)))


def slug_of(words: str) -> str:
    """Return an agent's slug for any words, by the rules of name_agent."""
    slug = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")
    if slug and len(slug) <= MAX_SLUG:
        return slug
    key = hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{slug[: MAX_SLUG - 9].rstrip('-') or 'agent'}-{key}"
