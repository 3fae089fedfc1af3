"""What supports a pattern: sessions that show it themselves, people counted once."""

from dataclasses import replace
from pathlib import Path

import pytest

from agents.models import Session
from agents.reads import forget_renderings, read_memory
from agents.releases import forget_contents
from dreaming.engines.base import Candidate, Engine, EngineEvent, EngineSession, Quote
from dreaming.engines.local import LocalEngine
from dreaming.mining import Mined, mine
from dreaming.spool import session_line, write_spool
from dreaming.support import find_echoes, find_words, read_signs
from tests import build
from tests.cast import Cast
from tests.dreaming import nights
from tests.dreaming.build_sessions import answers, calls, candidate, fails, says, session
from tests.dreaming.conftest import Seated
from tests.fake_engine import FakeEngine

HEADER = {"scope": "agent", "instructions": "", "notes": [], "memories": []}
WISH = "Always use metric units instead of imperial units."
MISTAKE = 'When `find_order` fails with "order not found", ask for the number.'
HABIT = "Begin with `get_user`, before the first `pay`."


def wish(numbers: range, *quotes: Quote, **more: object) -> Candidate:
    return candidate(
        list(numbers),
        kind="preference",
        tool="",
        template="always use metric units instead of imperial units",
        statement=WISH,
        title="Metric units",
        signal="words",
        quotes=quotes,
        **more,
    )


def mistake(numbers: range, *quotes: Quote) -> Candidate:
    return candidate(list(numbers), statement=MISTAKE, quotes=quotes)


def habit(numbers: range, *quotes: Quote) -> Candidate:
    return candidate(
        list(numbers),
        kind="workflow",
        tool="",
        template="begin: get_user",
        statement=HABIT,
        title="Begin with get_user",
        claim="helps",
        quotes=quotes,
    )


def recalls(text: str) -> EngineEvent:
    """The agent saying what memory told it."""
    return says(text, role="assistant", trust="agent", remembered=True)


def mined(folder: Path, engine: Engine, *sessions: EngineSession) -> Mined:
    lines = (session_line(one, 1) for one in sessions)
    return mine(engine, write_spool(folder / "d.jsonl", HEADER, lines), lambda done, total: None)


# Ten sessions that only repeat what memory told them


@pytest.mark.parametrize(
    ("claimed", "told", "own"),
    [
        (wish, WISH, (says("Which units shall I use?"),)),
        (wish, WISH, ()),
        (mistake, MISTAKE, (calls("find_order", "1"), answers("find_order", "ok", "1"))),
        (habit, HABIT, (calls("pay", "1"), answers("pay", "ok", "1"))),
    ],
    ids=["a wish", "a wish and nothing else", "a mistake", "a habit"],
)
@pytest.mark.parametrize("quoted", [False, True], ids=["unquoted", "quoted"])
def test_ten_sessions_that_only_repeat_memory_support_nothing(
    tmp_path: Path, claimed, told: str, own: tuple[EngineEvent, ...], quoted: bool
):
    sessions = [session(n, recalls(f"Memory says: {told}"), *own) for n in range(1, 11)]
    quotes = [Quote(f"S-{n}", 0, told) for n in range(1, 11)] if quoted else []
    found = mined(tmp_path, FakeEngine((claimed(range(1, 11), *quotes),)), *sessions)
    (one,) = found.measured
    assert (one.sessions, one.tasks, one.people, one.echoes) == (0, 0, 0, 10)
    assert one.shortfall == "Seen in 0 sessions; 3 are needed."
    assert list(found.evidence.values()) == [()]
    assert "Not counted: 10 sessions that only repeat memory." in {d.why for d in found.dropped}


@pytest.mark.parametrize(
    ("claimed", "told", "shows"),
    [
        (wish, WISH, (says("Please always use metric units instead of imperial units!"),)),
        (mistake, MISTAKE, (calls("find_order"), fails("find_order", "Error: order not found"))),
        (habit, HABIT, (calls("get_user", "1", user="u7"), answers("get_user", "{}", "1"))),
    ],
    ids=["a wish", "a mistake", "a habit"],
)
def test_who_was_told_by_memory_and_shows_it_anew_counts(tmp_path: Path, claimed, told, shows):
    sessions = [session(n, recalls(told), *shows) for n in range(1, 5)]
    (one,) = mined(tmp_path, FakeEngine((claimed(range(1, 5)),)), *sessions).measured
    assert (one.sessions, one.echoes) == (4, 0)


def test_memory_about_something_else_takes_nothing_away(tmp_path: Path):
    sessions = [
        session(n, recalls(HABIT), calls("order"), fails("order", f"Sold out: {n}"))
        for n in range(1, 5)
    ]
    shown = candidate(range(1, 5), tool="order", template="Sold out: #", statement="Look first.")
    (one,) = mined(tmp_path, FakeEngine((shown,)), *sessions).measured
    assert (one.sessions, one.echoes) == (4, 0)


