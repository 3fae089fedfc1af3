"""Sending a proposal back, and what takes its place: together, on the record, linked both ways."""

import pytest

from reviews import decisions, proposals, revisions
from reviews.audit.actions import Action
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from reviews.changes import PatternFacts
from reviews.decisions import request_changes
from reviews.errors import MayNotDecide, ReasonMissing, StaleProposal
from reviews.lifecycle import IllegalTransition
from reviews.models import Decision, Proposal
from reviews.origins import Origin
from reviews.requests import asked_of, sent_back
from tests import build
from tests.cast import Cast
from tests.reviews.filings import after, by_hand, entry_of
from tests.reviews.views.desks import approve, fresh, member

pytestmark = pytest.mark.django_db

WORDS = "Say which orders it holds for."
TWO = {"rule": "two", "version": 1, "needs": [[None, 2]], "mode": "people", "reasons": []}
PATTERN = PatternFacts(kind="mistake", key="b" * 64, statement="A.", signal="outcome")


def seen(proposal: Proposal) -> decisions.Shown:
    return decisions.Shown(proposal.revision, proposal.state, (1,))


def send_back(cast: Cast, proposal: Proposal, name: str = "reviewer", words: str = WORDS) -> None:
    now = fresh(proposal)
    request_changes(now, by=member(cast, name), shown=seen(now), reason=words)


def count(action: Action) -> int:
    return Entry.objects.filter(action=action).count()


# Sending back


