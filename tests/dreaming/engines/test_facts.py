from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dreaming.engines.base import Candidate, Dropped, EngineEvent, EngineSession
from dreaming.engines.calls import read_calls
from dreaming.engines.facts import FactLedger
from dreaming.statistics import measure
from tests.dreaming.build_sessions import answers, calls, fails, ledger_of, session
from tests.dreaming.dream_once import canonical_bytes, dream

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)


def find(*sessions: EngineSession) -> tuple[tuple[Candidate, ...], tuple[Dropped, ...]]:
    ledger = FactLedger()
    for one in sessions:
        ledger.read_session(read_calls(one))
    return ledger.summarise(at_least=2)


def facts(*sessions: EngineSession) -> dict[str, str]:
    return {one.template: one.statement for one in find(*sessions)[0]}


def asks(query: str, result: str = "[(1,)]") -> tuple[EngineEvent, ...]:
    is_error = any(sign in result for sign in ("exist", "Unknown", "syntax"))
    return calls("sql", query=query), (fails if is_error else answers)("sql", result)


def select(column: str, table: str) -> str:
    return " ".join(("SELECT", column, "FROM", table))


def no_table(name: str, place: str = "school") -> tuple[EngineEvent, ...]:
    return asks(select("name", name), f"Table '{place}.{name}' doesn't exist")


def no_column(name: str, table: str = "teacher") -> tuple[EngineEvent, ...]:
    return asks(select(name, table), f"Unknown column '{name}' in 'field list'")


def works(table: str = "teacher", column: str = "Name") -> tuple[EngineEvent, ...]:
    return asks(select(column, table))


def ran(number: int, *steps: tuple[EngineEvent, ...], **fields: Any) -> EngineSession:
    fields.setdefault("environment", "school desk")
    return session(number, *(event for step in steps for event in step), **fields)


# What is not there, and what to use


def test_a_table_that_is_not_there_is_said_with_the_one_that_worked_next():
    met = [ran(n, no_table("teachers"), works()) for n in (1, 2)]
    assert facts(*met) == {
        "missing tables in school": (
            "In database `school` there is no table `teachers`: use `teacher`."
        )
    }


def test_names_of_one_place_stand_in_one_text():
    one = ran(1, no_table("teachers"), works(), no_table("lessons"))
    two = ran(2, no_table("teachers"), works(), no_table("tutors"), works())
    assert facts(one, two)["missing tables in school"] == (
        "In database `school` these tables do not exist; where another name is given, use it:\n\n"
        "- `teachers`: use `teacher`\n"
        "- `lessons`, `tutors`"
    )


def test_columns_have_a_line_for_each_table_that_lacks_them():
    steps = (no_table("x"), no_column("teacher_name"), works(), no_column("cost", "course"))
    told = facts(*(ran(n, *steps) for n in (1, 2)))["missing columns in school"]
    assert told == (
        "In database `school` these columns do not exist; where another name is given, use it:\n\n"
        "- `teacher` has no `teacher_name` (use `Name`)\n"
        "- `course` has no `cost`"
    )


def test_a_column_of_two_tables_is_missing_in_both():
    query = "SELECT cost FROM teacher JOIN course"
    step = asks(query, "Unknown column 'cost' in 'field list'")
    told = facts(*(ran(n, no_table("x"), step) for n in (1, 2)))["missing columns in school"]
    assert "`course` has no `cost`" in told
    assert "`teacher` has no `cost`" in told


def test_a_command_that_is_not_installed_is_said_with_the_one_that_did_it():
    met = [
        session(
            n,
            calls("bash", command="rsync -a /a /b"),
            answers("bash", "/bin/bash: line 1: rsync: command not found"),
            calls("bash", command="cp -r /a /b"),
            answers("bash", "copied"),
        )
        for n in (1, 2, 3)
    ]
    assert facts(*met) == {"missing commands": "There is no command `rsync`: use `cp`."}
    assert facts(*met[:2]) == {"missing commands": "There is no command `rsync`."}


