import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from reviews.audit import merkle, notes
from reviews.audit.errors import BadNote, UnknownSigner
from reviews.audit.merkle import TreeHead
from reviews.audit.notes import CheckpointText, Signer, Verifier

ORIGIN = "daybreak.local/log"
ALICE = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"a" * 32))
BOB = Signer("witness.example", Ed25519PrivateKey.from_private_bytes(b"b" * 32))
HEAD = TreeHead(7, merkle.leaf_hash(b"root"))
CHECKPOINT = CheckpointText(ORIGIN, HEAD)
NOTE = notes.sign(CHECKPOINT.to_text(), [ALICE])

# The example key and note of the signed-note specification.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdng"
    "otpRZb6KE6RyyBwJnAM=\n"
)


def test_the_published_example_verifies():
    text = notes.open_note(PETERS_NOTE, [Verifier.from_text(PETER)])
    assert text.startswith("If you think cryptography")


def test_the_published_key_reads_back_the_same():
    assert Verifier.from_text(PETER).to_text() == PETER


@given(
    st.binary(min_size=32, max_size=32), st.integers(1, 2**62), st.binary(min_size=32, max_size=32)
)
def test_a_checkpoint_reads_back_the_same(seed, size, root):
    signer = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(seed))
    stated = CheckpointText(ORIGIN, TreeHead(size, root))
    note = notes.sign(stated.to_text(), [signer])
    assert notes.open_checkpoint(note, [signer.verifier], ORIGIN) == stated
    assert Verifier.from_text(signer.verifier.to_text()) == signer.verifier


def test_a_checkpoint_is_three_lines_and_a_signature():
    lines = NOTE.split("\n")
    assert lines[:2] == [ORIGIN, "7"]
    assert base64.b64decode(lines[2]) == HEAD.root
    assert lines[3] == ""
    assert lines[4].startswith(f"\u2014 {ORIGIN} ")
    assert lines[5:] == [""]
    assert len(NOTE.encode()) < 250


def test_one_known_signature_among_unknown_ones_is_enough():
    note = notes.sign(CHECKPOINT.to_text(), [BOB, ALICE])
    assert notes.open_checkpoint(note, [ALICE.verifier], ORIGIN) == CHECKPOINT


def test_sixteen_signatures_are_read():
    strangers = [Signer(f"w{number}.example", Ed25519PrivateKey.generate()) for number in range(15)]
    note = notes.sign(CHECKPOINT.to_text(), [*strangers, ALICE])
    assert notes.open_checkpoint(note, [ALICE.verifier], ORIGIN) == CHECKPOINT


def test_only_unknown_keys_are_told_apart_from_false_signatures():
    with pytest.raises(UnknownSigner, match=ORIGIN):
        notes.open_note(NOTE, [BOB.verifier])


def test_a_known_key_that_does_not_hold_spoils_a_note_another_key_signed():
    both = notes.sign(CHECKPOINT.to_text(), [ALICE, BOB])
    text, _, tail = both.partition("\n\n")
    alice, bob, _ = tail.split("\n")
    raw = bytearray(base64.b64decode(bob.split(" ")[2]))
    raw[-1] ^= 1
    forged = f"{text}\n\n{alice}\n\u2014 {BOB.name} {base64.b64encode(raw).decode()}\n"
    with pytest.raises(BadNote, match=r"witness\.example does not hold"):
        notes.open_note(forged, [ALICE.verifier, BOB.verifier])


def test_no_flipped_bit_of_a_note_holds():
    raw = NOTE.encode()
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadNote):
            notes.open_checkpoint(
                changed.decode(errors="surrogateescape"), [ALICE.verifier], ORIGIN
            )


def test_a_checkpoint_of_another_log_is_refused():
    note = notes.sign(CheckpointText("other.example/log", HEAD).to_text(), [ALICE])
    with pytest.raises(BadNote, match="other"):
        notes.open_checkpoint(note, [ALICE.verifier], ORIGIN)


def test_a_key_of_the_same_name_is_another_key():
    impostor = Signer(ORIGIN, Ed25519PrivateKey.generate())
    with pytest.raises(UnknownSigner):
        notes.open_note(notes.sign(CHECKPOINT.to_text(), [impostor]), [ALICE.verifier])


SIGNATURE = NOTE.split("\n\n")[1]
ROOT64 = NOTE.split("\n")[2]


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "\n\n",
        NOTE[:-1],
        NOTE.split("\n\n", maxsplit=1)[0],
        NOTE.replace("\n\n", "\n"),
        f"{NOTE}\n",
        f"{NOTE}trailing",
        NOTE.replace("\u2014", "-"),
        NOTE.replace("\u2014 ", "\u2014  "),
        f"\n{NOTE}",
        NOTE + SIGNATURE,
        NOTE[:-1] + SIGNATURE * 200,
        "x" * 10_000_000,
        NOTE.replace("7\n", "7\r\n"),
        NOTE.replace("7\n", "7\x00\n"),
        f"{ORIGIN}\n7\n{ROOT64}\n\n\u2014 {ORIGIN} AAAA\n",
        f"{ORIGIN}\n7\n{ROOT64}\n\n\u2014 {ORIGIN} !!!!\n",
        f"{ORIGIN}\n7\n{ROOT64}\n\n\u2014 {ORIGIN}\n",
        "\ud800\n\n" + SIGNATURE,
    ],
)
def test_hostile_notes_are_refused_as_notes(note):
    with pytest.raises(BadNote):
        notes.open_checkpoint(note, [ALICE.verifier], ORIGIN)


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n",
        f"{ORIGIN}\n7\n",
        f"{ORIGIN}\n07\n{ROOT64}\n",
        f"{ORIGIN}\n-7\n{ROOT64}\n",
        f"{ORIGIN}\n7.0\n{ROOT64}\n",
        f"{ORIGIN}\n\u0667\n{ROOT64}\n",
        f"{ORIGIN}\n99999999999999999999\n{ROOT64}\n",
        f"{ORIGIN}\n0\n{ROOT64}\n",
        f"{ORIGIN}\n7\n{ROOT64[:-4]}\n",
        f"{ORIGIN}\n7\n{ROOT64}x\n",
        f"{ORIGIN}\n7\n {ROOT64}\n",
        f"\n7\n{ROOT64}\n",
    ],
)
def test_signed_text_that_is_no_checkpoint_is_refused(text):
    with pytest.raises(BadNote):
        notes.open_checkpoint(notes.sign(text, [ALICE]), [ALICE.verifier], ORIGIN)


def test_extension_lines_are_allowed_and_not_read():
    text = f"{CHECKPOINT.to_text()}extension of tomorrow\n"
    assert notes.open_checkpoint(notes.sign(text, [ALICE]), [ALICE.verifier], ORIGIN) == CHECKPOINT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000+AAAA",
        PETER.replace("c74f20a3", "c74f20a4"),
        PETER.replace("PeterNeumann", "Peter Neumann"),
        PETER.replace("+AR", "+BR"),
        PETER[:-4],
        f"{PETER}=",
    ],
)
def test_what_is_no_verification_key_is_refused(text):
    with pytest.raises(BadNote):
        Verifier.from_text(text)


def test_text_without_a_last_line_feed_cannot_be_signed():
    with pytest.raises(BadNote, match="line feed"):
        notes.sign("no end", [ALICE])
