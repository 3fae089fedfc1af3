import unicodedata
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.stores import text_sha256
from dreaming.consolidation import (
    CONTENT_BYTES,
    Consolidated,
    check_path,
    consolidate,
    make_path,
    render_memory,
    render_rationale,
)
from dreaming.engines.base import Candidate, EngineMemory
from dreaming.precedents import Known, Precedent
from dreaming.sentences import RESTS
from dreaming.statistics import measure
from dreaming.tables import LedgerRow
from reviews.changes import Evidence, Op, Trust, Unsourced
from tests.dreaming.build_sessions import candidate, memory, row

EVIDENCE = Evidence("S-1", 1, 0, "order not found", 7, 22, text_sha256("order not found"))


def rows(count: int = 10) -> list[LedgerRow]:
    return [row(n, "failure" if n % 2 else "success") for n in range(1, count + 1)]


def work(
    *candidates: Candidate,
    memories: Sequence[EngineMemory] = (),
    known: Known | None = None,
    scope: str = "agent",
    ledger: Sequence[LedgerRow] = (),
    evidence: Sequence[Evidence] = (EVIDENCE,),
) -> Consolidated:
    """Consolidate candidates that all have evidence."""
    measured = measure(candidates, ledger or rows())
    quotes = {one.key: evidence for one in measured}
    return consolidate(measured, quotes, memories, known or {}, scope=scope)


def key_of(one: Candidate) -> str:
    return measure([one], rows())[0].key


# A pattern becomes a change


def test_a_pattern_with_support_becomes_one_change():
    found = candidate(recovery="Repeating the call unchanged did not help.")
    (change,) = work(found).changes
    assert change.op is Op.CREATE
    assert change.path == f"/mistake/find-order-order-not-found-{key_of(found)[:8]}.md"
    assert change.content == (
        'When `find_order` fails with "order not found", ask.\n\n'
        "Repeating the call unchanged did not help.\n"
    )
    assert change.base_version is None
    assert change.evidence == (EVIDENCE,)
    assert change.pattern is not None
    assert change.pattern.key == key_of(found)
    assert change.pattern.numbers["sessions"] == 3


def test_numbers_stand_in_the_rationale_and_not_in_the_memory():
    (change,) = work(candidate()).changes
    assert change.rationale == f"Seen in 3 of 10 sessions, 3 people. {RESTS}"
    assert not any(letter.isdigit() for letter in change.content)


def test_the_rationale_says_how_many_got_past_it():
    (change,) = work(candidate(recovered=frozenset({"S-1", "S-2"}))).changes
    assert change.rationale.endswith("2 of 3 sessions got past it.")


def test_the_rationale_of_a_wish_says_that_it_rests_on_words():
    (one,) = measure([candidate(kind="preference", signal="words")], rows())
    assert "rests on what people said" in render_rationale(one, has_source=True)


@pytest.mark.parametrize(
    ("sources", "taint"),
    [
        ((), Trust.MEMBER),
        (("member",), Trust.MEMBER),
        (("member", "principal"), Trust.PRINCIPAL),
        (("principal", "outside", "tool"), Trust.OUTSIDE),
    ],
)
def test_the_taint_is_the_lowest_trust_of_its_sources(sources, taint):
    (change,) = work(candidate(sources=sources)).changes
    assert change.taint is taint


def test_what_stands_out_comes_first_then_what_was_seen_most():
    seen_more = candidate([1, 2, 3, 4], tool="pay", title="pay: refused", statement="Pay by card.")
    changes = work(candidate(), seen_more).changes
    assert [change.title for change in changes] == ["pay: refused", "find_order: order not found"]


# A pattern is only listed


def test_too_little_support_is_listed_with_the_reason():
    result = work(candidate([1, 2]))
    assert result.changes == ()
    (listed,) = result.listed
    assert (listed.status, listed.why) == ("listed", "Seen in 2 sessions; 3 are needed.")


def test_a_pattern_of_one_agent_is_not_for_shared_memory():
    (listed,) = work(candidate(), scope="workspace").listed
    assert "one agent" in listed.why


