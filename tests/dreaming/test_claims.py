"""What a statement claims, and which two statements of one subject disagree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreaming.claims import STATEMENT_LIMIT, find_difference, read_claim


def difference(left: str, right: str) -> str:
    one, other = read_claim(left), read_claim(right)
    return find_difference(one, other) if one and other else ""


DISAGREE = [
    ("Refunds are allowed within 30 days.", "Refunds are allowed within 60 days.", '"30" and "60"'),
    ("Wait 30 seconds before retrying.", "Wait 30 minutes before retrying.", "the unit"),
    ("Set the limit to 50 EUR for refunds.", "Set the limit to 50 USD for refunds.", "the unit"),
    ("Keep 5 % of each order back.", "Keep 7 % of each order back.", '"5" and "7"'),
    ("Always ask before refunding an order.", "Never ask before refunding an order.", "says not"),
    ("Orders can be cancelled later.", "Orders can't be cancelled later.", "says not"),
    (
        "Orders can be cancelled after shipping.",
        "Orders can no longer be cancelled after shipping.",
        "says not",
    ),
    ("Use `uv` to install packages.", "Use `pip` to install packages.", '"uv" and "pip"'),
    (
        "The database of invoices is `billing`.",
        "The database of invoices is `finance`.",
        "the name",
    ),
    ("Answer invoices in German.", "Answer invoices in English.", "the language"),
    ("Deploys happen on Mondays.", "Deploys happen on Fridays.", "the weekday"),
    ("Enable debug logging in staging.", "Disable debug logging in staging.", "opposite"),
    ("Sort invoices ascending by date.", "Sort invoices descending by date.", "opposite"),
    ("Ask for a reason before refunding.", "Ask for a reason after refunding.", "opposite"),
    (
        "Use tabs instead of spaces for indentation.",
        "Use spaces instead of tabs for indentation.",
        "turns down",
    ),
    (
        "When `pay` fails, wait 30 seconds and retry.",
        "When `pay` fails, wait 60 seconds and retry.",
        '"30" and "60"',
    ),
    ("Send each order within 3 days.", "Send each orders within 5 days.", '"3" and "5"'),
]


@pytest.mark.parametrize(("left", "right", "words"), DISAGREE)
def test_one_subject_with_another_value_disagrees(left, right, words):
    assert words in difference(left, right)


@pytest.mark.parametrize(("left", "right", "words"), DISAGREE)
def test_disagreeing_does_not_depend_on_the_side(left, right, words):
    assert difference(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("When HTTP 404 comes back, tell people.", "When HTTP 500 comes back, tell people."),
        ("When `pay` fails, ask the person.", "When `refund` fails, ask the person."),
        ("Room 12 holds 20 people at most.", "Room 14 holds 20 people at most."),
        ("Call `get_user` first, then repeat.", "Call `find_user` first, then repeat."),
        ("Check the stock in Berlin.", "Check the stock in Hamburg."),
        ("Do not refund without asking people.", "Do refund asking people."),
        ("Refund within 30 days.", "Refund gift cards within 60 days."),
        ("Refund 2 orders within 30 days.", "Refund 3 orders within 60 days."),
        ("Round totals to 2 decimals.", "Round totals to 2 decimals!"),
        (
            '`pay` fails with "order not found": check the call for this before you send it.',
            '`pay` fails with "card refused": check the call for this before you send it.',
        ),
        ("Ask first.", "Never ask first."),
    ],
)
def test_other_subjects_and_the_same_value_do_not(left, right):
    assert difference(left, right) == ""


def test_too_little_is_no_claim():
    assert read_claim("Ask.") is None
    assert read_claim("") is None
    assert read_claim("Ask people first. " * (STATEMENT_LIMIT // 10)) is None


@given(st.text(max_size=200))
def test_nothing_disagrees_with_itself(text):
    assert difference(text, text) == ""


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_two_texts_can_be_compared(left, right):
    assert bool(difference(left, right)) == bool(difference(right, left))
