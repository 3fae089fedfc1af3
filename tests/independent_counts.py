"""Counts of the tau files made a second way: from the raw JSON, with nothing of Daybreak imported.

An event is one non-empty user or assistant text, one tool call or one tool result; an error is a
result that starts `Error:` after its line of Python is taken off. Run it on files to print JSON.
"""

import gzip
import json
import re
import sys
from pathlib import Path
from typing import Any

WRAPPER = re.compile(r'^# var_\d+ = "(.*)"$', re.DOTALL)


def count_message(message: dict[str, Any]) -> tuple[int, int, int]:
    """Return events, tool calls and tool errors of one message."""
    if message["role"] == "system":
        return 0, 0, 0
    if message["role"] == "tool":
        wrapped = WRAPPER.match(message["content"])
        result = wrapped.group(1) if wrapped else message["content"]
        return 1, 0, int(result.startswith("Error:"))
    calls = len(message.get("tool_calls") or [])
    return calls + int(bool((message.get("content") or "").strip())), calls, 0


def count_file(path: Path) -> dict[str, int]:
    """Return the counts of one file as the import command prints them."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        records = json.load(file)
    counts = [count_message(message) for record in records for message in record["traj"]]
    return {
        "sessions": len(records),
        "not_agent_fault": sum("traceback" in record["info"] for record in records),
        "events": sum(events for events, _, _ in counts),
        "tool_calls": sum(calls for _, calls, _ in counts),
        "tool_errors": sum(errors for _, _, errors in counts),
    }


if __name__ == "__main__":
    print(json.dumps({Path(name).name: count_file(Path(name)) for name in sys.argv[1:]}, indent=2))  # noqa: T201
