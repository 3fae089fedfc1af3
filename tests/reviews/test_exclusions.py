"""What keeps a proposal out of a batch: every reason, and which one is told."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.exclusions import MOST_WORDS, WORDS, Exclusion, Looks, exclude, left_to_open

PLAIN = Looks(
    state="pending",
    risk="low",
    traits=frozenset(),
    supports=2,
    against=0,
    approvals=1,
    words=12,
    is_adding=True,
    is_unsourced=False,
    is_drawn=False,
    is_barred=False,
    is_near=False,
    is_alike=False,
    is_stale=False,
    is_reserved=False,
)
CASES = {
    Exclusion.SETTLED: {"state": "scheduled"},
    Exclusion.NOT_LOW: {"risk": "medium"},
    Exclusion.PROTECTED: {"traits": frozenset({"protected", "url"})},
    Exclusion.RISKY: {"traits": frozenset({"url"})},
    Exclusion.NO_SOURCE: {"supports": 0},
    Exclusion.CONTRADICTED: {"against": 1},
    Exclusion.REMOVES: {"is_adding": False},
    Exclusion.BARRED: {"is_barred": True},
    Exclusion.DRAWN: {"is_drawn": True, "approvals": 2},
    Exclusion.NEEDS_MORE: {"approvals": 2},
    Exclusion.NEAR: {"is_near": True},
    Exclusion.ALIKE: {"is_alike": True},
    Exclusion.STALE: {"is_stale": True},
    Exclusion.RESERVED: {"is_reserved": True},
    Exclusion.LONG: {"words": MOST_WORDS + 1},
}


def test_a_plain_proposal_of_low_risk_may_be_in_a_batch() -> None:
    assert exclude(PLAIN) is None


def test_texts_that_are_identical_keep_nothing_out() -> None:
    assert exclude(replace(PLAIN, traits=frozenset({"identical"}))) is None


@pytest.mark.parametrize(("why", "facts"), CASES.items(), ids=map(str, CASES))
def test_one_fact_keeps_it_out_and_is_told(why: Exclusion, facts: dict) -> None:
    assert exclude(replace(PLAIN, **facts)) is why


def test_what_no_source_was_found_for_is_out_even_with_quotes() -> None:
    assert exclude(replace(PLAIN, is_unsourced=True)) is Exclusion.NO_SOURCE


def test_every_reason_has_a_sentence() -> None:
    assert WORDS.keys() == set(Exclusion)
    assert all(words.endswith(".") for words in WORDS.values())


def test_every_reason_is_tried_here_but_those_of_the_frozen_list() -> None:
    assert set(Exclusion) - CASES.keys() == {Exclusion.UNKNOWN, Exclusion.CHANGED}


@given(st.sets(st.sampled_from(sorted(CASES)), min_size=1))
def test_of_several_reasons_one_that_holds_is_told(reasons: set[Exclusion]) -> None:
    facts: dict = {}
    for one in reasons:
        facts |= CASES[one]
    assert exclude(replace(PLAIN, **facts)) in CASES


@given(st.sampled_from(["medium", "high"]), st.integers(0, 500))
def test_nothing_above_low_risk_is_ever_in_a_batch(risk: str, words: int) -> None:
    assert exclude(replace(PLAIN, risk=risk, words=words)) is not None


@pytest.mark.parametrize(
    ("count", "opened", "left"),
    [(0, 0, 0), (9, 0, 0), (10, 0, 1), (10, 1, 0), (19, 0, 1), (20, 0, 2), (25, 1, 1), (25, 9, 0)],
)
def test_of_ten_in_a_batch_one_is_opened(count: int, opened: int, left: int) -> None:
    assert left_to_open(count, opened) == left
