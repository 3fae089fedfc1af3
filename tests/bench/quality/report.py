"""The numbers of dream quality as lines, and as the tables docs/dream-quality.md shows."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.bench.lines import Line, at_least, at_most, told
from tests.bench.quality.halves import measure_set
from tests.bench.quality.matching import RULES
from tests.bench.quality.measures import Measures
from tests.bench.quality.merges import Judged, Stored, judge_pairs, tidy_reflections
from tests.bench.quality.planted import PLANTS, TARGETS, Planted, Recall, measure_recall
from tests.bench.quality.sets import SETS, find_pack

PART = "dream"
WORKERS = 2
COLUMNS = {
    "memories": "memories",
    "FC": "failure coverage",
    "EC": "error-event coverage",
    "FT": "false touch",
    "stability": "stability",
    "seconds": "seconds a dream",
    "peak MiB": "peak MiB",
}
"""Measure -> its heading; each is a mean over seeds and halves with the least and the most."""

NAMES = {
    "names covered": "errors about missing tables and columns covered",
    "names false touch": "memory speaks against a name that worked, of sessions that ended well",
    "names met and recovered": "met such an error and ended well, of sessions that ended well",
}
MOST_SHUFFLED = 0.1
LEAST_COVERED = 0.7
MOST_TOUCHED = 0.05
LEAST_FOUND = 17
LEAST_EFFECT = 0.02
"""Difference in the share of failures within tasks: below it, nothing is worded as a cause."""


def measure() -> Iterator[Line]:
    """Yield every number, print the tables; without the data pack only what needs none."""
    with ProcessPoolExecutor(
        WORKERS, mp_context=get_context("spawn"), max_tasks_per_child=1
    ) as pool:
        recalls = dict(zip(PLANTS, pool.map(measure_recall, PLANTS), strict=True))
        folder = find_pack()
        if folder is None:
            sys.stderr.write("No data pack: real sessions and pairs are left out.\n")
        found = list(pool.map(measure_set, SETS, [folder] * len(SETS))) if folder else []
    sys.stdout.write(write_sets(found) + write_kinds(found) + write_recalls(recalls))
    yield from set_lines(found)
    yield from recall_lines(recalls)
    if folder is not None:
        yield from merge_lines(*measure_merges(folder))


def measure_merges(folder: Path) -> tuple[Judged, Stored]:
    """Return what merging does on judged pairs and on agents' own memories."""
    return judge_pairs(folder), tidy_reflections(folder)


def set_lines(found: Iterable[Measures]) -> Iterator[Line]:
    """Yield mean, least and most of each measure of each set, then what has a target."""
    found = list(found)
    for one in found:
        for name, heading in {**COLUMNS, **NAMES}.items():
            if values := one.values.get(name):
                label = f"{one.name}: {heading}"
                yield _judge_mean(name, label, one.mean(name) or 0.0)
                yield told(PART, f"{label}, least", min(values), "")
                yield told(PART, f"{label}, most", max(values), "")
    if not found:
        return
    quotes = sum(one.total("quotes") for one in found)
    verbatim = sum(one.total("verbatim") for one in found)
    yield at_least(PART, "evidence fidelity", verbatim / quotes, "share", 1.0)
    yield at_most(PART, "removed from an empty store", _total(found, "removed"), "", 0.0)
    weakest = min(
        (value for one in found for value in one.values.get("weakest effect", ())), default=1.0
    )
    yield at_least(PART, "weakest effect that is told", weakest, "share", LEAST_EFFECT)
    real, shuffled = claimed(found)
    yield told(PART, "effects told on real outcomes", real, "")
    yield told(PART, "effects told on shuffled outcomes", shuffled, "")
    yield at_most(
        PART, "shuffled against real", shuffled / real if real else shuffled, "x", MOST_SHUFFLED
    )


def _judge_mean(name: str, label: str, mean: float) -> Line:
    if name == "names covered":
        return at_least(PART, label, mean, "share", LEAST_COVERED)
    if name == "names false touch":
        return at_most(PART, label, mean, "share", MOST_TOUCHED)
    return told(PART, label, mean, "")


def _total(found: Iterable[Measures], name: str) -> float:
    return sum(one.total(name) for one in found)


