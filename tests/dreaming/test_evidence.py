import hashlib

from hypothesis import given
from hypothesis import strategies as st

from dreaming.engines.base import Dropped, Quote
from dreaming.evidence import EVIDENCE_LIMIT, QUOTE_LIMIT, StoredEvent, check_quotes
from reviews.changes import Evidence, Relation
from tests.dreaming.build_sessions import candidate

STORED = {
    ("S-1", 0): StoredEvent("Error: order not found in the shop", revision=3),
    ("S-2", 4): StoredEvent("order not found", revision=1, remembered=True),
}


def find(session: str, event: int) -> StoredEvent | None:
    return STORED.get((session, event))


def check(*quotes: Quote) -> tuple[tuple[Evidence, ...], tuple[Dropped, ...]]:
    return check_quotes(candidate(quotes=quotes), find)


def test_a_quote_that_stands_in_the_event_becomes_evidence_with_its_place():
    (evidence,), dropped = check(Quote("S-1", 0, "order not found"))
    assert (evidence.session, evidence.revision, evidence.event) == ("S-1", 3, 0)
    assert (evidence.start, evidence.end) == (7, 22)
    assert evidence.sha256 == hashlib.sha256(b"order not found").hexdigest()
    assert evidence.relation is Relation.SUPPORTS
    assert dropped == ()


def test_words_that_are_not_in_the_event_are_dropped_and_listed():
    evidence, (dropped,) = check(Quote("S-1", 0, "Order not found"))
    assert evidence == ()
    assert "find_order" in dropped.what
    assert dropped.why == "The words are not in S-1 event 0."


def test_an_event_the_dream_did_not_read_is_dropped_and_listed():
    evidence, (dropped,) = check(Quote("S-9", 0, "order"))
    assert evidence == ()
    assert "S-9 event 0 is not among what this dream read" in dropped.why


def test_text_that_came_from_memory_is_no_evidence():
    evidence, (dropped,) = check(Quote("S-2", 4, "order not found"))
    assert evidence == ()
    assert "given from memory" in dropped.why


def test_an_empty_quote_is_dropped():
    evidence, (dropped,) = check(Quote("S-1", 0, "  "))
    assert evidence == ()
    assert "is empty" in dropped.why


def test_a_quote_of_a_whole_page_is_dropped():
    evidence, (dropped,) = check(Quote("S-1", 0, "x" * (QUOTE_LIMIT + 1)))
    assert evidence == ()
    assert "longer than" in dropped.why


def test_an_unknown_relation_is_dropped():
    evidence, (dropped,) = check(Quote("S-1", 0, "order", "proves"))
    assert evidence == ()
    assert 'unknown relation "proves"' in dropped.why


def test_the_same_quote_counts_once():
    evidence, dropped = check(Quote("S-1", 0, "order"), Quote("S-1", 0, "order"))
    assert len(evidence) == 1
    assert dropped == ()


def test_five_are_kept_and_one_of_them_contradicts():
    supports = [Quote("S-1", 0, word) for word in ("Error", "order", "not", "found", "in", "the")]
    evidence, _ = check(*supports, Quote("S-1", 0, "shop", "contradicts"))
    assert len(evidence) == EVIDENCE_LIMIT
    assert [e.relation for e in evidence].count(Relation.CONTRADICTS) == 1


def test_contradicting_quotes_fill_what_supporting_ones_leave():
    against = [Quote("S-1", 0, word, "contradicts") for word in ("order", "not", "found")]
    evidence, _ = check(Quote("S-1", 0, "Error"), *against)
    assert [e.relation for e in evidence] == [Relation.SUPPORTS, *[Relation.CONTRADICTS] * 3]


@given(st.text(min_size=1, max_size=60), st.data())
def test_offsets_always_give_back_the_quote(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    evidence, dropped = check_quotes(
        candidate(quotes=(Quote("S-1", 0, text[start:end]),)), lambda s, e: StoredEvent(text, 1)
    )
    for one in evidence:
        assert text[one.start : one.end] == one.quote == text[start:end]
    assert len(evidence) + len(dropped) == 1