@pytest.mark.parametrize(
    "command",
    [
        "I see that `tree` is missing here",
        'ls | grep -v "current|tree|weekly"',
        "tree command1 && command1",
    ],
)
def test_a_word_a_shell_took_for_a_command_is_no_missing_command(command):
    word = "command1" if "command1" in command else "tree"
    met = [
        session(
            n,
            calls("bash", command=command),
            answers("bash", f"/bin/bash: line 1: {word}: command not found"),
        )
        for n in (1, 2)
    ]
    assert facts(*met) == {}


def test_one_session_that_used_another_name_is_no_reliable_name():
    other = [ran(1, no_table("people"), works("course")), ran(2, no_table("people"))]
    assert facts(*other)["missing tables in school"] == (
        "In database `school` there is no table `people`."
    )


def test_a_name_much_alike_needs_one_session_only():
    alike = [ran(1, no_table("teachers"), works()), ran(2, no_table("teachers"))]
    assert "use `teacher`" in facts(*alike)["missing tables in school"]


def test_a_known_name_that_differs_in_its_marks_needs_no_session_after_the_error():
    known = [ran(n, works("tv_show"), no_table("tvshows")) for n in (1, 2)]
    assert "use `tv_show`" in facts(*known)["missing tables in school"]


# What is not stated


def test_a_name_that_worked_is_not_said_to_be_missing():
    met = [ran(n, no_table("teachers"), no_table("tutors")) for n in (1, 2)]
    candidates, dropped = find(*met, ran(3, no_table("x"), works("tutors")))
    assert "tutors" not in candidates[0].statement
    assert (
        Dropped(
            "missing tables in school",
            "Said to be missing, yet used by calls that worked: `tutors` (S-3). Not stated.",
        )
        in dropped
    )


def test_what_worked_before_it_went_missing_speaks_for_nothing():
    old = ran(3, no_table("x"), works("tutors"), started_at=JANUARY)
    met = [ran(n, no_table("tutors"), started_at=JANUARY + timedelta(days=n)) for n in (1, 2)]
    assert "`tutors`" in facts(old, *met)["missing tables in school"]


def test_what_a_session_made_itself_speaks_for_that_session_only():
    made = ran(3, no_table("x"), asks("CREATE TABLE tutors (id int)", "done"), works("tutors"))
    met = [ran(n, no_table("tutors")) for n in (1, 2)]
    assert "`tutors`" in facts(made, *met)["missing tables in school"]


def test_an_answer_that_talks_to_the_caller_is_no_success():
    plea = ran(3, no_table("x"), asks("SELECT 1 FROM tutors", "Format your command as follows."))
    met = [ran(n, no_table("tutors")) for n in (1, 2)]
    assert "`tutors`" in facts(plea, *met)["missing tables in school"]


def test_a_column_that_worked_in_a_join_may_be_the_other_tables():
    join = ran(3, no_table("x"), asks("SELECT cost FROM teacher JOIN course"))
    met = [ran(n, no_table("x"), no_column("cost")) for n in (1, 2)]
    assert "`cost`" in facts(join, *met)["missing columns in school"]


def test_a_column_errors_deny_to_every_table_of_a_join_that_worked_is_not_stated():
    join = ran(3, no_table("x"), asks("SELECT cost FROM teacher JOIN course"))
    met = [ran(n, no_table("x"), no_column("cost"), no_column("cost", "course")) for n in (1, 2)]
    assert "missing columns in school" not in facts(join, *met)


def test_an_error_remembered_from_memory_is_no_evidence():
    error = "Table 'school.teachers' doesn't exist"
    echo = [
        session(n, calls("sql", query="from teachers"), fails("sql", error, remembered=True))
        for n in (1, 2)
    ]
    assert not facts(*echo)


def test_one_session_alone_makes_no_fact():
    assert not facts(ran(1, no_table("teachers"), works()))


# Where it holds


def test_a_column_error_is_placed_by_other_sessions_of_its_task():
    known = [ran(n, no_table("x"), task_key="t") for n in (1, 2)]
    bare = [ran(n, no_column("cost"), task_key="t") for n in (3, 4)]
    assert "`cost`" in facts(*known, *bare)["missing columns in school"]


def test_a_column_error_is_placed_by_the_tables_it_used():
    known = [ran(n, no_table("x"), works()) for n in (1, 2)]
    bare = [ran(n, works(), no_column("cost")) for n in (3, 4)]
    assert "`cost`" in facts(*known, *bare)["missing columns in school"]


