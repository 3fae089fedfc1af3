"""The Merkle tree of RFC 6962 section 2.1, pure: hashes in, hashes out.

A proof does not bind the size of the tree: the same root claimed for another size can pass. So size
and root are always taken together, from one signed checkpoint (`TreeHead`), never as two arguments.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest

from reviews.audit.errors import BadProof

HASH_BYTES = 32
LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"
EMPTY_ROOT = sha256(b"").digest()

NodeAt = Callable[[int, int], bytes]
"""(height, index) -> hash of the complete subtree over leaves index * 2^height onwards."""


@dataclass(frozen=True, slots=True)
class TreeHead:
    """How many leaves and which root: one statement about one tree."""

    size: int
    root: bytes

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.root) != HASH_BYTES:
            raise BadProof(f"No tree has size {self.size} and a root of {len(self.root)} bytes.")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise BadProof("The empty tree has another root.")


def leaf_hash(body: bytes) -> bytes:
    """Return the hash of one leaf: SHA-256(0x00 || body)."""
    return sha256(LEAF_PREFIX + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256(0x01 || left || right)."""
    return sha256(NODE_PREFIX + left + right).digest()


@dataclass(slots=True)
class Frontier:
    """The right edge of a growing tree: enough to append a leaf and to name the root.

    peaks: the roots of the complete subtrees, largest first; as many as `size` has one bits.
    """

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash, joining as many peaks as the size has trailing one bits."""
        peaks = self.peaks
        size = self.size
        while size & 1:
            leaf = sha256(NODE_PREFIX + peaks.pop() + leaf).digest()
            size >>= 1
        peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Return the root over all leaves so far; of none, the hash of nothing."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over these leaf hashes, in log order, in one pass and flat memory."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def nodes_of(leaves: Sequence[bytes]) -> NodeAt:
    """Return a reader of the complete subtrees over these leaf hashes."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node_hash(*below[at : at + 2]) for at in range(0, len(below) - 1, 2)])
    return lambda height, index: levels[height][index]


def subtree(node_at: NodeAt, start: int, end: int) -> bytes:
    """Return the hash over leaves start..end-1, where `start` is where RFC 6962 would split.

    start must be a multiple of the largest power of two below end - start (or of it, if equal).
    """
    width = end - start
    if width & (width - 1) == 0:
        height = width.bit_length() - 1
        return node_at(height, start >> height)
    middle = start + split(width)
    return node_hash(subtree(node_at, start, middle), subtree(node_at, middle, end))


def split(width: int) -> int:
    """Return the largest power of two that is smaller than `width` (2 or more)."""
    return 1 << ((width - 1).bit_length() - 1)


def root_at(node_at: NodeAt, size: int) -> bytes:
    """Return the root of the tree over the first `size` leaves."""
    return subtree(node_at, 0, size) if size else EMPTY_ROOT


def inclusion_proof(node_at: NodeAt, index: int, size: int) -> list[bytes]:
    """Return the sibling hashes from leaf `index` up to the root of the first `size` leaves.

    At most ceil(log2 size) hashes of 32 bytes, nearest the leaf first. Raises IndexError when index
    is not in 0..size-1. Source: RFC 6962 section 2.1.1.
    """
    if not 0 <= index < size:
        raise IndexError(f"Leaf {index} is not among the first {size}.")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            path.append(subtree(node_at, middle, end))
            end = middle
        else:
            path.append(subtree(node_at, start, middle))
            start = middle
    return path[::-1]


def consistency_proof(node_at: NodeAt, older: int, newer: int) -> list[bytes]:
    """Return the hashes that show the first `older` leaves are the same in the first `newer`.

    Empty when the sizes are equal. Raises IndexError unless 1 <= older <= newer.
    Source: RFC 6962 section 2.1.2.
    """
    if not 1 <= older <= newer:
        raise IndexError(f"There is no consistency proof from {older} to {newer}.")
    path: list[bytes] = []
    start, end, is_old_root = 0, newer, True
    while older != end:
        middle = start + split(end - start)
        if older <= middle:
            path.append(subtree(node_at, middle, end))
            end = middle
        else:
            path.append(subtree(node_at, start, middle))
            start, is_old_root = middle, False
    if not is_old_root:
        path.append(subtree(node_at, start, end))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, proof: Sequence[bytes], head: TreeHead) -> None:
    """Raise BadProof unless `leaf` stands at `index` in the tree of `head`.

    head: from one verified checkpoint. Source: RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < head.size:
        raise BadProof(f"Leaf {index} is not in a tree of {head.size}.")
    check_hashes([leaf, *proof])
    fn, sn, root = index, head.size - 1, leaf
    for sibling in proof:
        if sn == 0:
            raise BadProof(f"The proof has {len(proof)} hashes, more than the tree is high.")
        if fn & 1 or fn == sn:
            root = node_hash(sibling, root)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            root = node_hash(root, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise BadProof(f"The proof has {len(proof)} hashes, fewer than the tree is high.")
    expect_root(head.root, root)


def verify_consistency(older: TreeHead, newer: TreeHead, proof: Sequence[bytes]) -> None:
    """Raise BadProof unless the tree of `newer` only adds leaves to the tree of `older`.

    Both heads: each from one verified checkpoint. Source: RFC 9162 section 2.1.4.2.
    """
    if not 1 <= older.size <= newer.size:
        raise BadProof(f"A tree of {newer.size} cannot grow out of one of {older.size}.")
    check_hashes(proof)
    if older.size == newer.size:
        if proof:
            raise BadProof(f"Equal sizes take no hashes; the proof has {len(proof)}.")
        expect_root(older.root, newer.root)
        return
    rest = list(proof)
    if older.size & (older.size - 1) == 0:
        rest.insert(0, older.root)
    if not rest:
        raise BadProof("The proof is empty.")
    fn, sn = older.size - 1, newer.size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old_root = new_root = rest[0]
    for sibling in rest[1:]:
        if sn == 0:
            raise BadProof(f"The proof has {len(proof)} hashes, more than the tree is high.")
        if fn & 1 or fn == sn:
            old_root = node_hash(sibling, old_root)
            new_root = node_hash(sibling, new_root)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            new_root = node_hash(new_root, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise BadProof(f"The proof has {len(proof)} hashes, fewer than the tree is high.")
    expect_root(older.root, old_root)
    expect_root(newer.root, new_root)


def check_hashes(hashes: Iterable[bytes]) -> None:
    """Raise BadProof unless each is 32 bytes."""
    for value in hashes:
        if len(value) != HASH_BYTES:
            raise BadProof(f"A hash of {len(value)} bytes instead of {HASH_BYTES}.")


def expect_root(expected: bytes, got: bytes) -> None:
    """Raise BadProof unless both are the same root."""
    if not compare_digest(expected, got):
        raise BadProof(f"Expected the root {expected.hex()}, got {got.hex()}.")
