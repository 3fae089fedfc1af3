"""Daybreak's numbers for every engine: support, effects, what is told and in what words."""

import json

import pytest

from dreaming.sentences import RESTS, sentences
from dreaming.statistics import measure
from tests.dreaming.build_sessions import candidate, row
from tests.dreaming.ledgers import ledger_within_tasks

# Support


def test_support_counts_distinct_sessions_tasks_people_and_agents():
    rows = [
        row(1, task_key="a", principal="eve", agent="x"),
        row(2, task_key="a", principal="eve", agent="y"),
        row(3, task_key="b", principal="", agent="y"),
        row(4, task_key="c"),
    ]
    (one,) = measure([candidate([1, 2, 3])], rows)
    assert (one.sessions, one.tasks, one.people, one.agents, one.of) == (3, 2, 1, 2, 4)


def test_sessions_without_a_task_key_are_tasks_of_their_own():
    (one,) = measure([candidate([1, 2])], [row(1, task_key=""), row(2, task_key="")])
    assert one.tasks == 2


def test_sessions_the_dream_did_not_read_count_for_nothing():
    (one,) = measure([candidate([1, 77, 78])], [row(1), row(2)])
    assert one.sessions == 1


def test_people_an_engine_names_count_only_when_they_were_there():
    rows = [row(1, speakers=frozenset({"ada"})), row(2, speakers=frozenset({"ada"}))]
    named = candidate([1, 2], signal="words", people=frozenset({"ada", "bob", "person-2"}))
    (one,) = measure([named], rows)
    assert one.people == 2


def test_only_sessions_that_could_show_the_pattern_are_compared():
    rows = [row(n) for n in range(1, 11)]
    exposed = frozenset({"S-1", "S-2", "S-3", "S-4"})
    (one,) = measure([candidate([1, 2], exposed=exposed)], rows)
    assert (one.of, one.known_without) == (4, 2)


def test_sessions_with_an_unknown_end_are_in_the_support_and_not_in_the_rates():
    rows = [row(1), row(2, "unknown"), row(3, "success"), row(4, "unknown")]
    (one,) = measure([candidate([1, 2])], rows)
    assert (one.sessions, one.known_with, one.failed_with) == (2, 1, 1)
    assert (one.known_without, one.failed_without) == (1, 0)


@pytest.mark.parametrize(
    ("matched", "rows", "fields", "expected"),
    [
        ([1, 2], [row(1), row(2)], {}, "Seen in 2 sessions; 3 are needed."),
        ([1, 2, 3], [row(n, task_key="a") for n in (1, 2, 3)], {}, "Seen in 1 task; 2 are needed."),
        (
            [1, 2, 3],
            [row(n, principal="eve") for n in (1, 2, 3)],
            {"signal": "words"},
            "Said by 1 person; 2 are needed.",
        ),
        ([1, 2, 3], [row(n, principal="eve") for n in (1, 2, 3)], {}, ""),
        ([1, 2, 3], [row(n) for n in (1, 2, 3)], {"signal": "words"}, ""),
    ],
)
def test_too_little_support_is_said_in_words(matched, rows, fields, expected):
    (one,) = measure([candidate(matched, **fields)], rows)
    assert one.shortfall == expected


# Effects


def test_an_effect_within_tasks_is_told():
    rows, matched = ledger_within_tasks()
    (one,) = measure([candidate(matched)], rows)
    assert one.effect == 1.0
    assert one.strata == 8
    assert one.is_told


def test_hard_tasks_are_no_effect():
    # Every session of the hard tasks shows it and fails; across tasks that looks like a cause.
    rows = [row(n, task_key="hard", verdict="failure") for n in range(1, 21)]
    rows += [row(n, task_key="hard2", verdict="failure") for n in range(21, 31)]
    rows += [row(n, task_key="easy", verdict="success") for n in range(31, 61)]
    (one,) = measure([candidate(range(1, 25))], rows)
    assert one.p is None
    assert not one.is_told
    assert sentences(one)[-1] == RESTS


def test_an_effect_that_is_the_agents_is_not_told():
    # Within tasks it goes with failure; the two agents differ, within each it does not.
    rows, matched = ledger_within_tasks()
    turned = [
        row(n, r.verdict, task_key=r.task_key, agent="a" if r.verdict == "failure" else "b")
        for n, r in enumerate(rows, start=1)
    ]
    (one,) = measure([candidate([*matched, 31])], turned)
    assert one.compared.p_alike <= 0.001
    assert one.agents == 2
    assert one.q is None
    assert not one.is_told


def test_what_people_said_is_never_tested_against_outcomes():
    rows, matched = ledger_within_tasks()
    (one,) = measure([candidate(matched, signal="words")], rows)
    assert (one.p, one.q, one.effect) == (None, None, None)


