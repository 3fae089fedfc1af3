"""Which versions rest on a source: cases by hand, and what holds for every history."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.lineage import Rest, VersionFacts, is_earlier_only, rest_of

BAD, GOOD = "P-1", "P-2"


def history(*steps: str) -> list[VersionFacts]:
    """Versions from words: bad, good, by hand (''), gone, gone:P-9, again:1."""
    made = []
    for number, step in enumerate(steps, start=1):
        word, _, detail = step.partition(":")
        if word == "gone":
            made.append(VersionFacts(number, detail, is_tombstone=True))
        elif word == "again":
            origin = made[int(detail) - 1]
            made.append(VersionFacts(number, origin.proposal, restores=int(detail)))
        else:
            made.append(VersionFacts(number, {"bad": BAD, "good": GOOD}.get(word, "")))
    return made


@pytest.mark.parametrize(
    ("steps", "resting"),
    [
        ([], ()),
        (["good"], ()),
        (["bad"], (1,)),
        (["good", "bad"], (2,)),
        (["bad", "good"], (1, 2)),
        (["bad", "", "good"], (1, 2, 3)),
        (["bad", "gone"], (1,)),
        (["bad", "gone", "good"], (1,)),
        (["bad", "gone", "bad"], (1, 3)),
        (["good", "bad", "again:1"], (2,)),
        (["good", "bad", "again:1", "good"], (2,)),
        (["bad", "gone", "good", "again:1"], (1, 4)),
        (["good", "bad", "again:1", "again:2"], (2, 4)),
    ],
)
def test_what_rests_on_it(steps: list[str], resting: tuple[int, ...]) -> None:
    assert rest_of(history(*steps), {BAD}).versions == resting


def test_the_order_of_rows_does_not_count() -> None:
    versions = history("bad", "good", "gone", "good")
    assert rest_of(reversed(versions), {BAD}) == rest_of(versions, {BAD})


@pytest.mark.parametrize(
    ("steps", "folded"),
    [
        (["bad", "gone:P-9"], ("P-9",)),
        (["bad", "gone"], ()),
        (["good", "gone:P-9"], ()),
        (["bad", "again:1", "gone:P-9", "good", "gone:P-8"], ("P-9",)),
        (["bad", "gone:P-9", "bad", "gone:P-8"], ("P-9", "P-8")),
    ],
)
def test_where_its_words_went(steps: list[str], folded: tuple[str, ...]) -> None:
    assert rest_of(history(*steps), {BAD}).folded_into == folded


@pytest.mark.parametrize(
    ("steps", "is_earlier"),
    [
        (["bad"], False),
        (["bad", "good"], False),
        (["bad", "gone"], True),
        (["good", "bad", "again:1"], True),
        ([], False),
    ],
)
def test_whether_only_an_earlier_text_rests_on_it(steps: list[str], is_earlier: bool) -> None:
    versions = history(*steps)
    assert is_earlier_only(rest_of(versions, {BAD}), versions) is is_earlier


STEPS = st.lists(st.sampled_from(["bad", "good", "", "gone", "gone:P-9"]), max_size=12)


@given(STEPS)
def test_nothing_rests_on_what_is_no_source(steps: list[str]) -> None:
    assert rest_of(history(*steps), set()) == Rest()


@given(STEPS)
def test_every_text_of_a_source_rests_on_it_and_no_tombstone_does(steps: list[str]) -> None:
    versions = history(*steps)
    resting = set(rest_of(versions, {BAD}).versions)
    assert {one.number for one in versions if one.proposal == BAD} <= resting
    assert not resting & {one.number for one in versions if one.is_tombstone}


@given(STEPS)
def test_more_sources_never_leave_out_what_fewer_found(steps: list[str]) -> None:
    versions = history(*steps)
    fewer, more = rest_of(versions, {BAD}), rest_of(versions, {BAD, GOOD})
    assert set(fewer.versions) <= set(more.versions)


@given(STEPS)
def test_before_the_first_source_nothing_rests_on_it(steps: list[str]) -> None:
    versions = history(*steps)
    first = next((one.number for one in versions if one.proposal == BAD), len(versions) + 1)
    assert all(number >= first for number in rest_of(versions, {BAD}).versions)
