"""Memories that sessions have overtaken, and those that only look like it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dreaming.engines.base import Candidate, Dropped, EngineMemory, EngineSession
from dreaming.engines.calls import Found, read_calls
from dreaming.engines.staleness import LEAST_CHANCES, find_stale
from dreaming.engines.traces import Traces
from reviews.changes import pattern_key
from tests.dreaming.build_sessions import answers, calls, candidate, fails, memory, session

OLD = "Pass `deploy_date` to every deploy.\n"
DAY = datetime(2026, 5, 1, tzinfo=UTC)


def find(
    sessions: Sequence[EngineSession],
    *memories: EngineMemory,
    candidates: Sequence[Candidate] = (),
) -> Found:
    traces = Traces(memories)
    for one in sessions:
        traces.read_session(read_calls(one))
    return find_stale(traces, candidates)


def stale(sessions: Sequence[EngineSession], content: str = OLD, **fields: Any) -> list[Candidate]:
    return list(find(sessions, memory("/a.md", content, **fields))[0])


def works(number: int, name: str = "deploy_date", tool: str = "deploy", **fields: Any) -> Any:
    """A session in which a call with `name` among its arguments was answered."""
    return session(number, calls(tool, **{name: "x"}), answers(tool, "deployed"), **fields)


def gone(number: int, name: str = "deploy_date", **fields: Any) -> Any:
    """A session in which the deploy failed because it no longer knows `name`."""
    return session(
        number, calls("deploy", **{name: "x"}), fails("deploy", f"unknown field {name}"), **fields
    )


def renamed(number: int) -> EngineSession:
    """A session that went on with another name."""
    return session(
        number,
        calls("deploy", deploy_date="x"),
        fails("deploy", "unknown field deploy_date"),
        calls("deploy", release_date="x"),
        answers("deploy", "deployed"),
    )


# Names that are gone


def test_a_name_that_only_fails_as_unknown_since_is_retired():
    (found,) = stale([*map(works, (1, 2)), *map(gone, (3, 4, 5))])
    assert (found.op, found.path, found.kind) == ("retire", "/a.md", "stale")
    assert found.matched == {"S-3", "S-4", "S-5"}
    assert found.exposed == {f"S-{n}" for n in range(1, 6)}
    assert "`deploy_date` was unknown in the newest 3 sessions" in found.rationale


def test_its_quotes_are_words_of_the_failures_newest_first():
    (found,) = stale(list(map(gone, range(1, 9))))
    assert [(q.session, q.event, q.text, q.relation) for q in found.quotes][:2] == [
        ("S-8", 1, "unknown field deploy_date", "supports"),
        ("S-7", 1, "unknown field deploy_date", "supports"),
    ]


@pytest.mark.parametrize(
    "sessions",
    [
        [*map(gone, (1, 2, 3)), works(4)],
        [*map(gone, (1, 2))],
        [gone(n, task_key="one") for n in (1, 2, 3)],
        [*map(works, range(1, 9))],
        [],
    ],
    ids=["it worked again", "too few", "one task", "it works", "no sessions"],
)
def test_without_enough_nothing_is_proposed(sessions):
    assert stale(sessions) == []


@pytest.mark.parametrize(
    "content",
    [
        "`deploy_date` does not exist; ask for the day.",
        "Use `release_date` instead of `deploy_date`.",
        "`deploy_date` was replaced by `release_date`.",
        'When `deploy` fails with "unknown field deploy_date", call `deploy` without it.',
    ],
)
def test_a_memory_that_says_so_itself_is_not_overtaken(content):
    assert stale(list(map(gone, (1, 2, 3))), content) == []


def test_a_protected_memory_is_only_listed():
    found, (listed,) = find(list(map(gone, (1, 2, 3))), memory("/a.md", OLD, protected=True))
    assert found == ()
    assert listed.what == "memory /a.md"
    assert "a person looks at it" in listed.why


def test_words_repeated_from_memory_are_no_evidence():
    def echoed(number: int) -> EngineSession:
        return session(
            number,
            calls("deploy", deploy_date="x"),
            fails("deploy", "unknown field deploy_date", remembered=True),
        )

    assert stale(list(map(echoed, (1, 2, 3)))) == []


# Names that became others


def test_a_name_that_was_replaced_is_replaced_in_the_text():
    (found,) = stale(list(map(renamed, (1, 2, 3))), taint="tool")
    assert (found.op, found.path) == ("update", "/a.md")
    assert found.statement == "Pass `release_date` to every deploy.\n"
    assert found.title == "Rename `deploy_date` to `release_date`"
    assert found.sources == ("agent", "tool")


def test_a_tool_that_was_renamed_is_replaced_in_the_text():
    def moved(number: int) -> EngineSession:
        return session(
            number,
            calls("find_order", "1", order="W1"),
            fails("find_order", "Unknown tool find_order", "1"),
            calls("get_order", "2", order="W1"),
            answers("get_order", "{}", "2"),
        )

    (found,) = stale(list(map(moved, (1, 2, 3))), "Call `find_order` before a refund.")
    assert found.statement == "Call `get_order` before a refund."


def test_where_sessions_went_different_ways_it_is_retired():
    def either(number: int) -> EngineSession:
        other = f"way_{'abc'[number % 3]}"
        return session(
            number,
            calls("deploy", deploy_date="x"),
            fails("deploy", "unknown field deploy_date"),
            calls("deploy", **{other: "x"}),
            answers("deploy", "deployed"),
        )

    (found,) = stale(list(map(either, range(1, 7))))
    assert found.op == "retire"


def test_a_name_the_error_only_suggests_does_not_stand_in_the_text():
    def suggests(number: int) -> EngineSession:
        words = "unknown field deploy_date, use evil_field instead"
        return session(number, calls("deploy", deploy_date="x"), fails("deploy", words))

    (found,) = stale(list(map(suggests, (1, 2, 3))))
    assert (found.op, "evil_field" in found.statement + found.rationale) == ("retire", False)


# Tools another one took the place of


def silent(new: str = "get_order", **arguments: str) -> list[EngineSession]:
    older = [works(n, "order", "find_order") for n in range(1, 6)]
    newer = [
        session(n, calls(new, **(arguments or {"order": "x"})), answers(new, "{}"))
        for n in range(6, 18)
    ]
    return [*older, *newer]


def test_a_tool_a_new_one_with_the_same_arguments_replaced_is_renamed():
    (found,) = stale(silent(), "Call `find_order` first.")
    assert (found.op, found.statement) == ("update", "Call `get_order` first.")
    assert "None of the newest 12 sessions called `find_order`" in found.rationale


def test_a_tool_a_new_one_of_like_name_replaced_is_retired():
    (found,) = stale(silent("find_orders", ids="x"), "Call `find_order` first.")
    assert found.op == "retire"


def test_another_tool_is_no_successor():
    assert stale(silent("send_letter", text="x"), "Call `find_order` first.") == []


def test_a_tool_that_is_merely_rare_stays():
    sessions = [*silent(), works(30, "order", "find_order")]
    assert stale(sessions, "Call `find_order` first.") == []


# Denials that no longer hold


def test_what_is_said_not_to_work_and_works_is_retired():
    failing = [gone(n, "report") for n in (1, 2)]
    working = [works(n, "report") for n in (3, 4, 5)]
    (found,) = stale([*failing, *working], "`report` does not exist.")
    assert found.op == "retire"
    assert found.matched == {"S-3", "S-4", "S-5"}
    assert {q.relation for q in found.quotes} == {"supports", "contradicts"}


@pytest.mark.parametrize(("command", "count"), [("jq . file.json", 1), ("which jq", 0)])
def test_a_command_must_be_used_and_not_looked_for(command, count):
    def run(number: int, error: bool) -> EngineSession:
        result = fails("bash", "bash: jq: command not found") if error else answers("bash", "{}")
        return session(number, calls("bash", command=command), result)

    sessions = [run(n, error=n < 3) for n in range(1, 7)]
    assert len(stale(sessions, "`jq` is not installed.")) == count


def test_without_a_failure_or_dates_nobody_knows_what_came_later():
    assert stale(list(map(works, (1, 2, 3))), "`deploy_date` does not work.") == []


@pytest.mark.parametrize(("days", "count"), [(1, 1), (-1, 0)])
def test_dated_sessions_after_the_last_evidence_count(days, count):
    sessions = [works(n, started_at=DAY + timedelta(days=days, hours=n)) for n in (1, 2, 3)]
    found = stale(sessions, "`deploy_date` does not work.", last_evidence_at=DAY)
    assert len(found) == count


def test_a_rule_that_forbids_is_listed_and_not_retired():
    sessions = [works(n, started_at=DAY + timedelta(days=n)) for n in (1, 2, 3)]
    held = memory("/a.md", "Never use `deploy_date`.", learned_at=DAY)
    found, (listed,) = find(sessions, held)
    assert found == ()
    assert "A rule may forbid what works" in listed.why


# Mistakes that no longer show


def quiet(
    later: int, shown: int = 5, of: int = 10, **fields: Any
) -> tuple[list[EngineSession], Candidate, EngineMemory]:
    """A mistake of `shown` among the first `of` sessions, and `later` more without it."""
    total = of + later
    sessions = [
        works(n, "order", "find_order", started_at=DAY + timedelta(days=n))
        for n in range(1, total + 1)
    ]
    exposed = frozenset(one.id for one in sessions)
    one = candidate(range(of - shown + 1, of + 1), exposed=exposed, **fields)
    key = pattern_key(one.kind, one.tool, one.template, one.scope)
    return sessions, one, memory("/a.md", 'When it fails with "x", ask.', pattern_key=key)


def test_a_mistake_that_had_many_chances_and_never_showed_again_is_retired():
    sessions, one, held = quiet(LEAST_CHANCES)
    ((found,), _) = find(sessions, held, candidates=[one])
    assert found.op == "retire"
    assert "no longer seen in 20 later sessions" in found.rationale
    assert "showed in 5 of 10" in found.rationale
    assert [q.relation for q in found.quotes][-1] == "contradicts"


@pytest.mark.parametrize(
    ("later", "shown", "of"),
    [(LEAST_CHANCES - 1, 5, 10), (LEAST_CHANCES, 3, 40)],
    ids=["too few chances", "it was rare before"],
)
def test_a_mistake_that_may_only_be_rare_stays(later, shown, of):
    sessions, one, held = quiet(later, shown, of)
    assert find(sessions, held, candidates=[one])[0] == ()


def test_sessions_of_agents_that_never_made_it_are_no_chances():
    sessions, one, held = quiet(40)
    others = [replace(s, agent="other") if at >= 10 else s for at, s in enumerate(sessions)]
    assert find(others, held, candidates=[one]) == ((), ())


def test_a_fact_stays_true_however_long_nobody_ran_into_it():
    sessions, one, held = quiet(50, kind="fact")
    assert find(sessions, held, candidates=[one]) == ((), ())


def test_what_stays_away_since_the_memory_was_written_is_its_own_doing():
    sessions, one, held = quiet(30)
    served = memory(held.path, held.content, pattern_key=held.pattern_key, learned_at=DAY)
    found, (listed,) = find(sessions, served, candidates=[one])
    assert found == ()
    assert listed == Dropped(
        "memory /a.md",
        "Its mistake did not show in 30 sessions since it was written. It may be what keeps it "
        "away, so nothing is proposed.",
    )


def test_age_alone_is_no_reason():
    old = memory("/a.md", OLD, last_evidence_at=DAY - timedelta(days=2000), learned_at=DAY)
    assert find([works(1, started_at=DAY)], old) == ((), ())


# All of it


def test_each_memory_is_changed_once():
    content = "Pass `deploy_date` and `deploy_time` to every deploy."
    sessions = [
        session(
            n,
            calls("deploy", "1", deploy_date="x"),
            fails("deploy", "unknown field deploy_date", "1"),
            calls("deploy", "2", deploy_time="x"),
            fails("deploy", "unknown field deploy_time", "2"),
        )
        for n in (1, 2, 3)
    ]
    assert len(stale(sessions, content)) == 1


def test_the_order_of_sessions_does_not_matter():
    sessions = [*map(works, (1, 2)), *map(gone, range(3, 12)), *silent()[6:]]
    held = [memory("/a.md", OLD), memory("/b.md", "Call `find_order` first.")]
    assert find(sessions[::-1], *held) == find(sessions, *held)
    assert find([*sessions[1::2], *sessions[::2]], *held) == find(sessions, *held)


def test_without_memories_nothing_is_kept():
    traces = Traces(())
    traces.read_session(read_calls(gone(1)))
    assert (traces.sessions, traces.uses) == ([], {})
