"""Proofs out of the stored tree: that an entry is in it, that a newer tree only added to it."""

from dataclasses import dataclass

from reviews.audit import merkle
from reviews.audit.errors import BadProof
from reviews.audit.merkle import TreeHead
from reviews.audit.models import Checkpoint, Entry, Leaf
from reviews.audit.tree import StoredTree


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That a leaf stands at `index` in the tree of `head`; hashes nearest the leaf first."""

    index: int
    leaf: bytes
    hashes: tuple[bytes, ...]
    head: TreeHead

    def verify(self) -> None:
        """Raise BadProof unless the proof holds."""
        merkle.verify_inclusion(self.leaf, self.index, self.hashes, self.head)


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the tree of `newer` only adds leaves to the tree of `older`."""

    older: TreeHead
    newer: TreeHead
    hashes: tuple[bytes, ...]

    def verify(self) -> None:
        """Raise BadProof unless the proof holds."""
        merkle.verify_consistency(self.older, self.newer, self.hashes)


def latest_checkpoint() -> Checkpoint | None:
    """Return the newest signed checkpoint; None before the worker signed the first."""
    return Checkpoint.objects.order_by("-size").first()


def checkpoint_covering(index: int) -> Checkpoint | None:
    """Return the first checkpoint whose tree has leaf `index`; None while it waits for one."""
    return Checkpoint.objects.filter(size__gt=index).order_by("size").first()


def head_of(checkpoint: Checkpoint) -> TreeHead:
    """Return size and root of a stored checkpoint, together."""
    return TreeHead(checkpoint.size, bytes(checkpoint.root))


def inclusion_proof_for(entry: Entry, checkpoint: Checkpoint) -> InclusionProof:
    """Return the proof that `entry` is in the tree of `checkpoint`.

    Raises BadProof when the entry waits for its leaf or came after the checkpoint.
    """
    leaf = Leaf.objects.filter(entry_id=entry.pk).first()
    if leaf is None:
        raise BadProof("The entry waits for its place in the log: try again in a second.")
    if leaf.index >= checkpoint.size:
        raise BadProof(
            f"The entry is leaf {leaf.index:,}, after the checkpoint of {checkpoint.size:,}."
        )
    hashes = merkle.inclusion_proof(StoredTree().node_at, leaf.index, checkpoint.size)
    return InclusionProof(leaf.index, bytes(leaf.hash), tuple(hashes), head_of(checkpoint))


def consistency_proof_for(older: Checkpoint, newer: Checkpoint) -> ConsistencyProof:
    """Return the proof that nothing before `older` was changed until `newer`."""
    hashes = merkle.consistency_proof(StoredTree().node_at, older.size, newer.size)
    return ConsistencyProof(head_of(older), head_of(newer), tuple(hashes))
