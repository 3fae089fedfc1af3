"""What grew, came back or stands against memory: a known pattern with more behind it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from agents.stores import text_sha256
from dreaming.consolidation import Consolidated, consolidate
from dreaming.contradictions import unsettled_text
from dreaming.engines.base import Candidate, EngineMemory
from dreaming.precedents import Known, Precedent
from dreaming.statistics import measure
from reviews.changes import Change, Evidence, Op, Trust
from tests.dreaming.build_sessions import candidate, memory, row

EVIDENCE = Evidence("S-1", 1, 0, "order not found", 7, 22, text_sha256("order not found"))
SEEN = range(1, 15)
"""Fourteen sessions."""


def work(
    *candidates: Candidate,
    memories: Sequence[EngineMemory] = (),
    known: Known | None = None,
    shared: Mapping[str, str] | None = None,
) -> Consolidated:
    measured = measure(candidates, [row(n, "unknown") for n in range(1, 21)])
    quotes = {one.key: (EVIDENCE,) for one in measured}
    return consolidate(measured, quotes, memories, known or {}, scope="agent", shared=shared)


def key_of(one: Candidate) -> str:
    return measure([one], [row(n) for n in range(1, 21)])[0].key


def held(one: Candidate, content: str = "Ask.\n", **fields: Any) -> EngineMemory:
    """A memory of the candidate's pattern."""
    return memory("/m.md", content, 3, **{"pattern_key": key_of(one), "title": "Ask"} | fields)


def known(one: Candidate, **fields: Any) -> dict[str, Precedent]:
    values = {"status": "already_in_memory", "reference": "M-4"} | fields
    return {key_of(one): Precedent(**values)}


# Promotion


def test_what_proved_itself_is_filed_again_with_the_same_text():
    one = candidate(SEEN)
    (change,) = work(one, memories=[held(one, support=6)], known=known(one, sessions=6)).changes
    assert (change.op, change.path, change.base_version) == (Op.UPDATE, "/m.md", 3)
    assert (change.content, change.title) == ("Ask.\n", "Raise: Ask")
    assert change.rationale.startswith(
        "It proved itself: it rested on 6 sessions when it was approved, and on 14 now."
    )
    assert change.pattern.numbers["sessions"] == 14


def test_it_is_no_longer_called_known():
    one = candidate(SEEN)
    assert work(one, memories=[held(one, support=6)], known=known(one, sessions=6)).settled == {}


@pytest.mark.parametrize("support", [8, 14, 0])
def test_a_little_more_support_changes_nothing(support):
    one = candidate(SEEN)
    result = work(one, memories=[held(one, support=support)], known=known(one, sessions=support))
    assert [change.op for change in result.changes] == [Op.CREATE]
    assert list(result.settled.values()) == [("already_in_memory", "M-4")]


def test_raising_keeps_the_trust_of_the_text_that_stays():
    one = candidate(SEEN, sources=("member",))
    (change,) = work(one, memories=[held(one, support=6, taint="tool")]).changes
    assert change.taint is Trust.TOOL


def test_an_effect_that_is_newly_told_raises_it():
    ledger = [
        row(n, "failure" if n % 2 else "success", task_key=f"t{n // 2}", agent="clerk")
        for n in range(2, 82)
    ]
    one = candidate(range(3, 82, 2), exposed=None)
    measured = measure([one], ledger)
    assert measured[0].is_told
    result = consolidate(
        measured,
        {measured[0].key: (EVIDENCE,)},
        [held(one, support=39)],
        known(one, sessions=39),
        scope="agent",
    )
    assert "tells an effect now" in result.changes[0].rationale


# A text that grew


def grown(**fields: Any) -> Candidate:
    return candidate(SEEN, statement="Names of tables: `orders`, `parcels`.", **fields)


OLD = "Names of tables: `orders`.\n"


def test_a_text_that_names_more_now_updates_its_path():
    one = grown()
    memories = [held(one, OLD, support=12)]
    (change,) = work(one, memories=memories, known=known(one, sessions=12, proposed=OLD)).changes
    assert (change.op, change.path, change.base_version) == (Op.UPDATE, "/m.md", 3)
    assert change.content == "Names of tables: `orders`, `parcels`.\n"
    assert change.rationale.startswith("It names more than when it was approved: `parcels`.")


@pytest.mark.parametrize(
    ("content", "proposed"),
    [("Tables are `orders`.\n", OLD), (OLD, ""), (OLD, "Names of tables: `order`.\n")],
)
def test_what_a_person_wrote_is_never_written_over(content, proposed):
    one = grown()
    memories = [held(one, content, support=12)]
    result = work(one, memories=memories, known=known(one, sessions=12, proposed=proposed))
    assert [change.op for change in result.changes] == [Op.CREATE]
    assert result.settled


def test_other_wording_alone_is_no_growth():
    one = candidate(SEEN, statement="These tables exist: `orders`.")
    memories = [held(one, OLD, support=12)]
    result = work(one, memories=memories, known=known(one, sessions=12, proposed=OLD))
    assert [change.op for change in result.changes] == [Op.CREATE]


