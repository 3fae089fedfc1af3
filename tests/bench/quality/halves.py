"""What dreams of one half of the tasks say about the other half, and about outcomes dealt anew."""

import resource
from collections.abc import Iterable, Sequence
from pathlib import Path

from dreaming.engines.base import Candidate
from tests.bench.quality.databases import note_names
from tests.bench.quality.dreams import Dreamt, dream_over, shuffle_outcomes
from tests.bench.quality.matching import RULES, Held, Match, match
from tests.bench.quality.measures import Measures
from tests.bench.quality.sets import SetOfSessions, places_of, read_set, split_tasks

SHUFFLES = 3
NOWHERE: frozenset[str] = frozenset()


def measure_set(one: SetOfSessions, folder: Path) -> Measures:
    """Return the numbers of a set: each seed's halves in both directions, then all of it."""
    sessions = read_set(one, folder)
    found = Measures(one.name, len(sessions), len({s.task_key for s in sessions}))
    places = places_of(sessions)
    for seed in range(one.seeds):
        halves = split_tasks(sessions, seed)
        dreams = [dream_over(half, one.scope) for half in halves]
        for at, dreamt in enumerate(dreams):
            held_out = halves[1 - at]
            about = {place for s in halves[at] for place in places[s.task_key]}
            held = [Held(session, places.get(session.task_key, NOWHERE)) for session in held_out]
            note_coverage(found, dreamt.proposed.values(), held)
            note_names(found, dreamt.proposed.values(), held, learned_from=about)
            note_dream(found, dreamt)
        found.note("stability", overlap(dreams[0].proposed.keys(), dreams[1].proposed.keys()))
    whole = dream_over(sessions, one.scope)
    note_dream(found, whole)
    found.note("claimed", len(whole.told))
    for seed in range(SHUFFLES):
        dealt = dream_over(shuffle_outcomes(sessions, seed), one.scope)
        found.note("claimed on shuffled", len(dealt.told))
    found.note("peak MiB", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return found


def note_dream(found: Measures, dreamt: Dreamt) -> None:
    """Keep what one dream says about itself."""
    found.note("quotes", dreamt.quotes)
    found.note("verbatim", dreamt.verbatim)
    found.note("removed", dreamt.removed)
    found.note("weakest effect", dreamt.weakest)
    found.note("seconds", dreamt.seconds)


def note_coverage(found: Measures, memories: Iterable[Candidate], held: Sequence[Held]) -> None:
    """Keep failure coverage, error-event coverage and false touch, of all and by kind."""
    memories = tuple(memories)
    table = [[match(memory, one) for memory in memories] for one in held]
    found.note("memories", len(memories))
    found.note("FC", _share_touched(held, table, "failure"))
    found.note("FT", _share_touched(held, table, "success"))
    errors = sum(len(one.failures) for one in held)
    covered = sum(len(frozenset().union(*(m.errors for m in row))) for row in table)
    found.note("EC", covered / errors if errors else None)
    for kind in RULES:
        of_kind = [
            [m for m, memory in zip(row, memories, strict=True) if memory.kind == kind]
            for row in table
        ]
        found.note(f"{kind} memories", sum(memory.kind == kind for memory in memories))
        found.note(f"{kind} FC", _share_touched(held, of_kind, "failure"))
        found.note(f"{kind} FT", _share_touched(held, of_kind, "success"))


def _share_touched(
    held: Sequence[Held], table: Sequence[Sequence[Match]], verdict: str
) -> float | None:
    rows = [
        any(one.is_shown for one in row)
        for session, row in zip(held, table, strict=True)
        if session.session.verdict == verdict
    ]
    return sum(rows) / len(rows) if rows else None


def overlap(left: Iterable[str], right: Iterable[str]) -> float | None:
    """Return the Jaccard index of two sets of keys, None where both are empty."""
    ours, theirs = set(left), set(right)
    return len(ours & theirs) / len(ours | theirs) if ours | theirs else None
