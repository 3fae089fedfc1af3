"""Editing and rebasing: judged anew, refused when stale, on record."""

import pytest

from agents import clock as product_clock
from agents.errors import InvalidInput, StoreFull
from agents.memory import find_head
from agents.stores import MAX_MEMORY_BYTES
from reviews import decisions, proposals, revisions
from reviews.audit.actions import Action
from reviews.audit.bodies import read_body
from reviews.changes import Op, Trust, Unsourced
from reviews.errors import (
    InvalidChange,
    NotAllowed,
    ReasonMissing,
    StaleProposal,
)
from reviews.lifecycle import OPEN, IllegalTransition
from reviews.models import Proposal
from tests import build
from tests.cast import Cast
from tests.reviews.filings import (
    PATTERN,
    PLAIN,
    QUOTED,
    WITH_COMMAND,
    after,
    entry_of,
    merge_of,
    move,
)
from tests.reviews.views.desks import PATH, approve, conflict, fresh, member, update

pytestmark = pytest.mark.django_db


def edit(cast: Cast, proposal: Proposal, content: str, **given: object) -> Proposal:
    asked = {
        "reason": "Clearer",
        "by": member(cast, "reviewer"),
        "expected_revision": proposal.revision,
    }
    return revisions.submit_edit(proposal, content=content, **(asked | given))


def rebase(cast: Cast, proposal: Proposal, content: str, **given: object) -> Proposal:
    asked = {
        "reason": "Settled.",
        "by": member(cast, "lead"),
        "expected_revision": proposal.revision,
        "expected_head": proposals.head_version(proposal),
    }
    return revisions.rebase(proposal, content=content, **(asked | given))


# Editing


def test_one_in_conflict_is_rebased_not_edited(cast: Cast) -> None:
    proposal = build.proposal(cast.store, "conflicted")
    with pytest.raises(IllegalTransition, match="cannot be edited"):
        edit(cast, proposal, "Ask before cancelling.\n")
    assert fresh(proposal).revision == 1


@pytest.mark.parametrize("role", ["auditor", "admin"])
def test_roles_that_do_not_decide_write_no_revision(cast: Cast, role: str) -> None:
    proposal = build.filed(cast.store, content=PLAIN)
    with pytest.raises(NotAllowed):
        edit(cast, proposal, "Ask before cancelling.\n", by=member(cast, role))
    assert fresh(proposal).revision == 1


def test_an_edit_is_the_next_revision_of_its_author(cast: Cast) -> None:
    edited = edit(cast, build.filed(cast.store, content=PLAIN), "Ask before cancelling.\n")
    revision = edited.revisions.get(number=2)
    assert (edited.revision, edited.content_sha256) == (2, revision.sha256)
    assert (revision.author, revision.reason) == (cast.reviewer, "Clearer")
    assert edited.revisions.get(number=1).content == PLAIN


def test_an_edit_that_adds_a_command_raises_risk_and_approvals(cast: Cast) -> None:
    proposal = build.filed(cast.store, content=PLAIN)
    edited = fresh(edit(cast, proposal, WITH_COMMAND))
    assert (proposal.risk, edited.risk, edited.risk_rank) == ("low", "high", 2)
    assert edited.route["needs"] == [[None, 2]]
    assert edited.route["rule"] != proposal.route["rule"]


def test_an_edit_that_adds_an_address_asks_for_two(cast: Cast) -> None:
    proposal = build.filed(cast.store, content=PLAIN)
    edited = edit(cast, proposal, PLAIN + "See https://pay.example/refund for more.\n")
    assert "address" in {reason["code"] for reason in edited.risk_reasons}
    assert edited.route["needs"] == [[None, 2]]


def test_an_edit_that_takes_a_command_out_lowers_them_again(cast: Cast) -> None:
    edited = edit(cast, build.filed(cast.store, content=WITH_COMMAND), PLAIN)
    assert (edited.risk, edited.route["needs"]) == ("low", [[None, 1]])


def test_taint_stays_through_edits(cast: Cast) -> None:
    proposal = build.filed(cast.store, content=PLAIN, taint=Trust.OUTSIDE)
    edited = fresh(edit(cast, proposal, "Quite other words of a member.\n"))
    assert edited.taint == Trust.OUTSIDE
    assert edited.route["needs"] == [[None, 2]]


