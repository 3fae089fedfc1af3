"""The result files of InterCode, SQL and Bash: a JSON object of records by index.

A record is {query, turn_history, summary}; plan_solve files keep the records under `logs` beside
`meta`; files of people have {query, trajectory}. What the events are:
- the question is the user's message; `thoughts` are messages of the assistant, each before its
  call; `steps` are the plan, made before the first call: one message of the assistant;
- each turn is one call of the tool `sql` {"query"} or `bash` {"command"} and its result. The action
  stays as it was written: wrapped in `execute[...]`, fenced or prose, it shows what was sent;
- the action `submit` is a call of the tool `submit` without arguments;
- a last action `blocked` without an observation is the run's mark for a reply of the model it could
  not take: no call, but a message that stands for a failure.
A result failed when it begins with `Error executing query:`; in Bash also when its first line is
one of a shell or a program that complains, in the forms below. A word within a result is no sign,
and what the run itself answers to a reply without a command (`No SQL code was found`) is none.
The reward of the session is its verdict. `rewards`, `valid_action`, `info` and `gold` hold the
benchmark's answers and are never read.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
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
    folder_name,
    name_agent,
    slug_of,
    strip_endings,
)
from agents.transcripts.decoding import iterate_object, name_type, read_text
from agents.transcripts.limits import fault_of_word, printable_reason
from agents.transcripts.records import (
    Malformed,
    finish_events,
    read_id,
    read_list,
    read_prose,
    read_record,
    read_verdict,
    write_arguments,
)

STRATEGIES = ("multiturn", "plan_solve_refine", "plan_solve", "react")
"""`ic_bash_multiturn_gpt-4_10_turns_fs_2`; multiturn files alone name their model."""

ENVIRONMENTS = {"ic_sql": "sql", "ic_bash": "bash"}
NAMES = {"sql": "InterCode SQL", "bash": "InterCode Bash"}
ARGUMENT = {"sql": "query", "bash": "command"}
FILE_SYSTEM = re.compile(r"nl2bash_(fs_\d+)\.json$|_(fs_\d+)$")

ENGINE_FAILURE = "Error executing query:"
FIRST_LINE = 600
"""Characters of a result's first line that are looked at."""

SHELL = re.compile(r".{0,200}?: (?:-c: )?line \d+: (?!.*warning:)")
"""`/bin/bash: line 1: python: command not found`"""

COMPLAINT = re.compile(
    r"[A-Za-z_][\w.+/-]{0,40}: (?:.{0,20}: )?"
    r"(?:can't|cannot|could not|couldn't|failed|unable|invalid|illegal|unrecognized|unknown"
    r"|unexpected|unterminated|missing|option requires|requires|extra |paths must precede|no such"
    r"|not |syntax error|you must|you may not|error|fatal)",
    re.IGNORECASE,
)
"""`find: missing argument to ...`: a program's name and the word of a complaint."""

REASON = re.compile(
    r"[A-Za-z_][\w.+/-]{0,40}: .{1,300}(?:No such file or directory|Permission denied"
    r"|Is a directory|Not a directory|File exists|Directory not empty|Operation not permitted"
    r"|Read-only file system|Argument list too long|Invalid argument|command not found"
    r"|cannot execute binary file)\)?$"
)
"""`grep: /system: Is a directory`: a program's name and, at the end, the system's reason."""

STANDING = ("Command timed out", "Malformed command", "E: ", "Usage: ", "usage: ", "Try '")


@dataclass(frozen=True, slots=True)
class _Source:
    """What the path of a file says about every session in it."""

    agent: str
    model: str
    file_system: str


def parse(stream: BinaryIO, *, source_name: str) -> Iterator[ParsedSession | Refused]:
    """Yield the sessions of an InterCode file.

    The agent is language, model, strategy and its variants: `sql-gpt-3-5-react-10-turns`. Its model
    stands in the file's name or is the folder's; the four file systems of Bash are tasks of one
    agent. A file of another name is the agent of that name. external_id is agent and task.
    """
    source = _read_source(source_name)
    seen: set[str] = set()
    position = 0
    for name, value in iterate_object(read_text(stream), inside="logs"):
        if name == "meta":
            continue
        try:
            yield _read_session(read_record(value), position, source, seen)
        except (Malformed, RecursionError) as error:
            yield Refused(position, printable_reason(str(error)))
        position += 1


def _read_source(source_name: str) -> _Source:
    stem = strip_endings(file_name(source_name))
    file_system = FILE_SYSTEM.search(stem)
    number = file_system.group(2) if file_system else ""
    parts = _read_name(stem)
    if not parts:
        return _Source(name_agent(source_name), "", number)
    language, strategy, model, turns, variant = parts
    model = model or folder_name(source_name)
    words = [language, model, strategy, f"{turns} turns" if turns else "", variant]
    return _Source(
        slug_of(" ".join(word for word in words if word)),
        "" if fault_of_word("model", model) else model,
        number,
    )


def _read_name(stem: str) -> tuple[str, str, str, str, str] | None:
    """Return language, strategy, model, turns and variant of a file's stem, '' for what is not."""
    head, _, rest = stem.removeprefix("ic_").partition("_")
    strategy = next((known for known in STRATEGIES if rest.startswith(known)), "")
    if not stem.startswith("ic_") or head not in NAMES or not strategy:
        return None
    rest = re.sub(r"_fs_\d+$", "", rest.removeprefix(strategy))
    found = re.fullmatch(r"(.*?)(?:[_-](\d+)_turns(.*))?", rest, re.DOTALL)
    model, turns, variant = found.groups("") if found else (rest, "", "")
    return head, strategy, model.strip("_-"), turns, variant.strip("_-")


