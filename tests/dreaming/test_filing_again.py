"""What a dream files once more, and what it does not: rejections, folds, growth, shared memory."""

import pytest

from agents import clock
from agents.memory import find_head
from dreaming.contradictions import UNSETTLED
from dreaming.models import Dream, DreamState
from reviews.changes import Op
from reviews.decisions import Shown, apply_due, approve
from reviews.models import Proposal
from tests import build
from tests.cast import Cast
from tests.dreaming import nights

pytestmark = pytest.mark.django_db

NEAR = "Before each refund, ask the person for a reason and the order number.\n"


def statuses(dream: Dream) -> list[tuple[str, str]]:
    return [(one["status"], one["reference"]) for one in dream.proposed]


def first_proposal(cast: Cast) -> Proposal:
    nights.sessions(cast.agent, 4)
    (proposal,) = nights.filed_by(nights.dreamt(cast.store, "local"))
    return proposal


def approved(cast: Cast, proposal: Proposal) -> None:
    """Approve with two persons and let the grace end."""
    for person in (cast.reviewer, cast.lead):
        row = Proposal.objects.get(pk=proposal.pk)
        if row.state in {"pending", "awaiting_second"}:
            shown = Shown(revision=row.revision, state=row.state, evidence_opened=())
            approve(row, by=nights.member(cast, person), shown=shown)
    apply_due(clock.now())
    assert Proposal.objects.get(pk=proposal.pk).state == "applied"


# What was rejected


def test_a_rejected_pattern_comes_back_with_twice_the_sessions_and_says_so(cast: Cast):
    rejected = first_proposal(cast)
    Proposal.objects.update(state="rejected")
    nights.sessions(cast.agent, 4)
    (again,) = nights.filed_by(nights.dreamt(cast.store, "local"))
    said = f"Rejected before as {rejected} with 4 sessions; now 8. "
    assert again.revisions.get().rationale.startswith(said)


def test_a_rejected_pattern_with_a_few_more_sessions_stays_away(cast: Cast):
    rejected = first_proposal(cast)
    Proposal.objects.update(state="rejected")
    nights.sessions(cast.agent, 3)
    dream = nights.dreamt(cast.store, "local")
    assert statuses(dream) == [("rejected_before", str(rejected))]


def test_it_counts_from_the_last_rejection(cast: Cast):
    first_proposal(cast)
    Proposal.objects.update(state="rejected")
    nights.sessions(cast.agent, 4)
    (again,) = nights.filed_by(nights.dreamt(cast.store, "local"))
    Proposal.objects.update(state="rejected")
    nights.sessions(cast.agent, 4)
    assert statuses(nights.dreamt(cast.store, "local")) == [("rejected_before", str(again))]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (NEAR, NEAR.upper()),
        (NEAR, NEAR.replace("ask", "kindly ask")),
        ("Refunds are allowed within 30 days.\n", "Refunds are allowed within 60 days.\n"),
    ],
    ids=["identical", "near", "contradiction"],
)
def test_a_fold_that_was_rejected_is_not_proposed_every_night(cast: Cast, left: str, right: str):
    nights.sessions(cast.agent, 1)
    build.memory(cast.store, "/a.md", left)
    build.memory(cast.store, "/b.md", right)
    (fold,) = nights.filed_by(nights.dreamt(cast.store, "local"))
    assert (fold.op, fold.path) == (Op.MERGE, "/a.md")
    Proposal.objects.update(state="rejected")
    assert statuses(nights.dreamt(cast.store, "local")) == [("rejected_before", str(fold))]


def test_a_fold_of_other_words_is_another_question(cast: Cast):
    nights.sessions(cast.agent, 1)
    build.memory(cast.store, "/a.md", NEAR)
    build.memory(cast.store, "/b.md", NEAR.replace("ask", "kindly ask"))
    nights.dreamt(cast.store, "local")
    Proposal.objects.update(state="rejected")
    build.memory(cast.store, "/c.md", NEAR.replace("ask", "always ask"))
    dream = nights.dreamt(cast.store, "local")
    assert statuses(dream) == [("filed", "")]


# What proved itself


def test_what_proved_itself_is_ranked_higher_once_it_is_approved(cast: Cast):
    approved(cast, first_proposal(cast))
    nights.sessions(cast.agent, 4)
    (raised,) = nights.filed_by(nights.dreamt(cast.store, "local"))
    before = find_head(cast.store, raised.path)
    assert (raised.op, raised.title[:6], raised.support) == (Op.UPDATE, "Raise:", 8)
    approved(cast, raised)
    head = find_head(cast.store, raised.path)
    assert (head.content, head.title) == (before.content, before.title)
    assert (before.support, head.support) == (4, 8)


def test_the_same_sessions_do_not_raise_it_again(cast: Cast):
    approved(cast, first_proposal(cast))
    dream = nights.dreamt(cast.store, "local")
    assert [status for status, _ in statuses(dream)] == ["already_in_memory"]


# What disagrees


def test_both_sides_stand_in_one_text_once_a_contradiction_is_approved(cast: Cast):
    nights.sessions(cast.agent, 1)
    build.memory(cast.store, "/a.md", "Refunds are allowed within 30 days.\n", support=6)
    build.memory(cast.store, "/b.md", "Refunds are allowed within 60 days.\n", support=2)
    dream = nights.dreamt(cast.store, "local")
    (flagged,) = nights.filed_by(dream)
    assert dream.state == DreamState.COMPLETED
    assert flagged.state == "pending"
    approved(cast, flagged)
    head = find_head(cast.store, "/a.md")
    assert head.content.startswith(UNSETTLED)
    assert "30 days" in head.content
    assert "60 days" in head.content
    assert (head.support, find_head(cast.store, "/b.md")) == (6, None)
    assert nights.dreamt(cast.store, "local").proposed == []


# What the shared memory says


def test_an_agent_is_not_proposed_what_the_shared_memory_says(cast: Cast):
    text = first_proposal(cast).revisions.get().content
    Proposal.objects.update(state="withdrawn")
    memory = build.memory(cast.shared_store, "/shared/orders.md", f"# Orders\n\n- {text}")
    dream = nights.dreamt(cast.store, "local")
    assert statuses(dream) == [("already_in_memory", str(memory))]