def test_a_protected_text_does_not_grow_by_itself():
    one = grown()
    memories = [held(one, OLD, support=12, protected=True)]
    result = work(one, memories=memories, known=known(one, sessions=12, proposed=OLD))
    assert [change.op for change in result.changes] == [Op.CREATE]


# What was rejected


def test_a_rejected_pattern_stays_away_without_more_behind_it():
    one = candidate(SEEN)
    before = known(one, status="rejected_before", reference="P-12", sessions=10)
    assert list(work(one, known=before).settled.values()) == [("rejected_before", "P-12")]


def test_a_rejected_pattern_with_more_behind_it_comes_back_and_says_so():
    one = candidate(SEEN)
    before = known(one, status="rejected_before", reference="P-12", sessions=6)
    result = work(one, known=before)
    assert result.settled == {}
    assert result.changes[0].rationale.startswith(
        "Rejected before as P-12 with 6 sessions; now 14. Seen in 14"
    )


def test_what_came_back_is_still_held_against_memory():
    one = candidate(SEEN)
    before = known(one, status="rejected_before", reference="P-12", sessions=6)
    result = work(one, known=before, memories=[memory("/x.md", one.statement)])
    assert list(result.settled.values()) == [("already_in_memory", "/x.md")]


# What disagrees

WITHIN_30, WITHIN_60 = "Refunds are allowed within 30 days.", "Refunds are allowed within 60 days."


def rule(statement: str = WITHIN_60, **fields: Any) -> Candidate:
    return candidate(SEEN, statement=statement, title="Refunds", kind="fact", **fields)


def only(result: Consolidated) -> Change:
    (change,) = result.changes
    return change


def test_a_pattern_against_a_memory_becomes_a_text_with_both_sides():
    change = only(work(rule(), memories=[memory("/r.md", WITHIN_30, 7, taint="tool")]))
    assert (change.op, change.path, change.base_version) == (Op.UPDATE, "/r.md", 7)
    assert change.content == unsettled_text(WITHIN_30, WITHIN_60)
    assert change.title == "Contradiction: Refunds"
    assert '/r.md says: "Refunds are allowed within 30 days".' in change.rationale
    assert change.taint is Trust.TOOL
    assert change.evidence == (EVIDENCE,)


def test_the_dates_of_the_memory_are_shown():
    dated = memory("/r.md", WITHIN_30, support=6, last_evidence_at=datetime(2026, 1, 2, tzinfo=UTC))
    assert "(6 sessions, last seen 2026-01-02)" in only(work(rule(), memories=[dated])).rationale


def test_once_both_sides_stand_there_it_is_known():
    both = memory("/r.md", unsettled_text(WITHIN_30, WITHIN_60))
    result = work(rule(), memories=[both])
    assert list(result.settled.values()) == [("already_in_memory", "/r.md")]


def test_a_protected_memory_is_named_and_not_touched():
    change = only(work(rule(), memories=[memory("/r.md", WITHIN_30, protected=True)]))
    assert change.op is Op.CREATE
    assert '/r.md says otherwise: "Refunds are allowed within 30 days".' in change.rationale


def test_shared_memory_that_says_otherwise_is_named():
    change = only(work(rule(), shared={"M-9": WITHIN_30}))
    assert change.op is Op.CREATE
    assert "M-9 says otherwise" in change.rationale


def test_what_the_shared_memory_says_is_not_proposed_for_an_agent():
    result = work(rule(), shared={"M-9": f"# Refunds\n\n- {WITHIN_60}\n- Ask.\n"})
    assert list(result.settled.values()) == [("already_in_memory", "M-9")]


def test_two_patterns_of_a_dream_that_disagree_name_each_other():
    other = rule(WITHIN_30, template="another")
    first, second = work(rule(), other).changes
    assert "says otherwise" not in first.rationale
    assert f"{first.path} says otherwise" in second.rationale


def test_a_path_is_changed_once_whatever_calls_for_it():
    one = candidate(SEEN)
    retire = candidate(SEEN, path="/m.md", op="retire", statement="", template="stale")
    result = work(one, retire, memories=[held(one, support=6)], known=known(one, sessions=6))
    assert [(change.op, change.path) for change in result.changes if change.path == "/m.md"] == [
        (Op.RETIRE, "/m.md")
    ]


# What the memories themselves call for


def test_folds_contradictions_and_near_duplicates_share_no_path():
    near = "Before each refund, ask the person for a reason and the order number."
    held_ = [
        memory("/a.md", WITHIN_30),
        memory("/b.md", WITHIN_60),
        memory("/c.md", "Use tabs in all code."),
        memory("/d.md", "use TABS in all code"),
        memory("/e.md", near),
        memory("/f.md", near.replace("ask", "kindly ask")),
    ]
    changes = work(memories=held_).changes
    assert [(change.path, change.merged) for change in changes] == [
        ("/c.md", ("/d.md",)),
        ("/a.md", ("/b.md",)),
        ("/e.md", ("/f.md",)),
    ]
