"""The file a dream reads: canonical, whole or not there, and the same again when it is opened."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreaming.engines.base import EngineCheck, EngineEvent, EngineSession, Note
from dreaming.spool import canonical_line, open_spool, session_line, session_of, write_spool

HEADER: dict[str, Any] = {"scope": "agent", "instructions": "", "notes": [], "memories": []}
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
TIMES = st.none() | st.datetimes(timezones=st.just(UTC))
EVENTS = st.builds(
    EngineEvent,
    index=st.integers(0, 9_999),
    kind=WORDS,
    role=WORDS,
    text=WORDS,
    tool=WORDS,
    call_id=WORDS,
    is_error=st.booleans(),
    trust=WORDS,
    person=WORDS,
    sub_session=WORDS,
    at=TIMES,
    remembered=st.booleans(),
)
SESSIONS = st.builds(
    EngineSession,
    id=st.integers(1, 10**6).map("S-{}".format),
    agent=WORDS,
    task_key=WORDS,
    principal=WORDS,
    verdict=WORDS,
    events=st.lists(EVENTS, max_size=3).map(tuple),
    checks=st.lists(st.builds(EngineCheck, WORDS, st.booleans(), WORDS), max_size=2).map(tuple),
    trial=WORDS,
    model=WORDS,
    environment=WORDS,
    started_at=TIMES,
    external_id=WORDS,
)


def session(number: int, text: str = "Hello.") -> EngineSession:
    event = EngineEvent(0, "message", "user", text, at=datetime(2026, 11, 20, tzinfo=UTC))
    return EngineSession(f"S-{number}", "clerk", "t", "p", "failure", (event,))


def lines(*sessions: EngineSession) -> list[dict[str, Any]]:
    return [session_line(one, 3) for one in sessions]


@given(SESSIONS)
def test_a_session_comes_back_from_its_line_as_it_was(one: EngineSession):
    assert session_of(json.loads(canonical_line(session_line(one, 1)))) == one


@given(SESSIONS)
def test_a_line_is_one_line_whatever_the_text_holds(one: EngineSession):
    line = canonical_line(session_line(one, 1))
    assert (line.count(b"\n"), line[-1:]) == (1, b"\n")


def test_every_field_of_a_session_and_of_an_event_is_kept():
    record = session_line(replace(session(5), external_id="sesn_5"), 3)
    assert set(record) == {field.name for field in fields(EngineSession)} | {"revision"}
    assert len(record["events"][0]) == len(fields(EngineEvent))


def test_equal_records_give_equal_bytes_whatever_the_order_of_their_keys():
    record = session_line(session(5, "Zürich"), 3)
    assert canonical_line(dict(reversed(record.items()))) == canonical_line(record)
    assert "Zürich".encode() in canonical_line(record)


def test_sessions_come_back_in_their_order_as_often_as_asked(tmp_path: Path):
    sessions = [session(5), session(9), session(7)]
    spool = write_spool(tmp_path / "d.jsonl", HEADER, lines(*sessions))
    assert list(spool) == list(spool) == sessions


def test_one_session_is_found_without_reading_the_others(tmp_path: Path):
    spool = write_spool(tmp_path / "d.jsonl", HEADER, lines(session(5), session(9, "Zürich")))
    assert spool.session("S-9") == session(9, "Zürich")
    assert spool.session("S-6") is None
    assert spool.located["S-9"].revision == 3


def test_the_name_of_the_input_is_the_sha256_of_the_file(tmp_path: Path):
    path = tmp_path / "d.jsonl"
    spool = write_spool(path, HEADER, lines(session(5)))
    assert spool.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_opened_spool_is_the_written_one(tmp_path: Path):
    path = tmp_path / "d.jsonl"
    written = write_spool(path, HEADER, lines(session(5), session(6, "é")))
    opened = open_spool(path)
    assert (opened.sha256, opened.located) == (written.sha256, written.located)
    assert list(opened) == list(written)


def test_a_changed_byte_gives_another_name(tmp_path: Path):
    path = tmp_path / "d.jsonl"
    written = write_spool(path, HEADER, lines(session(5)))
    path.write_bytes(path.read_bytes().replace(b"Hello", b"Hallo"))
    assert open_spool(path).sha256 != written.sha256


def test_a_missing_spool_is_said(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        open_spool(tmp_path / "gone.jsonl")


def test_the_file_appears_only_when_it_is_whole(tmp_path: Path):
    path = tmp_path / "d.jsonl"

    def breaks() -> Iterator[dict[str, Any]]:
        yield from lines(session(5))
        assert not path.exists()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_spool(path, HEADER, breaks())
    assert not path.exists()


def test_two_writers_at_once_do_not_mix_their_bytes(tmp_path: Path):
    path = tmp_path / "d.jsonl"

    def overtaken() -> Iterator[dict[str, Any]]:
        yield from lines(session(5))
        write_spool(path, HEADER, lines(session(5), session(6)))
        yield from lines(session(6))

    spool = write_spool(path, HEADER, overtaken())
    assert open_spool(path).sha256 == spool.sha256


def test_the_material_carries_scope_memories_and_notes(tmp_path: Path):
    memory = {"path": "/a.md", "version": 2, "content": "A.\n"}
    times = {"last_evidence_at": None, "learned_at": "2026-11-20T00:00:00+00:00"}
    note = {"proposal": "P-3", "path": "/a.md", "pattern_key": "k", "words": "Say when."}
    header = {
        "scope": "workspace",
        "instructions": "Look at refunds.",
        "memories": [memory | times],
        "notes": [note],
    }
    material = write_spool(tmp_path / "d.jsonl", header, lines(session(5))).material()
    assert (material.scope, material.session_count) == ("workspace", 1)
    assert material.instructions == "Look at refunds."
    assert (material.memories[0].path, material.memories[0].last_evidence_at) == ("/a.md", None)
    assert material.memories[0].learned_at == datetime(2026, 11, 20, tzinfo=UTC)
    assert material.notes == (Note("P-3", "/a.md", "k", "Say when."),)


def test_names_a_vendor_gave_come_back_with_the_material(tmp_path: Path):
    hosted = replace(session(5), external_id="sesn_5")
    header = HEADER | {"hosted_store": "memstore_1"}
    spool = write_spool(tmp_path / "d.jsonl", header, lines(hosted, session(6)))
    assert spool.material().hosted_store == "memstore_1"
    assert [one.external_id for one in spool] == ["sesn_5", ""]


def test_a_file_written_before_there_were_such_names_keeps_its_hash_and_is_read(tmp_path: Path):
    path = tmp_path / "d.jsonl"
    old = (
        b'{"instructions":"","memories":[],"notes":[],"scope":"agent"}\n'
        b'{"agent":"clerk","checks":[],"environment":"","events":[[0,"message","user","Hello.","",'
        b'"",false,"outside","","","2026-11-20T00:00:00+00:00",false]],"id":"S-5","model":"",'
        b'"principal":"p","revision":3,"started_at":null,"task_key":"t","trial":"",'
        b'"verdict":"failure"}\n'
    )
    path.write_bytes(old)
    opened = open_spool(path)
    assert (list(opened), opened.material().hosted_store) == ([session(5)], "")
    again = write_spool(tmp_path / "again.jsonl", HEADER, lines(session(5)))
    assert again.sha256 == opened.sha256


def test_the_folder_is_for_this_account_only(tmp_path: Path):
    write_spool(tmp_path / "dreams" / "d.jsonl", HEADER, lines(session(5)))
    assert (tmp_path / "dreams").stat().st_mode & 0o077 == 0
