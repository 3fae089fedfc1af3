"""What the stand-in says where no model is: recorded answers, chosen by plain rules.

Good enough to show the way of a dream from end to end, and labelled so wherever it is seen; it says
nothing of how well a model reads.
"""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dreaming.standin.messages import Said

NAMES = re.compile(r"\[[\w -]+ removed\]|[#\w-]*\d[\w-]*")
BEFORE_IT = re.compile(r"^(error|failed|failure)\W+", re.IGNORECASE)
MOST_WORDS = 6
MOST_OF_A_TITLE = 60


def speak(body: Mapping[str, Any]) -> Said:
    """Answer a request to read a session, or one to write changes, by what stands in it."""
    rows = list(rows_of(body))
    asked = json.dumps(body.get("output_config", {}))
    if '"proposals"' in asked:
        return Said(json.dumps({"proposals": propose(rows)}))
    return Said(json.dumps({"observations": observe(rows)}))


def rows_of(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the lines of JSON a request holds, without the marks around them."""
    for message in body.get("messages", ()):
        for line in str(message.get("content", "")).splitlines():
            if line.startswith("{"):
                yield json.loads(line)


def observe(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Note each first error of a tool, and what people asked for with "always" or "never"."""
    seen: dict[str, dict[str, Any]] = {}
    for row in rows:
        text = str(row.get("text", ""))
        if row.get("error") and row.get("tool"):
            topic = topic_of(f"{row['tool']} {text}")
            refusal = BEFORE_IT.sub("", plain(text)).rstrip(".")
            statement = f'`{row["tool"]}` refuses with "{refusal}": look at what it asks for first.'
            seen.setdefault(topic, _note("mistake", topic, statement, row, text))
        elif row.get("role") == "user" and re.search(r"\b(always|never)\b", text, re.IGNORECASE):
            said = next(
                part
                for part in re.split(r"(?<=[.!?])\s", text)
                if re.search("always|never", part, re.IGNORECASE)
            )
            topic = topic_of(said)
            seen.setdefault(topic, _note("preference", topic, plain(said), row, said))
    return list(seen.values())


def _note(
    kind: str, topic: str, statement: str, row: Mapping[str, Any], words: str
) -> dict[str, Any]:
    return {
        "kind": kind,
        "topic": topic,
        "statement": statement[:1_000],
        "tool": str(row.get("tool", "")),
        "signal": "words" if kind == "preference" else "outcome",
        "recovered": False,
        "quotes": [{"event": row["event"], "text": words[:300], "relation": "supports"}],
    }


def topic_of(text: str) -> str:
    """Return the first words of a text that name nothing in particular."""
    words = [word for word in re.findall(r"[a-z_]+", NAMES.sub(" ", text.lower())) if word]
    return " ".join(words[:MOST_WORDS]) or "something"


def plain(text: str) -> str:
    """Return a text as an instruction for others: without the numbers of one session."""
    return " ".join(NAMES.sub("…", text).split())[:400]


def propose(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Propose one new memory for each topic that two sessions show."""
    topics: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if "observation" in row:
            topics.setdefault(str(row["topic"]), []).append(row)
    return [
        {
            "op": "create",
            "path": "",
            "kind": found[0]["kind"],
            "topic": topic,
            "title": title_of(found[0]),
            "statement": found[0]["statement"],
            "tool": found[0]["tool"],
            "observations": [row["observation"] for row in found],
            "rationale": "Several sessions met the same.",
        }
        for topic, found in topics.items()
        if len({row["session"] for row in found}) > 1
    ]


def title_of(observation: Mapping[str, Any]) -> str:
    """Return the first words of what was observed, without its marks, cut between words."""
    words = re.sub(r'[`"]', "", str(observation["statement"]))
    return textwrap.shorten(words.split(": look at")[0], MOST_OF_A_TITLE, placeholder=" …")


def dream_on(
    texts: Mapping[str, str], sessions: Sequence[Mapping[str, Any]]
) -> Mapping[str, str | None]:
    """Dream as a hosted dream would where no model is: what people said to do becomes a memory.

    One thing is added that nobody said, as models do; it is for people to see what is made of it.
    """
    written: dict[str, str | None] = {}
    for session in sessions:
        for said in _said_by_people(session):
            if re.search(r"\b(always|never)\b", said, re.IGNORECASE):
                written.setdefault(
                    f"/preferences/{topic_of(said).replace(' ', '-')}.md", f"{said}\n"
                )
    if written:
        written["/preferences/summary.md"] = "Everybody agreed to this on the telephone.\n"
    return written


def _said_by_people(session: Mapping[str, Any]) -> Iterator[str]:
    for event in session.get("events", ()):
        if event.get("type") == "user.message":
            for block in event.get("content", ()):
                yield from re.split(r"(?<=[.!?])\s", str(block.get("text", "")))
