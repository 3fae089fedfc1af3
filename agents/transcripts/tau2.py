"""The result files of tau2-bench: a JSON object whose `simulations` are the sessions.

A simulation's messages are a chat with flat tool calls ({id, name, arguments, requestor}) and
results that carry the call's id. What is known to be broken, and repaired or left out here:
- some agents use an id again within a session: calls and results are paired in order;
- a result says `error` true or false; where it says nothing, one that starts `Error:` failed;
- times stand on the messages or nowhere: the start_time of a simulation may be a constant, so it
  is not read. They have no offset; they are taken as UTC, so their distances are right;
- `trial` may repeat: runs of a task are counted in file order instead;
- calls of the simulated user (requestor `user`) are calls of role user.
Of `info` the domain, the agent's policy (its system prompt) and its model are read. The rest of it,
`tasks`, and of `reward_info` all but the reward, hold the benchmark's answers and are never read.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from agents.transcripts.base import (
    EventKind,
    ParsedEvent,
    ParsedOutcome,
    ParsedSession,
    Refused,
    Role,
    UnreadableTranscript,
    Verdict,
    file_name,
    name_agent,
)
from agents.transcripts.decoding import (
    Undecodable,
    decode_at,
    find_member,
    iterate_list_in,
    name_type,
    read_text,
)
from agents.transcripts.limits import fault_of_text, fault_of_word, printable_reason
from agents.transcripts.principals import find_principal
from agents.transcripts.records import (
    Malformed,
    finish_events,
    read_content,
    read_id,
    read_list,
    read_record,
    read_verdict,
    read_word,
    write_arguments,
)

DOMAIN_IN_NAME = re.compile(r"tau2_([a-z]+)__")
DOMAIN = re.compile(r"[a-z][a-z0-9_-]{0,39}")
FAILURE_START = "Error:"
OUTSIDE = ("infrastructure_error", "unexpected_error", "user_error")
"""Ends of a simulation that are not the agent's: of the run, or of the simulated user."""


@dataclass(frozen=True, slots=True)
class _Source:
    """What the file says about every session in it."""

    agent: str
    domain: str
    model: str
    policy: str


def parse(stream: BinaryIO, *, source_name: str) -> Iterator[ParsedSession | Refused]:
    """Yield the simulations of a tau2 file; the agent is the file's stem.

    external_id is agent, task, number of the run among this file's runs of the task. It is stable
    as long as simulations are only added at the end. trial is that number.
    """
    text = read_text(stream)
    if not text.strip():
        return
    start = find_member(text, "simulations")
    if start < 0:
        raise UnreadableTranscript("The object has no simulations: this is no file of tau2-bench.")
    source = _read_source(text, source_name)
    runs: Counter[str] = Counter()
    for position, value in enumerate(iterate_list_in(text, start)):
        try:
            record = read_record(value)
            task = read_id(record, "task_id")
            run = runs[task]
            runs[task] += 1
            yield _read_session(record, position, source, task, run)
        except (Malformed, RecursionError) as error:
            yield Refused(position, printable_reason(str(error)))


def _read_source(text: str, source_name: str) -> _Source:
    """Return what the file's name and its `info` say; what `info` does not say is ''."""
    place = find_member(text, "info")
    try:
        info = decode_at(text, place) if place >= 0 else None
    except Undecodable:
        info = None
    found = DOMAIN_IN_NAME.match(file_name(source_name))
    domain = _pick(info, "environment_info", "domain_name")
    if not DOMAIN.fullmatch(domain):
        domain = found.group(1) if found else ""
    policy = _pick(info, "environment_info", "policy")
    model = _pick(info, "agent_info", "llm")
    return _Source(
        name_agent(source_name),
        domain,
        "" if fault_of_word("model", model) else model,
        "" if fault_of_text("policy", policy) else policy,
    )


def _pick(info: object, part: str, field: str) -> str:
    """Return one text of a part of `info`, '' where there is none."""
    inner = info.get(part) if isinstance(info, dict) else None
    word = inner.get(field) if isinstance(inner, dict) else None
    return word if isinstance(word, str) else ""


def _read_session(
    record: Mapping[str, object], position: int, source: _Source, task: str, run: int
) -> ParsedSession:
    messages = read_list(record.get("messages"), "messages")
    fault = _read_fault(record.get("termination_reason"))
    events = finish_events(_read_messages(messages))
    if not events and not fault:
        raise Malformed("messages is empty and nothing says that the run broke off")
    times = sorted(event.at for event in events if event.at)
    field = f"tau2-{source.domain}" if source.domain else "tau2"
    return ParsedSession(
        position=position,
        external_id=f"{source.agent}-{task}-{run}",
        agent=source.agent,
        events=events,
        outcome=ParsedOutcome(Verdict.UNKNOWN if fault else _read_outcome(record)),
        task_key=f"{field}:{task}",
        trial=str(run),
        principal=find_principal(events),
        model=source.model,
        environment=f"tau2-bench {source.domain}".rstrip(),
        system_prompt=source.policy,
        not_agent_fault=fault,
        started_at=times[0] if times else None,
        ended_at=times[-1] if times else None,
    )


def _read_fault(reason: object) -> str:
    return f"The run ended with {reason}." if reason in OUTSIDE else ""


def _read_outcome(record: Mapping[str, object]) -> Verdict:
    info = record.get("reward_info")
    return read_verdict(info.get("reward")) if isinstance(info, dict) else Verdict.UNKNOWN


def _read_messages(messages: list[object]) -> Iterator[ParsedEvent]:
    for number, message in enumerate(messages):
        place = f"messages.{number}"
        if not isinstance(message, dict):
            raise Malformed(f"{place} is {name_type(message)}; it has to be an object")
        text = read_content(message.get("content"), place)
        at = _read_time(message.get("timestamp"))
        match message.get("role"):
            case "user" | "assistant" as role:
                if text.strip():
                    yield ParsedEvent(EventKind.MESSAGE, Role(role), text, at=at)
                yield from _read_calls(message.get("tool_calls"), Role(role), at, place)
            case "tool":
                yield ParsedEvent(
                    EventKind.TOOL_RESULT,
                    Role.TOOL,
                    text,
                    call_id=read_word("call_id", message.get("id"), place),
                    is_error=_failed(message.get("error"), text),
                    at=at,
                )
            case "system":
                continue
            case _:
                raise Malformed(f"{place}.role has to be system, user, assistant or tool")


def _read_calls(
    calls: object, role: Role, at: datetime | None, place: str
) -> Iterator[ParsedEvent]:
    if calls is None:
        return
    for number, call in enumerate(read_list(calls, f"{place}.tool_calls")):
        where = f"{place}.tool_calls.{number}"
        arguments = call.get("arguments") if isinstance(call, dict) else None
        if not isinstance(call, dict) or not isinstance(arguments, dict) or not call.get("name"):
            raise Malformed(f"{where} has to have a name and arguments, an object")
        yield ParsedEvent(
            EventKind.TOOL_CALL,
            Role.USER if call.get("requestor") == "user" else role,
            write_arguments(arguments, f"{where}.arguments"),
            tool=read_word("tool", call["name"], where),
            call_id=read_word("call_id", call.get("id"), where),
            at=at,
        )


def _failed(error: object, text: str) -> bool:
    return error if isinstance(error, bool) else text.startswith(FAILURE_START)


def _read_time(value: object) -> datetime | None:
    """Return a message's time; one that cannot be read costs the session nothing but the time."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
