"""Deciding by rule: only identical texts folded by a dream, on the record, and never in doubt."""

from datetime import timedelta
from typing import Any

import pytest

from agents import clock, freezes
from agents.memory import find_head
from agents.models import Memory
from agents.releases import contents, live_release
from reviews import baselines, containment, decisions, rules, undos
from reviews.approval_rules import Mode, Rule, Trait
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from reviews.automation import decide_by_rules, why_not
from reviews.baselines import Signature
from reviews.changes import Op, PatternFacts, Trust, Unsourced
from reviews.models import Decision, Proposal
from reviews.origins import Origin
from tests import build
from tests.cast import Cast
from tests.reviews.filings import entry_of, move
from tests.reviews.views.desks import approve, at, fresh, member, text_of

pytestmark = pytest.mark.django_db

SAME = "Ask for the order number first.\n"
FOLD = Rule(
    "fold-identical",
    agent="refund-desk",
    ops=frozenset({Op.MERGE}),
    traits=frozenset({Trait.IDENTICAL}),
    mode=Mode.AUTOMATIC,
)


@pytest.fixture
def ruled(cast: Cast) -> Cast:
    """The cast, with an automatic rule for its agent."""
    rules.set_rule(cast.workspace, FOLD, position=9, actor=SYSTEM, by=None)
    return cast


def merge(cast: Cast, second: str = SAME, *, content: str = SAME, **facts: Any) -> Proposal:
    """A dream's merge of /b.md, which says `second`, into /a.md."""
    for path, text in (("/a.md", SAME), ("/b.md", second)):
        if find_head(cast.store, path) is None:
            build.memory(cast.store, path, text)
    head = find_head(cast.store, "/a.md")
    values = {"op": Op.MERGE, "path": "/a.md", "merged": ("/b.md",), "taint": Trust.MEMBER}
    return build.filed(cast.store, content=content, base_version=head.number, **{**values, **facts})


def settle(proposal: Proposal) -> Proposal:
    decide_by_rules([proposal])
    decisions.apply_due(clock.now())
    return fresh(proposal)


def paths_served(cast: Cast) -> list[str]:
    return [line.path for line in contents(live_release(cast.store))]


# What a rule lets through


def test_identical_texts_are_folded_and_published_without_a_person(ruled: Cast) -> None:
    proposal = settle(merge(ruled))
    assert (proposal.state, proposal.verdict) == ("applied", "approve")
    assert paths_served(ruled) == ["/a.md"]


@pytest.mark.parametrize("second", [SAME, f"  {SAME}\n", SAME.replace(" ", "  ")])
def test_white_space_makes_no_other_text(ruled: Cast, second: str) -> None:
    assert settle(merge(ruled, second)).state == "applied"


@pytest.mark.parametrize("how", [Unsourced.WHOLE, Unsourced.PART])
def test_what_no_session_says_is_never_the_rules_to_decide(ruled: Cast, how: Unsourced) -> None:
    proposal = merge(ruled, unsourced=how)
    assert (proposal.risk, proposal.route["mode"]) == ("high", Mode.PEOPLE.value)
    assert settle(proposal).state == "pending"


def test_a_rule_asked_again_hears_that_no_session_says_it(ruled: Cast) -> None:
    proposal = merge(ruled, unsourced=Unsourced.WHOLE)
    assert "asks for people" in why_not(proposal)


def test_the_decision_is_the_rules_with_its_version_and_nobodys_else(ruled: Cast) -> None:
    proposal = settle(merge(ruled))
    (decision,) = Decision.objects.filter(proposal=proposal)
    assert (decision.person, decision.rule) == (None, "fold-identical version 1")
    assert decision.shown["sha256"] == proposal.content_sha256


def test_the_entry_names_rule_version_and_the_dream_behind_it(ruled: Cast) -> None:
    body = read_body(entry_of(settle(merge(ruled)), Action.APPROVED).body)
    assert (body["actor"]["kind"], body["actor"]["id"]) == ("rule", "fold-identical")
    assert body["on_behalf"] == {"kind": "dream", "id": "D-1"}
    assert body["rule"] == {"name": "fold-identical", "version": 1}


