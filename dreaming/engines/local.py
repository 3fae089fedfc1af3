"""The engine that needs nothing: no key, no network, no model; equal sessions, equal results.

It reads every session once. What it keeps grows with errors and stated wishes, not with text.
"""

from collections.abc import Mapping

from dreaming.engines.base import Candidate, DreamMaterial, DreamResult, Dropped, Report
from dreaming.engines.mistakes import MistakeLedger
from dreaming.engines.preferences import WishLedger
from reviews.changes import pattern_key

RECURRING = 2
"""Sessions a pattern must show in to be worth listing."""

CANDIDATE_LIMIT = 500
_REPORT_EVERY = 50
_KINDS = ("mistake", "preference")


class LocalEngine:
    """Recurring tool errors and stated preferences, by counting."""

    name = "local"
    version = "1"
    sends_data_to: frozenset[str] = frozenset()

    def dream(self, material: DreamMaterial, report: Report) -> DreamResult:
        """Return the mistakes and preferences that recur in `material`, in a fixed order.

        Candidates are sorted by kind, then by falling number of sessions, then by key.
        """
        mistakes, wishes = MistakeLedger(), WishLedger()
        done = events = 0
        for session in material.sessions:
            mistakes.read_session(session)
            wishes.read_session(session)
            done += 1
            events += len(session.events)
            if done % _REPORT_EVERY == 0:
                report(done, material.session_count)
        report(done, material.session_count)
        mistakes.merge_names()
        stated, stated_once = wishes.summarise(at_least=RECURRING)
        found = (*mistakes.make_candidates(at_least=RECURRING), *stated)
        ordered = sorted(found, key=_order_candidate)
        dropped = (*mistakes.list_dropped(at_least=RECURRING), *stated_once)
        if len(ordered) > CANDIDATE_LIMIT:
            rest = len(ordered) - CANDIDATE_LIMIT
            dropped += (Dropped("patterns", f"{rest} of least support were not taken further."),)
        return DreamResult(
            candidates=tuple(ordered[:CANDIDATE_LIMIT]),
            dropped=dropped,
            usage={"sessions": done, "events": events},
        )


def _order_candidate(candidate: Candidate) -> tuple[int, int, str]:
    key = pattern_key(candidate.kind, candidate.tool, candidate.template, candidate.scope)
    return _KINDS.index(candidate.kind), -len(candidate.matched), key


def create_engine(options: Mapping[str, str]) -> LocalEngine:
    """Return the engine; it takes no options."""
    return LocalEngine()
