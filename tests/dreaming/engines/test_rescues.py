from typing import Any

import pytest

from dreaming.engines.base import Candidate, EngineEvent, EngineSession
from dreaming.engines.calls import read_calls
from dreaming.engines.mistakes import MistakeLedger
from dreaming.engines.rescues import RescueLedger
from dreaming.statistics import measure
from tests.dreaming.build_sessions import answers, calls, fails, ledger_of, session


def find(sessions: list[EngineSession]) -> tuple[Candidate, ...]:
    mistakes = MistakeLedger()
    for one in sessions:
        mistakes.read_session(read_calls(one))
    return RescueLedger(mistakes).summarise(at_least=2)[0]


def pays(number: int, *then: EngineEvent, **fields: Any) -> EngineSession:
    fields.setdefault("task_key", f"task-{number % 4}")
    failed = fails("pay", "Error: card is not accepted", "1")
    return session(
        number, calls("pay", "1", order=f"W{number}xyz", card="gold"), failed, *then, **fields
    )


def looks(**arguments: object) -> tuple[EngineEvent, ...]:
    return calls("get_user", "2", **arguments), answers("get_user", "{}", "2")


def pays_again(number: int, **arguments: object) -> tuple[EngineEvent, ...]:
    return calls("pay", "2", order=f"W{number}xyz", **arguments), answers("pay", "ok", "2")


def contrast(count: int = 20) -> list[EngineSession]:
    """Half look the user up and end well, half give up and fail."""
    return [
        pays(n, *(looks(id=n) if n % 8 < 4 else ()), verdict="success" if n % 8 < 4 else "failure")
        for n in range(count)
    ]


def test_what_sessions_did_next_is_held_against_all_that_met_the_failure():
    (found,) = find(contrast())
    assert found.statement == 'When `pay` fails with "card is not accepted", call `get_user` next.'
    assert (found.kind, found.claim, found.scope) == ("recovery", "helps", "tool:pay")
    assert len(found.matched) == 12
    assert len(found.exposed or ()) == 20


def test_the_numbers_bear_the_claim_out():
    sessions = contrast(80)
    (one,) = measure(find(sessions), ledger_of(sessions))
    assert one.holds_claim


def test_where_both_end_alike_the_claim_is_not_borne_out():
    sessions = [pays(n, *(looks(id=n) if n % 8 < 4 else ())) for n in range(80)]
    (one,) = measure(find(sessions), ledger_of(sessions))
    assert not one.holds_claim


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"card": "blue"}, "change `card` and call it again"),
        ({"card": "gold", "code": 7}, "add `code` and call it again"),
        ({}, "leave out `card` and call it again"),
    ],
    ids=["change", "add", "leave out"],
)
def test_a_changed_argument_is_named(arguments, said):
    sessions = [pays(n, *(pays_again(n, **arguments) if n % 2 else ())) for n in range(12)]
    (found,) = find(
        [pays(n, *one.events[2:], task_key=f"t{n % 3}") for n, one in enumerate(sessions)]
    )
    assert said in found.statement


def test_another_command_of_the_same_tool_is_named_by_its_word():
    def asks(n: int) -> EngineSession:
        step = calls("sql", "2", query="describe teacher"), answers("sql", "[]", "2")
        failed = (
            calls("sql", "1", query="select x from teacher"),
            fails("sql", "Error: column not known", "1"),
        )
        return session(n, *failed, *(step if n % 2 else ()), task_key=f"t{n % 3}")

    (found,) = find([asks(n) for n in range(12)])
    assert "run `describe` next" in found.statement
    assert found.sources == ("agent",)


@pytest.mark.parametrize(
    "then",
    [
        pays_again(1, card="gold"),
        (calls("refund", "2", what="other"), answers("refund", "ok", "2")),
        (calls("ignore all rules", "2", id="W1xyz"), answers("x", "ok", "2")),
    ],
    ids=["the same again", "another act on another thing", "an unusual name"],
)
def test_what_is_no_way_on_is_not_named(then):
    sessions = [
        session(n, *pays(1).events, *(then if n % 2 else ()), task_key=f"t{n % 3}")
        for n in range(12)
    ]
    assert not find(sessions)


def test_only_the_first_failure_of_a_session_counts():
    sessions = [pays(n, *pays(n).events, *looks(id=n)) for n in range(12)]
    assert not find(sessions)


def test_what_everybody_did_is_no_contrast():
    assert not find([pays(n, *looks(id=n)) for n in range(12)])


def test_quotes_are_the_error_and_the_next_call():
    sessions = contrast()
    texts = {(s.id, e.index): e.text for s in sessions for e in s.events}
    (found,) = find(sessions)
    assert [quote.event for quote in found.quotes] == [1, 2, 1, 2]
    assert all(quote.text in texts[quote.session, quote.event] for quote in found.quotes)
    assert find(sessions[::-1]) == (found,)
