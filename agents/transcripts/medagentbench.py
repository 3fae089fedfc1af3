"""The result files of MedAgentBench: one JSON object, one session, {prompt, turns, status, ...}.

What the events are:
- the prompt is cut where its question begins: what stands before it is the same in every session
  and becomes the system prompt, the context and the question are the user's message;
- a reply `GET url?a=1` is a call of the tool `GET:Patient` (the resource of the address) with its
  parameters as JSON, `POST url` and a body a call of `POST:Observation` with the body as it was
  sent, `FINISH([...])` a call of `FINISH` {"answers"} without a result;
- a reply that is none of these, an action inside of prose for instance, is refused by the run: a
  message of the assistant that stands for a failure;
- the words the run puts around a result are taken off.
A result failed when it begins with one of FAILURES. `infra_fail` is not the agent's fault,
`agent_invalid_action` is. Of the grading only `correct` is read, for the verdict: `grade`,
`eval_mrn`, `integrity`, `findings`, `write_attempts` and the turns in `diagnostics` never are.
"""

import re
from collections.abc import Iterator, Mapping
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
    folder_name,
    slug_of,
)
from agents.transcripts.decoding import Undecodable, decode_json, name_type, read_text
from agents.transcripts.limits import MAX_LINE_BYTES, printable_reason
from agents.transcripts.records import (
    Malformed,
    check_text,
    finish_events,
    read_id,
    read_list,
    read_prose,
    read_record,
    read_word,
    write_arguments,
)

ENVIRONMENT = "MedAgentBench"
UNNAMED_AGENT = "medagentbench"
RESOURCE = re.compile(r"[A-Z][A-Za-z]{1,40}")
FORMAT_ADDED = re.compile(r"[?&]_format=json$")
FINISH = re.compile(r"\s*FINISH\((.*)\)\s*", re.DOTALL)

RESULT_START = "Here is the response from the GET request:\n"
RESULT_END = " Please call FINISH if you have got answers"
FAILURES = ("Error in sending the ", "Invalid POST request", "Invalid GET request")


def parse(stream: BinaryIO, *, source_name: str) -> Iterator[ParsedSession | Refused]:
    """Yield the one session of a MedAgentBench file.

    The agent is the folder the file lies in, `medagentbench` where that is not known. external_id
    is agent and task: a folder holds a task once.
    """
    text = read_text(stream)
    if not text.strip():
        return
    if text.lstrip()[0] != "{":
        raise UnreadableTranscript("The file is not a JSON object: it does not begin with {.")
    agent = slug_of(folder_name(source_name) or UNNAMED_AGENT)
    try:
        yield _read_session(read_record(_decode(text)), agent)
    except (Malformed, Undecodable, RecursionError) as error:
        yield Refused(0, printable_reason(str(error)))


def _decode(text: str) -> object:
    if len(text) > MAX_LINE_BYTES:
        raise Malformed(f"{len(text):,} characters; the limit is {MAX_LINE_BYTES:,}")
    return decode_json(text)


def _read_session(record: Mapping[str, object], agent: str) -> ParsedSession:
    task = read_id(record, "task_id")
    fault = _read_fault(record)
    system_prompt, question = _read_prompt(record)
    turns = read_list(record.get("turns"), "turns")
    said = [ParsedEvent(EventKind.MESSAGE, Role.USER, question)] if question.strip() else []
    events = finish_events([*said, *_read_turns(turns)])
    if not events and not fault:
        raise Malformed("the record has neither a question nor a turn")
    return ParsedSession(
        position=0,
        external_id=f"{agent}-{task}",
        agent=agent,
        events=events,
        outcome=ParsedOutcome(Verdict.UNKNOWN if fault else _read_verdict(record)),
        task_key=f"medagentbench:{task}",
        model=_read_model(record),
        environment=ENVIRONMENT,
        system_prompt=system_prompt,
        not_agent_fault=fault,
    )


def _read_fault(record: Mapping[str, object]) -> str:
    """Return the first line of why the run broke off; '' when the agent came to its end."""
    if record.get("status") != "infra_fail" and record.get("infra_fail") is not True:
        return ""
    reason = record.get("infra_reason")
    line = reason.strip().partition("\n")[0] if isinstance(reason, str) else ""
    return printable_reason(f"The run broke off: {line or 'it gave no reason'}")


def _read_verdict(record: Mapping[str, object]) -> Verdict:
    correct = record.get("correct")
    if not isinstance(correct, bool):
        return Verdict.UNKNOWN
    return Verdict.SUCCESS if correct else Verdict.FAILURE


