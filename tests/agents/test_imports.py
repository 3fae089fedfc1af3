"""Verbs: sessions from files and folders."""

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from agents.errors import InvalidInput
from agents.imports import check_source, find_files, import_files, open_sources, read_source
from agents.models import Agent, MemoryStore, Session
from agents.transcripts.base import Refused, UnknownTranscriptFormat
from agents.transcripts.registry import parser_for
from reviews.audit.models import Entry
from reviews.audit.values import open_values
from tests import build, independent_counts, pack

EXPECTED = {
    "tau_airline__gpt-4o__4trials.json.gz": (100, 0, 2598, 590, 31),
    "tau_retail__assertions-agent-no-postcondition.json.gz": (52, 4, 1242, 294, 14),
    "tau_retail__assertions-agent.json.gz": (52, 17, 937, 251, 11),
    "tau_retail__tool-calling-baseline.json.gz": (52, 0, 1491, 395, 19),
    "tau_retail__tool-calling-with-preconditions.json.gz": (52, 0, 1555, 434, 10),
}
COUNTED = ("sessions", "not_agent_fault", "events", "tool_calls", "tool_errors")


@pytest.fixture
def workspace(db):
    return build.workspace()


def line(external_id, **fields):
    """One session as a line of the daybreak format."""
    event = {"kind": "message", "role": "user", "text": "Hello."}
    return json.dumps({"external_id": external_id, "events": [event], **fields})


def load(workspace, path, format_name="daybreak", **how):
    return import_files(workspace, path, format_name=format_name, **how)


def test_a_file_names_the_agent_and_the_import_creates_it_with_its_store(workspace, tmp_path):
    file = tmp_path / "Refund Desk.jsonl"
    file.write_text(f"{line('a')}\n{line('b')}\n", encoding="utf-8")
    imported = load(workspace, file)
    assert imported.totals.added == 2
    assert Agent.objects.get().slug == "refund-desk"
    assert MemoryStore.objects.filter(agent__slug="refund-desk").exists()


def test_a_session_that_names_its_agent_is_that_agents(workspace, tmp_path):
    file = tmp_path / "all.jsonl"
    file.write_text(f"{line('a', agent='one')}\n{line('a', agent='two')}\n", encoding="utf-8")
    load(workspace, file)
    assert set(Session.objects.values_list("agent__slug", flat=True)) == {"one", "two"}


def test_the_agent_that_is_given_is_everybodys(workspace, tmp_path):
    file = tmp_path / "all.jsonl"
    file.write_text(f"{line('a', agent='one')}\n{line('b')}\n", encoding="utf-8")
    load(workspace, file, agent="mine")
    assert set(Session.objects.values_list("agent__slug", flat=True)) == {"mine"}


def test_an_agent_that_is_there_is_not_made_again(workspace, tmp_path):
    existing = build.agent(workspace, "mine")
    file = tmp_path / "all.jsonl"
    file.write_text(line("a"), encoding="utf-8")
    load(workspace, file, agent="mine")
    assert Session.objects.get().agent == existing


def test_a_folder_is_read_to_its_last_file_in_order_without_hidden_ones(workspace, tmp_path):
    for name in ("b.jsonl", "a.jsonl", "deep/c.jsonl", ".hidden.jsonl", ".git/d.jsonl"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(line(name.replace("/", "-")), encoding="utf-8")
    assert [path.name for path in find_files(tmp_path)] == ["a.jsonl", "b.jsonl", "c.jsonl"]
    assert load(workspace, tmp_path).totals.added == 3


def test_a_broken_file_is_one_refusal_and_the_others_go_in(workspace, tmp_path):
    (tmp_path / "a.jsonl").write_text(line("a"), encoding="utf-8")
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(line("b").encode())[:-12])
    (tmp_path / "c.jsonl").write_text(f"{{broken\n{line('c')}", encoding="utf-8")
    imported = load(workspace, tmp_path)
    assert imported.totals.added == 2
    assert [(record.file, record.position) for record in imported.refused] == [
        ("b.jsonl.gz", 0),
        ("c.jsonl", 0),
    ]


def test_a_record_no_agent_can_be_named_for_is_refused(workspace, tmp_path):
    file = tmp_path / "all.jsonl"
    file.write_text(line("a"), encoding="utf-8")
    imported = load(workspace, file, agent="shared")
    assert imported.totals.added == 0
    assert "shared" in imported.refused[0].reason


