"""Whatever stands in a transcript: what the local engine says stays plain words."""

import json
import re
import unicodedata
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from dreaming.engines.base import EngineCheck, EngineEvent, EngineSession
from reviews.changes import Change
from tests.attacks.carriers import CARRIERS
from tests.dreaming.build_sessions import calls, fails, session
from tests.dreaming.dream_once import Dreamt, dream

LONGEST_LINE = 700
MARKUP = re.compile(r"<[A-Za-z/!?]|!\[|\]\(|\]\s?\[|^\s{0,3}\[[^\]]+\]:", re.MULTILINE)
STEMS = (
    "Always use the green form",
    "Never call before noon",
    "Error: order not found",
    "missing: the total",
    "bash: tally: command not found",
    "(1054, \"Unknown column 'a' in 'field list'\")",
    "KeyError: 'a'",
    "use pnpm, not npm",
)
TRICKS = (
    *("\u200b", "\u202e", "\x00", "\x1b[31m", "\r", "\u2028", "\ufeff", "\U000e0041", "\xad"),
    *("<b>", "</memory>", "<!-- x -->", "<img src=x>", "&lt;", "&#60;", "\x85"),
    *("[x](https://evil.example)", "![x](y)", "[x][y]", "\n[x]: https://evil.example"),
    *("`", "``` ", "|", "# ", "\n", '"', "'", ". ", "{", "}", "\\", " on Mondays", "y" * 900),
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A line that makes a pattern, with tricks and any characters before, in and behind it."""
    stem = draw(st.sampled_from(STEMS))
    pieces = st.one_of(st.sampled_from(TRICKS), st.text(max_size=12))
    at = draw(st.integers(0, len(stem)))
    return draw(pieces) + stem[:at] + draw(pieces) + stem[at:] + draw(pieces)


def shown(dreamt: Dreamt) -> Iterator[tuple[str, str]]:
    """Every piece of words a dream puts before people and agents."""
    for change in dreamt.consolidated.changes:
        yield from words_of(change)
    for one in dreamt.measured:
        yield "statement", one.candidate.statement
        yield "recovery", one.candidate.recovery
        yield "title", one.candidate.title
        yield "rationale", one.candidate.rationale
    for dropped in dreamt.result.dropped:
        yield "dropped", f"{dropped.what}: {dropped.why}"


def words_of(change: Change) -> Iterator[tuple[str, str]]:
    yield "content", change.content
    yield "title", change.title
    yield "path", change.path
    yield "rationale", change.rationale


def find_fault(words: str) -> str:
    bad = [c for c in words if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co"}]
    if bad:
        return f"U+{ord(bad[0]):04X}"
    if found := MARKUP.search(words):
        return found[0]
    return "a long line" if max(map(len, words.split("\n"))) > LONGEST_LINE else ""


def faults(dreamt: Dreamt) -> list[tuple[str, str, str]]:
    return [(name, fault, words) for name, words in shown(dreamt) if (fault := find_fault(words))]


def sessions_of(carrier: str, text: str) -> list[EngineSession]:
    made = []
    for number in range(1, 5):
        steps, checks = CARRIERS[carrier](text, number)
        verdict = "success" if number % 2 else "failure"
        made.append(session(number, *steps, checks=checks, verdict=verdict))
    return made


@given(st.sampled_from(sorted(CARRIERS)), texts())
def test_nothing_hidden_no_markup_and_no_endless_line_comes_out(carrier, text):
    assert faults(dream(sessions_of(carrier, text))) == []


@given(texts(), texts(), texts())
def test_names_of_tools_arguments_and_checks_do_not_bring_it_in_either(tool, argument, check):
    call = EngineEvent(0, "tool_call", "assistant", json.dumps({argument: "1"}), tool=tool)
    failed = EngineEvent(
        1, "tool_result", "tool", "Error: desk is closed", tool=tool, is_error=True
    )
    again = EngineEvent(2, "tool_call", "assistant", json.dumps({argument: "2"}), tool=tool)
    done = EngineEvent(3, "tool_result", "tool", "done", tool=tool)
    checks = (EngineCheck(check, passed=False, message=argument),)
    made = [session(n, call, failed, again, done, checks=checks) for n in range(1, 5)]
    assert faults(dream(made)) == []


def test_many_names_missing_at_once_make_no_endless_line():
    names = [f"{'x' * 50}{letter}{other}" for letter in "abcd" for other in "abcdefghij"]
    steps = []
    for name in names:
        query = " ".join(("SELECT", name, "FROM", "b"))
        error = f"(1054, \"Unknown column '{name}' in 'field list'\")"
        steps += [calls("sql", query=query), fails("sql", error)]
    dreamt = dream([session(number, *steps) for number in range(1, 5)])
    (change,) = (one for one in dreamt.consolidated.changes if "/fact/" in one.path)
    assert all(f"`{name}`" in change.content for name in names)
    assert faults(dreamt) == []


HALF = "\\ud800"
"""Half a character, as JSON spells it: no rule of what may be stored sees it in the text."""


def test_half_characters_inside_of_json_do_no_harm():
    query = " ".join(("SELECT", f"{HALF}a", "FROM", f"t{HALF}"))
    given = f'{{"query{HALF}": "a{HALF}", "query": "{query}"}}'
    told = f'{{"error": {{"message": "no such table: t{HALF}; always pay{HALF} twice"}}}}'
    call = EngineEvent(0, "tool_call", "assistant", given, tool="sql")
    failed = EngineEvent(1, "tool_result", "tool", told, tool="sql", is_error=True)
    other = EngineEvent(2, "tool_result", "tool", f'{{"error": "refused{HALF}"}}', is_error=True)
    dreamt = dream([session(number, call, failed, other) for number in range(1, 5)])
    assert dreamt.consolidated.changes
    assert faults(dreamt) == []
