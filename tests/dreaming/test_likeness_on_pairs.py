"""How well near duplicates are told, on pairs of sentences people judged."""

import csv
import gzip
from itertools import groupby

import pytest

from dreaming.likeness import are_near, score_pair
from dreaming.loss import merge_loss
from dreaming.merging import merge_texts
from tests.pack import require

FILES = ("stsb-en-dev.csv.gz", "stsb-en-test.csv.gz")
ALIKE = 3.5
"""Of 5: from here on a pair counts as saying the same."""

Pair = tuple[str, str, bool]


def read_pairs(name: str) -> list[Pair]:
    """Two sentences, and whether people judged that they say the same."""
    with gzip.open(require("pairs") / name, "rt", encoding="utf-8") as file:
        return [(left, right, float(score) >= ALIKE) for left, right, score in csv.reader(file)]


def area_under_curve(scored: list[tuple[float, bool]]) -> float:
    """The chance that a pair that says the same scores above one that does not; ties count half."""
    ranks, place = 0.0, 0
    for _, tied in groupby(sorted(scored), key=lambda one: one[0]):
        labels = [same for _, same in tied]
        ranks += sum(labels) * (2 * place + len(labels) + 1) / 2
        place += len(labels)
    same = sum(label for _, label in scored)
    return (ranks - same * (same + 1) / 2) / (same * (len(scored) - same))


def test_the_area_of_a_perfect_and_of_a_blind_score_is_known():
    labels = [True, False, True, False, False]
    assert area_under_curve([(float(one), one) for one in labels]) == 1.0
    assert area_under_curve([(1.0, one) for one in labels]) == 0.5


@pytest.mark.parametrize("name", FILES)
def test_what_is_called_near_mostly_says_the_same(name):
    pairs = read_pairs(name)
    told = [same for left, right, same in pairs if are_near(left, right)]
    everything = sum(same for *_, same in pairs) / len(pairs)
    assert sum(told) / len(told) >= 0.9 > 2 * everything
    assert sum(told) / sum(same for *_, same in pairs) >= 0.1


@pytest.mark.parametrize(("name", "least"), list(zip(FILES, (0.82, 0.80), strict=True)))
def test_scores_rank_pairs_far_better_than_chance(name, least):
    scored = [(score_pair(left, right), same) for left, right, same in read_pairs(name)]
    assert area_under_curve(scored) >= least


@pytest.mark.parametrize("name", FILES)
def test_no_merge_of_a_near_pair_loses_a_number_or_a_name(name):
    for left, right, _ in read_pairs(name):
        if are_near(left, right):
            assert merge_loss([left, right], merge_texts(left, [right])) == 0