def test_echoes_are_neither_with_the_pattern_nor_without_it(tmp_path: Path):
    sessions = [session(n, says(WISH)) for n in range(1, 4)]
    sessions += [session(n, recalls(WISH)) for n in range(4, 6)]
    sessions += [session(6, says("Hello."))]
    (one,) = mined(tmp_path, FakeEngine((wish(range(1, 6)),)), *sessions).measured
    assert (one.sessions, one.of, one.known_with, one.known_without) == (3, 4, 3, 1)
    assert one.numbers["echoes"] == 2


def test_the_local_engine_learns_nothing_from_what_memory_told(tmp_path: Path):
    def of(*first: EngineEvent) -> Mined:
        folder = tmp_path / str(len(first))
        ordinary = [session(n, says(WISH, person=f"p{n}")) for n in range(1, 4)]
        echoing = [session(n, *first, says("Thank you.")) for n in range(4, 14)]
        return mined(folder, LocalEngine(), *ordinary, *echoing)

    before, after = of(), of(recalls(WISH))
    assert [one.sessions for one in before.measured] == [3]
    assert [one.sessions for one in after.measured] == [3]


# One person's sessions are one person's


def test_five_hundred_sessions_of_one_person_are_one_person(tmp_path: Path):
    sessions = [session(n, says(WISH), principal="eve", agent=f"a{n % 3}") for n in range(1, 501)]
    (one,) = mined(tmp_path, FakeEngine((wish(range(1, 501)),)), *sessions).measured
    assert (one.sessions, one.people, one.principals) == (500, 1, 1)
    assert one.shortfall == "Said by 1 person; 2 are needed."


def test_people_an_engine_makes_up_do_not_count(tmp_path: Path):
    sessions = [session(n, says(WISH, person="eve"), principal="eve") for n in range(1, 11)]
    named = wish(range(1, 11), people=frozenset({"eve", "adam", "person-3"}))
    (one,) = mined(tmp_path, FakeEngine((named,)), *sessions).measured
    assert one.people == 1


def test_people_of_sessions_that_only_repeat_memory_do_not_count(tmp_path: Path):
    sessions = [session(1, says(WISH, person="eve"), principal="eve")]
    sessions += [session(n, recalls(WISH), says("Thanks.", person=f"p{n}")) for n in range(2, 9)]
    named = wish(range(1, 9), people=frozenset({"eve", "p2", "p3", "person-4"}))
    (one,) = mined(tmp_path, FakeEngine((named,)), *sessions).measured
    assert (one.people, one.principals) == (1, 1)


# The parts


def test_words_are_those_of_three_letters_or_more():
    assert find_words("Error #42: ID of Größe_a is not OK") == {"error", "größe_a", "not"}


def test_signs_are_the_words_of_template_statement_and_quotes_each_once():
    signs = read_signs(wish(range(1, 3), Quote("S-1", 0, WISH), Quote("S-2", 0, "42")))
    assert signs == (find_words(WISH),)


def test_a_quote_in_an_event_of_its_own_is_a_showing_whatever_the_words():
    one = session(1, recalls(WISH), says("Kilometres, please."))
    named = wish(range(1, 2), Quote("S-1", 1, "Kilometres"))
    assert find_echoes([named], [one]) == {}
    misplaced = wish(range(1, 2), Quote("S-1", 0, WISH))
    assert find_echoes([misplaced], [one]) == {0: frozenset({"S-1"})}


def test_sessions_no_candidate_names_are_nobodys_echo():
    assert find_echoes([wish(range(1, 2))], [session(9, recalls(WISH))]) == {}


# The whole way, from what an agent read to what its dream says


@pytest.mark.django_db
def test_a_memory_does_not_grow_by_being_repeated(cast: Cast, seat: Seated):
    """Three people's wish is in memory; ten more sessions were given it and only repeat it."""
    forget_contents()
    forget_renderings()
    asked = [session_with(cast, n, WISH, is_given=False) for n in range(3)]
    build.memory(cast.store, "/letters/units.md", f"{WISH}\n")
    repeated = [
        session_with(cast, n, f"As memory says: {WISH}", is_given=True) for n in range(3, 13)
    ]
    everyone = (*asked, *repeated)
    named = replace(
        wish(range(0), Quote(str(asked[0]), 1, WISH)), matched=frozenset(map(str, everyone))
    )
    seat(FakeEngine((named,)))
    pattern = nights.dreamt(cast.store).patterns.get()
    assert (pattern.support, pattern.numbers["people"], pattern.numbers["echoes"]) == (3, 3, 10)


def session_with(cast: Cast, number: int, words: str, *, is_given: bool) -> Session:
    """A session in which a person says these words, after its agent read memory or not."""
    if is_given:
        read_memory(cast.agent, f"letter-{number}", budget_tokens=4_000)
    return build.session(
        cast.agent,
        (build.says("Write to the member."), build.says(words)),
        external_id=f"letter-{number}",
        task_key=f"letter-{number}",
        principal=f"person-{number}",
    )
