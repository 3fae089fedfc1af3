"""What an engine says is counted and checked by Daybreak, whichever engine said it."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from dreaming.engines.base import (
    Candidate,
    DreamMaterial,
    DreamResult,
    Dropped,
    EngineError,
    EngineSession,
    Quote,
    Report,
)
from dreaming.mining import KEPT_SESSIONS, EventFinder, Mined, Witness, ledger_row, mine
from dreaming.spool import Spool, session_line, write_spool
from tests.dreaming.build_sessions import calls, candidate, fails, says, session
from tests.fake_engine import FakeEngine

HEADER = {"scope": "agent", "instructions": "", "notes": [], "memories": []}
WORDS = "order not found"


def spool_of(folder: Path, *sessions: EngineSession) -> Spool:
    return write_spool(folder / "d.jsonl", HEADER, (session_line(one, 2) for one in sessions))


def failing(number: int, verdict: str = "failure", **more: object) -> EngineSession:
    steps = (calls("find_order", "1"), fails("find_order", f"Error: {WORDS}", "1", **more))
    return session(number, *steps, verdict=verdict)


def quoted(numbers: tuple[int, ...], text: str = WORDS, event: int = 1) -> Candidate:
    return candidate(numbers, quotes=tuple(Quote(f"S-{at}", event, text) for at in numbers))


def mined(folder: Path, engine: FakeEngine, *sessions: EngineSession) -> Mined:
    return mine(engine, spool_of(folder, *sessions), lambda done, total: None)


def test_daybreak_counts_the_sessions_itself(tmp_path: Path):
    sessions = [failing(1), failing(2), failing(3, "success"), session(4, says("Hello."))]
    (one,) = mined(tmp_path, FakeEngine((quoted((1, 2, 3)),)), *sessions).measured
    assert (one.sessions, one.failed_with, one.known_with) == (3, 2, 3)
    assert (one.failed_without, one.known_without) == (1, 1)


def test_sessions_the_dream_did_not_read_support_nothing(tmp_path: Path):
    (one,) = mined(tmp_path, FakeEngine((quoted((1, 2, 77)),)), failing(1), failing(2)).measured
    assert one.sessions == 2


def test_what_no_database_keeps_is_replaced_whichever_engine_said_it(tmp_path: Path):
    hostile = replace(
        quoted((1,)), statement="Ask\0 first.", title="Ask\ud800", conditions=("on \0 days",)
    )
    engine = FakeEngine((hostile,), dropped=(Dropped("a\0", "b\udfff"),))

    found = mined(tmp_path, engine, failing(1))

    said = found.measured[0].candidate
    assert (said.statement, said.title) == ("Ask\ufffd first.", "Ask\ufffd")
    assert said.conditions == ("on \ufffd days",)
    assert said.matched == hostile.matched
    assert Dropped("a\ufffd", "b\ufffd") in found.dropped


class Skimmer(FakeEngine):
    """An engine that reads the first sessions only, and these as often as it is told."""

    reads = 0
    times = 1

    def dream(self, material: DreamMaterial, report: Report) -> DreamResult:
        for _ in range(self.times):
            for _ in islice(material.sessions, self.reads):
                pass
        return DreamResult(self.candidates)


@pytest.mark.parametrize(("reads", "times"), [(0, 1), (1, 1), (3, 1), (2, 3)])
def test_all_sessions_are_counted_however_many_the_engine_reads(
    tmp_path: Path, reads: int, times: int
):
    engine = Skimmer((quoted((1, 2, 3)),))
    engine.reads, engine.times = reads, times
    found = mined(tmp_path, engine, failing(1), failing(2), failing(3, "success"))
    assert (found.measured[0].sessions, found.succeeded) == (3, 1)


def test_sessions_an_engine_read_are_not_read_again(tmp_path: Path):
    spool = spool_of(tmp_path, failing(2), failing(1))
    witness = Witness(spool)
    assert [one.id for one in witness] == ["S-2", "S-1"]
    spool.path.unlink()
    assert [row.id for row in witness.ledger()] == ["S-2", "S-1"]


def test_quotes_become_evidence_of_the_revision_that_was_read(tmp_path: Path):
    found = mined(tmp_path, FakeEngine((quoted((1,)),)), failing(1))
    (quotes,) = found.evidence.values()
    (quote,) = quotes
    assert (quote.session, quote.revision, quote.event) == ("S-1", 2, 1)
    assert quote.quote == WORDS
    assert (quote.start, quote.end) == (7, 7 + len(WORDS))


@pytest.mark.parametrize(
    ("text", "event", "why"),
    [
        ("never said", 1, "The words are not in S-1 event 1."),
        (WORDS, 9, "S-1 event 9 is not among what this dream read."),
    ],
)
def test_what_is_not_found_is_dropped_with_the_reason(
    tmp_path: Path, text: str, event: int, why: str
):
    found = mined(tmp_path, FakeEngine((quoted((1,), text, event),)), failing(1))
    assert [one.why for one in found.dropped] == [why]
    assert list(found.evidence.values()) == [()]


def test_remembered_words_are_no_evidence(tmp_path: Path):
    found = mined(tmp_path, FakeEngine((quoted((1,)),)), failing(1, remembered=True))
    assert "that is no evidence" in found.dropped[0].why


def test_what_the_engine_left_out_is_kept(tmp_path: Path):
    dropped, lost = Dropped("tool web", "An instruction."), Dropped("S-1", "Too long.")
    engine = FakeEngine((), dropped=(dropped,), not_analysed=(lost,), usage={"requests": 2})
    found = mined(tmp_path, engine, failing(1))
    assert (found.dropped, found.not_analysed) == ((dropped,), (lost,))
    assert found.usage == {"requests": 2}


def test_succeeded_sessions_are_counted(tmp_path: Path):
    found = mined(
        tmp_path, FakeEngine(()), failing(1), failing(2, "success"), failing(3, "unknown")
    )
    assert found.succeeded == 1


def test_an_engines_error_passes_through(tmp_path: Path):
    with pytest.raises(EngineError, match="busy"):
        mined(tmp_path, FakeEngine(error=EngineError("busy", permanent=False)), failing(1))


def test_speakers_are_the_people_named_on_events():
    row = ledger_row(session(1, says("Hello.", person="ada"), says("Hi."), principal="shop"))
    assert (row.speakers, row.principal) == (frozenset({"ada"}), "shop")


def test_the_finder_keeps_a_bounded_number_of_sessions(tmp_path: Path):
    sessions = [failing(number) for number in range(1, KEPT_SESSIONS + 20)]
    finder = EventFinder(spool_of(tmp_path, *sessions))
    for one in sessions:
        assert finder.find(one.id, 1) is not None
    assert len(finder._kept) == KEPT_SESSIONS
    found = finder.find("S-1", 1)
    assert found is not None
    assert found.text == f"Error: {WORDS}"
