"""From a plan to proposals: what is known already, what cannot be filed, the loss budget."""

import json
from typing import Any

import pytest
from django.db import transaction

from agents.memory import find_head, retire_memory
from agents.models import MemoryStore
from dreaming import filing
from dreaming.dreams import admit_dream
from dreaming.engines.base import DreamMaterial, DreamResult, Dropped, Report
from dreaming.models import Dream, DreamState
from reviews.audit.actors import SYSTEM
from reviews.audit.models import Entry
from reviews.changes import Change, Evidence, Op, PatternFacts, Relation, Trust
from reviews.models import Proposal
from tests import build
from tests.cast import Cast
from tests.dreaming import nights
from tests.dreaming.conftest import Seated
from tests.fake_engine import FakeEngine

pytestmark = pytest.mark.django_db


def statuses(dream: Dream) -> list[tuple[str, str]]:
    return [(one["status"], one["reference"]) for one in dream.proposed]


def first_proposal(cast: Cast, store: MemoryStore | None = None) -> Proposal:
    """The proposal of a first dream over four sessions with one mistake."""
    nights.sessions(cast.agent)
    (proposal,) = nights.filed_by(nights.dreamt(store or cast.store, "local"))
    return proposal


# Where a pattern stands already


@pytest.mark.parametrize(
    "state", ["pending", "awaiting_second", "scheduled", "conflicted", "changes_requested"]
)
def test_what_waits_for_people_is_already_open(cast: Cast, state: str):
    proposal = first_proposal(cast)
    Proposal.objects.update(state=state)
    assert statuses(nights.dreamt(cast.store, "local")) == [("already_open", str(proposal))]


def test_what_was_rejected_is_not_asked_again(cast: Cast):
    proposal = first_proposal(cast)
    Proposal.objects.update(state="rejected")
    dream = nights.dreamt(cast.store, "local")
    assert statuses(dream) == [("rejected_before", str(proposal))]
    assert nights.filed_by(dream) == []


@pytest.mark.parametrize("state", ["withdrawn", "superseded"])
def test_what_nobody_decided_is_filed_again(cast: Cast, state: str):
    first_proposal(cast)
    Proposal.objects.update(state=state)
    assert statuses(nights.dreamt(cast.store, "local")) == [("filed", "")]


def test_what_memory_holds_is_already_there(cast: Cast):
    proposal = first_proposal(cast)
    text = proposal.revisions.get().content
    memory = build.memory(cast.store, proposal.path, text, pattern_key=proposal.pattern_key)
    Proposal.objects.update(state="applied")
    assert statuses(nights.dreamt(cast.store, "local")) == [("already_in_memory", str(memory))]


def test_the_shared_memory_is_looked_at_too(cast: Cast):
    key = first_proposal(cast).pattern_key
    Proposal.objects.update(state="withdrawn")
    memory = build.memory(cast.shared_store, "/shared/orders.md", "Other words.", pattern_key=key)
    assert statuses(nights.dreamt(cast.store, "local")) == [("already_in_memory", str(memory))]


def test_the_memory_of_another_agent_is_not_looked_at(cast: Cast):
    key = first_proposal(cast).pattern_key
    Proposal.objects.update(state="withdrawn")
    other = build.agent(cast.workspace, "billing")
    build.memory(other.store, "/tools/orders.md", "Other words.", pattern_key=key)
    assert statuses(nights.dreamt(cast.store, "local")) == [("filed", "")]


def test_another_workspace_is_never_looked_at(cast: Cast):
    key = first_proposal(cast).pattern_key
    Proposal.objects.update(state="withdrawn")
    foreign = build.shared_store(cast.elsewhere)
    build.memory(foreign, "/shared/orders.md", "Other words.", pattern_key=key)
    assert statuses(nights.dreamt(cast.store, "local")) == [("filed", "")]


def test_changes_are_the_same_whatever_is_known(cast: Cast):
    nights.sessions(cast.agent)
    first = nights.dreamt(cast.store, "local")
    Proposal.objects.update(state="rejected")
    second = nights.dreamt(cast.store, "local")
    assert [one["change"] for one in second.proposed] == [one["change"] for one in first.proposed]


# What is written


def test_patterns_are_linked_to_what_they_led_to(cast: Cast):
    proposal = first_proposal(cast)
    pattern = Dream.objects.get().patterns.get()
    assert (pattern.proposal, pattern.status, pattern.position) == (proposal, "filed", 1)
    assert pattern.sentences == proposal.pattern_sentences


def test_too_little_support_is_listed_with_the_reason(cast: Cast):
    nights.sessions(cast.agent, 2)
    pattern = nights.dreamt(cast.store, "local").patterns.get()
    assert (pattern.status, pattern.why) == ("listed", "Seen in 2 sessions; 3 are needed.")


def test_a_quote_that_is_not_there_is_dropped_and_listed(cast: Cast, seat: Seated):
    seen = nights.sessions(cast.agent)
    invented = tuple(
        type(quote)(quote.session, quote.event, "never said") for quote in nights.wish(seen).quotes
    )
    seat(FakeEngine((nights.wish(seen, quotes=invented),)))
    dream = nights.dreamt(cast.store)
    assert nights.filed_by(dream) == []
    assert "None of its quotes was found." in [one["why"] for one in dream.dropped]
    assert dream.patterns.get().status == "dropped"


