"""Against a naive reference that follows RFC 6962 section 2.1 word for word."""

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.audit import merkle
from reviews.audit.errors import BadProof
from reviews.audit.merkle import Frontier, TreeHead

N = 64
LEAVES = [merkle.leaf_hash(str(number).encode()) for number in range(N + 2)]

# Test vectors of the Certificate Transparency reference implementation.
PUBLISHED_INPUTS = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
PUBLISHED_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def largest_power_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def naive_root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = largest_power_below(len(leaves))
    joined = b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])
    return hashlib.sha256(joined).digest()


def naive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_subproof(m: int, leaves: list[bytes], *, whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = largest_power_below(len(leaves))
    if m <= k:
        return [*naive_subproof(m, leaves[:k], whole=whole), naive_root(leaves[k:])]
    return [*naive_subproof(m - k, leaves[k:], whole=False), naive_root(leaves[:k])]


NODE_AT = merkle.nodes_of(LEAVES)
HEADS = [TreeHead(n, naive_root(LEAVES[:n])) for n in range(N + 2)]


def refused(verify, *given_) -> bool:
    try:
        verify(*given_)
    except BadProof:
        return True
    return False


@pytest.mark.parametrize("size", range(1, 9))
def test_published_roots_are_given(size):
    leaves = [merkle.leaf_hash(bytes.fromhex(text)) for text in PUBLISHED_INPUTS[:size]]
    assert merkle.root_of(leaves).hex() == PUBLISHED_ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing():
    assert merkle.root_of([]) == hashlib.sha256().digest() == merkle.root_at(NODE_AT, 0)


def test_leaf_and_node_hashes_stand_apart():
    left, right = LEAVES[:2]
    assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)


@pytest.mark.parametrize("size", range(N + 1))
def test_the_frontier_gives_the_naive_root_at_every_size(size):
    frontier = Frontier()
    for leaf in LEAVES[:size]:
        frontier.append(leaf)
    assert (frontier.root(), frontier.size) == (HEADS[size].root, size)
    assert len(frontier.peaks) == size.bit_count()


@pytest.mark.parametrize("size", range(N + 1))
def test_the_root_read_from_nodes_is_the_naive_root(size):
    assert merkle.root_at(NODE_AT, size) == HEADS[size].root


def test_every_inclusion_proof_is_the_naive_one_and_holds():
    for size in range(1, N + 1):
        for index in range(size):
            proof = merkle.inclusion_proof(NODE_AT, index, size)
            assert proof == naive_path(index, LEAVES[:size])
            merkle.verify_inclusion(LEAVES[index], index, proof, HEADS[size])


def test_every_consistency_proof_is_the_naive_one_and_holds():
    for newer in range(1, N + 1):
        for older in range(1, newer + 1):
            proof = merkle.consistency_proof(NODE_AT, older, newer)
            assert proof == naive_subproof(older, LEAVES[:newer], whole=True)
            merkle.verify_consistency(HEADS[older], HEADS[newer], proof)


def test_no_changed_inclusion_proof_holds():
    for size in range(1, N + 1):
        for index in range(size):
            leaf, head = LEAVES[index], HEADS[size]
            proof = merkle.inclusion_proof(NODE_AT, index, size)
            wrong = [
                (leaf, index, [*proof, leaf], head),
                (leaf, index, [leaf, *proof], head),
                (leaf, index, proof, HEADS[size + 1]),
                (leaf, index + 1, proof, head),
                (leaf, index - 1, proof, head),
                (LEAVES[index + 1], index, proof, head),
                (merkle.leaf_hash(leaf), index, proof, head),
            ]
            if proof:
                wrong += [
                    (leaf, index, proof[:-1], head),
                    (leaf, index, proof[1:], head),
                    (leaf, index, [proof[0][:-1], *proof[1:]], head),
                ]
            if len(proof) > 1:
                wrong.append((leaf, index, proof[::-1], head))
            assert all(refused(merkle.verify_inclusion, *case) for case in wrong), (index, size)


def test_no_changed_consistency_proof_holds():
    for newer in range(1, N + 1):
        for older in range(1, newer + 1):
            proof = merkle.consistency_proof(NODE_AT, older, newer)
            wrong = [
                (HEADS[older], HEADS[newer], [*proof, LEAVES[0]]),
                (HEADS[older], HEADS[newer + 1], proof),
                (HEADS[newer + 1], HEADS[older], proof),
                (HEADS[0], HEADS[newer], proof),
            ]
            if older > 1:
                wrong.append((HEADS[older - 1], HEADS[newer], proof))
            if proof:
                wrong.append((HEADS[older], HEADS[newer], proof[:-1]))
                wrong.append((HEADS[older], HEADS[newer], []))
            assert all(refused(merkle.verify_consistency, *case) for case in wrong), (older, newer)


@given(st.integers(1, N), st.data())
def test_one_flipped_bit_of_a_proof_is_seen(size, data):
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(NODE_AT, index, size)
    flat = bytearray(LEAVES[index] + b"".join(proof))
    bit = data.draw(st.integers(0, len(flat) * 8 - 1))
    flat[bit // 8] ^= 1 << bit % 8
    parts = [bytes(flat[at : at + 32]) for at in range(0, len(flat), 32)]
    with pytest.raises(BadProof):
        merkle.verify_inclusion(parts[0], index, parts[1:], HEADS[size])


def test_a_proof_does_not_bind_the_size_so_size_and_root_come_together():
    # The same root claimed with another size passes: that is why no verifier takes them apart.
    # Leaf 1 of 5 has a path of three hashes, and so has leaf 1 of 6.
    proof = merkle.inclusion_proof(NODE_AT, 1, 5)
    merkle.verify_inclusion(LEAVES[1], 1, proof, TreeHead(6, HEADS[5].root))
    assert HEADS[5].root != HEADS[6].root


def test_two_histories_of_the_same_length_are_inconsistent():
    other = [*LEAVES[:20], merkle.leaf_hash(b"other"), *LEAVES[21:40]]
    proof = merkle.consistency_proof(merkle.nodes_of(other), 30, 40)
    with pytest.raises(BadProof, match="Expected the root"):
        merkle.verify_consistency(HEADS[30], TreeHead(40, naive_root(other)), proof)


def test_a_duplicated_last_leaf_gives_another_root():
    # Trees that pad by doubling the last leaf cannot tell these apart.
    for size in range(1, N):
        assert merkle.root_of([*LEAVES[:size], LEAVES[size - 1]]) != HEADS[size].root


@pytest.mark.parametrize(("size", "root"), [(-1, b"\0" * 32), (1, b"short"), (0, b"\0" * 32)])
def test_an_impossible_head_is_refused(size, root):
    with pytest.raises(BadProof):
        TreeHead(size, root)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5), (6, 5)])
def test_there_is_no_inclusion_proof_of_a_leaf_outside(index, size):
    with pytest.raises(IndexError):
        merkle.inclusion_proof(NODE_AT, index, size)


@pytest.mark.parametrize(("older", "newer"), [(0, 5), (6, 5), (-1, 5)])
def test_there_is_no_consistency_proof_backwards_or_from_nothing(older, newer):
    with pytest.raises(IndexError):
        merkle.consistency_proof(NODE_AT, older, newer)


def test_proofs_stay_short():
    lengths = [len(merkle.inclusion_proof(NODE_AT, 0, size)) for size in range(1, N + 1)]
    assert lengths[-1] == 6
    assert all(later >= earlier for earlier, later in pairwise(lengths))