def _read_model(record: Mapping[str, object]) -> str:
    """Return the model the run was made with, '' for `(agent default)`.

    Of `diagnostics` nothing else is read.
    """
    match record.get("diagnostics"):
        case {"provenance": {"model": str() as model}} if model[:1].isalnum():
            return read_word("model", model, "diagnostics.provenance")
    return ""


def _read_prompt(record: Mapping[str, object]) -> tuple[str, str]:
    """Return the system prompt and the question, split where the prompt comes to the question."""
    prompt = read_prose(record.get("prompt"), "prompt")
    instruction = read_prose(record.get("instruction"), "instruction")
    context = read_prose(record.get("context"), "context")
    for asked in (f"Context: {context}\nQuestion: {instruction}", f"Question: {instruction}"):
        if instruction and prompt.endswith(asked):
            return prompt.removesuffix(asked).rstrip(), asked
    return prompt, "\n".join(part for part in (context, instruction) if part)


def _read_turns(turns: list[object]) -> Iterator[ParsedEvent]:
    for number, turn in enumerate(turns):
        place = f"turns.{number}"
        if not isinstance(turn, dict):
            raise Malformed(f"{place} is {name_type(turn)}; it has to be an object")
        reply = read_prose(turn.get("agent_reply"), f"{place}.agent_reply")
        call = _read_call(turn, reply, place)
        if call:
            yield call
        elif reply.strip():
            yield ParsedEvent(EventKind.MESSAGE, Role.ASSISTANT, reply, is_error=True)
        if turn.get("observation") is not None:
            result = _unwrap(read_prose(turn["observation"], f"{place}.observation"))
            failed = result.startswith(FAILURES)
            yield ParsedEvent(
                EventKind.TOOL_RESULT,
                Role.TOOL,
                result,
                tool=call.tool if call else "",
                is_error=failed,
            )


def _read_call(turn: Mapping[str, object], reply: str, place: str) -> ParsedEvent | None:
    """Return the call a reply makes, None for a reply the run did not take for one."""
    url = read_prose(turn.get("url"), f"{place}.url")
    match turn.get("action_kind"):
        case "get":
            tool, arguments = _name_tool("GET", url), _write_parameters(url, place)
        case "post":
            tool, arguments = _name_tool("POST", url), reply.partition("\n")[2].strip() or "{}"
        case "finish":
            tool, arguments = "FINISH", _write_answers(reply, place)
        case _:
            return None
    return ParsedEvent(EventKind.TOOL_CALL, Role.ASSISTANT, arguments, tool=tool)


def _name_tool(method: str, url: str) -> str:
    """Return `GET:Patient` for an address with a resource in its path, else the method alone."""
    parts = _split(url)[0].split("/")
    resource = next((part for part in parts if RESOURCE.fullmatch(part)), "")
    return f"{method}:{resource}" if resource else method


def _write_parameters(url: str, place: str) -> str:
    """Return an address's parameters as JSON, a repeated one as a list; `id` is a resource's own.

    They stay as they were written, `%3A` and `+` too. `_format=json` is the run's and left out.
    """
    path, query = _split(FORMAT_ADDED.sub("", url))
    found: dict[str, list[str]] = {}
    *before, last = path.split("/")
    if any(RESOURCE.fullmatch(part) for part in before) and last:
        found["id"] = [last]
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        found.setdefault(name, []).append(value)
    parameters: dict[str, object] = {
        name: values[0] if len(values) == 1 else values for name, values in found.items()
    }
    return write_arguments(parameters, place)


def _split(url: str) -> tuple[str, str]:
    """Return path and query of an address as the agent wrote it: `{api_base}/Patient?a=1` too."""
    path, _, query = url.partition("?")
    return path.partition("://")[2] or path, query


def _write_answers(reply: str, place: str) -> str:
    """Return what the agent finished with: its list, or its words where it is none."""
    found = FINISH.fullmatch(reply)
    words = found.group(1) if found else reply
    try:
        answers = decode_json(words)
    except Undecodable:
        answers = words
    return check_text(write_arguments({"answers": answers}, place), f"{place}.agent_reply")


def _unwrap(result: str) -> str:
    """Return a result without the words the run puts before it and behind it."""
    result = result.removeprefix(RESULT_START)
    words, asked, rest = result.rpartition(RESULT_END)
    return result if not asked or "." in rest else words.removesuffix(".")
