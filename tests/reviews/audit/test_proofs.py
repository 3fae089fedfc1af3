import pytest

from reviews.audit import keys, merkle, notes, proofs
from reviews.audit.errors import BadProof
from reviews.audit.models import Checkpoint, Leaf
from tests.reviews.audit.logs import fill, sign, write

pytestmark = pytest.mark.django_db


def test_there_is_no_checkpoint_before_the_first():
    assert proofs.latest_checkpoint() is None


def test_every_entry_is_proved_in_every_later_checkpoint():
    written = [*fill(7)]
    sign()
    written += fill(9)
    sign()
    for checkpoint in Checkpoint.objects.all():
        head = notes.open_checkpoint(checkpoint.note, keys.listed_verifiers(), keys.origin()).head
        for entry in written:
            leaf = Leaf.objects.get(entry=entry)
            if leaf.index >= checkpoint.size:
                continue
            proof = proofs.inclusion_proof_for(entry, checkpoint)
            merkle.verify_inclusion(
                merkle.leaf_hash(entry.body.encode()), proof.index, proof.hashes, head
            )
            proof.verify()


def test_a_proof_of_a_changed_body_does_not_hold():
    entry = fill(5)[2]
    proof = proofs.inclusion_proof_for(entry, sign())
    changed = merkle.leaf_hash(entry.body.replace("acme", "acmf").encode() + b" ")
    with pytest.raises(BadProof, match="Expected the root"):
        merkle.verify_inclusion(changed, proof.index, proof.hashes, proof.head)


def test_the_newer_tree_is_proved_to_keep_the_older():
    fill(7)
    older = sign()
    fill(9)
    newer = sign()
    proofs.consistency_proof_for(older, newer).verify()
    proofs.consistency_proof_for(newer, newer).verify()


def test_an_entry_after_the_checkpoint_is_not_in_it():
    fill(3)
    signed = sign()
    later = fill(1)[0]
    with pytest.raises(BadProof, match="after the checkpoint"):
        proofs.inclusion_proof_for(later, signed)


@pytest.mark.postgresql
def test_an_entry_that_waits_for_its_leaf_has_no_proof_yet():
    fill(3)
    signed = sign()
    with pytest.raises(BadProof, match="waits"):
        proofs.inclusion_proof_for(write(), signed)


def test_the_first_checkpoint_that_covers_a_leaf_is_found():
    fill(3)
    first = sign()
    fill(3)
    second = sign()
    assert proofs.checkpoint_covering(0) == first
    assert proofs.checkpoint_covering(first.size) == second
    assert proofs.checkpoint_covering(second.size) is None
    assert proofs.latest_checkpoint() == second


def test_a_proof_takes_few_queries(django_assert_max_num_queries):
    entry = fill(300)[10]
    signed = sign()
    with django_assert_max_num_queries(8):
        proofs.inclusion_proof_for(entry, signed)
