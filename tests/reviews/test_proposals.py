"""Filing proposals: what is kept, how it is judged, what is refused and leaves nothing behind."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections, transaction

from agents import clock as product_clock
from agents.errors import InvalidInput, InvalidPath, StoreFull
from agents.models import Memory
from agents.numbers import take_number
from agents.stores import MAX_MEMORY_BYTES, text_sha256
from reviews import decisions, proposals
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM, Actor
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from reviews.audit.values import open_values
from reviews.changes import Change, Op, Relation, Trust
from reviews.errors import InvalidChange, MayNotDecide, ReasonMissing
from reviews.lifecycle import OPEN, IllegalTransition
from reviews.models import Evidence, OriginKind, Proposal, ProposalRevision
from reviews.origins import Origin
from tests import build
from tests.cast import Cast
from tests.reviews.filings import (
    PATTERN,
    PLAIN,
    QUOTED,
    WITH_COMMAND,
    after,
    by_hand,
    entry_of,
    merge_of,
    move,
)
from tests.reviews.views.desks import PATH, fresh, member

pytestmark = pytest.mark.django_db


def create(path: str, content: str) -> Change:
    return Change(Op.CREATE, path, content, None, "A title", "Because.")


def file_all(cast: Cast, *changes: Change, **given: object) -> tuple[Proposal, ...]:
    numbers = [take_number(cast.workspace, "P") for _ in changes]
    origin = Origin(OriginKind.DREAM, "D-1", "Dream D-1", "local", "1")
    asked = {"origin": origin, "actor": Actor("dream", "D-1"), "cause": SYSTEM}
    return proposals.file_proposals(cast.store, changes, **(asked | given), numbers=numbers)


# Filing


def test_what_is_filed_waits_with_its_first_revision(cast: Cast) -> None:
    proposal = build.filed(cast.store, content=PLAIN, pattern=PATTERN)
    revision = proposal.revisions.get()
    assert (proposal.state, proposal.revision, proposal.op) == ("pending", 1, "create")
    assert (revision.number, revision.content, revision.author) == (1, PLAIN, None)
    assert revision.sha256 == proposal.content_sha256 == text_sha256(PLAIN)


def test_origin_and_pattern_are_frozen_on_the_proposal(cast: Cast) -> None:
    numbers = {PATTERN.key: ["Seen in 6 of 40 sessions."]}
    change = Change(Op.CREATE, "/a.md", PLAIN, None, "Title", "Why", pattern=PATTERN)
    (proposal,) = file_all(cast, change, sentences=numbers)
    assert (proposal.origin_kind, proposal.origin_id, proposal.engine) == ("dream", "D-1", "local")
    assert (proposal.pattern_kind, proposal.signal, proposal.support) == (
        "tool_limit",
        "outcome",
        6,
    )
    assert proposal.pattern_sentences == ["Seen in 6 of 40 sessions."]
    assert proposal.pattern_numbers == {"sessions": 6, "of": 40}


def test_every_quote_is_linked_to_its_stored_event(cast: Cast) -> None:
    session = build.session(cast.agent)
    quotes = [build.quote(session, 2, QUOTED), build.quote(session, 0, "cancel order 1042")]
    proposal = build.filed(cast.store, evidence=quotes)
    rows = list(Evidence.objects.filter(proposal=proposal).order_by("position"))
    assert [(row.position, row.event.index, row.quote) for row in rows] == [
        (1, 2, QUOTED),
        (2, 0, "cancel order 1042"),
    ]
    assert all(row.event.text[row.start : row.end] == row.quote for row in rows)
    assert {row.relation for row in rows} == {Relation.SUPPORTS}


def test_a_quote_of_an_event_that_is_not_stored_files_nothing(cast: Cast) -> None:
    session = build.session(cast.agent)
    quote = build.quote(session, 2, QUOTED)
    lost = type(quote)(quote.session, 9, quote.event, quote.quote, 0, 1, quote.sha256)
    with pytest.raises(InvalidChange, match=rf"{session} has no event 2 in revision 9"):
        build.filed(cast.store, evidence=[quote, lost])
    assert not Proposal.objects.exists()
    assert not Evidence.objects.exists()


def test_a_quote_of_another_workspace_cannot_be_cited(cast: Cast) -> None:
    elsewhere = build.session(cast.other_agent)
    with pytest.raises(InvalidChange, match="cannot be cited"):
        build.filed(cast.store, evidence=[build.quote(elsewhere, 2, QUOTED)])


def test_the_entry_of_a_filing_holds_numbers_and_no_words(cast: Cast) -> None:
    session = build.session(cast.agent)
    proposal = build.filed(
        cast.store,
        path="/limits/okafor.md",
        content="Ms Okafor may cancel.\n",
        rationale="She asked.",
        evidence=[build.quote(session, 2, QUOTED)],
    )
    entry = entry_of(proposal, Action.PROPOSAL_FILED)
    for words in ("Okafor", "okafor", "She asked", "already shipped"):
        assert words not in entry.body
    said = after(entry)
    assert (said["op"], said["state"], said["risk"]) == ("create", "pending", proposal.risk)
    assert said["evidence"] == [
        {
            "session": str(session),
            "revision": 1,
            "event": 2,
            "start": 0,
            "end": len(QUOTED),
            "relation": "supports",
        }
    ]


def test_the_words_of_a_filing_can_be_opened_beside_its_entry(cast: Cast) -> None:
    session = build.session(cast.agent)
    proposal = build.filed(
        cast.store, content=PLAIN, evidence=[build.quote(session, 2, QUOTED)], rationale="Why so."
    )
    entry = entry_of(proposal, Action.PROPOSAL_FILED)
    values = read_body(entry.body)["values"]
    assert isinstance(values, dict)
    words = open_values(values)
    assert words["content"] == PLAIN
    assert words["rationale"] == "Why so."
    assert words["quote_1"] == QUOTED


def test_the_entry_names_the_rule_the_dream_and_its_cause(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    body = read_body(entry_of(proposal, Action.PROPOSAL_FILED).body)
    assert body["actor"] == {"kind": "dream", "id": "D-1"}
    assert body["parents"] == ["D-1"]
    assert body["rule"] == {"name": "new-of-low-risk", "version": 1}
    assert body["engine"] == {"name": "local", "version": "1"}


def test_plain_new_memory_needs_one_approval(cast: Cast) -> None:
    proposal = build.filed(cast.store, content=PLAIN)
    assert (proposal.risk, proposal.risk_rank) == ("low", 0)
    assert proposal.route["needs"] == [[None, 1]]


def test_text_with_a_command_needs_two_and_says_why(cast: Cast) -> None:
    proposal = build.filed(cast.store, content=WITH_COMMAND)
    assert (proposal.risk, proposal.risk_rank) == ("high", 2)
    assert proposal.route["needs"] == [[None, 2]]
    assert {"command", "address"} <= {reason["code"] for reason in proposal.risk_reasons}


@pytest.mark.parametrize("taint", [Trust.PRINCIPAL, Trust.TOOL, Trust.OUTSIDE])
def test_tainted_text_needs_two_whatever_it_says(cast: Cast, taint: Trust) -> None:
    proposal = build.filed(cast.store, content=PLAIN, taint=taint)
    assert proposal.taint == taint
    assert proposal.route["needs"] == [[None, 2]]


def test_a_change_of_a_protected_memory_needs_two(cast: Cast) -> None:
    memory = build.memory(cast.store, PATH)
    Memory.objects.filter(pk=memory.pk).update(protected=True)
    proposal = build.filed(
        cast.store, op=Op.UPDATE, path=PATH, content=PLAIN + "Ask first.\n", base_version=1
    )
    assert "protected" in {reason["code"] for reason in proposal.risk_reasons}
    assert proposal.route["needs"] == [[None, 2]]


def test_the_same_text_cannot_wait_twice(cast: Cast) -> None:
    build.filed(cast.store, path="/a.md", content=PLAIN)
    with pytest.raises(InvalidChange, match="already waiting"):
        build.filed(cast.store, path="/a.md", content=PLAIN)
    assert Proposal.objects.count() == 1


@pytest.mark.parametrize(("path", "content"), [("/b.md", PLAIN), ("/a.md", PLAIN + "More.\n")])
def test_another_path_or_another_text_can_wait_beside_it(
    cast: Cast, path: str, content: str
) -> None:
    build.filed(cast.store, path="/a.md", content=PLAIN)
    build.filed(cast.store, path=path, content=content)
    assert Proposal.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_who_file_the_same_text_at_once_one_is_told(cast: Cast) -> None:
    start = Barrier(2)

    def file(name: str) -> str:
        start.wait(10)
        try:
            return str(by_hand(cast, "/a.md", PLAIN, by=by[name]))
        except InvalidChange as error:
            return str(error)
        finally:
            connections.close_all()

    by = {name: member(cast, name) for name in ("reviewer", "lead")}
    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(file, by))
    assert said[0].startswith("P-")
    assert "already waiting" in said[1]
    assert Proposal.objects.count() == 1


def test_the_same_text_can_be_filed_again_once_the_first_is_withdrawn(cast: Cast) -> None:
    first = build.filed(cast.store, path="/a.md", content=PLAIN)
    proposals.withdraw(first, reason="Too early.", by=None)
    assert build.filed(cast.store, path="/a.md", content=PLAIN).state == "pending"


def test_the_same_text_can_wait_in_another_store(cast: Cast) -> None:
    build.filed(cast.store, path="/a.md", content=PLAIN)
    shared = build.filed(cast.shared_store, path="/a.md", content=PLAIN)
    assert shared.agent is None


@pytest.mark.parametrize(("op", "content"), [(Op.UPDATE, PLAIN), (Op.RETIRE, "")])
def test_what_is_not_there_cannot_be_changed(cast: Cast, op: Op, content: str) -> None:
    with pytest.raises(InvalidChange, match=r"/a\.md is not in this memory"):
        build.filed(cast.store, op=op, path="/a.md", content=content, base_version=1)


def test_what_was_retired_cannot_be_retired_again(cast: Cast) -> None:
    build.memory(cast.store, "/a.md")
    move(cast, "/a.md", "")
    with pytest.raises(InvalidChange, match="not in this memory"):
        build.filed(cast.store, op=Op.RETIRE, path="/a.md", content="", base_version=1)


def test_a_merge_keeps_the_versions_of_what_it_folds_in(cast: Cast) -> None:
    proposal = merge_of(cast)
    assert proposal.merged == [{"path": "/b.md", "base_version": 1}]
    assert proposals.paths_of(proposal) == ["/a.md", "/b.md"]


def test_a_merge_of_what_is_not_there_is_refused(cast: Cast) -> None:
    build.memory(cast.store, "/a.md")
    with pytest.raises(InvalidChange, match=r"/c\.md is not in this memory"):
        build.filed(
            cast.store, op=Op.MERGE, path="/a.md", content="x\n", base_version=1, merged=("/c.md",)
        )


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("no-slash.md", "start with"),
        ("/a/../b.md", "segment"),
        ("//a.md", "empty segment"),
        ("/a\u202eb.md", r"U\+202E"),
        ("/a\nb.md", r"U\+000A"),
        ("/e\u0301.md", "NFC"),
        ("/" + "a" * 1_024, "1,025 bytes"),
        ("/a" * 21, "21 segments"),
    ],
)
def test_a_path_that_no_store_holds_is_refused(cast: Cast, path: str, words: str) -> None:
    with pytest.raises(InvalidPath, match=words):
        build.filed(cast.store, path=path)
    assert not Proposal.objects.exists()


@pytest.mark.parametrize(("sign", "count"), [("a", MAX_MEMORY_BYTES), ("é", MAX_MEMORY_BYTES // 2)])
def test_a_text_may_have_as_many_bytes_as_a_memory_holds(cast: Cast, sign: str, count: int) -> None:
    proposal = build.filed(cast.store, content=sign * count)
    assert len(proposal.revisions.get().content.encode()) == MAX_MEMORY_BYTES


@pytest.mark.parametrize(
    "content", ["a" * (MAX_MEMORY_BYTES + 1), "é" * (MAX_MEMORY_BYTES // 2 + 1)]
)
def test_one_byte_more_is_refused(cast: Cast, content: str) -> None:
    with pytest.raises(StoreFull, match="102,400"):
        build.filed(cast.store, content=content)


@pytest.mark.parametrize(("content", "words"), [("", "empty"), ("a\0b", "NUL"), ("\ud800", "half")])
def test_a_text_that_cannot_be_stored_is_refused(cast: Cast, content: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        build.filed(cast.store, content=content, title="Odd")


def test_nothing_is_left_when_one_of_several_cannot_be_filed(cast: Cast) -> None:
    before = Entry.objects.count()
    with pytest.raises(InvalidPath):
        file_all(cast, create("/a.md", "One.\n"), create("b.md", "Two.\n"))
    assert not Proposal.objects.exists()
    assert not ProposalRevision.objects.exists()
    assert Entry.objects.count() == before


def test_filing_belongs_to_the_transaction_around_it(cast: Cast) -> None:
    with transaction.atomic():
        file_all(cast, create("/a.md", "One.\n"))
        transaction.set_rollback(True)
    assert not Proposal.objects.exists()


def test_as_many_numbers_as_changes_are_asked_for(cast: Cast) -> None:
    with pytest.raises(ValueError, match="zip"):
        proposals.file_proposals(
            cast.store,
            [create("/a.md", "One.\n")],
            origin=Origin(OriginKind.DREAM, "D-1", "Dream D-1"),
            actor=SYSTEM,
            cause=None,
            numbers=[1, 2],
        )
    assert not Proposal.objects.exists()


# By hand


def test_a_person_proposes_new_memory(cast: Cast) -> None:
    proposal = by_hand(cast, "/a.md", "# Refunds\n\nAsk first.\n")
    assert (proposal.op, proposal.base_version, proposal.title) == ("create", None, "Refunds")
    assert proposal.proposer == cast.reviewer
    assert (proposal.origin_kind, proposal.signal) == ("person", "words")
    assert proposal.revisions.get().author == cast.reviewer


def test_a_person_proposes_a_change_on_the_head(cast: Cast) -> None:
    memory = build.memory(cast.store, PATH)
    move(cast, PATH, "Second text.\n")
    proposal = by_hand(cast, PATH, "Third text.\n")
    assert (proposal.op, proposal.base_version, proposal.memory) == ("update", 2, memory)


@pytest.mark.parametrize("content", ["", "  \n"])
def test_an_empty_text_proposes_to_retire(cast: Cast, content: str) -> None:
    build.memory(cast.store, PATH)
    proposal = by_hand(cast, PATH, content)
    assert (proposal.op, proposal.title) == ("retire", f"Retire {PATH}"[:60])
    assert proposal.revisions.get().content == ""
    assert proposal.route["needs"] == [[None, 2]]


def test_a_retired_path_is_new_again(cast: Cast) -> None:
    build.memory(cast.store, PATH)
    move(cast, PATH, "")
    proposal = by_hand(cast, PATH, "Back again.\n")
    assert (proposal.op, proposal.base_version) == ("create", None)


def test_what_is_not_there_cannot_be_retired_by_hand(cast: Cast) -> None:
    with pytest.raises(InvalidChange, match="not in this memory"):
        by_hand(cast, "/nothing.md", "")


@pytest.mark.parametrize("rationale", ["", "  \n "])
def test_a_person_says_why(cast: Cast, rationale: str) -> None:
    with pytest.raises(ReasonMissing):
        by_hand(cast, "/a.md", PLAIN, rationale=rationale)
    assert not Proposal.objects.exists()


def test_who_filed_by_hand_is_the_actor_of_the_entry(cast: Cast) -> None:
    entry = entry_of(by_hand(cast, "/a.md", PLAIN), Action.PROPOSAL_FILED)
    assert (entry.actor_kind, entry.actor_id) == ("person", cast.reviewer.public_id)
    assert "parents" not in read_body(entry.body) or read_body(entry.body)["parents"] == []


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("# Refunds\nText", "Refunds"),
        ("\n\n  - Ask first \n", "Ask first"),
        ("***", ""),
        ("", ""),
        ("a" * 60, "a" * 60),
        ("a" * 61, "a" * 59 + "…"),
        ("word " * 20, "word " * 11 + "word…"),
    ],
)
def test_the_first_line_is_the_title(content: str, title: str) -> None:
    assert proposals.title_of(content) == title


# Withdrawing


def test_who_filed_it_takes_it_back(cast: Cast) -> None:
    proposal = by_hand(cast, "/a.md", PLAIN)
    gone = proposals.withdraw(proposal, reason=" Not needed. ", by=member(cast, "reviewer"))
    assert (fresh(gone).state, fresh(gone).state_reason) == ("withdrawn", "Not needed.")
    assert fresh(gone).settled_at is not None
    assert "Not needed" not in entry_of(gone, Action.PROPOSAL_WITHDRAWN).body


@pytest.mark.parametrize("name", ["second_reviewer", "lead", "admin"])
def test_nobody_else_takes_it_back(cast: Cast, name: str) -> None:
    proposal = by_hand(cast, "/a.md", PLAIN)
    with pytest.raises(MayNotDecide, match="Only who filed"):
        proposals.withdraw(proposal, reason="Mine now", by=member(cast, name))
    assert fresh(proposal).state == "pending"


def test_nobody_takes_a_dreams_proposal_back(cast: Cast) -> None:
    with pytest.raises(MayNotDecide):
        proposals.withdraw(build.filed(cast.store), reason="No", by=member(cast, "lead"))


def test_the_system_withdraws_with_a_reason(cast: Cast) -> None:
    gone = proposals.withdraw(build.filed(cast.store), reason="Its session was erased.", by=None)
    assert entry_of(gone, Action.PROPOSAL_WITHDRAWN).actor_kind == "system"


def test_withdrawing_takes_a_reason(cast: Cast) -> None:
    with pytest.raises(ReasonMissing):
        proposals.withdraw(build.filed(cast.store), reason=" ", by=None)


@pytest.mark.parametrize("state", ["scheduled", "applied", "rejected", "superseded", "withdrawn"])
def test_what_is_settled_cannot_be_withdrawn(cast: Cast, state: str) -> None:
    proposal = build.proposal(cast.store, state)
    with pytest.raises(IllegalTransition, match="cannot be withdrawn"):
        proposals.withdraw(proposal, reason="Late", by=None)
    assert fresh(proposal).state == state


# Conflicts


@pytest.mark.parametrize("state", sorted(OPEN))
def test_open_proposals_on_the_paths_become_conflicted(cast: Cast, state: str) -> None:
    waiting = build.proposal(cast.store, state, path="/a.md")
    with transaction.atomic():
        assert proposals.conflict_others(cast.store, ["/a.md"], actor=SYSTEM) == [str(waiting)]
    now = fresh(waiting)
    assert (now.state, now.state_reason[:14]) == ("conflicted", "Another change")
    entry = entry_of(waiting, Action.PROPOSAL_CONFLICTED)
    assert read_body(entry.body)["before"] == {"state": state}


@pytest.mark.parametrize(
    "state", ["scheduled", "applied", "rejected", "changes_requested", "superseded", "withdrawn"]
)
def test_what_is_not_open_stays_as_it_is(cast: Cast, state: str) -> None:
    row = build.proposal(cast.store, state, path="/a.md")
    with transaction.atomic():
        assert proposals.conflict_others(cast.store, ["/a.md"], actor=SYSTEM) == []
    assert fresh(row).state == state


def test_the_proposal_that_moved_the_path_is_left_out(cast: Cast) -> None:
    mover, other = (build.proposal(cast.store, path="/a.md", content=text) for text in ("1", "2"))
    with transaction.atomic():
        found = proposals.conflict_others(cast.store, ["/a.md"], actor=SYSTEM, but=mover)
    assert found == [str(other)]


def test_other_paths_and_other_stores_are_left_alone(cast: Cast) -> None:
    rows = [
        build.proposal(cast.store, path="/b.md"),
        build.proposal(cast.shared_store, path="/a.md"),
        build.proposal(cast.other_agent.store, path="/a.md"),
    ]
    with transaction.atomic():
        assert proposals.conflict_others(cast.store, ["/a.md"], actor=SYSTEM) == []
    assert {fresh(row).state for row in rows} == {"pending"}


def test_a_scheduled_change_in_conflict_is_no_longer_due(cast: Cast) -> None:
    row = build.proposal(cast.store, "scheduled", verdict="approve", apply_at=product_clock.now())
    with transaction.atomic():
        proposals.mark_conflicted(proposals.lock(row), actor=SYSTEM, reason="It moved.")
    assert (fresh(row).state, fresh(row).apply_at) == ("conflicted", None)
    assert decisions.apply_due(product_clock.now()) == 0
