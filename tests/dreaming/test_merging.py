"""Folding what says the same: what stays, what is refused, and that nothing is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreaming.loss import merge_loss
from dreaming.merging import CONTENT_BYTES, fold_identical, fold_near, merge_texts
from reviews.changes import Op, Trust
from tests.dreaming.build_sessions import memory

# Identical texts


def test_identical_memories_are_folded_into_the_first_path():
    (change,) = fold_identical(
        [memory("/b.md", "Use tabs."), memory("/a.md", "use TABS", 4), memory("/c.md", "Else.")]
    )
    assert (change.op, change.path, change.merged) == (Op.MERGE, "/a.md", ("/b.md",))
    assert (change.content, change.base_version) == ("use TABS", 4)


def test_near_memories_are_no_identical_ones():
    assert fold_identical([memory("/a.md", "Use tabs here."), memory("/b.md", "Use tabs.")]) == ()


def test_the_best_supported_of_identical_texts_stays():
    (change,) = fold_identical(
        [memory("/a.md", "Use tabs."), memory("/b.md", "Use tabs.", support=6)]
    )
    assert (change.path, change.merged) == ("/b.md", ("/a.md",))


def test_a_protected_memory_stays_and_the_other_is_folded_into_it():
    (change,) = fold_identical(
        [memory("/a.md", "Use tabs."), memory("/z.md", "Use tabs.", protected=True)]
    )
    assert (change.path, change.merged) == ("/z.md", ("/a.md",))


def test_two_protected_or_pinned_memories_are_both_kept():
    held = [memory("/a.md", "Use tabs.", protected=True), memory("/b.md", "Use tabs.", pinned=True)]
    assert fold_identical(held) == ()


def test_a_fold_keeps_the_lowest_trust_of_its_parts():
    (change,) = fold_identical(
        [memory("/a.md", "Use tabs."), memory("/b.md", "Use tabs.", taint="outside")]
    )
    assert change.taint is Trust.OUTSIDE


def test_empty_memories_are_not_folded():
    assert fold_identical([memory("/a.md", ""), memory("/b.md", "  ")]) == ()


# Near duplicates

ASK = "Before each refund, ask the person for a reason and the order number."
AGAIN = "Ask the person for a reason and the order number before each refund."
MORE = "Ask the person politely for a reason and the order number before each refund."


def test_near_duplicates_become_one_proposed_merge():
    (change,), dropped = fold_near([memory("/b.md", AGAIN), memory("/a.md", ASK, 3)], set())
    assert (change.op, change.path, change.merged) == (Op.MERGE, "/a.md", ("/b.md",))
    assert (change.content, change.base_version) == (ASK, 3)
    assert "nearly the same" in change.rationale
    assert dropped == ()


def test_the_text_that_says_all_of_the_others_is_kept():
    (change,), _ = fold_near([memory("/a.md", ASK), memory("/b.md", MORE)], set())
    assert (change.path, change.content) == ("/a.md", MORE)


def test_where_none_says_all_the_statements_are_put_together():
    left = "Ask the person for the order number before each refund of a parcel, kindly."
    right = "Ask the person for the order number before each refund of a parcel, slowly."
    merged = merge_texts(left, [right])
    assert merged == f"{left}\n{right}\n"
    assert merge_loss([left, right], merged) == 0


def test_several_near_texts_are_one_group():
    held = [memory("/a.md", ASK), memory("/b.md", AGAIN), memory("/c.md", MORE)]
    (change,), _ = fold_near(held, set())
    assert change.merged == ("/b.md", "/c.md")


def test_the_title_stays():
    held = [memory("/a.md", ASK, title="Reasons"), memory("/b.md", MORE)]
    (change,), _ = fold_near(held, set())
    assert change.title == "Reasons"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (ASK, ASK.replace("ask", "never ask")),
        (ASK, ASK.replace("order number", "invoice number")),
        (ASK + " Wait 30 days.", ASK + " Wait 60 days."),
        (ASK + " Use `pay`.", ASK + " Use `pay_now`."),
        ("Enable debug logging in the staging area", "Disable debug logging in the staging area"),
        ("Encode all names before export begins", "Decode all names before export begins"),
        ("Attach the invoice to each order", "Detach the invoice to each order"),
        ("Send the paid invoices of orders on", "Send the unpaid invoices of orders on"),
        ("Use tabs instead of spaces in code", "Use spaces instead of tabs in code"),
    ],
)
def test_opposites_and_other_values_are_never_folded(left, right):
    assert fold_near([memory("/a.md", left), memory("/b.md", right)], set()) == ((), ())


def test_a_name_only_one_of_them_has_is_kept():
    named = "Ask the person for a reason and the order number of Anna before each refund."
    (change,), _ = fold_near([memory("/a.md", ASK), memory("/b.md", named)], set())
    assert "Anna" in change.content


@pytest.mark.parametrize("flag", ["protected", "pinned"])
def test_protected_and_pinned_memories_are_never_folded_away(flag):
    held = [memory("/a.md", ASK), memory("/z.md", AGAIN, **{flag: True})]
    (change,), _ = fold_near(held, set())
    assert (change.path, change.merged, change.content) == ("/z.md", ("/a.md",), AGAIN)


def test_two_pinned_near_duplicates_both_stay():
    held = [memory("/a.md", ASK, pinned=True), memory("/b.md", AGAIN, pinned=True)]
    assert fold_near(held, set()) == ((), ())


def test_a_protected_text_is_not_rewritten_and_the_reason_is_said():
    held = [memory("/a.md", ASK, protected=True), memory("/b.md", MORE)]
    changes, (dropped,) = fold_near(held, set())
    assert changes == ()
    assert "protected: a person merges them" in dropped.why


def test_what_has_a_change_already_is_left_alone():
    held = [memory("/a.md", ASK), memory("/b.md", AGAIN)]
    assert fold_near(held, {"/b.md"}) == ((), ())


def test_a_near_fold_keeps_the_lowest_trust_of_its_parts():
    (change,), _ = fold_near([memory("/a.md", ASK), memory("/b.md", AGAIN, taint="outside")], set())
    assert change.taint is Trust.OUTSIDE


def test_very_long_texts_are_not_compared():
    long = "Ask the person for a reason. " * 200
    assert len(long) < CONTENT_BYTES
    assert fold_near([memory("/a.md", long), memory("/b.md", long + "Now")], set()) == ((), ())


WORDS = st.sampled_from(
    ["ask", "the", "person", "Anna", "for", "30", "`pay`", "not", "orders", "order", "refund", "2"]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=8).map(" ".join)


@given(st.lists(TEXTS, min_size=2, max_size=6))
def test_no_proposed_merge_ever_loses_a_number_a_name_or_a_negation(texts):
    held = {f"/{at}.md": memory(f"/{at}.md", text) for at, text in enumerate(texts)}
    changes, _ = fold_near(held.values(), set())
    for change in changes:
        sources = [held[path].content for path in (change.path, *change.merged)]
        assert merge_loss(sources, change.content) == 0


@given(st.lists(TEXTS, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_memories_does_not_matter(texts, random):
    held = [memory(f"/{at}.md", text) for at, text in enumerate(texts)]
    shuffled = list(held)
    random.shuffle(shuffled)
    assert fold_near(held, set()) == fold_near(shuffled, set())
