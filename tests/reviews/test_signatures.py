"""Signatures of webhooks: the published example, and the one of our own page."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.signatures import headers_of, is_signed, key_of, sign, spell_secret
from tests.measure import ROOT

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
MESSAGE, AT = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330


def test_the_example_of_the_standard_comes_out_as_published() -> None:
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert sign(SECRET, MESSAGE, AT, BODY) == expected


def test_with_two_secrets_either_signature_is_there() -> None:
    other = spell_secret(b"\0" * 32)
    both = headers_of([SECRET, other], MESSAGE, AT, BODY)["webhook-signature"].split(" ")
    assert both == [sign(SECRET, MESSAGE, AT, BODY), sign(other, MESSAGE, AT, BODY)]


@given(st.binary(min_size=24, max_size=64))
def test_a_secret_is_read_back(raw: bytes) -> None:
    assert key_of(spell_secret(raw)) == raw


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_another_body_has_another_signature(one: bytes, other: bytes) -> None:
    same = sign(SECRET, MESSAGE, AT, one) == sign(SECRET, MESSAGE, AT, other)
    assert same is (one == other)


def test_what_is_no_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="not base64"):
        key_of("whsec_*")


def test_the_receiver_on_the_page_takes_what_we_send_and_nothing_else() -> None:
    page = (ROOT / "docs/notifications.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert code is not None
    room: dict = {}
    exec(code[1], room)  # noqa: S102 (the page's own example)
    headers = headers_of([SECRET], MESSAGE, AT, BODY)
    assert room["is_genuine"](SECRET, headers, BODY, AT + 10)
    assert not room["is_genuine"](SECRET, headers, BODY + b" ", AT + 10)
    assert not room["is_genuine"](SECRET, headers, BODY, AT + 900)


@pytest.mark.parametrize(
    ("signatures", "holds"),
    [
        ("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", True),
        ("v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", True),
        ("v1a,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v2,x", True),
        ("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", False),
        ("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE", False),
        ("v1,\u00e9", False),
        ("", False),
    ],
)
def test_one_right_signature_among_others_is_enough(signatures: str, holds: bool) -> None:
    assert is_signed(SECRET, MESSAGE, AT, BODY, signatures) is holds


def test_a_signature_is_of_one_message_at_one_time() -> None:
    signature = sign(SECRET, MESSAGE, AT, BODY)
    assert not is_signed(SECRET, MESSAGE, AT + 1, BODY, signature)
    assert not is_signed(SECRET, f"{MESSAGE}x", AT, BODY, signature)
    assert not is_signed(SECRET, MESSAGE, AT, BODY + b" ", signature)
    assert not is_signed(spell_secret(b"\0" * 32), MESSAGE, AT, BODY, signature)
