import pytest

from dreaming.precedents import Precedent, comes_back, has_doubled, has_grown, say_return


@pytest.mark.parametrize(
    ("before", "now", "doubled"),
    [(6, 12, True), (6, 11, False), (2, 4, False), (2, 5, True), (0, 3, True), (0, 2, False)],
)
def test_evidence_doubles_with_three_more_at_least(before, now, doubled):
    assert has_doubled(before, now) is doubled


@pytest.mark.parametrize(
    ("then", "now", "grown"),
    [(False, True, True), (True, True, False), (False, False, False), (True, False, False)],
)
def test_an_effect_that_is_newly_told_is_growth(then, now, grown):
    before = Precedent("rejected_before", "P-12", 6, then)
    assert has_grown(before, sessions=6, is_told=now) is grown


@pytest.mark.parametrize("status", ["already_open", "already_in_memory"])
def test_only_what_was_rejected_comes_back(status):
    assert not comes_back(Precedent(status, "P-12", 1), sessions=40, is_told=True)
    assert comes_back(Precedent("rejected_before", "P-12", 1), sessions=40, is_told=False)


@pytest.mark.parametrize(
    ("sessions", "told", "words"),
    [
        (14, False, "Rejected before as P-12 with 6 sessions; now 14."),
        (
            7,
            True,
            "Rejected before as P-12 with 6 sessions; now 7; its effect on outcomes is told now.",
        ),
    ],
)
def test_it_says_what_has_grown(sessions, told, words):
    before = Precedent("rejected_before", "P-12", 6)
    assert say_return(before, sessions=sessions, is_told=told) == words


def test_one_session_is_said_in_the_singular():
    said = say_return(Precedent("rejected_before", "P-1", 1), sessions=4, is_told=False)
    assert said == "Rejected before as P-1 with 1 session; now 4."
