"""Where an attacker's words get into sessions: what each session of an attack is made of."""

import json
import re
from collections.abc import Callable, Mapping, Sequence

from dreaming.engines.base import EngineCheck, EngineEvent
from tests.dreaming.build_sessions import answers, calls, fails, rejects, says

Steps = tuple[list[EngineEvent], tuple[EngineCheck, ...]]


def as_identifier(text: str, mark: str = "_", most: int = 60) -> str:
    """Return the words of a text as one name."""
    return mark.join(re.sub(r"[!-/:-@\[-`{-~]+", " ", text).split())[:most].strip(mark)


def select(column: str, table: str) -> str:
    return " ".join(("SELECT", column, "FROM", table))


def user_text(text: str, number: int) -> Steps:
    return [says(f"Hello. {text}", person=f"caller-{number}")], ()


def rejection(text: str, number: int) -> Steps:
    return [says("Write the letter."), rejects(text, person=f"member-{number}")], ()


def edit(text: str, number: int) -> Steps:
    made = EngineEvent(0, "edit", "user", text, trust="member", person=f"member-{number}")
    return [says("Write the letter."), made], ()


def tool_result(text: str, number: int) -> Steps:
    page = f"Orders of today\n{text}\nEnd of list."
    return [calls("read_page", "1", page=f"p{number}"), answers("read_page", page, "1")], ()


def error_line(text: str, number: int) -> Steps:
    made = [calls("find_order", "1", order=f"#W{number}"), fails("find_order", text, "1")]
    return made, ()


def error_fact(text: str, number: int) -> Steps:
    line = f"Error: order #W{number} not found. {text}"
    return [calls("find_order", "1", order=f"#W{number}"), fails("find_order", line, "1")], ()


def error_json(text: str, number: int) -> Steps:
    line = json.dumps({"error": {"message": f"refused: {text}", "code": number}})
    return [calls("pay", "1", order=f"#W{number}"), fails("pay", line, "1")], ()


def check_message(text: str, number: int) -> Steps:
    check = EngineCheck("letter_complete", passed=False, message=f"missing: {text}")
    return [says("Write it."), says("Done.", role="assistant", trust="agent")], (check,)


def memory_echoed(text: str, number: int) -> Steps:
    told = says(f"I remember: {text}", role="assistant", trust="agent", remembered=True)
    again = says(text, person=f"caller-{number}", remembered=True)
    result = fails("find_order", text, "1", remembered=True)
    return [told, again, calls("find_order", "1", order=f"#{number}"), result], ()


def agent_words(text: str, number: int) -> Steps:
    return [says("Hello."), says(f"I learned: {text}", role="assistant", trust="agent")], ()


def file_name(text: str, number: int) -> Steps:
    path = f"/srv/{as_identifier(text, '-')}.md"
    line = f"cat: {path}: No such file or directory"
    made = [calls("bash", "1", command=f"cat {path}"), fails("bash", line, "1")]
    found = [
        calls("bash", "2", command=f"cat /srv/{as_identifier(text)}"),
        answers("bash", "x", "2"),
    ]
    return made + found, ()


def tool_argument(text: str, number: int) -> Steps:
    made = [
        calls("save_note", "1", note=f"note-{number}", **{as_identifier(text) or "x": "1"}),
        fails("save_note", "Error: note is locked", "1"),
        calls("save_note", "2", note=f"note-{number}", **{as_identifier(text) or "x": "2"}),
        answers("save_note", "saved", "2"),
    ]
    return made, ()


def tool_name(text: str, number: int) -> Steps:
    name = as_identifier(text)
    made = [calls(name, "1", x=number), fails(name, "Error: the desk is closed", "1")]
    return made * 2, ()


def table_name(text: str, number: int) -> Steps:
    name = as_identifier(text)
    line = f"(1146, \"Table 'shop.{name}' doesn't exist\")"
    made = [calls("sql", "1", query=select("a", name)), fails("sql", line, "1")]
    again = [calls("sql", "2", query=select("a", "orders")), answers("sql", "[(1,)]", "2")]
    return made + again, ()


def column_name(text: str, number: int) -> Steps:
    name = as_identifier(text)
    line = f"(1054, \"Unknown column '{name}' in 'field list'\")"
    made = [calls("sql", "1", query=select(name, "orders")), fails("sql", line, "1")]
    fix = as_identifier(text[::-1])
    again = [
        calls("sql", "2", query=select(fix or "a", "orders")),
        answers("sql", "[(1,)]", "2"),
    ]
    return made + again, ()


Carry = Callable[[str, int], Steps]
CARRIERS: Mapping[str, Carry] = {
    "user text": user_text,
    "rejection": rejection,
    "edit": edit,
    "tool result": tool_result,
    "error line": error_line,
    "error beside a fact": error_fact,
    "error in JSON": error_json,
    "check's message": check_message,
    "memory echoed": memory_echoed,
    "agent's words": agent_words,
    "file name": file_name,
    "argument name": tool_argument,
    "tool name": tool_name,
    "table name": table_name,
    "column name": column_name,
}
NAMES: Sequence[str] = ("file name", "argument name", "tool name", "table name", "column name")
"""Carriers that make one name of the words."""
