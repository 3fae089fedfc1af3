import gzip
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.transcripts.base import (
    EventKind,
    ParsedSession,
    Refused,
    Role,
    UnreadableTranscript,
    Verdict,
)
from agents.transcripts.intercode import parse
from agents.transcripts.limits import MAX_EVENTS, MAX_TEXT

SQL = "/runs/sql/gpt-4/ic_sql_multiturn_gpt-4_10_turns.json"
BASH = "/runs/bash/gpt-4/ic_bash_multiturn_gpt-4_10_turns_fs_2.json"
TELLTALE = "what only the grader may know"


def read(content: object, source_name: str = SQL) -> list[Any]:
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return list(parse(io.BytesIO(data), source_name=source_name))


def record(*turns: tuple[object, object], environment: str = "ic_sql", **fields: Any) -> Any:
    """A record of a multiturn file with the answers of the benchmark in their places."""
    history = {
        "actions": [action for action, _ in turns],
        "observations": [result for _, result in turns if result is not None],
        "rewards": [0.3712] * len(turns),
        "valid_action": [False] * len(turns),
        **fields.pop("history", {}),
    }
    return {
        "environment": environment,
        "dataset": "./data/spider/dev_spider.json",
        "task_id": 12,
        "query": "How many pets are there?",
        "turn_history": history,
        "summary": {"max_reward": 1.0, "max_reward_idx": 0},
        "info": {"eval_obs": TELLTALE, "reward": 0.3712},
        "hardness": "easy",
        **fields,
    }


def bash(*turns: tuple[object, object], **fields: Any) -> Any:
    found = {"dataset": "./data/nl2bash/nl2bash_fs_2.json", **fields}
    return record(*turns, environment="ic_bash", **found)


def only(content: Any, source_name: str = SQL) -> ParsedSession:
    (session,) = read({"12": content}, source_name)
    assert isinstance(session, ParsedSession), session
    return session


def refusal(content: Any) -> str:
    (refused,) = read({"12": content})
    assert isinstance(refused, Refused), refused
    return refused.reason


def test_a_session_is_read():
    session = only(record(("SELECT COUNT(*) FROM pets", "[(3,)]")))
    assert (session.agent, session.model) == ("sql-gpt-4-multiturn-10-turns", "gpt-4")
    assert session.external_id == "sql-gpt-4-multiturn-10-turns-sql-12"
    assert (session.task_key, session.environment) == ("sql:12", "InterCode SQL")
    assert [(event.kind, event.role, event.tool, event.text) for event in session.events] == [
        (EventKind.MESSAGE, Role.USER, "", "How many pets are there?"),
        (EventKind.TOOL_CALL, Role.ASSISTANT, "sql", '{"query": "SELECT COUNT(*) FROM pets"}'),
        (EventKind.TOOL_RESULT, Role.TOOL, "sql", "[(3,)]"),
    ]
    assert session.events[1].call_id == session.events[2].call_id != ""


def test_a_session_of_bash_is_read():
    session = only(bash(("ls /testbed", "a.txt\n")), BASH)
    assert session.agent == "bash-gpt-4-multiturn-10-turns"
    assert session.external_id == "bash-gpt-4-multiturn-10-turns-bash-fs_2-12"
    assert (session.task_key, session.environment) == ("bash-fs_2:12", "InterCode Bash")
    assert session.events[1].text == '{"command": "ls /testbed"}'
    assert {event.tool for event in session.events[1:]} == {"bash"}


