"""What changes take from a store, and what a merged text loses of its sources."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreaming.contradictions import unsettled_text
from dreaming.likeness import split_statements
from dreaming.loss import (
    Loss,
    is_over_budget,
    keeps,
    list_names,
    list_tokens,
    lost_tokens,
    measure_loss,
    merge_loss,
)
from reviews.changes import Change, Op
from tests.dreaming.build_sessions import memory

# Loss budget


def change(op: Op, path: str, content: str = "", merged: tuple[str, ...] = ()) -> Change:
    return Change(op, path, content, 1, "title", "why", merged=merged)


STORE = [memory(f"/{n}.md", "x" * 100) for n in range(8)]


def test_nothing_changed_loses_nothing():
    loss = measure_loss([], STORE)
    assert (loss.removed, loss.lost_bytes, loss.leaves_empty) == (0, 0, False)
    assert not is_over_budget(loss)


def test_new_memories_lose_nothing():
    assert not is_over_budget(measure_loss([change(Op.CREATE, "/new.md", "y")], STORE))


def test_a_quarter_may_go_and_more_may_not():
    two = [change(Op.RETIRE, f"/{n}.md") for n in range(2)]
    assert measure_loss(two, STORE).removed_share == Fraction(1, 4)
    assert not is_over_budget(measure_loss(two, STORE))
    assert is_over_budget(measure_loss([*two, change(Op.RETIRE, "/2.md")], STORE))


def test_shrinking_counts_in_bytes():
    cut = [change(Op.UPDATE, f"/{n}.md", "x" * 20) for n in range(3)]
    loss = measure_loss(cut, STORE)
    assert (loss.removed, loss.lost_bytes) == (0, 240)
    assert loss.shrunk_share == Fraction(3, 10)
    assert is_over_budget(loss)


def test_growing_elsewhere_does_not_make_up_for_shrinking():
    changes = [change(Op.UPDATE, f"/{n}.md", "") for n in range(3)]
    changes.append(change(Op.UPDATE, "/7.md", "y" * 5000))
    assert measure_loss(changes, STORE).lost_bytes == 300


def test_folding_into_identical_text_loses_nothing():
    fold = change(Op.MERGE, "/0.md", "x" * 100, merged=("/1.md", "/2.md", "/3.md"))
    loss = measure_loss([fold], STORE)
    assert (loss.removed, loss.lost_bytes) == (0, 0)


def test_folding_into_other_text_removes():
    fold = change(Op.MERGE, "/0.md", "z" * 100, merged=("/1.md", "/2.md", "/3.md"))
    loss = measure_loss([fold], STORE)
    assert (loss.removed, loss.lost_bytes) == (3, 300)
    assert is_over_budget(loss)


@pytest.mark.parametrize(
    "touching",
    [
        change(Op.UPDATE, "/p.md", "x" * 500),
        change(Op.RETIRE, "/p.md"),
        change(Op.MERGE, "/0.md", "x" * 100, merged=("/p.md",)),
    ],
)
def test_touching_a_protected_memory_is_over_budget(touching):
    loss = measure_loss([touching], [*STORE, memory("/p.md", "x" * 100, protected=True)])
    assert loss.protected == ("/p.md",)
    assert is_over_budget(loss)


def test_leaving_a_store_empty_is_over_budget():
    loss = measure_loss([change(Op.RETIRE, "/a.md")], [memory("/a.md", "x")])
    assert loss.leaves_empty
    assert is_over_budget(loss)


def test_an_empty_store_has_nothing_to_lose():
    loss = measure_loss([change(Op.CREATE, "/a.md", "x")], [])
    assert loss.removed_share == loss.shrunk_share == Fraction(0)
    assert not loss.leaves_empty


def test_a_retire_of_what_is_not_there_removes_nothing():
    assert measure_loss([change(Op.RETIRE, "/gone.md")], STORE).removed == 0


@given(
    st.lists(st.integers(0, 7), unique=True, max_size=8),
    st.lists(st.integers(0, 200), min_size=8, max_size=8),
)
def test_shares_lie_between_nothing_and_all(retired, sizes):
    changes = [
        change(Op.RETIRE, f"/{n}.md") if n in retired else change(Op.UPDATE, f"/{n}.md", "y" * size)
        for n, size in enumerate(sizes)
    ]
    loss = measure_loss(changes, STORE)
    assert 0 <= loss.removed_share <= 1
    assert 0 <= loss.shrunk_share <= 1
    assert loss.removed == len(retired)
    assert is_over_budget(Loss(8, 8, 800, 800, leaves_empty=True))


def test_folding_into_a_text_that_says_it_as_a_statement_of_its_own_loses_nothing():
    store = [memory("/0.md", "Ask first."), memory("/1.md", "Wait until noon. Then call.")]
    fold = change(Op.MERGE, "/0.md", "Ask first.\n- Wait until noon.\n- Then call.", ("/1.md",))
    assert measure_loss([fold], store).removed == 0


def test_a_contradiction_that_keeps_both_sides_loses_nothing():
    store = [memory("/0.md", "Ask first.\n\nThen wait."), memory("/1.md", "Never ask.")]
    fold = change(Op.MERGE, "/0.md", unsettled_text(store[0].content, store[1].content), ("/1.md",))
    loss = measure_loss([fold], store)
    assert (loss.removed, loss.lost_bytes) == (0, 0)


def test_a_statement_that_stands_there_only_with_not_before_it_is_lost():
    store = [memory("/0.md", "Do not refund."), memory("/1.md", "Refund.")]
    assert measure_loss([change(Op.MERGE, "/0.md", "Do not refund.", ("/1.md",))], store).removed


def test_folding_a_near_duplicate_away_loses_nothing_unless_a_name_goes():
    store = [
        memory("/0.md", "Ask the person for a reason before each refund."),
        memory("/1.md", "Before each refund ask the person for the reason."),
        memory("/2.md", "Before each refund ask the person Anna for the reason."),
    ]
    fold = change(Op.MERGE, "/0.md", store[0].content, ("/1.md",))
    assert measure_loss([fold], store).removed == 0
    assert measure_loss([change(Op.MERGE, "/0.md", store[0].content, ("/2.md",))], store).removed


def test_folding_into_a_protected_text_that_stays_does_not_touch_it():
    store = [*STORE, memory("/p.md", "x" * 100, protected=True)]
    fold = change(Op.MERGE, "/p.md", "x" * 100, merged=("/0.md",))
    assert measure_loss([fold], store).protected == ()


def test_the_same_text_again_does_not_touch_a_protected_memory():
    store = [memory("/p.md", "Ask.", protected=True)]
    assert not is_over_budget(measure_loss([change(Op.UPDATE, "/p.md", "Ask.")], store))


# What a merged text loses


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Wait 30 seconds, then 1.5 hours.", {"30", "1.5"}),
        ("Call `find_order` or `get order`.", {"find_order", "get order"}),
        ("Set release_date with --force.", {"release_date", "--force"}),
        ("Read /srv/a/list.csv and notes.md.", {"/srv/a/list.csv", "notes.md"}),
        ("Write to ops@acme.example.", {"ops@acme.example"}),
        ("See https://acme.example/help.", {"https://acme.example/help"}),
        ("Ask Anna at the GmbH, or HR.", {"Anna", "GmbH", "HR"}),
        ("Use camelCase names.", {"camelCase"}),
        ("Ask the person first.", set()),
    ],
)
def test_numbers_and_names_are_found(text, tokens):
    assert list_tokens(text) == tokens


def test_numbers_are_no_names():
    assert list_names("Wait 30 seconds for `pay`.") == {"pay"}


@pytest.mark.parametrize(
    ("source", "merged", "lost"),
    [
        ("Wait 30 seconds.", "Wait 300 seconds.", ("30",)),
        ("Call `pay`.", "Call `pay_again`.", ("pay",)),
        ("Please ask Anna for it.", "Ask for it.", ("Anna",)),
        ("Please ask Anna for it.", "Anna is asked for it.", ()),
        ("Do not ask.", "Ask.", ("not",)),
        ("Never ask without reason.", "Never ask.", ("not",)),
        ("Read /srv/a.", "Read /srv/ab.", ("/srv/a",)),
        ("Ask first.", "Ask first.", ()),
    ],
)
def test_what_is_missing_is_named(source, merged, lost):
    assert lost_tokens([source], merged) == lost


def test_loss_is_the_share_of_distinct_tokens():
    assert merge_loss(["Wait 30 seconds.", "Call `pay` in 30."], "Wait 30 seconds.") == Fraction(
        1, 2
    )
    assert merge_loss(["Ask."], "Anything.") == 0


@given(st.lists(st.text(max_size=60), min_size=1, max_size=4))
def test_texts_one_after_the_other_lose_nothing(texts):
    assert merge_loss(texts, "\n".join(texts)) == 0


@given(st.text(max_size=80))
def test_a_text_keeps_itself(text):
    assert keeps(text, text)


def test_statements_are_sentences_and_lines_of_lists():
    text = "# Refunds\n\nAsk first. Then wait!\n- Call `pay`.\n1. Wait 1.5 hours.\n"
    assert split_statements(text) == [
        "Refunds",
        "Ask first.",
        "Then wait!",
        "Call `pay`.",
        "Wait 1.5 hours.",
    ]
