"""Which version wrote each line of a memory."""

from hypothesis import given
from hypothesis import strategies as st

from reviews.authorship import LINES, trace_lines


def writers(*texts: str) -> list[int]:
    return [line.version for line in trace_lines(enumerate(texts, start=1))]


def test_lines_that_stayed_keep_who_wrote_them() -> None:
    assert writers("One.\nTwo.\n", "Zero.\nOne.\nTwo.\n", "Zero.\nOne.\nThree.\n") == [2, 1, 3]


def test_a_reworded_line_belongs_to_who_reworded_it() -> None:
    assert writers("Pay within 10 days.\n", "Pay within 30 days.\n") == [2]


def test_what_came_back_belongs_to_who_put_it_back() -> None:
    assert writers("One.\n", "", "One.\n") == [3]


def test_lines_are_told_in_their_order_with_their_text() -> None:
    told = trace_lines([(4, "One.\n\nTwo.\n")])

    assert [(line.number, line.text, line.version) for line in told] == [
        (1, "One.", 4),
        (2, "", 4),
        (3, "Two.", 4),
    ]


def test_a_memory_without_text_has_no_lines() -> None:
    assert trace_lines([(1, "One.\n"), (2, "")]) == ()
    assert trace_lines([]) == ()


def test_a_long_text_is_told_up_to_a_page() -> None:
    assert len(trace_lines([(1, "x\n" * (2 * LINES))])) == LINES


TEXTS = st.lists(st.lists(st.sampled_from("abc"), max_size=6).map("\n".join), max_size=5)


@given(TEXTS)
def test_every_line_stood_in_the_version_that_wrote_it(texts) -> None:
    for line in trace_lines(enumerate(texts, start=1)):
        assert line.text in texts[line.version - 1].split("\n")
