"""Merging near duplicates: judged pairs of sentences, and what agents wrote about themselves.

STS-B gives pairs with a judged likeness of 0 to 5; 4 and more count as the same. The memories of
Reflexion agents have no labels: a pair from two environments is counted as wrong, so the precision
over all pairs is a lower bound, and "near copies" of one environment are what there is to merge.
"""

import csv
import gzip
import io
import json
import re
import tarfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from dreaming.engines.base import EngineMemory
from dreaming.likeness import are_near, score_pair
from dreaming.merging import fold_identical, fold_near
from reviews.changes import Change

PAIRS = ("pairs/stsb-en-dev.csv.gz", "pairs/stsb-en-test.csv.gz")
REFLEXION = "reflexion_alfworld_memories.tar.gz"
SAME = 4.0
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
NEGATION = re.compile(r"\b(?:not|no|never|without|cannot|don't|didn't|won't|can't)\b")
NAME = re.compile(r"(?<=[a-z,;] )[A-Z]\w+|\b\w+(?:[_/]\w+)+\b")


@dataclass(frozen=True, slots=True)
class Judged:
    """Pairs judged: precision, recall and F1 of what would be merged, and what calling all gives.

    auc: chance that a same pair scores above another one (ties half).
    """

    pairs: int
    same: int
    precision: float
    recall: float
    f1: float
    auc: float
    f1_of_all: float


@dataclass(frozen=True, slots=True)
class Stored:
    """A store of agents' own memories, tidied once.

    merges: proposed; wrong: with parts of two environments; lost: numbers, names and negations of
    the parts missing from the merged text; protected_lost: protected memories folded away or cut.
    """

    memories: int
    identical: int
    near: int
    wrong: int
    lost: int
    protected_lost: int
    near_pairs: int
    near_pairs_apart: int


def judge_pairs(folder: Path) -> Judged:
    """Return how the rule for near duplicates does on the judged pairs."""
    rows = [row for name in PAIRS for row in _read_rows(folder / name)]
    is_same = [float(row[2]) >= SAME for row in rows]
    merged = [are_near(row[0], row[1]) for row in rows]
    scores = [score_pair(row[0], row[1]) for row in rows]
    hits = sum(a and b for a, b in zip(is_same, merged, strict=True))
    precision, recall = hits / max(1, sum(merged)), hits / sum(is_same)
    share = sum(is_same) / len(rows)
    return Judged(
        pairs=len(rows),
        same=sum(is_same),
        precision=precision,
        recall=recall,
        f1=f1_of(precision, recall),
        auc=area_under(scores, is_same),
        f1_of_all=f1_of(share, 1.0),
    )


def _read_rows(path: Path) -> list[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return [row for row in csv.reader(file) if len(row) == 3]


def f1_of(precision: float, recall: float) -> float:
    """Return the harmonic mean of both, 0.0 where both are."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def area_under(scores: Sequence[float], is_same: Sequence[bool]) -> float:
    """Return the area under the curve of hits against false alarms, by ranks; ties count half."""
    ranked = sorted(range(len(scores)), key=lambda at: scores[at])
    ranks = [0.0] * len(scores)
    start = 0
    while start < len(ranked):
        end = start
        while end < len(ranked) and scores[ranked[end]] == scores[ranked[start]]:
            end += 1
        for place in range(start, end):
            ranks[ranked[place]] = (start + end + 1) / 2
        start = end
    positive = sum(is_same)
    negative = len(scores) - positive
    total = sum(rank for rank, same in zip(ranks, is_same, strict=True) if same)
    return (total - positive * (positive + 1) / 2) / (positive * negative)


def tidy_reflections(folder: Path) -> Stored:
    """Return what folding makes of every memory the Reflexion agents wrote, as one store."""
    texts = read_reflections(folder)
    memories = tuple(
        EngineMemory(path=f"/notes/{n}.md", version=1, content=text + "\n", protected=n % 10 == 0)
        for n, (_, text) in enumerate(texts)
    )
    about = {f"/notes/{n}.md": where for n, (where, _) in enumerate(texts)}
    identical = fold_identical(memories)
    gone = {path for change in identical for path in change.merged}
    left = tuple(memory for memory in memories if memory.path not in gone)
    near, _ = fold_near(left, ())
    distinct = sorted({(where, text) for where, text in texts})
    pairs = [(a, b) for a, b in combinations(distinct, 2) if a[1] != b[1] and are_near(a[1], b[1])]
    return Stored(
        memories=len(memories),
        identical=len(gone),
        near=sum(len(change.merged) for change in near),
        wrong=sum(len({about[p] for p in (c.path, *c.merged)}) > 1 for c in near),
        lost=sum(count_lost(change, memories) for change in (*identical, *near)),
        protected_lost=count_protected_lost((*identical, *near), memories),
        near_pairs=len(pairs),
        near_pairs_apart=sum(a[0] != b[0] for a, b in pairs),
    )


def read_reflections(folder: Path) -> list[tuple[str, str]]:
    """Return (environment, text) of every memory each agent held at its last trial."""
    held: dict[str, list[str]] = {}
    with tarfile.open(folder / REFLEXION) as archive:
        for member in sorted(archive.getmembers(), key=lambda m: m.name):
            file = archive.extractfile(member)
            if file is None:
                continue
            for place, record in enumerate(json.load(io.TextIOWrapper(file, "utf-8"))):
                run = member.name.split("/", 1)[0]
                where = f"{run} {record.get('env_index', place)}"
                texts = [" ".join(text.split()) for text in record["memory"]]
                if len(texts) >= len(held.get(where, ())):
                    held[where] = texts
    return [(where, text) for where in sorted(held) for text in held[where]]


def count_lost(change: Change, memories: Iterable[EngineMemory]) -> int:
    """Return how many numbers, names and negations of the parts the merged text lacks."""
    parts = [m.content for m in memories if m.path in {change.path, *change.merged}]
    kept = _tokens(change.content)
    return len(set().union(*(_tokens(part) for part in parts)) - kept)


def _tokens(text: str) -> set[str]:
    found = {*NUMBER.findall(text), *NEGATION.findall(text.lower()), *NAME.findall(text)}
    return {token.lower() for token in found}


def count_protected_lost(changes: Iterable[Change], memories: Iterable[EngineMemory]) -> int:
    """Return how many protected memories would be folded away or come out changed."""
    protected = {m.path: m.content for m in memories if m.protected}
    lost = 0
    for change in changes:
        lost += sum(path in protected for path in change.merged)
        lost += protected.get(change.path, change.content) != change.content
    return lost