@pytest.mark.parametrize(
    ("path", "agent", "model"),
    [
        ("sql/gpt-4/ic_sql_multiturn_gpt-4_10_turns.json", "sql-gpt-4-multiturn-10-turns", "gpt-4"),
        (
            "sql/gpt-3.5/ic_sql_multiturn_gpt-3.5-1_turns.json",
            "sql-gpt-3-5-multiturn-1-turns",
            "gpt-3.5",
        ),
        (
            "sql/gpt-3.5/ic_sql_multiturn_gpt-3.5-1_turns_handicap.json.gz",
            "sql-gpt-3-5-multiturn-1-turns-handicap",
            "gpt-3.5",
        ),
        ("sql/gpt-3.5/ic_sql_react_10_turns.json", "sql-gpt-3-5-react-10-turns", "gpt-3.5"),
        ("sql/gpt-3.5/ic_sql_plan_solve.json", "sql-gpt-3-5-plan-solve", "gpt-3.5"),
        (
            "bash/gpt-3.5/ic_bash_plan_solve_refine_3_turns.json",
            "bash-gpt-3-5-plan-solve-refine-3-turns",
            "gpt-3.5",
        ),
        ("bash/gpt-3.5/ic_bash_plan_solve_fs_3.json", "bash-gpt-3-5-plan-solve", "gpt-3.5"),
        (
            "bash/gpt-3.5/ic_bash_react_10_turns_fs_1.json",
            "bash-gpt-3-5-react-10-turns",
            "gpt-3.5",
        ),
        ("ic_sql_multiturn_vicuna_10_turns.json", "sql-vicuna-multiturn-10-turns", "vicuna"),
        ("ic_sql_react_10_turns.json", "sql-react-10-turns", ""),
        ("a/My runs.json", "my-runs", ""),
        ("x/ic_perl_react_10_turns.json", "ic-perl-react-10-turns", ""),
        ("x/ic_sql_guess.json", "ic-sql-guess", ""),
        ("a\0b/ic_sql_react_10_turns.json", "sql-a-b-react-10-turns", ""),
    ],
)
def test_model_and_strategy_are_the_agent(path, agent, model):
    session = only(record(("SELECT 1", "[(1,)]")), path)
    assert (session.agent, session.model) == (agent, model)


@pytest.mark.parametrize("above", ["", "/home/me/downloads/", "sql.tar/"])
def test_folders_above_the_models_do_not_matter(above):
    path = f"{above}sql/gpt-3.5/ic_sql_react_10_turns.json"
    assert only(record(("SELECT 1", "")), path).agent == "sql-gpt-3-5-react-10-turns"


@pytest.mark.parametrize(
    ("dataset", "path", "task_key"),
    [
        ("./data/nl2bash/nl2bash_fs_1.json", BASH, "bash-fs_1:12"),
        (None, BASH, "bash-fs_2:12"),
        (["fs_1"], BASH, "bash-fs_2:12"),
        (None, "ic_bash_plan_solve.json", "bash:12"),
    ],
)
def test_tasks_of_bash_count_within_their_file_system(dataset, path, task_key):
    assert only(bash(("ls", ""), dataset=dataset), path).task_key == task_key


def test_one_task_has_one_key_whoever_tried_it():
    keys = {only(record(("SELECT 1", "")), f"sql/m{n}/ic_sql_react_10_turns.json") for n in "12"}
    assert {session.task_key for session in keys} == {"sql:12"}
    assert len({session.agent for session in keys}) == 2


@pytest.mark.parametrize(
    "action",
    [
        "execute[SELECT 1]",
        "```SQL\nSELECT 1\n```",
        "I would look at the tables first.",
        'SELECT "é\\"',
        "",
        "  SELECT 1  ",
        "execute[SELECT 1",
    ],
)
def test_an_action_stays_as_it_was_written(action):
    call = only(record((action, "[]"))).events[1]
    assert (call.tool, json.loads(call.text)) == ("sql", {"query": action})


@pytest.mark.parametrize("action", ["submit", " submit\n"])
def test_submit_is_a_tool_of_its_own(action):
    session = only(record(("SELECT 1", "[(1,)]"), (action, "[(1,)]")))
    assert [event.tool for event in session.events] == ["", "sql", "sql", "submit", "submit"]
    assert session.events[3].text == "{}"


def test_words_about_submitting_are_no_submission():
    assert only(record(("submit the answer", "[]"))).events[1].tool == "sql"