def test_a_pattern_of_two_agents_is_for_shared_memory():
    ledger = [row(n, agent=f"agent-{n % 2}") for n in range(1, 6)]
    assert len(work(candidate(), scope="workspace", ledger=ledger).changes) == 1


@pytest.mark.parametrize(
    ("status", "reference"),
    [("already_open", "P-12"), ("rejected_before", "P-3"), ("already_in_memory", "M-4")],
)
def test_a_known_key_keeps_its_status_and_id(status, reference):
    found = candidate()
    result = work(found, known={key_of(found): Precedent(status, reference, 3)})
    assert result.settled == {result.changes[0].path: (status, reference)}


def test_what_is_known_changes_nothing_about_the_changes():
    found = candidate()
    unknown = work(found)
    known = work(
        found,
        known={key_of(found): Precedent("already_open", "P-1")},
        memories=[memory("/a.md", found.statement)],
    )
    assert known.changes == unknown.changes
    assert unknown.settled == {}


STATEMENT = 'When `find_order` fails with "order not found", ask.'


@pytest.mark.parametrize(
    "content",
    [
        STATEMENT,
        STATEMENT.upper() + "\n\n",
        "## " + STATEMENT,
        'Ask when `find_order` fails with "order not found".',
    ],
)
def test_what_memory_says_already_is_not_proposed_again(content):
    result = work(candidate(), memories=[memory("/a.md", content)])
    assert list(result.settled.values()) == [("already_in_memory", "/a.md")]


def test_a_memory_with_the_same_key_is_the_same_pattern_whatever_its_words():
    found = candidate()
    held = memory("/mine.md", "Ask.", pattern_key=key_of(found))
    assert list(work(found, memories=[held]).settled.values()) == [
        ("already_in_memory", "/mine.md")
    ]


def test_a_path_in_use_is_settled_even_when_its_words_were_edited():
    (change,) = work(candidate()).changes
    held = memory(change.path, "Ask a colleague.")
    assert work(candidate(), memories=[held]).settled == {
        change.path: ("already_in_memory", change.path)
    }


@pytest.mark.parametrize(
    "content",
    [
        'When `find_order` fails with "order not sent", ask.',
        'When `find_orders` fails with "order not found", ask.',
        'When `find_order` fails with "order not found", never ask.',
        'When `find_order` fails with "order not found", ask 3 times.',
        "Something else entirely.",
    ],
)
def test_other_words_numbers_and_negations_are_not_the_same_memory(content):
    assert work(candidate(), memories=[memory("/a.md", content)]).settled == {}


def test_two_patterns_that_say_the_same_become_one_change():
    result = work(candidate(), candidate(template="no order was found"))
    assert len(result.changes) == 1
    assert "nearly the same" in result.listed[0].why


def test_without_evidence_a_pattern_is_dropped_and_named():
    result = work(candidate(), evidence=())
    assert result.changes == ()
    assert result.dropped[0].what == "find_order: order not found"


# Texts that engines propose for paths


def proposes(
    path: str = "/notes/refunds.md", text: str = "Ask for a reason.\n", **fields: Any
) -> Candidate:
    return candidate(path=path, statement=text, title="Refunds need a reason", **fields)


def test_a_proposed_text_keeps_its_path_and_words():
    (change,) = work(proposes()).changes
    assert (change.op, change.path, change.content) == (
        Op.CREATE,
        "/notes/refunds.md",
        "Ask for a reason.\n",
    )


def test_a_text_for_a_path_in_use_updates_its_head():
    held = memory("/notes/refunds.md", "Old words.", version=7)
    (change,) = work(proposes(), memories=[held]).changes
    assert (change.op, change.base_version) == (Op.UPDATE, 7)


def test_a_retire_has_no_text_and_the_base_it_saw():
    held = memory("/notes/refunds.md", "Old words.", version=7)
    (change,) = work(proposes(op="retire", text=""), memories=[held]).changes
    assert (change.op, change.content, change.base_version) == (Op.RETIRE, "", 7)


