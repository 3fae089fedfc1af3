"""What ranks a text when it is applied: nothing it rested on is forgotten."""

from datetime import UTC, datetime
from typing import Any

import pytest

from agents import clock
from agents.memory import find_head
from agents.models import MemoryVersion
from reviews.changes import Op, PatternFacts
from reviews.decisions import Shown, apply_due, approve
from reviews.models import Proposal
from tests import build
from tests.cast import Cast
from tests.dreaming import nights

pytestmark = pytest.mark.django_db

ONE = {"rule": "new", "version": 1, "needs": [[None, 1]], "mode": "people", "reasons": []}
EARLY, LATE = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 10, 3, 7, 30, tzinfo=UTC)


def held(cast: Cast, path: str, text: str, support: int = 6, **origin: Any) -> None:
    build.memory(
        cast.store,
        path,
        text,
        **{"title": f"About {path}", "pattern_key": path * 10, "support": support} | origin,
    )


def pattern(sessions: int, **numbers: object) -> PatternFacts:
    key = "f" * 64
    return PatternFacts("mistake", key, "Ask.", "outcome", {"sessions": sessions, **numbers})


def applied(cast: Cast, op: Op, content: str, **facts: Any) -> MemoryVersion:
    """The head of /a.md after a change to it was approved and its grace has ended."""
    proposal = build.filed(
        cast.store, op=op, path="/a.md", content=content, base_version=1, title="New", **facts
    )
    Proposal.objects.filter(pk=proposal.pk).update(route=ONE)
    shown = Shown(revision=1, state=proposal.state, evidence_opened=())
    approve(proposal, by=nights.member(cast, cast.reviewer), shown=shown)
    apply_due(clock.now())
    head = find_head(cast.store, "/a.md")
    assert head is not None
    assert head.number == 2
    return head


def test_the_same_text_with_more_support_raises_it(cast: Cast) -> None:
    held(cast, "/a.md", "Ask first.\n", 6, last_evidence_at=EARLY)
    raised = pattern(14, last=LATE.isoformat())
    head = applied(cast, Op.UPDATE, "Ask first.\n", pattern=raised)
    assert (head.support, head.last_evidence_at) == (14, LATE)


def test_the_same_text_keeps_its_title(cast: Cast) -> None:
    held(cast, "/a.md", "Ask first.\n")
    assert applied(cast, Op.UPDATE, "Ask first.\n", pattern=pattern(14)).title == "About /a.md"


def test_another_text_has_the_title_of_its_proposal(cast: Cast) -> None:
    held(cast, "/a.md", "Ask first.\n")
    assert applied(cast, Op.UPDATE, "Ask twice.\n", pattern=pattern(14)).title == "New"


def test_a_change_by_hand_keeps_what_the_text_rested_on(cast: Cast) -> None:
    held(cast, "/a.md", "Ask first.\n", 6, last_evidence_at=EARLY)
    head = applied(cast, Op.UPDATE, "Ask before.\n")
    assert (head.support, head.last_evidence_at) == (6, EARLY)
    assert head.pattern_key == "/a.md" * 10


def test_a_merge_has_the_most_support_and_the_newest_evidence_of_its_parts(cast: Cast) -> None:
    held(cast, "/a.md", "Ask first.\n", 6, last_evidence_at=EARLY)
    held(cast, "/b.md", "ask  first.\n", 9, last_evidence_at=LATE)
    head = applied(cast, Op.MERGE, "Ask first.\n", merged=("/b.md",))
    assert (head.support, head.last_evidence_at) == (9, LATE)
    assert head.pattern_key == "/a.md" * 10


def test_a_text_nothing_rested_on_takes_the_pattern_of_its_proposal(cast: Cast) -> None:
    build.memory(cast.store, "/a.md", "Ask first.\n")
    head = applied(cast, Op.UPDATE, "Ask twice.\n", pattern=pattern(3, last="2026-10-03"))
    assert (head.pattern_key, head.support) == ("f" * 64, 3)
    assert head.last_evidence_at == datetime(2026, 10, 3, tzinfo=UTC)
