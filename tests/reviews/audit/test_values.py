import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.audit import keys, values
from reviews.audit.errors import KeyMissing, NotCanonical, ValueUnreadable

KEK = keys.split_kek(b"k" * 32)
OTHER = keys.split_kek(b"o" * 32)
KEY = values.make_key("acme/P-1", KEK)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=50)


def stored(sealed: values.SealedValue, key: values.SubjectKey = KEY) -> values.StoredValue:
    return values.StoredValue(
        sealed.commitment, sealed.salt, sealed.ciphertext, key.id, key.secret, key.kek
    )


@given(TEXTS)
def test_what_was_sealed_opens_again(text):
    assert values.open_value(stored(values.seal_value(text, KEY)), KEK) == text


def test_a_commitment_is_the_documented_hash():
    salt = b"s" * 32
    expected = hashlib.sha256(b"\x02" + salt + b'"say \\"yes\\""').hexdigest()
    assert values.commit(salt, 'say "yes"') == expected


def test_the_same_text_gets_another_commitment_each_time():
    sealed = [values.seal_value("yes", KEY) for _ in range(20)]
    assert len({one.commitment for one in sealed}) == 20
    assert len({one.ciphertext for one in sealed}) == 20


def test_the_text_is_not_in_what_is_stored():
    sealed = values.seal_value("a very secret reason", KEY)
    assert b"secret" not in sealed.ciphertext + sealed.salt + KEY.secret
    assert KEY.clear not in KEY.secret


@pytest.mark.parametrize("text", ["\x00", "\ud800"])
def test_a_text_without_a_spelling_is_refused(text):
    with pytest.raises(NotCanonical):
        values.seal_value(text, KEY)


@pytest.mark.parametrize("column", ["salt", "ciphertext"])
def test_every_flipped_byte_is_seen(column):
    sealed = values.seal_value("the reason", KEY)
    whole = getattr(sealed, column)
    for at in range(len(whole)):
        changed = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        with pytest.raises(ValueUnreadable):
            values.open_value(stored(replace(sealed, **{column: changed})), KEK)


def test_a_flipped_byte_of_the_wrapped_key_is_seen():
    for at in range(len(KEY.secret)):
        secret = KEY.secret[:at] + bytes([KEY.secret[at] ^ 1]) + KEY.secret[at + 1 :]
        with pytest.raises(ValueUnreadable):
            values.open_value(stored(values.seal_value("x", KEY), replace(KEY, secret=secret)), KEK)


def test_a_value_cannot_stand_in_for_another():
    one, two = values.seal_value("one", KEY), values.seal_value("two", KEY)
    with pytest.raises(ValueUnreadable):
        values.open_value(stored(replace(one, commitment=two.commitment)), KEK)


def test_another_key_encryption_key_is_missing_not_tampered():
    with pytest.raises(KeyMissing, match=KEK.id):
        values.open_value(stored(values.seal_value("x", KEY)), OTHER)


@pytest.mark.parametrize("cleared", [{"salt": None}, {"ciphertext": None}, {"secret": None}])
def test_a_cleared_value_opens_to_none(cleared):
    row = stored(values.seal_value("x", KEY))._replace(**cleared)
    assert values.open_value(row, KEK) is None


def test_a_tag_finds_the_same_text_of_the_same_subject_and_no_other():
    tag = values.tag_of("person:p1", "Ann", KEK)
    assert tag == values.tag_of("person:p1", "Ann", KEK)
    others = [("person:p2", "Ann", KEK), ("person:p1", "Bob", KEK), ("person:p1", "Ann", OTHER)]
    assert tag not in {values.tag_of(*other) for other in others}