def test_a_proposal_goes_back_with_words_decision_and_entry(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    send_back(cast, proposal, words=f"  {WORDS} ")
    decision = Decision.objects.get(proposal=proposal)
    assert fresh(proposal).state == "changes_requested"
    assert (decision.verdict, decision.reason) == ("send_back", WORDS)
    assert decision.shown["evidence_opened"] == [1]
    assert after(entry_of(proposal, Action.CHANGES_REQUESTED))["state"] == "changes_requested"


def test_the_words_stand_in_no_entry(cast: Cast) -> None:
    send_back(cast, build.filed(cast.store))
    assert not any(WORDS in entry.body for entry in Entry.objects.all())


def test_nothing_is_applied_of_what_went_back(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    send_back(cast, proposal)
    assert (fresh(proposal).apply_at, fresh(proposal).verdict) == (None, "")


def test_an_approval_given_before_leads_nowhere(cast: Cast) -> None:
    proposal = build.proposal(cast.store, route=TWO)
    approve(cast, proposal, "reviewer")
    send_back(cast, proposal, "second_reviewer")
    assert fresh(proposal).state == "changes_requested"


@pytest.mark.parametrize("words", ["", "  \n "])
def test_without_words_nothing_goes_back(cast: Cast, words: str) -> None:
    proposal = build.filed(cast.store)
    with pytest.raises(ReasonMissing, match="the next dream reads it"):
        send_back(cast, proposal, words=words)
    assert fresh(proposal).state == "pending"


def test_another_revision_than_the_page_showed_is_refused(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    old = seen(proposal)
    revisions.submit_edit(
        proposal,
        content="Another text.\n",
        reason="Clearer.",
        by=member(cast, "second_reviewer"),
        expected_revision=1,
    )
    with pytest.raises(StaleProposal, match="at revision 2 now"):
        request_changes(proposal, by=member(cast, "reviewer"), shown=old, reason=WORDS)
    assert (Decision.objects.count(), count(Action.DECISION_REFUSED)) == (0, 1)


def test_a_second_post_of_the_same_form_is_refused_and_changes_nothing(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    shown = seen(proposal)
    request_changes(proposal, by=member(cast, "reviewer"), shown=shown, reason=WORDS)
    with pytest.raises(StaleProposal, match="is sent back now"):
        request_changes(proposal, by=member(cast, "reviewer"), shown=shown, reason=WORDS)
    assert Decision.objects.count() == 1


def test_a_moved_head_makes_it_conflicted_instead(cast: Cast) -> None:
    build.memory(cast.store, "/a.md")
    stale = build.proposal(cast.store, path="/a.md")
    with pytest.raises(StaleProposal, match="nothing was decided"):
        send_back(cast, stale)
    assert fresh(stale).state == "conflicted"


def test_what_is_in_conflict_is_settled_and_not_sent_back(cast: Cast) -> None:
    proposal = build.proposal(cast.store, "conflicted")
    with pytest.raises(StaleProposal):
        send_back(cast, proposal)
    assert fresh(proposal).state == "conflicted"


@pytest.mark.parametrize("name", ["auditor", "admin"])
def test_roles_that_do_not_decide_send_nothing_back(cast: Cast, name: str) -> None:
    with pytest.raises(MayNotDecide, match="your role does not"):
        send_back(cast, build.filed(cast.store), name)


def test_who_filed_it_sends_it_back_to_nobody(cast: Cast) -> None:
    proposal = by_hand(cast, "/a.md", "A.\n")
    with pytest.raises(MayNotDecide, match="You filed this proposal"):
        send_back(cast, proposal)


def test_who_started_the_dream_sends_nothing_back(cast: Cast) -> None:
    origin = Origin("dream", "D-1", "Dream D-1", started_by=cast.lead)
    with pytest.raises(MayNotDecide, match="started the dream"):
        send_back(cast, build.filed(cast.store, origin=origin), "lead")


# What was asked


def test_what_went_back_is_listed_with_who_asked_what(cast: Cast) -> None:
    first, second = build.filed(cast.store), build.filed(cast.store, content="Other.\n")
    for proposal, words in ((second, "Second words."), (first, "First words.")):
        send_back(cast, proposal, words=words)
    rows = list(sent_back(cast.store))
    asked = asked_of(rows)
    assert rows == [first, second]
    assert [(asked[row.pk].by, asked[row.pk].words) for row in rows] == [
        ("Rosa", "First words."),
        ("Rosa", "Second words."),
    ]


def test_what_waits_or_belongs_to_another_store_is_not_listed(cast: Cast) -> None:
    build.filed(cast.store)
    send_back(cast, build.filed(cast.shared_store))
    assert not sent_back(cast.store).exists()


# What takes its place


@pytest.mark.parametrize("how", ["path", "pattern"])
def test_filed_anew_the_old_one_is_superseded_and_both_are_linked(cast: Cast, how: str) -> None:
    old = build.filed(cast.store, path="/a.md", pattern=PATTERN)
    send_back(cast, old)
    path, pattern = ("/a.md", None) if how == "path" else ("/b.md", PATTERN)
    new = build.filed(cast.store, path=path, pattern=pattern, content="Other words.\n")
    assert fresh(old).replaced_by == new
    assert (fresh(old).state, fresh(old).state_reason) == ("superseded", f"Filed anew as {new}.")
    assert fresh(new).replaces.get() == old


def test_one_proposal_takes_the_place_of_several(cast: Cast) -> None:
    olds = [build.filed(cast.store, path="/a.md", content=f"Note {n}.\n") for n in range(2)]
    for old in olds:
        send_back(cast, old)
    new = build.filed(cast.store, path="/a.md")
    assert list(new.replaces.order_by("number")) == olds


def test_the_refiling_is_on_the_record_of_both(cast: Cast) -> None:
    old = build.filed(cast.store, path="/a.md")
    send_back(cast, old)
    new = build.filed(cast.store, path="/a.md", content="Other words.\n")
    assert after(entry_of(old, Action.PROPOSAL_SUPERSEDED)) == {
        "state": "superseded",
        "by": str(new),
    }
    refiled = entry_of(new, Action.PROPOSAL_REFILED)
    assert read_body(refiled.body)["parents"] == [str(old)]


def test_the_same_text_may_be_filed_again_after_it_went_back(cast: Cast) -> None:
    old = build.filed(cast.store, path="/a.md")
    send_back(cast, old)
    new = build.filed(cast.store, path="/a.md")
    assert fresh(old).replaced_by == new


def test_what_is_open_or_decided_is_never_superseded(cast: Cast) -> None:
    waiting = build.filed(cast.store, path="/a.md")
    new = build.filed(cast.store, path="/a.md", content="Other words.\n")
    assert (fresh(waiting).state, new.replaces.count()) == ("pending", 0)
    assert count(Action.PROPOSAL_SUPERSEDED) == 0


def test_the_store_of_another_agent_is_left_alone(cast: Cast) -> None:
    old = build.filed(build.agent(cast.workspace, "billing").store, path="/a.md")
    send_back(cast, old)
    build.filed(cast.store, path="/a.md")
    assert fresh(old).state == "changes_requested"


def test_a_person_files_it_anew_by_hand(cast: Cast) -> None:
    old = build.filed(cast.store, path="/a.md")
    send_back(cast, old)
    new = by_hand(cast, "/a.md", "Shipped orders of today cannot be cancelled.\n")
    assert fresh(old).state == "superseded"
    assert fresh(old).replaced_by == new


# Taking it back


def test_who_may_decide_withdraws_what_a_dream_filed_and_went_back(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    send_back(cast, proposal)
    proposals.withdraw(fresh(proposal), reason="Not worth it.", by=member(cast, "lead"))
    assert fresh(proposal).state == "withdrawn"


def test_who_filed_it_withdraws_what_went_back(cast: Cast) -> None:
    proposal = by_hand(cast, "/a.md", "A.\n")
    send_back(cast, proposal, "lead")
    with pytest.raises(MayNotDecide, match="Only who filed"):
        proposals.withdraw(fresh(proposal), reason="No.", by=member(cast, "second_reviewer"))
    proposals.withdraw(fresh(proposal), reason="I see.", by=member(cast, "reviewer"))
    assert fresh(proposal).state == "withdrawn"


def test_what_waits_at_a_dream_nobody_withdraws(cast: Cast) -> None:
    with pytest.raises(MayNotDecide):
        proposals.withdraw(build.filed(cast.store), reason="No.", by=member(cast, "lead"))


def test_an_auditor_withdraws_nothing(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    send_back(cast, proposal)
    with pytest.raises(MayNotDecide):
        proposals.withdraw(fresh(proposal), reason="No.", by=member(cast, "auditor"))


def test_what_was_filed_anew_cannot_be_withdrawn(cast: Cast) -> None:
    old = by_hand(cast, "/a.md", "A.\n")
    send_back(cast, old, "lead")
    build.filed(cast.store, path="/a.md")
    with pytest.raises(IllegalTransition):
        proposals.withdraw(fresh(old), reason="No.", by=member(cast, "reviewer"))