def test_the_last_entry_counts_what_became_of_the_changes(cast: Cast):
    first_proposal(cast)
    entry = Entry.objects.get(action="dream.completed")
    assert '"proposals":{"filed":1}' in entry.body


def retire(store: MemoryStore, path: str) -> None:
    """Take a memory out while nobody looks."""
    head = find_head(store, path)
    assert head is not None
    with transaction.atomic():
        retire_memory(store, path, base_version=head.number, actor=SYSTEM)


class ChangesMemory(FakeEngine):
    """Has the memory it would update retired while it dreams."""

    store: MemoryStore

    def dream(self, material: DreamMaterial, report: Report) -> DreamResult:
        retire(self.store, "/tools/orders.md")
        return super().dream(material, report)


def test_what_can_no_longer_be_filed_is_dropped_and_the_rest_is_filed(cast: Cast, seat: Seated):
    seen = nights.sessions(cast.agent)
    build.memory(cast.store, "/tools/orders.md", "Ask the desk first.\n")
    gone = nights.wish(
        seen, "Longer", path="/tools/orders.md", op="update", statement="Ask the desk first, twice."
    )
    engine = ChangesMemory((gone, nights.wish(seen, "Ring the desk")))
    engine.store = cast.store
    seat(engine)
    dream = nights.dreamt(cast.store)
    assert dream.state == DreamState.COMPLETED
    assert [proposal.title for proposal in nights.filed_by(dream)] == ["Ring the desk"]
    assert any("so it cannot be changed" in one["why"] for one in dream.dropped)
    assert [one["status"] for one in dream.proposed] == ["filed"]
    assert set(dream.patterns.values_list("status", flat=True)) == {"dropped", "filed"}


# The loss budget


def memories(cast: Cast, count: int, **flags: Any) -> list[str]:
    return [
        build.memory(cast.store, f"/tools/{at}.md", f"Rule of {nights.hash_of(at)}.\n").path
        for at in range(count)
    ]


def test_a_quarter_may_go(cast: Cast, seat: Seated):
    seen = nights.sessions(cast.agent)
    seat(FakeEngine(nights.retires(memories(cast, 4)[:1], seen)))
    assert nights.dreamt(cast.store).state == DreamState.COMPLETED


def test_more_than_a_quarter_is_held(cast: Cast, seat: Seated):
    seen = nights.sessions(cast.agent)
    seat(FakeEngine(nights.retires(memories(cast, 7)[:2], seen)))
    dream = nights.dreamt(cast.store)
    assert (dream.state, dream.loss["removed_percent"]) == (DreamState.HELD, 29)
    assert {one["status"] for one in dream.proposed} == {"held"}


def test_a_protected_memory_is_held(cast: Cast, seat: Seated):
    seen = nights.sessions(cast.agent)
    paths = memories(cast, 8)
    cast.store.memories.filter(path=paths[0]).update(protected=True)
    seat(FakeEngine(nights.retires(paths[:1], seen)))
    dream = nights.dreamt(cast.store)
    assert (dream.state, dream.loss["protected"]) == (DreamState.HELD, [paths[0]])


def test_what_was_held_and_can_no_longer_be_filed_is_dropped(cast: Cast, seat: Seated):
    seen = nights.sessions(cast.agent)
    paths = memories(cast, 3)
    seat(FakeEngine(nights.retires(paths[:2], seen)))
    dream = nights.dreamt(cast.store)
    retire(cast.store, paths[0])
    for person in (cast.lead, cast.reviewer):
        dream = admit_dream(dream, by=nights.member(cast, person))
    assert [proposal.path for proposal in nights.filed_by(dream)] == [paths[1]]
    assert [one["change"]["path"] for one in nights.fresh(dream).proposed] == [paths[1]]
    assert "so it cannot be changed" in nights.fresh(dream).dropped[-1]["why"]


def test_a_change_comes_back_from_its_json_as_it_was():
    change = Change(
        op=Op.UPDATE,
        path="/a.md",
        content="A.\n",
        base_version=3,
        title="A",
        rationale="Because.",
        evidence=(Evidence("S-1", 1, 2, "words", 0, 5, "0" * 64, Relation.CONTRADICTS),),
        pattern=PatternFacts("mistake", "k", "A.", "outcome", {"sessions": 3}),
        taint=Trust.TOOL,
        merged=("/b.md",),
    )
    body = json.loads(json.dumps(filing.standing_body(filing.Standing(change, "held"))))
    assert filing.change_of(body["change"]) == change


def test_a_partial_dream_files_what_it_saw(cast: Cast, seat: Seated):
    seen = nights.sessions(cast.agent)
    seat(FakeEngine((nights.wish(seen),), not_analysed=(Dropped("S-9", "Too long."),)))
    dream = nights.dreamt(cast.store)
    assert (dream.state, len(nights.filed_by(dream))) == (DreamState.PARTIAL, 1)