def _read_session(
    record: Mapping[str, object], position: int, source: _Source, seen: set[str]
) -> ParsedSession:
    """Return the session of a record; seen: the tasks of the file so far, its own is added."""
    language = ENVIRONMENTS.get(str(record.get("environment")), "")
    if not language:
        raise Malformed("environment has to be ic_sql or ic_bash")
    task = read_id(record, "query_idx" if "query_idx" in record else "task_id")
    field = _name_field(record, language, source)
    events = finish_events(_read_events(record, language))
    if not events:
        raise Malformed("the record has neither a question nor a turn")
    task_key = f"{field}:{task}"
    if task_key in seen:
        raise Malformed(f"the task {task_key} is there twice")
    seen.add(task_key)
    return ParsedSession(
        position=position,
        external_id=f"{source.agent}-{field}-{task}",
        agent=source.agent,
        events=events,
        outcome=ParsedOutcome(_read_outcome(record)),
        task_key=task_key,
        model=source.model,
        environment=NAMES[language],
    )


def _name_field(record: Mapping[str, object], language: str, source: _Source) -> str:
    """Return the set the task's number counts in: `sql`, or a file system such as `bash-fs_1`."""
    if language == "sql":
        return language
    dataset = record.get("dataset")
    found = FILE_SYSTEM.search(dataset) if isinstance(dataset, str) else None
    file_system = found.group(1) if found and found.group(1) else source.file_system
    return f"{language}-{file_system}" if file_system else language


def _read_outcome(record: Mapping[str, object]) -> Verdict:
    """Only a full reward is success; any other, a partial one too, is failure."""
    summary = record.get("summary")
    reward = summary.get("max_reward") if isinstance(summary, dict) else record.get("reward")
    if isinstance(reward, bool) or not isinstance(reward, int | float):
        return Verdict.UNKNOWN
    won = read_verdict(reward) is Verdict.SUCCESS
    return Verdict.SUCCESS if won else Verdict.FAILURE


def _read_events(record: Mapping[str, object], language: str) -> Iterator[ParsedEvent]:
    yield from _say(Role.USER, read_prose(record.get("query"), "query"))
    if "trajectory" in record:
        yield from _read_trajectory(read_list(record["trajectory"], "trajectory"), language)
        return
    history = record.get("turn_history")
    if not isinstance(history, dict):
        raise Malformed(f"turn_history is {name_type(history)}; it has to be an object")
    steps = _read_column(history, "steps")
    yield from _say(Role.ASSISTANT, "\n".join(step for step in steps if step.strip()))
    yield from _read_turns(history, language)


def _read_turns(history: Mapping[str, object], language: str) -> Iterator[ParsedEvent]:
    thoughts = _read_column(history, "thoughts")
    actions = _read_column(history, "actions")
    results = _read_column(history, "observations")
    if len(results) > len(actions):
        raise Malformed("turn_history has more observations than actions")
    for turn, action in enumerate(actions):
        if turn < len(thoughts):
            yield from _say(Role.ASSISTANT, thoughts[turn])
        if turn < len(results):
            yield from _act(action, results[turn], language, f"turn_history.actions.{turn}")
        elif action.strip() == "blocked":
            yield ParsedEvent(EventKind.MESSAGE, Role.ASSISTANT, action, is_error=True)
        else:
            yield _call(action, language, f"turn_history.actions.{turn}")


def _read_trajectory(turns: Sequence[object], language: str) -> Iterator[ParsedEvent]:
    for number, turn in enumerate(turns):
        place = f"trajectory.{number}"
        if not isinstance(turn, dict):
            raise Malformed(f"{place} is {name_type(turn)}; it has to be an object")
        action = read_prose(turn.get("action"), f"{place}.action")
        result = read_prose(turn.get("observation"), f"{place}.observation")
        yield from _act(action, result, language, f"{place}.action")


def _read_column(history: Mapping[str, object], name: str) -> list[str]:
    """Return the texts of one list of the history, [] where it has no such list."""
    if history.get(name) is None:
        return []
    place = f"turn_history.{name}"
    texts = read_list(history[name], place)
    return [read_prose(text, f"{place}.{number}") for number, text in enumerate(texts)]


def _say(role: Role, text: str) -> Iterator[ParsedEvent]:
    if text.strip():
        yield ParsedEvent(EventKind.MESSAGE, role, text)


def _act(action: str, result: str, language: str, place: str) -> Iterator[ParsedEvent]:
    call = _call(action, language, place)
    yield call
    yield ParsedEvent(
        EventKind.TOOL_RESULT,
        Role.TOOL,
        result,
        tool=call.tool,
        is_error=_failed(result, language),
    )


def _call(action: str, language: str, place: str) -> ParsedEvent:
    if action.strip() == "submit":
        return ParsedEvent(EventKind.TOOL_CALL, Role.ASSISTANT, "{}", tool="submit")
    arguments = write_arguments({ARGUMENT[language]: action}, place)
    return ParsedEvent(EventKind.TOOL_CALL, Role.ASSISTANT, arguments, tool=language)


def _failed(result: str, language: str) -> bool:
    """Say whether a result is a failure, by how its first line that is not blank begins."""
    line = result.lstrip()[:FIRST_LINE].partition("\n")[0]
    if line.startswith(ENGINE_FAILURE):
        return True
    if language != "bash":
        return False
    forms = (SHELL, COMPLAINT, REASON)
    return line.startswith(STANDING) or any(form.match(line) for form in forms)
