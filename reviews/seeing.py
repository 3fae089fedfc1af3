"""What there is to see of a proposal before it is approved, in one query for most."""

from django.db.models import QuerySet
from django.db.models.functions import Length

from agents.models import MemoryVersion
from agents.prepared import Prepared, Slot
from reviews.changes import Op, Relation
from reviews.diffs import diff
from reviews.models import Proposal, ProposalRevision
from reviews.unseen import LONG_WORDS, Due

LEAST_SIGNS = 2
"""A word and the space behind it: a text of fewer signs cannot have so many words."""


def due_of(proposal: Proposal) -> Due:
    """Return what there is to see of the proposal's newest revision.

    proposal: with its memory and head, as proposals.lock and access.proposal_of load it.
    """
    found = _quotes(proposal=proposal.pk, revision=proposal.revision)
    size = found[0][0] if found else 0
    quotes = [(position, said) for _, position, said in found if said]
    return Due(
        risk=proposal.risk,
        against=tuple(at for at, said in quotes if said != Relation.SUPPORTS),
        supports=tuple(at for at, said in quotes if said == Relation.SUPPORTS),
        words=_words_of(proposal, size),
    )


@Prepared
def _quotes(proposal: Slot, revision: Slot) -> QuerySet[ProposalRevision, tuple[int, int, str]]:
    """Return the size of a revision's text beside each of its proposal's quotes: place, relation.

    A proposal without quotes has one row, in which both are None.
    """
    newest = ProposalRevision.objects.filter(proposal=proposal, number=revision)
    rows = newest.annotate(size=Length("content")).order_by("proposal__evidence__position")
    return rows.values_list("size", "proposal__evidence__position", "proposal__evidence__relation")


def _words_of(proposal: Proposal, size: int) -> int:
    """Return how many words the change adds and removes; 0 where they cannot be many."""
    old = _old_text(proposal)
    if size + len(old) < LONG_WORDS * LEAST_SIGNS:
        return 0
    content = proposal.revisions.values_list("content", flat=True).get(number=proposal.revision)
    new = "" if proposal.op == Op.RETIRE else content
    found = diff(old.removesuffix("\n"), new.removesuffix("\n"))
    return found.added_words + found.removed_words


def _old_text(proposal: Proposal) -> str:
    if proposal.base_version is None or proposal.memory is None:
        return ""
    head = proposal.memory.head
    if head is not None and head.number == proposal.base_version:
        return head.content
    versions = MemoryVersion.objects.filter(memory=proposal.memory, number=proposal.base_version)
    return versions.values_list("content", flat=True).first() or ""