def test_applying_it_names_the_rule_too(ruled: Cast) -> None:
    body = read_body(entry_of(settle(merge(ruled)), Action.PROPOSAL_APPLIED).body)
    assert body["rule"] == {"name": "fold-identical", "version": 1}


def test_the_page_says_that_the_rule_decided(ruled: Cast, client_of) -> None:
    proposal = settle(merge(ruled))
    html = text_of(client_of(ruled.reviewer).get(at(ruled, proposal)))
    assert "Applied by rule" in html
    assert "Rule fold-identical version 1 approved revision 1" in html
    assert "the rule decides, nobody is asked" in html


@pytest.mark.parametrize("path", ["/a.md", "/b.md"])
def test_what_is_quarantined_is_left_to_people(ruled: Cast, path: str) -> None:
    proposal = merge(ruled)
    memory = Memory.objects.get(path=path)
    build.quarantine(
        workspace=ruled.workspace,
        kind="memory",
        target=str(memory),
        memory=memory,
        through=1,
        by=ruled.lead,
        reason="It lies.",
    )
    settled = settle(proposal)
    assert settled.state == "pending"
    assert f"{memory} is quarantined" in settled.state_reason


def test_deciding_twice_changes_nothing(ruled: Cast) -> None:
    proposal = merge(ruled)
    assert [decide_by_rules([proposal]), decide_by_rules([proposal])] == [1, 0]
    assert Decision.objects.count() == 1


def test_a_grace_is_waited_for_like_anybodys(ruled: Cast, settings) -> None:
    settings.GRACE_S = 60
    proposal = merge(ruled)
    decide_by_rules([proposal])
    assert decisions.apply_due(clock.now() + timedelta(seconds=50)) == 0
    assert decisions.apply_due(clock.now() + timedelta(seconds=70)) == 1


def test_what_a_lead_undid_the_rule_does_not_decide_again(ruled: Cast, settings) -> None:
    settings.GRACE_S = 60
    proposal = merge(ruled)
    decide_by_rules([proposal])
    undos.undo(proposal, by=member(ruled, "lead"), expected_round=0)
    assert decide_by_rules([fresh(proposal)]) == 0
    assert fresh(proposal).state_reason.endswith("a person undid what the rule had decided.")


# What it never lets through


@pytest.mark.parametrize(
    ("second", "facts"),
    [
        ("Ask for the order number at first.\n", {}),
        ("Never ask for the order number first.\n", {}),
        (SAME, {"content": "Ask for the order number and the date first.\n"}),
        (SAME, {"taint": Trust.TOOL}),
        (SAME, {"taint": Trust.PRINCIPAL}),
        (SAME, {"pattern": PatternFacts("merge", "k" * 64, "", "approval")}),
    ],
    ids=["near", "negated", "new-words", "tool", "principal", "approval-only"],
)
def test_what_is_not_the_same_or_not_trusted_waits_for_people(
    ruled: Cast, second: str, facts: dict[str, Any]
) -> None:
    proposal = settle(merge(ruled, second, **facts))
    assert (proposal.state, proposal.route["mode"]) == ("pending", "people")
    assert not Decision.objects.exists()


@pytest.mark.parametrize("op", [Op.CREATE, Op.UPDATE, Op.RETIRE])
def test_no_other_operation_is_a_rules(ruled: Cast, op: Op) -> None:
    build.memory(ruled.store, "/a.md", SAME)
    path, base = ("/c.md", None) if op is Op.CREATE else ("/a.md", 1)
    content = "" if op is Op.RETIRE else "Ask first.\n"
    proposal = build.filed(ruled.store, op=op, path=path, content=content, base_version=base)
    assert settle(proposal).state == "pending"


def test_a_protected_memory_is_peoples(ruled: Cast) -> None:
    memory = build.memory(ruled.store, "/b.md", SAME)
    type(memory).objects.filter(pk=memory.pk).update(protected=True)
    assert settle(merge(ruled)).state == "pending"


def test_a_memory_protected_since_it_was_filed_is_peoples_again(ruled: Cast) -> None:
    proposal = merge(ruled)
    ruled.store.memories.filter(path="/b.md").update(protected=True)
    proposal = settle(proposal)
    assert proposal.state == "pending"
    assert proposal.state_reason.startswith("Left to people: by the rules of now")