def claimed(found: Iterable[Measures]) -> tuple[float, float]:
    """Return effects told over the whole sets, on real outcomes and, as a mean, on shuffled."""
    found = list(found)
    return _total(found, "claimed"), sum(one.mean("claimed on shuffled") or 0.0 for one in found)


def recall_lines(recalls: Mapping[Planted, Recall]) -> Iterator[Line]:
    """Yield how many of the simulated dreams told what was planted."""
    for plant, one in recalls.items():
        label = f"planted {plant.kind}, {plant.prevalence:.0%}, lift {plant.lift:g}: found"
        if plant in TARGETS:
            yield at_least(PART, label, one.told, f"of {one.seeds}", LEAST_FOUND)
        else:
            yield told(PART, label, one.told, f"of {one.seeds}")
    dreams = sum(one.seeds for one in recalls.values())
    wrong = sum(one.told_else for one in recalls.values())
    yield told(PART, "simulated dreams that tell an effect nobody planted", wrong, f"of {dreams}")


def merge_lines(judged: Judged, stored: Stored) -> Iterator[Line]:
    """Yield the numbers of merging."""
    for name, value in (
        ("precision", judged.precision),
        ("recall", judged.recall),
        ("F1", judged.f1),
        ("F1 of calling all pairs the same", judged.f1_of_all),
        ("AUC", judged.auc),
    ):
        yield told(PART, f"merge, STS-B: {name}", value, "share")
    yield told(PART, "merge, Reflexion: identical folded", stored.identical, "memories")
    yield told(PART, "merge, Reflexion: near copies folded", stored.near, "memories")
    apart = stored.near_pairs_apart / stored.near_pairs if stored.near_pairs else 0.0
    yield told(PART, "merge, Reflexion: precision over all pairs", 1.0 - apart, "share")
    yield at_most(PART, "merge loss", stored.lost, "tokens", 0.0)
    yield at_most(PART, "protected lost", stored.protected_lost, "memories", 0.0)


def spread(values: Sequence[float] | None, places: int = 2) -> str:
    """Return mean and range as they stand in a table, '-' where there is nothing."""
    if not values:
        return "-"
    mean = sum(values) / len(values)
    return f"{mean:.{places}f} ({min(values):.{places}f} to {max(values):.{places}f})"


def write_sets(found: Iterable[Measures]) -> str:
    """Return the table of the sets, as Markdown."""
    head = ["set", "sessions", "tasks", *COLUMNS.values(), "told, real", "told, shuffled"]
    rows = [
        [
            one.name,
            str(one.sessions),
            str(one.tasks),
            *(spread(one.values.get(name), _places(name)) for name in COLUMNS),
            f"{one.total('claimed'):.0f}",
            f"{one.mean('claimed on shuffled') or 0.0:.1f}",
        ]
        for one in found
    ]
    return write_table(head, rows)


def _places(name: str) -> int:
    return {"memories": 1, "peak MiB": 0}.get(name, 2)


def write_kinds(found: Iterable[Measures]) -> str:
    """Return the table of the kinds of memories, as Markdown: those a set has any of."""
    rows = [
        [
            one.name,
            kind,
            spread(one.values.get(f"{kind} memories"), 1),
            spread(one.values.get(f"{kind} FC")),
            spread(one.values.get(f"{kind} FT")),
        ]
        for one in found
        for kind in RULES
        if one.total(f"{kind} memories")
    ]
    return write_table(["set", "kind", "memories", "failure coverage", "false touch"], rows)


def write_recalls(recalls: Mapping[Planted, Recall]) -> str:
    """Return the table of planted mistakes, as Markdown."""
    head = ["planted", "share of sessions", "lift", "proposed", "effect told", "another effect"]
    rows = [
        [
            plant.kind,
            f"{plant.prevalence:.0%}",
            f"{plant.lift:g}",
            f"{one.proposed} of {one.seeds}",
            f"{one.told} of {one.seeds}",
            f"{one.told_else} of {one.seeds}",
        ]
        for plant, one in recalls.items()
    ]
    return write_table(head, rows)


def write_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table with an empty line behind it."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n\n"
