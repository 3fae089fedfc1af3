import random

import pytest

from dreaming.engines.base import Candidate, EngineSession
from dreaming.engines.forms import FormLedger, say_form
from tests.dreaming.build_sessions import answers, calls, fails, session
from tests.dreaming.engines.corpora import (
    LABEL_TOOL,
    check_form,
    confuse,
    plant,
    shuffle_ends,
    summarise,
    told,
)

SENTENCE = "the answer to this question is ninety"


def looking_up(number: int, value: object, *, works: bool, **fields: str) -> EngineSession:
    result = answers("find", "ok", "1") if works else fails("find", "Error: no such client", "1")
    return session(number, calls("find", "1", client=value), result, **fields)


def mine(*sessions: EngineSession) -> tuple[Candidate, ...]:
    return summarise(FormLedger(), sessions)


def codes_and_names(codes: int = 6, names: int = 6) -> list[EngineSession]:
    """Calls with a code fail, calls with a name work."""
    return [
        *(looking_up(n, f"C{n}9", works=False) for n in range(codes)),
        *(looking_up(100 + n, "Ada Lovelace", works=True) for n in range(names)),
    ]


def test_a_form_that_fails_where_another_works_is_a_mistake():
    (found,) = mine(*codes_and_names())
    assert found.statement == "Give `client` of `find` as a name, not as a code."
    assert (found.kind, found.tool, found.claim, found.signal) == ("mistake", "find", "", "outcome")
    assert found.matched == {f"S-{n}" for n in range(6)}
    assert found.exposed is not None
    assert len(found.exposed) == 12


def test_it_quotes_calls_that_failed():
    (found,) = mine(*codes_and_names())
    assert [quote.text for quote in found.quotes] == [f'{{"client": "C{n}9"}}' for n in range(5)]


def test_values_never_stand_in_words():
    (found,) = mine(*codes_and_names())
    assert "Ada" not in found.statement + found.title + found.template
    assert not any(letter.isdigit() for letter in found.statement + found.title)


@pytest.mark.parametrize(("codes", "names"), [(2, 9), (9, 2), (0, 9), (9, 0)])
def test_few_sessions_of_either_form_tell_nothing(codes, names):
    assert mine(*codes_and_names(codes, names)) == ()


def test_one_task_tried_again_and_again_tells_nothing():
    sessions = [looking_up(n, f"C{n}9", works=False, task_key="one") for n in range(9)]
    assert mine(*sessions, *codes_and_names(0, 9)) == ()


def test_a_form_that_often_works_is_no_mistake():
    half = [looking_up(50 + n, f"C{n}9", works=True) for n in range(6)]
    assert mine(*codes_and_names(), *half) == ()


def test_a_form_that_worked_at_last_in_a_session_is_no_mistake():
    corrected = [
        session(
            n,
            *(calls("find", "1", client=f"C{n}9"), fails("find", "Error: busy", "1")),
            *(calls("find", "2", client=f"C{n}9"), answers("find", "ok", "2")),
        )
        for n in range(6)
    ]
    assert mine(*corrected, *codes_and_names(0, 6)) == ()


def test_the_same_name_of_another_tool_is_another_argument():
    other = [
        session(n, calls("open", "1", client="Ada"), answers("open", "ok", "1"))
        for n in range(50, 59)
    ]
    assert mine(*codes_and_names(9, 0), *other) == ()


def test_a_command_is_never_wanted_as_anything_else():
    commands = [
        session(n, calls("sql", "1", query="SELECT 1"), fails("sql", "Error: no", "1"))
        for n in range(9)
    ]
    names = [
        session(50 + n, calls("sql", "1", query="Rome"), answers("sql", "ok", "1"))
        for n in range(9)
    ]
    assert mine(*commands, *names) == ()


def test_unusual_names_are_passed_by():
    sessions = [
        session(n, calls("find", "1", **{"ignore\nall": value}), result)
        for n, (value, result) in enumerate(
            [("C1", fails("find", "Error: x", "1")), ("Ada", answers("find", "ok", "1"))] * 9
        )
    ]
    assert mine(*sessions) == ()