def test_another_agent_has_no_such_rule(ruled: Cast) -> None:
    store = build.agent(ruled.workspace, "billing").store
    for path in ("/a.md", "/b.md"):
        build.memory(store, path, SAME)
    proposal = build.filed(
        store, op=Op.MERGE, path="/a.md", content=SAME, base_version=1, merged=("/b.md",)
    )
    assert settle(proposal).state == "pending"


def test_a_frozen_memory_is_left_alone(ruled: Cast) -> None:
    proposal = merge(ruled)
    freezes.freeze_agent(ruled.agent, reason="Odd.", by=ruled.lead)
    assert settle(proposal).state == "pending"


def test_a_rule_that_changed_since_is_not_followed(ruled: Cast) -> None:
    proposal = merge(ruled)
    rules.set_rule(ruled.workspace, FOLD, position=9, actor=SYSTEM, by=None)
    proposal = settle(proposal)
    assert proposal.state == "pending"
    assert proposal.state_reason == (
        "Left to people: rule fold-identical is another than when this was filed."
    )


def test_a_moved_text_is_in_conflict_and_not_folded(ruled: Cast) -> None:
    proposal = merge(ruled)
    Proposal.objects.filter(pk=proposal.pk).update(state="withdrawn")
    move(ruled, "/b.md", "Ask for the name.\n")
    Proposal.objects.filter(pk=proposal.pk).update(state="pending")
    assert settle(fresh(proposal)).state == "conflicted"
    assert find_head(ruled.store, "/b.md") is not None


def test_what_a_person_filed_is_decided_by_people(ruled: Cast) -> None:
    origin = Origin("person", ruled.reviewer.public_id, "Rosa", proposer=ruled.reviewer)
    assert settle(merge(ruled, origin=origin)).state == "pending"


def test_what_people_have_decided_is_left_as_it_is(ruled: Cast) -> None:
    proposal = merge(ruled)
    approve(ruled, proposal)
    assert decide_by_rules([fresh(proposal)]) == 0
    assert Decision.objects.get().person == ruled.second_reviewer


# Taking it back


def rolled_back(cast: Cast) -> Proposal:
    proposal = merge(cast)
    before = live_release(cast.store)
    settle(proposal)
    containment.roll_back(
        cast.store, before, by=member(cast, "lead"), reason="They belong to two desks."
    )
    return proposal


def test_a_lead_goes_back_in_one_action(ruled: Cast) -> None:
    rolled_back(ruled)
    assert paths_served(ruled) == ["/a.md", "/b.md"]


def test_what_was_taken_back_is_not_done_over_by_the_rule(ruled: Cast, client_of) -> None:
    first = rolled_back(ruled)
    again = settle(merge(ruled))
    assert again.state == "pending"
    words = f"Left to people: it was applied as {first} before, and taken back."
    assert again.state_reason == words
    assert words in text_of(client_of(ruled.reviewer).get(at(ruled, again)))
    approve(ruled, again)
    decisions.apply_due(clock.now())
    assert fresh(again).state == "applied"


def test_no_entry_of_a_rule_is_written_for_what_it_left_to_people(ruled: Cast) -> None:
    settle(merge(ruled, "Ask for the order number at first.\n"))
    assert not Entry.objects.filter(actor_kind="rule").exists()


# A memory that is due for revalidation


def sign(cast: Cast) -> None:
    signature = Signature(live_release(cast.store), "Refunds.", "", "Every text read.")
    baselines.sign(cast.store, signature, by=member(cast, "lead"))


def test_a_rule_decides_nothing_in_a_memory_that_left_its_baseline(ruled: Cast) -> None:
    sign(ruled)
    proposal = settle(merge(ruled))
    assert proposal.state == "pending"
    assert "due for revalidation" in proposal.state_reason
    assert not Decision.objects.filter(proposal=proposal).exists()


def test_a_rule_decides_again_once_a_new_baseline_is_signed(ruled: Cast) -> None:
    sign(ruled)
    proposal = settle(merge(ruled))
    sign(ruled)
    assert settle(proposal).state == "applied"


def test_a_memory_near_its_baseline_is_the_rules(ruled: Cast) -> None:
    merged = merge(ruled)
    sign(ruled)
    assert settle(merged).state == "applied"
