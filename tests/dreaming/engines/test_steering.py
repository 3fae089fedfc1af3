"""What instructions make of candidates: a table of lines, their effects, and what is said."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreaming.engines.base import Candidate, Dropped, Note
from dreaming.engines.local import LocalEngine
from dreaming.engines.steering import fold, follow_notes, read_instructions, steer, words_in
from reviews.changes import pattern_key
from tests.dreaming.build_sessions import material
from tests.dreaming.dream_once import varied_sessions

KINDS = ("mistake", "fact", "recovery", "workflow", "check", "preference")


def candidate(name: str, kind: str, tool: str, statement: str, sessions: int) -> Candidate:
    return Candidate(
        kind=kind,
        tool=tool,
        template=name,
        statement=statement,
        title=name,
        matched=frozenset(f"S-{at}" for at in range(sessions)),
        quotes=(),
        signal="outcome",
    )


CANDIDATES = (
    candidate("claims", "mistake", "update_claim", "Give the claim its number first.", 9),
    candidate("orders", "fact", "find_order", "An order has no table of its own.", 4),
    candidate("hello", "preference", "", "Keep greetings short with new customers.", 6),
    candidate("login", "recovery", "sign_in", "Ask for a fresh code, then sign in again.", 2),
    candidate("steps", "workflow", "find_order", "Find the order, then update_claim.", 3),
)


def left(text: str, **held: frozenset[str]) -> list[str]:
    kept, _ = steer(CANDIDATES, read_instructions(text, KINDS), **held)
    return [one.title for one in kept]


def said(text: str) -> list[Dropped]:
    return steer(CANDIDATES, read_instructions(text, KINDS))[1]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "claims orders hello login steps"),
        ("  \n\n", "claims orders hello login steps"),
        # By tool, by kind, by a word of the statement.
        ("focus: update_claim", "claims steps"),
        ("focus: preferences", "hello"),
        ("focus: sign_in, greeting", "hello login"),
        ("focus: fresh code", "login"),
        ("focus: code fresh", ""),
        ("only: mistakes, facts", "claims orders"),
        ("only: Recovery", "login"),
        ("only: recoveries\nonly: workflows", "login steps"),
        ("ignore: greetings", "claims orders login steps"),
        ("ignore: find_order", "claims hello login"),
        ("ignore: mistakes", "orders hello login steps"),
        # A part of a word is no word.
        ("ignore: claim", "orders hello login steps"),
        ("ignore: update", "claims orders hello login steps"),
        ("at least: 5 sessions", "claims hello"),
        ("at least: 4", "claims orders hello"),
        ("At Least : 3 session", "claims orders hello steps"),
        # Lines add up.
        ("focus: orders\nat least: 4", "orders"),
        ("only: facts\nignore: order", ""),
        ("FOCUS: Update_Claim.", "claims steps"),
        ("focus: refunds,, ,", ""),
        ("at least: 3\nat least: 6 sessions", "claims hello"),
    ],
)
def test_lines_leave_what_they_ask_for(text: str, names: str):
    assert left(text) == names.split()


@pytest.mark.parametrize(
    ("text", "effects"),
    [
        ("ignore: greetings", [("1 pattern", "ignore: greetings")]),
        ("only: facts", [("4 patterns", "only: facts")]),
        (
            "ignore: greetings\nignore: claims",
            [("2 patterns", "ignore: greetings; ignore: claims")],
        ),
        (
            "only: mistakes, preferences\nat least: 7 sessions",
            [("1 pattern", "at least: 7 sessions"), ("3 patterns", "only: mistakes, preferences")],
        ),
        ("ignore: weather", []),
    ],
)
def test_each_effect_is_said_with_its_lines(text: str, effects: list[tuple[str, str]]):
    expected = [
        Dropped(what, f"Left out, as the instructions ask ({lines}).") for what, lines in effects
    ]
    assert said(text) == expected


@pytest.mark.parametrize(
    "line",
    [
        "Look at refunds.",
        "focus refunds",
        "focus:",
        "ignore: , ,",
        "only: jokes",
        "only: facts, jokes",
        "at least: many",
        "at least: 1",
        "at least: 123456",
        "at least: 5 weeks",
        "at most: 5",
        "focus: ,",
    ],
)
def test_a_line_it_cannot_follow_changes_nothing_and_is_named(line: str):
    assert len(left(line)) == len(CANDIDATES)
    (one,) = said(line)
    assert one.what == "1 line of the instructions"
    assert f'This one was not followed: "{line}".' in one.why
    assert '"ignore: greetings"' in one.why


def test_other_lines_are_followed_beside_one_that_is_none():
    text = "Please be kind.\nonly: facts"
    assert left(text) == ["orders"]
    assert [one.what for one in said(text)] == ["4 patterns", "1 line of the instructions"]


def test_many_lines_that_are_none_are_counted_and_long_ones_cut():
    text = "\n".join(f"Sentence {at} {'very ' * 60}long." for at in range(9))
    dropped = said(text)
    assert len(dropped) == 6
    assert dropped[-1] == Dropped("4 more lines of the instructions", "Not followed either.")
    assert max(len(one.why) for one in dropped) < 400


def test_what_memory_holds_already_stays():
    hello = CANDIDATES[2]
    key = pattern_key(hello.kind, hello.tool, hello.template, hello.scope)
    assert "hello" in left("ignore: greetings", held=frozenset({key}))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("greeting", "Greetings"),
        ("recovery", "recoveries"),
        ("ORDER", "orders"),
        ("status", "STATUS"),
        ("Straße", "STRASSE"),
    ],
)
def test_case_and_number_make_no_difference(one: str, other: str):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"), [("pas", "pass"), ("is", "i"), ("as", "a"), ("gas", "g")]
)
def test_other_words_stay_apart(one: str, other: str):
    assert fold(one) != fold(other)


def test_a_name_with_underscores_is_one_word():
    assert words_in("Call update_claim(id).") == ("call", "update_claim", "id")


lines = st.text(alphabet="focus:ignrealt 5,_\n;.", max_size=80)


@given(lines, st.permutations(CANDIDATES))
def test_any_text_is_read_and_what_is_left_keeps_its_order(text: str, given_: list[Candidate]):
    steering = read_instructions(text, KINDS)
    kept, dropped = steer(given_, steering)
    assert kept == [one for one in given_ if one in kept]
    counted = sum(int(one.what.split()[0]) for one in dropped if "pattern" in one.what)
    assert counted == len(given_) - len(kept)
    again = steer(given_, steering)
    assert again == (kept, dropped)


def test_a_dream_follows_its_instructions_and_says_what_it_left_out():
    whole = material(varied_sessions())
    everything = LocalEngine().dream(whole, lambda done, total: None)
    asked = replace(whole, instructions="only: preferences\nBe quick.")
    steered = LocalEngine().dream(asked, lambda done, total: None)
    wanted = [one for one in everything.candidates if one.kind == "preference"]
    assert list(steered.candidates) == wanted
    others = len(everything.candidates) - len(wanted)
    new = steered.dropped[len(everything.dropped) :]
    assert [one.what for one in new] == [f"{others} patterns", "1 line of the instructions"]


# Notes


def note(name: str, words: str) -> Note:
    one = next(one for one in CANDIDATES if one.template == name)
    key = pattern_key(one.kind, one.tool, one.template, one.scope)
    return Note("P-12", "/a.md", key, words)


@pytest.mark.parametrize(
    ("words", "asks"),
    [
        ("at least: 10 sessions", "at least: 10 sessions"),
        ("ignore: update_claim", "ignore: update_claim"),
        ("Too broad.\nonly: facts", "only: facts"),
    ],
)
def test_a_note_leaves_out_its_own_pattern_and_says_so(words: str, asks: str):
    kept, dropped = follow_notes(CANDIDATES, [note("claims", words)], KINDS)
    assert kept == list(CANDIDATES[1:])
    assert dropped == [Dropped("P-12", f"Left out, as its note asks ({asks}).")]


@pytest.mark.parametrize("words", ["Too broad.", "at least: 3", "ignore: greetings", ""])
def test_a_note_that_asks_nothing_of_its_pattern_leaves_it_in(words: str):
    assert follow_notes(CANDIDATES, [note("claims", words)], KINDS) == (list(CANDIDATES), [])


def test_a_note_on_what_rests_on_no_pattern_steers_nothing():
    bare = Note("P-12", "/a.md", "", "ignore: orders, claims")
    assert follow_notes(CANDIDATES, [bare], KINDS) == (list(CANDIDATES), [])