def test_thoughts_come_before_their_calls():
    history = {"thoughts": ["I look first.", "  ", "Done."]}
    turns = [("SHOW TABLES", "[]"), ("SELECT 1", "[]"), ("submit", "[]")]
    events = only(record(*turns, history=history)).events
    said = [(event.role.value, event.text) for event in events if event.role is not Role.TOOL]
    assert said == [
        ("user", "How many pets are there?"),
        ("assistant", "I look first."),
        ("assistant", '{"query": "SHOW TABLES"}'),
        ("assistant", '{"query": "SELECT 1"}'),
        ("assistant", "Done."),
        ("assistant", "{}"),
    ]


def test_a_plan_is_one_message_before_the_first_call():
    history = {"steps": ["Look at the tables.", "", "Count."]}
    events = only(record(("SHOW TABLES", "[]"), ("SELECT 1", "[]"), history=history)).events
    assert (events[1].kind, events[1].role) == (EventKind.MESSAGE, Role.ASSISTANT)
    assert events[1].text == "Look at the tables.\nCount."
    assert [event.kind for event in events[2:]] == [
        EventKind.TOOL_CALL,
        EventKind.TOOL_RESULT,
    ] * 2


def test_records_below_logs_are_read_and_meta_is_none():
    content = {"meta": {"env": "sql"}, "logs": {"3": record(("SELECT 1", ""), task_id=3), "4": 7}}
    session, refused = read(content)
    assert (session.position, session.task_key) == (0, "sql:3")
    assert refused == Refused(1, "the record is a number; it has to be an object")


def test_a_session_of_a_person_is_read():
    turns = [{"action": "desc pets;", "observation": "('id', 'int')"}]
    human = {
        "environment": "ic_sql",
        "query_idx": 605,
        "query": "How many?",
        "gold": TELLTALE,
        "reward": 1.0,
        "trajectory": turns,
        "info": {"eval_obs": TELLTALE},
    }
    session = only(human, "sql/human/ic_sql_multiturn_human_10_turns.json")
    assert (session.task_key, session.model) == ("sql:605", "human")
    assert session.outcome.verdict is Verdict.SUCCESS
    assert [event.text for event in session.events] == [
        "How many?",
        '{"query": "desc pets;"}',
        "('id', 'int')",
    ]
    assert TELLTALE not in repr(session)


def test_a_reply_the_run_could_not_take_is_a_failed_message_and_no_call():
    events = only(record(("SELECT 1", "[]"), ("blocked", None))).events
    last = events[-1]
    assert (last.kind, last.role, last.text) == (EventKind.MESSAGE, Role.ASSISTANT, "blocked")
    assert last.is_error


def test_a_last_action_without_a_result_is_a_call_without_one():
    events = only(record(("SELECT 1", "[]"), ("SELECT 2", None))).events
    assert [event.kind for event in events][-2:] == [EventKind.TOOL_RESULT, EventKind.TOOL_CALL]
    assert len({event.call_id for event in events}) == 3


def test_a_session_without_a_turn_keeps_its_question():
    session = only(record(summary={"max_reward": 0}))
    assert [event.role for event in session.events] == [Role.USER]
    assert session.outcome.verdict is Verdict.FAILURE


@pytest.mark.parametrize(
    ("reward", "verdict"),
    [
        (1.0, Verdict.SUCCESS),
        (1, Verdict.SUCCESS),
        (0.99, Verdict.FAILURE),
        (0, Verdict.FAILURE),
        (-1, Verdict.FAILURE),
        (None, Verdict.UNKNOWN),
        (True, Verdict.UNKNOWN),
        ("1.0", Verdict.UNKNOWN),
    ],
)
def test_only_a_full_reward_is_success(reward, verdict):
    found = only(record(("SELECT 1", ""), summary={"max_reward": reward}))
    assert found.outcome.verdict is verdict


