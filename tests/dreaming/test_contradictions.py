"""Memories that disagree: which pairs are flagged, and that both sides stay."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreaming.contradictions import (
    UNSETTLED,
    ClaimIndex,
    flag_contradictions,
    unsettled_text,
)
from dreaming.engines.base import EngineMemory
from dreaming.loss import keeps, merge_loss
from reviews.approval_rules import Facts, Trait, is_identical_merge, may_be_automatic
from reviews.changes import Op, Trust
from tests.dreaming.build_sessions import memory

WITHIN_30, WITHIN_60 = "Refunds are allowed within 30 days.", "Refunds are allowed within 60 days."


def pair(left: str = WITHIN_30, right: str = WITHIN_60, **fields: object) -> list[EngineMemory]:
    return [memory("/a.md", left, 4), memory("/b.md", right, **fields)]


def test_a_pair_is_one_change_that_keeps_both_sides():
    (change,), dropped = flag_contradictions(pair(), set())
    assert (change.op, change.path, change.merged) == (Op.MERGE, "/a.md", ("/b.md",))
    assert change.base_version == 4
    assert change.content == f"{UNSETTLED}\n\n- {WITHIN_30}\n- {WITHIN_60}\n"
    assert dropped == ()


def test_the_title_and_the_reason_name_it():
    (change,), _ = flag_contradictions(pair(), set())
    assert change.title == "Contradiction: Refunds are allowed within 30 days."
    assert '/a.md and /b.md disagree: the number: "30" and "60".' in change.rationale
    assert "is for a person to say" in change.rationale


def test_both_sides_are_shown_with_what_they_rest_on():
    held = pair(support=6, last_evidence_at=datetime(2026, 10, 3, tzinfo=UTC))
    (change,), _ = flag_contradictions(held, set())
    assert (
        '/b.md says: "Refunds are allowed within 60 days" (6 sessions, last seen 2026-10-03).'
        in change.rationale
    )


@pytest.mark.parametrize("newer", ["/a.md", "/b.md"])
def test_neither_the_newest_nor_the_best_supported_wins(newer):
    held = [
        memory(
            m.path,
            m.content,
            support=90 if m.path == newer else 1,
            learned_at=datetime(2026, 11, 1 if m.path == newer else 2, tzinfo=UTC),
        )
        for m in pair()
    ]
    (change,), _ = flag_contradictions(held, set())
    assert change.content == unsettled_text(WITHIN_30, WITHIN_60)


def test_it_is_never_for_a_rule_alone():
    (change,), _ = flag_contradictions(pair(), set())
    assert not is_identical_merge(change, [WITHIN_30, WITHIN_60])
    assert not may_be_automatic(Facts("clerk", change.path, change.op, "low", frozenset()))
    assert may_be_automatic(
        Facts("clerk", change.path, change.op, "low", frozenset({Trait.IDENTICAL}))
    )


def test_nothing_of_either_is_lost():
    held = pair(WITHIN_30 + "\n\n- Ask `hr`.\n- Wait.", WITHIN_60)
    content = unsettled_text(held[0].content, held[1].content)
    assert merge_loss([m.content for m in held], content) == 0
    assert all(keeps(content, m.content) for m in held)


def test_the_lowest_trust_of_both_is_kept():
    (change,), _ = flag_contradictions(pair(taint="tool"), set())
    assert change.taint is Trust.TOOL


def test_a_settled_question_is_not_asked_again():
    held = [memory("/a.md", unsettled_text(WITHIN_30, WITHIN_60)), memory("/c.md", WITHIN_60)]
    assert flag_contradictions(held, set()) == ((), ())


# What is only listed


def test_a_pinned_memory_is_the_one_that_stays():
    (change,), _ = flag_contradictions(pair(pinned=True), set())
    assert (change.path, change.merged) == ("/b.md", ("/a.md",))


@pytest.mark.parametrize(
    ("fields", "why"),
    [({"protected": True}, "/b.md is protected"), ({"pinned": True}, "Both are pinned")],
)
def test_what_may_not_change_is_listed_with_both_sides(fields, why):
    held = [memory("/a.md", WITHIN_30, pinned=True), memory("/b.md", WITHIN_60, **fields)]
    changes, (dropped,) = flag_contradictions(held, set())
    assert changes == ()
    assert why in dropped.why
    assert "within 30 days" in dropped.why
    assert "within 60 days" in dropped.why


def test_a_memory_is_in_one_pair_and_the_other_pair_is_listed():
    held = [*pair(), memory("/c.md", WITHIN_60.replace("60", "90"))]
    changes, dropped = flag_contradictions(held, set())
    assert [change.path for change in changes] == ["/a.md"]
    assert [one.what for one in dropped] == [
        "contradiction of /a.md and /c.md",
        "contradiction of /b.md and /c.md",
    ]


def test_what_has_a_change_already_comes_back_with_the_next_dream():
    changes, (dropped,) = flag_contradictions(pair(), {"/b.md"})
    assert changes == ()
    assert "comes back with the next" in dropped.why


def test_a_list_of_facts_is_no_contradiction():
    held = [
        memory(f"/{n}.md", f"Parcels to zone north cost {n} euros apiece.") for n in range(10, 16)
    ]
    changes, (dropped,) = flag_contradictions(held, set())
    assert changes == ()
    assert "read as a list" in dropped.why


# Explicit words


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Use `deploy_date` in each deploy.", "`deploy_date` was replaced by `release_date`."),
        ("Call `find_order` for lookups.", "`find_order` is no longer available."),
        ("Set `region` on every upload.", "The field changed from `region` to `zone`."),
        (
            "Use `deploy_date` for the release day.",
            "Use `release_date` instead of `deploy_date` for the release day.",
        ),
    ],
)
def test_a_name_one_asks_for_and_the_other_gave_up(left, right):
    (change,), _ = flag_contradictions(pair(left, right), set())
    assert "given it up" in change.rationale


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Never use `deploy_date` in a deploy.", "`deploy_date` was replaced by `release_date`."),
        (
            "Use `tabs` for configuration files of servers.",
            "Use `spaces` instead of `tabs` when Python code is written.",
        ),
        ("Use `release_date`.", "Use `release_date` instead of `deploy_date`."),
    ],
)
def test_names_given_up_elsewhere_do_not_disagree(left, right):
    assert flag_contradictions(pair(left, right), set()) == ((), ())


# A text against memories


def test_a_text_is_held_against_what_memories_claim():
    index = ClaimIndex([("/a.md", WITHIN_30), ("/c.md", "Ask people politely first.")])
    (found,) = index.find("/new.md", WITHIN_60)
    assert (found.right, found.said_left, found.said_right) == ("/a.md", WITHIN_60, WITHIN_30)
    assert index.find("/a.md", WITHIN_60) == []


def test_a_telling_sentence_within_a_longer_text_counts():
    long = "Refunds of damaged parcels are allowed within 30 days after delivery."
    index = ClaimIndex([("/a.md", f"{long} Ask for pictures.")])
    assert index.find("/b.md", f"{long.replace('30', '60')} Be polite.")


def test_a_sentence_that_needs_its_context_does_not():
    index = ClaimIndex([("/a.md", "For invoices ask twice. Round to 2 decimals.")])
    assert index.find("/b.md", "For parcels be quick. Round to 3 decimals.") == []


@given(st.lists(st.sampled_from([WITHIN_30, WITHIN_60, "Ask.", "Never ask `a`."]), max_size=6))
def test_every_path_is_in_one_change_at_most(texts):
    held = [memory(f"/{at}.md", text) for at, text in enumerate(texts)]
    changes, _ = flag_contradictions(held, set())
    paths = [path for change in changes for path in (change.path, *change.merged)]
    assert len(paths) == len(set(paths))
