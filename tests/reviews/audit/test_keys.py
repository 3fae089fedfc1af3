import base64
import stat
import threading

import pytest

from reviews.audit import keys
from reviews.audit.errors import KeyMissing


def mode_of(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_first_use_makes_a_signing_key_only_its_owner_reads(own_keys):
    made = keys.signers()
    assert len(made) == 1
    assert mode_of(own_keys / "log-signing.key") == 0o600
    assert mode_of(own_keys) == 0o700
    assert [path.name for path in own_keys.iterdir() if path.name.startswith(".")] == []


def test_the_key_stays_the_same_and_its_public_half_is_listed_once():
    first = keys.signers()[0].verifier
    assert keys.signers()[0].verifier == first
    assert keys.listed_verifiers() == (first,)


def test_the_signer_has_the_name_of_the_log(settings):
    settings.ORIGIN = "acme.example/log"
    assert keys.signers()[0].name == "acme.example/log"


def test_two_processes_at_once_make_one_key(own_keys):
    keys.keys_dir()
    ready = threading.Barrier(8)

    def make(number):
        ready.wait()
        keys.write_new(own_keys / "k", keys.encode(bytes([number]) * 32))

    threads = [threading.Thread(target=make, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(keys.decode((own_keys / "k").read_text(), "k"))) == 1
    assert [path.name for path in own_keys.iterdir()] == ["k"]


@pytest.mark.parametrize("content", ["", "AAAA", "not base64 at all", "A" * 44 + "\n" + "x"])
def test_a_damaged_signing_key_is_named(own_keys, content):
    keys.keys_dir()
    (own_keys / "log-signing.key").write_text(content)
    with pytest.raises(KeyMissing, match=r"log-signing\.key"):
        keys.signers()


def test_a_missing_key_encryption_key_says_where_it_belongs():
    with pytest.raises(KeyMissing, match=r"log-values\.key is missing.*backup"):
        keys.kek()


def test_a_made_key_encryption_key_is_kept(own_keys):
    made = keys.make_kek()
    assert keys.kek() == made
    assert mode_of(own_keys / "log-values.key") == 0o600


def test_making_it_twice_keeps_the_first():
    assert keys.make_kek() == keys.make_kek()


def test_the_environment_outranks_the_file(settings):
    keys.make_kek()
    settings.AUDIT_KEK = base64.b64encode(b"e" * 32).decode()
    assert keys.kek() == keys.split_kek(b"e" * 32)


@pytest.mark.parametrize("given", ["short", base64.b64encode(b"x" * 31).decode()])
def test_a_wrong_key_in_the_environment_is_named(settings, given):
    settings.AUDIT_KEK = given
    with pytest.raises(KeyMissing, match="DAYBREAK_AUDIT_KEK"):
        keys.kek()


def test_the_uses_of_a_key_encryption_key_stand_apart():
    kek = keys.split_kek(b"k" * 32)
    assert len({kek.wrapping, kek.tagging, b"k" * 32}) == 3
    assert kek.id not in kek.wrapping.hex()