@pytest.mark.parametrize("how", [Unsourced.WHOLE, Unsourced.PART])
def test_that_no_session_says_it_stays_through_edits(cast: Cast, how: Unsourced) -> None:
    proposal = build.filed(cast.store, content=PLAIN, taint=Trust.MEMBER, unsourced=how)
    edited = edit(cast, edit(cast, proposal, "Ask twice.\n"), "Ask for the order first.\n")
    assert edited.risk == "high"
    assert [one["code"] for one in edited.risk_reasons] == ["no_source"]
    assert edited.risk_reasons == proposal.risk_reasons


def test_evidence_and_origin_stay_through_edits(cast: Cast) -> None:
    session = build.session(cast.agent)
    proposal = build.filed(cast.store, evidence=[build.quote(session, 2, QUOTED)], pattern=PATTERN)
    edited = fresh(edit(cast, proposal, "Ask first.\n"))
    assert edited.evidence.count() == 1
    assert (edited.origin_id, edited.pattern_key, edited.support) == ("D-1", PATTERN.key, 6)
    assert edited.revisions.get(number=2).rationale == edited.revisions.get(number=1).rationale


def test_an_edit_is_logged_without_its_words(cast: Cast) -> None:
    edited = edit(cast, build.filed(cast.store), "Ms Okafor asks.\n", reason="Mr Lund said so")
    entry = entry_of(edited, Action.PROPOSAL_REVISED)
    assert "Okafor" not in entry.body
    assert "Lund" not in entry.body
    assert read_body(entry.body)["revision"] == 2
    assert after(entry)["state"] == "pending"