def test_a_text_without_a_source_says_so_and_is_kept():
    (change,) = work(proposes(), evidence=()).changes
    assert change.rationale.startswith("No source found.")
    assert change.evidence == ()
    assert change.unsourced is Unsourced.WHOLE


def test_a_text_with_a_source_is_marked_only_where_a_part_has_none():
    (whole,) = work(proposes()).changes
    assert whole.unsourced is Unsourced.NOTHING
    (part,) = work(proposes(unfounded=("Fax it.", "Skip it.", "Burn it.", "Eat it."))).changes
    assert part.unsourced is Unsourced.PART
    assert part.rationale.startswith(
        'No source found for "Fax it.", "Skip it.", "Burn it." and 1 more.'
    )
    assert part.evidence


def test_the_same_text_again_is_settled():
    held = memory("/notes/refunds.md", "Ask for a reason.\n")
    assert work(proposes(), memories=[held]).settled == {
        "/notes/refunds.md": ("already_in_memory", "/notes/refunds.md")
    }


def test_one_path_has_one_change_a_dream():
    result = work(proposes(), proposes(text="Other words.", template="other"))
    assert len(result.changes) == 1
    assert result.dropped[0].why == "Another change of this dream has this path."


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"path": "notes.md"}, 'begins with "/"'),
        ({"op": "merge"}, "no operation"),
        ({"op": "update"}, "no memory at this path"),
        ({"op": "retire"}, "no memory at this path"),
        ({"text": "  \n"}, "empty"),
        ({"text": "x" * (CONTENT_BYTES + 1)}, f"{CONTENT_BYTES} are allowed"),
    ],
)
def test_what_no_store_would_take_is_dropped_with_the_reason(fields, why):
    result = work(proposes(**fields))
    assert result.changes == ()
    assert why in result.dropped[0].why


# Paths


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", "begins"),
        ("a.md", "begins"),
        ("/", "empty"),
        ("/a//b.md", "empty"),
        ("/a/../b.md", '".."'),
        ("/a/./b.md", '"."'),
        ("/" + "/".join("a" * 21), "at most 20 parts"),
        ("/" + "é" * 512, "at most 1024 bytes"),
        ("/a\x00.md", "control"),
        ("/a\u202eb.md", "format"),
        ("/" + unicodedata.normalize("NFD", "é") + ".md", "NFC"),
    ],
)
def test_a_path_no_store_takes_is_refused_in_words(path, why):
    assert why in check_path(path)


@pytest.mark.parametrize(
    "path", ["/a.md", "/" + "/".join("a" * 20), "/é/ü.md", "/" + "a" * 1023, "/...md"]
)
def test_a_path_within_the_limits_is_taken(path):
    assert check_path(path) == ""


@given(st.text(max_size=30), st.text(max_size=120))
def test_a_made_path_is_always_valid(kind, title):
    path = make_path(kind, title, "0123456789abcdef")
    assert check_path(path) == ""
    assert path.endswith("-01234567.md")
    assert path.count("/") == 2
    assert len(path) < 120


def test_a_long_title_is_cut_between_words():
    assert make_path("mistake", "payment method not found " * 4, "0" * 64) == (
        "/mistake/payment-method-not-found-payment-method-not-00000000.md"
    )


# What the memories themselves call for


def test_a_dream_proposes_folds_where_no_other_change_touches_them():
    held = [memory("/a.md", "Use tabs."), memory("/b.md", "Use tabs.")]
    assert [c.op for c in work(memories=held).changes] == [Op.MERGE]
    retire = proposes(path="/b.md", op="retire", text="")
    assert [c.op for c in work(retire, memories=held).changes] == [Op.RETIRE]


def test_a_memory_is_the_instruction_and_what_else_helped():
    assert render_memory(candidate(statement=" Ask. ", recovery="")) == "Ask.\n"
    assert render_memory(candidate(statement="Ask.", recovery="Then wait.")) == (
        "Ask.\n\nThen wait.\n"
    )


def test_the_reason_of_what_is_stale_is_the_engines_alone():
    (one,) = measure([candidate(kind="stale", rationale="`x` is gone.")], rows())
    assert render_rationale(one, has_source=True) == "`x` is gone."
