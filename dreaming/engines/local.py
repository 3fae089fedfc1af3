"""The engine that needs nothing: no key, no network, no model; equal sessions, equal results.

It reads every session once. What it keeps grows with errors and stated wishes, not with text.
"""

from collections.abc import Mapping

from dreaming.engines.base import Candidate, DreamMaterial, DreamResult, Dropped, Report
from dreaming.engines.calls import Ledger, read_calls
from dreaming.engines.checks import CheckLedger
from dreaming.engines.coverage import fold_covered
from dreaming.engines.facts import FactLedger
from dreaming.engines.forms import FormLedger
from dreaming.engines.habits import HabitLedger
from dreaming.engines.mistakes import MistakeLedger
from dreaming.engines.plain import keep_plain
from dreaming.engines.preferences import WishLedger
from dreaming.engines.rescues import RescueLedger
from dreaming.engines.staleness import find_stale
from dreaming.engines.steering import follow_notes, read_instructions, steer
from dreaming.engines.traces import Traces
from dreaming.engines.workflows import WorkflowLedger
from reviews.changes import pattern_key

RECURRING = 2
"""Sessions a pattern must show in to be worth listing."""

CANDIDATE_LIMIT = 500
_REPORT_EVERY = 50
_KINDS = ("mistake", "fact", "recovery", "workflow", "check", "preference", "stale")


class LocalEngine:
    """What recurs in sessions, by counting."""

    name = "local"
    version = "2"
    sends_data_to: frozenset[str] = frozenset()

    def dream(self, material: DreamMaterial, report: Report) -> DreamResult:
        """Return the patterns that recur in `material`, in a fixed order.

        Candidates are sorted by kind, then by falling number of sessions, then by key.
        """
        ledgers = open_ledgers(material)
        traces = Traces(material.memories)
        done = events = 0
        for session in material.sessions:
            reading = read_calls(session)
            for ledger in ledgers:
                ledger.read_session(reading)
            traces.read_session(reading)
            done += 1
            events += len(session.events)
            if done % _REPORT_EVERY == 0:
                report(done, material.session_count)
        report(done, material.session_count)
        candidates: list[Candidate] = []
        dropped: list[Dropped] = []
        for ledger in ledgers:
            found, left_out = ledger.summarise(at_least=RECURRING)
            candidates += found
            dropped += left_out
        stale, listed = find_stale(traces, candidates)
        dropped += listed
        steering = read_instructions(material.instructions, _KINDS)
        held = {memory.pattern_key for memory in material.memories}
        candidates, steered = steer(candidates, steering, held)
        dropped += steered
        candidates, asked = follow_notes(candidates, material.notes, _KINDS)
        dropped += asked
        candidates, hidden = keep_plain([*candidates, *stale])
        dropped += hidden
        noted = {note.pattern_key for note in material.notes}
        candidates, covered = fold_covered(candidates, keep=held | noted)
        dropped += covered
        candidates.sort(key=_order_candidate)
        if len(candidates) > CANDIDATE_LIMIT:
            rest = len(candidates) - CANDIDATE_LIMIT
            dropped.append(Dropped("patterns", f"{rest} of least support were not taken further."))
        return DreamResult(
            candidates=tuple(candidates[:CANDIDATE_LIMIT]),
            dropped=tuple(dropped),
            usage={"sessions": done, "events": events},
        )


def open_ledgers(material: DreamMaterial) -> tuple[Ledger, ...]:
    """Return one empty ledger for each kind of pattern looked for in `material`."""
    mistakes = MistakeLedger()
    return (
        mistakes,
        FactLedger(),
        RescueLedger(mistakes),
        CheckLedger(),
        WishLedger(),
        HabitLedger(),
        FormLedger(),
        WorkflowLedger(),
    )


def _order_candidate(candidate: Candidate) -> tuple[int, int, str]:
    key = pattern_key(candidate.kind, candidate.tool, candidate.template, candidate.scope)
    return _KINDS.index(candidate.kind), -len(candidate.matched), key


def create_engine(options: Mapping[str, str]) -> LocalEngine:
    """Return the engine; it takes no options."""
    return LocalEngine()
