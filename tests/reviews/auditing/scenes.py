"""What auditors look at in these tests: decided proposals, in a period."""

from datetime import date
from typing import Any

from agents import clock
from agents.people import find_member
from reviews import decisions
from reviews.auditing.spans import Span
from reviews.decisions import Shown
from reviews.models import Decision, Proposal
from tests import build
from tests.cast import Cast

ALL = Span(date(2020, 1, 1), date(2099, 12, 31))


def member(cast: Cast, name: str = "auditor") -> Any:
    found = find_member(getattr(cast, name), cast.workspace)
    assert found is not None
    return found


def fresh(proposal: Proposal) -> Proposal:
    return Proposal.objects.get(pk=proposal.pk)


def with_evidence(cast: Cast, **facts: Any) -> Proposal:
    quote = build.quote(build.session(cast.agent), 2, "already shipped")
    return build.filed(cast.store, evidence=[quote], **facts)


def approve(
    cast: Cast, proposal: Proposal, name: str = "reviewer", *, opened: tuple[int, ...] = ()
) -> Proposal:
    now = fresh(proposal)
    shown = Shown(
        now.revision, now.state, opened, {"sha256": now.content_sha256}, is_confirmed=True
    )
    return decisions.approve(now, by=member(cast, name), shown=shown)


def reject(cast: Cast, proposal: Proposal, name: str = "reviewer") -> Proposal:
    now = fresh(proposal)
    shown = Shown(now.revision, now.state, is_confirmed=True)
    return decisions.reject(now, by=member(cast, name), shown=shown, code="wrong", reason="No.")


def by_rule(proposal: Proposal, rule: str = "fold-identical version 1") -> Decision:
    return Decision.objects.create(
        proposal=proposal, revision=1, rule=rule, verdict="approve", created_at=clock.now()
    )