def test_patterns_with_too_little_support_are_not_tested():
    rows, matched = ledger_within_tasks()
    strong, weak = measure([candidate(matched), candidate(matched[:2], tool="other")], rows)
    assert weak.p is None
    assert strong.tested == 1


def test_other_kinds_are_tested_on_both_sides():
    rows, matched = ledger_within_tasks(failed_with=0, failed_without=2)
    mistake, habit = measure([candidate(matched), candidate(matched, kind="workflow")], rows)
    assert mistake.p == 1.0
    assert habit.p is not None
    assert habit.p < 0.01


# Words and bytes


def test_numbers_are_said_as_on_the_page():
    rows = [
        row(n, "failure" if n <= 5 or 11 <= n <= 18 else "success", task_key=f"t{n % 2}")
        for n in range(1, 41)
    ]
    rows = [
        row(n, r.verdict, task_key=r.task_key, principal=f"p{n % 3}")
        for n, r in enumerate(rows, start=1)
    ]
    (one,) = measure([candidate(range(1, 7))], rows)
    assert one.is_told
    assert sentences(one) == (
        "Seen in 6 of 40 sessions, 3 people.",
        "5 of these 6 failed; of the 34 others, 8.",
        "It holds on the same task.",
        "Chance is an unlikely explanation.",
    )


def test_a_known_end_of_some_only_is_said():
    rows, matched = ledger_within_tasks()
    rows.append(row(99, "unknown"))
    (one,) = measure([candidate([*matched, 99])], rows)
    assert sentences(one)[1] == "16 of the 16 with a known end failed; of the 16 others, 0."


def test_one_session_and_one_person_are_singular():
    (one,) = measure([candidate([1])], [row(1)])
    assert sentences(one) == (
        "Seen in 1 of 1 session, 1 person.",
        RESTS,
    )


def test_unnamed_people_are_not_counted_as_nobody():
    (one,) = measure([candidate([1, 2])], [row(1, principal=""), row(2, principal="")])
    assert sentences(one)[0] == "Seen in 2 of 2 sessions."


def test_sessions_that_called_the_tool_are_named_as_such():
    exposed = frozenset({"S-1", "S-2"})
    (one,) = measure([candidate([1], exposed=exposed)], [row(1), row(2), row(3)])
    assert sentences(one)[0] == "Seen in 1 of 2 sessions that called `find_order`, 1 person."


def test_numbers_hold_no_floats():
    rows, matched = ledger_within_tasks()
    (one,) = measure([candidate(matched)], rows)
    text = json.dumps(one.numbers)
    json.loads(text, parse_float=lambda value: pytest.fail(f"a float: {value}"))
    assert one.numbers["effect"] == "1.0000"
    assert one.numbers["rate_with"] == ["1.0000", "0.8064", "1.0000"]


def test_the_order_of_the_ledger_does_not_matter():
    rows, matched = ledger_within_tasks(failed_with=1, failed_without=1)
    forward = measure([candidate(matched)], rows)
    backward = measure([candidate(matched)], rows[::-1])
    assert forward[0].numbers == backward[0].numbers


def test_shuffled_outcomes_within_tasks_lead_to_few_effects():
    """Null control: labels permuted inside tasks give about no effects at q .1."""
    told = 0
    for shift in range(40):
        rows, _ = ledger_within_tasks(failed_with=1, failed_without=1)
        matched = [n for n in range(1, 33) if (n * 7 + shift * n * n) % 5 < 2]
        measured = measure([candidate(matched)], rows)
        told += sum(one.is_told for one in measured)
    assert told <= 4


# Everything that was looked at


def test_what_an_engine_passed_over_was_tested_too():
    rows, matched = ledger_within_tasks(tasks=3)
    (alone,) = measure([candidate(matched, claim="harms")], rows)
    (chosen,) = measure([candidate(matched, claim="harms", chosen_from=50)], rows)
    assert (alone.tested, chosen.tested) == (1, 50)
    assert chosen.q == pytest.approx(50 * alone.q, abs=1e-4)
    assert alone.is_told
    assert not chosen.is_told


def test_what_was_returned_was_not_passed_over():
    rows, matched = ledger_within_tasks()
    found = [
        candidate(matched, template=f"habit {n}", kind="workflow", claim="harms", chosen_from=10)
        for n in range(10)
    ]
    assert {one.tested for one in measure(found, rows)} == {10}


def test_each_kind_was_chosen_from_its_own():
    rows, matched = ledger_within_tasks()
    found = [
        candidate(matched, kind="workflow", claim="harms", chosen_from=30),
        candidate(matched, claim="harms", chosen_from=20, template="form"),
        candidate(matched, chosen_from=99),
    ]
    assert {one.tested for one in measure(found, rows)} == {51}