def test_where_no_database_can_be_told_nothing_is_said_of_any():
    known = [ran(n, no_table("x")) for n in (1, 2)]
    lost = [ran(n, no_column("cost", "bill")) for n in (3, 4)]
    candidates, dropped = find(*known, *lost)
    assert {one.template for one in candidates} == {"missing tables in school"}
    assert (
        Dropped(
            "what sql said is missing",
            "In which database could not be told: S-3, S-4. Not stated.",
        )
        in dropped
    )


def test_databases_that_never_name_themselves_are_one_place():
    error = "Error: no such table: teachers"
    met = [
        session(n, calls("db", sql="SELECT 1 FROM teachers"), fails("db", error)) for n in (1, 2)
    ]
    assert facts(*met) == {"missing tables": "There is no table `teachers`."}


def test_the_same_name_in_two_databases_is_two_facts():
    here = [ran(n, no_table("teachers", "school")) for n in (1, 2)]
    there = [ran(n, no_table("teachers", "club"), works("teachers")) for n in (3, 4)]
    assert set(facts(*here, *there)) == {"missing tables in school"}


# The candidate


def test_the_key_and_title_stay_when_names_are_added():
    few, _ = find(*(ran(n, no_table("teachers")) for n in (1, 2)))
    more, _ = find(*(ran(n, no_table("teachers"), no_table("tutors")) for n in (1, 2)))
    for one in ("kind", "tool", "template", "scope", "title"):
        assert getattr(few[0], one) == getattr(more[0], one)
    assert few[0].scope == "domain:school desk"
    assert few[0].statement != more[0].statement


def test_those_that_worked_in_the_place_are_exposed_and_those_that_met_it_matched():
    met = [ran(n, no_table("teachers"), task_key="t") for n in (1, 2)]
    quiet = ran(3, works(), task_key="t")
    elsewhere = ran(4, no_table("x", "club"))
    (found,) = (one for one in find(*met, quiet, elsewhere)[0] if one.template.endswith("school"))
    assert found.matched == {"S-1", "S-2"}
    assert found.exposed == {"S-1", "S-2", "S-3"}


def test_names_are_words_of_the_tool_and_taint_the_text():
    (plain,), _ = find(*(ran(n, no_table("teachers")) for n in (1, 2)))
    (fixed,), _ = find(*(ran(n, no_table("teachers"), works()) for n in (1, 2)))
    assert plain.sources == ("tool",)
    assert fixed.sources == ("agent", "tool")


def test_quotes_are_the_error_lines_and_a_call_that_worked():
    sessions = [ran(n, no_table("teachers"), works()) for n in (1, 2)]
    (found,), _ = find(*sessions)
    texts = {(s.id, e.index): e.text for s in sessions for e in s.events}
    assert all(quote.text in texts[quote.session, quote.event] for quote in found.quotes)
    assert [quote.event for quote in found.quotes] == [1, 1, 2]
    assert found.recovered == {"S-1", "S-2"}


def test_a_fact_rests_on_support_and_claims_no_effect():
    sessions = [ran(n, no_table("teachers")) for n in (1, 2, 3)]
    candidates, _ = find(*sessions)
    (one,) = measure(candidates, ledger_of(sessions))
    assert (one.candidate.claim, one.sessions, one.shortfall) == ("", 3, "")


def test_the_order_of_sessions_changes_nothing():
    sessions = [
        ran(n, no_table("teachers"), no_column("cost"), works(), no_table(f"t{n % 3}"))
        for n in range(1, 9)
    ]
    assert find(*sessions) == find(*sessions[::-1])


def test_a_masked_mistake_and_the_fact_are_both_proposed():
    sessions = [
        ran(n, no_table(f"teacher{'abc'[n % 3]}"), no_table("teachers"), works())
        for n in range(1, 7)
    ]
    dreamt = dream(sessions)
    kinds = {change.pattern.kind for change in dreamt.consolidated.changes if change.pattern}
    assert {"fact", "mistake"} <= kinds
    assert canonical_bytes(dreamt) == canonical_bytes(dream(sessions[::-1]))
