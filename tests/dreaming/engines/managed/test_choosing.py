"""Which sessions a hosted dream reads, and what it is asked."""

from dataclasses import replace

import pytest

from dreaming.engines.base import Note
from dreaming.engines.managed.choosing import (
    MOST_INSTRUCTIONS,
    MOST_SESSIONS,
    Order,
    choose,
    order_of,
    remote_of,
)
from tests.dreaming.build_sessions import material, says, session


def hosted(number: int, name: str = ""):
    return session(number, says("Hello there."), external_id=name or f"sesn_{number:04}")


@pytest.mark.parametrize(
    ("external_id", "remote"),
    [
        ("sesn_01AbC", "sesn_01AbC"),
        ("sesn_01AbC/sthr_2", "sesn_01AbC"),
        ("sesn_01AbC#sthr_2", "sesn_01AbC"),
        ("order-42", ""),
        ("", ""),
        ("my sesn_01", ""),
        ("sesn_", ""),
    ],
)
def test_the_vendors_name_is_read_off_an_external_id(external_id, remote):
    assert remote_of(external_id) == remote


def test_sessions_from_elsewhere_are_left_out_by_name():
    made = choose(material([hosted(1), session(2, says("Hi."), external_id="order-42")]))
    assert (made.sessions, made.names) == (("sesn_0001",), frozenset({"S-1"}))
    assert [(one.what, one.why) for one in made.left_out] == [
        ("S-2", "Not analysed: the vendor does not have it; it came from elsewhere.")
    ]


def test_the_newest_hundred_are_read_and_the_older_ones_named():
    made = choose(material([hosted(number) for number in range(1, MOST_SESSIONS + 4)]))
    assert len(made.sessions) == MOST_SESSIONS
    assert [one.what for one in made.left_out] == ["S-1", "S-2", "S-3"]
    assert "100 sessions" in made.left_out[0].why


def test_a_thread_goes_with_its_session_and_is_asked_for_once():
    made = choose(material([hosted(1), hosted(2, "sesn_0001/sthr_1")]))
    assert (made.sessions, made.names) == (("sesn_0001",), frozenset({"S-1", "S-2"}))


def test_instructions_come_first_then_what_was_sent_back_within_the_limit():
    notes = (Note("P-1", "/a.md", "k", "Say since when."),)
    given = replace(material([hosted(1)]), instructions=" Look at refunds. ", notes=notes)
    made = order_of(replace(given, hosted_store="memstore_1"), choose(given), "m")
    assert made.instructions == (
        "Look at refunds.\nA reviewer sent back what was proposed for /a.md: Say since when."
    )
    long = replace(given, instructions="x" * 5_000)
    assert len(order_of(long, choose(given), "m").instructions) == MOST_INSTRUCTIONS


ORDER = Order("memstore_1", ("sesn_1", "sesn_2"), "m", "Ask.")
TOLD = {
    "inputs": [
        {"type": "memory_store", "memory_store_id": "memstore_1"},
        {"type": "sessions", "session_ids": ["sesn_2", "sesn_1"]},
    ],
    "instructions": "Ask.",
    "output_behavior": {"type": "create_new"},
}


def test_a_dream_made_of_an_order_is_known_by_what_it_was_made_of():
    assert ORDER.is_of(TOLD)


@pytest.mark.parametrize(
    "other",
    [
        {"instructions": None},
        {"output_behavior": {"type": "update_existing", "memory_store_id": "memstore_1"}},
        {"inputs": TOLD["inputs"][:1]},
        {"inputs": [TOLD["inputs"][0], {"type": "sessions", "session_ids": ["sesn_1"]}]},
        {"inputs": [{"type": "memory_store", "memory_store_id": "x"}, TOLD["inputs"][1]]},
        {"inputs": None},
        {"inputs": ["nonsense"]},
    ],
)
def test_another_dream_is_not_taken_for_it(other):
    assert not ORDER.is_of(TOLD | other)
