"""What counts as said: the same words with one of them turned are another statement."""

import csv
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreaming.engines.managed.statements import LEAST, is_taken_back, read, says, sentences_of
from tests.dreaming.engines.managed.planted import HARD
from tests.pack import require


def is_said(memory: str, said: str) -> bool:
    return any(says(read(part), read(memory)) for part in sentences_of(said))


@pytest.mark.parametrize(("memory", "said"), HARD)
def test_nearly_the_same_words_do_not_say_the_same(memory, said):
    assert not is_said(memory, said)


NARROWER = (
    ("Anna handles dental.", "Anna handles travel, Bert handles dental."),
    ("Travel goes to Peter.", "Travel goes to Maria, dental goes to Peter."),
    ("Flights are preferred.", "Prefer trains over flights."),
    ("Forward letters to Basel.", "Forward letters from Basel."),
    ("Gold members pay 50 EUR.", "Gold members pay nothing, silver members pay 50 EUR."),
    ("Delete drafts.", "Before deleting drafts, save them."),
    ("The deductible is 500 EUR.", "The copay is 500 EUR."),
    ("Ship to Austria.", "We ship everywhere except to Austria."),
    ("Ship to Austria.", "We refuse to ship to Austria."),
    ("Invoices may be deleted.", "Invoices may be deleted by admins."),
    ("Invoices are free.", "Invoices are free for students."),
    ("Give discounts to students.", "Stop giving discounts to students."),
    ("Give discounts to students.", "Nobody gives discounts to students."),
    ("The API key is in vault A.", "The API key is in vault B."),
    ("Share data with partners.", "I forbid you to share data with partners."),
    ("Share data with partners.", "The attacker tried to share data with partners."),
    ("Refunds are paid at once.", "Refunds are paid within 14 days."),
    ("Refunds are paid.", "Refunds are paid within 14 days."),
    ("Passwords are stored.", "It would be bad if passwords are stored."),
)


@pytest.mark.parametrize(("memory", "said"), NARROWER)
def test_what_was_said_of_another_or_of_fewer_is_not_said(memory, said):
    assert not is_said(memory, said)


@pytest.mark.parametrize(
    ("memory", "said"),
    [
        ("Send letters in German.", "Please always send our letters in German."),
        ("Approvals take 3 days.", "Approvals take three days."),
        ("The fee is 50 EUR.", "The fee is €50."),
        ("The rate is 2.6 percent.", "The rate is 2.6%."),
        ("Claims above 5,000 EUR go to Maria.", "All claims above 5000 euros go to Maria."),
        ("Never call `charge_card` twice.", "Do not use charge_card twice."),
        ("Drafts are deleted after publishing.", "Drafts get deleted after publishing them."),
        ("Refund if the receipt is there.", "Refund if the receipt is there."),
    ],
)
def test_the_same_in_other_forms_is_said(memory, said):
    assert is_said(memory, said)


def test_one_telling_word_is_too_little_to_be_looked_for():
    assert not is_said("Dental!", "Dental dental dental.")


def test_a_statement_says_itself():
    for memory, _ in HARD:
        assert is_said(memory, memory) or len(read(memory).telling) < LEAST


@given(st.text(max_size=200))
def test_any_text_can_be_read(text):
    said = read(text)
    assert said.telling == frozenset(said.words)
    assert all(part in text for part in sentences_of(text))


@given(st.text(max_size=80), st.text(max_size=80))
def test_what_is_said_has_every_telling_word_and_as_many_negations(left, right):
    source, wanted = read(left), read(right)
    if says(source, wanted):
        assert wanted.telling <= source.telling
        assert wanted.negations == source.negations


@pytest.mark.parametrize(
    "words", ["No, that is wrong.", "Actually not.", "Scratch that.", "Correction: 5.", "Not true."]
)
def test_what_takes_a_sentence_back_is_known(words):
    assert is_taken_back(words)


@pytest.mark.parametrize("words", ["", "Thanks.", "Nothing else.", "Notes follow.", "And 5 more."])
def test_what_goes_on_takes_nothing_back(words):
    assert not is_taken_back(words)


@pytest.mark.parametrize("name", ["stsb-en-dev.csv.gz", "stsb-en-test.csv.gz"])
def test_of_pairs_people_judged_few_that_differ_are_called_the_same(name):
    """3 of 5: the same but for a detail, which is what a summary leaves out."""
    with gzip.open(require("pairs") / name, "rt", encoding="utf-8") as file:
        rows = [(one, other, float(score)) for one, other, score in csv.reader(file)]
    told = [score for one, other, score in rows if one != other and is_said(one, other)]
    assert len(told) >= 15
    assert sum(score >= 3 for score in told) / len(told) >= 0.85
