"""The result files of tau-bench: a JSON list of {task_id, trial, reward, info, traj}.

`traj` is an OpenAI chat. What is known to be broken in files of this kind, and repaired here:
- tool call ids are missing, or repeat within a session: calls and results are paired in order;
- some agents write a result as a line of Python, `# var_4 = "Error: ..."`: it is unwrapped;
- some agents write arguments as a Python dict: they become the same JSON in the same order;
- `trial` may repeat the task number: runs of a task are counted in file order instead;
- crashed runs ({error, traceback} in `info`) did not fail by the agent's fault.
`info.task`, `records` and the rest of `info` hold the benchmark's answers and are never read.
"""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from agents.transcripts.base import (
    EventKind,
    ParsedEvent,
    ParsedOutcome,
    ParsedSession,
    Refused,
    Role,
    Verdict,
    file_name,
    name_agent,
)
from agents.transcripts.decoding import (
    Undecodable,
    decode_json,
    iterate_array,
    name_type,
    read_text,
)
from agents.transcripts.limits import printable_reason
from agents.transcripts.principals import find_principal
from agents.transcripts.records import (
    Malformed,
    check_text,
    finish_events,
    read_content,
    read_id,
    read_record,
    read_verdict,
    read_word,
)

DOMAIN = re.compile(r"tau_([a-z0-9]+)__")
WRAPPED = re.compile(r"# var_\d+ = ")
FAILURE_START = "Error:"
MAX_PYTHON_ARGUMENTS = 64 * 1024
"""Characters: ast takes some 200 bytes of memory for each."""


@dataclass(frozen=True, slots=True)
class _Source:
    """What the file's name says about every session in it."""

    agent: str
    domain: str


def parse(stream: BinaryIO, *, source_name: str) -> Iterator[ParsedSession | Refused]:
    """Yield the sessions of a tau file; the agent is the file's stem.

    external_id is `airline-12-0`: domain, task, number of the run among this file's runs of the
    task. It is stable as long as records are only added at the end. trial is that number.
    """
    found = DOMAIN.match(file_name(source_name))
    source = _Source(name_agent(source_name), found.group(1) if found else "tau")
    runs: Counter[str] = Counter()
    for position, value in enumerate(iterate_array(read_text(stream))):
        try:
            record = read_record(value)
            task = read_id(record, "task_id")
            run = runs[task]
            runs[task] += 1
            yield _read_session(record, position, source, task, run)
        except (Malformed, RecursionError) as error:
            yield Refused(position, printable_reason(str(error)))


def _read_session(
    record: Mapping[str, object], position: int, source: _Source, task: str, run: int
) -> ParsedSession:
    messages = record.get("traj")
    if not isinstance(messages, list):
        raise Malformed("traj has to be a list of messages")
    crash = _read_crash(record.get("info"))
    if not messages and not crash:
        raise Malformed("traj is empty and info tells of no error")
    system_prompt, events = _read_messages(messages)
    return ParsedSession(
        position=position,
        external_id=f"{source.domain}-{task}-{run}",
        agent=source.agent,
        events=events,
        # A crash earned its 0.0 without the agent: nobody knows how the session would have ended.
        outcome=ParsedOutcome(Verdict.UNKNOWN if crash else read_verdict(record.get("reward"))),
        task_key=f"{source.domain}:{task}",
        trial=str(run),
        principal=find_principal(events),
        environment=f"tau-bench {source.domain}",
        system_prompt=system_prompt,
        not_agent_fault=crash,
    )


def _read_crash(info: object) -> str:
    """Return the first line of a crash's error; the traceback names people's folders."""
    match info:
        case {"error": str() as error, "traceback": _}:
            line = next((line.strip() for line in error.splitlines() if line.strip()), "")
            return printable_reason(f"The run crashed: {line or 'it gave no reason'}")
    return ""


def _read_messages(messages: list[object]) -> tuple[str, tuple[ParsedEvent, ...]]:
    """Return the system prompt and the events, paired."""
    prompts: list[str] = []
    events: list[ParsedEvent] = []
    for number, message in enumerate(messages):
        place = f"traj.{number}"
        if not isinstance(message, dict):
            raise Malformed(f"{place} is {name_type(message)}; it has to be an object")
        text = read_content(message.get("content"), place)
        match message.get("role"):
            case "system":
                prompts.append(text)
            case "user" | "assistant" as role:
                if text.strip():
                    events.append(ParsedEvent(EventKind.MESSAGE, Role(role), text))
                events.extend(_read_calls(message.get("tool_calls"), Role(role), place))
            case "tool":
                events.append(_read_result(message, text, place))
            case _:
                raise Malformed(f"{place}.role has to be system, user, assistant or tool")
    return check_text("\n\n".join(prompts), "the system prompt"), finish_events(events)


def _read_calls(calls: object, role: Role, place: str) -> Iterator[ParsedEvent]:
    if calls is None:
        return
    if not isinstance(calls, list):
        raise Malformed(f"{place}.tool_calls is {name_type(calls)}; it has to be a list")
    for number, call in enumerate(calls):
        where = f"{place}.tool_calls.{number}"
        match call:
            case {"function": {"name": str() as tool, "arguments": arguments}}:
                yield ParsedEvent(
                    EventKind.TOOL_CALL,
                    role,
                    _read_arguments(arguments, where),
                    tool=read_word("tool", tool, where),
                    call_id=read_word("call_id", call.get("id"), where),
                )
            case _:
                raise Malformed(f"{where}.function has to have a name and arguments")


def _read_result(message: Mapping[str, object], text: str, place: str) -> ParsedEvent:
    result = _unwrap(text)
    return ParsedEvent(
        EventKind.TOOL_RESULT,
        Role.TOOL,
        result,
        tool=read_word("tool", message.get("name"), place),
        call_id=read_word("call_id", message.get("tool_call_id"), place),
        is_error=result.startswith(FAILURE_START),
    )


def _unwrap(result: str) -> str:
    """Return a result without the line of Python some agents put around it."""
    found = WRAPPED.match(result)
    if not found:
        return result
    inner = result[found.end() :]
    try:
        value = decode_json(inner)
    except Undecodable:
        return inner
    return value if isinstance(value, str) else inner


def _read_arguments(arguments: object, place: str) -> str:
    """Return a call's arguments as JSON text: as sent, unless they were sent as a Python dict."""
    match arguments:
        case str():
            text = arguments if _is_json(arguments) else _python_to_json(arguments)
        case dict():
            text = json.dumps(arguments, ensure_ascii=False)
        case _:
            raise Malformed(f"{place}.arguments is {name_type(arguments)}; it has to be a text")
    return check_text(text, f"{place}.arguments")


def _is_json(text: str) -> bool:
    try:
        decode_json(text)
    except Undecodable:
        return False
    return True


def _python_to_json(text: str) -> str:
    """Return a Python dict's text as JSON, or the text itself when it is none."""
    if not text.startswith("{") or len(text) > MAX_PYTHON_ARGUMENTS:
        return text
    try:
        value = ast.literal_eval(text)
        return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else text
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return text
