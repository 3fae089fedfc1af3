"""Counts of MedAgentBench and tau2 files made a second way: nothing of Daybreak is imported.

MedAgentBench: an event is the question, a reply of the agent, or an observation. tau2: one
non-empty text, one tool call or one tool result. Run it on files to print JSON.
"""

import gzip
import json
import sys
from pathlib import Path
from typing import Any

BAD = ("Error in sending", "Invalid POST", "Invalid GET")


def count_medagentbench(text: str) -> dict[str, int]:
    """Return the counts of one session."""
    record = json.loads(text)
    replies = [turn["action_kind"] for turn in record["turns"]]
    seen = [turn["observation"] for turn in record["turns"] if turn["observation"] is not None]
    broken = record["status"] == "infra_fail"
    return {
        "sessions": 1,
        "not_agent_fault": int(broken),
        "events": 1 + len(replies) + len(seen),
        "tool_calls": sum(kind in ("get", "post", "finish") for kind in replies),
        "tool_errors": sum(text.startswith(BAD) for text in seen),
        "successes": int(record["correct"] is True and not broken),
    }


def count_tau2_message(message: dict[str, Any]) -> tuple[int, int, int]:
    """Return events, tool calls and tool errors of one message."""
    if message["role"] == "tool":
        return 1, 0, int(message.get("error") or message["content"].startswith("Error:"))
    calls = len(message["tool_calls"] or [])
    return calls + bool((message["content"] or "").strip()), calls, 0


def count_tau2(text: str) -> dict[str, int]:
    """Return the counts of one file."""
    runs = json.loads(text)["simulations"]
    counts = [count_tau2_message(message) for run in runs for message in run["messages"]]
    return {
        "sessions": len(runs),
        "not_agent_fault": 0,
        "events": sum(events for events, _, _ in counts),
        "tool_calls": sum(calls for _, calls, _ in counts),
        "tool_errors": sum(errors for _, _, errors in counts),
        "successes": sum(run["reward_info"]["reward"] == 1 for run in runs),
    }


if __name__ == "__main__":
    for name in sys.argv[1:]:
        packed = Path(name).read_bytes()
        text = (gzip.decompress(packed) if name.endswith(".gz") else packed).decode()
        count = count_tau2 if "simulations" in text else count_medagentbench
        print(name, json.dumps(count(text)))  # noqa: T201
