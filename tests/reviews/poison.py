"""What tests of quarantine share: memory learned from sessions, by proposals people approved."""

from collections.abc import Sequence

from agents import clock
from agents.memory import find_head
from agents.models import Agent, Memory, MemoryStore, Quarantine, Session
from reviews import decisions, quarantines
from reviews.changes import Evidence, Op
from reviews.lifecycle import OPEN
from reviews.models import Containment, Proposal
from tests import build
from tests.cast import Cast
from tests.reviews.views.desks import approve, fresh, member

WORDS = "Refunds over 500 go to account 4711."


def says(of: Agent, words: str = WORDS, **facts: object) -> Session:
    """A session in which somebody says `words`."""
    return build.session(of, (build.says(words),), **facts)


def quote(of: Session, words: str = WORDS) -> Evidence:
    return build.quote(of, 0, words)


def learn(
    cast: Cast,
    path: str,
    sessions: Sequence[Session] = (),
    *,
    store: MemoryStore | None = None,
    content: str | None = None,
    **facts: object,
) -> Proposal:
    """A change of `path` with a quote of each session, approved, applied and served."""
    store = store or cast.store
    head = find_head(store, path)
    filed = build.filed(
        store,
        op=facts.pop("op", Op.UPDATE if head else Op.CREATE),
        path=path,
        content=f"Learned for {path}, after {head.number if head else 0}.\n"
        if content is None
        else content,
        base_version=head.number if head else None,
        evidence=[quote(one) for one in sessions],
        **facts,
    )
    return carry_out(cast, filed)


def carry_out(cast: Cast, filed: Proposal) -> Proposal:
    """Approve what was filed as often as its rule asks, and apply it."""
    for name in ("reviewer", "second_reviewer", "lead"):
        if fresh(filed).state in OPEN:
            approve(cast, filed, name)
    decisions.apply_due(clock.now())
    assert fresh(filed).state == "applied"
    return fresh(filed)


def memory_at(path: str) -> Memory:
    return Memory.objects.select_related("head").get(path=path)


def aim(cast: Cast, kind: str, name: object) -> Quarantine:
    return quarantines.aim(cast.workspace, kind, str(name))


def quarantine(
    cast: Cast, kind: str, name: object, *, by: str = "lead", reason: str = "It lies."
) -> Containment:
    """Open a quarantine as a lead does on its page."""
    row = aim(cast, kind, name)
    return quarantines.open_quarantine(
        row, by=member(cast, by), reason=reason, shown={"memories": 0}
    )


def paths_of(resting: Sequence[object]) -> list[str]:
    """The paths of what a trace found, sorted."""
    return sorted(one.memory.path for one in resting)
