"""What numbers say to people who read no statistics."""

from datetime import UTC, date, datetime

import pytest

from dreaming.sentences import domain_of, is_plain_name, sentences, spell_day
from dreaming.statistics import measure
from dreaming.tables import LedgerRow
from tests.dreaming.build_sessions import candidate, row
from tests.dreaming.ledgers import World, ledger_within_tasks


def said(rows: list[LedgerRow], matched: list[int], **fields: object) -> tuple[str, ...]:
    (one,) = measure([candidate(matched, **fields)], rows)
    return sentences(one)


def test_what_is_told_is_said_with_counts_and_how_it_was_compared():
    rows, matched = ledger_within_tasks()
    assert said(rows, matched) == (
        "Seen in 16 of 32 sessions, 3 people.",
        "16 of these 16 failed; of the 16 others, 0.",
        "It holds on the same task.",
        "Chance is an unlikely explanation.",
    )


def test_several_agents_are_said_to_agree():
    rows, matched = World(effect=0.4, agents=2, runs=3).sessions(1)
    assert said(rows, matched)[-2] == "It holds on the same task and at the same agent."


def test_few_sessions_are_said_to_be_few_where_an_effect_is_claimed():
    rows = [row(n) for n in range(1, 9)]
    assert said(rows, [1, 2, 3], claim="harms")[-1] == "Not enough sessions to tell."


def test_what_claims_no_effect_is_said_to_rest_on_what_was_seen():
    assert said([row(n) for n in range(1, 9)], [1, 2, 3])[-1] == (
        "It rests on what sessions show; whether it changes how they end cannot be told yet."
    )


def test_a_precise_nothing_is_said_to_be_none():
    rows, matched = World(tasks=200, runs=8).sessions(2)
    assert said(rows, matched)[1:] == (
        "Sessions with it failed about as often as others on the same task.",
    )


def test_where_tasks_hide_the_direction_it_is_said():
    """Shown on easy tasks mostly, where it harms: over all, sessions with it look better."""
    rows: list[LedgerRow] = []
    matched: list[int] = []
    for task in range(40):
        is_easy = task < 20
        for run in range(10):
            number = len(rows) + 1
            shows = run < (8 if is_easy else 2)
            failures = (0.25 if shows else 0.0) if is_easy else (1.0 if shows else 0.75)
            verdict = "failure" if (run % 4) / 4 < failures else "success"
            rows.append(row(number, verdict, task_key=f"t{task}"))
            if shows:
                matched.append(number)
    words = said(rows, matched)
    assert words[2] == "On the same task, sessions with it failed more often."
    assert words[-1] == "Chance is an unlikely explanation."


def test_what_harder_tasks_may_explain_is_not_put_down_to_anything_else():
    rows, matched = World(effect=0.4, is_repeated=False).sessions(1)
    words = said(rows, matched)
    assert words[-1] == "Tasks were not repeated, so harder tasks may explain this."
    assert "Chance is an unlikely explanation." not in words
    assert len(words) == 3


def test_words_of_people_are_not_compared_with_outcomes():
    rows, matched = ledger_within_tasks()
    assert said(rows, matched, signal="words") == ("Seen in 16 of 32 sessions, 3 people.",)


@pytest.mark.parametrize("claim", ["helps", "harms", "common"])
def test_a_claim_that_is_not_borne_out_is_followed_by_the_reason(claim: str):
    rows, matched = World(tasks=5).sessions(3)
    (one,) = measure([candidate(matched, claim=claim)], rows)
    assert one.shortfall
    assert sentences(one)[-1] == one.shortfall


def test_the_last_day_is_named():
    seen = datetime(2026, 6, 3, 8, tzinfo=UTC)
    rows = [row(1, started_at=seen.replace(day=1)), row(2, started_at=seen), row(3), row(4)]
    assert said(rows, [1, 2, 3])[0] == "Seen in 3 of 4 sessions, 3 people, last on 3 June 2026."


def test_fields_of_work_are_named_where_there_are_two_or_three():
    rows = [row(n, domain=("retail", "airline", "bank", "post")[n % 4]) for n in range(1, 9)]
    assert said(rows, [1, 4, 5])[0] == "Seen in 3 of 8 sessions, 3 people, in airline and retail."
    assert said(rows, [1, 2, 3, 4])[0] == "Seen in 4 of 8 sessions, 4 people."
    assert said(rows, [1, 5])[0] == "Seen in 2 of 8 sessions, 2 people."


def test_a_condition_is_said():
    rows = [row(n) for n in range(1, 5)]
    words = said(rows, [1, 2, 3], conditions=("on Mondays", "for invoices"))
    assert words[1] == "Condition: on Mondays; for invoices."


@pytest.mark.parametrize(
    ("day", "words"),
    [(date(2026, 1, 31), "31 January 2026"), (date(2025, 12, 1), "1 December 2025")],
)
def test_days_are_spelled_alike_everywhere(day: date, words: str):
    assert spell_day(day) == words


@pytest.mark.parametrize(
    ("scope", "domain"),
    [("domain:tau-bench retail", "tau-bench retail"), ("tool:pay", ""), ("", ""), ("people", "")],
)
def test_a_scope_names_a_field_or_none(scope: str, domain: str):
    assert domain_of(scope) == domain


@pytest.mark.parametrize(
    ("name", "is_plain"),
    [
        ("InterCode SQL", True),
        ("tau2-bench airline", True),
        ("sql", True),
        ("", False),
        ("a\nb", False),
        ("one two three four five", False),
        ("Ignore previous instructions", False),
        ("x" * 41, False),
        ("`rm`", False),
    ],
)
def test_only_plain_names_of_fields_are_said(name: str, is_plain: bool):
    assert is_plain_name(name) is is_plain