def test_an_empty_file_is_nothing_and_no_fault(workspace, tmp_path):
    file = tmp_path / "none.jsonl"
    file.write_bytes(b"")
    imported = load(workspace, file)
    assert (imported.totals.sessions, imported.refused) == (0, [])


def pack_files(path, *members):
    """Write a tar archive: (name, content), or (name, content, fields of its header)."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content, *fields in members:
            header = tarfile.TarInfo(name)
            header.size = len(content)
            for field, value in dict(*fields).items():
                setattr(header, field, value)
            archive.addfile(header, io.BytesIO(content.encode()))
    return path


def test_an_archive_is_read_file_by_file(workspace, tmp_path):
    path = pack_files(
        tmp_path / "runs.tar.gz", ("x/one.jsonl", line("a")), ("two.jsonl", line("b"))
    )
    imported = load(workspace, path)
    assert (imported.totals.added, imported.files, imported.refused) == (2, 2, [])
    assert set(Agent.objects.values_list("slug", flat=True)) == {"one", "two"}


def test_archives_among_the_files_of_a_folder_are_read_too(workspace, tmp_path):
    (tmp_path / "a.jsonl").write_text(line("a"), encoding="utf-8")
    pack_files(tmp_path / "b.tgz", ("b.jsonl", line("b")))
    assert load(workspace, tmp_path).totals.added == 2


def test_one_unreadable_file_of_an_archive_is_one_refusal(workspace, tmp_path):
    path = pack_files(
        tmp_path / "runs.tar.gz",
        ("a.jsonl", line("a")),
        ("x/b.jsonl", "{broken"),
        ("c.jsonl", "\x1f\x8bnothing"),
        ("d.jsonl", line("d")),
    )
    imported = load(workspace, path)
    assert imported.totals.added == 2
    assert [(record.file, record.position) for record in imported.refused] == [
        ("runs.tar.gz/x/b.jsonl", 0),
        ("runs.tar.gz/c.jsonl", 0),
    ]


def test_links_and_climbing_names_of_an_archive_bring_nothing_in(workspace, tmp_path):
    outside = tmp_path / "outside.jsonl"
    outside.write_text(line("secret"), encoding="utf-8")
    inside = tmp_path / "in"
    inside.mkdir()
    link = {"type": tarfile.SYMTYPE, "linkname": str(outside)}
    path = pack_files(
        inside / "runs.tar.gz",
        ("link.jsonl", "", link),
        ("../climb.jsonl", line("b")),
        (str(tmp_path / "absolute.jsonl"), line("c")),
    )
    imported = load(workspace, path)
    assert list(Session.objects.values_list("external_id", flat=True)) == ["c"]
    assert imported.refused == []
    assert sorted(found.name for found in tmp_path.iterdir()) == ["in", "outside.jsonl"]


def test_an_archive_that_breaks_off_keeps_what_came_before(workspace, tmp_path):
    path = pack_files(tmp_path / "runs.tar.gz", ("a.jsonl", line("a")), ("b.jsonl", line("b")))
    packed = gzip.decompress(path.read_bytes())[: 512 * 3]
    path.write_bytes(gzip.compress(packed))
    imported = load(workspace, path)
    assert imported.totals.added == 1
    files = [record.file for record in imported.refused]
    assert files == ["runs.tar.gz/b.jsonl", "runs.tar.gz"]


def test_what_is_no_archive_is_refused_by_its_name(workspace, tmp_path):
    path = tmp_path / "runs.tar.gz"
    path.write_bytes(b"no archive")
    (refused,) = load(workspace, path).refused
    assert (refused.file, refused.position) == ("runs.tar.gz", 0)
    assert "The archive cannot be read" in refused.reason


def test_a_file_that_cannot_be_opened_is_refused_by_its_name(workspace, tmp_path):
    (tmp_path / "a.jsonl").write_text(line("a"), encoding="utf-8")
    file = tmp_path / "b.jsonl"
    sources = list(open_sources([file], tmp_path))
    assert [(source.name, source.fault != "") for source in sources] == [("b.jsonl", True)]
    assert isinstance(next(read_source(sources[0], parser_for("daybreak"))), Refused)


CASE = {
    "task_id": "task1_1",
    "prompt": "Look.",
    "instruction": "Look.",
    "correct": True,
    "turns": [{"action_kind": "finish", "agent_reply": "FINISH([1])"}],
}
QUERY = {
    "environment": "ic_sql",
    "task_id": 3,
    "query": "How many?",
    "turn_history": {"actions": ["SELECT 1"], "observations": ["[(1,)]"]},
    "summary": {"max_reward": 1.0},
}


@pytest.mark.parametrize(
    ("format_name", "name", "record", "slug"),
    [
        ("medagentbench", "ward_v2/task1_1.json", CASE, "ward-v2"),
        (
            "intercode",
            "gpt-3.5/ic_sql_react_10_turns.json",
            {"3": QUERY},
            "sql-gpt-3-5-react-10-turns",
        ),
    ],
)
def test_a_file_names_its_agent_however_it_comes_in(
    workspace, tmp_path, monkeypatch, format_name, name, record, slug
):
    file = tmp_path / "runs" / name
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(record), encoding="utf-8")
    whole = pack_files(tmp_path / "whole.tar.gz", (f"runs/{name}", json.dumps(record)))
    folder, base = name.split("/")
    flat = pack_files(tmp_path / f"{folder}.tgz", (base, json.dumps(record)))
    monkeypatch.chdir(file.parent)
    paths = [file, file.parent, tmp_path / "runs", whole, flat, Path(base), Path()]
    standings = [load(workspace, path, format_name).totals for path in paths]
    assert [(totals.added, totals.unchanged) for totals in standings] == [(1, 0)] + [(0, 1)] * 6
    assert list(Agent.objects.values_list("slug", flat=True)) == [slug]


def test_sessions_of_many_files_stay_apart_under_one_agent(workspace, tmp_path):
    members = [(f"m{n}/ic_sql_react_10_turns.json", json.dumps({"3": QUERY})) for n in range(3)]
    path = pack_files(tmp_path / "sql.tar.gz", *members)
    assert load(workspace, path, "intercode", agent="mine").totals.added == 3


def test_a_path_with_nothing_there_is_refused_by_name(tmp_path):
    with pytest.raises(InvalidInput, match="nowhere"):
        check_source(tmp_path / "nowhere", "daybreak")


def test_an_unknown_format_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(UnknownTranscriptFormat, match="tau"):
        check_source(tmp_path, "tua")


def test_the_log_says_that_an_import_ended_and_how(workspace, tmp_path):
    file = tmp_path / "Mia's sessions.jsonl"
    file.write_text(f"{line('a')}\n7\n", encoding="utf-8")
    load(workspace, file)
    entry = Entry.objects.get(action="import.completed")
    body = json.loads(entry.body)
    assert body["after"] == {
        "added": 1,
        "characters_replaced": 0,
        "files": 1,
        "refused": 1,
        "revised": 0,
        "secrets_removed": 0,
        "unchanged": 0,
    }
    assert open_values(body["values"]) == {"source": "Mia's sessions.jsonl"}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_counts_of_a_real_file_are_those_counted_another_way(workspace, name):
    path = pack.require(name)
    totals = load(workspace, path, "tau").totals
    found = {kind: getattr(totals, kind) for kind in COUNTED}
    assert tuple(found.values()) == EXPECTED[name]
    assert found == independent_counts.count_file(path)
    assert totals.refused == []


def test_real_files_imported_twice_add_nothing(workspace):
    paths = [pack.require(name) for name in EXPECTED]
    first = [load(workspace, path, "tau").totals for path in paths]
    second = [load(workspace, path, "tau").totals for path in paths]
    assert sum(totals.added for totals in first) == 308
    assert [(t.added, t.revised, t.unchanged) for t in second] == [
        (0, 0, totals.sessions) for totals in first
    ]
    assert [t.events for t in second] == [t.events for t in first]


BENCHMARKS = {
    "whissle_medagentbench.tar.gz": ("medagentbench", (129, 4, 654, 320, 11)),
    "tau2_airline__whissle.json.gz": ("tau2", (25, 0, 604, 134, 9)),
    "intercode_bash.tar.gz": ("intercode", (883, 0, 12783, 5608, 2282)),
}


@pytest.mark.parametrize("name", BENCHMARKS)
def test_real_files_of_other_benchmarks_are_counted_and_added_once(workspace, name):
    format_name, expected = BENCHMARKS[name]
    first, second = (load(workspace, pack.require(name), format_name) for _ in "12")
    for imported in (first, second):
        assert tuple(getattr(imported.totals, kind) for kind in COUNTED) == expected
        assert imported.refused == []
    assert first.totals.added == expected[0]
    assert (second.totals.added, second.totals.unchanged) == (0, expected[0])
