"""The real InterCode, MedAgentBench and tau2 files against counts made another way."""

import gzip
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import pytest

from agents.transcripts.archives import read_members
from agents.transcripts.base import EventKind, ParsedSession, Refused, Verdict
from agents.transcripts.daybreak import dump_line, parse_record
from agents.transcripts.registry import FORMATS
from dreaming.engines.calls import SAFE_NAME
from tests import independent_counts_chats, independent_counts_intercode, pack

SQL_SAMPLE = (
    "human",
    "react",
    "refine",
    "gpt-3.5-1_turns_handicap",
    "chat-bison-001_10_turns.json",
)
"""One SQL file of every shape; the soak reads all. Bash is small and read whole."""

EXPECTED = {
    "intercode_sql.tar.gz": (8072, 99336, 43787, 28593, 2961),
    "intercode_bash.tar.gz": (883, 12783, 5608, 2282, 251),
    "whissle_medagentbench.tar.gz": (129, 654, 320, 11, 88),
    "tau2_airline__toolorchestra.json.gz": (25, 990, 371, 6, 11),
    "tau2_airline__whissle.json.gz": (25, 604, 134, 9, 15),
    "tau2_retail__toolorchestra.json.gz": (62, 1476, 469, 4, 51),
}
"""Sessions, events, tool calls, tool errors, successes."""

INTERCODE_AGENTS = {
    "bash-chat-bison-001-multiturn-10-turns",
    "bash-gpt-3-5-multiturn-10-turns",
    "bash-gpt-3-5-plan-solve",
    "bash-gpt-3-5-plan-solve-refine-3-turns",
    "bash-gpt-3-5-react-10-turns",
    "bash-gpt-4-multiturn-10-turns",
    "bash-starchat-multiturn-10-turns",
    "bash-text-bison-001-multiturn-10-turns",
    "bash-text-davinci-003-multiturn-10-turns",
    "bash-vicuna-multiturn-10-turns",
}
NAMES = [pack.MEDAGENTBENCH, *pack.TAU2_FILES, "intercode_bash.tar.gz"]
GATE = [*NAMES, "intercode_sql.tar.gz"]


def format_of(name: str) -> str:
    return name.partition("_")[0] if name[0] in "it" else "medagentbench"


def read_files(name: str, *parts: str) -> Iterator[tuple[str, bytes]]:
    """The files of the pack under `name`: one, or those of an archive that bear one of `parts`."""
    path = pack.require(name)
    if not name.endswith(".tar.gz"):
        yield path.as_posix(), gzip.decompress(path.read_bytes())
        return
    with path.open("rb") as stream:
        for member in read_members(stream):
            if not parts or any(part in member.name for part in parts):
                yield member.name, member.content.read()


@cache
def sample(name: str) -> list[tuple[str, bytes]]:
    return list(read_files(name, *(SQL_SAMPLE if name == "intercode_sql.tar.gz" else ())))


def parse(name: str, files: Iterable[tuple[str, bytes]]) -> list[ParsedSession]:
    read = FORMATS[format_of(name)]
    found = [one for file, data in files for one in read(io.BytesIO(data), source_name=file)]
    assert not [one for one in found if isinstance(one, Refused)]
    return [one for one in found if isinstance(one, ParsedSession)]


@cache
def sessions_of(name: str) -> list[ParsedSession]:
    return parse(name, sample(name))


def count(sessions: Sequence[ParsedSession]) -> dict[str, int]:
    events = [event for session in sessions for event in session.events]
    return {
        "sessions": len(sessions),
        "not_agent_fault": sum(bool(session.not_agent_fault) for session in sessions),
        "events": len(events),
        "tool_calls": sum(event.kind is EventKind.TOOL_CALL for event in events),
        "tool_errors": sum(
            event.is_error and event.kind is EventKind.TOOL_RESULT for event in events
        ),
        "successes": sum(session.outcome.verdict is Verdict.SUCCESS for session in sessions),
    }


def count_another_way(name: str, files: Iterable[tuple[str, bytes]]) -> dict[str, int]:
    counter = {
        "intercode": independent_counts_intercode.count_text,
        "medagentbench": independent_counts_chats.count_medagentbench,
        "tau2": independent_counts_chats.count_tau2,
    }[format_of(name)]
    total: dict[str, int] = {"not_agent_fault": 0}
    for _, data in files:
        for key, number in counter(data.decode()).items():
            total[key] = total.get(key, 0) + number
    return total


@pytest.fixture(params=GATE)
def name(request):
    return request.param


