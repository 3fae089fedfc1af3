"""What would come of a proposal if it were applied: what its agent would read then."""

from agents.context import Remembered
from agents.previews import Preview, preview
from reviews.changes import Op
from reviews.models import Proposal


def preview_of(proposal: Proposal) -> Preview:
    """Return what is read of the proposal's store now, and with the newest revision in place.

    Paths a merge folds in are gone then. Support is the most the path and the change rest on.
    """
    changed: dict[str, Remembered | None] = {str(one["path"]): None for one in proposal.merged}
    changed[proposal.path] = None if proposal.op == Op.RETIRE else _remembered(proposal)
    return preview(proposal.store, proposal.path, changed)


def _remembered(proposal: Proposal) -> Remembered:
    memory = proposal.memory
    head = memory.head if memory else None
    quoted = proposal.evidence.exclude(event__at=None).order_by("-event__at")
    newest = quoted.values_list("event__at", flat=True).first()
    dates = [at for at in (newest, head.last_evidence_at if head else None) if at is not None]
    return Remembered(
        memory=memory.number if memory else 0,
        version=(proposal.base_version or 0) + 1,
        path=proposal.path,
        content=proposal.revisions.get(number=proposal.revision).content,
        support=max(proposal.support, head.support if head else 0),
        last_evidence_at=max(dates, default=None),
        is_pinned=memory.pinned if memory else False,
        is_shared=proposal.agent is None,
    )
