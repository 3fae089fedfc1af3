"""What a sample says of itself: its numbers in sentences, and which answer is right."""

from dataclasses import replace

import pytest

from dreaming import sentences
from reviews.samples import base
from reviews.samples.base import Answer, Seen, is_caught, is_right
from reviews.samples.refunds import NEVER_CANCELLED, NOTE_WITH_A_WORD, SHIPPED
from reviews.samples.runs import SAMPLES

TOLD = Seen(12, 44, 10, failed=9, failed_others=6, effect="0.5011", q="0.021")


def test_numbers_are_told_in_the_words_of_a_dream():
    assert TOLD.sentences == (
        "Seen in 12 of 44 sessions, 10 people.",
        "9 of these 12 failed; of the 32 others, 6.",
        "It holds on the same task.",
        "Chance is an unlikely explanation.",
    )
    assert base.CHANCE == sentences.CHANCE
    assert base.NOT_ENOUGH == sentences.NOT_ENOUGH


def test_too_few_sessions_are_said_to_be_too_few():
    few = replace(TOLD, sessions=1, failed=1, q=None, effect=None)
    assert few.sentences[-1] == "Not enough sessions to tell."
    assert few.numbers["told"] is False


def test_both_sides_add_up_to_all_sessions():
    numbers = TOLD.numbers
    assert numbers["known_with"] + numbers["known_without"] == numbers["of"]


@pytest.mark.parametrize(
    ("sample", "answer", "right"),
    [
        (SHIPPED, Answer.APPROVE, True),
        (SHIPPED, Answer.REJECT, False),
        (SHIPPED, Answer.SEND_BACK, False),
        (NEVER_CANCELLED, Answer.REJECT, True),
        (NEVER_CANCELLED, Answer.SEND_BACK, True),
        (NEVER_CANCELLED, Answer.APPROVE, False),
        (NOTE_WITH_A_WORD, Answer.REJECT, True),
        (NOTE_WITH_A_WORD, Answer.SEND_BACK, False),
        (NEVER_CANCELLED, Answer.EDIT, False),
    ],
)
def test_one_answer_is_right_and_where_it_can_be_mended_asking_is_too(sample, answer, right):
    assert is_right(sample, answer) is right


def test_a_trap_is_caught_by_whatever_is_not_an_approval():
    caught = {answer for answer in Answer if is_caught(NOTE_WITH_A_WORD, answer)}
    assert caught == set(Answer) - {Answer.APPROVE}
    assert not any(is_caught(NEVER_CANCELLED, answer) for answer in Answer)


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=lambda sample: sample.key)
def test_every_quote_stands_word_for_word_in_the_turn_it_cites(sample):
    assert sample.quotes
    for cited in sample.quotes:
        assert cited.words in cited.turns[cited.at].text
        assert len(cited.turns) > 1, "opening a quote shows more than the page did"


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=lambda sample: sample.key)
def test_the_numbers_of_every_sample_are_possible(sample):
    seen = sample.seen
    assert 0 <= seen.failed <= seen.sessions < seen.of
    assert 0 <= seen.failed_others <= seen.of - seen.sessions
    assert seen.people <= seen.sessions
    assert (seen.effect is None) == (seen.q is None)


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=lambda sample: sample.key)
def test_every_sample_explains_its_answer_in_plain_words(sample):
    assert sample.because.endswith(".")
    assert 60 < len(sample.because) < 320
    assert "successfully" not in sample.because
    assert len(sample.title) <= 60
