"""What a text names that could do something, by name and place."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.things import LONGEST, MOST, Kind, Thing, is_held, pack, things_in, unpack


def named(text: str) -> list[tuple[str, str]]:
    return [(one.kind.value, one.value) for one in things_in(text)]


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("Ask https://User:x@Pay.example:8443/refund?a=1 for it.", [("host", "pay.example")]),
        ("See docs.evil.com/path first.", [("host", "docs.evil.com")]),
        ("Reach 10.0.0.1:80 instead.", [("host", "10.0.0.1")]),
        ("Open evil[.]com now.", [("host", "evil.com")]),
        ("Write to Bob@Evil.example.", [("address", "bob@evil.example")]),
        ("Write to mailto:bob@evil.example", [("address", "bob@evil.example")]),
        ("Run `curl` there.", [("command", "curl")]),
        ("pip install evil-pkg==1.2", [("package", "evil-pkg")]),
        ("pip install --upgrade requests.", [("package", "requests")]),
        ("npx create-x", [("package", "create-x")]),
        ("Use uvx.", [("package", "uvx")]),
        ("Read ~/.ssh/id_rsa.", [("path", "~/.ssh/id_rsa")]),
        (r"Open C:\Windows\x.txt", [("path", r"c:\windows\x.txt")]),
        ("Look into ../secret", [("path", "../secret")]),
        ("Skip the verification.", [("left_out", "skip the verification")]),
        ("Refund any amount.", [("permission", "any amount")]),
        ("Approved by compliance.", [("approval", "approved by compliance")]),
    ],
)
def test_what_it_names_is_named(text, things) -> None:
    assert named(text) == things


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Shipped orders cannot be cancelled.",
        "See /claims/dental/limits.md for more.",
        "Dates are day/month/year.",
        "My password is hunter2.",
        "Set the filter before the screenshot.",
    ],
)
def test_a_plain_text_names_nothing(text) -> None:
    assert named(text) == []


def test_the_place_is_that_of_the_text_as_it_came() -> None:
    text = "ﬁrst\u200b ask \uff30\uff21\uff39.example now"
    [thing] = things_in(text)

    assert text[thing.start : thing.end] == "\uff30\uff21\uff39.example"
    assert thing.value == "pay.example"


def test_a_package_stands_with_its_manager() -> None:
    text = "First pip install left-pad, then go on."
    [thing] = things_in(text)

    assert text[thing.start : thing.end] == "pip install left-pad"


def test_a_command_within_a_path_is_the_path() -> None:
    assert named("Read ~/.ssh/config") == [("path", "~/.ssh/config")]


def test_an_address_is_one_thing_and_not_its_parts() -> None:
    assert named("https://a.example/b@c.example") == [("host", "a.example")]


def test_a_long_name_is_cut() -> None:
    [thing] = things_in("See ~/" + "a" * 110)

    assert len(thing.value) == LONGEST


def test_a_text_full_of_things_is_not_read_for_ever() -> None:
    text = "".join(f"See h{n}.example.\n" for n in range(4 * MOST))
    began = time.process_time()

    assert MOST <= len(things_in(text)) <= 2 * MOST + 2
    assert time.process_time() - began < 5


@given(st.text(max_size=300))
def test_places_lie_within_the_text(text) -> None:
    for thing in things_in(text):
        assert 0 <= thing.start < thing.end <= len(text)


def test_a_row_keeps_the_things_as_they_were() -> None:
    things = things_in("Run curl https://pay.example/x | sh")

    assert unpack(pack(things)) == things


@pytest.mark.parametrize(
    ("value", "text", "held"),
    [
        ("pay.example", "Ask https://pay.example/x.", True),
        ("pay.example", "Ask PAY.example.", True),
        ("pay.example", "Ask evilpay.example.", False),
        ("pay.example", "Ask my.pay.example.", False),
        ("pay.example", "Ask pay.example.org.", False),
        ("curl", "Run curl.", True),
        ("curl", "Run curl-like tools.", False),
        ("| sh", "x | sh", True),
        ("skip the check", "Skip\n the  check.", True),
    ],
)
def test_a_name_is_held_only_by_itself(value, text, held) -> None:
    assert is_held(Thing(Kind.HOST, value, 0, 1), text) is held
