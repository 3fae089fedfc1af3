import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreaming.likeness import (
    PARAPHRASE,
    SAME,
    NearIndex,
    are_near,
    covers,
    find_most_alike,
    form_of,
    likeness,
    normalise_text,
    same_words,
    say_the_same,
    score_pair,
    split_statements,
)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Use metric units.", "use   metric units"),
        ("**Use** metric units!", "Use metric units"),
        ("# Use metric units", "Use metric units."),
    ],
)
def test_marks_case_and_blanks_do_not_tell_texts_apart(left, right):
    assert normalise_text(left) == normalise_text(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Always answer in German when asked in German", "Please always answer in German if asked"),
        ("I prefer not to be transferred", "We would prefer not to be transferred"),
        ("Don't force-push to main", "Do not force-push to main"),
    ],
)
def test_paraphrases_are_alike(left, right):
    assert likeness(form_of(left), form_of(right), at_least=70) > 0


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Use tabs instead of spaces", "Use spaces instead of tabs"),
        ("Always ask before refunding", "Never ask before refunding"),
        ("Do not refund without asking", "Do refund asking"),
        ("Round to 2 decimals", "Round to 3 decimals"),
        ("Call `find_by_email` on failure", "Call `find_by_name` on failure"),
        ('It fails with "order not found"', 'It fails with "order not sent"'),
        ("You can refund this order", "You can't refund this order"),
    ],
)
def test_opposites_and_other_values_are_never_alike(left, right):
    assert likeness(form_of(left), form_of(right), at_least=1) == 0.0
    assert not are_near(left, right)


def test_near_texts_are_near():
    assert are_near(
        "Before a refund, ask the person for a reason.", "Ask the person for a reason before refund"
    )


@given(st.text(max_size=80), st.text(max_size=80))
def test_likeness_does_not_depend_on_the_side(left, right):
    one, other = form_of(left), form_of(right)
    assert likeness(one, other, at_least=50) == likeness(other, one, at_least=50)


@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing(text):
    assert normalise_text(normalise_text(text)) == normalise_text(text)


def test_one_word_for_another_is_another_sentence_however_long():
    long = "Always quote the price of every {} ticket with the tax and the airport fee included"
    assert not are_near(long.format("red"), long.format("blue"))


def test_another_form_of_a_word_is_the_same_word():
    one = form_of("Prefer not to be transferred to other agents")
    other = form_of("Prefer not to be transfer to other agent")
    assert likeness(one, other, at_least=80) > 0


def test_the_most_alike_is_found_by_the_same_rule():
    said = [
        "Always quote prices with tax",
        "Never quote prices with tax",
        "Always quote the prices with taxes",
        "Answer in German",
    ]
    forms = [form_of(one) for one in said]
    for form in map(
        form_of, ("Always quote prices with the tax", "Never quote the price with tax")
    ):
        scores = [likeness(form, other, at_least=85) for other in forms]
        assert find_most_alike(form, forms) == scores.index(max(scores))
    assert find_most_alike(form_of("Ask for a receipt"), forms) is None
    assert find_most_alike(form_of("Ask for a receipt"), []) is None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Enable debug logging in the staging area", "Disable debug logging in the staging area"),
        ("Encode all names before the export", "Decode all names before the export"),
        ("Store internal notes with each order", "Store external notes with each order"),
        ("Send paid invoices to the desk at noon", "Send unpaid invoices to the desk at noon"),
    ],
)
def test_words_that_only_end_alike_are_no_forms_of_one(left, right):
    assert not are_near(left, right)
    assert not covers(form_of(left), form_of(right))


def test_a_text_covers_one_with_fewer_words():
    more, less = form_of("Always quote prices with tax today"), form_of("Quote the price with tax")
    assert covers(more, less)
    assert not covers(less, more)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("ask order", "ask order", True),
        ("ask order", "ask orders", True),
        ("ask order", "ask order parcel", False),
        ("ask order", "ask parcel", False),
    ],
)
def test_the_same_words_may_differ_in_form_only(left, right, same):
    assert same_words(left, right) is same
    assert same_words(right, left) is same


def test_what_need_not_be_proposed_is_nearer_than_near():
    assert SAME > PARAPHRASE
    one = "Send the parcel form to the desk before noon"
    other = "Send the parcel form to the desk before noon today"
    assert are_near(one, other)
    assert say_the_same(form_of(one), form_of(one.upper()))


def test_guards_that_differ_cost_a_tenth_of_the_score():
    with_two, with_three = "Round sums to 2 decimals", "Round sums to 3 decimals"
    assert score_pair(with_two, with_two) == 100
    assert score_pair(with_two, with_three) < 95


WORDS = ["ask", "the", "person", "people", "order", "orders", "not", "3", "before", "`pay`"]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=7).map(" ".join)


@given(st.lists(TEXTS, max_size=8), TEXTS)
def test_an_index_finds_what_comparing_each_finds(texts, asked):
    named = [(f"/{at}", form_of(text)) for at, text in enumerate(texts)]
    form = form_of(asked)
    expected = [name for name, other in named if likeness(form, other, at_least=PARAPHRASE) > 0]
    assert NearIndex(named, at_least=PARAPHRASE).find_all(form) == sorted(expected)


def test_an_index_names_the_first_or_none():
    index = NearIndex([("/b", form_of("Ask first")), ("/a", form_of("ask first"))], at_least=SAME)
    assert index.find(form_of("Ask first.")) == "/a"
    assert index.find(form_of("Never ask first.")) == ""


@given(st.text(max_size=120))
def test_statements_are_parts_of_the_text(text):
    assert all(part and part in text for part in split_statements(text))
