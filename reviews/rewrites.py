"""Every text a proposal ever had, and what tells any two of them apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from agents.models import MemoryVersion
from reviews.blocks import in_blocks
from reviews.diffs import Diff
from reviews.dossier import compare
from reviews.models import Proposal, ProposalRevision


@dataclass(frozen=True, slots=True)
class Text:
    """One text. key: r2 for revision 2, v3 for version 3 of the memory it was written on.

    by: who wrote it, '' for the origin; reason: what its author gave for it.
    """

    key: str
    label: str
    text: str
    by: str = ""
    reason: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """Two texts and what differs between them."""

    before: Text
    after: Text
    diff: Diff


def texts_of(proposal: Proposal) -> tuple[Text, ...]:
    """Return what it was written on, then its revisions, each oldest first; two queries."""
    revisions = list(proposal.revisions.select_related("author").order_by("number"))
    bases = {one.base_version for one in revisions if one.base_version is not None}
    versions = MemoryVersion.objects.filter(
        memory__store=proposal.store_id, memory__path=proposal.path, number__in=sorted(bases)
    )
    live = [
        live_text(one.number, one.content, one.created_at) for one in versions.order_by("number")
    ]
    return (*(live or [no_text()]), *map(own_text, revisions))


def no_text() -> Text:
    """Return what a new memory is written on."""
    return Text("v0", _("No memory"), "")


def live_text(number: int, content: str, at: datetime | None = None) -> Text:
    """Return version `number` of the memory as a text to compare."""
    label = _("Memory, version {number}").format(number=number)
    return Text(f"v{number}", label, content, at=at)


def own_text(revision: ProposalRevision) -> Text:
    """Return one revision of a proposal as a text to compare."""
    return Text(
        f"r{revision.number}",
        _("Revision {number}").format(number=revision.number),
        revision.content,
        by=revision.author.name if revision.author else "",
        reason=revision.reason,
        at=revision.created_at,
    )


def compare_texts(texts: Sequence[Text], start: str, end: str) -> Compared:
    """Return two texts by their keys; where one is unknown, the newest and the one before it."""
    by_key = {one.key: one for one in texts}
    before, after = by_key.get(start, texts[-2]), by_key.get(end, texts[-1])
    return Compared(before, after, in_blocks(compare(before.text, after.text)))