# Where sessions ended worse


def finishing(number: int, answer: object, verdict: str) -> EngineSession:
    task = f"task-{number // 4}"
    return session(number, calls("FINISH", answers=answer), verdict=verdict, task_key=task)


def answering() -> list[EngineSession]:
    """Of each task two answer in a sentence and fail, two in a bare value and succeed."""
    return [
        finishing(n, [SENTENCE], "failure") if n % 2 else finishing(n, [90], "success")
        for n in range(40)
    ]


def test_a_final_answer_in_a_sentence_is_claimed_to_harm():
    (found,) = mine(*answering())
    assert found.claim == "harms"
    assert found.statement == (
        "Give `answers` of `FINISH` as a list of bare values, not as a list with sentences."
    )
    assert told([found], answering()) == [found]


def test_a_form_that_goes_with_good_ends_is_not_spoken_against():
    turned = [finishing(n, [SENTENCE] if n % 2 else [90], "success") for n in range(40)]
    assert mine(*turned) == ()


def test_a_form_nobody_wants_is_never_recommended():
    sessions = [
        finishing(n, "90" if n % 2 else "{answer}", "failure" if n % 2 else "success")
        for n in range(40)
    ]
    assert mine(*sessions) == ()


def test_a_form_most_use_is_not_called_wrong_for_a_rare_one():
    sessions = [
        finishing(n, [90] if n % 8 == 0 else [SENTENCE], "success" if n % 8 == 0 else "failure")
        for n in range(80)
    ]
    assert mine(*sessions) == ()


def test_a_form_that_shows_only_in_long_sessions_is_not_claimed():
    chance = random.Random(5)  # noqa: S311
    sessions = []
    for number in range(200):
        failed = chance.random() < 0.5
        values = chance.choices(["AB1", SENTENCE], weights=[4, 1], k=15 if failed else 3)
        steps = [calls("note", text=value) for value in values]
        verdict = "failure" if failed else "success"
        sessions.append(session(number, *steps, verdict=verdict, task_key=f"t{number // 4}"))
    assert mine(*sessions) == ()


@pytest.mark.parametrize(
    ("form", "right", "words"),
    [
        ("empty", "code", "Do not leave `b` of `a` empty: give a code."),
        ("name", "empty", "Leave `b` of `a` empty: do not give a name."),
        ("date", "time", "Give `b` of `a` as a date with its time, not as a date as YYYY-MM-DD."),
    ],
)
def test_what_to_do_is_said_in_one_sentence(form, right, words):
    assert say_form(("a", "b"), form, right) == words


def test_an_argument_without_a_name_is_what_the_tool_takes():
    words = "Give what `bash` takes as a bare command, not as a sentence."
    assert say_form(("bash", ""), "sentence", "command") == words


def test_the_order_of_sessions_does_not_matter():
    sessions = codes_and_names() + [
        finishing(200 + n, [SENTENCE] if n % 2 else [1], "failure" if n % 2 else "success")
        for n in range(40)
    ]
    assert len(mine(*sessions)) == 2
    assert mine(*sessions) == mine(*reversed(sessions))


@pytest.mark.parametrize("seed", range(3))
def test_a_planted_form_is_found(seed):
    sessions = plant(seed, "form")
    assert [one.tool for one in told(mine(*sessions), sessions)] == [LABEL_TOOL]


@pytest.mark.parametrize("seed", range(3))
def test_of_shuffled_ends_no_form_is_told(seed):
    sessions = shuffle_ends(plant(seed, "form"), seed)
    assert told(mine(*sessions), sessions) == []


@pytest.mark.parametrize("seed", range(3))
def test_whatever_sessions_hold_candidates_are_well_formed(seed):
    for sessions in (confuse(seed), plant(seed, "form", sessions=120)):
        check_form(mine(*sessions), sessions)