@pytest.mark.parametrize(
    ("result", "failed"),
    [
        ("Error executing query: Unknown column 'id' in 'field list'", True),
        ("[('Error executing query:',)]", False),
        ("[(3,)]", False),
        ("", False),
        ("error executing query", False),
        ("bash: line 1: python: command not found", False),
        ("No SQL code was found in your last response.", False),
    ],
)
def test_a_result_of_sql_failed_by_its_beginning(result, failed):
    assert only(record(("SELECT 1", result))).events[-1].is_error is failed


FAILED = [
    "/bin/bash: line 1: python: command not found\n",
    "/bin/bash: -c: line 2: syntax error: unexpected end of file",
    "$(which python)): -c: line 1: unexpected EOF while looking for matching `)'",
    "find: missing argument to `-exec'",
    "find: paths must precede expression: `a.txt'",
    "ls: cannot access '/nowhere': No such file or directory",
    "grep: /system: Is a directory",
    "awk: cannot open x (No such file or directory)",
    "tar: You may not specify more than one '-Acdtrux' option",
    "bash: /usr/bin/tr: cannot execute binary file",
    "Command timed out",
    "Malformed command",
    "E: Unable to locate package python",
    "Error executing query: no code",
    "\n\nfind: missing argument to `-exec'",
    "cut: option requires an argument -- 'f'\nTry 'cut --help'",
]
FINE = [
    "",
    "/testbed/Error: missing.txt",
    "4: find: missing argument",
    "The file says command not found",
    "No such file or directory",
    "total 4\nls: cannot access 'x': No such file or directory",
    "tar: Removing leading `/' from member names",
    "/bin/bash: line 3: bind: warning: line editing not enabled",
    "Only in /workspace/dir1: .hidden1.txt",
    "hello.c: 12",
    "log.txt:12:cannot open the door",
    "x" * 700 + ": Is a directory",
]


@pytest.mark.parametrize("result", FAILED)
def test_a_result_of_bash_failed_when_its_first_line_complains(result):
    assert only(bash(("x", result))).events[-1].is_error


@pytest.mark.parametrize("result", FINE)
def test_a_word_in_a_result_of_bash_is_no_failure(result):
    assert not only(bash(("x", result))).events[-1].is_error


def test_the_answers_of_the_benchmark_reach_no_field():
    session = only(record(("SELECT 1", "[]"), gold=TELLTALE, hardness=TELLTALE))
    assert TELLTALE not in repr(session)
    assert "0.3712" not in repr(session)
    assert "valid" not in repr(session)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("null", "the record is null; it has to be an object"),
        ("[]", "the record is a list; it has to be an object"),
        ("{}", "environment has to be ic_sql or ic_bash"),
        ('{"environment": ["ic_sql"]}', "environment has to be ic_sql or ic_bash"),
        ('{"environment": "ic_sql"}', "task_id has to be a number or a text"),
        ('{"environment": "ic_sql", "task_id": 1}', "turn_history is null; it has to be an object"),
        (
            '{"environment": "ic_sql", "task_id": 1, "turn_history": {}}',
            "the record has neither a question nor a turn",
        ),
        ('{"environment": "ic_sql", "task_id": 1, "query": 5}', "query is a number"),
        ('{"environment": "ic_sql", "task_id": ' + "9" * 5_000 + "}", "a number of more than"),
        ("{" * 9, "not JSON"),
        ("NaN", "NaN is no JSON number"),
    ],
)
def test_a_broken_record_is_refused_and_the_rest_goes_on(broken, reason):
    first, last = (json.dumps(record(("SELECT 1", ""), task_id=task)) for task in (1, 2))
    results = read(f'{{"1": {first}, "x": {broken}, "2": {last}}}')
    assert isinstance(results[1], Refused)
    assert results[1].reason.startswith(reason)
    if reason != "not JSON":
        assert [result.position for result in results] == [0, 1, 2]
        assert results[2].task_key == "sql:2"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"turn_history": []}, "turn_history is a list; it has to be an object"),
        ({"history": {"actions": "x"}}, "turn_history.actions is a text; it has to be a list"),
        ({"history": {"actions": [5]}}, "turn_history.actions.0 is a number; it has to be a text"),
        ({"history": {"actions": []}}, "turn_history has more observations than actions"),
        ({"history": {"observations": [{}]}}, "turn_history.observations.0 is an object"),
        ({"history": {"thoughts": [[]]}}, "turn_history.thoughts.0 is a list"),
        ({"history": {"actions": ["x" * (MAX_TEXT + 1)]}}, "turn_history.actions.0 has 1,000,001"),
        ({"history": {"actions": ['"' * MAX_TEXT]}}, "turn_history.actions.0 has 2,000,"),
        ({"trajectory": {}}, "trajectory is an object; it has to be a list"),
        ({"trajectory": [7]}, "trajectory.0 is a number; it has to be an object"),
        ({"trajectory": [{"action": 7}]}, "trajectory.0.action is a number"),
        ({"query_idx": True}, "query_idx has to be a number or a text"),
        ({"task_id": "1\0"}, "task_id holds the control character U+0000"),
        ({"task_id": "x" * 121}, "task_id has 121 characters; the limit is 120"),
    ],
)
def test_a_broken_part_is_named_by_its_place(fields, reason):
    assert refusal(record(("SELECT 1", "[]"), **fields)).startswith(reason)


