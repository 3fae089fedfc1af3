"""Counts of InterCode files made a second way: from the raw JSON, nothing of Daybreak imported.

An event is the question, a plan, a non-empty thought, an action that was carried out, what came
back, or the run's mark `blocked`; an error is an observation that says so in its first line.
Run it on files to print JSON.
"""

import json
import sys
from pathlib import Path
from typing import Any

ALWAYS = ("Command timed out", "Malformed command", "E: ", "Usage: ", "usage: ", "Try '")
FIRST = (
    "can't|cannot|could not|couldn't|failed|unable|invalid|illegal|unrecognized|unknown|unexpected|"
    "unterminated|missing|option requires|requires|extra |paths must precede|no such|not |"
    "syntax error|you must|you may not|error|fatal"
)
LAST = (
    "No such file or directory|Permission denied|Is a directory|Not a directory|File exists|"
    "Directory not empty|Operation not permitted|Read-only file system|Argument list too long|"
    "Invalid argument|command not found|cannot execute binary file"
)
SAID_FIRST, SAID_LAST = tuple(FIRST.split("|")), tuple(LAST.split("|"))
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
IN_A_NAME = LETTERS + "0123456789.+/-"


def says_line_number(line: str) -> bool:
    """Find `: line 3: ` of a shell that does not only warn."""
    words = line[:230].split(": ")
    for before, word in enumerate(words[1:-1]):
        kind, _, number = word.removeprefix("-c: ").partition(" ")
        if kind == "line" and number.isdigit() and "warning:" not in ": ".join(words[before + 2 :]):
            return True
    return False


def is_error(observation: str, environment: str) -> bool:
    """Judge an observation by its first line that is not blank."""
    line = observation.lstrip()[:600].split("\n")[0]
    if line.startswith("Error executing query:") or environment == "ic_sql":
        return line.startswith("Error executing query:")
    program, colon, rest = line.partition(": ")
    named = bool(colon) and program[0:1] in LETTERS and len(program) < 42
    named = named and bool(program) and all(letter in IN_A_NAME for letter in program)
    tails = [rest, *(rest[at + 2 :] for at in range(21) if rest[at : at + 2] == ": ")]
    complains = any(tail.lower().startswith(SAID_FIRST) for tail in tails)
    said = rest.removesuffix(")")
    gives_reason = said.endswith(SAID_LAST) and said not in SAID_LAST
    told = named and (complains or gives_reason)
    return line.startswith(ALWAYS) or says_line_number(line) or told


def count_record(record: dict[str, Any]) -> tuple[int, int, int, int]:
    """Return events, calls, errors and whether the session was won."""
    turns = record.get("trajectory", [])
    history = record.get("turn_history", {})
    actions = [turn["action"] for turn in turns] or history.get("actions", [])
    seen = [turn["observation"] for turn in turns] or history.get("observations", [])
    marks = len(actions) - len(seen)
    thoughts = sum(bool(thought.strip()) for thought in history.get("thoughts", []))
    plan = int(any(step.strip() for step in history.get("steps", [])))
    errors = sum(is_error(text, record["environment"]) for text in seen)
    won = record["reward"] == 1 if turns else record["summary"]["max_reward"] == 1
    return 1 + plan + thoughts + 2 * len(seen) + marks, len(seen), errors, int(won)


def count_text(text: str) -> dict[str, int]:
    """Return the counts of one file."""
    whole = json.loads(text) if text.strip() else {}
    counts = [count_record(record) for record in whole.get("logs", whole).values()]
    names = ("events", "tool_calls", "tool_errors", "successes")
    return {"sessions": len(counts)} | {n: sum(c[i] for c in counts) for i, n in enumerate(names)}


if __name__ == "__main__":
    print(json.dumps({name: count_text(Path(name).read_text()) for name in sys.argv[1:]}))  # noqa: T201
