"""A run is drawn from its seed alone, has two traps, and is passed by who looks."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.samples.base import Answer
from reviews.samples.runs import (
    COUNT,
    PASS_RIGHT,
    SITUATIONS,
    TRAPS,
    Marks,
    draw_run,
    mark,
    next_attempt_at,
    say_rule,
)

SEEDS = st.integers(min_value=0, max_value=2**32 - 1)
NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


def test_twelve_situations_stand_in_two_variants_that_look_alike():
    assert COUNT == 12
    for situation in SITUATIONS:
        sound, flawed = situation.sound, situation.flawed
        assert sound.right is Answer.APPROVE
        assert flawed.right is Answer.REJECT
        assert (sound.agent, sound.op, sound.path) == (flawed.agent, flawed.op, flawed.path)
        assert sound.situation == flawed.situation == situation.name
        assert sound.key != flawed.key
    assert len({situation.name for situation in SITUATIONS}) == COUNT


def test_more_situations_can_be_traps_than_are():
    assert sum(situation.has_trap for situation in SITUATIONS) == 2 * TRAPS


@given(SEEDS)
def test_every_run_has_each_situation_once_two_traps_and_as_many_yes_as_no(seed):
    drawn = draw_run(seed)
    assert {sample.situation for sample in drawn} == {one.name for one in SITUATIONS}
    assert len(drawn) == COUNT
    assert sum(sample.is_trap for sample in drawn) == TRAPS
    assert sum(sample.right is Answer.APPROVE for sample in drawn) == COUNT // 2


@given(SEEDS)
def test_no_habit_passes(seed):
    drawn = draw_run(seed)
    for always in Answer:
        assert not mark([(sample, always) for sample in drawn]).has_passed


@given(SEEDS)
def test_who_looks_passes(seed):
    marks = mark([(sample, sample.right) for sample in draw_run(seed)])
    assert marks == Marks(right=COUNT, of=COUNT, caught=TRAPS, traps=TRAPS)
    assert marks.has_passed


def test_a_seed_gives_the_same_run_for_ever_and_another_seed_another():
    assert [sample.key for sample in draw_run(7)] == [sample.key for sample in draw_run(7)]
    # Held fast: runs on the record are laid out again from their seeds.
    assert [sample.key for sample in draw_run(1)][:3] == FIRST_OF_SEED_1
    assert len({tuple(sample.key for sample in draw_run(seed)) for seed in range(40)}) == 40


FIRST_OF_SEED_1 = ["dental-limit/flawed", "contractor-end/sound", "vpn-steps/trap"]


@pytest.mark.parametrize(
    ("right", "caught", "passed"),
    [(12, 2, True), (PASS_RIGHT, 2, True), (PASS_RIGHT - 1, 2, False), (11, 1, False)],
)
def test_ten_right_answers_and_both_traps_qualify(right, caught, passed):
    assert Marks(right, 12, caught, 2).has_passed is passed


def test_the_next_attempt_waits_a_day_after_one_that_failed():
    assert next_attempt_at(None) is None
    assert next_attempt_at(NOW) == NOW + timedelta(hours=24)


def test_the_rule_is_said_in_numbers():
    assert say_rule() == "10 of 12 right answers and none of the 2 traps approved."