def test_a_session_of_too_many_events_is_refused():
    turns = [("x", "")] * (MAX_EVENTS // 2)
    assert refusal(record(*turns)) == "more than 20,000 events, the limit of a session"


def test_a_refused_record_does_not_take_its_task():
    good = record(("SELECT 1", ""))
    refused, session = read({"12": {**good, "query": 5}, "13": good})
    assert isinstance(refused, Refused)
    assert session.task_key == "sql:12"


def test_a_task_that_is_there_twice_is_refused_the_second_time():
    one = json.dumps(record(("SELECT 1", "")))
    _, refused = read(f'{{"12": {one}, "12": {one}}}')
    assert refused == Refused(1, "the task sql:12 is there twice")


@pytest.mark.parametrize("content", [b"", b" \n", b"{}", b'{"meta": {}, "logs": {}}'])
def test_a_file_without_a_record_yields_nothing(content):
    assert read(content) == []


@pytest.mark.parametrize("content", [b"[]", b"7", b"\x1f\x8bnothing"])
def test_another_file_is_refused_as_a_whole(content):
    with pytest.raises(UnreadableTranscript):
        read(content)


def test_a_cut_file_gives_what_was_whole():
    content = json.dumps({str(n): record(("SELECT 1", ""), task_id=n) for n in range(2)})
    session, refused = read(content[:-30])
    assert session.task_key == "sql:0"
    assert "the rest of the file is lost" in refused.reason


def test_gzip_and_plain_give_the_same():
    content = json.dumps({"12": record(("SELECT 1", ""))}).encode()
    assert read(gzip.compress(content)) == read(content)


def test_bytes_that_are_no_utf8_lose_no_session():
    content = json.dumps({"12": record(("SELECT 1", "caf?"))}).encode().replace(b'?"', b'\xe9"')
    assert read(content)[0].events[-1].text == "caf\udce9"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["actions", "observations", "thoughts", "steps", "action"]), inner
        )
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.text(max_size=3).filter(lambda name: name not in ("meta", "logs")),
        st.fixed_dictionaries(
            {"environment": st.sampled_from(["ic_sql", "ic_bash"]), "task_id": st.integers(0, 9)},
            optional={
                "query": VALUES,
                "turn_history": VALUES,
                "trajectory": st.lists(VALUES, max_size=3) | VALUES,
                "summary": VALUES,
                "dataset": VALUES,
            },
        ),
        max_size=3,
    )
)
def test_every_record_is_a_session_or_a_refusal(records):
    results = read(records)
    assert [result.position for result in results] == list(range(len(records)))


@given(st.binary(max_size=200), st.text(max_size=30))
def test_any_bytes_under_any_name_are_read_or_unreadable(content, name):
    try:
        results = read(content, name)
    except UnreadableTranscript:
        return
    assert all(isinstance(item, ParsedSession | Refused) for item in results)
