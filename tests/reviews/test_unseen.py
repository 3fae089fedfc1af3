"""What has to have been seen before an approval counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.unseen import LONG_WORDS, Due, Seen, find_unseen

NONE, ALL = Seen(), Seen(frozenset(range(1, 20)), is_read=True)
CASES = [
    ("low risk, nothing against", Due("low", (), (1, 2), 20), NONE, []),
    ("one against, unopened", Due("low", (2,), (1,), 20), NONE, ["quote-2"]),
    ("one against, opened", Due("low", (2,), (1,), 20), Seen(frozenset({2})), []),
    ("two against, one opened", Due("low", (2, 3), (), 20), Seen(frozenset({2})), ["quote-3"]),
    ("high risk, no support opened", Due("high", (), (4, 5), 20), NONE, ["quote-4"]),
    ("high risk, one support opened", Due("high", (), (4, 5), 20), Seen(frozenset({5})), []),
    ("high risk without a quote", Due("high", (), (), 20), NONE, []),
    ("medium risk asks for no support", Due("medium", (), (1,), 20), NONE, []),
    ("just not long", Due("low", (), (), LONG_WORDS), NONE, []),
    ("long", Due("low", (), (), LONG_WORDS + 1), NONE, ["change-end"]),
    ("long, read", Due("low", (), (), 9_000), Seen(is_read=True), []),
    ("all at once", Due("high", (2,), (1,), 900), NONE, ["quote-2", "quote-1", "change-end"]),
]


@pytest.mark.parametrize(
    ("due", "seen", "anchors"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_what_is_left_is_told_with_where_it_stands(
    due: Due, seen: Seen, anchors: list[str]
) -> None:
    left = find_unseen(due, seen)
    assert [one.anchor for one in left] == anchors
    assert all(one.words.endswith(".") and one.label for one in left)


def test_a_quote_is_named_by_its_number() -> None:
    (left,) = find_unseen(Due("low", (7,)), NONE)
    assert left.words == "Quote 7 speaks against it and was not opened."
    assert left.label == "Go to quote 7"


positions = st.sets(st.integers(1, 19), max_size=6)


@given(st.sampled_from(["low", "medium", "high"]), positions, positions, st.integers(0, 5_000))
def test_who_has_seen_all_has_nothing_left(risk, against, supports, words) -> None:
    due = Due(risk, tuple(against), tuple(supports - against), words)
    assert find_unseen(due, ALL) == ()


@given(positions, positions, st.integers(0, 5_000), st.booleans())
def test_seeing_more_never_leaves_more(against, opened, words, is_read) -> None:
    due = Due("high", tuple(against), (), words)
    before = find_unseen(due, Seen(frozenset(opened), is_read))
    after = find_unseen(due, Seen(frozenset(opened) | {1}, is_read=True))
    assert {one.anchor for one in after} <= {one.anchor for one in before}
