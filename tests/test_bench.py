"""The bench's own frame: budgets, tables and the file for programs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from agents.models import MemoryRead
from dreaming.models import Dream
from reviews.audit.actions import Action
from reviews.audit.models import Entry
from reviews.models import Proposal
from tests.bench import dream, log, machine, memory, rows, sessions
from tests.bench.lines import at_least, at_most, percentile, table, told, write_json
from tests.measure import ROOT


@pytest.mark.parametrize(("value", "ok"), [(4.9, True), (5.0, True), (5.1, False)])
def test_a_time_is_well_up_to_its_budget(value: float, ok: bool):
    assert at_most("start", "x", value, "s", 5.0).ok is ok


@pytest.mark.parametrize(("value", "ok"), [(99.0, False), (100.0, True), (101.0, True)])
def test_a_rate_is_well_from_its_budget_on(value: float, ok: bool):
    assert at_least("decide", "x", value, "1/s", 100.0).ok is ok


def test_a_number_without_budget_is_only_told():
    assert told("ingest", "floor", 1.0, "1/s").budget is None


def test_the_95th_percentile_leaves_out_the_slowest_five():
    assert percentile(range(1, 101), 0.95) == 96
    assert percentile([7.0], 0.95) == 7.0


def test_what_is_over_budget_is_marked_in_the_table():
    shown = table([at_most("start", "slow", 9, "s", 5), at_most("start", "quick", 1, "s", 5)])
    assert [line[:3] for line in shown.splitlines()] == ["NOT", "ok "]


def test_the_file_for_programs_has_the_agreed_keys(tmp_path: Path):
    write_json([at_most("start", "x", 1.23456, "s", 5)], tmp_path / "bench.json")
    assert json.loads((tmp_path / "bench.json").read_text()) == [
        {"part": "start", "name": "x", "value": 1.235, "unit": "s", "budget": 5, "ok": True}
    ]


def test_the_machines_own_speed_is_told_without_a_budget(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machine, "OBJECTS", 20_000)
    short = machine.speed().value
    monkeypatch.setattr(machine, "OBJECTS", 200_000)
    assert 0 < short < machine.speed().value
    assert (machine.speed().unit, machine.speed().budget) == ("ms", None)


def test_the_machine_is_measured_on_both_sides_of_what_is_timed(monkeypatch: pytest.MonkeyPatch):
    said: list[str] = []

    def tell(what: str) -> int:
        said.append(what)
        return len(said)

    monkeypatch.setattr(machine, "ROUNDS", 2)
    monkeypatch.setattr(machine, "objects_ms", lambda: tell("machine"))
    assert machine.meanwhile(lambda: tell("act")) == (3, 4)
    assert said == ["machine", "machine", "act", "machine", "machine"]


def test_an_unknown_part_is_refused_with_the_known_ones():
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "nothing"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Known:" in done.stderr
    assert "start" in done.stderr


def test_the_raw_way_writes_the_same_rows(transactional_db, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BENCH_ON", "here")
    measured = {line.name: line for line in sessions.measure_here(sessions=20)}
    assert measured["ingest of 1 KB events, here"].value > 0
    assert [line.budget for line in measured.values() if line.budget] in ([0.2], [0.25])


def test_an_entry_is_measured_against_the_same_change_without(
    transactional_db, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("BENCH_ON", "here")
    lines = list(log.measure_cost(rows.make_place(), pairs=3))
    assert [line.budget for line in lines] == [None, 1.0]
    assert Entry.objects.filter(action=Action.AGENT_CHANGED).count() == 13


def test_a_read_is_measured_new_again_and_unchanged(
    transactional_db, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("BENCH_ON", "here")
    lines = list(memory.measure_here(memories=3))
    assert [line.budget for line in lines] == [15.0, None] * 3
    assert MemoryRead.objects.count() == 66


def test_the_nights_of_the_bench_have_patterns_to_file(
    transactional_db, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("BENCH_ON", "here")
    monkeypatch.setattr(dream, "TIMES", 1)
    lines = list(dream.measure_here(sessions=40))
    assert [line.budget for line in lines if line.unit == "s" and line.budget] == [0.16, 0.32]
    assert lines[-1].budget == 2.6
    assert sorted(Dream.objects.values_list("sessions_read", flat=True)) == [40, 80]
    assert Proposal.objects.exists()


def test_a_session_of_the_bench_has_thirty_events_and_ten_kilobytes():
    nights = list(dream.nights(30))
    assert {len(night.events) for night in nights} == {30}
    sizes = [sum(len(event.text) for event in night.events) for night in nights]
    assert 9_000 < sum(sizes) / len(sizes) < 11_000
    assert len({night.events[0].text for night in nights}) == 30