def test_an_edit_without_a_reason_is_refused(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    with pytest.raises(ReasonMissing):
        edit(cast, proposal, "Other.\n", reason="  ")
    assert fresh(proposal).revision == 1


def test_the_same_text_is_no_edit(cast: Cast) -> None:
    proposal = build.filed(cast.store, content=PLAIN)
    with pytest.raises(InvalidChange, match="same as before"):
        edit(cast, proposal, PLAIN)
    assert proposal.revisions.count() == 1


def test_an_edit_of_an_older_revision_is_stale(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    edit(cast, proposal, "Second.\n")
    with pytest.raises(StaleProposal, match="revision 2; the page showed revision 1") as refused:
        edit(cast, proposal, "Third.\n", expected_revision=1)
    assert refused.value.proposal == str(proposal)
    assert fresh(proposal).revision == 2


def test_an_edit_cannot_repeat_what_waits_already(cast: Cast) -> None:
    build.filed(cast.store, path="/a.md", content="One.\n")
    second = build.filed(cast.store, path="/a.md", content="Two.\n")
    with pytest.raises(InvalidChange, match="already waiting"):
        edit(cast, second, "One.\n")
    assert fresh(second).revision == 1


@pytest.mark.parametrize("content", ["", "a" * (MAX_MEMORY_BYTES + 1)])
def test_an_edit_keeps_to_the_limits_of_a_memory(cast: Cast, content: str) -> None:
    proposal = build.filed(cast.store)
    with pytest.raises((InvalidInput, StoreFull)):
        edit(cast, proposal, content)
    assert (fresh(proposal).revision, proposal.revisions.count()) == (1, 1)


@pytest.mark.parametrize("state", ["scheduled", "applied", "rejected", "withdrawn", "superseded"])
def test_what_is_decided_cannot_be_edited(cast: Cast, state: str) -> None:
    proposal = build.proposal(cast.store, state)
    with pytest.raises(IllegalTransition, match="cannot be edited"):
        edit(cast, proposal, "Other.\n")
    assert proposal.revisions.count() == 1


def test_a_text_makes_a_retire_proposal_an_update(cast: Cast) -> None:
    build.memory(cast.store, PATH)
    proposal = build.filed(cast.store, op=Op.RETIRE, path=PATH, content="", base_version=1)
    assert edit(cast, proposal, "Keep it, shorter.\n").op == "update"


# Rebasing


def test_a_rebase_stands_on_todays_head(cast: Cast) -> None:
    waiting = conflict(cast, "One.\nTwo!\nThree.\n", "One.\nTwo?\nThree.\n", old="One.\nTwo.\n")
    rebased = fresh(rebase(cast, waiting, "One.\nTwo?!\n"))
    assert (rebased.state, rebased.state_reason, rebased.base_version) == ("pending", "", 2)
    assert rebased.revisions.get(number=2).base_version == 2
    assert entry_of(rebased, Action.PROPOSAL_REBASED).actor_id == cast.lead.public_id


def test_who_rebases_with_new_words_is_their_author(cast: Cast) -> None:
    waiting = conflict(cast, "Proposed.\n", "Live.\n", old="Old.\n")
    assert rebase(cast, waiting, "Both.\n").revisions.get(number=2).author == cast.lead


def test_a_text_that_stays_keeps_its_author(cast: Cast) -> None:
    waiting = conflict(cast, "Proposed.\n", "Live.\n", old="Old.\n")
    rebased = rebase(cast, waiting, "Proposed.\n")
    assert rebased.revisions.get(number=2).author is None
    approve(cast, rebased, "lead")
    assert fresh(rebased).state in {"scheduled", "awaiting_second"}


def test_a_rebase_on_a_head_that_moved_again_is_stale(cast: Cast) -> None:
    waiting = conflict(cast, "Proposed.\n", "Live.\n", old="Old.\n")
    with pytest.raises(StaleProposal, match="changed again"):
        rebase(cast, waiting, "Both.\n", expected_head=1)
    assert (fresh(waiting).state, fresh(waiting).revision) == ("conflicted", 1)


def test_a_rebase_judges_the_text_anew(cast: Cast) -> None:
    waiting = conflict(cast, "Proposed.\n", "Live.\n", old="Old.\n")
    assert rebase(cast, waiting, WITH_COMMAND).risk == "high"


def test_an_open_proposal_is_not_rebased(cast: Cast) -> None:
    with pytest.raises(IllegalTransition, match="cannot be rebased"):
        rebase(cast, build.filed(cast.store), "Other.\n")


def test_a_rebase_where_the_path_was_retired_makes_new_memory(cast: Cast) -> None:
    waiting = update(cast, "Proposed.\n", old="Old.\n")
    move(cast, PATH, "")
    assert fresh(waiting).state == "conflicted"
    rebased = rebase(cast, fresh(waiting), "Proposed.\n")
    assert (rebased.op, rebased.base_version) == ("create", None)


def test_a_change_of_what_a_merge_folds_in_puts_it_in_conflict(cast: Cast) -> None:
    merge = merge_of(cast)
    beside = build.filed(cast.store, path="/c.md", content="Beside.\n")
    move(cast, "/b.md", "Other words.\n")
    assert fresh(merge).state == "conflicted"
    assert fresh(beside).state == "pending"


def test_a_merge_on_an_older_text_of_what_it_folds_in_is_not_decided(cast: Cast) -> None:
    merge = merge_of(cast)
    Proposal.objects.filter(pk=merge.pk).update(merged=[{"path": "/b.md", "base_version": 7}])
    with pytest.raises(StaleProposal, match="has changed"):
        approve(cast, merge, "reviewer")
    assert fresh(merge).state == "conflicted"
    assert not merge.decisions.exists()


def test_a_rebased_merge_folds_in_what_is_there_today(cast: Cast) -> None:
    merge = merge_of(cast)
    move(cast, "/b.md", "Other words.\n")
    rebased = rebase(cast, fresh(merge), "Both.\n")
    assert rebased.merged == [{"path": "/b.md", "base_version": 2}]
    for name in ("reviewer", "second_reviewer"):
        if fresh(merge).state in OPEN:
            approve(cast, merge, name)
    decisions.apply_due(product_clock.now())
    assert fresh(merge).state == "applied"
    assert find_head(cast.store, "/b.md") is None


def test_a_rebased_merge_leaves_out_what_was_retired(cast: Cast) -> None:
    merge = merge_of(cast)
    move(cast, "/b.md", "")
    rebased = rebase(cast, fresh(merge), "Both.\n")
    assert (rebased.merged, rebased.op) == ([], "update")