@pytest.mark.parametrize("name", NAMES)
def test_the_counts_are_those_expected(name):
    counts = count(sessions_of(name))
    assert counts.pop("not_agent_fault") == (4 if name == pack.MEDAGENTBENCH else 0)
    assert tuple(counts.values()) == EXPECTED[name]


def test_the_counts_are_those_counted_another_way(name):
    assert count(sessions_of(name)) == count_another_way(name, sample(name))


@pytest.mark.soak
def test_the_counts_of_all_of_sql_are_those_counted_another_way():
    files = list(read_files("intercode_sql.tar.gz"))
    counts = count(parse("intercode_sql.tar.gz", files))
    assert counts == count_another_way("intercode_sql.tar.gz", files)
    assert counts.pop("not_agent_fault") == 0
    assert tuple(counts.values()) == EXPECTED["intercode_sql.tar.gz"]


def test_external_ids_are_unique_whoever_the_agent(name):
    ids = [session.external_id for session in sessions_of(name)]
    assert len(set(ids)) == len(ids)


def test_every_result_answers_a_call_that_names_its_tool(name):
    for session in sessions_of(name):
        calls = {e.call_id: e.tool for e in session.events if e.kind is EventKind.TOOL_CALL}
        assert len(calls) == sum(e.kind is EventKind.TOOL_CALL for e in session.events)
        results = [e for e in session.events if e.kind is EventKind.TOOL_RESULT]
        assert all(calls[result.call_id] == result.tool for result in results)


def test_all_arguments_are_json_and_all_tools_have_names_engines_may_repeat(name):
    for session in sessions_of(name):
        for event in session.events:
            if event.kind is EventKind.TOOL_CALL:
                assert SAFE_NAME.match(event.tool)
                # Two bodies of requests were sent cut off, and stay as they were sent.
                assert event.tool.startswith("POST:") or isinstance(json.loads(event.text), dict)


def test_every_session_survives_our_own_format(name):
    for session in sessions_of(name)[::7]:
        assert parse_record(json.loads(dump_line(session)), session.position) == session


def test_model_and_strategy_are_the_agents_of_bash():
    sessions = sessions_of("intercode_bash.tar.gz")
    assert {session.agent for session in sessions} == INTERCODE_AGENTS
    assert {session.task_key.split(":")[0] for session in sessions} == {
        f"bash-fs_{number}" for number in range(1, 5)
    }


def test_one_task_has_the_same_question_under_every_agent(name):
    asked: dict[str, set[str]] = {}
    for session in sessions_of(name):
        first = session.events[0].text
        asked.setdefault(session.task_key, set()).add(first if name[0] in "iw" else "")
    assert all(len(questions) == 1 for questions in asked.values())


TELLTALE = ["what only the grader may know"]


def replace_answers(name: str, whole: Any) -> Any:
    """The same file with a telltale wherever a benchmark keeps its answers, but for the reward."""
    if name.startswith("intercode"):
        for record in whole.get("logs", whole).values():
            record |= {"info": TELLTALE, "gold": TELLTALE, "hardness": TELLTALE}
            if "summary" in record:
                record["turn_history"] |= {"rewards": TELLTALE, "valid_action": TELLTALE}
                record["summary"] = {
                    "max_reward": record["summary"]["max_reward"],
                    "max_reward_idx": TELLTALE,
                }
    elif name == pack.MEDAGENTBENCH:
        model = whole["diagnostics"]["provenance"]["model"]
        answers = ("grade", "eval_mrn", "integrity", "findings", "write_attempts", "history")
        whole |= dict.fromkeys((*answers, "result"), TELLTALE)
        whole["diagnostics"] = {"provenance": {"model": model}, "turns": TELLTALE}
    else:
        whole["tasks"] = TELLTALE
        whole["info"]["user_info"] = TELLTALE
        for run in whole["simulations"]:
            run["reward_info"] = {"reward": run["reward_info"]["reward"], "checks": TELLTALE}
            run.update(dict.fromkeys(("policy", "review", "info", "raw_data"), TELLTALE))
    return whole


def test_where_the_answers_of_a_benchmark_stand_nothing_is_read(name):
    replaced = [
        (file, json.dumps(replace_answers(name, json.loads(data))).encode())
        for file, data in sample(name)
    ]
    assert replaced != sample(name)
    assert parse(name, replaced) == sessions_of(name)
    assert TELLTALE[0] not in repr(sessions_of(name))


KEYS_OF_ANSWERS = ("valid_action", "max_reward", "eval_obs", "corrupt_gold", "eval_mrn", "expected")


def test_no_key_of_an_answer_is_in_any_text(name):
    for session in sessions_of(name):
        assert not session.outcome.checks
        for event in session.events:
            assert not any(f'"{key}"' in event.text for key in KEYS_OF_ANSWERS)
