"""The table of a dream's sessions: which of them are alike, and which are peers."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from dreaming.tables import NOWHERE, LedgerRow, Partition, Table
from tests.dreaming.build_sessions import row


def groups(table: Table, partition: Partition) -> set[frozenset[str]]:
    """The sessions of each stratum, by id."""
    found: dict[int, set[str]] = {}
    for one, stratum in zip(table.rows, partition.strata, strict=True):
        if stratum != NOWHERE:
            found.setdefault(stratum, set()).add(one.id)
    return {frozenset(names) for names in found.values()}


def ids(*numbers: int) -> frozenset[str]:
    return frozenset(f"S-{number}" for number in numbers)


# Alike


def test_sessions_of_one_task_are_alike():
    table = Table([row(1, task_key="a"), row(2, task_key="a"), row(3, task_key="b")])
    assert groups(table, table.alike) == {ids(1, 2), ids(3)}


def test_equal_task_keys_of_two_fields_are_two_tasks():
    rows = [row(n, task_key="1", domain=domain) for n, domain in ((1, "x"), (2, "x"), (3, "y"))]
    rows.append(row(4, task_key="1", domain="y"))
    table = Table(rows)
    assert groups(table, table.alike) == {ids(1, 2), ids(3, 4)}


def test_sessions_without_a_task_are_alike_to_none():
    table = Table([row(1, task_key="a"), row(2, task_key="a"), row(3, task_key="")])
    assert ids(3) in groups(table, table.alike)


@pytest.mark.parametrize("task_key", ["", None])
def test_where_tasks_do_not_repeat_sessions_of_an_agent_are_alike(task_key: str | None):
    key = {} if task_key is None else {"task_key": task_key}
    table = Table([row(n, agent="ab"[n % 2], **key) for n in range(4)])
    assert groups(table, table.alike) == {ids(0, 2), ids(1, 3)}
    assert table.name_way([0, 1]) == "agent"


@pytest.mark.parametrize(("repeated", "way"), [(2, "task"), (0, "agent")])
def test_one_session_in_ten_of_a_repeated_task_is_enough(repeated: int, way: str):
    rows = [row(n, task_key="again") for n in range(repeated)]
    rows += [row(n) for n in range(repeated, 20)]
    assert Table(rows).name_way(range(20)) == way


def test_sessions_with_unknown_ends_repeat_no_task():
    rows = [row(1, task_key="a"), row(2, "unknown", task_key="a"), row(3)]
    assert Table(rows).repeating == frozenset()


def test_each_field_is_compared_in_its_own_way():
    rows = [row(n, task_key="a", domain="x") for n in (1, 2)]
    rows += [row(n, domain="y") for n in (3, 4)]
    table = Table(rows)
    assert table.repeating == {"x"}
    assert table.name_way(range(4)) == "both"
    assert table.name_way([]) == ""


# Peers


def test_peers_are_one_agents_sessions_on_tasks_about_as_hard():
    """Two others judge each task: a, b and c fail for both, d and e for neither."""
    rows: list[LedgerRow] = []
    for agent in ("x", "y", "z"):
        for task in "abcde":
            verdict = "failure" if task in "abc" else "success"
            rows.append(row(len(rows), verdict, agent=agent, task_key=task))
    table = Table(rows)
    of_x = {group for group in groups(table, table.peers) if "S-0" in group or "S-3" in group}
    assert of_x == {ids(0, 1, 2), ids(3, 4)}


def test_how_an_agent_did_itself_says_nothing_of_how_hard_its_task_is():
    def peers(verdict: str) -> set[frozenset[str]]:
        rows = [row(1, verdict, agent="x", task_key="a"), row(2, agent="y", task_key="a")]
        rows += [row(3, agent="x", task_key="b"), row(4, agent="y", task_key="b")]
        table = Table(rows)
        return {group for group in groups(table, table.peers) if "S-1" in group}

    assert peers("failure") == peers("success") == {ids(1, 3)}


def test_a_task_no_other_agent_tried_has_no_peers():
    rows = [row(1, agent="x", task_key="a"), row(2, agent="y", task_key="a")]
    rows += [row(3, agent="x", task_key="own"), row(4, agent="x", task_key="own")]
    table = Table(rows)
    assert [table.peers.strata[table.places[name]] for name in ("S-3", "S-4")] == [NOWHERE] * 2
    assert NOWHERE not in table.peers.count(range(4))


def test_where_one_agent_works_alone_its_runs_of_a_task_are_peers():
    rows = [row(n, agent="x", domain="d", task_key="ab"[n % 2]) for n in range(4)]
    rows += [row(n, agent="y", domain="e", task_key="c") for n in (4, 5)]
    table = Table(rows)
    assert groups(table, table.peers) == {ids(0, 2), ids(1, 3), ids(4, 5)}


def test_every_stratum_of_peers_is_of_one_agent():
    rows = [row(n, agent="xyz"[n % 3], task_key=f"t{n % 7}", domain="de"[n % 2]) for n in range(84)]
    table = Table(rows)
    for one, stratum in zip(table.rows, table.peers.strata, strict=True):
        assert stratum == NOWHERE or table.peers.agents[stratum] == one.agent


# Counting


def test_a_session_is_found_by_its_id_and_field():
    table = Table([row(1, domain="x"), row(2, domain="y")])
    assert [table.rows[place].id for place in table.find(["S-1", "S-2", "S-9"], None)] == [
        "S-1",
        "S-2",
    ]
    assert [table.rows[place].id for place in table.find(["S-1", "S-2"], "y")] == ["S-2"]


def test_the_order_of_rows_does_not_matter():
    rows = [row(n, task_key=f"t{n % 3}", agent="ab"[n % 2]) for n in range(30)]
    forward, backward = Table(rows), Table(rows[::-1])
    assert forward.rows == backward.rows
    assert forward.peers.strata == backward.peers.strata


def test_strata_hold_both_sides_and_their_failures():
    rows = [row(1, task_key="a"), row(2, "success", task_key="a"), row(3, task_key="a")]
    rows += [row(4, "unknown", task_key="a"), row(5, task_key="b"), row(6, task_key="b")]
    table = Table(rows)
    sample = table.sample(None, None)
    known_with = table.find(["S-1", "S-2"], None)
    split = sample.split(table.alike, known_with, table.failed_of(known_with))
    assert list(split.values()) == [(2, 1, 1, 1)]
    assert sample.tally(table.alike, known_with, table.failed_of(known_with)) == {(2, 1, 1, 1): 1}
    assert (sample.of, sample.size, sample.failed) == (6, 5, 4)


def test_days_are_those_of_utc():
    late = datetime(2026, 6, 3, 23, 30, tzinfo=timezone(-timedelta(hours=2)))
    table = Table([row(1, started_at=late), row(2)])
    assert table.days == [datetime(2026, 6, 4, tzinfo=UTC).toordinal(), 0]
